"""Rows and payments of debt and revenue, number by number, and what they do to a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hand_made import hand_made
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import hand_problem

from siting.formulation.build import build_model
from siting.formulation.debt import add_debt
from siting.formulation.revenue import add_revenue
from siting.problem.finance import Debt, Revenue


def loans(**changes: Any) -> Debt:
    """Half of what is paid in quarter 0 or 1 at 10 % a quarter, back with the third payment, at most 6 musd; a second
    lends 80 % in quarter 1 alone, free of interest and without a cap, back in the next quarter."""
    values: dict[str, Any] = {
        "name": np.array(["first", "second"], dtype=object),
        "quarterly_rate": np.array([0.1, 0.0]),
        "tenor": np.array([3, 1]),
        "advance": np.array([0.5, 0.8]),
        "first": np.array([0, 1]),
        "last": np.array([1, 1]),
        "most_musd": np.array([6.0, np.inf]),
        "bullet": np.array([True, False]),
    }
    return Debt(**{**values, **changes})


@rows_of(add_debt, "advance", "pledged_once", "facility_size")
def test_debt() -> None:
    """A pod is paid 2 x 1.1 at candidate 0 and 2 at candidate 1 when it comes: in 1 what is new, B001 - B000."""
    m = build_model(hand_made(debt=loans()))
    assert rows(m, "advance") == {
        (0, 0): ({"Drawn00": 1, "B000": -1.1}, "<=", 0),
        (0, 1): ({"Drawn01": 1, "B000": 1.1, "B001": -1.1, "B101": -1.0}, "<=", 0),
        (1, 1): ({"Drawn11": 1, "B000": 1.76, "B001": -1.76, "B101": -1.6}, "<=", 0),
    }
    assert rows(m, "pledged_once") == {
        1: ({"Drawn01": 1, "Drawn11": 1, "B000": 2.2, "B001": -2.2, "B101": -2.0}, "<=", 0)
    }
    assert rows(m, "facility_size") == {0: ({"Drawn00": 1, "Drawn01": 1}, "<=", 6)}
    owed = {
        (e.item, e.variable.local_name, e.quarter): round(e.musd, 9)
        for e in m.ledger.postings
        if e.item.startswith("debt")
    }
    assert owed == {
        ("debt_drawn", "Drawn[0,0]", 0): -1,
        ("debt_service", "Drawn[0,0]", 1): 0.1,
        ("debt_service", "Drawn[0,0]", 2): 0.1,
        ("debt_service", "Drawn[0,0]", 3): 1.1,
        ("debt_drawn", "Drawn[0,1]", 1): -1,
        ("debt_service", "Drawn[0,1]", 2): 0.1,
        ("debt_service", "Drawn[0,1]", 3): 0.1,
        ("debt_service", "Drawn[0,1]", 4): 1.1,
        ("debt_drawn", "Drawn[1,1]", 1): -1,
        ("debt_service", "Drawn[1,1]", 2): 1.0,
    }
    money = rows(m, "spending")
    assert {t: round(row[0][f"Drawn0{t}"] / row[0][f"Spend{t}"], 9) for t, row in money.items()} == {0: 1.0, 1: 1.0}


@rows_of(add_revenue)
def test_revenue() -> None:
    """3 and 4 musd come in. As funding they are in the rows of money, otherwise in the value alone."""
    earned = np.array([3.0, 4.0])
    m = build_model(hand_made(revenue=Revenue(musd=earned, counts_as_funding=True)))
    assert [abs(rows(m, "spending")[t][0]["Earned"]) for t in range(2)] == [3, 4]
    apart = build_model(hand_made(revenue=Revenue(musd=earned, counts_as_funding=False)))
    assert all("Earned" not in row[0] for row in rows(apart, "spending").values())
    values = [optimum(hand_problem(revenue=Revenue(musd=earned, counts_as_funding=f))).value for f in (True, False)]
    assert values == pytest.approx([-7.0, -7.0])


def test_a_loan_makes_a_plan() -> None:
    """2,000 H100e in quarter 1 cost 10 + 2 x 5 + 20 x 2.1 = 62 with 50 musd at hand: no plan. The 12 that are missing
    are lent on the 40 musd of pods at three times 10 %: 65.6. A facility of 11 musd, or a quarter of the price, is too
    small.
    """
    short = {"demand_h100e": np.array([[0.0, 2000.0]]), "funding_musd": np.array([50.0, 50.0])}
    assert optimum(hand_problem(**short)).value == np.inf
    one = {name: getattr(loans(), name)[:1] for name in Debt.__dataclass_fields__}
    wide = Debt(**{**one, "most_musd": np.array([np.inf])})
    found = optimum(hand_problem(**short, debt=wide))
    assert found.value == pytest.approx(62.0 + 12.0 * 0.3)
    assert optimum(hand_problem(**short, debt=Debt(**{**one, "most_musd": np.array([11.0])}))).value == np.inf
    capped = hand_problem(**short, debt=Debt(**{**one, "most_musd": np.array([11.0])}))
    assert optimum(capped, off=("facility_size",)).value == pytest.approx(65.6)
    small = hand_problem(**short, debt=Debt(**{**one, "most_musd": np.array([np.inf]), "advance": np.array([0.25])}))
    assert optimum(small).value == np.inf
    assert optimum(small, off=("advance",)).value == pytest.approx(65.6)


def test_equipment_is_pledged_once() -> None:
    """Two facilities of 80 % each lend 40 musd of pods worth 40, not 64: at hand 22 suffice, 21.9 do not."""
    both = loans(
        advance=np.array([0.8, 0.8]), quarterly_rate=np.zeros(2), first=np.zeros(2, int), most_musd=np.full(2, np.inf)
    )
    asks = {"demand_h100e": np.array([[0.0, 2000.0]]), "debt": both}
    assert optimum(hand_problem(**asks, funding_musd=np.full(2, 22.0))).value == pytest.approx(62.0)
    short = hand_problem(**asks, funding_musd=np.full(2, 21.9))
    assert optimum(short).value == np.inf
    assert optimum(short, off=("pledged_once",)).value == pytest.approx(62.0)
