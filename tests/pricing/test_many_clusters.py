"""Many clusters: every set of them that a place can hold is priced or bounded, and no bound lies above the optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import hand_problem, random_problem

from siting.pricing import Multipliers, bound_over_all, together
from siting.pricing.reduced import NEVER
from siting.pricing.together import Room, least_over_sets
from siting.problem import Problem
from siting.solver.highs import Options
from siting.solver.relaxation import relaxation


def with_clusters(p: Problem, r: np.random.Generator) -> Problem:
    """The same with four to six clusters of short windows, larger sites and more money: places that hold several."""
    _, g, t, offers, _, _ = p.size
    k = int(r.integers(4, 7))
    since = r.integers(0, t, k)
    change: dict[str, Any] = {
        "cluster": np.array([f"k{n}" for n in range(k)], dtype=object),
        "cluster_pods": np.where(r.random((k, g)) < 0.85, r.integers(1, 4, (k, g)), 0),
        "cluster_lease_gpus": np.where(r.random((k, offers)) < 0.6, np.minimum(4, p.lease_max), 0).astype(int),
        "cluster_from": since,
        "cluster_until": np.minimum(since + r.integers(0, 2, k), t - 1),
        "modules_max": p.modules_max * 2,
        "energized_mw": p.energized_mw * 2.0,
        "funding_musd": 4.0 * p.funding_musd,
        "supply": np.where(p.supply > 0.0, 4.0 * p.supply, 2.0),
    }
    return replace(p, **change)


def drawn(seed: int) -> Problem:
    """By seed."""
    return with_clusters(random_problem(seed), np.random.default_rng([78, seed]))


@pytest.mark.parametrize("chunk", range(4))
def test_no_bound_with_many_clusters_lies_above_the_optimum(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Multipliers of the relaxation and with other worths of a host; sets of three priced by themselves, and of one."""
    seen = 0
    for seed in range(chunk, 420, 4):
        p, r = drawn(seed), np.random.default_rng([79, seed])
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        found = relaxation(p, Options(threads=1))
        assert found is not None, seed
        seen += 1
        y = found.multipliers
        for host in (y.host, y.host * 2.0, y.host + r.uniform(0.0, 30.0, len(p.cluster))):
            for most in (1, 3):
                monkeypatch.setattr(together, "MOST_TOGETHER", most)
                assert bound_over_all(p, replace(y, host=host)).least <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 20


def every_set(p: Problem, able: Any, room: Room, value: Any) -> Any:
    """Least value over all sets that fit, one after the other."""
    number, clusters = able.shape
    least = np.full(number, NEVER)
    for i in range(number):
        for code in range(1, 2**clusters):
            found = tuple(k for k in range(clusters) if code >> k & 1)
            taken = np.zeros(p.quarters)
            for k in found:
                taken[p.cluster_from[k] : p.cluster_until[k] + 1] += room.takes[i, k]
            if able[i, list(found)].all() and (taken <= room.has[i] + 1e-6).all():
                least[i] = min(least[i], float(value(found, np.array([i]))[0]))
    return least


def test_sets_that_are_not_looked_at_are_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven clusters at five places, a cost of being there and one each: sets of any size give the least of all 127
    sets, sets of two a bound below it."""
    for seed in range(40):
        r = np.random.default_rng(seed)
        since = r.integers(0, 6, 7)
        until = np.minimum(since + r.integers(0, 4, 7), 5)
        p = hand_problem(
            quarters=6,
            cluster=np.array([f"k{n}" for n in range(7)], dtype=object),
            cluster_pods=np.ones((7, 1), dtype=np.int64),
            cluster_lease_gpus=np.zeros((7, 0), dtype=np.int64),
            cluster_from=since,
            cluster_until=until,
        )
        able = r.random((5, 7)) < 0.8
        room = Room(has=r.uniform(1.0, 6.0, (5, 6)), takes=r.uniform(0.5, 3.0, (5, 7)))
        each, least, there = r.uniform(-2.0, 4.0, (5, 7)), r.uniform(-3.0, 1.0, (5, 7)), r.uniform(0.0, 5.0, 5)

        def value(found: tuple[int, ...], at: Any, each: Any = each, least: Any = least, there: Any = there) -> Any:
            """The dearest of the set counts in full, the others their least."""
            chosen, floor = each[at][:, list(found)], np.minimum(each, least)[at][:, list(found)]
            return there[at] + floor.sum(axis=1) + (chosen - floor).max(axis=1)

        floor = np.minimum(each, least)
        exact = every_set(p, able, room, value)
        monkeypatch.setattr(together, "MOST_TOGETHER", 7)
        assert least_over_sets(p, able, room, floor, value) == pytest.approx(exact)
        monkeypatch.setattr(together, "MOST_TOGETHER", 2)
        assert (least_over_sets(p, able, room, floor, value) <= exact + 1e-9).all()


def test_a_campus_without_the_power_for_two_holds_one() -> None:
    """Four clusters of 20 MW at once, sites of 40 MW of halls and 25 MW at the meter, PUE 1.25: each holds one. Site 0:
    10 + 2 x 5 + 20 x 2 + 2 x 20 x 0.1 = 64 musd, each next one opens for 20 more: 64 + 84 + 104 + 124 = 376."""
    p = hand_problem(
        candidates=4,
        energized_mw=np.full((4, 2), 25.0),
        cluster=np.array([f"k{n}" for n in range(4)], dtype=object),
        cluster_pods=np.full((4, 1), 20),
        cluster_lease_gpus=np.zeros((4, 0), dtype=np.int64),
        cluster_from=np.zeros(4, dtype=np.int64),
        cluster_until=np.ones(4, dtype=np.int64),
    )
    assert optimum(p).value == pytest.approx(376.0)
    y = replace(Multipliers.zero(p), host=np.full(4, 124.0))
    assert bound_over_all(p, y).least == pytest.approx(376.0)
