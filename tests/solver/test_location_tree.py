"""Branch and bound over sites: the answer is that of the unreduced matrix, also where it is cut short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from location_cases import EXACT, SEEDS, located, unreduced

from siting.solver import location_search
from siting.solver.lagrangian import Pace, first_prices, priced_bound
from siting.solver.location import Location, Sites
from siting.solver.location_moves import improved
from siting.solver.location_plans import carried, plan_over
from siting.solver.location_search import solve_location
from siting.solver.location_tree import branched

TREE = replace(EXACT, gap=1e-9)


def divided(seed: int) -> Location:
    """The random problem with customers who may be divided."""
    return replace(located(seed), whole=False)


def kept(loc: Location, plan: Sites) -> bool:
    """Whether the plan serves everybody, from open sites only, within capacities and the count."""
    load = (plan.share * loc.demand).sum(axis=1)
    served = plan.share.sum(axis=0) == pytest.approx(1.0)
    return bool(
        served and (load <= loc.capacity * plan.open + 1e-6).all() and (loc.most is None or plan.open.sum() <= loc.most)
    )


def test_the_tree_agrees_with_the_unreduced_matrix() -> None:
    """From first prices alone, so that nodes are many: value, bound, and where there is no plan, neither. Where all
    costs are whole, a bound that leaves no whole number below the plan is enough."""
    plans = nodes = 0
    for seed in SEEDS:
        loc = divided(seed)
        right, found = unreduced(loc), branched(loc, replace(first_prices(loc), bound=0.0), TREE)
        assert found.limit is None and (found.plan is None) == np.isinf(right), seed
        nodes += found.nodes
        if found.plan is None:
            assert found.bound == np.inf, seed
            continue
        plans += 1
        assert found.plan.value == pytest.approx(right, rel=1e-7), seed
        assert right * (1.0 - 1e-7) - loc.step < min(found.bound, found.plan.value) <= right * (1.0 + 1e-7), seed
        assert kept(loc, found.plan), seed
    assert plans >= 35 and nodes >= 4 * plans


def test_the_whole_road_goes_through_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps first, then nodes: as the unreduced matrix."""
    monkeypatch.setattr(Location, "small", False)
    monkeypatch.setattr(location_search, "BRIEF", Pace(steps=6, looks=(3,), seconds_an_arc=1e-5))
    by_nodes = 0
    for seed in SEEDS:
        loc = divided(seed)
        right, found = unreduced(loc), solve_location(loc, TREE)
        assert (found.plan is None) == np.isinf(right), seed
        if found.plan is not None:
            by_nodes += found.nodes > 0
            assert found.plan.value == pytest.approx(right, rel=1e-7), seed
            assert found.bound == pytest.approx(right, rel=1e-7), seed
    assert by_nodes >= 15


def test_a_wide_gap_still_has_a_true_bound() -> None:
    """A gap of a tenth: the bound is no more than the optimum and within the gap of the plan."""
    open_ones = 0
    for seed in SEEDS:
        loc = divided(seed)
        right = unreduced(loc)
        found = branched(loc, replace(first_prices(loc), bound=0.0), replace(TREE, gap=0.1))
        if found.plan is not None:
            low = min(found.bound, found.plan.value)
            assert low <= right * (1.0 + 1e-9) <= found.plan.value * (1.0 + 2e-9), seed
            assert found.plan.value - low <= 0.1 * found.plan.value + 1e-9, seed
            open_ones += low < right * (1.0 - 1e-6)
    assert open_ones >= 10


def test_a_tree_cut_short_keeps_the_lowest_open_bound() -> None:
    """No time at all: the bound is that of the root, and says that it is a limit."""
    loc = divided(SEEDS[1])
    priced = priced_bound(loc, plan_over, improved, seconds=10.0, pace=Pace(steps=3, looks=(1,)))
    found = branched(loc, priced, replace(TREE, time_limit_s=0.0))
    assert found.limit == "time_limit" and found.bound == priced.bound <= unreduced(loc) and found.plan is priced.plan


def test_the_cheapest_plan_over_given_sites() -> None:
    """Two sites of 5 and 4, customers of 3, 3, 2 at costs 3, 6, 2 and 9, 6, 2 for all of each: the first is worth most
    here, 3; of the others one unit goes there. 3 + 6 + 2 = 11, and as a third site is not open its 0 is not used."""
    loc = Location(
        fixed=np.array([1.0, 2.0, 0.0]),
        capacity=np.array([5.0, 4.0, 9.0]),
        demand=np.array([3.0, 3.0, 2.0]),
        cost=np.array([[3.0, 6.0, 2.0], [9.0, 6.0, 2.0], [0.0, 0.0, 0.0]]),
        most=None,
        whole=False,
    )
    plan, known = carried(loc, np.array([True, True, False]), 10.0)
    assert known and plan is not None and plan.value == pytest.approx(3.0 + 11.0) and plan.prices is not None
    assert carried(loc, np.array([True, False, False]), 10.0) == (None, True)
    assert carried(replace(loc, most=1), np.array([True, True, False]), 10.0) == (None, True)


def test_a_node_that_is_near_enough_leaves_its_bound() -> None:
    """A root within the gap of the plan at hand: no node is looked at, and nothing better than its bound is claimed."""
    loc = divided(SEEDS[0])
    known = priced_bound(loc, plan_over, improved, seconds=10.0)
    assert known.plan is not None
    low = 0.95 * known.plan.value
    found = branched(loc, replace(known, bound=low), replace(TREE, gap=0.1))
    assert found.nodes == 0 and found.bound == low and found.limit is None
