"""Halls of a second cooling class: every built campus has an annex, a candidate of its own that shares its place."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Annexes:
    """Which candidates are annexes, what halls may hold, and what making halls of an annex into main ones costs."""

    main: IntArray
    """(I,) position of the campus that an annex belongs to; -1 for a campus."""
    allowed: BoolArray
    """(I, G) whether the halls may hold the accelerator."""
    conversion_musd: FloatArray | None
    """(T, T) paid for one module by [quarter from which it is a hall of the campus's own class, payment quarter]; None:
    no hall is ever converted."""
    conversion_left_musd: FloatArray
    """(T,) what is left of it at the horizon."""
    conversion_quarters: int
    """Works, in which the hall holds nothing."""

    @cached_property
    def of_main(self) -> dict[int, int]:
        """Position of the annex by that of its campus."""
        return {int(self.main[i]): int(i) for i in np.flatnonzero(self.main >= 0)}

    def take_candidates(self, rows: IntArray) -> Self:
        """The same over the candidates at `rows`. Raises ValueError for an annex without its campus."""
        position = np.full(len(self.main), -1, dtype=np.int64)
        position[rows] = np.arange(len(rows))
        kept = self.main[rows]
        main = np.where(kept >= 0, position[kept], -1)
        if ((kept >= 0) & (main < 0)).any():
            raise ValueError("an annex is kept and its campus is not")
        return dataclasses.replace(self, main=main, allowed=self.allowed[rows])

    def with_annexes(self, rows: IntArray) -> IntArray:
        """Rising positions of the campuses at `rows`, or of annexes at `rows`, and of their annexes."""
        mains = np.unique(np.where(self.main[rows] >= 0, self.main[rows], rows))
        annexes = [self.of_main[i] for i in mains.tolist() if i in self.of_main]
        return np.union1d(mains, np.array(annexes, dtype=np.int64)).astype(np.int64)
