"""The compiled matrix says what the Pyomo model says."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest
from tiny_problems import hand_problem, random_problem

from siting.formulation.build import build_model
from siting.solver.compile import InfeasibleRowError, compile_model


@pytest.mark.parametrize("seed", range(12))
def test_rows_and_cost_agree_at_random_points(seed: int) -> None:
    """At three random points every finite row slack of the Pyomo model is a row slack of the matrix, one for one, and
    the objective is the cost of the point."""
    m = build_model(random_problem(seed))
    try:
        matrix = compile_model(m)
    except InfeasibleRowError:
        pytest.skip("a row of this problem is false whatever the decisions")
    r = np.random.default_rng(seed)
    for _ in range(3):
        x = r.uniform(-3.0, 3.0, len(matrix.cost))
        for family, columns in matrix.columns.items():
            for index, column in columns.items():
                m.component(family)[index].set_value(float(x[column]), skip_validation=True)
        rows = list(m.component_data_objects(pyo.Constraint, active=True))
        body = [pyo.value(row.body) for row in rows]
        above = [b - pyo.value(row.lower) for b, row in zip(body, rows, strict=True) if row.lower is not None]
        below = [pyo.value(row.upper) - b for b, row in zip(body, rows, strict=True) if row.upper is not None]
        activity = matrix.a @ x
        assert _finite(activity - matrix.row_lower) == pytest.approx(sorted(above), abs=1e-8)
        assert _finite(matrix.row_upper - activity) == pytest.approx(sorted(below), abs=1e-8)
        assert matrix.cost @ x + matrix.offset == pytest.approx(pyo.value(m.objective.expr))


def _finite(slack: np.ndarray) -> list[float]:
    return sorted(slack[np.isfinite(slack)].tolist())


@pytest.mark.parametrize("seed", range(12))
def test_bounds_and_kinds_are_those_of_the_variables(seed: int) -> None:
    """Bounds, and whether a column is whole, come from the variable of the same family and index."""
    m = build_model(random_problem(seed))
    try:
        matrix = compile_model(m)
    except InfeasibleRowError:
        pytest.skip("a row of this problem is false whatever the decisions")
    for family, columns in matrix.columns.items():
        for index, column in columns.items():
            variable = m.component(family)[index]
            assert matrix.lower[column] == (-np.inf if variable.lb is None else variable.lb)
            assert matrix.upper[column] == (np.inf if variable.ub is None else variable.ub)
            assert matrix.integer[column] == (not variable.is_continuous())


def test_values_are_clean() -> None:
    """Whole columns come back whole; a continuous one a hair below 0 comes back as 0, never as -0."""
    matrix = compile_model(build_model(hand_problem(1, demand_h100e=np.array([[900.0, 900.0]]))))
    x = np.full(len(matrix.cost), -1e-9)
    x[matrix.columns["Z"][0, 0]] = 0.9999999
    assert matrix.values("Z", x) == {(0, 0): 1.0, (0, 1): 0.0}
    assert matrix.values("B", x) == {(0, 0, 0): 0.0, (0, 0, 1): 0.0}
    assert not any(np.signbit(value) for family in ("Z", "B") for value in matrix.values(family, x).values())
    assert matrix.values("no such family", x) == {}


def test_row_without_decisions_that_is_false_raises() -> None:
    """900 H100e asked in a town that nothing reaches."""
    p = hand_problem(1, demand_h100e=np.array([[900.0, 900.0]]), reach=np.zeros((1, 1), dtype=bool))
    with pytest.raises(InfeasibleRowError):
        compile_model(build_model(p))
