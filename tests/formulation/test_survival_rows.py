"""Every row of inference that outlives a loss, coefficient by coefficient, and a case in which it counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem, one_offer

from siting.formulation.build import build_model
from siting.formulation.survival import add_survival
from siting.problem import Problem
from siting.problem.limits import CountedSum, LimitRow, OwnLimits


def asks(h100e: float, share: float, candidates: int = 2, **changes: object) -> Problem:
    """So many H100e in quarter 1, of which a share survives."""
    return hand_problem(candidates, demand_h100e=np.array([[0.0, h100e]]), survive_share=share, **changes)


@rows_of(add_survival, "class_capacity", "largest_member", "demand_after_loss", "capacity_after_loss")
def test_survival() -> None:
    """Two campuses reach the town alike, so they are one class; a rented GPU of 1 H100e reaches it too. Half of 500."""
    m = build_model(asks(500, 0.5, **one_offer(2, price_musd=0.1, most=1000.0)))
    assert rows(m, "class_capacity") == {
        (0, 1): ({"Able01": 1, "Q001": -100, "Q101": -100, "X01": -1}, "==", 0),
    }
    assert rows(m, "largest_member") == {
        (0, 1, 0): ({"Largest01": -1, "Q001": 100}, "<=", 0),
        (0, 1, 1): ({"Largest01": -1, "Q101": 100}, "<=", 0),
        (0, 1, 2): ({"Largest01": -1, "X01": 1}, "<=", 0),
    }
    assert rows(m, "demand_after_loss") == {(0, 0, 1): ({"Reroute0001": -1}, "<=", -250)}
    assert rows(m, "capacity_after_loss") == {(0, 0, 1): ({"Reroute0001": 1, "Able01": -1, "Largest01": 1}, "<=", 0)}


def region_of_two() -> dict[str, Any]:
    """Two offers in one region: the first reaches both towns, the second town b alone."""
    one = one_offer(2, price_musd=0.1, most=1000.0)
    both = {name: np.concatenate([array, array]) for name, array in one.items() if name != "lease_id"}
    towns = {"region": np.array(["a", "b"], dtype=object), "reach": np.ones((2, 2), dtype=bool)}
    reach = {"lease_reach": np.array([[True, True], [False, True]]), "lease_region": np.array([0, 0])}
    return {**both, **towns, **reach, "lease_id": np.array(["first", "second"], dtype=object)}


@rows_of(add_survival, "largest_member", "capacity_after_loss")
def test_a_lease_region_is_lost_with_all_its_offers() -> None:
    """Class 0 (town b alone) holds the second offer, class 1 (both towns) the campuses and the first. The offers are
    no member of one class, so their region is a loss of its own, 2 classes + 2 campuses + region 0 = 4; the campuses'
    largest is loss 1. A campus of either class is not the largest of class 0: that class has no loss."""
    demand = {"demand_h100e": np.array([[0.0, 500.0], [0.0, 100.0]])}
    m = build_model(hand_problem(2, survive_share=0.5, **region_of_two(), **demand))
    assert set(rows(m, "largest_member")) == {(1, 1, 0), (1, 1, 1)}
    found = rows(m, "capacity_after_loss")
    assert found[1, 1, 1] == ({"Reroute1101": 1, "Reroute1111": 1, "Able11": -1, "Largest11": 1}, "<=", 0)
    assert found[1, 0, 1] == ({"Reroute1011": 1, "Able01": -1}, "<=", 0)
    assert found[4, 1, 1] == ({"Reroute4101": 1, "Reroute4111": 1, "Able11": -1, "X01": 1}, "<=", 0)
    assert found[4, 0, 1] == ({"Reroute4011": 1, "Able01": -1, "X11": 1}, "<=", 0)
    assert len(found) == 4


def test_a_region_does_not_stand_by_for_itself() -> None:
    """200 H100e of town b from one offer of 200 outlive its loss only with somebody else: two offers in one region are
    as good as one, two regions are enough."""
    alone: dict[str, Any] = {"demand_h100e": np.array([[0.0, 0.0], [0.0, 200.0]]), "modules_max": np.zeros(2, int)}
    p = hand_problem(2, survive_share=1.0, **region_of_two() | alone)
    assert optimum(p, whole=False).value == np.inf
    assert optimum(changed(p, lease_region=np.array([0, 1])), whole=False).value == pytest.approx(0.1 * 400)


def test_nothing_is_written_without_a_share() -> None:
    """A share of 0 is no limit."""
    assert not hasattr(build_model(asks(500, 0.0)), "Largest")


def test_a_second_site_stands_by() -> None:
    """500 H100e at c0 cost 25.5; when half must survive, 5 pods are divided 3 and 2 or 2.5 each and c1 opens too:
    10 + 30 + 5 + 5 + 5 x 2.1 = 60.5. When all must survive both campuses run 5: 71.
    """
    assert optimum(asks(500, 0.0), whole=False).value == pytest.approx(25.5)
    assert optimum(asks(500, 0.5), whole=False).value == pytest.approx(60.5)
    assert optimum(asks(500, 1.0), whole=False).value == pytest.approx(71.0)
    assert optimum(asks(500, 0.5), off=("demand_after_loss",), whole=False).value == pytest.approx(25.5)


def test_one_site_outlives_nothing() -> None:
    """Whoever has one campus and no lease has no plan."""
    assert optimum(asks(500, 0.1, candidates=1)).value == np.inf


def test_what_is_lost_serves_nobody() -> None:
    """Two towns, each campus reaches one: nothing can be re-routed."""
    apart = hand_problem(
        2,
        reach=np.eye(2, dtype=bool),
        region=np.array(["a", "b"], dtype=object),
        demand_h100e=np.array([[0.0, 100.0], [0.0, 100.0]]),
        lease_reach=np.zeros((0, 2), dtype=bool),
    )
    assert optimum(apart).value < np.inf
    assert optimum(changed(apart, survive_share=0.1)).value == np.inf


def test_pods_that_reach_nothing_stand_by_for_nobody() -> None:
    """c1 reaches no region; a least energy of c1 makes its pods run, which must not replace those of c0."""
    energy = CountedSum(
        factor=1.0,
        quantity="energy_mwh",
        sites=np.array([False, True]),
        kinds=np.array([True]),
        quarters=np.array([False, True]),
    )
    limits = OwnLimits(rows=(LimitRow(name="own", sums=(energy,), sense=">=", bound=10_000.0),))
    alone = asks(500, 0.5, reach=np.array([[True], [False]]), limits=limits)
    assert optimum(changed(alone, survive_share=0.0)).plan.running_pods[1, 0, 1] == pytest.approx(5.0)
    assert optimum(alone).value == np.inf
