"""Rows of units on the campus, read in full on the hand-made problem."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import hand_made
from hand_onsite import hand_onsite
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.onsite import add_onsite, add_onsite_energy


@rows_of(
    add_onsite,
    "units_stay",
    "units_within_permit",
    "left_stay_away",
    "left_were_there",
    "reserve_stands",
    "none_without_reserve",
)
def test_units() -> None:
    """Candidate 0 from quarter 0, candidate 1 from 1 on, when its bridge is over: engine there alone. At most 3
    engines and 2 bridges; one engine is reserve.
    """
    m = build_model(hand_made(onsite=hand_onsite()))
    assert set(m.ON) == {(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 1)}
    assert rows(m, "units_stay") == {
        (0, 0, 1): ({"OnUnits000": 1, "OnUnits001": -1}, "<=", 0),
        (0, 1, 1): ({"OnUnits010": 1, "OnUnits011": -1}, "<=", 0),
    }
    assert rows(m, "units_within_permit") == {
        (0, 0, 0): ({"OnUnits000": 1, "Z00": -3}, "<=", 0),
        (0, 0, 1): ({"OnUnits001": 1, "Z01": -3}, "<=", 0),
        (0, 1, 0): ({"OnUnits010": 1, "Z00": -2}, "<=", 0),
        (0, 1, 1): ({"OnUnits011": 1, "Z01": -2}, "<=", 0),
        (1, 0, 1): ({"OnUnits101": 1, "Z11": -3}, "<=", 0),
    }
    assert rows(m, "left_stay_away") == {(0, 1, 1): ({"OnLeft010": 1, "OnLeft011": -1}, "<=", 0)}
    assert rows(m, "left_were_there") == {
        (0, 1, 0): ({"OnLeft010": 1, "OnUnits010": -1}, "<=", 0),
        (0, 1, 1): ({"OnLeft011": 1, "OnUnits011": -1}, "<=", 0),
    }
    assert rows(m, "reserve_stands") == {
        (0, 0, 0): ({"OnUnits000": -1, "OnAny000": 1}, "<=", 0),
        (0, 0, 1): ({"OnUnits001": -1, "OnAny001": 1}, "<=", 0),
        (1, 0, 1): ({"OnUnits101": -1, "OnAny101": 1}, "<=", 0),
    }
    assert rows(m, "none_without_reserve") == {
        (0, 0, 0): ({"OnUnits000": 1, "OnAny000": -3}, "<=", 0),
        (0, 0, 1): ({"OnUnits001": 1, "OnAny001": -3}, "<=", 0),
        (1, 0, 1): ({"OnUnits101": 1, "OnAny101": -3}, "<=", 0),
    }


def test_firm_mw_beside_the_grid() -> None:
    """A pod draws 2.5 MW at candidate 0, six of a cluster 15: within 20 MW of the grid, 10 MW an engine beyond the
    first, 5 MW a bridge that stands.
    """
    m = build_model(hand_made(onsite=hand_onsite()))
    assert rows(m, "power_balance")[0, 0] == (
        {
            "Q000": 2.5,
            "W000": 15,
            "Z00": -20,
            "OnUnits000": -10,
            "OnAny000": 10,
            "OnUnits010": -5,
            "OnLeft010": 5,
        },
        "<=",
        0,
    )


def test_battery_is_firm_in_curtailed_hours_alone() -> None:
    """As a battery the bridge leaves the balance to the grid and the engine; what of its 5 MW lasts stands in
    `firming`."""
    battery = hand_onsite(firm=np.array([True, False]), firming_mw=np.array([0.0, 2.5]))
    m = build_model(hand_made(onsite=battery))
    assert "OnUnits010" not in rows(m, "power_balance")[0, 0][0]
    assert [mw for mw, _ in m.firming[0, 0]] == [2.5, -2.5]


@rows_of(add_onsite_energy, "generated_within_units", "generated_within_load", "rest_within_grid")
def test_energy() -> None:
    """GWh. A unit gives 20 or 10. A pod of 2 MW draws 4 in a quarter of 2,000 MWh a MW IT, six of the cluster 24. At
    candidate 0 a MW of the grid gives 2 / 1.25 = 1.6, so 20 MW give 32.
    """
    m = build_model(hand_made(onsite=hand_onsite()))
    assert rows(m, "generated_within_units") == {
        (0, 0, 0): ({"OnGwh000": 1, "OnUnits000": -20}, "<=", 0),
        (0, 0, 1): ({"OnGwh001": 1, "OnUnits001": -20}, "<=", 0),
        (0, 1, 0): ({"OnGwh010": 1, "OnUnits010": -10, "OnLeft010": 10}, "<=", 0),
        (0, 1, 1): ({"OnGwh011": 1, "OnUnits011": -10, "OnLeft011": 10}, "<=", 0),
        (1, 0, 1): ({"OnGwh101": 1, "OnUnits101": -20}, "<=", 0),
    }
    load, rest = rows(m, "generated_within_load"), rows(m, "rest_within_grid")
    assert load[0, 0] == ({"OnGwh000": 1, "OnGwh010": 1, "Q000": -4, "W000": -24}, "<=", 0)
    assert load[1, 1][0]["OnGwh101"] == 1
    assert rest[0, 0] == ({"OnGwh000": -1, "OnGwh010": -1, "Q000": 4, "W000": 24, "Z00": -32}, "<=", 0)
    assert rest[0, 1][0]["Z01"] == -40
    assert set(load) == set(rest) == {(0, 0), (0, 1), (1, 1)}


def test_payments_and_credits() -> None:
    """Engine 4 at order, 0.5 a quarter, worth 2 at the horizon when delivered in 0 and 3 when in 1. A GWh of it saves
    0.05 and costs 0.03 + 0.01. Bridge: 2, back 1.5 in the quarter it leaves, a credit where it never ends.
    """
    m = build_model(hand_made(onsite=hand_onsite()))
    found: dict[tuple[str, str, int], float] = {}
    for posting in m.ledger.postings:
        if posting.candidate == 0 and posting.variable.parent_component().local_name.startswith("On"):
            name = posting.variable.parent_component().local_name
            key = (posting.item, name + "".join(map(str, posting.variable.index())), posting.quarter)
            found[key] = found.get(key, 0.0) + posting.musd
    engine = {key: round(musd, 9) for key, musd in found.items() if key[1][-2] == "0"}
    assert engine == {
        ("onsite", "OnUnits000", 0): 4,
        ("onsite", "OnUnits000", 1): -4,
        ("onsite", "OnUnits001", 1): 4,
        ("onsite_om", "OnUnits000", 0): 0.5,
        ("onsite_om", "OnUnits001", 1): 0.5,
        ("residual_onsite", "OnUnits000", -1): -1,
        ("residual_onsite", "OnUnits001", -1): 3,
        ("energy", "OnGwh000", 0): -0.05,
        ("energy", "OnGwh001", 1): -0.05,
        ("onsite_fuel", "OnGwh000", 0): 0.03,
        ("onsite_fuel", "OnGwh001", 1): 0.03,
        ("onsite_om", "OnGwh000", 0): 0.01,
        ("onsite_om", "OnGwh001", 1): 0.01,
    }
    assert found["onsite", "OnUnits010", 0] == 2
    assert found["onsite", "OnLeft010", 0] == -1.5
    assert found["onsite", "OnLeft010", 1] == pytest.approx(1.5)
    assert found["residual_onsite", "OnUnits011", -1] == 1.5
    assert found["residual_onsite", "OnLeft011", -1] == -1.5


def test_a_bridge_that_is_over_is_sold_in_that_quarter() -> None:
    """Over in quarter 1: what stands in 0 pays back 1.5 in 1, whether or not it is told to leave."""
    over = hand_onsite(gone_by=np.array([[2, 1], [2, 1]]))
    m = build_model(hand_made(onsite=over))
    sold = [(x.quarter, x.musd) for x in m.ledger.postings if x.variable is m.OnUnits[0, 1, 0] and x.item == "onsite"]
    assert sold == [(0, 2.0), (1, -1.5)]


def test_no_units_no_rows() -> None:
    """A problem without the part has no variable of it."""
    m = build_model(hand_made())
    assert m.component("OnUnits") is None
    assert m.component("OnGwh") is None
