"""A plan to start from, where a search over many candidates finds none for long.

1. Openings at their real price. In the linear relaxation a site opens by the share of its modules that are used, so it
   pays that share of its fixed cost. Slope scaling (Kim and Pardalos 1999) takes u_i in place of the most modules n_i:
   V_it <= u_i Z_it with Z_it <= n_i / u_i, first with u_i the first phase, then with the modules that i had in the
   relaxation before, which so pay the fixed cost once and whole.
2. Sites with a fair part of a first phase stay open from the quarter in which they had modules, the others are left
   out, the likeliest host holds each cluster. What is left is small, and made whole by one search.

A plan for the whole problem, or None; no bound comes out of this.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from siting.formulation.build import build_model
from siting.problem import FloatArray, IntArray, Problem
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.decisions import Decisions, decisions_from
from siting.solver.highs import Options, solve_matrix
from siting.solver.search import columns_of, totals_of

SHARES = (0.1, 0.5)
"""Part of a first phase from which a site counts as used: each is tried, the cheaper relaxation is taken."""
SOME = 0.02
"""Modules that are none in a relaxation."""
GAP = 0.003
"""Gap at which modules, and then pods, are whole enough."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A whole plan over some candidates."""

    rows: IntArray
    """Candidates of the problem that are open."""
    decisions: Decisions
    """Over the problem of these alone."""
    value: float
    opened_bound: float | None
    """No plan with the same openings and hosts costs less."""


def start_plan(p: Problem, options: Options) -> Start | None:
    """A whole plan over candidates of `p`; None where none is found inside the time limit."""
    began = time.perf_counter()

    def left() -> float:
        return max(0.5, options.time_limit_s - (time.perf_counter() - began))

    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return None
    x = _scaled(p, matrix, replace(options, time_limit_s=left()))
    if x is None:
        return None
    trials: list[tuple[float, IntArray, Matrix]] = []
    for share in SHARES:
        rows, decided = _decided(p, matrix, x, share)
        if rows is None or (trials and len(rows) == len(trials[-1][1])):
            continue
        relaxed = solve_matrix(_linear(decided), replace(options, time_limit_s=left()))
        if relaxed.value is not None:
            trials.append((relaxed.value, rows, decided))
    if not trials:
        return None
    _, rows, decided = min(trials, key=lambda one: one[0])
    return _made_whole(p.take(rows), rows, decided, replace(options, time_limit_s=left()))


def _made_whole(p: Problem, rows: IntArray, matrix: Matrix, options: Options) -> Start | None:
    """Modules and totals whole, then pods with the modules as found, then contracts rounded up.

    One kind after the other, as all at once takes the solver minutes. Offers of which contracts follow one another keep
    room for rounding: an accelerator for each.
    """
    began, totals = time.perf_counter(), _with_room(matrix, totals_of(p, matrix))
    modules, pods, contracts = (columns_of(matrix, (name,)) for name in ("V", "B", "X"))
    lower, upper = totals.lower.copy(), totals.upper.copy()
    bound: float | None = None
    point = np.zeros(len(matrix.cost))
    for kind, share in ((modules, 0.5), (pods, 0.8)):
        left = max(0.5, options.time_limit_s - (time.perf_counter() - began))
        trial = replace(totals, lower=lower, upper=upper, integer=totals.integer | kind)
        found = solve_matrix(trial, replace(options, gap=GAP, time_limit_s=share * left))
        if found.x is None:
            return None
        point, bound = found.x, found.bound if bound is None else bound
        settled = trial.integer if kind is pods else kind | (totals.integer & ~columns_of(matrix, ("N",)))
        lower[settled] = upper[settled] = np.round(point[settled])
    x = np.ceil(point - 1e-6)
    for index, column in matrix.columns.get("Y", {}).items():
        contract = matrix.columns["X"].get(index)
        if contract is not None and x[contract] > 0.0:
            x[contract] = max(x[contract], p.lease_min[index[0]])
            lower[column] = upper[column] = 1.0
        elif contract is not None:
            lower[column] = upper[column] = 0.0
    lower[contracts] = upper[contracts] = x[contracts]
    integer = matrix.integer | pods | contracts
    exact = replace(matrix, lower=lower, upper=upper, integer=np.zeros_like(integer))
    tight = solve_matrix(exact, replace(options, feasibility=1e-9, time_limit_s=max(5.0, options.time_limit_s)))
    if tight.x is None or tight.value is None:
        return None
    decisions = decisions_from(p, replace(matrix, integer=integer), tight.x)
    return Start(rows=rows, decisions=decisions, value=tight.value, opened_bound=bound)


