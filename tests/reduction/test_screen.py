"""What the screen keeps: no cluster and no region loses its only candidate to cheaper ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from random_cooling import with_cooling
from tiny_problems import hand_problem, random_problem

from siting.reduction.screen import cheapest_by_region, screen, serve_cost_musd


def two_clusters(**changes):
    """Six candidates of 4 modules of 10 MW (opening 10, 30, .. 110 musd); clusters of 5 and of 35 pods of 1 MW."""
    names = np.array(["small", "large"], dtype=object)
    clusters = {
        "cluster": names,
        "cluster_pods": np.array([[5], [35]]),
        "cluster_lease_gpus": np.zeros((2, 0), dtype=np.int64),
        "cluster_from": np.zeros(2, dtype=np.int64),
        "cluster_until": np.ones(2, dtype=np.int64),
    }
    return hand_problem(6, **clusters, **changes)


def test_the_only_host_of_a_large_cluster_is_kept():
    """Only the dearest candidate has four modules, the others one: one of the cheapest small hosts and it are kept."""
    p = two_clusters(modules_max=np.array([1, 1, 1, 1, 1, 4]))
    assert screen(p, 2).rows.tolist() == [0, 5]


def test_the_only_candidate_with_early_power_is_kept():
    """All reach the town, only the dearest has power when the demand begins."""
    energized = np.tile([0.0, 50.0], (6, 1))
    energized[5, 0] = 50.0
    rows = screen(hand_problem(6, energized_mw=energized, demand_h100e=np.full((1, 2), 10.0)), 2).rows
    assert 5 in rows and len(rows) == 2


def test_less_power_than_a_first_phase_serves_too():
    """5 MW at the meter ever, a first module of 10 MW at 1.25: 4 pods of 1 MW run, 400 H100e. The place is kept.

    Opening 10, one module 5, four pods at 2 + 0.1 + 0.1: 23.8 musd for 400 H100e.
    """
    screened = screen(hand_problem(1, energized_mw=np.full((1, 2), 5.0), demand_h100e=np.full((1, 2), 10.0)), 4)
    assert screened.rows.tolist() == [0]
    np.testing.assert_allclose(screened.serve_cost_musd, 23.8 / 400.0)


def test_pricing_begins_with_the_cheapest_server_of_each_region():
    """Two towns, of which only the dearest three candidates reach the second: the cheapest of them, the cheapest of
    all, and whoever has power when the demand begins."""
    reach = np.zeros((6, 2), dtype=bool)
    reach[:3, 0] = reach[3:, 1] = True
    towns = np.array(["near", "far"], dtype=object)
    energized = np.full((6, 2), 50.0)
    served = {"region": towns, "reach": reach, "lease_reach": np.zeros((0, 2), dtype=bool)}
    p = hand_problem(6, **served, energized_mw=energized, demand_h100e=np.full((2, 2), 10.0))
    assert cheapest_by_region(p, 1).tolist() == [0, 3]
    later = np.where(np.arange(6)[:, None] < 5, [[0.0, 50.0]], 50.0)
    late = hand_problem(6, **served, energized_mw=later, demand_h100e=np.full((2, 2), 10.0))
    assert {0, 3, 5} <= set(cheapest_by_region(late, 1).tolist())


def test_pricing_begins_with_hosts_in_turn():
    """Nobody asks for service: the cheapest host of each cluster, though the large one has but the dearest."""
    p = two_clusters(modules_max=np.array([1, 1, 1, 1, 1, 4]))
    assert cheapest_by_region(p, 2).tolist() == [0, 5]


def test_a_campus_serves_at_the_cost_of_its_cheaper_class():
    """Halls of a second class are priced with the first phase of their campus: they have none of their own."""
    cheaper = 0
    for seed in range(40):
        p = with_cooling(random_problem(seed), np.random.default_rng(seed))
        if p.annex is None:
            continue
        annexes = np.flatnonzero(p.annex.main >= 0)
        mains = p.annex.main[annexes]
        open_ = {"npv_open_musd": p.npv_open_musd[p.campus], "modules_first": p.modules_first[p.campus]}
        each = serve_cost_musd(replace(p, **open_), open_["modules_first"])
        np.testing.assert_array_equal(screen(p, 0).serve_cost_musd[mains], np.fmin(each[mains], each[annexes]))
        cheaper += int((np.isfinite(each[annexes]) & ~(each[annexes] >= each[mains])).sum())
    assert cheaper >= 5
