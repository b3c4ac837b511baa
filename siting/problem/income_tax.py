"""Income tax as arrays: who is taxed at which rate, what is deducted when, how much income there is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class IncomeTax:
    """R distinct rates, Y calendar years from the first of the horizon on."""

    first_year: int
    offset: int
    """Quarters of the first year before the study starts, 0 to 3."""
    rate: FloatArray  # (R,) federal and state together
    group: IntArray  # (I,) position of a candidate's rate
    home: int
    """Position of the rate that taxes what has no place."""
    income_musd: FloatArray  # (Y,) stated taxable income
    pod_share: FloatArray  # (G, T, Y) of the basis of a pod delivered in t, deducted in y
    opening_basis_musd: FloatArray  # (I, T) of an opening in t, what ages like a building
    building_quarters: float
    """Straight line life."""
    lease_after_musd: FloatArray  # (L, T, Y) of one GPU by start: bills after the horizon
    module_after: FloatArray  # (F, T, Y) of each factor of a module by live quarter: payments after the horizon

    @property
    def years(self) -> int:
        """Y."""
        return len(self.income_musd)

    def year_of(self, quarter: int) -> int:
        """Position of the year that holds a quarter."""
        return min((self.offset + quarter) // 4, self.years - 1)

    def paid_in(self, year: int) -> int:
        """Last quarter of a year: the tax payment that its deductions reduce."""
        return 4 * year + 3 - self.offset

    def straight(self, quarter: int) -> FloatArray:
        """(Y,) share deducted by year of what is put to use in a quarter."""
        begins = 4.0 * np.arange(self.years) - self.offset
        inside = np.minimum(begins + 4.0, quarter + self.building_quarters) - np.maximum(begins, quarter)
        return np.asarray(np.maximum(inside, 0.0) / self.building_quarters)

    def take_candidates(self, rows: IntArray) -> IncomeTax:
        """The same over the candidates at `rows` only."""
        return dataclasses.replace(self, group=self.group[rows], opening_basis_musd=self.opening_basis_musd[rows])
