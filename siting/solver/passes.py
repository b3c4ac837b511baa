"""One search after another: each objective in order of importance, the ones before it kept within their tolerance.

Every pass has its own bound, gap and termination. The quarter in which a cluster can stand is found by bisection on
the date: a plan for a date is a plan for every later one, so a date without a plan proves all earlier ones hopeless.
Before any model is built, the first date at which some candidate or some chain of contracts could hold the cluster
at all is read off the arrays of *every* candidate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from siting.formulation.training import chain_exists
from siting.problem import Problem
from siting.problem.goals import MEASURES, TIME_TO_COMPUTE, kept
from siting.solver.budget import Budget
from siting.solver.highs import Options, Watcher
from siting.solver.search import Searched, search
from siting.termination import PassResult, Termination

ANY_PLAN = 0.9
"""Gap of a search that only asks whether there is a plan."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One linear objective and its tolerance, a share."""

    objective: str
    tolerance: float


def run_aims(
    p: Problem, aims: Sequence[Aim], options: Options, watch: Watcher | None = None
) -> tuple[tuple[PassResult, ...], Searched]:
    """Results of all passes in order, and the search that holds the plan.

    A pass that finds no plan inside its limit leaves the plan of the pass before it: that plan keeps all goals.
    The time limit is for all of them: each has an equal part of what is left.
    """
    budget = Budget(options.time_limit_s)
    p = replace(p, watched=tuple(dict.fromkeys([*p.watched, "npv_cost", *(aim.objective for aim in aims)])))
    results: list[PassResult] = []
    best: Searched | None = None
    for n, aim in enumerate(aims):
        found = search(replace(p, objective=aim.objective), budget.of(options, 1.0 / (len(aims) - n)), watch)
        if best is not None and found.decisions is None:
            results.append(_as_before(aim.objective, found.result, best))
        else:
            results.append(found.result)
            best = found
        if best.decisions is None:
            break
        p = replace(p, goals=(*p.goals, kept(aim.objective, best.measures[aim.objective], aim.tolerance)))
    assert best is not None
    return tuple(results), best


def cost_problem(p: Problem, aims: Sequence[Aim], found: Searched) -> Problem:
    """The pass for the cost: what the objectives before it reached in the plan at hand is kept."""
    names = [aim.objective for aim in aims]
    before = aims[: names.index("npv_cost")]
    goals = tuple(kept(aim.objective, found.measures[aim.objective], aim.tolerance) for aim in before)
    return replace(p, objective="npv_cost", goals=goals, watched=tuple(dict.fromkeys([*p.watched, *names])))


def _as_before(objective: str, result: PassResult, best: Searched) -> PassResult:
    """The pass as the plan of an earlier pass leaves it: no better one was found inside the limit."""
    return PassResult(
        objective=result.objective,
        termination=Termination.FEASIBLE,
        limit=result.limit or "rounding",
        bound=result.bound,
        value=best.measures[objective],
        seconds=result.seconds,
        sense=MEASURES[objective].sense,
    )


def earliest_quarter(
    p: Problem, k: int, options: Options, narrowed: Callable[[Problem], Problem], watch: Watcher | None = None
) -> PassResult:
    """First quarter in which cluster k can run, not later than `p.cluster_from[k]`, in quarters from the start.

    narrowed: the problem over the candidates that a search may use. The bound counts dates that were proved hopeless
    over those candidates, and dates at which no candidate at all could hold the cluster alone. The time limit is for
    all dates that are tried.
    """
    budget = Budget(options.time_limit_s)
    began = time.perf_counter()
    latest = int(p.cluster_from[k])
    bound = first_possible(p, k)
    best: int | None = None
    limit: str | None = None
    low, high = bound, latest
    while low <= high:
        middle = low if best is None and low == bound else (low + high) // 2
        part = budget.of(replace(options, gap=ANY_PLAN), 1.0 / (high - low + 1).bit_length())
        found = search(narrowed(_moved(p, k, middle)), part, watch)
        if found.decisions is not None:
            best, high = middle, middle - 1
            continue
        if found.result.termination is Termination.INFEASIBLE:
            bound = max(bound, middle + 1)
        else:
            limit = found.result.limit
        low = middle + 1
    seconds = time.perf_counter() - began
    if best is None:
        hopeless = bound > latest  # dates that ran out of time are hopeless too once a later one is proved to be
        return PassResult(
            objective=TIME_TO_COMPUTE,
            termination=Termination.INFEASIBLE if hopeless else Termination.NO_PLAN_FOUND,
            limit=None if hopeless else limit,
            bound=None if hopeless else float(bound),
            seconds=seconds,
        )
    proved = bound >= best
    return PassResult(
        objective=TIME_TO_COMPUTE,
        termination=Termination.OPTIMAL if proved else Termination.FEASIBLE,
        limit=None if proved else limit or "time_limit",
        bound=float(min(bound, best)),
        value=float(best),
        seconds=seconds,
    )


def first_possible(p: Problem, k: int) -> int:
    """First quarter at which some candidate alone, or a chain of contracts of one offer, could hold cluster k."""
    for t in range(int(p.cluster_from[k]) + 1):
        there = _moved(p, k, t)
        offers = np.flatnonzero(p.cluster_lease_gpus[k] > 0).tolist()
        if there.host_candidates()[k].any() or any(chain_exists(there, k, li) for li in offers):
            return t
    return int(p.cluster_from[k])


def _moved(p: Problem, k: int, quarter: int) -> Problem:
    begins = p.cluster_from.copy()
    begins[k] = quarter
    return replace(p, cluster_from=begins)
