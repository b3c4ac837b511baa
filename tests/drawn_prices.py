"""Prices of limits at random: a bound in closed form is valid for any of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.pricing import Multipliers
from siting.problem import Problem


def drawn(p: Problem, seed: int) -> Multipliers:
    """Any multipliers at all, negative ones and classes that nobody belongs to among them."""
    r = np.random.default_rng(seed)
    size = float(10.0 ** r.uniform(-2, 1))
    _, g, t, _, k, j = p.size
    known = np.concatenate([p.reach[:1], r.random((3, j)) < 0.6])
    return Multipliers(
        served=r.uniform(-0.2 * size, size, (j, t)),
        reach_of=known,
        capacity=r.uniform(-0.2 * size, size, (len(known), t)),
        funding=r.uniform(-0.01, 0.1 * size, t) * (r.random(t) < 0.5),
        supply=np.where(np.isfinite(p.supply), r.uniform(-0.2 * size, size, (g, t)), 0.0),
        host=r.uniform(-size, 20.0 * size, k),
        line=np.zeros((0, t)),
        island=np.zeros(0),
        power_of=tuple(str(name) for name in p.candidate_id),
        power=r.uniform(-0.1 * size, size, (len(p.candidate_id), t)),
    )


def mixed(one: Multipliers, other: Multipliers, share: float) -> Multipliers:
    """`share` of the one and the rest of the other, the prices of power and capacity of the one."""
    parts = ("served", "funding", "supply", "host", "line", "island", "sites")
    return replace(
        one,
        **{name: share * getattr(one, name) + (1.0 - share) * getattr(other, name) for name in parts},
    )
