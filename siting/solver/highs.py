"""HiGHS, and nothing else knows it. Every status is looked at; a limit with an incumbent is a result.

Source of the pitfalls: HiGHS issues 1718, 2388, 3090 (false infeasibility by presolve, so infeasibility is confirmed
with
presolve off) and the thread scheduler that outlives a solve (`resetGlobalScheduler`).
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from siting.errors import SolverError
from siting.solver.compile import Matrix
from siting.stops import held_back
from siting.termination import Termination

INFINITY = highspy.kHighsInf
_STATUS = highspy.HighsModelStatus
LIMITS = {
    _STATUS.kTimeLimit: "time_limit",
    _STATUS.kIterationLimit: "iteration_limit",
    _STATUS.kSolutionLimit: "solution_limit",
    _STATUS.kObjectiveBound: "objective_bound",
    _STATUS.kObjectiveTarget: "objective_target",
    _STATUS.kInterrupt: "interrupt",
    _STATUS.kMemoryLimit: "memory_limit",
}
UNDECIDED = (_STATUS.kUnknown, _STATUS.kNotset)
"""A point that is not accurate enough; or nothing is known, as where a linear problem meets its limit on the way."""
STALLED = "rounding"
"""Name of that limit."""
NO_PLAN = (_STATUS.kInfeasible, _STATUS.kUnboundedOrInfeasible)

NOTHING = 1e-9
"""Entries of a matrix up to here HiGHS leaves out, with a warning; a price that falls by 60 % a year has some."""

CONFIRMING = 1.0
"""Seconds for looking again at what HiGHS said, at least."""

BEFORE_AGAIN = 0.25
"""Share of the time of a linear problem with other bounds, before it begins from no basis."""

Entries = TypeVar("Entries", csc_array, csr_array)

Watcher = Callable[[float | None, float | None, float], None]
"""Called with incumbent, bound, seconds about twice a second."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a run found and proved. `x` is None without a plan."""

    termination: Termination
    limit: str | None
    x: NDArray[np.float64] | None
    value: float | None
    bound: float | None
    nodes: int
    seconds: float
    row_dual: NDArray[np.float64] | None = None
    """Change of the value by one more unit of a row's limit; only of a problem without integers solved to the end."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to search. `time_limit_s` is for this run."""

    gap: float = 1e-3
    time_limit_s: float = 60.0
    threads: int = 2
    seed: int = 0
    feasibility: float = 1e-7


def solve_matrix(
    matrix: Matrix,
    options: Options,
    *,
    start: NDArray[np.float64] | None = None,
    watch: Watcher | None = None,
    enough: float | None = None,
) -> Outcome:
    """Search for the least cost. Raises SolverError when HiGHS refuses something or stops for a reason nobody
    planned.

    enough: a bound with which the search may stop, at the limit "interrupt".
    """
    began = time.perf_counter()
    # HiGHS 1.16 with presolve and a start together has proved 21.95495 optimal where 21.95215 is (tests, seed 6009)
    outcome = _run(matrix, options, start, watch, presolve="choose" if start is None else "off", enough=enough)
    if start is not None and outcome is not None and _contradicts_itself(matrix, outcome):
        left = max(CONFIRMING, options.time_limit_s - (time.perf_counter() - began))
        again = Options(**{**options.__dict__, "time_limit_s": left})
        outcome = _run(matrix, again, None, watch, presolve="choose")
    if outcome is None:
        left = max(CONFIRMING, options.time_limit_s - (time.perf_counter() - began))
        confirm = Options(**{**options.__dict__, "time_limit_s": left})
        outcome = _run(matrix, confirm, start, watch, presolve="off")
    if outcome is None:
        spent = time.perf_counter() - began
        return Outcome(
            termination=Termination.INFEASIBLE, limit=None, x=None, value=None, bound=None, nodes=0, seconds=spent
        )
    return outcome


def solve_interior(matrix: Matrix, options: Options) -> Outcome | None:
    """The linear relaxation of the matrix by the interior point method, without a vertex at its end: for multipliers,
    not for plans. None when nothing is feasible; an Outcome without `row_dual` when it stops before the optimum.

    Measured on 28,000 rows x 27,000 columns with the rows of `add_open_service`: 5.8 s, simplex 25 s. The method of
    HiGHS 1.16 may come to a stand far from the optimum ("no progress" after 23 iterations from a singular basis, where
    the same rows without presolve take 86): it begins again without presolve, then.
    """
    found = _interior(matrix, options, "choose")
    if found is None or found.limit != STALLED or found.seconds >= options.time_limit_s:
        return found
    return _interior(matrix, replace(options, time_limit_s=options.time_limit_s - found.seconds), "off")


