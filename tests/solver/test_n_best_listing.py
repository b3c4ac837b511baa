"""The best plans with different sites, against a list of all sets of sites."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import EXACT, optimum
from tiny_problems import random_problem

from siting.pricing import parts_without_price
from siting.problem import Problem
from siting.problem.other_sites import OtherSites
from siting.problem.rules import SiteRules
from siting.solver.prove import prove

SEEDS = range(24)


def counted(p: Problem, *, least: int, most: int) -> Problem:
    """The problem in which so many candidates open."""
    count = len(p.candidate_id)
    none = np.zeros(count, dtype=np.int64)
    rules = SiteRules(
        min_sites=least,
        max_sites=most,
        forced_modules=none,
        forced_by=np.full(count, p.quarters - 1),
        existing_modules=none,
        extended_from=p.live_from,
        group=np.full((2, count), -1),
        group_most=np.zeros(0, dtype=np.int64),
        lat=np.zeros(count),
        lon=np.zeros(count),
        min_distance_km=None,
    )
    return dataclasses.replace(p, rules=rules)


def with_sites(p: Problem, sites: frozenset[int]) -> Problem:
    """The problem in which just these open."""
    if not sites:
        return counted(p, least=0, most=0)
    return counted(p.take(np.array(sorted(sites), dtype=np.int64)), least=len(sites), most=len(sites))


def listed(p: Problem) -> dict[frozenset[int], float]:
    """Least cost by listing of every set of sites that has a plan."""
    every = range(len(p.candidate_id))
    sets = [frozenset(c) for n in range(len(every) + 1) for c in itertools.combinations(every, n)]
    costs = {s: cheapest_by_listing(with_sites(p, s))[0] for s in sets}
    return {s: cost for s, cost in costs.items() if np.isfinite(cost)}


def ranked(p: Problem) -> list[tuple[frozenset[int], float]]:
    """Sets and costs of the model, the known ones left out one after the other until no plan is left."""
    found: list[tuple[frozenset[int], float]] = []
    while True:
        known = np.array([[i in s for i in range(len(p.candidate_id))] for s, _ in found], dtype=bool)
        known = known.reshape(len(found), len(p.candidate_id))
        best = optimum(dataclasses.replace(p, other_sites=OtherSites(known=known)), whole=False)
        if best.decisions is None:
            return found
        sites = frozenset(np.flatnonzero(best.decisions.modules.sum(axis=1)).tolist())
        assert sites not in dict(found)
        found.append((sites, best.value))


def small(seed: int) -> Problem:
    """At most two candidates, of one module more than a first phase."""
    p = random_problem(seed)
    p = p.take(np.arange(min(2, len(p.candidate_id))))
    return dataclasses.replace(p, modules_max=np.minimum(p.modules_max, p.modules_first + 1))


@pytest.mark.parametrize("chunk", range(3))
def test_sets_come_by_cost_and_all_that_have_a_plan_come(chunk: int) -> None:
    """On random problems: as many sets as the list has, each at its least cost, the cheapest first; after the last no
    plan is left. Some of the problems have two sets or more."""
    several = 0
    for seed in SEEDS[8 * chunk : 8 * chunk + 8]:
        truth, found = listed(small(seed)), ranked(small(seed))
        assert dict(found) == pytest.approx(truth, rel=1e-6, abs=1e-6), seed
        assert [cost for _, cost in found] == pytest.approx(sorted(truth.values()), rel=1e-6, abs=1e-6), seed
        several += len(truth) > 1
    assert several >= 1


def test_the_bound_over_crowds_is_one_of_all_plans_with_other_sites() -> None:
    """The cheapest set left out: what is proved of the rest by prices and crowds is never above the second cheapest
    plan, and is above the cheapest of all, which it left out, in most problems."""
    closed = []
    for seed in SEEDS:
        p = small(seed)
        if len(sets := ranked(p)) < 2 or parts_without_price(p):
            continue
        (first, cheapest), _ = sets[:2]
        known = np.array([[i in first for i in range(len(p.candidate_id))]])
        other = dataclasses.replace(p, other_sites=OtherSites(known=known))
        second = optimum(other).value
        proof = prove(other, np.arange(len(p.candidate_id)), 1.001 * second + 0.001, EXACT)
        assert proof is not None and proof.bound_musd <= second + 1e-5 * abs(second), seed
        closed.append(proof.bound_musd > cheapest + 1e-4)
    assert len(closed) >= 5 and sum(closed) > len(closed) / 2, closed
