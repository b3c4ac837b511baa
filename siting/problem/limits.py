"""The planner's own linear limits as arrays: which candidates, accelerators and quarters each sum counts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


RUNNING = ("energy_mwh", "co2_t", "water_m3", "spend_musd")
"""Quantities that grow with what runs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CountedSum:
    """factor x sum of a quantity over what is counted."""

    factor: float
    quantity: str
    sites: BoolArray
    """(I,)"""
    kinds: BoolArray
    """(G,)"""
    quarters: BoolArray
    """(T,) one quarter of what stands, all quarters of what is summed over time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitRow:
    """sum of `sums` <=, >= or = bound."""

    name: str
    sums: tuple[CountedSum, ...]
    sense: Literal["<=", ">=", "="]
    bound: float


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnLimits:
    """All limits of the study."""

    rows: tuple[LimitRow, ...]

    @property
    def ask_for_running(self) -> bool:
        """Whether a limit may ask for more running than is needed: a least energy, carbon or spending."""
        return self._ask_for(RUNNING)

    @property
    def ask_for_spending(self) -> bool:
        """Whether a limit may ask for more spending than is needed."""
        return self._ask_for(("spend_musd",))

    @property
    def ask_for_payments(self) -> bool:
        """Whether a limit may ask for more to be paid, in all or for things that last: dearer things then meet it
        sooner."""
        return self._ask_for(("spend_musd", "capex_musd"))

    def _ask_for(self, quantities: tuple[str, ...]) -> bool:
        return any(
            part.quantity in quantities and (row.sense == "=" or (row.sense == ">=") == (part.factor > 0))
            for row in self.rows
            for part in row.sums
        )

    def take_candidates(self, rows: IntArray) -> Self:
        """The same limits over the candidates at `rows` only."""

        def kept(row: LimitRow) -> LimitRow:
            sums = tuple(dataclasses.replace(part, sites=part.sites[rows]) for part in row.sums)
            return dataclasses.replace(row, sums=sums)

        return dataclasses.replace(self, rows=tuple(kept(row) for row in self.rows))
