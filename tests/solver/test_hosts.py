"""Places for the cluster apart: a bound that no plan is cheaper than, in all and place by place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from model_optimum import least_cost
from tiny_problems import random_problem

from siting.pricing import bound_of
from siting.pricing.places import place_floors
from siting.problem import Problem
from siting.solver.everyone import Everyone, price_everyone
from siting.solver.highs import Options
from siting.solver.hosts import among, price_by_host

QUICK = Options(gap=0.0, threads=1, time_limit_s=10.0)


def one_cluster(seed: int) -> Problem | None:
    """A random problem with one cluster that has a plan."""
    p = random_problem(seed)
    return p if len(p.cluster) == 1 and least_cost(p) is not None else None


def priced(p: Problem) -> Everyone | None:
    """All candidates priced from the first one on."""
    return price_everyone(p, np.arange(len(p.candidate_id)), QUICK)


def solved(seed: int) -> tuple[Problem, Everyone, float]:
    """A random problem with one cluster, its prices over all candidates and its least cost."""
    p = one_cluster(seed)
    known = None if p is None else priced(p)
    best = None if p is None else least_cost(p)
    assert p is not None
    assert known is not None
    assert best is not None
    return p, known, best


def cost_at(p: Problem, campuses: list[int], offers: bool) -> float:
    """Least cost with the cluster at one of these places; infinity where it cannot be."""
    found = least_cost(among(p, np.array(campuses, dtype=np.int64), offers))
    return np.inf if found is None else found


def test_places_divide_the_plans() -> None:
    """Least cost = the least over places of the least cost with the cluster there."""
    seen = 0
    for seed in range(60):
        if (p := one_cluster(seed)) is None:
            continue
        seen += 1
        apart = [cost_at(p, [i], False) for i in range(len(p.candidate_id))]
        assert np.isclose(min(*apart, cost_at(p, [], True)), least_cost(p), rtol=1e-6), seed
    assert seen >= 20


def test_no_plan_is_cheaper_than_the_bound_of_its_place() -> None:
    """The bound lies between that by common prices and the optimum, and so it does for each campus that holds the
    cluster; apart, it is better for some."""
    seen = better = 0
    for seed in range(160):
        p = one_cluster(seed)
        known = None if p is None else priced(p)
        if p is None or known is None:
            continue
        best = least_cost(p)
        assert best is not None
        found = price_by_host(p, known, best, QUICK)
        room = 1e-6 * max(1.0, abs(best))
        assert known.bound.least - room <= found.least <= best + room, seed
        if found.by_host is None:
            continue
        seen += 1
        better += found.least > known.bound.least + room
        floors = place_floors(found.by_host.bound).tolist()
        for i, musd in enumerate(floors[:-1]):
            assert musd <= cost_at(p, [i], False) + room, (seed, i)
        assert floors[-1] <= cost_at(p, [], True) + room, seed
        assert np.isclose(bound_of(p, found.prices).least, found.least, rtol=1e-9), seed
        assert len(found.by_host.prices) <= found.by_host.groups
    assert seen >= 15
    assert better >= 2


def test_a_place_that_cannot_hold_the_cluster_hides_no_other() -> None:
    """No plan has it there, which common prices do not see: its own lift it past the optimum, and the bound is that."""
    p, known, best = solved(293)
    cheapest = int(np.argmin(place_floors(known.bound)))
    assert known.bound.least < best * (1.0 - 1e-3)
    assert cost_at(p, [cheapest], False) == np.inf
    found = price_by_host(p, known, best, QUICK)
    assert found.by_host is not None and place_floors(found.by_host.bound)[cheapest] >= best * (1.0 - 1e-9)
    assert np.isclose(found.least, best, rtol=1e-6)
    assert np.isclose(bound_of(p, found.prices).least, found.least, rtol=1e-9)


def test_candidates_at_hand_that_cannot_do_without_others_call_for_them() -> None:
    """The prices of the whole, and one candidate at hand: the bound is that from all of them at hand."""
    p, known, best = solved(169)
    few = price_by_host(p, replace(known, rows=known.rows[:1]), best, QUICK)
    assert few.least > known.bound.least * (1.0 + 1e-3)
    assert np.isclose(few.least, price_by_host(p, known, best, QUICK).least, rtol=1e-6)


def test_two_clusters_are_left_alone() -> None:
    """Places of several clusters at once are not divided: what is known stays as it is."""
    for seed in range(60):
        p = random_problem(seed)
        known = priced(p) if len(p.cluster) == 2 else None
        if known is not None:
            assert price_by_host(p, known, 1e9, QUICK) is known
            return
    raise AssertionError("no problem with two clusters")
