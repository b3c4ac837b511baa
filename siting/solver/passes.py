"""One search after another: each objective in order of importance, the ones before it kept within their tolerance.

Every pass has its own bound, gap and termination. Where a bound over all candidates is asked for, each pass begins with
prices of all for what it aims at, with what the passes before it reached as goals: candidates that look best by cost
may be poor ones for carbon, so those that are best at these prices join the search.

The quarter in which a cluster can stand is found by bisection on the date: a plan for a date is a plan for every later
one, so a date without a plan proves all earlier ones hopeless. Before any model is built, the first date at which some
candidate or some chain of contracts could hold the cluster at all is read off the arrays of *every* candidate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from siting.formulation.training import chain_exists
from siting.problem import IntArray, Problem
from siting.problem.goals import MEASURES, TIME_TO_COMPUTE, Goal, kept
from siting.reduction.screen import screen
from siting.solver.budget import PRICED_A_SECOND, Budget
from siting.solver.everyone import Everyone, price_pass
from siting.solver.highs import Options, Watcher
from siting.solver.search import Searched, search
from siting.termination import PassResult, Termination, reached, tightened

ANY_PLAN = 0.9
"""Gap of a search that only asks whether there is a plan."""
PRICED, LIKELY = 0.4, 40
"""Share of the time of a pass for prices of all candidates, and how many these begin with."""
FEW_FIRST, LEAST_LEFT = 0.6, 0.1
"""Share of what is left of a pass for the search over few candidates, and of the whole pass that must be left for
another over more. Measured on `gigafactory` with compute first: over 130 candidates no plan in 66 s."""
NEAREST = 2
"""Candidates nearest to each region that these begin with where latency is aimed at."""
BEST, PARTLY, ALIKE = 20, 0.01, 1e-6
"""Candidates that join the search of a pass: so many that its relaxation opens by this part at least, and as many with
the least reduced cost, the cheapest of those that are alike in that (this share of the bound)."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One linear objective and its tolerance, a share."""

    objective: str
    tolerance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class OverAll:
    """What holds for all candidates in one pass."""

    objective: str
    goals: tuple[Goal, ...]
    """What the passes before it reached."""
    everyone: Everyone


@dataclass(frozen=True, kw_only=True, eq=False)
class Passes:
    """All passes over a problem of which some candidates are searched."""

    results: tuple[PassResult, ...]
    searched: Searched
    """The search that holds the plan."""
    rows: IntArray
    """The candidates that it was about."""
    over_all: tuple[OverAll, ...] = ()
    """Of the passes whose prices were found in time."""


def run_aims(
    p: Problem, aims: Sequence[Aim], options: Options, watch: Watcher | None = None
) -> tuple[tuple[PassResult, ...], Searched]:
    """Results of all passes in order, and the search that holds the plan.

    A pass that finds no plan inside its limit leaves the plan of the pass before it: that plan keeps all goals.
    The time limit is for all of them: each has an equal part of what is left.
    """
    found = run_aims_over(p, np.arange(len(p.candidate_id)), aims, options, watch)
    return found.results, found.searched


def run_aims_over(
    p: Problem,
    rows: IntArray,
    aims: Sequence[Aim],
    options: Options,
    watch: Watcher | None = None,
    *,
    price_all: bool = False,
) -> Passes:
    """The same over the candidates at `rows`; with prices of all for every pass if `price_all`."""
    budget = Budget(options.time_limit_s)
    p = replace(p, watched=tuple(dict.fromkeys([*p.watched, "npv_cost", *(aim.objective for aim in aims)])))
    results: list[PassResult] = []
    over_all: list[OverAll] = []
    best: tuple[Searched, IntArray] | None = None
    for n, aim in enumerate(aims):
        part = Budget(budget.of(options, 1.0 / (len(aims) - n)).time_limit_s)
        p = replace(p, objective=aim.objective)
        opened = np.zeros(0, dtype=np.int64) if best is None else open_sites(*best)
        everyone = _priced(p, opened, part.of(options, PRICED)) if price_all else None
        told = watch if aim.objective == "npv_cost" else None  # whoever watches takes figures for money
        found, here = _search(p, p.whole_campuses(np.union1d(rows, opened)), opened, everyone, part, options, told)
        if best is not None and found.decisions is None:
            results.append(_as_before(aim.objective, found.result, best[0]))
        else:
            best = found, here
            results.append(found.result)
        if best[0].decisions is None:
            break
        if price_all and everyone is None:  # the relaxation over those that it began with may have had no plan
            everyone = _priced(p, open_sites(*best), part.of(options))
        if everyone is not None:
            over_all.append(OverAll(objective=aim.objective, goals=p.goals, everyone=everyone))
            results[-1] = tightened(results[-1], MEASURES[aim.objective].sign * everyone.least, options.gap)
        value = results[-1].value
        assert value is not None
        p = replace(p, goals=(*p.goals, kept(aim.objective, value, aim.tolerance)))
    assert best is not None
    return _as_reached(
        Passes(results=tuple(results), searched=best[0], rows=best[1], over_all=tuple(over_all)), aims, options
    )


