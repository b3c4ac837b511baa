"""Most that may be spent on things that last, and most on running costs and leases in a calendar year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Caps:
    """Caps apart from funding, in musd; infinity where the study states none."""

    capital_musd: float
    """Over the horizon."""
    operating_musd: float
    """A calendar year."""
    year: NDArray[np.int64]  # (T,) calendar year of each quarter
