"""Every row and payment of energy by contract for the hand-made problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hand_made import hand_made
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.supply import add_contracts
from siting.problem.supply import Contracts


def two_contracts(**changes: Any) -> Contracts:
    """Contract 0, an index of 30 USD/MWh, 20 to 60 % of a site. Contract 1, up to 8 MW of 500 MWh a quarter at 40,
    with 5 of delivery, half of it paid in any case, resold at 10, also in the quarter after the horizon."""
    values: dict[str, Any] = {
        "contract": np.array(["index", "ppa"], dtype=object),
        "covers": np.array([[True, True], [True, False]]),
        "runs": np.array([[True, True, False], [False, True, True]]),
        "usd_per_mwh": np.array([[30.0, 30.0, 0.0], [0.0, 40.0, 40.0]]),
        "delivery_usd_per_mwh": np.array([0.0, 5.0]),
        "of_plan": np.array([False, True]),
        "min_share": np.array([0.2, 0.1]),
        "max_share": np.array([0.6, 0.9]),
        "mw_max": np.array([np.inf, 8.0]),
        "mwh_per_mw": np.array([[0.0, 0.0, 0.0], [0.0, 500.0, 500.0]]),
        "min_take": np.array([0.0, 0.5]),
        "resale_usd_per_mwh": np.array([0.0, 10.0]),
    }
    return Contracts(**{**values, **changes})


@rows_of(
    add_contracts,
    "contracts_within_load",
    "site_share_at_most",
    "site_share_at_least",
    "plan_share_at_most",
    "plan_share_at_least",
    "taken_within_signed",
    "untaken_is_paid",
)
def test_rows() -> None:
    """A pod draws 2 MW x 2,000 MWh = 4 GWh a quarter, the cluster's six 24 GWh; a signed MW gives 0.5 GWh, of which
    0.25 are paid in any case."""
    m = build_model(hand_made(contracts=two_contracts()))
    assert rows(m, "contracts_within_load") == {
        (0, 0): ({"ContractGwh000": 1, "Q000": -4, "W000": -24}, "<=", 0),
        (0, 1): ({"ContractGwh001": 1, "ContractGwh011": 1, "Q001": -4, "W000": -24}, "<=", 0),
        (1, 1): ({"ContractGwh101": 1, "Q101": -4}, "<=", 0),
    }
    assert rows(m, "site_share_at_most") == {
        (0, 0, 0): ({"ContractGwh000": 1, "Q000": -2.4, "W000": -14.4}, "<=", 0),
        (0, 0, 1): ({"ContractGwh001": 1, "Q001": -2.4, "W000": -14.4}, "<=", 0),
        (1, 0, 1): ({"ContractGwh101": 1, "Q101": -2.4}, "<=", 0),
    }
    assert rows(m, "site_share_at_least") == {
        (0, 0, 0): ({"ContractGwh000": -1, "Q000": 0.8, "W000": 4.8}, "<=", 0),
        (0, 0, 1): ({"ContractGwh001": -1, "Q001": 0.8, "W000": 4.8}, "<=", 0),
        (1, 0, 1): ({"ContractGwh101": -1, "Q101": 0.8}, "<=", 0),
    }
    assert rows(m, "plan_share_at_most") == {(1, 1): ({"ContractGwh011": 1, "Q001": -3.6, "W000": -21.6}, "<=", 0)}
    assert rows(m, "plan_share_at_least") == {(1, 1): ({"ContractGwh011": -1, "Q001": 0.4, "W000": 2.4}, "<=", 0)}
    assert rows(m, "taken_within_signed") == {(1, 1): ({"ContractGwh011": 1, "ContractMw1": -0.5}, "<=", 0)}
    assert rows(m, "untaken_is_paid") == {
        (1, 1): ({"UntakenGwh11": -1, "ContractGwh011": -1, "ContractMw1": 0.25}, "<=", 0)
    }
    assert m.ContractMw[1].bounds == (0.0, 8.0)


def test_payments() -> None:
    """A GWh at 30 in place of 50 saves 0.02 musd; at 40 + 5 it saves 0.005 (in place of 25 it costs 0.005); one that
    is unused 0.03; a MW signed pays 250 MWh x 30 USD = 0.0075 musd in the quarter after the horizon."""
    m = build_model(hand_made(contracts=two_contracts()))
    paid = {
        (posting.item, posting.quarter, str(posting.variable)): posting.musd
        for posting in m.ledger.postings
        if posting.priced
    }
    assert paid == {
        ("energy", 0, "ContractGwh[0,0,0]"): pytest.approx(-0.02),
        ("energy", 1, "ContractGwh[0,0,1]"): pytest.approx(-0.02),
        ("energy", 1, "ContractGwh[0,1,1]"): pytest.approx(-0.005),
        ("energy", 1, "ContractGwh[1,0,1]"): pytest.approx(0.005),
        ("minimum_take", 1, "UntakenGwh[1,1]"): pytest.approx(0.03),
        ("minimum_take", 2, "ContractMw[1]"): pytest.approx(0.0075),
    }


def test_shares_of_everything_write_no_row() -> None:
    """From 0 to 100 % of a site or of the plan: nothing but the load and the signed MW limit a contract."""
    open_shares = two_contracts(min_share=np.zeros(2), max_share=np.ones(2))
    m = build_model(hand_made(contracts=open_shares))
    for name in ("site_share_at_most", "site_share_at_least", "plan_share_at_most", "plan_share_at_least"):
        assert rows(m, name) == {}
