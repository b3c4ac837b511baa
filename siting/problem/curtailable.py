"""Curtailable connections: arrays of the part."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Curtailable:
    """What changes at a candidate that signs a curtailable connection."""

    admitted: BoolArray  # (I,)
    earlier_mw: FloatArray  # (I, T) utility MW that flow beyond those of a firm connection
    saved_cash_musd: FloatArray  # (I, T) at signing, by the quarter of the opening
    saved_back_musd: FloatArray  # (I, T) less of it left at the horizon
    adder_usd_per_mwh: float
    lost_musd_per_it_mw: FloatArray  # (T,) of a quarter's curtailed hours

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    def take_candidates(self, rows: IntArray) -> Curtailable:
        """The same over the candidates at `rows` only."""
        names = ("admitted", "earlier_mw", "saved_cash_musd", "saved_back_musd")
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in names})
