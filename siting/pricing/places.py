r"""Several sets of prices at once, where one cluster stands somewhere: by each place, those that are best for it.

Exactness. Every plan holds the cluster at exactly one place: a campus, or an offer. At any prices y a plan that holds
it at place s costs at least f_s(y), what the bound is there (`bound_over_all`: prices times limits, offers, the least
of every candidate, and the host at s). So it costs at least max_y f_s(y), and every plan at least

    min_s max_y f_s(y)        over all places that may hold the cluster.

That holds for any prices and all places: which prices were found for which places does not enter. So the places that
were looked at together need not be stated, none can be forgotten, and prices that are left out only lower the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from siting.pricing.bound import Bound, bound_over_all
from siting.pricing.multipliers import Multipliers
from siting.pricing.reduced import NEVER
from siting.problem import FloatArray, Problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """What a bound is computed from: prices for all plans, and such as are better for some places of the cluster."""

    common: Multipliers
    by_place: tuple[Multipliers, ...] = ()

    @property
    def all(self) -> tuple[Multipliers, ...]:
        """One after the other."""
        return self.common, *self.by_place

    def without_lines(self) -> Self:
        """The same for a problem without rows of lines."""
        bare = [replace(one, line=one.line[:0]) for one in self.all]
        return type(self)(common=bare[0], by_place=tuple(bare[1:]))

    def as_lists(self) -> dict[str, Any]:
        """Plain values that a file can hold."""
        return {"multipliers": self.common.as_lists(), "by_place": [one.as_lists() for one in self.by_place]}

    @classmethod
    def from_lists(cls, lists: Mapping[str, Any], regions: int, quarters: int) -> Self:
        """What `as_lists` gave. Raises KeyError, ValueError, TypeError or IndexError for lists that do not fit."""
        found = [Multipliers.from_lists(one, regions, quarters) for one in (lists["multipliers"], *lists["by_place"])]
        return cls(common=found[0], by_place=tuple(found[1:]))


def bound_of(p: Problem, prices: Prices) -> Bound:
    """The bound by all of the prices. Raises ValueError for prices by place where not just one cluster stands."""
    common = bound_over_all(p, prices.common)
    if not prices.by_place:
        return common
    if len(p.cluster) != 1:
        raise ValueError("prices by place of the cluster, which are for one cluster")
    floor = place_floors(common)
    for one in prices.by_place:
        floor = np.maximum(floor, place_floors(bound_over_all(p, one)))
    return raised(common, floor)


def place_floors(bound: Bound) -> FloatArray:
    """(I + 1,) what a plan costs at least with the one cluster at each candidate, and on an offer; NEVER where it
    cannot be."""
    beyond = np.append(bound.if_host, bound.if_offer)
    return np.where(beyond < NEVER / 2, bound.least + beyond, NEVER)


def raised(common: Bound, floor: FloatArray) -> Bound:
    """The bound of common prices with what is known by place, (I + 1,) as `place_floors`: no less at any."""
    musd = float(floor.min())
    beyond = np.where(floor < NEVER / 2, floor - musd, NEVER)
    opened = np.where(common.if_open < NEVER / 2, np.maximum(common.least + common.if_open - musd, 0.0), NEVER)
    return replace(common, least=musd, if_open=opened, if_host=beyond[:-1], if_offer=float(beyond[-1]))


def needed(floors: Sequence[FloatArray]) -> list[int]:
    """Positions of the floors (each (I + 1,)) without which the bound were lower, the first one included; the earlier
    is left out before the later, which is mostly the finer."""
    kept = list(range(len(floors)))
    least = np.max(floors, axis=0).min()
    for n in range(1, len(floors)):
        others = [floors[m] for m in kept if m != n]
        if np.max(others, axis=0).min() >= least:
            kept.remove(n)
    return kept
