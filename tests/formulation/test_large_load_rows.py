"""Every row and payment of the terms of a large load for the hand-made problem."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import hand_made
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.large_load import add_demand_charge, add_large_load
from siting.problem.rules import SiteRules
from siting.problem.supply import LargeLoad


def terms(term: int, contracted_from: tuple[int, int] = (0, 1)) -> LargeLoad:
    """A module owes 9 GWh a quarter at candidate 0, 6 GWh at candidate 1, at 50 and 25 USD/MWh; 0.5 musd each."""
    return LargeLoad(
        owed_mwh=np.array([[9000.0] * 4, [6000.0] * 4]),
        usd_per_mwh=np.array([[50.0] * 4, [25.0] * 4]),
        contracted_from=np.array(contracted_from),
        term=term,
        collateral_musd=np.array([0.5, 0.5]),
    )


@rows_of(add_large_load, "minimum_take")
def test_minimum_take() -> None:
    """What is short is at least what contracted modules owe less 4 GWh of each running pod (24 of the cluster). With a
    contract of one quarter from energization on, modules of quarter 0 owe nothing in 1."""
    m = build_model(hand_made(large_load=terms(2)))
    assert rows(m, "minimum_take") == {
        (0, 0): ({"ShortGwh00": -1, "V00": 9, "Q000": -4, "W000": -24}, "<=", 0),
        (0, 1): ({"ShortGwh01": -1, "V01": 9, "Q001": -4, "W000": -24}, "<=", 0),
        (1, 1): ({"ShortGwh11": -1, "V11": 6, "Q101": -4}, "<=", 0),
    }
    short = build_model(hand_made(large_load=terms(1)))
    assert rows(short, "minimum_take")[0, 1] == (
        {"ShortGwh01": -1, "V01": 9, "V00": -9, "Q001": -4, "W000": -24},
        "<=",
        0,
    )
    late = build_model(hand_made(large_load=terms(2, contracted_from=(1, 2))))
    assert set(rows(late, "minimum_take")) == {(0, 1)}


def test_payments() -> None:
    """A GWh short costs 0.05 and 0.025 musd. A contract of two quarters: in quarter 2, after the horizon, the modules
    that came in 1 owe 9 GWh x 50 = 0.45 musd each; at candidate 1 all do, 0.15. Collateral: candidate 1 signs a quarter
    before."""
    m = build_model(hand_made(large_load=terms(2)))
    paid: dict[tuple[str, int, str], float] = {}
    for posting in m.ledger.postings:
        if posting.priced:
            key = (posting.item, posting.quarter, str(posting.variable))
            paid[key] = paid.get(key, 0.0) + posting.musd
    assert {key: musd for key, musd in paid.items() if abs(musd) > 1e-12} == {
        ("minimum_take", 0, "ShortGwh[0,0]"): pytest.approx(0.05),
        ("minimum_take", 1, "ShortGwh[0,1]"): pytest.approx(0.05),
        ("minimum_take", 1, "ShortGwh[1,1]"): pytest.approx(0.025),
        ("minimum_take", 2, "V[0,1]"): pytest.approx(0.45),
        ("minimum_take", 2, "V[0,0]"): pytest.approx(-0.45),
        ("minimum_take", 2, "V[1,1]"): pytest.approx(0.15),
        ("collateral", 0, "V[0,0]"): pytest.approx(0.5),
        ("collateral", 1, "V[0,1]"): pytest.approx(0.5),
        ("collateral", 1, "V[0,0]"): pytest.approx(-0.5),
        ("collateral", 0, "V[1,1]"): pytest.approx(0.5),
        ("collateral_back", -1, "V[0,1]"): pytest.approx(0.5),
        ("collateral_back", -1, "V[1,1]"): pytest.approx(0.5),
    }


def test_halls_that_stand_are_secured_already() -> None:
    """Candidate 0 stands with a module in quarter 0: what comes in quarter 1 is paid and comes back, nothing else."""
    rules = SiteRules(
        min_sites=0,
        max_sites=None,
        forced_modules=np.zeros(2, dtype=np.int64),
        forced_by=np.ones(2, dtype=np.int64),
        existing_modules=np.array([1, 0]),
        extended_from=np.array([1, 1]),
        group=np.full((2, 2), -1),
        group_most=np.zeros(0, dtype=np.int64),
        lat=np.zeros(2),
        lon=np.zeros(2),
        min_distance_km=None,
    )
    m = build_model(hand_made(large_load=terms(2), rules=rules))
    secured = {
        (p.item, p.quarter, str(p.variable)): p.musd for p in m.ledger.postings if p.item.startswith("collateral")
    }
    assert {key: musd for key, musd in secured.items() if "V[0," in key[2]} == {
        ("collateral", 1, "V[0,1]"): pytest.approx(0.5),
        ("collateral", 1, "V[0,0]"): pytest.approx(-0.5),
        ("collateral_back", -1, "V[0,1]"): pytest.approx(0.5),
        ("collateral_back", -1, "V[0,0]"): pytest.approx(-0.5),
    }


@rows_of(add_demand_charge)
def test_demand_charge() -> None:
    """0.1 musd a MW and quarter: a pod of 2 MW IT draws 2.5 MW at candidate 0 and 3 MW at candidate 1."""
    m = build_model(hand_made(demand_musd_per_mw=np.array([0.1, 0.2])))
    paid = {(p.quarter, str(p.variable)): p.musd for p in m.ledger.postings if p.item == "demand_charge"}
    assert paid == {
        (0, "Q[0,0,0]"): pytest.approx(0.25),
        (1, "Q[0,0,1]"): pytest.approx(0.5),
        (1, "Q[1,0,1]"): pytest.approx(0.6),
        (0, "W[0,0,0]"): pytest.approx(1.5),
        (1, "W[0,0,0]"): pytest.approx(3.0),
    }
