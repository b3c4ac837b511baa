"""Random limits of the planner's own on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.limits import CountedSum, LimitRow, OwnLimits
from siting.study.expressions import QUANTITIES

SCALE = {
    "it_mw": (0.5, 2.0),
    "utility_mw": (0.5, 4.0),
    "sites": (0.0, 2.0),
    "accelerators": (2.0, 8.0),
    "h100e": (3.0, 9.0),
    "energy_mwh": (500.0, 2500.0),
    "co2_t": (200.0, 1000.0),
    "capex_musd": (10.0, 60.0),
    "spend_musd": (10.0, 70.0),
}
"""Bounds that matter at the size of random problems."""


def with_limits(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two limits of any quantity, upper and lower; one in four has a second sum."""
    return dataclasses.replace(
        p, limits=OwnLimits(rows=tuple(_row(p, rng) for _ in range(rng.choice([1, 2], p=[0.7, 0.3]))))
    )


def _row(p: Problem, rng: np.random.Generator) -> LimitRow:
    quantity = str(rng.choice(list(SCALE)))
    alike = [name for name, what in QUANTITIES.items() if what.unit == QUANTITIES[quantity].unit]
    sums = [_sum(p, rng, quantity, 1.0)]
    if rng.random() < 0.25:
        sums.append(_sum(p, rng, str(rng.choice(alike)), float(rng.choice([-0.5, 0.5, 2.0]))))
    low, high = SCALE[quantity]
    whole = quantity in ("it_mw", "sites")
    bound = float(rng.integers(int(np.ceil(low)), int(high) + 1)) if whole else float(rng.uniform(low, high))
    lower = rng.random() < 0.5
    equal = whole and len(sums) == 1 and rng.random() < 0.3
    return LimitRow(name="own", sums=tuple(sums), sense="=" if equal else ">=" if lower else "<=", bound=bound)


def _sum(p: Problem, rng: np.random.Generator, quantity: str, factor: float) -> CountedSum:
    stock = QUANTITIES[quantity].kind == "stock"
    one = np.arange(p.quarters) == rng.integers(0, p.quarters)
    return CountedSum(
        factor=factor,
        quantity=quantity,
        sites=rng.random(len(p.candidate_id)) < 0.7,
        kinds=rng.random(len(p.accelerator)) < 0.8,
        quarters=one if stock or rng.random() < 0.3 else np.ones(p.quarters, dtype=bool),
    )
