"""Campuses that stand at the start and sites that are forced: open in every plan, and so in the bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from random_rules import with_rules
from tiny_problems import hand_problem, one_cluster, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.rules import SiteRules
from siting.solver.highs import Options
from siting.solver.prove import prove
from siting.solver.relaxation import relaxation


def rules_of(p: Problem, **changes: object) -> SiteRules:
    """No rule at all, but for `changes`."""
    i = len(p.candidate_id)
    none = np.zeros(i, dtype=np.int64)
    rules = SiteRules(
        min_sites=0,
        max_sites=None,
        forced_modules=none,
        forced_by=none + p.quarters - 1,
        existing_modules=none,
        extended_from=none,
        group=np.full((2, i), -1),
        group_most=none[:0],
        lat=np.zeros(i),
        lon=np.zeros(i),
        min_distance_km=None,
    )
    return replace(rules, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("chunk", range(4))
def test_no_bound_with_rules_lies_above_the_optimum(chunk: int) -> None:
    """Sites that stand or are forced, by chance both; multipliers of the relaxation and with other worths of a host;
    what a candidate costs beyond the bound, and the proof by crowds."""
    seen, gaps = 0, []
    for seed in range(chunk, 560, 4):
        r = np.random.default_rng([81, seed])
        p = with_rules(random_problem(seed), r)
        assert p.rules is not None
        i = len(p.candidate_id)
        if r.random() < 0.5:
            stands = np.where(r.random(i) < 0.5, p.modules_first, 0)
            p = replace(p, rules=replace(p.rules, existing_modules=stands, min_distance_km=None))
            p = replace(p, live_from=np.where(stands > 0, 0, p.live_from))
        best = optimum(p, whole=False).value
        if not np.isfinite(best) or not p.always_kept.any():
            continue
        assert parts_without_price(p) == []
        found = relaxation(p, Options(threads=1))
        assert found is not None, seed
        seen += 1
        y, room = found.multipliers, 1e-6 * max(1.0, abs(best))
        gaps.append((best - bound_over_all(p, y).least) / max(1.0, abs(best)))
        for host in (y.host, y.host * 2.0, y.host + r.uniform(0.0, 30.0, len(p.cluster))):
            bound = bound_over_all(p, replace(y, host=host))
            assert bound.least <= best + room, seed
            assert not bound.if_open[p.always_kept].any()
        if seed % 4 == 0:
            proof = prove(p, np.arange(i), best, Options(gap=1e-6, threads=1, time_limit_s=20.0))
            assert proof is not None and proof.bound_musd <= best + room, seed
    assert seen >= 25
    assert np.median(gaps) <= 0.05


def test_a_campus_that_stands_is_paid_in_every_bound() -> None:
    """Nothing asked for. Two modules stand at site 1: opening 30 and 2 x 5 = 40 musd in every plan."""
    p = hand_problem()
    p = replace(p, rules=rules_of(p, existing_modules=np.array([0, 2]), extended_from=np.array([2, 2])))
    assert optimum(p).value == pytest.approx(40.0)
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(40.0)


def test_a_campus_that_cannot_be_extended_in_time_holds_no_more_than_stands() -> None:
    """A cluster of 30 MW in quarter 0: site 0 has one module and builds more from quarter 1 on, so site 1 opens.
    10 + 5 stand; 30 + 3 x 5 + 30 x 2 + 30 x 0.1 = 108 more."""
    p = hand_problem(**one_cluster(30, since=0, until=0))
    p = replace(p, rules=rules_of(p, existing_modules=np.array([1, 0]), extended_from=np.array([1, 0])))
    assert optimum(p).value == pytest.approx(123.0)
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(123.0)


def test_forced_modules_stand_by_their_quarter() -> None:
    """Three modules at site 0 by quarter 0, of which one costs 5 musd then and 1 later: 10 + 15."""
    p = hand_problem(npv_module_musd=np.array([[5.0, 1.0]] * 2))
    by = np.zeros(2, dtype=np.int64)
    p = replace(p, rules=rules_of(p, forced_modules=np.array([3, 0]), forced_by=by))
    assert optimum(p).value == pytest.approx(25.0)
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(25.0)
