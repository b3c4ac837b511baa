"""The least reduced cost of every candidate (`campus`), at the prices that are best for it.

Prices of capacity, of power and of being open are no rows that candidates share: each candidate may take its own, and
the best for a bound are those with which it is dearest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.spatial.distance import cdist

from siting.pricing.campus import Campus, least_modules, power_price, power_worth, slots_of
from siting.pricing.connections import cut_off, firm
from siting.pricing.multipliers import Multipliers
from siting.pricing.parts import Part
from siting.pricing.reduced import NEVER, reduced_costs
from siting.pricing.service import capacity_worths
from siting.problem import FloatArray, IntArray, Problem

CHUNK = 1024
"""Candidates at a time: the largest array is CHUNK x modules x quarters."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Values:
    """Least reduced costs, in units of the objective; NEVER where it cannot be."""

    alone: FloatArray
    """(I,) open without any cluster."""
    held: FloatArray
    """(I,) open with the clusters that are best for it, one at least, less what their hosts are worth (`host`)."""
    parts: list[Part]
    """Of the only cluster, where it may be divided."""


def may_split(p: Problem) -> bool:
    """Whether the only cluster may stand on two campuses."""
    return len(p.cluster) == 1 and p.split is not None and bool(np.isfinite(p.split.within_km[0]))


def candidate_values(p: Problem, y: Multipliers) -> Values:
    """Values of all candidates, with the connection that is best for each (`connections`). y: signed."""
    if p.curtailable is None:
        return values_of(p, y, usable(p), Draft)
    (rows, signed), firmly = cut_off(p, y), firm(p)
    found, other = values_of(firmly, y, usable(firmly), Draft), values_of(signed, y, usable(signed), Draft)
    alone, held = found.alone.copy(), found.held.copy()
    alone[rows], held[rows] = np.minimum(alone[rows], other.alone), np.minimum(held[rows], other.held)
    parts = [replace(part, rows=rows[part.rows]) for part in other.parts]
    return Values(alone=alone, held=held, parts=[*found.parts, *parts])


def usable(p: Problem) -> IntArray:
    """Candidates that can open at all."""
    return np.flatnonzero((p.live_from < p.quarters) & (p.modules_max >= p.modules_first)).astype(np.int64)


class Drafted(Protocol):
    """Candidates of one chunk, whose energized power has no price yet: (n, T) of one MW of IT."""

    def power(self) -> FloatArray:
        """The price by rule."""

    def alone(self, lam: FloatArray) -> FloatArray:
        """(n,) `Values.alone` at this price."""

    def held(self, lam: FloatArray, host: FloatArray) -> FloatArray:
        """(n,) `Values.held` at this price."""

    def parts(self, lam: FloatArray, rows: IntArray) -> list[Part]:
        """Parts of the only cluster, where it may be divided, at these candidates of the problem."""


class Draft:
    """Each candidate by itself."""

    def __init__(self, p: Problem, y: Multipliers, rows: IntArray, worth: FloatArray, opened: FloatArray) -> None:
        self.part = p.take(rows)
        self.cost = reduced_costs(self.part, y, worth, opened)
        self.able = self.part.host_candidates()
        self.asked = least_modules(self.part, self.able)
        self.slots = slots_of(self.part, self.part.energized_mw / self.part.pue_peak[:, None], self.asked)
        self._last: tuple[FloatArray, Campus] | None = None

    def power(self) -> FloatArray:
        return power_price(self.part, power_worth(self.part, self.cost))

    def alone(self, lam: FloatArray) -> FloatArray:
        return self._campus(lam).alone()

    def held(self, lam: FloatArray, host: FloatArray) -> FloatArray:
        return self._campus(lam).held(host, self.able)

    def parts(self, lam: FloatArray, rows: IntArray) -> list[Part]:
        return list(self._campus(lam).parts(0, rows)) if may_split(self.part) else []

    def _campus(self, lam: FloatArray) -> Campus:
        """The last one is kept: alone and with clusters the prices are mostly the same."""
        if self._last is None or self._last[0] is not lam:
            self._last = lam, Campus(self.part, self.cost, lam, self.asked, self.slots)
        return self._last[1]


Drafting = Callable[[Problem, Multipliers, IntArray, FloatArray, FloatArray], Drafted]
"""Problem, prices, candidates; (n, T) worth of capacity and of being open at these."""


