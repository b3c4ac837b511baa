"""A plan under other inputs: what it has decided is held, the rest is decided again, and the value has a bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from siting.formulation.build import build_model
from siting.problem import Problem
from siting.problem.goals import MEASURES
from siting.solver.columns import columns_of
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.decisions import Decisions, decisions_from
from siting.solver.held import Held, Strength, fixed, too_early
from siting.solver.highs import Options, Outcome, solve_matrix
from siting.solver.polish import polished
from siting.solver.regions import shared_out, with_alike_regions_as_one
from siting.termination import PassResult, Termination

EXACT = 1e-7
"""Gap to which a plan that is held whole is priced: what is left to decide is little."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Repriced:
    """What a plan is worth in a problem with what it has decided held."""

    result: PassResult
    """Value and bound over all plans that keep what is held. INFEASIBLE: the plan does not hold there."""
    lost: tuple[str, ...] = ()
    """What cannot be held, one sentence each; empty where all can and still no plan is possible, or where one is."""
    decisions: Decisions | None = None
    measures: dict[str, float] | None = None
    """Every measure that is watched, by the study's name of it."""
    size: tuple[int, int, int] = (0, 0, 0)
    """Rows, columns and nonzeros of the model."""


def reprice(p: Problem, held: Held, strength: Strength, options: Options) -> Repriced:
    """Best of the objective of `p` with the decisions of a plan held. `p` need not have more candidates than its sites
    (`site_rows`): all others stay closed. Raises SolverError when HiGHS fails.
    """
    began = time.perf_counter()
    original = p
    p, member = with_alike_regions_as_one(original)
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return Repriced(
            result=_nothing(p, Termination.INFEASIBLE, None, None, began), lost=(*held.lost, *too_early(p, held))
        )
    whole = replace(matrix, integer=matrix.integer | columns_of(matrix, ("B", "X")))
    bounded, lost = fixed(p, whole, held, strength)
    if lost:
        return Repriced(result=_nothing(p, Termination.INFEASIBLE, None, None, began), lost=lost)
    exact = replace(options, gap=min(options.gap, EXACT)) if strength == "whole" else options
    found = solve_matrix(bounded, exact)
    size = (len(matrix.row_lower), len(matrix.cost), int(matrix.a.nnz))
    if found.x is None:
        return Repriced(result=_nothing(p, found.termination, found.limit, found.bound, began), size=size)
    best = polished(bounded, found, options)
    assert best.x is not None and best.value is not None
    decisions = decisions_from(p, matrix, best.x)
    return Repriced(
        result=_result(p, best, found, options, began),
        decisions=replace(decisions, service=shared_out(original, member, decisions.service)),
        measures=matrix.measured(best.x),
        size=size,
    )


def _result(p: Problem, best: Outcome, found: Outcome, options: Options, began: float) -> PassResult:
    measure = MEASURES[p.objective]
    sign = measure.sign
    assert best.value is not None
    bound = None if found.bound is None else sign * min(found.bound, best.value)
    value = sign * best.value
    gap = None if bound is None else abs(value - bound) / max(abs(value), 1e-9)
    proved = gap is not None and gap <= options.gap
    return PassResult(
        objective=measure.name,
        termination=Termination.OPTIMAL if proved else Termination.FEASIBLE,
        limit=None if proved else found.limit or "rounding",
        bound=bound,
        value=value,
        seconds=time.perf_counter() - began,
        sense=measure.sense,
    )


def _nothing(p: Problem, termination: Termination, limit: str | None, bound: float | None, began: float) -> PassResult:
    measure = MEASURES[p.objective]
    sign = measure.sign
    return PassResult(
        objective=measure.name,
        termination=termination,
        limit=limit,
        bound=None if bound is None else sign * bound,
        seconds=time.perf_counter() - began,
        sense=measure.sense,
    )
