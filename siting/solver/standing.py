"""Halls of each cooling class that stand, from the decisions of a search."""

from __future__ import annotations

import numpy as np

from siting.problem import FloatArray, IntArray, Problem
from siting.solver.decisions import Decisions


def converted_modules(p: Problem, d: Decisions) -> IntArray:
    """(I, T) modules of each annex that are halls of the campus's own class by t; 0 elsewhere."""
    found = np.zeros((len(p.candidate_id), p.quarters), dtype=np.int64)
    for (i, t), modules in d.extra.get("Converted", {}).items():
        found[i, t] = round(modules)
    return np.maximum.accumulate(found, axis=1)


def standing_shells(p: Problem, d: Decisions) -> IntArray:
    """(I, T) shells that stand by t; 0 where halls are whole modules."""
    found = np.zeros((len(p.candidate_id), p.quarters), dtype=np.int64)
    for (i, t), shells in d.extra.get("Shells", {}).items():
        found[i, t] = round(shells)
    return np.maximum.accumulate(found, axis=1)


def standing_modules(p: Problem, d: Decisions) -> FloatArray:
    """(I, T) modules of the candidate's class that stand; in works they count with the annex."""
    converted = converted_modules(p, d)
    standing: FloatArray = d.modules.cumsum(axis=1) - converted
    for campus, annex in p.annexes.items():
        standing[campus] += converted[annex]
    return standing
