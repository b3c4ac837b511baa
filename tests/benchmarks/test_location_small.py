"""Seven location problems on random small instances: the answer is that of trying every set of sites."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from location_files import Instance, uncapacitated
from location_problems import by_search, problem_of, solved
from model_optimum import optimum
from scipy.optimize import linprog

from siting.solver.highs import Options
from siting.solver.location import location_of

EXACT = Options(gap=1e-9, threads=1, time_limit_s=60.0)


def instance(seed: int, whole: bool = True) -> Instance:
    """3-5 sites, 4-6 customers at random points; capacities of a fifth to twice of all demand. Some pairs are missing,
    and by chance all capacities are equal. Not `whole`: costs with a fraction."""
    r = np.random.default_rng(seed)
    m, n = int(r.integers(3, 6)), int(r.integers(4, 7))
    demand = r.integers(2, 12, n).astype(float)
    distance = np.round(
        np.linalg.norm(r.uniform(0, 30, (m, 1, 2)) - r.uniform(0, 30, (1, n, 2)), axis=2), 0 if whole else 3
    )
    capacity = np.round(demand.sum() * r.uniform(0.2, 2.0, m))
    if r.random() < 0.3:
        capacity[:] = np.round(demand.sum() * r.choice([0.35, 0.55]))
    cost = distance * demand
    cost[r.random((m, n)) < 0.1] = np.nan
    return Instance(
        fixed=r.integers(0, 200, m).astype(float), capacity=capacity, demand=demand, cost=cost, distance=distance
    )


def sets(m: int) -> list[list[int]]:
    """Every set of sites but the empty one."""
    return [list(chosen) for k in range(1, m + 1) for chosen in itertools.combinations(range(m), k)]


def divided(one: Instance, chosen: list[int]) -> float:
    """Least cost of carrying over the chosen sites, customers divided at will: an LP."""
    m, n = len(chosen), len(one.demand)
    cost = one.cost[chosen].ravel()
    serve = np.kron(np.ones(m), np.eye(n))
    room = np.kron(np.eye(m), one.demand)
    bounds = [(0.0, 0.0 if np.isnan(c) else None) for c in cost]
    capacity = np.minimum(one.capacity[chosen], one.demand.sum())
    found = linprog(np.nan_to_num(cost), A_ub=room, b_ub=capacity, A_eq=serve, b_eq=np.ones(n), bounds=bounds)
    return float(found.fun) if found.status == 0 else np.inf


def placed(one: Instance, chosen: list[int]) -> float:
    """The same with every customer at one site: every way is tried."""
    best, n = np.inf, len(one.demand)
    for ways in itertools.product(chosen, repeat=n):
        load = np.bincount(ways, weights=one.demand, minlength=len(one.fixed))
        if (load <= one.capacity + 1e-9).all():
            cost = one.cost[list(ways), range(n)].sum()
            best = cost if cost < best else best  # a missing pair is NaN, never less
    return float(best)


def listed(one: Instance, carried: Callable[[Instance, list[int]], float], most: int | None = None) -> float:
    """Least cost over all sets of sites."""
    allowed = (chosen for chosen in sets(len(one.fixed)) if most is None or len(chosen) <= most)
    return min((float(one.fixed[chosen].sum()) + carried(one, chosen) for chosen in allowed), default=np.inf)


def agree(found: float | None, right: float) -> bool:
    """Whether both are the same number, or both say that there is no plan."""
    return found is None if np.isinf(right) else found == pytest.approx(right, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("problem", "carried", "seeds"), [("cflp", divided, 40), ("uflp", divided, 15), ("sscflp", placed, 25)]
)
def test_facility_location(
    problem: str, carried: Callable[[Instance, list[int]], float], seeds: int, whole: bool
) -> None:
    """Value and bound are the least cost over all sets of sites; without a plan there is neither."""
    plans = 0
    for seed in range(seeds):
        one = instance(seed, whole)
        one = replace(one, cost=one.cost[:, :5], demand=one.demand[:5]) if problem == "sscflp" else one
        right = listed(uncapacitated(one) if problem == "uflp" else one, carried)
        found = solved(one, problem, EXACT)
        assert agree(found.value, right), (seed, found, right)
        assert np.isinf(right) or found.bound == pytest.approx(right, rel=1e-6, abs=1e-6), (seed, found, right)
        plans += bool(np.isfinite(right))
    assert plans >= seeds // 3


def test_p_median() -> None:
    """At most p sites, which cost nothing."""
    for seed in range(25):
        one = replace(instance(seed), fixed=np.zeros(len(instance(seed).fixed)))
        found = solved(one, "pmedian", EXACT, p=2)
        assert agree(found.value, listed(uncapacitated(one), divided, most=2)), seed


def test_covering() -> None:
    """Fewest sites within 14, most demand within 9 of two sites, least radius of two: as listed over all sets."""
    some = 0
    for seed in range(25):
        one = instance(seed)
        distance, m = one.distance, len(one.fixed)
        assert distance is not None
        fewest = min((len(c) for c in sets(m) if (distance[c] <= 14).any(axis=0).all()), default=np.inf)
        assert agree(solved(one, "lscp", EXACT, radius=14.0).value, float(fewest)), seed
        pairs = [c for c in sets(m) if len(c) <= 2]
        most = max(one.demand[(distance[c] <= 9).any(axis=0)].sum() for c in pairs)
        found = solved(one, "mclp", EXACT, radius=9.0, p=2)
        assert found.value == pytest.approx(most) and found.bound == pytest.approx(most), seed
        radius = min(distance[c].min(axis=0).max() for c in pairs)
        center = solved(one, "pcenter", EXACT, p=2)
        assert center.value == pytest.approx(radius) and center.bound == pytest.approx(radius), seed
        some += bool(np.isfinite(fewest))
    assert some >= 8


@pytest.mark.parametrize("single", [False, True])
def test_the_model_of_every_study_says_the_same(single: bool) -> None:
    """The rows of the model, unreduced, give the value that the structure gives: also with at most two sites."""
    plans = 0
    for seed in range(14):
        one = instance(seed)
        for most in (None, 2):
            p = replace(problem_of(one, most), single_source=single)
            assert location_of(p) is not None
            found = solved(one, "sscflp" if single else "cflp", EXACT) if most is None else None
            right = optimum(p).value
            if found is not None:
                assert agree(found.value, right), seed
                plans += bool(np.isfinite(right))
            else:
                assert agree(by_search(p, EXACT)[0], right), seed
    assert plans >= 4


def test_what_is_asked_must_be_complete() -> None:
    """p, a radius and distances are asked for where they are needed."""
    one = instance(0)
    for problem, given in (("pmedian", {}), ("lscp", {}), ("mclp", {"p": 2})):
        with pytest.raises(ValueError, match="needs"):
            solved(one, problem, EXACT, **given)
    with pytest.raises(ValueError, match="distances"):
        solved(replace(one, distance=None), "pcenter", EXACT, p=2)
