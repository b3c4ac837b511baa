"""Objectives one after another: each against the optimum by listing, dates by bisection against trying all."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from tiny_problems import hand_problem, one_cluster, random_problem

from siting.problem import Problem
from siting.problem.goals import Goal
from siting.solver.highs import Options
from siting.solver.passes import Aim, earliest_quarter, first_possible, run_aims
from siting.termination import Termination

EXACT = Options(gap=0.0, threads=1, time_limit_s=60.0)


@pytest.mark.parametrize("objective", ["compute", "carbon", "peak_funding"])
@pytest.mark.parametrize("seed", range(20))
def test_every_objective_is_the_optimum_by_listing(objective: str, seed: int) -> None:
    """Most compute, least carbon, least peak of spending of a random problem, pods fractional."""
    p = replace(random_problem(seed), objective=objective)
    listed, _ = cheapest_by_listing(p)
    assert optimum(p, whole=False).value == pytest.approx(listed, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_cost_under_a_goal_is_the_optimum_by_listing(seed: int) -> None:
    """The cheapest plan that keeps nine tenths of the most compute."""
    p = random_problem(seed)
    most = -optimum(replace(p, objective="compute"), whole=False).value
    if not np.isfinite(most):
        pytest.skip("no plan")
    kept = replace(p, goals=(Goal(objective="compute", limit=0.9 * most),))
    value = optimum(kept, whole=False).value
    assert value == pytest.approx(cheapest_by_listing(kept)[0], rel=1e-6, abs=1e-6)
    assert value >= optimum(p, whole=False).value - 1e-6


def test_passes_trade_within_the_tolerance_only() -> None:
    """All money goes into compute first; with a tolerance of half the second pass halves the H100e-quarters, and costs
    less than one that keeps them all.
    """
    p = hand_problem()
    passes, found = run_aims(
        p, [Aim(objective="compute", tolerance=0.5), Aim(objective="npv_cost", tolerance=0.0)], EXACT
    )
    first, second = passes
    assert [first.objective, second.objective] == ["compute_h100e_quarters", "npv_cost_musd"]
    assert first.sense == "maximize"
    assert first.value is not None and first.bound == pytest.approx(first.value)
    assert found.measures["compute"] == pytest.approx(0.5 * first.value, rel=1e-5)
    strict, _ = run_aims(p, [Aim(objective="compute", tolerance=0.0), Aim(objective="npv_cost", tolerance=0.0)], EXACT)
    assert strict[1].value is not None and second.value is not None and strict[1].value > second.value


def _cluster_problem(energized: list[list[float]]) -> Problem:
    quarters = len(energized[0])
    p = hand_problem(candidates=len(energized), quarters=quarters)
    return replace(p, energized_mw=np.array(energized), **one_cluster(8, since=quarters - 1, until=quarters - 1))


@pytest.mark.parametrize(
    ("energized", "quarter"), [([0.0, 5.0, 12.5, 12.5], 2), ([12.5] * 4, 0), ([0.0, 12.5, 12.5, 12.5], 1)]
)
def test_the_earliest_quarter_is_that_of_the_power(energized: list[float], quarter: int) -> None:
    """Eight pods of 1 MW IT need 10 MW at the meter at PUE 1.25."""
    p = _cluster_problem([energized])
    found = earliest_quarter(p, 0, EXACT, lambda q: q)
    assert (found.value, found.bound, found.termination) == (quarter, quarter, Termination.OPTIMAL)
    assert first_possible(p, 0) == quarter


def test_money_can_decide_the_quarter() -> None:
    """Eight pods, a module and the opening cost 31 musd and more: the money is there in quarter 2."""
    p = replace(_cluster_problem([[12.5] * 4]), funding_musd=np.array([5.0, 20.0, 100.0, 100.0]))
    found = earliest_quarter(p, 0, EXACT, lambda q: q)
    assert (found.value, found.bound) == (2.0, 2.0)
    assert first_possible(p, 0) == 0


def test_a_date_that_ran_out_of_time_is_hopeless_once_a_later_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search of the first date ends at its limit, those after it prove that there is no plan: there is none."""
    answers = iter([Termination.NO_PLAN_FOUND, *[Termination.INFEASIBLE] * 9])

    def ended(*_: object) -> SimpleNamespace:
        how = next(answers)
        limit = "time_limit" if how is Termination.NO_PLAN_FOUND else None
        return SimpleNamespace(decisions=None, result=SimpleNamespace(termination=how, limit=limit))

    monkeypatch.setattr("siting.solver.passes.search", ended)
    found = earliest_quarter(_cluster_problem([[12.5] * 4]), 0, EXACT, lambda q: q)
    assert (found.termination, found.limit, found.value) == (Termination.INFEASIBLE, None, None)


def test_no_date_at_all_is_infeasible() -> None:
    """Four MW never carry eight pods."""
    found = earliest_quarter(_cluster_problem([[5.0] * 3]), 0, EXACT, lambda q: q)
    assert found.termination is Termination.INFEASIBLE
    assert found.value is None
