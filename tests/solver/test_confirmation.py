"""That no plan exists is said only after a run without presolve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array

from siting.errors import SolverError
from siting.solver import highs
from siting.solver.compile import Matrix
from siting.solver.highs import Options, solve_matrix
from siting.termination import Termination

THREE_WHOLE = Matrix(
    cost=np.array([3.0, 2.0]),
    offset=0.0,
    a=csc_array(np.array([[1.0, 1.0]])),
    row_lower=np.array([2.5]),
    row_upper=np.array([np.inf]),
    lower=np.zeros(2),
    upper=np.full(2, 9.0),
    integer=np.ones(2, dtype=bool),
    columns={"x": {0: 0, 1: 1}},
)
"""min 3 x + 2 y, x + y >= 2.5, whole: y = 3 costs 6."""


def test_infeasibility_is_confirmed_without_presolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """x + y >= 2.5 with both at most 1: a run as usual, one with presolve off, and only then infeasible."""
    asked: list[str] = []
    run = highs._run

    def spy(*args: Any, presolve: str, **more: Any) -> Any:
        asked.append(presolve)
        return run(*args, presolve=presolve, **more)

    monkeypatch.setattr(highs, "_run", spy)
    found = solve_matrix(replace(THREE_WHOLE, upper=np.ones(2)), Options(threads=1))
    assert found.termination == Termination.INFEASIBLE
    assert asked == ["choose", "off"]


def test_false_infeasibility_of_presolve_is_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run with presolve says that there is no plan, the one without finds 6: 6 it is."""
    run = highs._run

    def wrong(*args: Any, presolve: str, **more: Any) -> Any:
        return None if presolve == "choose" else run(*args, presolve=presolve, **more)

    monkeypatch.setattr(highs, "_run", wrong)
    assert solve_matrix(THREE_WHOLE, Options(gap=0.0, threads=1)).value == pytest.approx(6.0)


def test_start_of_the_wrong_length_raises() -> None:
    """Three values for two columns."""
    with pytest.raises(SolverError, match="the start"):
        solve_matrix(THREE_WHOLE, Options(threads=1), start=np.zeros(3))


def test_broken_matrix_raises() -> None:
    """An entry in row 7 of one."""
    broken = csc_array(THREE_WHOLE.a)
    broken.indices = np.array([0, 7], dtype=broken.indices.dtype)
    with pytest.raises(SolverError, match="the model"):
        solve_matrix(replace(THREE_WHOLE, a=broken), Options(threads=1))
