"""The search, in up to three solves of one matrix.

1. Totals: modules, shells and pods of single sites continuous, their totals over sites, openings, hosts and contracts
   whole. Every whole plan is feasible here, so this bound holds for whole plans.
2. Whole plan: hosts, openings and contracts as found, everything counted in wholes.
3. Only if the gap asked for is still open and time is left: the whole problem from that plan on. Its bound holds too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array

from siting.formulation.build import build_model
from siting.memory import peak_mb
from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.pricing.reduced import NEVER
from siting.problem import FloatArray, Problem
from siting.problem.goals import MEASURES
from siting.solver.budget import Budget
from siting.solver.columns import columns_of
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.decisions import Decisions, decisions_from
from siting.solver.held import Held, fixed
from siting.solver.highs import Options, Outcome, Watcher, solve_matrix
from siting.solver.location import Location, location_of
from siting.solver.location_search import location_decisions, solve_location
from siting.solver.neighbourhood import near, with_rows_that_matter
from siting.solver.polish import polished
from siting.solver.regions import shared_out, with_alike_regions_as_one
from siting.solver.stages import DECIDED, made_whole
from siting.termination import PassResult, Termination

SERVER_GPUS = 8
"""A least contract of up to one server hardly moves the bound: the first search leaves whether it is signed fractional.
Measured on the shipped study (6 offers, 20 quarters): proof to 0.05 % in 39 s, against 0.3 % after 60 s."""


NEAR = 0.3
"""Share of the time for a search near the relaxation, where its rows are strong."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Searched:
    """What the search found and proved, and what each phase took."""

    result: PassResult
    decisions: Decisions | None
    rounding_musd: float | None
    """Value of the whole plan less that of the plan with fractional pods."""
    seconds: dict[str, float]
    peak_mb: dict[str, float]
    """Largest resident size of the process by the end of each phase, MB."""
    rows: int
    columns: int
    nonzeros: int
    nodes: int
    measures: dict[str, float] = field(default_factory=dict)
    """Every measure that is watched at the plan found, by the study's name of it."""


