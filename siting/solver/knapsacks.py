"""The customers that pay for a site at given prices, as many as it has room for: of all sites at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.problem import FloatArray
from siting.solver.location import Location
from siting.solver.whole_knapsacks import Whole, whole_knapsacks

CELLS = 5e6
"""Sites x customers x units of capacity up to which whole customers are counted out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Knapsacks:
    """All sites at one vector of prices."""

    value: FloatArray
    """(M,) v."""
    share: FloatArray
    """(M, N) x."""
    rent: FloatArray
    """(M,) m: price of a unit of capacity."""
    divided: FloatArray
    """(M,) v where customers may be divided: `value`, or less where they are taken whole."""


def knapsacks(loc: Location, prices: FloatArray, exact: bool = False) -> Knapsacks:
    """The inner minimum of every site; `exact`: customers are taken whole (`countable` says where that can be done)."""
    saving = loc.cost - prices
    if exact:
        return _whole(loc, saving, knapsacks(loc, prices))
    if loc.uncapacitated:
        below = np.minimum(saving, 0.0)
        value = loc.fixed + below.sum(axis=1)
        return Knapsacks(value=value, share=(saving < 0.0).astype(float), rent=np.zeros(len(loc.fixed)), divided=value)
    site, customer = np.nonzero(saving < 0.0)
    weight = loc.demand[customer]
    ratio = saving[site, customer] / weight
    order = np.argsort(site + 0.999 * (1.0 - ratio / min(float(ratio.min(initial=0.0)), -1e-300)))
    site, customer = site[order], customer[order]
    weight, ratio = weight[order], ratio[order]
    begins = np.searchsorted(site, np.arange(len(loc.fixed)))
    before = np.concatenate([[0.0], np.cumsum(weight)])
    ahead = before[:-1] - before[begins][site]
    taken = np.clip(loc.capacity[site] - ahead, 0.0, weight)
    value = loc.fixed + np.bincount(site, taken * ratio, minlength=len(loc.fixed))
    share = np.zeros(loc.cost.shape)
    share[site, customer] = taken / weight
    rent = np.zeros(len(loc.fixed))
    cut = taken < weight * (1.0 - 1e-12)
    np.maximum.at(rent, site[cut], -ratio[cut])
    return Knapsacks(value=value, share=share, rent=rent, divided=value)


def countable(loc: Location, cells: float = CELLS) -> bool:
    """Whether demands and capacities are whole numbers small enough to take customers whole, within so many cells."""
    if not loc.whole or loc.uncapacitated:
        return False
    room = np.minimum(loc.capacity, loc.demand.sum())
    return bool(loc.cost.size * room.max(initial=0.0) <= cells and not np.any(loc.demand % 1.0))


def _whole(loc: Location, saving: FloatArray, divided: Knapsacks) -> Knapsacks:
    found, share = whole_knapsacks(saving, loc.demand.astype(np.int64), whole_room(loc))
    return replace(divided, value=np.maximum(loc.fixed + found, divided.value), share=share.astype(float))


def whole_room(loc: Location) -> Whole:
    """(M,) units of demand that a site serves at most when these are whole."""
    room: Whole = np.floor(np.minimum(loc.capacity, loc.demand.sum()) + 1e-9).astype(np.int64)
    return room
