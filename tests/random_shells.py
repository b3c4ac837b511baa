"""Halls as shells on a random problem.

No part of `random_everything`: the listing of other parts counts whole modules."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.shells import Shells


def built_as_shells(p: Problem, rng: np.random.Generator) -> Problem:
    """Most candidates are built as shells of one or two modules, with a first phase that may be any part of a module.

    The construction cost of a module is divided between shell and fit-out; shells keep some value of their own, by
    chance more than they cost, and by chance cost more in every quarter.
    """
    built = rng.random(len(p.candidate_id)) < 0.8
    per_shell, share = float(rng.integers(1, 3)), float(rng.choice([0.05, 0.35, 0.7, 1.0]))
    most = np.where(built, np.maximum(p.modules_max // per_shell, 1) * per_shell, p.modules_max).astype(np.int64)
    first = np.where(built, rng.uniform(0.3, 1.0, len(built)) * np.minimum(p.modules_first, most), p.modules_first)
    factor, halls = p.module_cash_factor.copy(), p.module_cash_profile[0]
    whole = factor[:, 0].copy()
    factor[built, 0] *= 1.0 - share
    left, growth = float(rng.choice([0.0, 0.4, 1.3])), float(rng.choice([1.0, 1.6]))
    saved = np.where(built, share * whole, 0.0)[:, None] * (halls @ p.discount - 0.4 * p.discount[-1])
    return dataclasses.replace(
        p,
        modules_max=most,
        modules_first=first,
        module_cash_factor=factor,
        npv_module_musd=p.npv_module_musd - saved,
        shells=Shells(
            modules=per_shell,
            built=built,
            cost_musd=np.where(built, share * whole * per_shell, 0.0),
            cash_profile=halls * growth ** np.arange(p.quarters)[:, None],
            left=np.full(p.quarters, left),
        ),
    )