def search(
    p: Problem,
    options: Options,
    watch: Watcher | None = None,
    *,
    strong: bool = False,
    rough: bool = False,
    start: Held | None = None,
) -> Searched:
    """Best of the objective of `p` over its candidates. The time limit covers building and all solves.

    strong: for few candidates and many regions, see `build_model`. rough: with strong rows, the first plan near the
    relaxation is taken; nothing is proved of it. start: what a plan for other inputs has decided, by which the search
    never ends with a dearer plan than that one with the rest decided again, and ends as soon as that one is proved to
    the gap; where it does not hold in `p`, it counts for nothing.
    """
    began = time.perf_counter()
    if start is None and (loc := location_of(p)) is not None:
        return _located(p, loc, options, watch)
    original = p
    p, member = with_alike_regions_as_one(original)
    model = build_model(p, strong=strong)
    built, built_mb = time.perf_counter(), peak_mb()
    try:
        matrix = compile_model(model)
    except InfeasibleRowError:
        build, transfer = built - began, time.perf_counter() - built
        return nothing_found(_infeasible(p, build + transfer), build, transfer)
    compiled, compiled_mb = time.perf_counter(), peak_mb()

    budget = Budget(options.time_limit_s, began)
    point: FloatArray | None = None
    if strong:
        matrix, point = with_rows_that_matter(matrix, budget.of(options))
    whole_matrix = replace(matrix, integer=matrix.integer | columns_of(matrix, ("B", "X")))
    totals = totals_of(p, matrix)
    known = None if start is None else _with_first_stage(p, whole_matrix, start, budget.of(options, NEAR))
    enough = None if known is None or known.value is None else known.value - options.gap * abs(known.value)
    beside: Outcome | None = None
    if point is not None:
        beside = known or solve_matrix(near(totals, point), budget.of(options, NEAR), watch=watch)
    first = None if beside is None else beside.x
    if rough and beside is not None and first is not None:
        relaxed = replace(beside, bound=None)  # what holds near a point does not hold elsewhere
    else:
        halved = budget.of(replace(options, gap=options.gap / 2.0), 0.75)
        relaxed = solve_matrix(totals, halved, start=first, watch=watch, enough=enough)
    whole = known
    if enough is not None and relaxed.bound is not None and relaxed.bound >= enough:
        pass  # nothing is cheaper than the plan at hand by more than the gap
    elif relaxed.x is not None:
        found = _whole_plan(
            p,
            whole_matrix,
            totals,
            relaxed,
            budget.of(replace(options, gap=options.gap / 10.0)),
            watch,
            in_stages=strong,
        )
        whole = _cheaper(known, found)
        bound, open_gap = relaxed.bound, _gap(whole, relaxed.bound)
        if open_gap > options.gap and budget.left_s > 2.0 and not rough:
            whole, bound = _improved(whole_matrix, whole, bound, budget.of(options), watch)
        relaxed = replace(relaxed, bound=bound)
    elif relaxed.bound is None and relaxed.limit is not None:
        relaxed = replace(relaxed, bound=_costs_alone(p))
    seconds = {"build": built - began, "transfer": compiled - built, "solve": time.perf_counter() - compiled}
    decisions: Decisions | None = None
    if whole is not None and whole.x is not None:
        decisions = decisions_from(p, matrix, whole.x)
        decisions = replace(decisions, service=shared_out(original, member, decisions.service))
    return Searched(
        result=_pass_result(p, relaxed, whole, options, time.perf_counter() - began),
        decisions=decisions,
        rounding_musd=_difference(whole, relaxed),
        seconds=seconds,
        peak_mb={"build": built_mb, "transfer": compiled_mb, "solve": peak_mb()},
        rows=len(matrix.row_lower),
        columns=len(matrix.cost),
        nonzeros=int(matrix.a.nnz),
        nodes=relaxed.nodes,
        measures=_measured(matrix, whole),
    )


def _with_first_stage(p: Problem, matrix: Matrix, start: Held, options: Options) -> Outcome | None:
    """The plan that is known with the rest decided again; None where it does not hold or takes too long."""
    bounded, lost = fixed(p, matrix, start, "first stage")
    if lost:
        return None
    found = solve_matrix(bounded, options)
    return None if found.x is None else polished(bounded, found, options)


def _cheaper(known: Outcome | None, found: Outcome) -> Outcome:
    if known is None or known.value is None or (found.value is not None and found.value <= known.value):
        return found
    return known


def _costs_alone(p: Problem) -> float | None:
    """What no plan costs less than when no limit that candidates share has a price: a bound before anything is solved.
    None where something has no price."""
    if parts_without_price(p):
        return None
    musd = bound_over_all(p, Multipliers.zero(p)).least
    return musd if musd < NEVER / 2 else None


def totals_of(p: Problem, matrix: Matrix) -> Matrix:
    """The first search: totals, openings, hosts and contracts whole; modules, shells and pods of single sites not."""
    loose = (columns_of(matrix, ("V", "Shells")) & ~_on_shared_lines(p, matrix)) | _small_contracts(p, matrix)
    return replace(matrix, integer=matrix.integer & ~loose)


def _located(p: Problem, loc: Location, options: Options, watch: Watcher | None) -> Searched:
    """A problem that is facility location and nothing else, by its own structure."""
    began = time.perf_counter()
    found = solve_location(loc, options, watch)
    spent, plan = time.perf_counter() - began, found.plan
    proved = Outcome(
        termination=Termination.NO_PLAN_FOUND if plan is None and found.limit else Termination.INFEASIBLE,
        limit=found.limit,
        x=None,
        value=None,
        bound=found.bound,
        nodes=found.nodes,
        seconds=spent,
    )
    whole = None if plan is None else replace(proved, value=plan.value)
    return Searched(
        result=_pass_result(p, proved, whole, options, spent),
        decisions=None if plan is None else location_decisions(p, plan),
        rounding_musd=None,
        seconds={"build": 0.0, "transfer": 0.0, "solve": spent},
        peak_mb=dict.fromkeys(("build", "transfer", "solve"), peak_mb()),
        rows=found.rows,
        columns=found.columns,
        nonzeros=found.nonzeros,
        nodes=found.nodes,
        measures={} if plan is None else {"npv_cost": plan.value},
    )


