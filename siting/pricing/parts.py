r"""A cluster on two campuses: what a part of it costs each, and the least pair of them.

A campus that holds n pods of the N costs phi(n) beyond what it does otherwise, convex in n for each quarter in which it
opens. The parts of a pair sum to N; with a price pi for the whole cluster, in proportion for a part,

    phi_a(n) + phi_b(N - n) >= pi + v_a + v_b,    v = least of phi(n) - pi n / N over n between 1 and its room, N - 1

for any pi, so the pi is taken with which the least pair is dearest (the right side is concave in pi). v takes modules
in the order of what they lose by pods, as long as that is below the price: exact for a given opening. Pairs are
campuses within the distance of one another; left out is that pods of both sum to N where the price ties.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siting.geo.distance import geodesic_km
from siting.pricing.reduced import NEVER
from siting.problem import FloatArray, IntArray, Problem

LOOKED = 400
"""Campuses of which the partners are looked at, the cheapest first; of the others a pair costs twice the next."""
STEPS = 40
"""Prices that are tried, each a golden section of what is left."""
KM_A_DEGREE = 110.5
"""Least length of a degree of latitude."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Parts of a cluster of one type at the candidates `rows` that open in one quarter."""

    rows: IntArray
    kind: int
    opening: FloatArray
    """(n,) least reduced cost of being open without the part."""
    loss: FloatArray
    """(n, B) what a module of each band loses when pods fill it, rising."""
    room: FloatArray
    """(n, B) modules of the band."""
    least: float
    """Modules that one pod fills."""
    most: FloatArray
    """(n,) modules that the largest part fills."""
    whole: float
    """Modules that the whole cluster fills."""

    def value(self, price: float) -> FloatArray:
        """(n,) v at a price of the whole cluster."""
        before = np.cumsum(self.room, axis=1) - self.room
        net = self.loss - price / self.whole
        pod = np.clip(self.least - before, 0.0, self.room)
        more = np.clip(self.most[:, None] - before, 0.0, self.room) - pod
        return np.asarray(self.opening + (net * pod + np.minimum(net, 0.0) * more).sum(axis=1))


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """The least pair."""

    least: float
    """No pair costs less beyond what its campuses do otherwise; NEVER where there is none."""
    least_with: FloatArray
    """(I,) nor does one with this candidate."""


def least_pairs(p: Problem, parts: list[Part], stay_musd: FloatArray) -> Pairs:
    """The least pair for the only cluster of `p`. stay_musd: (I,) what campuses cost otherwise."""
    assert p.split is not None
    none = np.full(len(p.candidate_id), NEVER)
    if not parts:
        return Pairs(least=NEVER, least_with=none)
    places = _Near(p)

    def values(price: float) -> FloatArray:
        found = np.full((len(p.accelerator), len(p.candidate_id)), NEVER)
        for part in parts:
            value = part.value(price) - stay_musd[part.rows]
            found[part.kind, part.rows] = np.minimum(found[part.kind, part.rows], value)
        return found

    def least(price: float) -> float:
        return price + min(places.least(found) for found in values(price))

    if least(0.0) >= NEVER / 2:
        return Pairs(least=NEVER, least_with=none)
    high = 1.0
    while high < 1e7 and least(2.0 * high) > least(high):
        high *= 2.0
    price = _largest(least, 0.0, 2.0 * high)
    with_one = none
    for found in values(price):
        order = np.argsort(found, kind="stable")
        other = np.full(len(found), found[order[0]])
        other[order[0]] = found[order[1]] if len(order) > 1 else NEVER
        with_one = np.minimum(with_one, price + found + other)
    return Pairs(least=least(price), least_with=np.where(with_one < NEVER / 2, with_one, NEVER))


def _largest(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a concave function is largest between two points, nearly."""
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = of(left), of(right)
    best = max(((at_left, left), (at_right, right), (of(low), low)))
    for _ in range(STEPS):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = of(left)
            best = max(best, (at_left, left))
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = of(right)
            best = max(best, (at_right, right))
    return float(best[1])


class _Near:
    """Which campuses may be a pair."""

    def __init__(self, p: Problem) -> None:
        assert p.split is not None
        self.lat, self.lon, self.km = p.split.lat, p.split.lon, float(p.split.within_km[0])
        self.known: dict[int, IntArray] = {}

    def of(self, i: int) -> IntArray:
        """Other campuses within the distance of `i`."""
        if i not in self.known:
            rows = np.flatnonzero(np.abs(self.lat - self.lat[i]) <= self.km / KM_A_DEGREE + 1e-6)
            rows = rows[rows != i]
            km = geodesic_km(self.lat[[i]], self.lon[[i]], self.lat[rows], self.lon[rows])[0]
            self.known[i] = rows[km <= self.km + 1e-9]
        return self.known[i]

    def least(self, value: FloatArray) -> float:
        """Least sum of the values (I,) of a pair."""
        best = NEVER
        order = np.argsort(value, kind="stable")
        for rank, i in enumerate(order.tolist()):
            if 2.0 * value[i] >= best or value[i] >= NEVER / 2:
                break
            if rank == LOOKED:
                return float(min(best, 2.0 * value[i]))
            best = min(best, float(value[i] + value[self.of(i)].min(initial=NEVER)))
        return best
