"""Special cases by name, each worked by hand, through the search, its priorities and the proof over all.

Of `hand_problem`: a campus opens for 10 musd (30 the second, 50 the third), a module of 10 MW costs 5, a pod of 1 MW 2
and 0.1 a running quarter; it gives 100 H100e.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from model_optimum import optimum
from one_by_one import truth_of
from tiny_problems import hand_problem, one_cluster

from siting.problem import Problem
from siting.problem.rules import SiteRules
from siting.solver.highs import Options
from siting.solver.passes import Aim, run_aims
from siting.solver.prove import prove
from siting.solver.search import Searched, search
from siting.termination import Termination

EXACT = Options(gap=1e-9, threads=1, time_limit_s=30.0)
SMALL = np.array([[250.0, 250.0]])
"""2.5 running pods in both quarters, so 3 are bought: 10 + 5 + 3 x 2 + 2 x 2.5 x 0.1 = 21.5 musd at the first."""


def alike(candidates: int, **changes: Any) -> Problem:
    """Campuses that are the same to the digit: 10 musd each."""
    opening = np.full((candidates, 2), 10.0)
    return hand_problem(candidates, npv_open_musd=opening, opening_cash_musd=opening, **changes)


def forced(p: Problem, modules: int) -> Problem:
    """Every candidate must have so many modules by the second quarter."""
    i = len(p.candidate_id)
    rules = SiteRules(
        min_sites=0,
        max_sites=None,
        forced_modules=np.full(i, modules),
        forced_by=np.full(i, 1),
        existing_modules=np.zeros(i, dtype=np.int64),
        extended_from=np.zeros(i, dtype=np.int64),
        group=np.full((0, i), -1),
        group_most=np.zeros(0, dtype=np.int64),
        lat=np.zeros(i),
        lon=np.zeros(i),
        min_distance_km=None,
    )
    return replace(p, rules=rules)


def costs(p: Problem, musd: float) -> Searched:
    """The search ends with a proved plan of this cost, the unreduced model agrees, and the proof over all from the last
    candidate on lies below and, as pods may be fractions in it, no more than a pod's price away."""
    found = search(p, EXACT)
    assert found.result.termination is Termination.OPTIMAL
    assert found.result.value == pytest.approx(musd, abs=1e-6)
    assert found.result.bound == pytest.approx(musd, abs=1e-6)
    assert truth_of(p) == pytest.approx(musd, abs=1e-6)
    proof = prove(p, np.array([len(p.candidate_id) - 1]), musd, EXACT)
    if proof is not None:
        assert musd - 2.0 <= proof.bound_musd <= musd + 1e-6
    return found


@pytest.mark.parametrize("candidates", [2, 3, 6])
def test_identical_candidates_one_needed(candidates: int) -> None:
    """Whichever is taken, one is: 21.5 musd."""
    found = costs(alike(candidates, demand_h100e=SMALL), 21.5)
    assert found.decisions is not None
    assert (found.decisions.modules.sum(axis=1) > 0).sum() == 1


def test_identical_candidates_all_needed() -> None:
    """9,000 H100e in the second quarter: 90 pods in 9 modules, of which a campus has 4, so all three open:
    3 x 10 + 9 x 5 + 90 x 2 + 90 x 0.1 = 264 musd."""
    found = costs(alike(3, demand_h100e=np.array([[0.0, 9000.0]])), 264.0)
    assert found.decisions is not None
    assert (found.decisions.modules.sum(axis=1) > 0).all()


def test_zero_demand() -> None:
    """Nobody asks for anything: nothing is opened, nothing is paid."""
    found = costs(hand_problem(), 0.0)
    assert found.decisions is not None
    assert not found.decisions.modules.any() and not found.decisions.pods.any()


def test_one_candidate() -> None:
    """There is no choice of a place, only of what to build there: 21.5 musd."""
    found = costs(hand_problem(1, demand_h100e=SMALL), 21.5)
    assert found.decisions is not None
    assert found.decisions.modules.tolist() == [[1, 0]]


def test_one_candidate_that_cannot_do_it() -> None:
    """41 MW of pods in four modules of 10 MW: there is no plan."""
    p = hand_problem(1, demand_h100e=np.array([[0.0, 4100.0]]))
    assert search(p, EXACT).result.termination is Termination.INFEASIBLE
    assert np.isinf(truth_of(p))