def _interior(matrix: Matrix, options: Options, presolve: str) -> Outcome | None:
    highspy.Highs.resetGlobalScheduler(True)
    solver = _new_highs()
    _set_options(solver, options, presolve=presolve)
    for name, value in (("solver", "ipm"), ("run_crossover", "off")):
        _accepted(solver.setOptionValue(name, value), f"option {name}={value}")
    _accepted(solver.passModel(_lp(replace(matrix, integer=np.zeros_like(matrix.integer)))), "the model")
    began = time.perf_counter()
    _accepted(solver.run(), "run", warning_allowed=True)
    return _outcome(solver, False, time.perf_counter() - began)


def _contradicts_itself(matrix: Matrix, outcome: Outcome) -> bool:
    """Whether the value is not that of the point. HiGHS 1.16 with presolve and a start has called a point optimal
    whose value and bound lay 0.6 % below its LP relaxation (core of OR-Library cap42); without the start it is right.
    """
    if outcome.x is None or outcome.value is None:
        return False
    again = float(matrix.cost @ outcome.x) + matrix.offset
    return abs(again - outcome.value) > 1e-6 * max(1.0, abs(again))


class Growing:
    """A linear problem to which rows are added between runs: each run goes on from the basis of the one before."""

    def __init__(self, matrix: Matrix, options: Options) -> None:
        highspy.Highs.resetGlobalScheduler(True)
        self._solver = _new_highs()
        _set_options(self._solver, options, presolve="choose")
        _accepted(self._solver.passModel(_lp(replace(matrix, integer=np.zeros_like(matrix.integer)))), "the model")

    def add_rows(self, rows: csr_array, lower: NDArray[np.float64]) -> None:
        """Rows that must be at least `lower`."""
        rows = _above_nothing(rows)
        entries = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32), rows.data.astype(np.float64)
        upper = np.full(len(lower), INFINITY)
        _accepted(self._solver.addRows(len(lower), lower, upper, rows.nnz, *entries), "rows")

    def solve(self, time_limit_s: float) -> Outcome | None:
        """The optimum; None when nothing is feasible. A limit of time ends it with no duals."""
        began = time.perf_counter()
        _accepted(_run_for(self._solver, time_limit_s), "run", warning_allowed=True)
        return _outcome(self._solver, False, time.perf_counter() - began)


class Bounded:
    """A linear problem solved again and again, each time with other upper bounds of columns and other costs: each run
    goes on from the basis of the one before, without presolve."""

    def __init__(self, matrix: Matrix, options: Options) -> None:
        highspy.Highs.resetGlobalScheduler(True)
        self._solver = _new_highs()
        _set_options(self._solver, options, presolve="off")
        _accepted(self._solver.passModel(_lp(replace(matrix, integer=np.zeros_like(matrix.integer)))), "the model")
        self._lower = _finite(matrix.lower)
        self._columns = np.arange(len(matrix.cost), dtype=np.int32)

    def least(
        self, upper: NDArray[np.float64], cost: NDArray[np.float64], time_limit_s: float
    ) -> tuple[float, NDArray[np.float64] | None] | None:
        """The least cost and a point: infinity and none where there is no point, None where that is not decided in the
        time."""
        number, columns = len(self._columns), self._columns
        _accepted(self._solver.changeColsBounds(number, columns, self._lower, _finite(upper)), "bounds")
        _accepted(self._solver.changeColsCost(number, columns, cost), "costs")
        status = self._run(BEFORE_AGAIN * time_limit_s, may_fail=True)
        if status is None or status in LIMITS:  # some bases lead nowhere for long, or HiGHS fails on the way from them
            _accepted(self._solver.clearSolver(), "a new start")
            status = self._run((1.0 - BEFORE_AGAIN) * time_limit_s)
        if status == _STATUS.kOptimal:
            value = float(self._solver.getInfo().objective_function_value)
            return value, np.array(self._solver.getSolution().col_value)
        return (math.inf, None) if status == _STATUS.kInfeasible else None

    def _run(self, time_limit_s: float, *, may_fail: bool = False) -> object:
        """The status; None where HiGHS failed and may."""
        done = _run_for(self._solver, time_limit_s)
        if may_fail and done == highspy.HighsStatus.kError:
            return None
        _accepted(done, "run", warning_allowed=True)
        return self._solver.getModelStatus()


