"""The decisions of `search` keep every limit of the problem, looked at in plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from broken_limits import broken_limits
from tiny_problems import hand_problem, one_cluster, one_offer, random_problem

from siting.problem import Problem
from siting.solver.decisions import Decisions
from siting.solver.highs import Options
from siting.solver.search import SERVER_GPUS, search
from siting.termination import Termination

EXACT = Options(gap=1e-6, threads=1)


@pytest.mark.parametrize("chunk", range(4))
def test_plan_keeps_every_limit(chunk: int) -> None:
    """30 random problems a chunk, at least 10 of them with a plan."""
    found = 0
    for seed in range(30 * chunk, 30 * chunk + 30):
        p = random_problem(seed)
        decisions = search(p, EXACT).decisions
        if decisions is not None:
            assert broken_limits(p, decisions) == [], f"seed {seed}"
            found += 1
    assert found >= 10


def test_many_sites_in_a_hundredth_of_a_second_is_a_result() -> None:
    """60 sites over 12 quarters, demand from 2,000 to 13,000 H100e, no time: a plan that keeps every limit, or none,
    and never an exception."""
    r, sites, t = np.random.default_rng(7), 60, 12
    opening = r.uniform(8.0, 40.0, (sites, 1)) * np.ones((1, t))
    p = hand_problem(
        sites,
        t,
        npv_open_musd=opening,
        opening_cash_musd=opening,
        modules_first=r.integers(1, 4, sites),
        demand_h100e=np.linspace(2000.0, 13000.0, t)[None, :],
        funding_musd=np.full(t, 1e5),
    )
    searched = search(p, Options(gap=0.0, time_limit_s=0.01, threads=1))
    assert searched.result.termination in (Termination.OPTIMAL, Termination.FEASIBLE, Termination.NO_PLAN_FOUND)
    if searched.decisions is not None:
        assert broken_limits(p, searched.decisions) == []


def test_small_contract_keeps_its_least() -> None:
    """An offer of 6 to 8 GPUs at 1 musd for one quarter, 4 H100e asked in quarter 0: 6 GPUs, 6 musd. The first search
    may sign a fraction of so small a contract, the plan may not."""
    p = hand_problem(
        0, demand_h100e=np.array([[4.0, 0.0]]), **one_offer(2, price_musd=1.0, most=8.0, least=6.0, starts=(0,))
    )
    assert p.lease_min[0] <= SERVER_GPUS
    searched = search(p, EXACT)
    assert searched.decisions is not None
    assert searched.decisions.lease_gpus.tolist() == [[6, 0]]
    assert searched.result.value == pytest.approx(6.0)


def test_pods_of_the_plan_are_whole() -> None:
    """950 H100e run 9.5 pods in both quarters: 10 are bought (10 + 5 + 20 musd) and 9.5 run (1.9), 36.9 in all."""
    searched = search(hand_problem(1, demand_h100e=np.array([[950.0, 950.0]])), EXACT)
    assert searched.decisions is not None
    assert searched.decisions.pods.sum() == 10
    assert searched.result.value == pytest.approx(36.9)


def _hosted() -> tuple[Problem, Decisions]:
    """Cluster of 8 pods at c0, and 100 H100e for the town: 9 pods in one module, running in both quarters."""
    p = hand_problem(1, demand_h100e=np.array([[100.0, 100.0]]), **one_cluster(8))
    decisions = search(p, EXACT).decisions
    assert decisions is not None
    return p, decisions


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"modules_max": np.array([0])}, "more modules than the site carries"),
        ({"modules_first": np.array([2])}, "less than a first phase"),
        ({"live_from": np.array([1])}, "a module too early"),
        ({"deliver_from": np.array([1])}, "a pod too early"),
        ({"module_it_mw": 8.0}, "more pods than the halls take"),
        ({"supply": np.array([[512.0, 512.0]])}, "more accelerators than the vendor ships"),
        ({"energized_mw": np.array([[11.0, 11.0]])}, "more power than flows"),
        ({"cluster_pods": np.array([[10]])}, "a cluster's pods do not run"),
        ({"cluster_pods": np.array([[0]])}, "cluster 0 on a type that it does not admit"),
        ({"reach": np.array([[False]])}, "service beyond the round trip target"),
        ({"demand_h100e": np.array([[100.0, 200.0]])}, "demand not served"),
        ({"pod_serve": np.array([90.0])}, "a campus serves more than it runs"),
        ({"funding_musd": np.array([33.0, 33.0])}, "more money than came in"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_limit_is_seen(change: dict[str, object], sentence: str) -> None:
    """One limit tightened below the plan (9 pods of 1 MW, 11.25 MW at the meter, 10 + 5 + 18 + 1.8 = 34.8 musd): the
    check that the tests above rely on names it."""
    p, decisions = _hosted()
    assert broken_limits(p, decisions) == []
    assert sentence in broken_limits(replace(p, **change), decisions)


def test_a_broken_contract_is_seen() -> None:
    """A cluster of 16 GPUs on a contract that is then asked for more, starts outside its window, or is too short."""
    p = hand_problem(
        0, **one_offer(2, price_musd=1.0, most=32.0, least=12.0, term=2, starts=(0,)), **one_cluster(8, gpus=16)
    )
    decisions = search(p, EXACT).decisions
    assert decisions is not None
    assert broken_limits(p, decisions) == []
    for change, sentence in (
        ({"lease_min": np.array([20.0])}, "a contract below its least"),
        ({"lease_max": np.array([8.0])}, "more GPUs than the offer has"),
        ({"lease_start": np.array([[False, True]])}, "a contract outside its window"),
        ({"cluster_lease_gpus": np.array([[24]])}, "more GPUs reserved than under contract"),
        ({"lease_term": np.array([1])}, "cluster 0 without a contract in some quarter"),
        ({"lease_forced": np.array([True])}, "an existing contract not at its size"),
    ):
        assert sentence in broken_limits(replace(p, **change), decisions)
