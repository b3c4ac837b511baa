"""The relaxation over some candidates: nothing whole, and demand as sets of regions that are found when they lack."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from siting.formulation.build import build_relaxation
from siting.formulation.service import coverage_classes
from siting.pricing import Multipliers
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.cuts import violated_sets
from siting.solver.highs import Growing, Options
from siting.solver.multipliers import multipliers_from

ROUNDS, AT_MOST = 60, 400
LACK = 1e-6
"""Share of a set's demand that may be left unserved: rows left out only lower a bound, so it is valid all the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The least cost of a relaxation and what its limits are worth."""

    musd: float
    multipliers: Multipliers
    unserved_h100e: float
    """Demand of a quarter that the sets found so far leave unserved, at most."""
    rounds: int


def relaxation(
    p: Problem,
    options: Options,
    known: tuple[BoolArray, IntArray],
    most_rounds: int = ROUNDS,
) -> Relaxed | None:
    """Relaxation of `p`, from the sets that are known on.
    None when nothing is feasible or the time is up before the first optimum."""
    began = time.perf_counter()
    stripped = replace(
        p, watched=("npv_cost",), goals=(), survive_share=0.0, transit=None, single_source=False, rtt_ms=None
    )
    try:
        matrix = compile_model(build_relaxation(stripped))
    except InfeasibleRowError:
        return None
    classes, *_ = coverage_classes(stripped)
    column = _capacity_columns(matrix, len(classes), p.quarters)
    problem = Growing(matrix, options)
    everyone = np.ones((p.quarters, len(p.region)), dtype=bool)
    sets = np.concatenate([everyone[p.demand_h100e.any(axis=0)], known[0]])
    quarter = np.concatenate([np.flatnonzero(p.demand_h100e.any(axis=0)), known[1]]).astype(np.int64)
    new_sets, new_quarter = sets, quarter
    last: tuple[float, FloatArray, BoolArray, IntArray, float, int] | None = None
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
        last = found.value, found.row_dual, sets, quarter, lack, number
        if not len(new_sets) or time.perf_counter() - began > options.time_limit_s:
            break
        sets, quarter = np.concatenate([sets, new_sets]), np.concatenate([quarter, new_quarter])
    if last is None:
        return None
    musd, row_dual, sets, quarter, lack, rounds = last
    multipliers = multipliers_from(p, matrix, row_dual, sets, quarter)
    return Relaxed(musd=musd, multipliers=multipliers, unserved_h100e=lack, rounds=rounds)


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
