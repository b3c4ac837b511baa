"""The optimum of the model itself, with rows switched off or pods made whole on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.formulation.build import build_model
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.decisions import Decisions, decisions_from
from siting.solver.highs import Options, solve_matrix

EXACT = Options(gap=0.0, threads=1)


@dataclass(frozen=True)
class Optimum:
    """`value` is infinity and `decisions` None where there is no plan."""

    value: float
    decisions: Decisions | None

    @property
    def plan(self) -> Decisions:
        assert self.decisions is not None, "there is no plan"
        return self.decisions


def optimum(p: Problem, *, off: tuple[str, ...] = (), whole: bool = True) -> Optimum:
    """Least present value with the rows named in `off` switched off. `whole`: pods and GPUs are whole numbers,
    otherwise continuous, and so are the totals that would make them whole together."""
    model = build_model(p)
    for name in off:
        model.component(name).deactivate()
    try:
        matrix = compile_model(model)
    except InfeasibleRowError:
        return Optimum(np.inf, None)
    integer = matrix.integer.copy()
    for family in ("B", "X", "N", "M"):
        integer[list(matrix.columns.get(family, {}).values())] = whole
    found = solve_matrix(replace(matrix, integer=integer), EXACT)
    if found.x is None or found.value is None:
        return Optimum(np.inf, None)
    return Optimum(found.value, decisions_from(p, matrix, found.x))


def least_cost(p: Problem) -> float | None:
    """Least cost of the model as it is; None where there is no plan."""
    try:
        return solve_matrix(compile_model(build_model(p)), Options(gap=1e-9, threads=1)).value
    except InfeasibleRowError:
        return None
