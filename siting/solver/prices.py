"""What a little more of a limit is worth in the relaxation of a problem without whole numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from siting.formulation.build import build_model
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.highs import Options, Outcome, solve_matrix
from siting.termination import Termination


def row_prices(p: Problem, constraints: Iterable[str], options: Options) -> dict[str, dict[Any, float]]:
    """By constraint and index: fall of the objective for one more unit of the row's right hand side, in its unit.

    Of the relaxation, where modules and openings may be fractions: a price at the margin, not what a whole module
    saves. Empty when the relaxation is not solved inside the limit.
    """
    solved = _relaxed(p, options)
    if solved is None or solved[1].row_dual is None:
        return {}
    matrix, dual = solved[0], solved[1].row_dual
    return {
        name: {index: -float(dual[row]) + 0.0 for index, row in matrix.rows.get(name, {}).items()}
        for name in constraints
    }


def relaxed_value(p: Problem, options: Options) -> float | None:
    """The optimum of the relaxation: infinity where it has none, None when it is not solved inside the limit.

    The difference of two, over the step of a limit between them, is the dual value of the limit while the step is
    small, and has one where no row states the limit: a date, a place's MW in whole modules.
    """
    solved = _relaxed(p, options)
    if solved is None or solved[1].termination is Termination.INFEASIBLE:
        return math.inf
    return solved[1].value if solved[1].termination is Termination.OPTIMAL else None


def _relaxed(p: Problem, options: Options) -> tuple[Matrix, Outcome] | None:
    """The relaxation and what was found of it; None where a row of it holds for nothing."""
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return None
    return matrix, solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), options)
