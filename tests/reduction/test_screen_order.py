"""Which candidates the screen keeps when many could do: the cheapest, and nobody is lost when they are few."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_problems import hand_problem

from siting.problem import Problem
from siting.reduction.screen import screen


def cluster_problem(candidates: int, **changes: object) -> Problem:
    """One cluster of 12 pods of 1 MW IT, both quarters: two modules of 10 MW. Candidate n opens for 10 + 20 n."""
    one = {
        "cluster": np.array(["first"], dtype=object),
        "cluster_pods": np.array([[12]]),
        "cluster_lease_gpus": np.zeros((1, 0), dtype=np.int64),
        "cluster_from": np.array([0]),
        "cluster_until": np.array([1]),
    }
    return hand_problem(candidates, **{**one, **changes})


def test_cost_of_a_host_by_hand() -> None:
    """Opening 10 (30), two modules 10, 12 pods 24, 12 x 0.1 in each of two quarters 2.4: 46.4 and 66.4 musd."""
    assert screen(cluster_problem(2), 10).host_cost_musd == pytest.approx([46.4, 66.4])


def test_who_cannot_host_is_blank() -> None:
    """One module at most holds 10 of 12 pods: NaN, never a low cost; it is not kept."""
    found = screen(cluster_problem(3, modules_max=np.array([1, 4, 4])), 2)
    assert np.isnan(found.host_cost_musd).tolist() == [True, False, False]
    assert found.rows.tolist() == [1, 2]


def test_the_cheapest_hosts_are_kept() -> None:
    """Six hosts, room for two: those that open for 10 and 30, whatever their order in the file."""
    assert screen(cluster_problem(6), 2).rows.tolist() == [0, 1]
    backwards = np.flip(cluster_problem(6).npv_open_musd, axis=0)
    assert screen(cluster_problem(6, npv_open_musd=backwards), 2).rows.tolist() == [4, 5]


@pytest.mark.parametrize("keep", [6, 7, 120])
def test_nobody_is_dropped_when_they_are_few(keep: int) -> None:
    """Five candidates that can host and one that cannot, room for six or more: its halls may pay all the same."""
    few = cluster_problem(6, modules_max=np.array([4, 4, 1, 4, 4, 4]))
    assert screen(few, keep).rows.tolist() == [0, 1, 2, 3, 4, 5]


def test_every_coverage_class_has_a_member() -> None:
    """Inference in two regions: the dearest candidate is the only one that reaches the second, and is kept."""
    reach = np.array([[True, False]] * 5 + [[False, True]])
    both = {
        "reach": reach,
        "region": np.array(["east", "west"], dtype=object),
        "demand_h100e": np.full((2, 2), 100.0),
        "lease_reach": np.zeros((0, 2), dtype=bool),
    }
    rows = screen(hand_problem(6, **both), 3).rows.tolist()
    assert 0 in rows and 5 in rows
