"""Accelerators and clusters in all their ways: the model's least cost is the least over all decisions listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from broken_limits import broken_limits
from listing import cheapest_by_listing
from model_optimum import optimum
from random_compute import with_split, with_survival
from tiny_problems import random_problem

from siting.problem import Problem

SPLIT = [seed for seed in range(400) if random_problem(seed).size[0] >= 2 and len(random_problem(seed).cluster)][:90]
"""Problems of two campuses and a cluster or more."""
SERVED = [seed for seed in range(400) if random_problem(seed).demand_h100e.any()][:90]
"""Problems with a demand."""


def compared(
    seeds: Iterable[int], part: Callable[[Problem, np.random.Generator], Problem], without: dict[str, float | None]
) -> tuple[int, int]:
    """(plans, plans whose value the part moves) over the seeds; every one agrees with the list."""
    plans = moved = 0
    for seed in seeds:
        p = part(random_problem(seed), np.random.default_rng(seed))
        found = optimum(p, whole=False)
        assert found.value == pytest.approx(cheapest_by_listing(p)[0], rel=1e-6, abs=1e-6), seed
        plans += bool(np.isfinite(found.value))
        moved += found.value != pytest.approx(optimum(replace(p, **without), whole=False).value, abs=1e-6)
    return plans, moved


def test_split_clusters_agree_with_the_list() -> None:
    """90 problems: more than a third have a plan, and for many a second campus makes it cheaper or possible."""
    plans, moved = compared(SPLIT, with_split, {"split": None})
    assert plans >= 25
    assert moved >= 8


def test_survival_agrees_with_the_list() -> None:
    """90 problems: more than a third have a plan, and for many the reserve costs."""
    plans, moved = compared(SERVED, with_survival, {"survive_share": 0.0})
    assert plans >= 30
    assert moved >= 20


def test_two_offers_of_a_region_are_lost_together() -> None:
    """Of the problems with two offers in one region, some are dearer than if each were lost by itself, none cheaper."""
    dearer = 0
    for seed in SERVED:
        p = with_survival(random_problem(seed), np.random.default_rng(seed))
        if p.lease_region is None or len(set(p.lease_region.tolist())) == len(p.lease_id):
            continue
        together = optimum(p, whole=False).value
        apart = optimum(replace(p, lease_region=None), whole=False).value
        assert not apart > together + 1e-6, seed
        dearer += bool(apart < together - 1e-6)
    assert dearer >= 3


def test_parts_of_a_cluster_keep_every_limit() -> None:
    """Whole plans of split clusters: the parts add up and run, on campuses near one another."""
    split = 0
    for seed in SPLIT[:40]:
        p = with_split(random_problem(seed), np.random.default_rng(seed))
        decisions = optimum(p).decisions
        if decisions is None:
            continue
        assert broken_limits(p, decisions) == [], seed
        for k, (kind, _, g) in enumerate(decisions.host):
            parts = [row for row in decisions.parts if row[0] == k]
            if kind != "lease":
                assert sum(pods for *_, pods in parts) == p.cluster_pods[k, g], seed
            split += len(parts) == 2
    assert split >= 3
