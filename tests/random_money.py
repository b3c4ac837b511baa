"""Random caps, debt, revenue and income tax on a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.caps import Caps


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
