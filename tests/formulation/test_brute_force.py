"""The optimum of the model is the optimum that a listing finds, for 480 random tiny problems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import Optimum, optimum
from tiny_problems import random_problem

from siting.problem import Problem

CHUNK = 40
CHUNKS = 12
SEEDS = range(CHUNK * CHUNKS)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_model_costs_what_listing_finds(chunk: int) -> None:
    """40 problems a chunk, pods continuous: same optimum to 1e-6, and no plan in one exactly where none in the other.
    At least 17 of them have a plan and 3 of those hold a cluster on leased GPUs: 204 and 36 over all chunks.
    """
    feasible = leased = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        p = random_problem(seed)
        listed, hosts = cheapest_by_listing(p)
        assert optimum(p, whole=False).value == pytest.approx(listed, rel=1e-6, abs=1e-7), f"seed {seed}"
        feasible += bool(np.isfinite(listed))
        leased += any(host.offer >= 0 for host in hosts)
    assert feasible >= 17
    assert leased >= 3


@pytest.mark.parametrize("chunk", range(3))
def test_model_with_whole_pods_costs_what_listing_finds(chunk: int) -> None:
    """20 problems a chunk, pods and GPUs whole: the totals that the model adds cut off no whole plan."""
    feasible = 0
    for seed in range(20 * chunk, 20 * chunk + 20):
        p = random_problem(seed)
        listed, _ = cheapest_by_listing(p, whole=True)
        assert optimum(p).value == pytest.approx(listed, rel=1e-6, abs=1e-7), f"seed {seed}"
        feasible += bool(np.isfinite(listed))
    assert feasible >= 8


@pytest.fixture(scope="module")
def solved() -> list[tuple[Problem, Optimum]]:
    """The 480 problems and their optima by the model."""
    problems = [random_problem(seed) for seed in SEEDS]
    return [(p, optimum(p, whole=False)) for p in problems]


def _cheaper(solved: list[tuple[Problem, Optimum]], **released: float) -> int:
    """Problems with a plan that becomes cheaper when arrays take an idle value."""
    count = 0
    for p, found in solved:
        idle = {name: np.full_like(getattr(p, name), value) for name, value in released.items()}
        if found.decisions is not None and all((getattr(p, name) != idle[name]).any() for name in idle):
            count += optimum(replace(p, **idle), whole=False).value < found.value - 1e-6
    return count


def test_random_problems_are_of_many_kinds(solved: list[tuple[Problem, Optimum]]) -> None:
    """Each kind occurs among those with a plan: 100 with clusters on leases, 40 on campuses, 20 of two clusters, 12
    with contracts that follow one another; each limit is what makes some of them dearer."""
    plans = [(p, found.decisions) for p, found in solved if found.decisions is not None]
    assert len(plans) >= 200
    assert sum(any(host[0] == "lease" for host in d.host) for _, d in plans) >= 100
    assert sum(any(host[0] == "campus" for host in d.host) for _, d in plans) >= 40
    assert sum(len(d.host) == 2 for _, d in plans) >= 20
    assert sum(bool((d.lease_reserved.sum(axis=2) > 1).any()) for _, d in plans) >= 12
    assert _cheaper(solved, lease_min=0.0) >= 20
    assert _cheaper(solved, supply=np.inf) >= 5
    assert _cheaper(solved, funding_musd=1e6) >= 3
    assert _cheaper(solved, energized_mw=1e3) >= 10
    assert _cheaper(solved, modules_first=1) >= 10


def test_a_region_that_nothing_reaches_has_no_plan(solved: list[tuple[Problem, Optimum]]) -> None:
    """Wherever demand lies outside every candidate's and every offer's reach, the model says that no plan exists."""
    unreachable = [
        found
        for p, found in solved
        if ((p.demand_h100e > 0).any(axis=1) & ~np.vstack([p.reach, p.lease_reach]).any(axis=0)).any()
    ]
    assert len(unreachable) >= 5
    assert all(found.decisions is None for found in unreachable)