def values_of(p: Problem, y: Multipliers, rows: IntArray, draft: Drafting) -> Values:
    """Values of the candidates at `rows` of a problem without curtailable connections; NEVER elsewhere.

    Prices that a candidate may choose for itself are chosen so that its value is largest, as each gives a valid one:
    that of capacity (`capacity_worths`), tried while the value is below 0, and that of energized power.
    """
    alone, held = np.full(len(p.candidate_id), NEVER), np.full(len(p.candidate_id), NEVER)
    prices, parts = _Prices(p, y), list[Part]()
    for start in range(0, len(rows), CHUNK):
        at = rows[start : start + CHUNK]
        chosen = _chosen(p, y, at, prices, draft)
        alone[at] = chosen.alone
        if not len(p.cluster):
            continue
        held[at] = chosen.draft.held(chosen.power, y.host)
        if p.onsite is not None:  # power that a cluster asks for has a price where nobody is served
            held[at] = np.maximum(held[at], chosen.draft.held(chosen.known, y.host))
        parts += chosen.draft.parts(chosen.power, at)
    return Values(alone=alone, held=held, parts=parts)


class _Prices:
    """Worths of capacity and of being open that any candidate may choose, and the known price of power with them, each
    (I, T): worked out as they are wanted, as mostly the first are enough."""

    def __init__(self, p: Problem, y: Multipliers) -> None:
        self._more = ((worth, opened, _known_power(p, y, worth)) for worth, opened in capacity_worths(p, y))
        self._found: list[tuple[FloatArray, FloatArray, FloatArray]] = []

    def __iter__(self) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
        yield from self._found
        for one in self._more:
            self._found.append(one)
            yield one


@dataclass(frozen=True, kw_only=True, eq=False)
class _Chosen:
    """What candidates of one chunk chose."""

    alone: FloatArray
    """(n,) value of being open alone, at these prices."""
    power: FloatArray
    known: FloatArray
    """(n, T) price of energized power, and that which is known for what capacity is worth."""
    draft: Drafted
    """At what capacity and being open are worth."""


def _chosen(p: Problem, y: Multipliers, rows: IntArray, prices: _Prices, draft: Drafting) -> _Chosen:
    """The prices with which being open alone is dearest for each of the candidates."""
    choices = iter(prices)
    worth, opened, known = (array[rows] for array in next(choices))
    first = draft(p, y, rows, worth, opened)
    power, alone = _dearest(first, known)
    left = np.flatnonzero(alone < 0.0)
    again = False
    while len(left) and (other := next(choices, None)) is not None:
        at = rows[left]
        another = draft(p, y, at, other[0][at], other[1][at])
        lam, value = _dearest(another, other[2][at])
        gains = value > alone[left]
        better = left[gains]
        for found, array in zip((worth, opened, known), other, strict=True):
            found[better] = array[rows[better]]
        power[better], alone[better] = lam[gains], value[gains]
        left, again = left[alone[left] < 0.0], again or len(better) > 0
    return _Chosen(alone=alone, power=power, known=known, draft=draft(p, y, rows, worth, opened) if again else first)


def _dearest(part: Drafted, known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n, T) price of power, by rule or the known one, and (n,) the value of being open alone at it: the larger."""
    lam = part.power()
    value = part.alone(lam)
    if not known.any():
        return lam, value
    other = part.alone(known)
    return np.where((other > value)[:, None], known, lam), np.maximum(value, other)


def _known_power(p: Problem, y: Multipliers, worth: FloatArray) -> FloatArray:
    """(I, T) price of energized power: that of the multipliers where they have one, elsewhere that of the candidate
    among them that is likest: the same first quarter with power, and the nearest worth of service (I, T)."""
    none = np.zeros((len(p.candidate_id), p.quarters))
    if y.power is None or not len(y.power_of):
        return none
    position = {str(name): i for i, name in enumerate(p.candidate_id)}
    at = np.array([position.get(name, -1) for name in y.power_of])
    price, at = y.power[at >= 0], at[at >= 0]
    if not len(at):
        return none
    begins = (p.energized_mw > 0.0).argmax(axis=1)
    nearest = np.zeros(len(none), dtype=np.int64)
    for first in np.unique(begins).tolist():
        alike = np.flatnonzero(begins[at] == first)
        if len(alike):
            rows = np.flatnonzero(begins == first)
            nearest[rows] = alike[cdist(worth[rows], worth[at[alike]], "cityblock").argmin(axis=1)]
    found = price[nearest]
    found[at] = price
    for main, annex in p.annexes.items():  # power has one price a campus, whichever halls it flows to
        per_mw = np.maximum(found[main] / p.pue_peak[main], found[annex] / p.pue_peak[annex])
        found[main], found[annex] = per_mw * p.pue_peak[main], per_mw * p.pue_peak[annex]
    return found
