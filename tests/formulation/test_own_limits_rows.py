"""Rows of the planner's own limits: each quantity with the coefficients it has by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem

from siting.formulation.build import build_model
from siting.formulation.limits import add_limits
from siting.problem.limits import CountedSum, LimitRow, OwnLimits


def model(
    quantity: str, *, sense: Any = "<=", bound: float = 30.0, quarter: int | None = 1, factor: float = 1.0
) -> Any:
    """Two candidates and quarters, of which the limit counts candidate 1 in one quarter; region asked in quarter 1."""
    quarters = np.ones(2, dtype=bool) if quarter is None else np.arange(2) == quarter
    part = CountedSum(
        factor=factor, quantity=quantity, sites=np.array([False, True]), kinds=np.array([True]), quarters=quarters
    )
    own = OwnLimits(rows=(LimitRow(name="own", sums=(part,), sense=sense, bound=bound),))
    return build_model(
        changed(hand_problem(), limits=own, demand_h100e=np.array([[0.0, 100.0]]), pod_life=np.array([1]))
    )


@rows_of(add_limits, "own_limit")
@pytest.mark.parametrize(
    ("quantity", "entries"),
    [
        ("it_mw", {"V11": 10.0}),
        ("utility_mw", {"V11": 12.5}),
        ("sites", {"Z11": 1.0}),
        ("accelerators", {"B101": 64.0, "B100": -64.0}),
        ("h100e", {"B101": 100.0, "B100": -100.0}),
        ("energy_mwh", {"Q101": 2000.0}),
        ("co2_t", {"Q101": 800.0}),
    ],
)
def test_coefficients(quantity, entries):
    """A module of 10 MW IT at PUE 1.25; a pod of 64 and 100 H100e that stands one quarter and draws 1 MW IT, 2,000 MWh
    a quarter at 0.4 t."""
    assert rows(model(quantity), "own_limit") == {0: (entries, "<=", 30.0)}


def test_cash_is_that_of_the_ledger():
    """In quarter 1: 5 musd a module that goes live then, 2 a pod delivered then, 0.1 a pod that runs; capital is all
    but energy. Candidates are not told apart. Openings cost 10 and 30."""
    capital = {"Z01": 10.0, "Z00": -10.0, "Z11": 30.0, "Z10": -30.0, "V01": 5.0, "V00": -5.0, "V11": 5.0, "V10": -5.0}
    capital |= {"B001": 2.0, "B000": -2.0, "B101": 2.0, "B100": -2.0}
    assert rows(model("capex_musd"), "own_limit") == {0: (capital, "<=", 30.0)}
    assert rows(model("spend_musd"), "own_limit") == {0: (capital | {"Q001": 0.1, "Q101": 0.1}, "<=", 30.0)}


def test_senses_and_factors():
    """Half the MW, at least and exactly."""
    assert rows(model("it_mw", sense=">=", factor=0.5), "own_limit") == {0: ({"V11": -5.0}, "<=", -30.0)}
    assert rows(model("it_mw", sense="=", factor=0.5), "own_limit") == {0: ({"V11": 5.0}, "==", 30.0)}


def test_a_sum_over_nothing_is_zero():
    """Nothing runs in quarter 0: at most 30 MWh hold; at least 30 are asked of pods that then may run for nobody."""
    assert rows(model("energy_mwh", quarter=0), "own_limit") == {}
    assert rows(model("energy_mwh", quarter=0, sense=">="), "own_limit") == {0: ({"Q100": -2000.0}, "<=", -30.0)}


def test_without_limits_no_row_is_written():
    """A study that states none has the model it always had."""
    m = pyo.ConcreteModel()
    add_limits(m, hand_problem())
    assert not list(m.component_objects())
