"""The search as a whole: bounds hold, the answer does not depend on threads or order, more freedom never costs more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import changed, random_problem

from siting.problem import Problem
from siting.solver.highs import Options
from siting.solver.search import search
from siting.termination import PassResult, Termination

EXACT = Options(gap=0.0, threads=1, time_limit_s=30.0)
SEEDS = range(60)


def result(p: Problem, options: Options = EXACT) -> PassResult:
    return search(p, options).result


def value(p: Problem) -> float:
    """Least cost; infinity without a plan."""
    return optimum(p).value


@cache
def feasible() -> tuple[int, ...]:
    """Seeds of problems that have a whole plan."""
    return tuple(seed for seed in SEEDS if np.isfinite(value(random_problem(seed))))


def test_bound_and_value_enclose_the_whole_optimum() -> None:
    """bound <= least cost of a whole plan <= value, and a plan called optimal is within the gap asked for."""
    assert len(feasible()) >= 25
    for seed in feasible():
        p = random_problem(seed)
        found = result(p, Options(gap=1e-3, threads=1, time_limit_s=30.0))
        true = value(p)
        assert found.value is not None and found.bound is not None, seed
        assert found.bound <= found.value, seed
        assert found.bound <= true + 1e-6 * max(1.0, abs(true)), seed
        assert found.value >= true - 1e-6 * max(1.0, abs(true)), seed
        if found.termination == Termination.OPTIMAL:
            assert found.value - true <= 1e-3 * abs(found.value) + 1e-6, seed


def test_no_plan_is_said_where_there_is_none() -> None:
    """Problems without a whole plan: infeasible, or no plan found where only fractions of a pod would fit."""
    none = sorted(set(SEEDS) - set(feasible()))
    assert len(none) >= 10
    for seed in none:
        assert result(random_problem(seed)).termination in (Termination.INFEASIBLE, Termination.NO_PLAN_FOUND), seed


@pytest.mark.parametrize("other", ["threads", "order"])
def test_answer_does_not_depend_on(other: str) -> None:
    """Two threads for one, or the candidates in reverse: the same least cost within the gap."""
    for seed in feasible()[:12]:
        p = random_problem(seed)
        reverse = np.arange(len(p.candidate_id))[::-1].copy()
        again = (
            result(p, Options(gap=0.0, threads=2, time_limit_s=30.0)) if other == "threads" else result(p.take(reverse))
        )
        assert again.value == pytest.approx(result(p).value, rel=1e-6), seed


@pytest.mark.parametrize("limit_s", [0.0, 1e-3])
def test_tiny_time_limit_gives_a_result(limit_s: float) -> None:
    """Whatever the clock says, a result comes back, with a plan or with the limit that stopped it."""
    for seed in feasible()[:5]:
        found = search(random_problem(seed), Options(gap=0.0, threads=1, time_limit_s=limit_s))
        assert (found.decisions is None) == (found.result.value is None), seed
        if found.result.termination in (Termination.FEASIBLE, Termination.NO_PLAN_FOUND):
            assert found.result.limit


def test_region_that_nothing_reaches_is_infeasible() -> None:
    """A demand outside every candidate's and every offer's reach: infeasible, without a bound."""
    served = [s for s in feasible() if random_problem(s).demand_h100e.any()]
    for seed in served[:5]:
        p = random_problem(seed)
        none = changed(p, reach=np.zeros_like(p.reach), lease_reach=np.zeros_like(p.lease_reach))
        assert result(none).termination == Termination.INFEASIBLE, seed


def more_money(p: Problem) -> Problem:
    return changed(p, funding_musd=p.funding_musd + 50.0)


def earlier_power(p: Problem) -> Problem:
    """Every candidate has its last megawatts from the first quarter."""
    return changed(p, energized_mw=np.repeat(p.energized_mw[:, -1:], p.quarters, axis=1))


def wider_reach(p: Problem) -> Problem:
    return changed(p, reach=np.ones_like(p.reach), lease_reach=np.ones_like(p.lease_reach))


def more_modules(p: Problem) -> Problem:
    return changed(p, modules_max=p.modules_max + 1)


def no_least_contract(p: Problem) -> Problem:
    return changed(p, lease_min=np.zeros_like(p.lease_min))


def unlimited_supply(p: Problem) -> Problem:
    return changed(p, supply=np.full_like(p.supply, np.inf))


@pytest.mark.parametrize(
    "freed", [more_money, earlier_power, wider_reach, more_modules, no_least_contract, unlimited_supply]
)
def test_more_freedom_never_costs_more(freed: Callable[[Problem], Problem]) -> None:
    """Every problem costs the same or less once freed, and in all at least one costs less or has a plan at last."""
    better = 0
    for seed in SEEDS:
        p = random_problem(seed)
        before, after = value(p), value(freed(p))
        assert after <= before + 1e-6 * max(1.0, abs(before) if np.isfinite(before) else 1.0), seed
        better += after < before - 1e-6
    assert better >= 1


def test_one_more_candidate_never_costs_more() -> None:
    """All candidates against all but the first: the same or less, and sometimes less."""
    better = 0
    for seed in SEEDS:
        p = random_problem(seed)
        fewer = p.take(np.arange(1, len(p.candidate_id)))
        before, after = value(fewer), value(p)
        assert after <= before + 1e-6 * (abs(before) if np.isfinite(before) else 1.0) + 1e-6, seed
        better += after < before - 1e-6
    assert better >= 5


def test_decisions_are_whole_and_cost_what_the_result_says() -> None:
    """Increments priced one by one give the value of the result, to 1e-6."""
    for seed in feasible()[:20]:
        p = random_problem(seed)
        found = search(p, EXACT)
        d = found.decisions
        assert d is not None
        opened = np.zeros_like(d.modules)
        for i in np.flatnonzero(d.modules.any(axis=1)):
            opened[i, np.flatnonzero(d.modules[i])[0]] = 1
        cost = (
            (opened * p.npv_open_musd).sum()
            + (d.modules * p.npv_module_musd).sum()
            + (d.pods * p.npv_pod_musd).sum()
            + (d.running_pods * p.npv_run_musd).sum()
            + (d.lease_gpus * p.npv_lease_musd).sum()
        )
        assert cost == pytest.approx(found.result.value, rel=1e-6, abs=1e-6), seed
        assert (d.modules >= 0).all() and (d.pods >= 0).all()
