"""A cluster on two campuses in the bound over all: never above the optimum, and mostly as much as the relaxation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_prices import drawn
from forced_open import forced_open
from model_optimum import optimum
from random_compute import with_split
from random_curtailable import with_curtailable
from random_money import with_income_tax
from random_onsite import with_onsite
from tiny_problems import hand_problem, one_cluster, random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.problem.split import Split
from siting.solver.highs import Options
from siting.solver.prove import prove
from siting.solver.relaxation import relaxation


def divided(seed: int, *, beside: bool = False) -> Problem | None:
    """A random problem of one cluster that may stand on two campuses; None for others. beside: with other parts."""
    p, r = random_problem(seed), np.random.default_rng(seed)
    if len(p.cluster) != 1 or len(p.candidate_id) < 2:
        return None
    p = with_split(p, r)
    for maker in (with_curtailable, with_onsite, with_income_tax) if beside else ():
        p = maker(p, r) if r.random() < 0.5 else p
    return p if parts_without_price(p) == [] and p.split is not None and np.isfinite(p.split.within_km).all() else None


def relaxed(p: Problem) -> tuple[float, Multipliers]:
    found = relaxation(p, Options(threads=1))
    assert found is not None
    return found.least, found.multipliers


@pytest.mark.parametrize("beside", [False, True])
def test_no_bound_lies_above_the_optimum(beside: bool) -> None:
    """Multipliers of the relaxation, with other prices, and any at all, alone and with connections, units, and tax."""
    seen = reached = divisions = 0
    for seed in range(260):
        p = divided(seed, beside=beside)
        found = None if p is None else optimum(p, whole=False)
        if p is None or found is None or not np.isfinite(found.value):
            continue
        best, r, (musd, y) = found.value, np.random.default_rng([9, seed]), relaxed(p)
        room = 1e-6 * max(1.0, abs(best))
        seen += 1
        divisions += len(found.plan.parts) > 1
        others = (
            drawn(p, seed),
            replace(y, host=1.5 * y.host),
            replace(y, funding=y.funding + r.uniform(0.0, 0.03, p.quarters)),
        )
        for prices in (y, *others):
            assert bound_over_all(p, prices).least <= best + room, seed
        reached += bound_over_all(p, y).least >= musd - 1e-6 * max(1.0, abs(musd))
    assert seen >= 35
    assert divisions >= 4
    assert beside or reached >= 0.9 * seen, (reached, seen)


def test_what_opening_a_campus_costs_is_no_more_than_it_does() -> None:
    """The bound and the reduced cost of a campus lie below the best plan that opens it."""
    seen = 0
    for seed in range(0, 200, 2):
        p = divided(seed)
        if p is None or not np.isfinite(optimum(p, whole=False).value):
            continue
        bound = bound_over_all(p, relaxed(p)[1])
        for i, forced in forced_open(p, bound.if_open):
            seen += 1
            assert bound.least + bound.if_open[i] <= forced + 1e-6 * max(1.0, abs(forced)), (seed, i)
    assert seen >= 30


def test_the_proof_over_all_never_passes_the_optimum() -> None:
    """From one candidate on; the pair may be one of those that are outside."""
    seen = 0
    for seed in range(0, 160, 3):
        p = divided(seed)
        best = np.inf if p is None else optimum(p, whole=False).value
        if p is None or not np.isfinite(best):
            continue
        proof = prove(p, np.arange(len(p.candidate_id) - 1), best, Options(gap=1e-6, threads=1))
        seen += proof is not None
        assert proof is None or proof.bound_musd <= best + 1e-6 * max(1.0, abs(best)), seed
    assert seen >= 8


def three(km_north: float) -> Problem:
    """30 pods of 1 MW on campuses of 20 and 15 MW IT at one place, and a cheap third one of 20 MW IT north of them."""
    split = Split(
        lat=np.array([32.0, 32.0, 32.0 + km_north / 111.0]), lon=np.full(3, -97.0), within_km=np.array([50.0])
    )
    caps = np.repeat(np.array([[25.0], [18.75], [25.0]]), 2, axis=1)
    p = hand_problem(candidates=3, **one_cluster(30), split=split, energized_mw=caps)
    opening = np.array([[10.0] * 2, [30.0] * 2, [1.0] * 2])
    return replace(p, npv_open_musd=opening, opening_cash_musd=opening)


@pytest.mark.parametrize(("km", "musd"), [(33.0, 92.0), (200.0, 121.0)])
def test_a_pair_is_near_one_another(km: float, musd: float) -> None:
    """30 pods at 2 and two quarters at 0.1, three modules of 5: 81. The cheapest pair opens for 10 + 1; where it is too
    far apart, for 10 + 30."""
    p = three(km)
    assert optimum(p).value == pytest.approx(musd)
    for prices in (Multipliers.zero(p), relaxed(p)[1]):
        assert bound_over_all(p, prices).least == pytest.approx(musd)