def _measured(matrix: Matrix, whole: Outcome | None) -> dict[str, float]:
    if whole is None or whole.x is None:
        return {}
    return matrix.measured(whole.x)


def nothing_found(result: PassResult, build: float = 0.0, transfer: float = 0.0) -> Searched:
    """A search that ended before there was anything to solve."""
    return Searched(
        result=result,
        decisions=None,
        rounding_musd=None,
        seconds={"build": build, "transfer": transfer, "solve": 0.0},
        peak_mb=dict.fromkeys(("build", "transfer", "solve"), peak_mb()),
        rows=0,
        columns=0,
        nonzeros=0,
        nodes=0,
    )


def _difference(whole: Outcome | None, relaxed: Outcome) -> float | None:
    if whole is None or whole.value is None or relaxed.value is None:
        return None
    return whole.value - relaxed.value


def _gap(whole: Outcome, bound: float | None) -> float:
    if whole.value is None or bound is None:
        return np.inf
    return max(0.0, whole.value - bound) / max(abs(whole.value), 1e-9)


def _improved(
    matrix: Matrix, whole: Outcome, bound: float | None, options: Options, watch: Watcher | None
) -> tuple[Outcome, float | None]:
    """The whole problem searched from the plan at hand: a better plan, a better bound, or both as they were."""
    found = solve_matrix(matrix, options, start=whole.x, watch=watch)
    bounds = [known for known in (bound, found.bound) if known is not None]
    if found.value is not None and (whole.value is None or found.value < whole.value):
        whole = polished(matrix, found, options)
    return whole, max(bounds) if bounds else None


def _infeasible(p: Problem, seconds: float) -> PassResult:
    measure = MEASURES[p.objective]
    return PassResult(objective=measure.name, termination=Termination.INFEASIBLE, seconds=seconds, sense=measure.sense)


def _pass_result(p: Problem, relaxed: Outcome, whole: Outcome | None, options: Options, seconds: float) -> PassResult:
    measure = MEASURES[p.objective]
    sign = measure.sign  # the solver minimises
    if whole is None or whole.value is None:
        if Termination.INFEASIBLE in (relaxed.termination, whole.termination if whole is not None else None):
            return _infeasible(p, seconds)
        limit = relaxed.limit or (whole.limit if whole is not None else None) or "rounding"
        return PassResult(
            objective=measure.name,
            termination=Termination.NO_PLAN_FOUND,
            limit=limit,
            bound=None if relaxed.bound is None else sign * relaxed.bound,
            seconds=seconds,
            sense=measure.sense,
        )
    bound = None if relaxed.bound is None else min(relaxed.bound, whole.value)
    proved = _gap(whole, bound) <= options.gap
    return PassResult(
        objective=measure.name,
        termination=Termination.OPTIMAL if proved else Termination.FEASIBLE,
        limit=None if proved else (relaxed.limit or whole.limit or "rounding"),
        bound=None if bound is None else sign * bound,
        value=sign * whole.value,
        seconds=seconds,
        sense=measure.sense,
    )


