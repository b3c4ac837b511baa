"""Random problems for the differential tests: plain, with many candidates, with every part switched on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from random_everything import everything
from tiny_problems import random_problem

from siting.problem import Problem

PRICED = ("npv_open_musd", "npv_module_musd", "npv_pod_musd", "npv_run_musd")
"""Costs by which copies of a candidate differ."""


def several(p: Problem, r: np.random.Generator) -> Problem:
    """Four to seven candidates, copies of those of `p`: each cost and the power a little other by chance, reach too.

    Some copies stay alike to the digit.
    """
    rows = r.integers(0, len(p.candidate_id), int(r.integers(4, 8)))
    many = p.take(rows)
    other = r.random(len(rows)) < 0.75
    changes = {}
    for name in PRICED:
        array = getattr(many, name)
        by = np.where(other, r.uniform(0.7, 1.4, len(rows)), 1.0)
        changes[name] = array * by.reshape((-1,) + (1,) * (array.ndim - 1))
    power = np.where(other, r.uniform(0.5, 1.3, len(rows)), 1.0)[:, None]
    return replace(
        many,
        candidate_id=np.array([f"c{n}" for n in range(len(rows))], dtype=object),
        energized_mw=many.energized_mw * power,
        reach=many.reach & (r.random(many.reach.shape) < np.where(other, 0.8, 1.0)[:, None]),
        **changes,
    )


def mixed_problem(seed: int) -> Problem:
    """By turns a plain problem, one with several candidates, and one with every part switched on at random."""
    kind, number = seed % 3, seed // 3
    if kind == 0:
        return random_problem(number)
    if kind == 1:
        return several(random_problem(number), np.random.default_rng([5, number]))
    return everything(number)[0]
