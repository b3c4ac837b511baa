"""Prices of customers: every bound is one, and every reduction keeps a plan that is better than the one at hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from location_cases import EXACT, SEEDS, located, unreduced

from siting.solver import location_search
from siting.solver.knapsacks import countable, knapsacks
from siting.solver.lagrangian import Pace, Priced, _over, arcs_left, chosen, priced_bound, repriced, settled
from siting.solver.location import Location, Sites
from siting.solver.location_moves import improved
from siting.solver.location_plans import plan_over
from siting.solver.location_search import solve_location


def test_every_price_gives_a_bound() -> None:
    """At random prices, customers divided or whole, no plan costs less; whole customers never lower the bound."""
    tight = 0
    for seed in SEEDS[:40]:
        loc, r = located(seed), np.random.default_rng(seed)
        right, none = unreduced(loc), np.zeros(len(loc.fixed), dtype=np.int8)
        for _ in range(5):
            prices = np.nan_to_num(loc.cost.min(axis=0)) * r.uniform(0.8, 3.0, len(loc.demand))
            bounds = []
            for exact in (False, True) if countable(loc) else (False,):
                inner = knapsacks(loc, prices, exact)
                bounds.append(float(prices.sum()) + chosen(loc, inner.value, none)[0])
                assert bounds[-1] <= right + 1e-6 * abs(right), seed
            assert bounds == sorted(bounds)
            tight += bounds[-1] > 0.7 * right
    assert tight >= 10


def test_a_knapsack_by_hand() -> None:
    """Room 5 at prices 10, 9, 4 for customers of 3, 3, 2 that cost 1, 1, 1: savings 9, 8, 3 and 3, 2.67, 1.5 a unit.
    Divided: all of the first and two thirds of the second, 9 + 16/3, a unit of room is worth 8/3. Whole: the first
    and the third, 12."""
    loc = Location(
        fixed=np.array([20.0]),
        capacity=np.array([5.0]),
        demand=np.array([3.0, 3.0, 2.0]),
        cost=np.ones((1, 3)),
        most=None,
        whole=True,
    )
    prices = np.array([10.0, 9.0, 4.0])
    divided, whole = knapsacks(loc, prices), knapsacks(loc, prices, exact=True)
    assert divided.value[0] == pytest.approx(20.0 - 9.0 - 16.0 / 3.0) and divided.rent[0] == pytest.approx(8.0 / 3.0)
    assert divided.share[0] == pytest.approx([1.0, 2.0 / 3.0, 0.0])
    assert whole.value[0] == pytest.approx(8.0) and whole.share[0] == pytest.approx([1.0, 0.0, 1.0])


def test_settled_sites_are_so_in_every_better_plan() -> None:
    """A plan a little dearer than the optimum at hand: forcing a settled site the other way gives no better plan."""
    sites = 0
    for seed in SEEDS:
        loc = located(seed)
        right = unreduced(loc)
        if not np.isfinite(right):
            continue
        best = right * 1.02 + 1.0
        priced = priced_bound(loc, plan_over, improved, seconds=10.0)
        none = np.zeros(len(loc.fixed), dtype=np.int8)
        state = settled(loc, knapsacks(loc, priced.prices).value, none, priced.prices, best)
        for i in np.flatnonzero(state).tolist():
            sites += 1
            assert unreduced(loc, **{f"y{i}": float(state[i] < 0)}) > best - loc.step - 1e-6, (seed, i)
    assert sites >= 60


def test_arcs_left_out_are_in_no_better_plan() -> None:
    """Customers of one source: with an arc that was left out forced in, no plan is better than the one at hand."""
    arcs = 0
    for seed, exact in itertools.product(SEEDS, (False, True)):
        loc = located(seed)
        if not loc.integral or (exact and not countable(loc)):
            continue
        priced = priced_bound(loc, plan_over, improved, seconds=10.0)
        if priced.plan is None:
            continue
        if exact:
            priced = priced_bound(loc, plan_over, improved, seconds=10.0, known=priced, exact=True, pace=Pace(steps=40))
        assert priced.plan is not None
        left = arcs_left(loc, priced)
        gone = np.argwhere(np.isfinite(loc.cost) & ~left & (priced.state >= 0)[:, None])
        for i, j in gone[:4].tolist():
            only = loc.cost.copy()
            only[np.arange(len(only)) != i, j] = np.inf
            best = priced.plan.value
            assert unreduced(replace(loc, cost=only)) > best - loc.step - 1e-6 * best, (seed, i, j)
            arcs += 1
    assert arcs >= 30


@pytest.mark.parametrize("pool_from", [0, 5000])
def test_the_whole_road_agrees_with_the_unreduced_matrix(pool_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value and bound, with dear arcs pooled from the first on and without pools; no plan included."""
    monkeypatch.setattr(location_search, "POOL_FROM", pool_from)
    monkeypatch.setattr(location_search, "MARGIN", 0.8)
    plans = 0
    for seed in SEEDS:
        loc = located(seed)
        right, found = unreduced(loc), solve_location(loc, replace(EXACT, gap=1e-9))
        assert (found.plan is None) == np.isinf(right), seed
        if found.plan is not None:
            plans += 1
            assert found.plan.value == pytest.approx(right, rel=1e-7), seed
            assert found.bound == pytest.approx(right, rel=1e-7), seed
            served = found.plan.share.sum(axis=0)
            load = (found.plan.share * loc.demand).sum(axis=1)
            assert served == pytest.approx(1.0) and (load <= loc.capacity * found.plan.open + 1e-6).all(), seed
            assert loc.most is None or found.plan.open.sum() <= loc.most
    assert plans >= 35


