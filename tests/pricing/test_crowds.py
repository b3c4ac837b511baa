"""Candidates that stand for many: never dearer than their members, and the same where these are alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_optimum import least_cost
from random_grid import with_grid
from random_mix import mixed_problem
from random_shells import built_as_shells
from tiny_problems import hand_problem, random_problem

from siting.pricing.crowds import crowds_of, may_crowd, with_crowds


def test_a_crowd_costs_no_more_than_its_members() -> None:
    """200 random problems, their candidates at random in crowds or alone."""
    seen = 0
    for seed in range(200):
        p = random_problem(seed)
        best = least_cost(p)
        if best is None or len(p.candidate_id) < 2:
            continue
        seen += 1
        r = np.random.default_rng(seed)
        alone = r.random(len(p.candidate_id)) < 0.3
        rest = np.flatnonzero(~alone)
        crowds = [part for part in np.array_split(rest, r.integers(1, 3)) if len(part)]
        anywhere = np.ones((len(p.candidate_id), len(p.cluster)), dtype=bool)
        merged = least_cost(with_crowds(p, np.flatnonzero(alone), crowds, anywhere))
        assert merged is not None, seed
        assert merged <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 40


def test_a_crowd_of_shells_costs_no_more_than_its_members() -> None:
    """200 random problems in which most candidates are shells, in crowds with those that are not: unless shells pay."""
    seen = both = 0
    for seed in range(200):
        r = np.random.default_rng([3, seed])
        p = built_as_shells(random_problem(seed), r)
        best = least_cost(p) if may_crowd(p) and len(p.candidate_id) > 1 else None
        if best is None:
            continue
        seen += 1
        both += 0 < p.in_shells.sum() < len(p.in_shells)
        anywhere = np.ones((len(p.candidate_id), len(p.cluster)), dtype=bool)
        crowds = list(np.array_split(np.arange(len(p.candidate_id)), r.integers(1, 3)))
        merged = least_cost(with_crowds(p, np.empty(0, dtype=np.int64), crowds, anywhere))
        assert merged is not None, seed
        assert merged <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 30
    assert both >= 8


def test_alike_candidates_lose_nothing_in_a_crowd() -> None:
    """Two like campuses of 4 modules; 6,000 H100e need 60 MW of pods, so six modules and both campuses: with one crowd
    the cost is the same."""
    p = hand_problem(demand_h100e=np.array([[0.0, 6000.0]]))
    p = replace(p, npv_open_musd=np.full((2, 2), 10.0), opening_cash_musd=np.full((2, 2), 10.0))
    crowded = with_crowds(p, np.empty(0, dtype=np.int64), [np.array([0, 1])], np.ones((2, 0), dtype=bool))
    assert crowded.count.tolist() == [2]
    assert least_cost(crowded) == pytest.approx(least_cost(p))


def test_a_crowd_may_not_hold_what_its_members_may_not() -> None:
    """Where no better plan has a cluster on a member, the crowd cannot hold it."""
    p = random_problem(1)
    k = np.zeros((len(p.candidate_id), len(p.cluster)), dtype=bool)
    merged = with_crowds(p, np.empty(0, dtype=np.int64), [np.arange(len(p.candidate_id))], k)
    assert not merged.host_candidates().any()


def test_without_crowds_every_candidate_stays() -> None:
    """20 random problems with shared lines and no crowd: the problem costs what it cost."""
    for seed in range(20):
        p = with_grid(random_problem(seed), np.random.default_rng(seed))
        everyone, anywhere = np.arange(len(p.candidate_id)), np.ones((len(p.candidate_id), len(p.cluster)), dtype=bool)
        same = with_crowds(p, everyone, [], anywhere)
        assert same.grid is not None and p.grid is not None and same.grid.factor.shape == p.grid.factor.shape
        assert least_cost(same) == pytest.approx(least_cost(p)), seed


def test_crowds_are_of_the_same_regions_while_these_are_few() -> None:
    """Two kinds of reach, two dates: three crowds of what is there; at most two when two are asked for."""
    p = hand_problem(
        candidates=4,
        reach=np.array([[True], [True], [False], [False]]),
        live_from=np.array([0, 1, 0, 0]),
    )
    everyone = np.arange(4)
    assert [c.tolist() for c in crowds_of(p, everyone, 10)] == [[2, 3], [0], [1]]
    few = crowds_of(p, everyone, 2)
    assert len(few) <= 2
    assert sorted(np.concatenate(few).tolist()) == [0, 1, 2, 3]


def test_without_crowds_a_part_that_no_crowd_can_have_is_kept() -> None:
    """Units on the campus of two candidates: of the one that is left, its own."""
    p = mixed_problem(2)
    assert p.onsite is not None and len(p.candidate_id) == 2
    few = with_crowds(p, np.array([1]), [], np.ones((2, len(p.cluster)), dtype=bool))
    assert few.onsite is not None
    assert few.onsite.admitted.tolist() == p.onsite.admitted[[1]].tolist()
    assert few.most_power_mw.shape == (1, p.quarters)
