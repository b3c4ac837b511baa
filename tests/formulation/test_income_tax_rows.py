"""Rows of income tax, number by number, and what a deduction is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hand_made import hand_made
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import hand_problem

from siting.formulation.build import build_model
from siting.formulation.income_tax import add_income_tax
from siting.problem.finance import Revenue
from siting.problem.income_tax import IncomeTax


def taxed(**changes: Any) -> IncomeTax:
    """20 % at candidate 0, 30 % at candidate 1 and at home; the study starts in a fourth quarter, so quarter 0 lies in
    the first year and quarter 1 in the second. A pod of quarter 0 is deducted by 60 and 40 %, one of quarter 1 by
    halves. Buildings last four quarters; a lease of quarter 1 pays 0.01 in the third year, a hall of quarter 1 twice
    its rent."""
    shares = np.zeros((1, 2, 3))
    shares[0] = [[0.6, 0.4, 0.0], [0.0, 0.5, 0.5]]
    leases, modules = np.zeros((1, 2, 3)), np.zeros((3, 2, 3))
    leases[0, 1, 2], modules[2, 1, 2] = 0.01, 2.0
    values: dict[str, Any] = {
        "first_year": 2024,
        "offset": 3,
        "rate": np.array([0.2, 0.3]),
        "group": np.array([0, 1]),
        "home": 1,
        "income_musd": np.array([5.0, 6.0, 7.0]),
        "pod_share": shares,
        "opening_basis_musd": np.array([[10.0, 10.0], [16.0, 16.0]]),
        "building_quarters": 4.0,
        "lease_after_musd": leases,
        "module_after": modules,
    }
    return IncomeTax(**{**values, **changes})


@rows_of(add_income_tax, "put_to_use", "carried_forward", "taxable_income")
def test_income_tax() -> None:
    """Candidate 0: a module 5, an opening 10, a pod 2.2 with its tax; 0.75 a quarter for a hall, 0.1 for a pod, 0.2 of
    energy. A building of quarter 0 is written off by a quarter in the first year and three in the second. A pod that
    is there in quarter 0 and not new in 1: 2.2 x (0.4 - 0.5) in the second year, 2.2 x (0 - 0.5) in the third.
    """
    m = build_model(hand_made(income_tax=taxed()))
    assert rows(m, "put_to_use") == {
        (0, 0): ({"Built00": 1, "V00": -5, "Z00": -10}, "==", 0),
        (0, 1): ({"Built01": 1, "V00": 5, "V01": -5, "Z00": 10, "Z01": -10}, "==", 0),
        (1, 1): ({"Built11": 1, "V11": -6, "Z11": -16}, "==", 0),
    }
    found = {}
    for key, (row, sense, right) in rows(m, "carried_forward").items():
        assert (sense, right) == ("==", 0)
        sign = row[f"Used{key[0]}{key[1]}"]
        found[key] = {name: round(value / sign, 9) for name, value in row.items()}
    year = {
        (0, 0): {"Built00": 0.25, "V00": 0.75, "B000": 1.42, "Q000": 0.2, "W000": 1.2},
        (0, 1): {"Built00": 0.75, "Built01": 1, "V01": 0.75, "B000": -0.22, "B001": 1.2, "Q001": 0.2, "W000": 1.2},
        (0, 2): {"B000": -1.1, "B001": 1.1, "V00": -0.5, "V01": 0.5},
        (1, 0): {"X00": 0.01},
        (1, 1): {"Built11": 1, "B101": 1.1, "Q101": 0.1, "X00": 0.01, "X01": 0.01},
        (1, 2): {"B101": 1, "X01": 0.01},
    }
    for (r, y), deducted in year.items():
        expected = {name: -musd for name, musd in deducted.items()} | {f"Used{r}{y}": 1, f"Carried{r}{y}": 1}
        assert found[r, y] == expected | ({f"Carried{r}{y - 1}": -1} if y else {}), (r, y)
    assert rows(m, "taxable_income") == {
        y: ({f"Used0{y}": 1, f"Used1{y}": 1}, "<=", income) for y, income in enumerate((5, 6, 7))
    }
    saved = {(e.variable.local_name, e.quarter): e.musd for e in m.ledger.postings if e.item == "income_tax"}
    by_rate = {0: -0.2, 1: -0.3}
    assert saved == {(f"Used[{r},{y}]", q): by_rate[r] for r in (0, 1) for y, q in enumerate((0, 4, 8))}


def test_revenue_is_taxed_and_makes_room() -> None:
    """8 musd in quarter 1 raise the income of the second year to 14 and are taxed by 30 % in its last quarter, 4."""
    m = build_model(hand_made(income_tax=taxed(), revenue=Revenue(musd=np.array([0.0, 8.0]), counts_as_funding=True)))
    assert rows(m, "taxable_income")[1][2] == 14
    due = [(e.quarter, e.musd) for e in m.ledger.postings if e.item == "income_tax" and e.variable is m.Earned]
    assert due == [(4, pytest.approx(2.4))]


def one_pod(income: float, years: int = 12, funding: float = 100.0) -> float:
    """Least cost of 100 H100e in quarter 1 of 4: opening 10, module 5, pod 2, energy 0.1 = 17.1 before a tax of 25 %.

    The whole pod is deducted in the year of its delivery, a module over ten years, an opening not at all.
    """
    shares = np.zeros((1, 4, years))
    shares[0, :, 0] = 1.0
    tax = taxed(
        offset=0,
        rate=np.array([0.25]),
        group=np.zeros(2, int),
        home=0,
        income_musd=np.full(years, income),
        pod_share=shares,
        opening_basis_musd=np.zeros((2, 4)),
        building_quarters=40.0,
        lease_after_musd=np.zeros((0, 4, years)),
        module_after=np.zeros((3, 4, years)),
    )
    demand = np.array([[0.0, 100.0, 0.0, 0.0]])
    p = hand_problem(quarters=4, demand_h100e=demand, income_tax=tax, funding_musd=np.full(4, funding))
    return optimum(p).value


def test_what_a_deduction_is_worth() -> None:
    """Pod 2, energy 0.1 and module 5 save 25 % of 7.1. With an income of 0.6 a year and two years 1.2 of them count;
    of the first year's 2.1 and more than 0.6 what is left is carried forward. No income: nothing saved. What is saved
    comes in quarter 3 and pays for nothing before.
    """
    assert one_pod(100.0) == pytest.approx(17.1 - 0.25 * 7.1)
    assert one_pod(0.6, years=2) == pytest.approx(17.1 - 0.25 * 1.2)
    assert one_pod(0.6, years=3) == pytest.approx(17.1 - 0.25 * 1.8)
    assert one_pod(0.0) == pytest.approx(17.1)
    assert one_pod(100.0, funding=17.1) == pytest.approx(17.1 - 0.25 * 7.1)
    assert one_pod(100.0, funding=17.0) == np.inf
