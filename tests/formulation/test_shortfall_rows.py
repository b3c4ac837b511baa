"""What is owed and not taken is paid to the cent where a limit asks for spending: rows, and cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import hand_made
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem, one_cluster

from siting.formulation.build import build_model
from siting.formulation.curtailable import add_curtailed
from siting.formulation.large_load import add_large_load
from siting.formulation.power import idling_may_pay
from siting.formulation.supply import add_contracts
from siting.problem.curtailable import Curtailable
from siting.problem.limits import CountedSum, LimitRow, OwnLimits
from siting.problem.supply import Contracts, LargeLoad


def spending(least_musd: float, candidates: int = 2) -> OwnLimits:
    """At least so much is spent over the horizon."""
    part = CountedSum(
        factor=1.0,
        quantity="spend_musd",
        sites=np.ones(candidates, dtype=bool),
        kinds=np.array([True]),
        quarters=np.ones(2, dtype=bool),
    )
    return OwnLimits(rows=(LimitRow(name="own", sums=(part,), sense=">=", bound=least_musd),))


def owes(mwh: float, candidates: int = 2) -> LargeLoad:
    """A module owes so many MWh a quarter at 50 USD/MWh, from its first quarter to the horizon."""
    owed = np.full((candidates, 4), mwh)
    owed[:, 2:] = 0.0
    return LargeLoad(
        owed_mwh=owed,
        usd_per_mwh=np.full(owed.shape, 50.0),
        contracted_from=np.zeros(candidates, dtype=np.int64),
        term=2,
        collateral_musd=np.zeros(candidates),
    )


def bought(candidates: int = 2, **changes: object) -> Contracts:
    """One contract in both quarters at 10 USD/MWh, for all energy of every site."""
    values = {
        "contract": np.array(["cheap"], dtype=object),
        "covers": np.ones((candidates, 1), dtype=bool),
        "runs": np.ones((1, 2), dtype=bool),
        "usd_per_mwh": np.full((1, 2), 10.0),
        "delivery_usd_per_mwh": np.zeros(1),
        "of_plan": np.array([False]),
        "min_share": np.zeros(1),
        "max_share": np.ones(1),
        "mw_max": np.array([np.inf]),
        "mwh_per_mw": np.zeros((1, 2)),
        "min_take": np.zeros(1),
        "resale_usd_per_mwh": np.zeros(1),
    }
    return Contracts(**{**values, **changes})


@rows_of(add_large_load, "short_if_owed", "short_no_more")
def test_what_a_large_load_owes() -> None:
    """4 modules owe 36 GWh at most; 20, 25 and 40 MW at PUE 1.25 and 1.5 are 32, 40 and 53.3 GWh of a quarter."""
    m = build_model(hand_made(large_load=owes(9000.0), limits=spending(10.0)))
    assert rows(m, "short_if_owed") == {
        (0, 0): ({"ShortGwh00": 1, "ShortAny00": -36}, "<=", 0),
        (0, 1): ({"ShortGwh01": 1, "ShortAny01": -36}, "<=", 0),
        (1, 1): ({"ShortGwh11": 1, "ShortAny11": -36}, "<=", 0),
    }
    assert rows(m, "short_no_more") == {
        (0, 0): ({"ShortGwh00": 1, "V00": -9, "Q000": 4, "W000": 24, "ShortAny00": 32}, "<=", 32),
        (0, 1): ({"ShortGwh01": 1, "V01": -9, "Q001": 4, "W000": 24, "ShortAny01": 40}, "<=", 40),
        (1, 1): (
            {"ShortGwh11": 1, "V11": -9, "Q101": 4, "ShortAny11": pytest.approx(160 / 3)},
            "<=",
            pytest.approx(160 / 3),
        ),
    }
    assert not hasattr(build_model(hand_made(large_load=owes(9000.0))), "ShortAny")


@rows_of(add_contracts, "untaken_if_owed", "untaken_no_more")
def test_what_a_contract_binds_to_pay() -> None:
    """8 MW of 500 MWh are 4 GWh, of which half is due in any case: 0.25 GWh a signed MW."""
    ppa = bought(
        mw_max=np.array([8.0]), mwh_per_mw=np.array([[0.0, 500.0]]), min_take=np.array([0.5]), runs=np.eye(2)[1:] > 0
    )
    m = build_model(hand_made(contracts=ppa, limits=spending(10.0)))
    assert rows(m, "untaken_if_owed") == {(0, 1): ({"UntakenGwh01": 1, "UntakenAny01": -2}, "<=", 0)}
    taken = {"ContractGwh001": 1, "ContractGwh101": 1, "ContractMw0": -0.25}
    assert rows(m, "untaken_no_more") == {(0, 1): ({"UntakenGwh01": 1, **taken, "UntakenAny01": 4}, "<=", 4)}


@rows_of(add_curtailed, "rebate_if_curtailable")
def test_an_adder_is_paid_for_what_is_taken() -> None:
    """A price adder above zero has an upper bound only where a limit asks for spending."""
    terms = Curtailable(
        admitted=np.array([True, True]),
        earlier_mw=np.zeros((2, 2)),
        saved_cash_musd=np.zeros((2, 2)),
        saved_back_musd=np.zeros((2, 2)),
        adder_usd_per_mwh=5.0,
        lost_musd_per_it_mw=np.ones(2),
    )
    assert rows(build_model(hand_made(curtailable=terms)), "rebate_if_curtailable") == {}
    written = rows(build_model(hand_made(curtailable=terms, limits=spending(10.0))), "rebate_if_curtailable")
    assert written[0, 0] == ({"AddedGwh00": 1, "Curtailable0": -32}, "<=", 0)


def test_a_shortfall_is_no_way_to_spend() -> None:
    """One pod in a module that owes 10 GWh: 10 + 5 + 2 + 0.1 + 8 x 0.05 = 17.5 are spent, 19.5 count, as module and pod
    count 1 more than they cost. 20 are wanted: a quarter earlier 0.5 more are owed, and a second pod costs 2 and counts
    3: 23. Owing for nothing would make it 22.
    """
    p = hand_problem(
        1,
        demand_h100e=np.array([[0.0, 100.0]]),
        large_load=owes(10_000.0, 1),
        npv_module_musd=np.full((1, 2), 6.0),
        npv_pod_musd=np.full((1, 1, 2), 3.0),
    )
    wanted = changed(p, limits=spending(20.0, 1))
    assert optimum(p, whole=False).value == pytest.approx(19.5)
    assert optimum(wanted, whole=False).value == pytest.approx(23.0)
    assert optimum(wanted, whole=False, off=("short_no_more",)).value == pytest.approx(22.0)


def test_pods_run_for_nobody_where_taking_is_cheaper_than_owing() -> None:
    """A cluster of one pod in a module that owes 10 GWh a quarter at 50 USD/MWh; at 10 under a contract. Four pods more
    at 0.05 take what is owed: 10 + 5 + 0.25 + 2 x 0.1 = 15.45, not 10 + 5 + 0.05 + 2 x (0.02 + 0.4) = 15.89."""
    p = hand_problem(
        1,
        **one_cluster(1),
        large_load=owes(10_000.0, 1),
        contracts=bought(1),
        usd_per_mwh=np.full((1, 2), 50.0),
        pod_price_musd=np.array([0.05]),
        npv_pod_musd=np.full((1, 1, 2), 0.05),
    )
    found = optimum(p)
    assert found.value == pytest.approx(15.45)
    assert found.plan.running_pods[0, 0].tolist() == pytest.approx([5.0, 5.0])


def test_where_pods_may_run_for_nobody() -> None:
    """Only where it may pay: a contract beside owed energy, a share of all sites together, a price below zero."""

    def pays(**changes: object) -> bool:
        return idling_may_pay(hand_problem(**changes))

    assert not pays()
    assert not pays(large_load=owes(9000.0))
    assert not pays(contracts=bought())
    assert not pays(contracts=bought(of_plan=np.array([True])))
    assert pays(contracts=bought(), large_load=owes(9000.0))
    assert pays(contracts=bought(of_plan=np.array([True]), max_share=np.array([0.8])))
    assert pays(usd_per_mwh=np.array([[60.0, 60.0], [60.0, -1.0]]))
    assert pays(limits=spending(1.0))
