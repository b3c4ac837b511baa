"""Every row of carrying service and of single sources, coefficient by coefficient, and cases in which they count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem, one_offer

from siting.formulation.build import build_model
from siting.formulation.service import coverage_classes
from siting.formulation.single_source import add_single_source
from siting.formulation.transit import add_transit
from siting.problem import Problem
from siting.problem.transit import Transit


def towns(
    h100e: tuple[float, float], rates: list[list[float]], offer: list[float] | None = None, **more: Any
) -> Problem:
    """Two towns with a demand in quarter 1, two campuses; `rates` in musd for each H100e served in a quarter."""
    lease: dict[str, Any] = {"lease_reach": np.zeros((0, 2), dtype=bool)}
    if offer is not None:
        lease = one_offer(2, price_musd=0.1, most=1000.0) | {"lease_reach": np.ones((1, 2), dtype=bool)}
    transit = Transit(
        usd_per_h=np.array(rates) * 1e6 / 2000.0,
        lease_usd_per_h=np.array([] if offer is None else [offer]).reshape(-1, 2) * 1e6 / 2000.0,
        hours=np.full(2, 2000.0),
    )
    return hand_problem(
        2,
        region=np.array(["a", "b"], dtype=object),
        reach=np.ones((2, 2), dtype=bool),
        demand_h100e=np.array([[0.0, h100e[0]], [0.0, h100e[1]]]),
        transit=transit,
        **lease | more,
    )


@rows_of(add_transit, "sent_as_asked", "served_when_open")
def test_transit() -> None:
    """Campus 1 costs less to town a, so it is class 0; campus 0 and the offer cost alike and are class 1, which has an
    offer and no strong row."""
    p = towns((100, 50), [[0.02, 0.01], [0.01, 0.03]], [0.02, 0.01])
    assert [found.tolist() for found in coverage_classes(p)[1:]] == [[1, 0], [1]]
    m = build_model(p)
    assert rows(m, "sent_as_asked") == {
        (0, 1): ({"F001": 1, "F101": 1}, "<=", 100),
        (1, 1): ({"F011": 1, "F111": 1}, "<=", 50),
    }
    assert rows(m, "served_when_open") == {
        (0, 0, 1): ({"F001": 1, "Z11": -100}, "<=", 0),
        (0, 1, 1): ({"F011": 1, "Z11": -50}, "<=", 0),
    }
    paid = {
        str(entry.variable): entry.musd for entry in m.ledger.cash() if entry.item == "transit" and entry.quarter == 1
    }
    assert paid == pytest.approx({"F[0,0,1]": 0.01, "F[0,1,1]": 0.03, "F[1,0,1]": 0.02, "F[1,1,1]": 0.01})


@rows_of(add_single_source, "served_whole", "one_source")
def test_single_source() -> None:
    """Two campuses of equal reach and cost are two classes then."""
    m = build_model(towns((100, 50), [[0.0, 0.0], [0.0, 0.0]], single_source=True))
    assert rows(m, "served_whole")[0, 0, 1] == ({"F001": 1, "Serves001": -100}, "==", 0)
    assert rows(m, "served_whole")[1, 1, 1] == ({"F111": 1, "Serves111": -50}, "==", 0)
    assert rows(m, "one_source") == {
        (0, 1): ({"Serves001": 1, "Serves101": 1}, "==", 1),
        (1, 1): ({"Serves011": 1, "Serves111": 1}, "==", 1),
    }


def test_free_carrying_writes_nothing() -> None:
    """Without costs and with many sources allowed there are no such rows."""
    m = build_model(hand_problem(demand_h100e=np.array([[0.0, 100.0]])))
    assert m.component("sent_as_asked") is None and m.component("Serves") is None


def test_a_near_campus_pays_for_itself() -> None:
    """100 H100e each. Campus 0 alone: 10 + 5 + 2 x 2.1 = 19.2 and what it costs to carry. Campus 1 opens for 30 + 5
    once carrying to town b costs more: at 0.2 a unit (20) not, at 0.4 (40) it does: 15 + 35 + 4.2 = 54.2.
    """
    assert optimum(towns((100, 100), [[0.0, 0.2], [0.4, 0.0]]), whole=False).value == pytest.approx(39.2)
    assert optimum(towns((100, 100), [[0.0, 0.4], [0.4, 0.0]]), whole=False).value == pytest.approx(54.2)


def test_a_town_that_may_not_be_divided() -> None:
    """Campuses of one module of 10 MW give 1,000 H100e each. 600, 600 and 600 fit two campuses only in parts."""
    three = hand_problem(
        2,
        region=np.array(["a", "b", "c"], dtype=object),
        reach=np.ones((2, 3), dtype=bool),
        lease_reach=np.zeros((0, 3), dtype=bool),
        demand_h100e=np.array([[0.0, 600.0]] * 3),
        modules_max=np.ones(2, dtype=np.int64),
    )
    assert optimum(three, whole=False).value == pytest.approx(10 + 30 + 5 + 5 + 18 * 2.1)
    assert optimum(changed(three, single_source=True)).value == np.inf
    whole = optimum(changed(three, single_source=True, demand_h100e=np.array([[0.0, 500.0]] * 3)))
    served = {(source, region) for _, source, region, _, _ in whole.plan.service}
    assert len(served) == 3 and {region for _, region in served} == {0, 1, 2}