def test_a_part_is_told_from_the_plans_of_the_whole() -> None:
    """Costs of 4 and 4.5; over the first site all are whole, but the plan at hand, of 4.5, may use the second: one
    of 4 is better, though no whole number lies a whole unit below 4.5."""
    loc = Location(
        fixed=np.zeros(2),
        capacity=np.ones(2),
        demand=np.ones(1),
        cost=np.array([[4.0], [4.5]]),
        most=None,
        whole=True,
    )
    assert loc.step == 0.0 and _over(loc, np.array([0])).step == 0.0
    assert replace(loc, cost=np.array([[4.0], [5.0]])).step == 1.0


def test_other_prices_never_lose_the_bound() -> None:
    """Worse prices leave the bound as it is."""
    loc = located(SEEDS[0])
    known = priced_bound(loc, plan_over, improved, seconds=10.0)
    again = repriced(loc, known, np.zeros(len(loc.demand)))
    assert again.bound == known.bound and again.prices is known.prices


def test_a_limit_of_time_leaves_bound_and_plan() -> None:
    """A second for a problem of 40 sites and 200 customers: whatever is there lies on the right sides."""
    r = np.random.default_rng(5)
    apart = r.uniform(0, 20, (40, 1, 2)) - r.uniform(0, 20, (1, 200, 2))
    demand = r.integers(1, 30, 200).astype(float)
    loc = Location(
        fixed=r.uniform(200, 900, 40),
        capacity=r.uniform(300, 500, 40),
        demand=demand,
        cost=np.linalg.norm(apart, axis=2) * demand,
        most=None,
        whole=True,
    )
    short, longer = (solve_location(loc, replace(EXACT, gap=1e-6, time_limit_s=s)) for s in (1.0, 4.0))
    for found in (short, longer):
        assert found.plan is not None and found.bound is not None and found.bound <= found.plan.value
    assert isinstance(short.plan, Sites) and isinstance(longer.plan, Sites)
    assert short.bound <= longer.plan.value + 1e-6 and longer.bound <= short.plan.value + 1e-6


def test_nothing_known_settles_nothing() -> None:
    """Without a plan all arcs stay."""
    loc = located(SEEDS[0])
    bare = Priced(
        bound=-np.inf,
        prices=np.zeros(len(loc.demand)),
        state=np.zeros(len(loc.fixed), dtype=np.int8),
        plan=None,
        steps=0,
    )
    assert (arcs_left(loc, bare) == np.isfinite(loc.cost)).all()


def test_an_arc_of_whole_customers_is_counted_from_the_divided_ones() -> None:
    """Room 5 for customers of 3, 3, 2 at prices 10, 9, 4, each at a cost of 1, the site at 12; another site of 3 takes
    the second one for 9. Best: the first and the third here, 12 + 2 + 9 = 23, which is the bound. Room is worth 8/3 a
    unit, so the third looks 1 - 4 + 16/3 = 7/3 too dear beside divided customers, who save 7/3 more than whole ones:
    with a plan of 24 at hand the arc of the best plan stays, that of the second customer at no loss too."""
    loc = Location(
        fixed=np.array([12.0, 0.0]),
        capacity=np.array([5.0, 3.0]),
        demand=np.array([3.0, 3.0, 2.0]),
        cost=np.array([[1.0, 1.0, 1.0], [np.inf, 9.0, np.inf]]),
        most=None,
        whole=True,
    )
    assert unreduced(loc) == pytest.approx(23.0)
    prices, none = np.array([10.0, 9.0, 4.0]), np.zeros(2, dtype=np.int8)
    at_hand = Sites(open=np.ones(2, dtype=bool), share=np.zeros((2, 3)), value=24.0)
    priced = Priced(bound=23.0, prices=prices, state=none, plan=at_hand, steps=0, exact=True)
    inner = knapsacks(loc, prices, exact=True)
    assert float(prices.sum()) + chosen(loc, inner.value, none)[0] == pytest.approx(23.0)
    assert arcs_left(loc, priced).tolist() == [[True, True, True], [False, True, False]]