def _as_reached(found: Passes, aims: Sequence[Aim], options: Options) -> Passes:
    """The same with what the plan itself reaches of each objective, where that is more than the pass for it found: a
    search that stops within its gap may be passed by a later one. Bounds hold for the closer goals that follow, too."""
    if found.searched.decisions is None:
        return found
    measures = found.searched.measures
    results = tuple(
        reached(result, measures[aim.objective], options.gap) for result, aim in zip(found.results, aims, strict=False)
    )
    values = [result.value for result in results]
    goals = tuple(
        kept(aim.objective, value, aim.tolerance) for aim, value in zip(aims, values, strict=False) if value is not None
    )
    closer = tuple(replace(one, goals=goals[: len(one.goals)]) for one in found.over_all)
    return replace(found, results=results, over_all=closer)


def _search(
    p: Problem,
    rows: IntArray,
    opened: IntArray,
    everyone: Everyone | None,
    part: Budget,
    options: Options,
    watch: Watcher | None,
) -> tuple[Searched, IntArray]:
    """The search of a pass, and the candidates that it was about: those that prices of all call for and few others
    first; then, where that leaves the gap over all open, `rows` and these.

    opened: sites of the plan of the pass before.
    """
    if everyone is None:
        return search(p.take(rows), part.of(options), watch), rows
    likely = np.union1d(opened, _likeliest(p, everyone))
    few = p.whole_campuses(np.union1d(screen(p, min(LIKELY, len(rows))).rows, likely))
    first = search(p.take(few), part.of(options, FEW_FIRST), watch)
    sign = MEASURES[p.objective].sign
    if first.result.value is not None:
        open_gap = sign * first.result.value - everyone.least
        if open_gap <= options.gap * abs(first.result.value) or part.left_s < LEAST_LEFT * part.limit_s:
            return first, few
    many = p.whole_campuses(np.union1d(rows, likely))
    again = search(p.take(many), part.of(options), watch)
    values = [one.result.value for one in (first, again)]
    if values[0] is None or (values[1] is not None and sign * values[1] < sign * values[0]):
        return again, many
    return first, few


def open_sites(found: Searched, rows: IntArray) -> IntArray:
    """The candidates of `rows` that a plan over them opens."""
    assert found.decisions is not None
    return rows[found.decisions.modules.any(axis=1)]


def _priced(p: Problem, opened: IntArray, options: Options) -> Everyone | None:
    """Prices of all, from the candidates that look best and those of a plan that keeps all goals on."""
    if options.time_limit_s * PRICED_A_SECOND < 2 * len(p.candidate_id):
        return None
    rows = np.union1d(screen(p, LIKELY).rows, opened)
    if p.objective == "latency":
        rows = np.union1d(rows, nearest(p, NEAREST))
    return price_pass(p, rows.astype(np.int64), options)


def nearest(p: Problem, each: int) -> IntArray:
    """So many candidates with the least round trip to each region, the cheapest of those that are alike in that."""
    assert p.rtt_ms is not None
    cost = screen(p, 0).serve_cost_musd
    rtt_ms = np.where(p.reach & np.isfinite(cost)[:, None], p.rtt_ms, np.inf)
    found = [np.lexsort((cost, np.round(away, 1)))[: min(each, int(np.isfinite(away).sum()))] for away in rtt_ms.T]
    return np.unique(np.concatenate(found)).astype(np.int64)


def _likeliest(p: Problem, everyone: Everyone) -> IntArray:
    """Candidates that the relaxation opens, the most open first, and those that cost least to open at its prices."""
    part = everyone.opened.max(axis=1, initial=0.0)
    opened = np.argsort(-part, kind="stable")[: min(BEST, int((part > PARTLY).sum()))]
    priced, bound = screen(p, 0), everyone.proved
    steps = np.floor(bound.if_open / max(ALIKE * abs(bound.least), 1e-9))
    least = np.lexsort((np.fmin(priced.host_cost_musd, priced.serve_cost_musd), steps))
    return np.union1d(everyone.rows[opened], least[:BEST])


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
