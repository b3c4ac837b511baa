"""Bounds in closed form for every objective and with goals of passes before: on the right side of every optimum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from random_everything import as_studies_state, everything, makers
from random_shells import built_as_shells
from tiny_problems import hand_problem, one_offer, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.goals import MEASURES, Goal, kept
from siting.solver.everyone import _without_relaxation
from siting.solver.highs import Options
from siting.solver.relaxation import Relaxed, relaxation, strong_relaxation

OPTIONS = Options(threads=1)
CHUNKS = 10
ALONE = {"with_cooling", "with_split"}
"""Makers of parts that not every other part is beside, or for which no bound is claimed."""


def some_parts(seed: int, rng: np.random.Generator) -> Problem:
    """A random problem with a few other parts."""
    p = random_problem(seed)
    for name, make in makers().items():
        if name not in ALONE and rng.random() < 0.2:
            p = make(p, rng)
    return as_studies_state(p)


DRAWN: dict[str, Callable[[int, np.random.Generator], Problem]] = {
    "plain": lambda seed, rng: random_problem(seed),
    "other parts": some_parts,
    "two cooling classes and all": lambda seed, rng: everything(seed)[0],
    "shells": lambda seed, rng: built_as_shells(random_problem(seed), rng),
}


def drawn_problem(seed: int, kind: str) -> Problem:
    """A random problem in which round trips and rates of carbon differ."""
    rng = np.random.default_rng([71, seed])
    p = DRAWN[kind](seed, rng)
    i, _, _, offers, _, regions = p.size
    return replace(
        p,
        co2_t_per_mwh=rng.uniform(0.0, 0.9, i)[p.campus],
        rtt_ms=rng.uniform(2.0, 40.0, (i, regions))[p.campus],
        lease_rtt_ms=rng.uniform(2.0, 40.0, (offers, regions)),
        watched=(),
    )


def passes_of(p: Problem, rng: np.random.Generator) -> list[Problem]:
    """The passes of a random list of priorities, each with goals that the best plans before it reached."""
    names = [name for name in MEASURES if name != "latency" or p.demand_h100e.any()]
    found: list[Problem] = []
    for name in rng.permutation(names)[: int(rng.integers(1, 4))].tolist():
        p = replace(p, objective=name)
        found.append(p)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            return found
        reached = best if MEASURES[name].sense == "minimize" else -best
        p = replace(p, goals=(*p.goals, kept(name, reached, float(rng.choice([1e-3, 0.05, 0.3])))))
    return found


def relaxed(p: Problem) -> list[Relaxed]:
    """The strong relaxation, and the one without flows where it knows all that is weighed."""
    found = [strong_relaxation(p, OPTIONS)]
    if not p.weighs("latency"):
        found.append(relaxation(p, OPTIONS))
    return [one for one in found if one is not None]


def drawn(p: Problem, rng: np.random.Generator, near: Multipliers | None) -> Multipliers:
    """Any multipliers at all, of goals and of the peak among them; those of a relaxation where one is given."""
    size = float(10.0 ** rng.uniform(-2, 1))
    _, g, t, _, k, j = p.size
    y = Multipliers.zero(p) if near is None else near
    known = rng.random((3, j)) < 0.6
    parts = {row: prices * rng.uniform(0.0, 2.0, prices.shape) for row, prices in y.parts.items()}
    return replace(
        y,
        served=y.served * rng.uniform(0.5, 1.5, (j, t)) + rng.uniform(-0.2 * size, size, (j, t)),
        funding=y.funding + rng.uniform(-0.01, 0.1 * size, t) * (rng.random(t) < 0.5),
        supply=np.where(np.isfinite(p.supply), rng.uniform(-0.2 * size, size, (g, t)), 0.0),
        host=y.host + rng.uniform(-size, 20.0 * size, k),
        reach_of=known,
        capacity=rng.uniform(-0.2 * size, size, (3, t)),
        power_of=tuple(str(name) for name in p.candidate_id),
        power=rng.uniform(-0.1 * size, size, (len(p.candidate_id), t)),
        parts={
            **parts,
            "goal": rng.uniform(0.0, size, len(p.goals)) * rng.choice([0.0, 1e-3, 1.0]),
            "peak_of_spending": rng.uniform(0.0, size, t) * rng.choice([0.0, 0.1, 1.0]),
        },
    )


def check(seeds: Sequence[int], kind: str) -> tuple[dict[str, int], dict[str, list[float]]]:
    """Passes seen by objective, and the gaps of the bounds of the relaxation to the optimum of the whole model."""
    seen, gaps = dict.fromkeys(MEASURES, 0), {name: list[float]() for name in MEASURES}
    for seed in seeds:
        rng = np.random.default_rng([72, seed])
        for p in passes_of(drawn_problem(seed, kind), rng):
            if parts_without_price(p):
                continue
            best = optimum(p, whole=False).value
            if not np.isfinite(best):
                continue
            room = 2e-6 * max(1.0, abs(best))
            found = relaxed(p)
            seen[p.objective] += 1
            tries = [
                drawn(p, rng, None),
                _without_relaxation(p),
                drawn(p, rng, found[0].multipliers) if found else Multipliers.zero(p),
            ]
            for one in found:
                assert one.least <= best + 1e-5 * max(1.0, abs(best)), (seed, p.objective)
                bound = bound_over_all(p, one.multipliers).least
                gaps[p.objective].append((best - bound) / max(1.0, abs(best)))
            for y in (*(one.multipliers for one in found), *tries, Multipliers.zero(p)):
                bound = bound_over_all(p, y).least
                assert bound <= best + room, (seed, p.objective, [g.objective for g in p.goals], bound, best)
    return seen, gaps


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_bound_of_any_pass_is_on_the_wrong_side(chunk: int) -> None:
    """Random lists of priorities on 200 plain random problems: multipliers of the relaxations and drawn ones."""
    seen, _ = check(range(chunk, 200, CHUNKS), "plain")
    assert sum(seen.values()) >= 12


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_bound_of_any_pass_is_on_the_wrong_side_with_other_parts(chunk: int) -> None:
    """The same beside loans, tax, contracts, units on the campus, curtailable connections, rules and limits."""
    seen, _ = check(range(200 + chunk, 500, CHUNKS), "other parts")
    assert sum(seen.values()) >= 5


@pytest.mark.parametrize("kind", ["two cooling classes and all", "shells"])
def test_no_bound_of_any_pass_is_on_the_wrong_side_with_other_halls(kind: str) -> None:
    """The same where halls are of two cooling classes, everything else drawn beside them, and where they are shells."""
    seen, _ = check(range(60), kind)
    assert sum(seen.values()) >= 20


def test_with_one_cluster_every_pass_reaches_its_relaxation() -> None:
    """Multipliers of the relaxation give its value back, to 1e-6, in nine of ten passes of every objective."""
    reached, seen = dict.fromkeys(MEASURES, 0), dict.fromkeys(MEASURES, 0)
    for seed in range(160):
        p = drawn_problem(seed, "plain")
        if len(p.cluster) != 1:
            continue
        for one in passes_of(p, np.random.default_rng([73, seed])):
            found = strong_relaxation(one, OPTIONS) if one.weighs("latency") else relaxation(one, OPTIONS)
            if found is None:
                continue
            seen[one.objective] += 1
            bound = bound_over_all(one, found.multipliers).least
            reached[one.objective] += bound >= found.least - 1e-6 * max(1.0, abs(found.least))
    assert min(seen.values()) >= 10
    assert all(reached[name] >= 0.9 * seen[name] for name in MEASURES), (reached, seen)


TOWN = np.array([[0.0, 100.0]])


def test_compute_within_a_cost_by_hand() -> None:
    """40 pods of 100 H100e for two quarters at each of two campuses: 16,000 where nothing has a price.

    At 10 H100e-quarters for a musd of a goal of 100 musd, a module of 10 MW with pods at 2 and 0.1 a quarter gives
    2,000 for 5 + 20 + 2 musd, 1,730 net; four less an opening of 10 or 30 musd: 6,820 and 6,620, and the limit 1,000.
    """
    p = hand_problem(objective="compute")
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(-16_000.0)
    p = replace(p, goals=(Goal(objective="npv_cost", limit=100.0),))
    y = replace(Multipliers.zero(p), parts={"goal": np.array([10.0])})
    assert bound_over_all(p, y).least == pytest.approx(-(6_820.0 + 6_620.0 + 1_000.0))


def test_leased_compute_by_hand() -> None:
    """8 GPUs of 1.5 H100e, rented quarter by quarter: 24 H100e-quarters."""
    p = hand_problem(candidates=0, objective="compute", **one_offer(2, price_musd=1.0, most=8.0, h100e=1.5))
    assert bound_over_all(p, Multipliers.zero(p)).least == pytest.approx(-24.0)


def test_carbon_of_what_serves_by_hand() -> None:
    """A MW emits 2,000 MWh x 0.4 t and serves 100 H100e: at 10 t each it gains 200, 80 of them 16,000."""
    p = hand_problem(objective="carbon", demand_h100e=TOWN)
    y = replace(Multipliers.zero(p), served=np.array([[0.0, 10.0]]))
    assert bound_over_all(p, y).least == pytest.approx(1_000.0 - 16_000.0)


def test_latency_tells_campuses_apart_by_hand() -> None:
    """Of 0.3 ms that serving one of 100 H100e is worth, 20 ms away takes 0.2 and 40 ms away all: 4,000 x 0.1."""
    away = {"rtt_ms": np.array([[20.0], [40.0]]), "lease_rtt_ms": np.zeros((0, 1))}
    p = hand_problem(objective="latency", demand_h100e=TOWN, **away)
    y = replace(Multipliers.zero(p), served=np.array([[0.0, 0.3]]))
    assert bound_over_all(p, y).least == pytest.approx(30.0 - 400.0)


def test_prices_of_the_peak_are_scaled_to_one_by_hand() -> None:
    """0.5 and 1.5 count as 0.25 and 0.75: a musd paid in the second quarter is 0.75 of the peak.

    A module of 10 MW serves 1,000 in it for 0.75 x (5 + 20 + 1): 980.5; four less 0.75 x 10, or x 30 musd of opening.
    """
    p = hand_problem(objective="peak_funding", demand_h100e=TOWN)
    y = replace(Multipliers.zero(p), served=np.array([[0.0, 1.0]]), parts={"peak_of_spending": np.array([0.5, 1.5])})
    assert bound_over_all(p, y).least == pytest.approx(100.0 - (3_922.0 - 7.5) - (3_922.0 - 22.5))


def test_nobody_is_nearer_than_the_nearest_by_hand() -> None:
    """Without a relaxation the mean round trip is bounded by the nearer of two campuses, 20 ms away."""
    away = {"rtt_ms": np.array([[20.0], [40.0]]), "lease_rtt_ms": np.zeros((0, 1))}
    p = hand_problem(objective="latency", demand_h100e=TOWN, **away)
    assert bound_over_all(p, _without_relaxation(p)).least == pytest.approx(20.0)
