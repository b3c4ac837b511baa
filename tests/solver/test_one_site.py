"""The best few candidates and the proof over all: a plan comes out, and its bound holds over every candidate."""

from __future__ import annotations

from model_optimum import least_cost
from tiny_problems import random_problem

from siting.solver.highs import Options
from siting.solver.one_site import search_one_site

GAP = 0.01


def test_the_plan_is_within_the_gap_of_the_optimum_over_all() -> None:
    """Random problems with one cluster: where there is an answer, bound <= optimum <= value <= optimum and the gap."""
    found = 0
    for seed in range(120):
        p = random_problem(seed)
        if len(p.cluster) != 1:
            continue
        one = search_one_site(p, Options(gap=GAP, threads=1, time_limit_s=10.0))
        if one is None:
            continue
        best, value = least_cost(p), one.searched.result.value
        assert best is not None and value is not None
        room = 1e-6 * max(1.0, abs(best))
        assert one.proof.bound_musd <= best + room, seed
        assert best - room <= value <= one.proof.bound_musd + GAP * abs(value) + room, seed
        found += 1
    assert found >= 10
