"""Rows of the caps on spending, number by number, and what they do to a plan."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import hand_made
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import hand_problem

from siting.formulation.build import build_model
from siting.formulation.caps import add_caps
from siting.problem.caps import Caps


def caps(capital: float = np.inf, operating: float = np.inf, years: tuple[int, ...] = (2024, 2025)) -> Caps:
    return Caps(capital_musd=capital, operating_musd=operating, year=np.array(years))


@rows_of(add_caps, "capital_spending", "running_costs")
def test_caps() -> None:
    """Whenever it is bought a thing costs the same over the horizon, so only the last quarter of each counts: opening
    12 and 20, module 5 and 6, pod 2.2 and 2. In 2024 a hall takes 0.75, a pod 0.1 to run and 0.2 of energy.
    """
    m = build_model(hand_made(caps=caps(capital=80.0, operating=7.0)))
    bought = {"Z01": 12, "Z11": 20, "V01": 5, "V11": 6, "B001": 2.2, "B101": 2}
    assert rows(m, "capital_spending") == {None: (bought, "<=", 80)}
    assert rows(m, "running_costs") == {
        2024: ({"V00": 0.75, "B000": 0.1, "Q000": 0.2, "W000": 1.2, "X00": 0.01}, "<=", 7),
        2025: (
            {"V01": 0.75, "B001": 0.1, "B101": 0.1, "Q001": 0.2, "Q101": 0.1, "W000": 1.2, "X00": 0.01, "X01": 0.01},
            "<=",
            7,
        ),
    }


def test_quarters_of_one_year_share_a_cap() -> None:
    """Both quarters in 2024: one row, with the cluster's 1.2 musd of energy twice."""
    m = build_model(hand_made(caps=caps(operating=7.0, years=(2024, 2024))))
    assert rows(m, "running_costs")[2024][0]["W000"] == pytest.approx(2.4)


def test_caps_bind() -> None:
    """2,000 H100e: 10 + 2 x 5 + 20 x 2 = 60 of capital and 20 x 0.1 = 2 to run. A musd less of either: no plan."""
    demand = np.array([[0.0, 2000.0]])
    for most in (caps(capital=60.0), caps(operating=2.0), caps(capital=60.0, operating=2.0)):
        assert optimum(hand_problem(demand_h100e=demand, caps=most)).value == pytest.approx(62.0)
    for row, less in (("capital_spending", caps(capital=59.9)), ("running_costs", caps(operating=1.9))):
        p = hand_problem(demand_h100e=demand, caps=less)
        assert optimum(p).value == np.inf
        assert optimum(p, off=(row,)).value == pytest.approx(62.0)
