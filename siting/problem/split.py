"""Clusters that may stand on two campuses within a fibre's reach: where the campuses are, how far apart they may be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Places in degrees WGS 84; distances are geodesics."""

    lat: NDArray[np.float64]
    """(I,)"""
    lon: NDArray[np.float64]
    """(I,)"""
    within_km: NDArray[np.float64]
    """(K,) most between the two campuses of a cluster; NaN: it stands on one."""

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    def take_candidates(self, rows: NDArray[np.int64]) -> Self:
        """The same over the candidates at `rows` only."""
        return type(self)(lat=self.lat[rows], lon=self.lon[rows], within_km=self.within_km)
