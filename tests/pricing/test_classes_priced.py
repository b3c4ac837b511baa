"""Halls of two cooling classes, a campus and its annex priced as one: never above the optimum, mostly tight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_prices import drawn, mixed
from forced_open import forced_open
from model_optimum import optimum
from random_cooling import with_cooling
from random_everything import as_studies_state, makers
from tiny_problems import hand_problem, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.cooling import Annexes
from siting.problem.shared import Shared
from siting.solver.highs import Options
from siting.solver.prove import prove
from siting.solver.relaxation import relaxation, strong_relaxation

BESIDE = ("with_contracts", "with_grid", "with_onsite", "with_transit", "with_yearly")


def two_classes(seed: int) -> Problem | None:
    """A random problem with an annex; None where it has too many candidates for one."""
    p = with_cooling(random_problem(seed), np.random.default_rng(seed))
    return p if p.annex is not None else None


def relaxed(p: Problem) -> tuple[float, Multipliers]:
    found = relaxation(p, Options(threads=1))
    assert found is not None
    return found.least, found.multipliers


@pytest.mark.parametrize("chunk", range(4))
def test_no_bound_lies_above_the_optimum(chunk: int) -> None:
    """Multipliers of both relaxations, with other prices of power, money and hosts, and any at all; those of the
    relaxation give its value back in five of six problems."""
    seen = reached = 0
    for seed in range(chunk, 260, 4):
        p = two_classes(seed)
        best = np.inf if p is None else optimum(p, whole=False).value
        if p is None or not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        r, room = np.random.default_rng([7, seed]), 1e-6 * max(1.0, abs(best))
        musd, y = relaxed(p)
        assert musd <= best + room, seed
        assert y.power is not None
        any_at_all, strong = drawn(p, seed), strong_relaxation(p, Options(threads=1))
        for prices in (
            y,
            any_at_all,
            mixed(any_at_all, y, 0.3),
            y if strong is None else strong.multipliers,
            replace(y, power=r.uniform(0.0, 3.0, y.power.shape), host=1.5 * y.host),
            replace(y, power=y.power * r.uniform(0.0, 2.0, y.power.shape), funding=y.funding + r.uniform(0.0, 0.03)),
        ):
            assert bound_over_all(p, prices).least <= best + room, seed
        seen += 1
        reached += bound_over_all(p, y).least >= musd - 1e-6 * max(1.0, abs(musd))
    assert seen >= 12
    assert reached >= 5 / 6 * seen, (reached, seen)


def test_no_bound_beside_other_parts_lies_above_the_optimum() -> None:
    """The same with energy contracts, units on the campus, lines, carriage, and caps of carbon and water."""
    seen = 0
    for seed in range(160):
        p, r = two_classes(seed), np.random.default_rng([8, seed])
        if p is None:
            continue
        for name in BESIDE:
            p = makers()[name](p, r) if r.random() < 0.5 else p
        p = as_studies_state(p)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        seen += 1
        y, room = relaxed(p)[1], 1e-6 * max(1.0, abs(best))
        for prices in (y, replace(y, funding=y.funding + r.uniform(0.0, 0.03, p.quarters), host=1.3 * y.host)):
            assert bound_over_all(p, prices).least <= best + room, seed
    assert seen >= 25


def test_what_opening_a_campus_costs_is_no_more_than_it_does() -> None:
    """The bound and the reduced cost of a candidate lie below the best plan that opens it, an annex among them."""
    seen = annexes = 0
    for seed in range(0, 120, 2):
        p = two_classes(seed)
        if p is None or not np.isfinite(optimum(p, whole=False).value):
            continue
        bound = bound_over_all(p, relaxed(p)[1])
        for i, forced in forced_open(p, bound.if_open):
            seen += 1
            annexes += not p.is_campus[i]
            assert bound.least + bound.if_open[i] <= forced + 1e-6 * max(1.0, abs(forced)), (seed, i)
    assert seen >= 30
    assert annexes >= 8


def test_candidates_outside_the_search_are_proved_with_their_annexes() -> None:
    """From one candidate on, prices and the proof take campuses in with their annexes, and never pass the optimum."""
    seen = closed = 0
    for seed in range(0, 120, 3):
        p = two_classes(seed)
        best = np.inf if p is None else optimum(p, whole=False).value
        if p is None or not np.isfinite(best):
            continue
        proof = prove(p, p.whole_campuses(np.array([0])), best, Options(gap=1e-6, threads=1))
        if proof is None:  # the first campus alone has no relaxation
            continue
        seen += 1
        closed += proof.bound_musd >= best - 1e-5 * max(1.0, abs(best))
        assert proof.bound_musd <= best + 1e-6 * max(1.0, abs(best)), seed
        assert proof.as_facts(p)["candidates"] == p.is_campus.sum()
    assert seen >= 8
    assert closed >= 0.6 * seen, (closed, seen)


def two_halls(pods: int, kind: int, works: int = 0) -> Problem:
    """A campus whose own halls cost 5 musd a module of 10 MW and hold chip A, and whose annex costs 2 and holds chip B;
    a hall is converted for 1. A cluster of `pods` of one of them, in the last of three quarters."""
    one = hand_problem(candidates=2, quarters=3)
    double = {
        "accelerator": np.array(["A", "B"], dtype=object),
        "npv_module_musd": np.array([[5.0] * 3, [2.0] * 3]),
        "module_cash_factor": np.array([[5.0, 0.0, 0.0], [2.0, 0.0, 0.0]]),
        "npv_open_musd": np.array([[10.0] * 3, [0.0] * 3]),
        "opening_cash_musd": np.array([[10.0] * 3, [0.0] * 3]),
        "cluster": np.array(["cluster"], dtype=object),
        "cluster_pods": np.where(np.arange(2) == kind, pods, 0)[None, :],
        "cluster_lease_gpus": np.zeros((1, 0), dtype=np.int64),
        "cluster_from": np.array([2]),
        "cluster_until": np.array([2]),
    }
    for name in (
        "pod_accelerators",
        "pod_it_mw",
        "pod_h100e",
        "pod_serve",
        "pod_price_musd",
        "deliver_from",
        "pod_life",
    ):
        double[name] = np.repeat(getattr(one, name), 2)
    for name in ("supply",):
        double[name] = np.repeat(getattr(one, name), 2, axis=0)
    for name in ("npv_pod_musd", "npv_run_musd", "pod_cash_profile"):
        double[name] = np.repeat(getattr(one, name), 2, axis=1)
    cash = np.zeros((3, 3))
    for done in range(works, 3):
        cash[done, done - works] = 1.0
    annex = Annexes(
        main=np.array([-1, 0]),
        allowed=np.eye(2, dtype=bool),
        conversion_musd=cash,
        conversion_left_musd=np.zeros(3),
        conversion_quarters=works,
    )
    shared = Shared(place=np.zeros(2, dtype=np.int64), standing_mw=np.full(2, 50.0), energized_mw=np.full((2, 3), 50.0))
    return replace(one, **double, annex=annex, shared=shared)


@pytest.mark.parametrize(("kind", "works", "musd"), [(1, 0, 56.0), (0, 0, 58.0), (0, 3, 62.0)])
def test_each_class_has_its_own_price(kind: int, works: int, musd: float) -> None:
    """20 MW: 10 for the campus, 20 pods at 2 and 0.1 for their quarter, and two modules. In halls of the annex 2 x 2;
    of the own class 2 x 5, or converted ones of 2 x (2 + 1), where works end inside the horizon."""
    p = two_halls(20, kind, works)
    assert optimum(p).value == pytest.approx(musd)
    assert bound_over_all(p, relaxed(p)[1]).least == pytest.approx(musd)
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(musd)
