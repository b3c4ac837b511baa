"""Rows of carbon and water, and what is posted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from hand_onsite import hand_onsite
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem, one_cluster

from siting.formulation.build import build_model
from siting.formulation.yearly import add_yearly
from siting.problem.yearly import Yearly

YEAR = np.array([2024, 2025])
CARBON = Yearly(item="carbon", year=YEAR, cap={2025: 900.0}, usd_per_unit=np.array([[0.0, 50.0], [0.0, 0.0]]))
WATER = replace(CARBON, item="water", cap={2024: 7.0}, per_it_mw=np.array([[3.0, 5.0], [3.0, 5.0]]))
SERVED = {"demand_h100e": np.array([[10.0, 10.0]])}


@rows_of(add_yearly, "yearly_cap")
def test_caps_by_year():
    """2,000 MWh of a pod and quarter x 0.4 t; 3 m3 a pod in quarter 0. A cluster of two pods counts twice."""
    p = changed(hand_problem(), carbon=CARBON, water=WATER, **SERVED, **one_cluster(2))
    assert rows(build_model(p), "yearly_cap") == {
        ("carbon", 2025): ({"Q001": 800.0, "Q101": 800.0, "W000": 1600.0, "W010": 1600.0}, "<=", 900.0),
        ("water", 2024): ({"Q000": 3.0, "Q100": 3.0, "W000": 6.0, "W010": 6.0}, "<=", 7.0),
    }


def test_other_families_emit_too():
    """What is posted to `m.co2` counts with the energy: 800 t less 300 for a unit of another variable."""
    p = changed(hand_problem(candidates=1), carbon=replace(CARBON, usd_per_unit=np.zeros((1, 2))), **SERVED)
    m = build_model(replace(p, carbon=None))
    m.co2[0, 1] = [(-300.0, m.Z[0, 1])]
    add_yearly(m, p)
    assert rows(m, "yearly_cap") == {("carbon", 2025): ({"Q001": 800.0, "Z01": -300.0}, "<=", 900.0)}


def test_prices_are_posted():
    """800 t at 50 USD are 0.04 MUSD a pod at candidate 0 in quarter 1, and nothing elsewhere."""
    p = changed(hand_problem(), carbon=CARBON, **SERVED)
    paid = [entry for entry in build_model(p).ledger.postings if entry.item == "carbon"]
    assert [(e.candidate, e.quarter, round(e.musd, 9), str(e.variable)) for e in paid] == [(0, 1, 0.04, "Q[0,0,1]")]


def test_what_is_burnt_on_a_campus_has_its_own_price():
    """0.5 t a MWh of fuel in place of 0.4 of the grid: where the grid pays 50 USD, 100 t more and 500 t at 20 USD more;
    where it pays nothing, all 500 t at 70 USD."""
    fuel = replace(CARBON, fuel_usd_per_unit=np.array([70.0, 70.0]))
    p = changed(hand_problem(), carbon=fuel, onsite=hand_onsite(), **SERVED)
    paid: dict[str, float] = {}
    for entry in build_model(p).ledger.postings:
        if entry.item == "carbon":
            paid[str(entry.variable)] = paid.get(str(entry.variable), 0.0) + entry.musd
    assert paid["OnGwh[0,0,1]"] == pytest.approx((100.0 * 50.0 + 500.0 * 20.0) / 1e6)
    assert paid["OnGwh[1,0,1]"] == pytest.approx(500.0 * 70.0 / 1e6)


def test_without_carbon_and_water_no_row_is_written():
    """A study that states neither has the model it always had."""
    m = pyo.ConcreteModel()
    add_yearly(m, hand_problem())
    assert not list(m.component_objects())
