"""The relaxation over some candidates: nothing whole, and demand as sets of regions that are found when they lack."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from siting.formulation.build import build_relaxation, build_strong_relaxation
from siting.formulation.service import coverage_classes
from siting.pricing import Multipliers
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.cuts import violated_sets
from siting.solver.highs import Growing, Options, solve_interior
from siting.solver.multipliers import Service, multipliers_from, served_by_flows, served_by_sets

ROUNDS, AT_MOST = 60, 400
LACK = 1e-6
"""Share of a set's demand that may be left unserved: rows left out only lower a bound, so it is valid all the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The least of a relaxation and what its limits are worth."""

    least: float
    """In units of the objective; less than nothing where more is better."""
    multipliers: Multipliers
    opened: FloatArray
    """(I, T) part of each candidate that is open."""
    modules: FloatArray
    """(I, T) modules of each candidate."""
    sets: tuple[BoolArray, IntArray]
    """(N, J) sets of regions that are worth something, and (N,) their quarters; empty with flows."""
    unserved_h100e: float = 0.0
    """Demand of a quarter that the sets found so far leave unserved, at most."""
    rounds: int = 1


def strong_relaxation(p: Problem, options: Options, loosen: Callable[[Matrix], Matrix] | None = None) -> Relaxed | None:
    """Relaxation of `p` with flows, in which a campus that is open in part serves that part of a region at most.

    None when nothing is feasible, the time is up, or the interior point method ends short of the optimum. loosen: as in
    `relaxation`.
    """
    stripped = _stripped(p)
    began = time.perf_counter()
    try:
        matrix = compile_model(build_strong_relaxation(stripped))
    except InfeasibleRowError:
        return None
    matrix = matrix if loosen is None else loosen(matrix)
    left = options.time_limit_s - (time.perf_counter() - began)
    found = solve_interior(matrix, replace(options, time_limit_s=left)) if left > 0.0 else None
    if found is None or found.row_dual is None or found.x is None or found.value is None:
        return None
    return Relaxed(
        least=found.value,
        multipliers=multipliers_from(p, matrix, found.row_dual, served_by_flows(stripped, matrix, found.row_dual)),
        opened=_values(p, matrix, "Z", found.x),
        modules=_values(p, matrix, "V", found.x),
        sets=_no_sets(p),
    )


def _no_sets(p: Problem) -> tuple[BoolArray, IntArray]:
    return np.zeros((0, len(p.region)), dtype=bool), np.zeros(0, dtype=np.int64)


def _stripped(p: Problem) -> Problem:
    p = replace(p, watched=(), survive_share=0.0, transit=None, single_source=False)
    return p if p.weighs("latency") else replace(p, rtt_ms=None)


def _values(p: Problem, matrix: Matrix, family: str, x: FloatArray) -> FloatArray:
    values = np.zeros((len(p.candidate_id), p.quarters))
    for at, column in matrix.columns.get(family, {}).items():
        values[at] = x[column]
    return values


def relaxation(
    p: Problem,
    options: Options,
    known: tuple[BoolArray, IntArray] | None = None,
    most_rounds: int = ROUNDS,
    loosen: Callable[[Matrix], Matrix] | None = None,
) -> Relaxed | None:
    """Relaxation of `p`, from the sets that are known on, if any are.
    None when nothing is feasible or the time is up before the first optimum.

    loosen: adds columns to its matrix, at the end, that let rows give way at a cost."""
    began = time.perf_counter()
    stripped, known = _stripped(p), _no_sets(p) if known is None else known
    try:
        matrix = compile_model(build_relaxation(stripped))
    except InfeasibleRowError:
        return None
    matrix = matrix if loosen is None else loosen(matrix)
    classes, *_ = coverage_classes(stripped)
    column = _capacity_columns(matrix, len(classes), p.quarters)
    problem = Growing(matrix, options)
    everyone = np.ones((p.quarters, len(p.region)), dtype=bool)
    sets = np.concatenate([everyone[p.demand_h100e.any(axis=0)], known[0]])
    quarter = np.concatenate([np.flatnonzero(p.demand_h100e.any(axis=0)), known[1]]).astype(np.int64)
    new_sets, new_quarter = sets, quarter
    last: tuple[float, FloatArray, FloatArray, BoolArray, IntArray, float, int] | None = None
    for number in range(1, most_rounds + 1):
        if len(new_sets):
            problem.add_rows(*_rows(classes, column, new_sets, new_quarter, p.demand_h100e, len(matrix.cost)))
        left = options.time_limit_s - (time.perf_counter() - began)
        found = problem.solve(max(0.5, left))
        if found is None:
            return None
        if found.row_dual is None or found.x is None or found.value is None:
            break
        capacity = np.where(column >= 0, found.x[np.maximum(column, 0)], 0.0)
        new_sets, new_quarter, lack = violated_sets(classes, capacity, p.demand_h100e, LACK, AT_MOST)
        last = found.value, found.row_dual, found.x, sets, quarter, lack, number
        if not len(new_sets) or time.perf_counter() - began > options.time_limit_s:
            break
        sets, quarter = np.concatenate([sets, new_sets]), np.concatenate([quarter, new_quarter])
    if last is None:
        return None
    musd, row_dual, x, sets, quarter, lack, rounds = last
    worth = row_dual[len(matrix.row_lower) :]
    service = Service(served=served_by_sets(worth, sets, quarter, p.quarters))
    kept = worth > 0.0
    return Relaxed(
        least=musd,
        multipliers=multipliers_from(p, matrix, row_dual, service),
        opened=_values(p, matrix, "Z", x),
        modules=_values(p, matrix, "V", x),
        sets=(sets[kept], quarter[kept]),
        unserved_h100e=lack,
        rounds=rounds,
    )


def _capacity_columns(matrix: Matrix, classes: int, quarters: int) -> IntArray:
    """(C, T) column of the capacity of each class; -1 where it has none."""
    column = np.full((classes, quarters), -1, dtype=np.int64)
    for (c, t), at in matrix.columns.get("Cap", {}).items():
        column[c, t] = at
    return column


def _rows(
    classes: BoolArray, column: IntArray, sets: BoolArray, quarter: IntArray, demand: FloatArray, columns: int
) -> tuple[csr_array, FloatArray]:
    """Rows: sum of the capacity of the classes that reach any of a set >= the demand of the set."""
    hit = (sets.astype(np.float32) @ classes.T.astype(np.float32)) > 0.5  # (N, C)
    row, c = np.nonzero(hit & (column[:, quarter] >= 0).T)
    rows = csr_array((np.ones(len(row)), (row, column[c, quarter[row]])), shape=(len(sets), columns))
    return rows, (sets * demand.T[quarter]).sum(axis=1)
