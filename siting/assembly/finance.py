"""Debt and revenue of the study as arrays."""

from __future__ import annotations

import numpy as np

from siting.assembly.costs import clock_of, growth
from siting.problem import FloatArray
from siting.problem.finance import Debt, Revenue
from siting.study import Study


def debt_of(study: Study) -> Debt | None:
    """Facilities in the study's order; None when it states none."""
    if not study.debt:
        return None
    start, end = int(study.start), study.end
    return Debt(
        name=np.array([item.name for item in study.debt], dtype=object),
        quarterly_rate=np.array([(1.0 + item.rate) ** 0.25 - 1.0 for item in study.debt]),
        tenor=np.array([item.tenor_quarters for item in study.debt], dtype=np.int64),
        advance=np.array([item.advance_rate for item in study.debt]),
        first=np.array([(start if d.draw_from is None else d.draw_from) - start for d in study.debt], dtype=np.int64),
        last=np.array(
            [(end - 1 if d.draw_until is None else d.draw_until) - start for d in study.debt], dtype=np.int64
        ),
        most_musd=np.array([np.inf if item.max_musd is None else item.max_musd for item in study.debt]),
        bullet=np.array([item.amortising == "bullet" for item in study.debt]),
    )


def revenue_of(study: Study, demand_h100e: FloatArray) -> Revenue | None:
    """What the demand (J, T) earns by quarter; None when the study states no revenue."""
    earns = study.revenue
    if earns is None:
        return None
    price = earns.usd_per_h100e_h * growth(earns.price_change, study.quarters)
    served_h = demand_h100e.sum(axis=0) * earns.mean_over_peak * clock_of(study).hours(study.quarters)
    return Revenue(musd=np.asarray(served_h * price / 1e6), counts_as_funding=earns.counts_as_funding)
