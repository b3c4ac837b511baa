"""What it costs to carry service from a source to a region, as arrays."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Transit:
    """I candidates, L offers, J regions, T quarters. Rates of arcs that nobody may use do not count."""

    usd_per_h: FloatArray
    """(I, J) of one H100e served."""
    lease_usd_per_h: FloatArray
    """(L, J)"""
    hours: FloatArray
    """(T,) of each quarter."""

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    @property
    def everyone_usd_per_h(self) -> FloatArray:
        """(I + L, J) candidates first, then offers."""
        return np.vstack([self.usd_per_h, self.lease_usd_per_h])

    def take_candidates(self, rows: IntArray) -> Self:
        """The same over the candidates at `rows` only."""
        return dataclasses.replace(self, usd_per_h=self.usd_per_h[rows])
