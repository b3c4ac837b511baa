"""Random rules on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.rules import SiteRules


def with_rules(p: Problem, rng: np.random.Generator) -> Problem:
    """Each rule is there by chance: two sites or more, at most one or two, a forced one, one that stands,
    two states, 300 km apart."""
    i = len(p.candidate_id)
    forced = np.zeros(i, dtype=np.int64)
    if rng.random() < 0.4:
        at = int(rng.integers(0, i))
        forced[at] = rng.integers(1, p.modules_max[at] + 1)
    standing = np.zeros(i, dtype=np.int64)
    if rng.random() < 0.3:
        at = int(rng.integers(0, i))
        standing[at] = p.modules_first[at]
        p = dataclasses.replace(p, live_from=np.where(standing > 0, 0, p.live_from))
    most = int(rng.integers(1, 4)) if rng.random() < 0.4 else None
    least = int(rng.integers(0, min(i, most or i) + 1)) if rng.random() < 0.5 else 0
    rules = SiteRules(
        min_sites=least,
        max_sites=most,
        forced_modules=forced,
        forced_by=rng.integers(1, p.quarters, i),
        existing_modules=standing,
        extended_from=rng.integers(1, p.quarters + 1, i),
        group=np.stack([rng.integers(0, 2, i), rng.choice([-1, 2], i)]),
        group_most=rng.integers(1, 3, 3),
        lat=rng.uniform(30.0, 34.0, i),
        lon=rng.uniform(-100.0, -95.0, i),
        min_distance_km=300.0 if rng.random() < 0.5 else None,
    )
    return dataclasses.replace(p, rules=rules)
