"""Several sets of prices, by place of the cluster the best of them: no plan is cheaper, whatever the prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_optimum import least_cost
from tiny_problems import random_problem

from siting.pricing import Multipliers, Prices, bound_of, bound_over_all
from siting.pricing.places import needed, place_floors
from siting.problem import Problem
from siting.solver.everyone import price_everyone
from siting.solver.highs import Options
from siting.solver.hosts import among

QUICK = Options(gap=0.0, threads=1, time_limit_s=10.0)


def several(p: Problem, seed: int) -> Prices | None:
    """Prices of the relaxation, those with every price some other share of itself, and those of the relaxation with the
    cluster at each place."""
    everyone = np.arange(len(p.candidate_id))
    found = price_everyone(p, everyone, QUICK)
    if found is None:
        return None
    rng, y = np.random.default_rng([5, seed]), found.multipliers
    served, funding, supply = (x * rng.uniform(0.5, 1.5, x.shape) for x in (y.served, y.funding, y.supply))
    there = [among(p, np.array(at, dtype=np.int64), not at) for at in ([], *([i] for i in everyone.tolist()))]
    apart = [price_everyone(one, everyone, QUICK) for one in there]
    other = replace(y, served=served, funding=funding, supply=supply)
    return Prices(common=y, by_place=(other, *(one.multipliers for one in apart if one is not None)))


def test_no_plan_is_cheaper_at_any_place() -> None:
    """Any prices: the bound is no less than by each set alone and no more than the optimum, in all and for each place;
    by other prices for other places it is sometimes more than by any one."""
    seen = more = 0
    for seed in (*range(60), 110, 155):
        p = random_problem(seed)
        best = least_cost(p) if len(p.cluster) == 1 else None
        prices = None if best is None else several(p, seed)
        if best is None or prices is None:
            continue
        seen += 1
        room = 1e-6 * max(1.0, abs(best))
        found = bound_of(p, prices)
        alone = max(bound_over_all(p, one).least for one in prices.all)
        assert alone - room <= found.least <= best + room, seed
        more += found.least > alone + room
        floors = place_floors(found)
        for place in range(len(p.candidate_id) + 1):
            on_campus = place < len(p.candidate_id)
            here = among(p, np.array([place] if on_campus else [], dtype=np.int64), offers=not on_campus)
            least = least_cost(here)
            assert least is None or floors[place] <= least + room, (seed, place)
    assert seen >= 20
    assert more >= 2


def test_prices_that_add_nothing_are_left_out() -> None:
    """Floors of three places: the second set is beaten by the third everywhere, and the first one is always kept."""
    assert needed([np.array([1.0, 1.0, 1.0]), np.array([2.0, 1.0, 1.0]), np.array([3.0, 2.0, 1.0])]) == [0]
    assert needed([np.array([1.0, 5.0, 5.0]), np.array([2.0, 1.0, 1.0]), np.array([3.0, 2.0, 1.0])]) == [0, 2]


def test_they_are_for_one_cluster() -> None:
    """With two, a place holds sets of clusters: refused."""
    p = next(p for p in map(random_problem, range(60)) if len(p.cluster) == 2)
    zero = Multipliers.zero(p)
    assert bound_of(p, Prices(common=zero)).least == bound_over_all(p, zero).least
    with pytest.raises(ValueError, match="one cluster"):
        bound_of(p, Prices(common=zero, by_place=(zero,)))