def test_one_quarter() -> None:
    """Everything at once: 10 + 5 + 6 + 2.5 x 0.1 = 21.25 musd."""
    costs(hand_problem(quarters=1, demand_h100e=np.array([[250.0]])), 21.25)


def test_one_quarter_with_a_cluster() -> None:
    """15 pods are two modules: 10 + 10 + 30 + 1.5 = 51.5 musd."""
    costs(hand_problem(quarters=1, demand_h100e=np.zeros((1, 1)), **one_cluster(15, until=0)), 51.5)


def test_all_candidates_forced() -> None:
    """Both must stand, though one would do: 10 + 30 + 2 x 5 + 6 + 0.5 = 56.5 musd."""
    found = costs(forced(hand_problem(demand_h100e=SMALL), 1), 56.5)
    assert found.decisions is not None
    assert (found.decisions.modules.sum(axis=1) == 1).all()


def test_all_candidates_forced_with_all_their_modules() -> None:
    """Nothing is left to decide but the pods: 10 + 30 + 8 x 5 + 6 + 0.5 = 86.5 musd."""
    costs(forced(hand_problem(demand_h100e=SMALL), 4), 86.5)


@pytest.mark.parametrize(
    ("funding", "feasible"),
    [
        ((21.25, 21.5), True),
        ((21.25, 21.49), False),
        ((21.24, 21.5), False),
        ((21.24, 1000.0), False),
    ],
)
def test_budget_exactly_binding(funding: tuple[float, float], feasible: bool) -> None:
    """10 + 5 + 6 + 0.25 = 21.25 musd are due in the first quarter and 0.25 in the second: to the last of it there is
    the plan, with 0.01 musd less in either there is none."""
    p = hand_problem(demand_h100e=SMALL, funding_musd=np.array(funding))
    if feasible:
        costs(p, 21.5)
        return
    assert search(p, EXACT).result.termination is Termination.INFEASIBLE
    assert np.isinf(truth_of(p)) and np.isinf(optimum(p).value)


def test_the_same_priority_twice() -> None:
    """Cost, and then cost again: both passes end at 21.5 musd."""
    aims = [Aim(objective="npv_cost", tolerance=0.0)] * 2
    results, found = run_aims(hand_problem(demand_h100e=SMALL), aims, EXACT)
    assert [one.termination for one in results] == [Termination.OPTIMAL] * 2
    assert [one.value for one in results] == pytest.approx([21.5, 21.5], abs=1e-4)
    assert found.decisions is not None and found.decisions.modules[0].tolist() == [1, 0]


@pytest.mark.parametrize("order", [("carbon", "npv_cost"), ("npv_cost", "carbon")])
def test_two_objectives_with_one_best_plan(order: tuple[str, str]) -> None:
    """Every campus emits alike, 2.5 MW x 2,000 MWh x 0.4 t/MWh x 2 quarters = 4,000 t, so the first priority leaves the
    second its best, in either order: 4,000 t and 21.5 musd."""
    aims = [Aim(objective=name, tolerance=0.0) for name in order]
    results, found = run_aims(hand_problem(3, demand_h100e=SMALL), aims, EXACT)
    reached = {one.objective: one.value for one in results}
    assert reached["carbon_t"] == pytest.approx(4000.0, rel=2e-6)
    assert reached["npv_cost_musd"] == pytest.approx(21.5, rel=2e-6)
    for one in results:
        assert one.bound is not None and one.value is not None and one.bound <= one.value + 1e-6
    assert found.decisions is not None


def test_two_plans_of_equal_cost() -> None:
    """The second campus opens for 10 as the first and its modules cost the same: the cost is proved, whichever it is,
    and carbon as the second priority, at a grid of 0.1 t/MWh there, takes the second: 1,000 t."""
    p = alike(2, demand_h100e=SMALL, co2_t_per_mwh=np.array([0.4, 0.1]))
    costs(p, 21.5)
    aims = [Aim(objective="npv_cost", tolerance=0.0), Aim(objective="carbon", tolerance=0.0)]
    results, found = run_aims(p, aims, EXACT)
    assert results[1].value == pytest.approx(1000.0, rel=1e-4)
    assert found.decisions is not None
    assert found.decisions.modules.sum(axis=1).tolist() == [0, 1]
