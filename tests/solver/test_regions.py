"""Regions that the same sources reach, as one: the same least cost, and flows that serve each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import hand_problem, random_problem

from siting.problem import Problem
from siting.solver.highs import Options
from siting.solver.regions import shared_out, with_alike_regions_as_one
from siting.solver.search import search


def doubled(p: Problem, r: np.random.Generator) -> Problem:
    """Every region in two parts of random size, which the same sources reach."""
    part = r.uniform(0.1, 0.9, len(p.region))[:, None]
    return replace(
        p,
        region=np.concatenate([p.region, [f"{name} too" for name in p.region]]).astype(object),
        demand_h100e=np.concatenate([part * p.demand_h100e, (1.0 - part) * p.demand_h100e]),
        reach=np.hstack([p.reach, p.reach]),
        lease_reach=np.hstack([p.lease_reach, p.lease_reach]),
    )


def test_regions_in_parts_cost_what_they_cost_whole() -> None:
    """60 random problems: the parts are found to be one region, and the optimum is that of the whole regions."""
    seen = 0
    for seed in range(60):
        p = random_problem(seed)
        if p.transit is not None or p.single_source or p.survive_share > 0.0 or not len(p.region):
            continue
        merged, member = with_alike_regions_as_one(doubled(p, np.random.default_rng(seed)))
        assert len(merged.region) <= len(p.region)
        assert len(member) == 2 * len(p.region)
        assert optimum(merged).value == pytest.approx(optimum(p).value, rel=1e-6)
        seen += 1
    assert seen >= 20


def test_every_part_is_served() -> None:
    """One site serves 300 and 100 in the second quarter: three quarters and one quarter of the flow of 400."""
    p = hand_problem(demand_h100e=np.array([[0.0, 400.0]]))
    p = doubled(p, np.random.default_rng(0))
    p = replace(p, demand_h100e=np.array([[0.0, 300.0], [0.0, 100.0]]))
    found = search(p, Options(gap=0.0, threads=1, time_limit_s=10.0), strong=True)
    assert found.decisions is not None
    served = {(j, t): flow for _, _, j, t, flow in found.decisions.service}
    assert served == {(0, 1): pytest.approx(300.0), (1, 1): pytest.approx(100.0)}


def test_regions_stay_apart_where_single_flows_count() -> None:
    """A region that must have one source is not put together with another."""
    p = replace(doubled(hand_problem(), np.random.default_rng(1)), single_source=True)
    merged, member = with_alike_regions_as_one(p)
    assert merged is p
    assert member.tolist() == list(range(len(p.region)))


def test_flows_are_shared_by_demand() -> None:
    """A flow of 10 to the region that stands for two of 3 and 1: 7.5 and 2.5."""
    p = replace(doubled(hand_problem(), np.random.default_rng(2)), demand_h100e=np.array([[3.0, 3.0], [1.0, 1.0]]))
    flows = shared_out(p, np.array([0, 0]), (("campus", 0, 0, 1, 10.0),))
    assert flows == (("campus", 0, 0, 1, 7.5), ("campus", 0, 1, 1, 2.5))