def _whole_plan(
    p: Problem,
    matrix: Matrix,
    totals: Matrix,
    relaxed: Outcome,
    options: Options,
    watch: Watcher | None,
    *,
    in_stages: bool,
) -> Outcome:
    """Everything whole: kind by kind if so asked (`made_whole`); else, or where that gives none, with openings, hosts
    and contracts as found, then with hosts alone, then with what is found when halls keep room for rounding pods up,
    then free.

    The first that has a plan wins; then its continuous part is solved to tight tolerances.
    """
    assert relaxed.x is not None
    budget, outcome = Budget(options.time_limit_s), relaxed
    if in_stages:
        staged = made_whole(p, matrix, totals, relaxed.x, options)
        if staged is not None:
            return polished(matrix, staged, budget.of(options))
    hosts = ("W", "Pair", "U")
    for way in ("as found", "hosts", "reserve", "free"):
        if way == "reserve":
            roomy = budget.of(replace(options, gap=10.0 * options.gap), 0.5)
            again = solve_matrix(_with_reserve(p, totals, relaxed.x), roomy, watch=watch)
            if again.x is None:
                continue
            trial = _fixed(matrix, totals.integer, again.x, DECIDED)
        elif way == "free":
            trial = matrix
        else:
            trial = _fixed(matrix, totals.integer, relaxed.x, DECIDED if way == "as found" else hosts)
        outcome = solve_matrix(trial, budget.of(options), watch=watch)
        if outcome.x is not None:
            return polished(matrix, outcome, budget.of(options))
        if not budget.left_s:  # nothing is proved of the ways that were not tried
            return replace(outcome, termination=Termination.NO_PLAN_FOUND, limit=outcome.limit or "time_limit")
    return outcome


def _small_contracts(p: Problem, matrix: Matrix) -> NDArray[np.bool_]:
    """Columns that say whether a contract of at least up to one server is signed."""
    small = np.zeros(len(matrix.cost), dtype=bool)
    for (li, _), column in matrix.columns.get("Y", {}).items():
        small[column] = p.lease_min[li] <= SERVER_GPUS
    return small


def _on_shared_lines(p: Problem, matrix: Matrix) -> NDArray[np.bool_]:
    """Columns of the modules at sites that share a line, in the quarters in which it is a limit: half a module on a
    full line is no plan's start."""
    shared = np.zeros(len(matrix.cost), dtype=bool)
    if p.grid is not None:
        felt = np.asarray(p.grid.factor.any(axis=0))
        always = np.asarray(p.grid.factor[p.grid.every_quarter].any(axis=0))
        last = p.quarters - 1
        of_v = matrix.columns.get("V", {}).items()
        shared[[column for (i, t), column in of_v if always[i] or (t == last and felt[i])]] = True
    return shared


def _fixed(matrix: Matrix, decided: NDArray[np.bool_], x: NDArray[np.float64], families: tuple[str, ...]) -> Matrix:
    """Columns of the families that were `decided` stay at their rounded values, sites closed to the end stay closed."""
    fixed = columns_of(matrix, families) & decided
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    lower[fixed] = upper[fixed] = np.round(x[fixed])
    if families:
        last = {i: column for (i, _), column in sorted(matrix.columns.get("Z", {}).items())}
        closed = {i for i, column in last.items() if round(x[column]) == 0}
        for family in ("Z", "V", "B", "Q"):
            shut = [c for index, c in matrix.columns.get(family, {}).items() if index[0] in closed]
            upper[shut] = 0.0
    return replace(matrix, lower=lower, upper=upper)


def _with_reserve(p: Problem, totals: Matrix, x: NDArray[np.float64]) -> Matrix:
    """Open halls keep room for one more pod of every kind that was bought: then all pods can be rounded up.

    Stricter than the problem, so it says nothing of a bound; what it opens is a start for a whole plan.
    """
    kinds = {g for (_, g, _), column in totals.columns.get("B", {}).items() if x[column] > 1e-6}
    spare_mw = float(sum(p.pod_it_mw[g] for g in kinds))
    opened = totals.columns.get("Z", {})
    at = [(row, opened[key]) for key, row in totals.rows.get("pods_within_halls", {}).items() if key in opened]
    rows, columns = np.array(at, dtype=np.int64).reshape(-1, 2).T
    reserve = coo_array((np.full(len(at), spare_mw), (rows, columns)), shape=totals.a.shape)
    return replace(totals, a=csc_array(totals.a + reserve))
