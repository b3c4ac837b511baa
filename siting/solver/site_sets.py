"""Which sites to open where each has a value and all the demand must find room: the cheapest set, counted out.

min sum_i v_i y_i : sum_i room_i y_i >= need, y in {0, 1}, y_i given where a site is settled. The sites that stay closed
have at most spare = (sum of room) - need together: which of them to close is a knapsack of whole sites, by dynamic
programming over the room that is closed, in units of the greatest common divisor of all rooms.

most[k, t] is what closing some of the sites k, k + 1, ... saves when t units of spare are used already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siting.problem import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteSets:
    """The sets of sites with room for everybody."""

    room: NDArray[np.int64]
    """(M,)"""
    need: int

    def cheapest(self, value: FloatArray, state: NDArray[np.int8]) -> tuple[float, BoolArray]:
        """The least sum of values (M,) and its set; infinity where no set has the room."""
        taken = state >= 0
        free, weight, spare = self._closable(value, state)
        if spare < 0:
            return np.inf, taken
        most, used = _most(value[free], weight, spare), 0
        for k, i in enumerate(free.tolist()):
            after = used + int(weight[k])
            if after <= spare and value[i] + most[k + 1, after] > most[k + 1, used]:
                taken[i], used = False, after
        return float(value[state >= 0].sum() - most[0, 0]), taken

    def with_each(self, value: FloatArray, state: NDArray[np.int8]) -> tuple[FloatArray, FloatArray]:
        """(M,) the least sums of values with each free site open, and with it closed; with it as it is where it is
        settled: then the other is infinite."""
        opened, closed = np.full(len(value), np.inf), np.full(len(value), np.inf)
        total = float(value[state >= 0].sum())
        free, weight, spare = self._closable(value, state)
        if spare < 0:
            return opened, closed
        most, before = _most(value[free], weight, spare), np.zeros(spare + 1)
        opened[state == 1] = closed[state == -1] = total - most[0, 0]
        for i in np.flatnonzero((state == 0) & (value <= 0.0)).tolist():
            opened[i] = total - most[0, 0]
            if self._units(self.room[i]) <= spare:
                closed[i] = total - value[i] - most[0, self._units(self.room[i])]
        for k, i in enumerate(free.tolist()):
            rest = spare + 1 - int(weight[k])
            opened[i] = total - (before + most[k + 1]).max()
            if rest > 0:
                closed[i] = total - value[i] - (before[:rest] + most[k + 1, spare + 1 - rest :]).max()
                before[spare + 1 - rest :] = np.maximum(before[spare + 1 - rest :], before[:rest] + value[i])
        return opened, closed

    def _units(self, room: int | np.int64) -> int:
        return int(room) // self._unit

    @cached_property
    def _unit(self) -> int:
        return max(1, int(np.gcd.reduce(self.room))) if len(self.room) else 1

    def _closable(self, value: FloatArray, state: NDArray[np.int8]) -> tuple[NDArray[np.intp], NDArray[np.int64], int]:
        """Free sites that are worth closing, their room in units, and the units that may be closed."""
        free = np.flatnonzero((state == 0) & (value > 0.0))
        spare = (int(self.room[state >= 0].sum()) - self.need) // self._unit
        return free, self.room[free] // self._unit, spare


def _most(value: FloatArray, weight: NDArray[np.int64], spare: int) -> FloatArray:
    most = np.zeros((len(value) + 1, spare + 1))
    for k in range(len(value) - 1, -1, -1):
        most[k] = most[k + 1]
        rest = spare + 1 - int(weight[k])
        if rest > 0:
            np.maximum(most[k, :rest], value[k] + most[k + 1, spare + 1 - rest :], out=most[k, :rest])
    return most