class Columned:
    """A linear problem of given rows whose columns, all from 0 on, come between runs, and of which some are shut for a
    run: each run goes on from the basis of the one before, without presolve."""

    def __init__(self, lower: NDArray[np.float64], upper: NDArray[np.float64], options: Options) -> None:
        highspy.Highs.resetGlobalScheduler(True)
        self._solver = _new_highs()
        _set_options(self._solver, options, presolve="off")
        nothing = np.zeros(0, dtype=np.int32)
        entries = np.zeros(len(lower), dtype=np.int32), nothing, np.zeros(0)
        _accepted(self._solver.addRows(len(lower), _finite(lower), _finite(upper), 0, *entries), "rows")

    def add(self, cost: NDArray[np.float64], columns: csc_array) -> None:
        """Columns that may take any value from 0 on."""
        columns = _above_nothing(columns)
        entries = columns.indptr[:-1].astype(np.int32), columns.indices.astype(np.int32), columns.data.astype(float)
        limits = np.zeros(len(cost)), np.full(len(cost), INFINITY)
        _accepted(self._solver.addCols(len(cost), cost, *limits, columns.nnz, *entries), "columns")

    def solve(self, shut: NDArray[np.bool_], first_costs: NDArray[np.float64], time_limit_s: float) -> Outcome | None:
        """The optimum over the columns that are not shut, with other costs of the first columns; None when nothing is
        feasible. A limit of time ends it with no duals."""
        began, number = time.perf_counter(), len(shut)
        first = np.arange(len(first_costs), dtype=np.int32)
        _accepted(self._solver.changeColsCost(len(first), first, first_costs), "costs")
        upper = np.where(shut, 0.0, INFINITY)
        columns = np.arange(number, dtype=np.int32)
        _accepted(self._solver.changeColsBounds(number, columns, np.zeros(number), upper), "bounds")
        _accepted(_run_for(self._solver, time_limit_s), "run", warning_allowed=True)
        return _outcome(self._solver, False, time.perf_counter() - began)


def _run_for(solver: highspy.Highs, time_limit_s: float) -> highspy.HighsStatus:
    """One more run of a solver that may have run before: its clock goes on, so the limit is counted from there."""
    _accepted(solver.setOptionValue("time_limit", solver.getRunTime() + time_limit_s), "the time limit")
    done: highspy.HighsStatus = solver.run()
    return done


def _set_options(solver: highspy.Highs, options: Options, presolve: str) -> None:
    for name, value in {
        "output_flag": False,
        "presolve": presolve,
        "mip_rel_gap": options.gap,
        "mip_abs_gap": 1e-6,
        "time_limit": options.time_limit_s,
        "threads": options.threads,
        "random_seed": options.seed,
        "mip_feasibility_tolerance": options.feasibility,
        "primal_feasibility_tolerance": options.feasibility,
    }.items():
        _accepted(solver.setOptionValue(name, value), f"option {name}={value}")


def _run(
    matrix: Matrix,
    options: Options,
    start: NDArray[np.float64] | None,
    watch: Watcher | None,
    presolve: str,
    enough: float | None = None,
) -> Outcome | None:
    """One run; None when HiGHS says that no plan exists."""
    highspy.Highs.resetGlobalScheduler(True)
    solver = _new_highs()
    _set_options(solver, options, presolve)
    _accepted(solver.passModel(_lp(matrix)), "the model")
    is_mip = bool(matrix.integer.any())
    if start is not None and is_mip:
        solution = highspy.HighsSolution()
        solution.col_value = list(start)
        _accepted(solver.setSolution(solution), "the start", warning_allowed=True)
    if watch is not None and is_mip:
        _subscribe(solver, watch)
    if enough is not None and is_mip:
        _stop_at(solver, enough)
    began = time.perf_counter()
    with held_back() as stops:  # HiGHS makes an error of its own of what is raised in a callback
        if is_mip:
            solver.cbMipInterrupt.subscribe(lambda event: event.interrupt() if stops else None)
        _accepted(solver.run(), "run", warning_allowed=True)
    return _outcome(solver, is_mip, time.perf_counter() - began)


