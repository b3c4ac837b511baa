"""Candidates that stand for many: what the best of each would be, for a bound over all of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Crowd:
    """Of each of I candidates, for how many it stands and which of K clusters it may hold."""

    count: NDArray[np.int64]  # (I,) 1 for a candidate of its own
    may_host: NDArray[np.bool_]  # (I, K) False where no better plan has the cluster there

    def take_candidates(self, rows: NDArray[np.int64]) -> Self:
        """The same of the candidates at `rows` only."""
        return dataclasses.replace(self, count=self.count[rows], may_host=self.may_host[rows])
