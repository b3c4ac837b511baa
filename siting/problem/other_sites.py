"""Sets of sites that a plan may not have: those of plans that are known already."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class OtherSites:
    """N sets of campuses; a plan that opens exactly those of one of them is left out."""

    known: NDArray[np.bool_]  # (N, I) campuses of each set; halls of a second cooling class are none

    def take_candidates(self, rows: NDArray[np.int64]) -> Self:
        """The same over the candidates at `rows`. A set that loses a campus goes: no plan over the rest has it."""
        gone = np.ones(self.known.shape[1], dtype=bool)
        gone[rows] = False
        whole = ~self.known[:, gone].any(axis=1)
        return dataclasses.replace(self, known=self.known[whole][:, rows])

    def with_crowds(self, rows: NDArray[np.int64], crowds: int) -> Self:
        """The same over the candidates at `rows` and so many crowds of others after them, which are in no set."""
        taken = self.take_candidates(rows).known
        return dataclasses.replace(self, known=np.pad(taken, ((0, 0), (0, crowds))))
