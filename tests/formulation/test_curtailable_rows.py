"""Every row and payment of curtailable connections for the hand-made problem."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import hand_made
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.curtailable import add_curtailable, add_curtailed
from siting.problem.curtailable import Curtailable


def terms(adder: float) -> Curtailable:
    """Candidate 0 alone may: 10 MW more in quarter 0, 2 musd less at opening, of which 1 is less at the horizon."""
    return Curtailable(
        admitted=np.array([True, False]),
        earlier_mw=np.array([[10.0, 0.0], [0.0, 0.0]]),
        saved_cash_musd=np.array([[2.0, 2.0], [0.0, 0.0]]),
        saved_back_musd=np.array([[1.0, 1.5], [0.0, 0.0]]),
        adder_usd_per_mwh=adder,
        lost_musd_per_it_mw=np.array([0.1, 0.2]),
    )


@rows_of(add_curtailable, "curtailable_opening", "curtailable_opens_once")
def test_signing() -> None:
    """It opens curtailable when it opens, once; 10 MW more in quarter 0."""
    m = build_model(hand_made(curtailable=terms(0.0)))
    assert rows(m, "curtailable_opening") == {
        (0, 0): ({"OpensCurtailable00": 1, "Z00": -1}, "<=", 0),
        (0, 1): ({"OpensCurtailable01": 1, "Z01": -1, "Z00": 1}, "<=", 0),
    }
    (row,) = rows(m, "curtailable_opens_once").values()
    sign = row[0]["OpensCurtailable00"]
    entries = {name: sign * value for name, value in row[0].items()}
    assert entries == {"OpensCurtailable00": 1, "OpensCurtailable01": 1, "Curtailable0": -1} and row[1:] == ("==", 0)
    assert rows(m, "power_balance")[0, 0] == ({"Q000": 2.5, "W000": 15, "Z00": -20, "Curtailable0": -10}, "<=", 0)
    assert m.Curtailable[0].is_binary()


@rows_of(
    add_curtailed,
    "inference_is_firm",
    "training_stops",
    "added_at_least",
    "rebate_within_grid",
    "rebate_if_curtailable",
)
def test_curtailed_hours() -> None:
    """At most 30 MW in 0 and 25 MW in 1 can run. A pod draws 2.5 MW and 4 GWh; 30 MW at PUE 1.25 draw 48 GWh."""
    m = build_model(hand_made(curtailable=terms(8.0)))
    assert rows(m, "inference_is_firm") == {
        (0, 0): ({"Q000": 2.5, "Curtailable0": 30}, "<=", 30),
        (0, 1): ({"Q001": 2.5, "Curtailable0": 25}, "<=", 25),
    }
    assert rows(m, "training_stops") == {
        (0, 0): ({"Q000": 2.5, "W000": 15, "Curtailable0": 30, "StoppedMw00": -1}, "<=", 30),
        (0, 1): ({"Q001": 2.5, "W000": 15, "Curtailable0": 25, "StoppedMw01": -1}, "<=", 25),
    }
    assert rows(m, "added_at_least") == {
        (0, 0): ({"Q000": 4, "W000": 24, "Curtailable0": 48, "AddedGwh00": -1}, "<=", 48),
        (0, 1): ({"Q001": 4, "W000": 24, "Curtailable0": 40, "AddedGwh01": -1}, "<=", 40),
    }
    assert rows(m, "rebate_within_grid") == rows(m, "rebate_if_curtailable") == {}
    m = build_model(hand_made(curtailable=terms(-8.0)))
    assert rows(m, "rebate_within_grid")[0, 0] == ({"AddedGwh00": 1, "Q000": -4, "W000": -24}, "<=", 0)
    assert rows(m, "rebate_if_curtailable")[0, 1] == ({"AddedGwh01": 1, "Curtailable0": -40}, "<=", 0)
    assert rows(m, "added_at_least") == {}


def test_payments() -> None:
    """2 musd less at opening, 1 or 1.5 less at the horizon; a stopped MW at the meter costs 0.1 / 1.25 in the value of
    quarter 0, which at the horizon is worth more by 1.5 quarters of discount; a GWh 0.008 musd more."""
    p = hand_made(curtailable=terms(8.0))
    m = build_model(p)
    found = {(x.item, x.quarter, str(x.variable)): x.musd for x in m.ledger.postings if x.priced}
    later = (1.0 + p.rate) ** (1 / 4)
    assert found == {
        ("opening", 0, "OpensCurtailable[0,0]"): -2.0,
        ("opening", 1, "OpensCurtailable[0,1]"): -2.0,
        ("residual_connection", -1, "OpensCurtailable[0,0]"): -1.0,
        ("residual_connection", -1, "OpensCurtailable[0,1]"): -1.5,
        ("energy", 0, "AddedGwh[0,0]"): pytest.approx(0.008),
        ("energy", 1, "AddedGwh[0,1]"): pytest.approx(0.008),
        ("lost_output", -1, "StoppedMw[0,0]"): pytest.approx(-0.08 * later**1.5),
        ("lost_output", -1, "StoppedMw[0,1]"): pytest.approx(-0.16 * later**0.5),
    }
