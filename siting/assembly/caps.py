"""Caps of the study as arrays."""

from __future__ import annotations

import numpy as np

from siting.problem.caps import Caps
from siting.study import Study
from siting.units import first_day


def caps_of(study: Study) -> Caps | None:
    """Caps on capital and on yearly running costs; None when the study states neither."""
    capital, operating = study.money.capex_cap_musd, study.money.opex_cap_musd_per_year
    if capital is None and operating is None:
        return None
    return Caps(
        capital_musd=np.inf if capital is None else capital,
        operating_musd=np.inf if operating is None else operating,
        year=np.array([first_day(study.start + t).year for t in range(study.quarters)], dtype=np.int64),
    )
