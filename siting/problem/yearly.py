"""A flow that is capped by calendar year and has a price: carbon, water."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Yearly:
    """Units are tonnes of CO2 or cubic metres."""

    item: str
    """Column of the cash table."""
    year: IntArray
    """(T,) calendar year of each quarter."""
    cap: Mapping[int, float]
    """Most units by year; a year that is absent has no cap."""
    usd_per_unit: FloatArray
    """(I, T)"""
    fuel_usd_per_unit: FloatArray | None = None
    """(T,) of carbon of what is burnt on a campus. None: as of all other units there."""
    per_it_mw: FloatArray | None = None
    """(I, T) units of one running critical IT MW over the quarter. None: carbon, which follows the energy."""

    def take_candidates(self, rows: IntArray) -> Self:
        """The same over the candidates at `rows` only."""
        per = None if self.per_it_mw is None else self.per_it_mw[rows]
        return dataclasses.replace(self, usd_per_unit=self.usd_per_unit[rows], per_it_mw=per)
