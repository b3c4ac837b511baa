"""Costs of carrying service and one source a region, on a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.transit import Transit


def with_transit(p: Problem, rng: np.random.Generator) -> Problem:
    """Rates from nothing to as much as a rented GPU costs; some sources cost alike."""
    i, _, t, offers, _, j = p.size
    steps = np.array([0.0, 0.0, 0.2, 1.0, 2.5]) * 1e6 / 2190.0
    return dataclasses.replace(
        p,
        transit=Transit(
            usd_per_h=rng.choice(steps, (i, j))[p.campus],  # halls of both classes are where the campus is
            lease_usd_per_h=rng.choice(steps, (offers, j)),
            hours=rng.choice([2160.0, 2184.0, 2208.0], t),
        ),
    )


def with_single_source(p: Problem, rng: np.random.Generator) -> Problem:
    """Nothing else changes: demands of a few H100e against pods of two to five."""
    return dataclasses.replace(p, single_source=True)
