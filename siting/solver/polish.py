"""The last step of a plan: integers exact, and what flows solved once more to tight tolerances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.solver.compile import Matrix
from siting.solver.highs import Options, Outcome, solve_matrix


def polished(matrix: Matrix, outcome: Outcome, options: Options) -> Outcome:
    """The same plan with integers exact and the rest solved as an LP to 1e-9; the outcome as it was if that fails."""
    assert outcome.x is not None
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    lower[matrix.integer] = upper[matrix.integer] = np.round(outcome.x[matrix.integer])
    rest = replace(matrix, lower=lower, upper=upper, integer=np.zeros_like(matrix.integer))
    tight = solve_matrix(rest, replace(options, feasibility=1e-9, time_limit_s=max(5.0, options.time_limit_s)))
    if tight.x is None:
        return outcome
    return replace(outcome, x=tight.x, value=tight.value)
