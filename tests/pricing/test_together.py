"""Clusters that follow one another, contracts that overlap, sites that relieve a line: no bound above the optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import hand_problem, no_offers, one_cluster, one_offer, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.pricing.crowds import with_crowds
from siting.pricing.together import meeting_sets, sets_on_own_pods
from siting.problem import Problem
from siting.problem.grid_rows import NO_OUTAGE, GridRows
from siting.problem.supply import LargeLoad
from siting.solver.highs import Options
from siting.solver.relaxation import relaxation


def clusters(*windows: tuple[int, int], pods: int = 0, gpus: int | None = None) -> dict[str, Any]:
    """Cluster arrays: each asks for `pods` of the only type and for `gpus` of the only offer."""
    n = len(windows)
    return {
        "cluster": np.array([f"k{k}" for k in range(n)], dtype=object),
        "cluster_pods": np.full((n, 1), pods),
        "cluster_lease_gpus": np.full((n, 0 if gpus is None else 1), gpus or 0),
        "cluster_from": np.array([since for since, _ in windows]),
        "cluster_until": np.array([until for _, until in windows]),
    }


def test_two_clusters_one_after_the_other_need_their_pods_once() -> None:
    """Ten pods in one module hold a cluster in each of two quarters: 10 + 5 + 20 + 2 x 1 = 37 musd, and not 57."""
    p = hand_problem(candidates=1, **clusters((0, 0), (1, 1), pods=10))
    y = replace(Multipliers.zero(p), host=np.array([100.0, 100.0]))
    assert optimum(p).value == pytest.approx(37.0)
    assert bound_over_all(p, y).least == pytest.approx(37.0)


def test_two_clusters_at_once_need_pods_of_their_own() -> None:
    """Both in both quarters: two modules, twenty pods, 10 + 10 + 40 + 4 x 1 = 64 musd. The bound lets them share the
    module, not the pods: 10 + 5 + 40 + 4 = 59."""
    p = hand_problem(candidates=1, **clusters((0, 1), (0, 1), pods=10))
    y = replace(Multipliers.zero(p), host=np.array([100.0, 100.0]))
    assert optimum(p).value == pytest.approx(64.0)
    assert 59.0 <= bound_over_all(p, y).least <= 64.0


def test_gpus_that_hold_one_cluster_hold_another_later() -> None:
    """Contracts of two quarters at 1 musd a GPU and quarter; clusters of 10 GPUs in quarters 0 and 3, 20 served in 1
    and 2: contracts from 0 and from 2 hold the clusters, ten more GPUs serve from 1 on: 30 x 2 = 60 musd."""
    p = hand_problem(
        candidates=1,
        quarters=4,
        demand_h100e=np.array([[0.0, 20.0, 20.0, 0.0]]),
        modules_max=np.array([0]),
        **one_offer(4, price_musd=1.0, most=20, term=2, starts=(0, 1, 2)),
        **clusters((0, 0), (3, 3), gpus=10),
    )
    assert optimum(p).value == pytest.approx(60.0)
    for worth in (1.2, 1.5, 1.9):
        y = replace(
            Multipliers.zero(p),
            served=np.array([[0.0, worth, worth, 0.0]]),
            host=np.array([100.0, 100.0]),
        )
        assert bound_over_all(p, y).least <= 60.0 + 1e-9


def test_contracts_that_hold_a_cluster_may_overlap() -> None:
    """Terms of two quarters that begin in 0 or 1 only, for a cluster in all three: 10 GPUs twice, 2 x 10 x 2 = 40."""
    p = hand_problem(
        candidates=1,
        quarters=3,
        **one_offer(3, price_musd=1.0, most=20, term=2, starts=(0, 1)),
        **one_cluster(0, gpus=10, since=0, until=2),
    )
    assert optimum(p).value == pytest.approx(40.0)
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(40.0)


def test_a_crowd_relieves_a_line_as_the_best_of_its_members() -> None:
    """Site 0 loads a line by 1 MW a MW, sites 1 and 2 relieve it by half. A module of 1 is 20 MW at the meter and makes
    10 MW of room; in a crowd with 2, a module of which is 10 MW, it still must."""
    p = hand_problem(candidates=3, demand_h100e=np.array([[0.0, 1000.0]]))
    p = replace(
        p,
        pue_peak=np.array([1.0, 2.0, 1.0]),
        modules_max=np.array([1, 1, 1]),
        reach=np.array([[True], [False], [False]]),
        npv_open_musd=np.array([[10.0] * 2, [10.0] * 2, [50.0] * 2]),
        opening_cash_musd=np.array([[10.0] * 2, [10.0] * 2, [50.0] * 2]),
        grid=GridRows(
            bus_id=np.arange(3),
            island=np.zeros(3, dtype=np.int64),
            island_name=("a",),
            spare_mw=np.array([1000.0]),
            factor=np.array([[1.0, -0.5, -0.5]]),
            room_mw=np.array([0.0]),
            limit_mw=np.array([0.0]),
            branch_id=np.array([1]),
            outage_id=np.array([NO_OUTAGE]),
            sign=np.array([1]),
            every_quarter=np.array([False]),
        ),
    )
    merged = with_crowds(p, np.array([0]), [np.array([1, 2])], np.ones((3, 0), dtype=bool))
    assert merged.grid is not None
    assert merged.grid.factor.tolist() == [[1.0, -1.0]]
    assert optimum(merged).value <= optimum(p).value + 1e-6


def test_which_clusters_share() -> None:
    """Windows 0-1, 1-2, 2-3: neighbours meet. With two types that go after a quarter, none has pods of its own."""
    p = hand_problem(candidates=1, quarters=4, **clusters((0, 1), (1, 2), (2, 3), pods=1))
    everyone = (0, 1, 2)
    assert meeting_sets(p, everyone) == [(), (0,), (1,), (2,), (0, 1), (1, 2)]
    assert sets_on_own_pods(p, everyone) == meeting_sets(p, everyone)
    short = replace(p, cluster_pods=np.ones((3, 2), dtype=np.int64), pod_life=np.array([1, 1]))
    assert sets_on_own_pods(short, everyone) == [(), (0,), (1,), (2,)]
    assert sets_on_own_pods(replace(short, pod_life=np.array([4, 4])), everyone) == meeting_sets(p, everyone)


def test_terms_of_large_loads_that_pay_have_no_price() -> None:
    """What is owed at a price below zero is income, and so is collateral that comes back at a rate below zero."""
    p = hand_problem()
    load = LargeLoad(
        owed_mwh=np.ones((2, 3)),
        usd_per_mwh=np.full((2, 3), 50.0),
        contracted_from=np.zeros(2, dtype=np.int64),
        term=1,
        collateral_musd=np.ones(2),
    )
    named = ["terms of large loads that pay"]
    assert parts_without_price(replace(p, large_load=load)) == []
    assert parts_without_price(replace(p, large_load=replace(load, usd_per_mwh=np.full((2, 3), -5.0)))) == named
    assert parts_without_price(replace(p, large_load=load, discount=np.full(2, 1.01))) == named


def widened(p: Problem, r: np.random.Generator) -> Problem:
    """The same with what `random_problem` never draws: two or three clusters with short windows, power that falls,
    costs below zero, energy that pays, contracts that rise in price and begin in some quarters only."""
    i, g, t, offers, _, _ = p.size
    change: dict[str, Any] = {}
    if r.random() < 0.6:
        k = int(r.integers(2, 4))
        since = r.integers(0, t, k)
        change |= {
            "cluster": np.array([f"k{n}" for n in range(k)], dtype=object),
            "cluster_pods": np.where(r.random((k, g)) < 0.85, r.integers(1, 3, (k, g)), 0),
            "cluster_lease_gpus": np.where(r.random((k, offers)) < 0.8, np.minimum(4, p.lease_max), 0).astype(int),
            "cluster_from": since,
            "cluster_until": np.minimum(since + r.integers(0, 2, k), t - 1),
            "funding_musd": 2.0 * p.funding_musd,
        }
    if r.random() < 0.3:
        change["energized_mw"] = p.energized_mw * np.linspace(1.0, r.uniform(0.2, 1.0), t)
    for name, shape in (("npv_pod_musd", (1, g, 1)), ("npv_module_musd", (i, 1)), ("npv_open_musd", (i, 1))):
        if r.random() < 0.25:
            change[name] = getattr(p, name) * r.uniform(-0.3, 1.0, shape)
    if r.random() < 0.25:
        share = r.uniform(-0.5, 1.0, (i, t))
        change |= {"npv_run_musd": p.npv_run_musd * share[:, None, :], "usd_per_mwh": p.usd_per_mwh * share}
    if r.random() < 0.5:
        rise = r.uniform(1.0, 3.0) ** np.arange(t)
        cash = p.lease_cash_musd * rise[None, :, None]
        change |= {"npv_lease_musd": p.npv_lease_musd * rise, "lease_cash_musd": cash}
        change["lease_start"] = p.lease_start & ((r.random((offers, t)) < 0.7) | p.lease_forced[:, None])
    return replace(p, **change)


@pytest.mark.parametrize("chunk", range(4))
def test_no_bound_of_a_widened_problem_lies_above_its_optimum(chunk: int) -> None:
    """Multipliers of the relaxation, and with other worths of a host, on problems with two or three clusters, falling
    power, costs below zero, contracts that rise and begin in some quarters only."""
    seen = 0
    for seed in range(chunk, 200, 4):
        r = np.random.default_rng([77, seed])
        p = widened(random_problem(seed), r)
        p = p.take(np.array([0])) if r.random() < 0.5 else p
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        found = relaxation(p, Options(threads=1))
        assert found is not None, seed
        seen += 1
        y = found.multipliers
        for host in (y.host, y.host * 2.0, y.host + r.uniform(0.0, 30.0, len(p.cluster))):
            assert bound_over_all(p, replace(y, host=host)).least <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 10


def test_without_offers_nothing_is_saved() -> None:
    """No offer, two clusters: what the bound adds for offers is nothing."""
    p = hand_problem(candidates=1, **no_offers(2), **{**clusters((0, 1), (0, 1), pods=1)})
    assert bound_over_all(p, Multipliers.zero(p)).least == 0.0
