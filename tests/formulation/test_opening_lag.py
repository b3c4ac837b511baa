"""An opening is paid once, its lag before the quarter in which it counts."""

from __future__ import annotations

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import hand_problem

from siting.problem import Problem


def _asked_from_1(funding_musd: list[float]) -> Problem:
    """500 H100e in quarters 1 and 2; the site opens in 1 and pays 10 musd in 0, 5 + 5 x 2 + 0.5 in 1, 0.5 in 2."""
    return hand_problem(
        1,
        3,
        live_from=np.array([1]),
        opening_lag=np.array([1]),
        demand_h100e=np.array([[0.0, 500.0, 500.0]]),
        funding_musd=np.array(funding_musd),
    )


def test_money_that_suffices_to_the_last_cent() -> None:
    """10, then 25.5, then 26 musd have come in, and that is what is spent: the opening does not return in 1 or 2."""
    assert optimum(_asked_from_1([10.0, 25.5, 26.0])).value == pytest.approx(26.0)


@pytest.mark.parametrize("quarter", range(3))
def test_a_tenth_less_in_any_quarter_has_no_plan(quarter: int) -> None:
    """The same with 0.1 musd less by one of the quarters."""
    funding = [10.0, 25.5, 26.0]
    funding[quarter] -= 0.1
    assert optimum(_asked_from_1(funding)).decisions is None
