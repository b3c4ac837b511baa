"""Shells in the bound over all candidates: never above the optimum, whatever the prices, as high as the relaxation."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from pricing.test_bound import drawn, mixed, relaxed
from random_everything import as_studies_state, makers
from random_shells import built_as_shells
from tiny_problems import hand_problem, random_problem

from siting.pricing import bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.shells import Shells
from siting.solver.highs import Options
from siting.solver.relaxation import strong_relaxation

CHUNKS = 6
BESIDE = sorted(set(makers()) - {"with_cooling", "with_split", "with_rules"})
"""Parts that shells may stand beside, of which a bound is claimed. Rules: their existing sites may not."""


def in_shells(seed: int, parts: float) -> Problem:
    """A random problem in shells, each other part with this chance."""
    rng = np.random.default_rng([90, seed])
    p = random_problem(seed)
    for name in BESIDE:
        if rng.random() < parts:
            p = makers()[name](p, rng)
    return built_as_shells(as_studies_state(p), rng)


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("parts", [0.0, 0.2])
def test_no_multipliers_give_more_than_the_optimum(chunk: int, parts: float) -> None:
    """120 random problems, alone and with other parts: multipliers of both relaxations, drawn ones, and mixtures."""
    seen = 0
    for seed in range(chunk, 120, CHUNKS):
        p = in_shells(seed, parts)
        if parts_without_price(p):
            continue
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        room = 1e-6 * max(1.0, abs(best))
        found = relaxed(p)
        assert found is not None and found[0] <= best + room, seed
        strong = strong_relaxation(p, Options(threads=1))
        known = [found[1], *([strong.multipliers] if strong is not None else [])]
        seen += 1
        for n in range(3):
            any_at_all = replace(drawn(p, 100 * seed + n), parts=found[1].parts, line=found[1].line)
            any_at_all = replace(any_at_all, island=found[1].island)
            for y in (*known, any_at_all, mixed(any_at_all, found[1], 0.3)):
                assert bound_over_all(p, y).least <= best + room, (seed, n)
    assert seen >= 5


def test_with_one_cluster_the_bound_reaches_the_relaxation() -> None:
    """Multipliers of the relaxation give its value back in at least nine of ten problems, to 1e-6."""
    seen = reached = 0
    for seed in range(240):
        p = in_shells(seed, 0.0)
        found = relaxed(p) if len(p.cluster) <= 1 else None
        if found is None or parts_without_price(p):
            continue
        seen += 1
        bound = bound_over_all(p, found[1]).least
        reached += bound >= found[0] - 1e-6 * max(1.0, abs(found[0]))
    assert seen >= 60
    assert reached >= 0.9 * seen, (reached, seen)


def halls_at(musd: float, profile: np.ndarray, demand: list[float], energized_mw: float) -> Problem:
    """One campus of at most two shells of a module (10 MW) for so much each, 5 musd a module of fit-out, a first phase
    of 1 MW."""
    p = hand_problem(1, demand_h100e=np.array([demand]), energized_mw=np.full((1, 2), energized_mw))
    nothing = np.zeros(p.quarters)
    shells = Shells(modules=1.0, built=np.array([True]), cost_musd=np.array([musd]), cash_profile=profile, left=nothing)
    return replace(p, shells=shells, modules_first=np.array([0.1]), modules_max=np.array([2]))


def test_a_part_of_a_module_that_has_power_is_no_whole_one() -> None:
    """5 MW at the meter carry 4 MW of IT, 400 H100e: 0.4 modules of fit-out, a shell for 0.01 musd. The bound is the
    cost less the rest of that shell, not that of a whole module, 3 musd more."""
    p = halls_at(0.01, np.eye(2), [400.0, 400.0], 5.0)
    best, found = optimum(p).value, relaxed(p)
    assert found is not None and best == pytest.approx(10.0 + 0.01 + 0.4 * 5.0 + 4 * 2.0 + 2 * 4 * 0.1)
    assert bound_over_all(p, found[1]).least == pytest.approx(best - 0.6 * 0.01)


def test_a_shell_may_stand_before_it_is_fitted_out() -> None:
    """A shell costs 1 musd in the first quarter and 4 in the second, in which the second module is due, and its fit-out
    costs 3 instead of 5: both shells stand from the first on, and the bound is what that costs, no more at any
    prices."""
    p = halls_at(1.0, np.diag([1.0, 4.0]), [1000.0, 2000.0], 50.0)
    p = replace(p, npv_module_musd=np.array([[5.0, 3.0]]))
    best, found = optimum(p), relaxed(p)
    assert found is not None and best.plan.extra["Shells"] == {(0, 0): 2.0, (0, 1): 2.0}
    assert best.plan.modules.tolist() == [[1.0, 1.0]]
    assert best.value == pytest.approx(10.0 + 2 * 1.0 + 5.0 + 3.0 + 20 * 2.0 + 10 * 0.1 + 20 * 0.1)
    assert bound_over_all(p, found[1]).least == pytest.approx(best.value)
    for early, late in itertools.product(np.linspace(0.0, 0.006, 7).tolist(), np.linspace(0.02, 0.05, 31).tolist()):
        other = replace(found[1], served=np.array([[early, late]]))
        assert bound_over_all(p, other).least <= best.value + 1e-6, (early, late)
