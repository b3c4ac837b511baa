"""What a little more of a limit is worth: dual values in the relaxation of a problem without whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from siting.formulation.build import build_model
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.highs import Options, solve_matrix


def row_prices(p: Problem, constraints: Iterable[str], options: Options) -> dict[str, dict[Any, float]]:
    """By constraint and index: fall of the objective for one more unit of the row's right hand side, in its unit.

    Of the relaxation, where modules and openings may be fractions: a price at the margin, not what a whole module
    saves. Empty when the relaxation is not solved inside the limit.
    """
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return {}
    found = solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), options)
    if found.row_dual is None:
        return {}
    dual = found.row_dual
    return {
        name: {index: -float(dual[row]) + 0.0 for index, row in matrix.rows.get(name, {}).items()}
        for name in constraints
    }
