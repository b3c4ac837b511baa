"""Priorities and dates of random problems against the unreduced model, as `one_by_one` does it for the cost alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from one_by_one import EXACT, SEARCHES, Line, Patch, as_shipped, patched, setting, truth_of

from siting.problem import Problem
from siting.problem.goals import MEASURES, kept
from siting.solver import passes
from siting.solver.passes import Aim, earliest_quarter, run_aims
from siting.termination import Termination

TOLERANCE = 0.1
WAYS = ("search as shipped", "flows of every candidate", "no totals", "no search over totals first")
DATES: dict[str, Patch] = {
    "date as shipped": as_shipped,
    "no date ruled out beforehand": setting(passes, first_possible=lambda p, k: 0),
    "no gap for a date": setting(passes, ANY_PLAN=1e-6),
}


def pass_lines(p: Problem, seed: int) -> Iterator[tuple[Line, float]]:
    """What each pass of two says, and the truth of it: another measure within a tenth of its best, then the cost.

    What is maximised is given with its sign turned.
    """
    names = ["compute", "carbon", "peak_funding", *(["latency"] if p.rtt_ms is not None else [])]
    aim = names[seed % len(names)]
    sign = 1.0 if MEASURES[aim].sense == "minimize" else -1.0
    p = replace(p, watched=("npv_cost", aim))
    first = truth_of(replace(p, objective=aim))
    aims = [Aim(objective=aim, tolerance=TOLERANCE), Aim(objective="npv_cost", tolerance=0.0)]
    for way in WAYS:
        with patched(SEARCHES[way]):
            results, found = run_aims(p, aims, EXACT)
        one = results[0]
        if one.termination is Termination.INFEASIBLE:
            yield Line(f"{way}, {aim}", np.inf, -np.inf), first
            continue
        assert one.value is not None and one.bound is not None
        yield Line(f"{way}, {aim}", sign * one.value, sign * one.bound), first
        goal = kept(aim, one.value, TOLERANCE)
        cost = results[1]
        assert cost.value is not None and cost.bound is not None
        yield Line(f"{way}, cost after {aim}", cost.value, cost.bound), truth_of(replace(p, goals=(goal,)))
        assert (found.measures[aim] - goal.limit) * sign <= 1e-6 * max(1.0, abs(goal.limit)), way


def date_lines(p: Problem) -> Iterator[tuple[Line, float]]:
    """The earliest quarter of the first cluster by bisection, and the first of all quarters that has a plan."""
    if not len(p.cluster):
        return
    latest = int(p.cluster_from[0])
    possible = [t for t in range(latest + 1) if np.isfinite(truth_of(passes._moved(p, 0, t)))]
    truth = float(min(possible, default=np.inf))
    for way, patch_with in DATES.items():
        with patched(patch_with):
            found = earliest_quarter(p, 0, EXACT, lambda q: q)
        value = np.inf if found.value is None else found.value
        yield Line(way, value, -np.inf if found.bound is None else found.bound), truth