def _new_highs() -> highspy.Highs:
    """A solver object.

    The first one of a process writes a banner to the file descriptor of stdout before any option can be set; stdout
    belongs to the user's JSON, so for that moment it leads nowhere.
    """
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        return highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _lp(matrix: Matrix) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.cost), len(matrix.row_lower)
    lp.col_cost_, lp.offset_ = matrix.cost, matrix.offset
    lp.col_lower_, lp.col_upper_ = _finite(matrix.lower), _finite(matrix.upper)
    lp.row_lower_, lp.row_upper_ = _finite(matrix.row_lower), _finite(matrix.row_upper)
    a = _above_nothing(matrix.a)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = a.indptr.astype(np.int32)
    lp.a_matrix_.index_ = a.indices.astype(np.int32)
    lp.a_matrix_.value_ = a.data.astype(np.float64)
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in matrix.integer]
    return lp


def _above_nothing(a: Entries) -> Entries:
    """The matrix without the entries that HiGHS would leave out."""
    small = np.abs(a.data) <= NOTHING
    if not small.any():
        return a
    kept = a.copy()
    kept.data[small] = 0.0
    kept.eliminate_zeros()
    return kept


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, -INFINITY, INFINITY)


def _subscribe(solver: highspy.Highs, watch: Watcher) -> None:
    """Pass incumbent and bound on, throttled: the callback fires about a thousand times a second."""
    last = [0.0]

    def tell(event: highspy.HighsCallbackEvent) -> None:
        now = time.perf_counter()
        if now - last[0] < 0.5:
            return
        last[0] = now
        out = event.data_out
        incumbent = out.mip_primal_bound if abs(out.mip_primal_bound) < INFINITY else None
        bound = out.mip_dual_bound if abs(out.mip_dual_bound) < INFINITY else None
        watch(incumbent, bound, out.running_time)

    solver.cbMipInterrupt.subscribe(tell)


def _stop_at(solver: highspy.Highs, enough: float) -> None:
    def look(event: highspy.HighsCallbackEvent) -> None:
        if enough <= event.data_out.mip_dual_bound < INFINITY:
            event.interrupt()

    solver.cbMipInterrupt.subscribe(look)


def _outcome(solver: highspy.Highs, is_mip: bool, seconds: float) -> Outcome | None:
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in NO_PLAN:
        return None
    if status in UNDECIDED:
        return Outcome(
            termination=Termination.NO_PLAN_FOUND,
            limit=STALLED,
            x=None,
            value=None,
            bound=None,
            nodes=0,
            seconds=seconds,
        )
    if status != _STATUS.kOptimal and status not in LIMITS:
        raise SolverError(f"HiGHS stopped with the status {solver.modelStatusToString(status)!r}")
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    value = float(info.objective_function_value) if found else None
    proved = float(info.mip_dual_bound) if is_mip else (value if status == _STATUS.kOptimal else -INFINITY)
    bound = proved if proved is not None and abs(proved) < INFINITY else None
    if status == _STATUS.kOptimal:
        termination, limit = Termination.OPTIMAL, None
    else:
        termination, limit = (Termination.FEASIBLE if found else Termination.NO_PLAN_FOUND), LIMITS[status]
    if bound is not None and value is not None:
        bound = min(bound, value)  # equal up to the solver's rounding
    solution = solver.getSolution()
    return Outcome(
        termination=termination,
        limit=limit,
        x=np.array(solution.col_value) if found else None,
        value=value,
        bound=bound,
        nodes=int(info.mip_node_count) if is_mip else 0,
        seconds=seconds,
        row_dual=np.array(solution.row_dual) if not is_mip and status == _STATUS.kOptimal else None,
    )


def _accepted(status: highspy.HighsStatus, what: str, *, warning_allowed: bool = False) -> None:
    """HiGHS answers a misspelt option with a status, not an exception."""
    fine = (highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning) if warning_allowed else (highspy.HighsStatus.kOk,)
    if status not in fine:
        raise SolverError(f"HiGHS refused {what}: {status.name}")
