"""Shells: whole buildings of a campus, whose fit-out is counted in megawatts and not in modules."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shells:
    """Which candidates are built as shells, how large these are and what one costs. The costs of a module of these
    candidates are those of its fit-out, its upkeep and whatever else counts by fitted MW."""

    modules: float
    """Modules that one shell can hold."""
    built: BoolArray
    """(I,) candidates whose halls are shells that are fitted out by any part of a module; others have whole modules."""
    cost_musd: FloatArray
    """(I,) of one shell, in today's money; 0 where there is none."""
    cash_profile: FloatArray
    """(T, T) share of it paid in [quarter from which it stands, payment quarter]."""
    left: FloatArray
    """(T,) share of what was paid that is left at the horizon, by the quarter from which it stands."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), np.ndarray):
                value.setflags(write=False)

    @property
    def left_share(self) -> FloatArray:
        """(T,) of one musd of cost, what is left at the horizon."""
        return np.asarray(self.cash_profile.sum(axis=1) * self.left)

    def count_for(self, modules: FloatArray) -> FloatArray:
        """(I,) shells that so many modules of fit-out take; 0 where halls are whole modules."""
        return np.where(self.built, np.ceil(modules / self.modules - 1e-9), 0.0)

    def npv_musd(self, discount: FloatArray, end_discount: float) -> FloatArray:
        """(I, T) present value of one shell by the quarter from which it stands."""
        each = self.cash_profile @ discount - self.left_share * end_discount
        return np.asarray(self.cost_musd[:, None] * each)

    def take_candidates(self, rows: IntArray) -> Self:
        """The same over the candidates at `rows` only."""
        return dataclasses.replace(self, built=self.built[rows], cost_musd=self.cost_musd[rows])