def _with_room(matrix: Matrix, totals: Matrix) -> Matrix:
    """Offers lose one accelerator for each contract that may be in force with another."""
    upper = totals.row_upper.copy()
    entries = np.diff(matrix.a.tocsr().indptr)
    for row in matrix.rows.get("offer_size", {}).values():
        upper[row] -= float(entries[row])
    return replace(totals, row_upper=upper)


def _linear(matrix: Matrix) -> Matrix:
    return replace(matrix, integer=np.zeros_like(matrix.integer))


def _modules(p: Problem, matrix: Matrix, x: FloatArray) -> FloatArray:
    """(I, T) modules live by t at the point x."""
    modules = np.zeros((len(p.candidate_id), p.quarters))
    for (i, t), column in matrix.columns.get("V", {}).items():
        modules[i, t] = x[column]
    return modules


def _scaled(p: Problem, matrix: Matrix, options: Options) -> FloatArray | None:
    """Point of the last relaxation, by slope scaling."""
    began, x = time.perf_counter(), None
    used = np.maximum(p.modules_first, 1).astype(float)
    for _ in range(2):
        left = options.time_limit_s - (time.perf_counter() - began)
        if left <= 0.0:
            break
        found = solve_matrix(_priced(p, matrix, np.minimum(used, p.modules_max)), replace(options, time_limit_s=left))
        if found.x is None:
            break
        x = found.x
        used = np.maximum(_modules(p, matrix, x).max(axis=1), p.modules_first)
    return x


def _priced(p: Problem, matrix: Matrix, used: FloatArray) -> Matrix:
    """The relaxation in which `used` modules pay the fixed cost of their site once."""
    share = used / np.maximum(p.modules_max, 1)
    opens, a = matrix.columns.get("Z", {}), matrix.a.copy()
    row_of = {opens[key]: row for key, row in matrix.rows["modules_within_site"].items() if key in opens}
    upper = matrix.upper.copy()
    for (i, _), column in opens.items():
        entries = slice(a.indptr[column], a.indptr[column + 1])
        scaled = a.indices[entries] == row_of[column]
        a.data[entries] = np.where(scaled, a.data[entries] * share[i], a.data[entries])
        upper[column] /= share[i]
    return replace(_linear(matrix), a=a, upper=upper)


def _decided(p: Problem, matrix: Matrix, x: FloatArray, share: float) -> tuple[IntArray | None, Matrix]:
    """Sites that are used, and the problem over these alone with openings and hosts decided; None: no sites."""
    modules = _modules(p, matrix, x)
    used = modules.max(axis=1) >= np.maximum(share * p.modules_first, SOME)
    hosts: dict[int, tuple[int, int]] = {}
    best: dict[int, float] = {}
    for (k, i, g), column in matrix.columns.get("W", {}).items():
        if x[column] > max(best.get(k, 0.0), SOME):
            best[k], hosts[k] = float(x[column]), (i, g)
    for k, (i, _) in hosts.items():
        used[i] = True
        modules[i, p.cluster_from[k] :] = np.maximum(modules[i, p.cluster_from[k] :], 1.0)
    rows = np.flatnonzero(used).astype(np.int64)
    if not len(rows):
        return None, matrix
    small = compile_model(build_model(p.take(rows)))
    lower, upper = small.lower.copy(), small.upper.copy()
    for (n, t), column in small.columns.get("Z", {}).items():
        lower[column] = float(modules[rows[n], t] > SOME)
    for (k, n, g), column in small.columns.get("W", {}).items():
        if k in hosts:
            lower[column] = upper[column] = float(hosts[k] == (int(rows[n]), g))
    return rows, replace(small, lower=lower, upper=upper)
