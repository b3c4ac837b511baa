"""The bound itself: prices of limits times limits, and the least of every candidate and offer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.pricing.classes import values_of_campuses
from siting.pricing.contracts import least_on_offers, offer_values
from siting.pricing.energy import signing_musd
from siting.pricing.money import money_prices
from siting.pricing.multipliers import Multipliers
from siting.pricing.parts import least_pairs
from siting.pricing.reduced import NEVER
from siting.problem import FloatArray, Problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """No plan over the candidates of the problem has less than `least` of what is aimed at.

    All in units of the objective: where a pass aims at another measure than the cost, `least` is of that, and what is
    maximised counts with its sign turned, so that -`least` lies above it.
    """

    least: float
    if_open: FloatArray
    """(I,) least reduced cost of each candidate if it is open, alone or with clusters, beyond what the bound counts
    for it: a plan that opens it costs at least `least` + this. NEVER where it cannot open."""
    if_host: FloatArray
    """(I,) the same if it holds a cluster."""
    if_offer: float
    """The same if an offer holds the cluster; 0 with several clusters or none."""
    gain: FloatArray
    """(I,) what the candidate would lower a relaxation without it: 0 for one that would not open."""


def bound_over_all(p: Problem, multipliers: Multipliers) -> Bound:
    r"""L = sum_jt pi_jt D_jt - sum_t beta F - sum_gt sigma S - lines and islands - most sites - goals of passes before
    (`weights`) + offers + candidates + hosts.

    A candidate that is forced or stands at the start is open in every plan; any other may stay closed at no cost.
    Valid for every value of the multipliers, over all candidates of `p`, for problems inside `parts_without_price`.
    With one cluster the least host, or pair of campuses, is added exactly; with more, each place takes the best set of
    clusters for itself and `multipliers.host` keeps the sets apart.
    """
    y = multipliers.signed()
    if y.host.shape != p.cluster.shape:
        raise ValueError(f"{y.host.shape} prices of hosts for {len(p.cluster)} clusters")
    values = values_of_campuses(p, y)
    offers, holding = offer_values(p, y)
    base = _limits(p, y) + float(offers.sum())
    alone, always = values.alone, p.always_kept
    if len(p.cluster) == 1:
        hosting = np.where(values.held < NEVER / 2, values.held + y.host[0], NEVER)
        stay = np.where(always, alone, np.minimum(alone, 0.0))
        more = np.where(hosting < NEVER / 2, hosting - stay, NEVER)
        pairs = least_pairs(p, values.parts, stay) if values.parts else None
        on_offer = float(holding[0].min(initial=NEVER))
        least = min(float(more.min(initial=NEVER)), on_offer, NEVER if pairs is None else pairs.least)
        if pairs is not None:
            more = np.minimum(more, np.maximum(pairs.least_with, pairs.least))
        offer = on_offer - least if on_offer < NEVER / 2 else NEVER
        found = base + float(stay.sum()) + least
        host = np.maximum(more - least, 0.0)
        extra = np.where(always, 0.0, np.minimum(np.maximum(alone, 0.0), host))
        gain = np.maximum(-stay, 0.0) + np.maximum(y.host[0] - more, 0.0)
    else:
        held, offer = values.held, 0.0
        best = np.minimum(alone, held)
        on_offers = least_on_offers(p, holding, y.host).sum()
        stay = np.where(always, best, np.minimum(best, 0.0))
        found = base + float(y.host.sum() + stay.sum() + on_offers)
        extra = best - stay
        host = np.maximum(held - stay, 0.0)
        gain = np.maximum(-stay, 0.0)
    at = p.campus  # an annex opens with its campus, which is priced with both
    return Bound(
        least=found,
        if_open=np.where(extra < NEVER / 2, extra, NEVER)[at],
        if_host=np.where(host < NEVER / 2, host, NEVER)[at],
        if_offer=offer,
        gain=gain,
    )


def _limits(p: Problem, y: Multipliers) -> float:
    shipped = np.where(np.isfinite(p.supply), p.supply, 0.0)
    if not np.isfinite(p.supply[y.supply > 0]).all():
        raise ValueError("a price for accelerators of a vendor without a cap")
    due = (y.served * p.demand_h100e).sum()
    total = float(due - y.funding @ p.funding_musd - (y.supply * shipped).sum())
    money = money_prices(p, y)
    total += money.constant + money.weights.constant + signing_musd(p, y, money)
    if p.grid is not None:
        rows = np.where(p.grid.holds(p.quarters), y.line, 0.0).sum(axis=1)
        total -= float(rows @ p.grid.room_mw + y.island @ p.grid.spare_mw)
    if y.sites:
        if p.rules is None or p.rules.max_sites is None:
            raise ValueError("a price for the number of sites, of which the study states no most")
        total -= y.sites * p.rules.max_sites
    return total
