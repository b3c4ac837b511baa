"""Random caps, debt, revenue and income tax on a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.caps import Caps
from siting.problem.finance import Debt, Revenue


def with_caps(p: Problem, rng: np.random.Generator) -> Problem:
    """Caps near what such a problem spends; its first year ends after one or two quarters."""
    return dataclasses.replace(
        p,
        caps=Caps(
            capital_musd=float(rng.choice([np.inf, rng.uniform(10.0, 50.0)])),
            operating_musd=float(rng.choice([np.inf, rng.uniform(0.5, 12.0)])),
            year=2024 + (np.arange(p.quarters) >= int(rng.integers(1, 3))),
        ),
    )


def with_debt(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two facilities, cheap and dear, level and bullet, some that outlive the horizon; money is short."""
    n, t = int(rng.integers(1, 3)), p.quarters
    first = rng.integers(0, 2, n)
    return dataclasses.replace(
        p,
        funding_musd=p.funding_musd * rng.uniform(0.6, 1.0),
        debt=Debt(
            name=np.array([f"d{k}" for k in range(n)], dtype=object),
            quarterly_rate=rng.choice([0.0, 0.01, 0.03], n),
            tenor=rng.integers(1, 5, n),
            advance=rng.uniform(0.3, 0.9, n),
            first=first,
            last=np.minimum(first + rng.integers(0, t, n), t - 1),
            most_musd=rng.choice([3.0, 8.0, np.inf], n),
            bullet=rng.random(n) < 0.5,
        ),
    )


def with_revenue(p: Problem, rng: np.random.Generator) -> Problem:
    """Up to 8 musd a quarter, as funding by chance; money is short."""
    return dataclasses.replace(
        p,
        funding_musd=p.funding_musd * rng.uniform(0.4, 1.0),
        revenue=Revenue(musd=rng.uniform(0.0, 8.0, p.quarters), counts_as_funding=bool(rng.random() < 0.7)),
    )
