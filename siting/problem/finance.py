"""Debt and revenue as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.cashflow import payment

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Debt:
    """Facilities that lend against what is paid for accelerators in a quarter."""

    name: NDArray[np.object_]  # (N,)
    quarterly_rate: FloatArray  # (N,)
    tenor: NDArray[np.int64]  # (N,) quarters
    advance: FloatArray  # (N,) share of what is paid
    first: NDArray[np.int64]  # (N,) first quarter of a draw
    last: NDArray[np.int64]  # (N,) last
    most_musd: FloatArray  # (N,) drawn in all, infinity without a cap
    bullet: NDArray[np.bool_]  # (N,)

    def service(self, n: int) -> tuple[FloatArray, FloatArray]:
        """(tenor,) payments and (tenor,) interest within them for one musd drawn, from the next quarter on."""
        rate, tenor = float(self.quarterly_rate[n]), int(self.tenor[n])
        if self.bullet[n]:
            interest = np.full(tenor, rate)
            paid = interest.copy()
            paid[-1] += 1.0
            return paid, interest
        level = payment(rate, tenor, 1.0)
        grown = (1.0 + rate) ** np.arange(tenor)
        owed = grown - level * (np.arange(tenor) if rate == 0.0 else (grown - 1.0) / rate)
        return np.full(tenor, level), rate * owed


@dataclass(frozen=True, kw_only=True, eq=False)
class Revenue:
    """What the served demand earns."""

    musd: FloatArray  # (T,)
    counts_as_funding: bool
