"""Random places shared by the candidates of a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.shared import Shared


def with_shared(p: Problem, rng: np.random.Generator) -> Problem:
    """Two or all candidates in one place that carries from a part of one of them to a little less than all."""
    count = len(p.candidate_id)
    place = np.where(np.arange(count) < int(rng.integers(2, 4)), 0, -1)
    inside = place == 0
    mw = p.modules_max * p.module_it_mw * p.pue_peak
    flows = p.energized_mw[inside].max(axis=0) * float(rng.uniform(0.1, 0.8))
    return dataclasses.replace(
        p,
        shared=Shared(
            place=place,
            standing_mw=np.where(inside, float(rng.uniform(0.2, 0.8)) * mw[inside].sum(), mw),
            energized_mw=np.where(inside[:, None], flows[None, :], p.energized_mw),
        ),
    )
