"""A plan with totals made whole kind by kind: modules, then pods, then contracts rounded up.

All kinds at once take the solver minutes where there are many sites and offers (14 sites, 30 offers: none in 60 s);
one after the other takes seconds and costs about 0.1 %. Only a plan comes out of this, no bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.problem import FloatArray, Problem
from siting.solver.budget import Budget
from siting.solver.columns import columns_of
from siting.solver.compile import Matrix
from siting.solver.highs import Options, Outcome, solve_matrix

GAP = 3e-4
"""Gap at which modules, and then pods, are whole enough, at least; that of the options where it is wider. Measured on
13 sites, 100 regions: modules that keep their totals cost 24 musd of 18,067, with totals free 11; pods 16 at a gap of
0.001, 7 at this one."""
SHARE = 0.4
"""Of the time that is left, for each stage."""
ROUGH = 2e-3
"""Gap from which on a stage is but rough."""
DECIDED, COUNTED = ("Z", "W", "Pair", "U", "R", "Y"), ("M", "N", "AllShells")
"""Families that stay as they were found from the first stage on; totals, which stay for the modules alone."""


def made_whole(p: Problem, whole: Matrix, totals: Matrix, x: FloatArray, options: Options) -> Outcome | None:
    """A whole plan near the plan with totals `x`; None where a stage finds none in time.

    whole, totals: the same problem with everything that is counted whole, and with totals alone (`totals_of`). Totals
    of modules stay as they are found at first; if the gap asked for is finer than `ROUGH`, they are free a second time.
    """
    budget, roomy = Budget(options.time_limit_s), _with_room(totals)
    pods, contracts = (columns_of(totals, (name,)) for name in ("B", "X"))
    modules = columns_of(whole, ("V", "Shells")) & whole.integer  # fit-out in shells is never whole
    kept = (columns_of(totals, DECIDED) & totals.integer) | columns_of(totals, COUNTED)
    decided = kept & ~columns_of(totals, COUNTED)
    stage = replace(options, gap=max(GAP, options.gap))
    halls = replace(roomy, integer=totals.integer | modules)
    found = solve_matrix(_held(halls, kept, x), budget.of(stage, SHARE))
    if stage.gap < ROUGH or found.x is None:
        found = _cheaper(found, solve_matrix(_held(halls, decided, x), budget.of(stage, SHARE)))
    if found.x is None:
        return None
    trial = _held(replace(roomy, integer=totals.integer | pods), decided | modules, found.x)
    found = solve_matrix(trial, budget.of(stage, SHARE))
    if found.x is None:
        return None
    point = found.x
    rounded = np.where(contracts, np.ceil(point - 1e-6), point)
    lower, upper = whole.lower.copy(), whole.upper.copy()
    for index, column in whole.columns.get("Y", {}).items():
        contract = whole.columns["X"].get(index)
        if contract is None:
            continue
        signed = rounded[contract] > 0.0
        if signed:
            rounded[contract] = max(rounded[contract], p.lease_min[index[0]])
        lower[column] = upper[column] = float(signed)
    settled = kept & ~columns_of(whole, ("Y", *COUNTED)) | modules | pods | contracts
    lower[settled] = upper[settled] = np.round(rounded[settled])
    rest = replace(whole, lower=lower, upper=upper)  # what no stage made whole is made so here
    found = solve_matrix(rest, budget.of(replace(options, feasibility=1e-9)))
    return None if found.x is None else found


def _cheaper(one: Outcome, other: Outcome) -> Outcome:
    if one.value is None or (other.value is not None and other.value < one.value):
        return other
    return one


def _held(matrix: Matrix, held: NDArray[np.bool_], x: FloatArray) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    lower[held] = upper[held] = np.round(x[held])
    return replace(matrix, lower=lower, upper=upper)


def _with_room(matrix: Matrix) -> Matrix:
    """Offers lose one accelerator for each contract that may be in force with another: all may be rounded up then."""
    upper = matrix.row_upper.copy()
    entries = np.diff(matrix.a.tocsr().indptr)
    for row in matrix.rows.get("offer_size", {}).values():
        upper[row] -= float(entries[row])
    return replace(matrix, row_upper=upper)
