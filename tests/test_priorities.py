"""A study's list of priorities, through the whole chain on the small shipped study."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import siting
from siting.errors import InputError
from siting.run import verify_plan
from siting.termination import PassResult, Termination, reached

TINY = Path(__file__).parents[1] / "models" / "tiny.toml"


def _solved(priorities: list[dict[str, Any]], **changes: Any) -> siting.Plan:
    return siting.solve(siting.read_study(TINY).update({"priorities": priorities, **changes}))


def test_the_date_comes_first() -> None:
    """Construction takes three quarters and power two: the cluster stands in the fourth quarter of the study, 2025-Q1,
    and the lease, delivered from 2024-Q4, one quarter before."""
    plan = _solved([{"objective": "time_to_compute"}, {"objective": "npv_cost"}])
    first, second = plan.passes
    assert (first.objective, first.value, first.bound) == ("time_to_compute_quarters", 2.0, 2.0)
    assert plan.tables["clusters"]["by"].tolist() == ["2024-Q4"]
    assert plan.tables["clusters"]["tenure"].tolist() == ["lease"]
    assert second.value == pytest.approx(plan.npv_cost_musd)
    assert plan.facts["verification"]["ok"]
    own = _solved([{"objective": "time_to_compute"}], **{"money.lease": False})
    assert own.passes[0].value == 3.0
    assert own.tables["clusters"]["by"].tolist() == ["2025-Q1"]
    late = _solved([{"objective": "time_to_compute", "tolerance_quarters": 2}], **{"money.lease": False})
    assert late.tables["clusters"]["by"].tolist() == ["2025-Q3"]
    assert late.npv_cost_musd is not None and own.npv_cost_musd is not None
    assert late.npv_cost_musd <= own.npv_cost_musd + 1e-6


def test_a_cluster_that_stands_later_than_its_pass_allows_is_refused() -> None:
    """The plan's date of the cluster moved back by hand, and its halls with it, does not pass."""
    plan = _solved([{"objective": "time_to_compute"}], **{"money.lease": False})
    clusters = plan.tables["clusters"].assign(by="2025-Q2")
    checked = verify_plan(replace(plan, tables={**plan.tables, "clusters": clusters}))
    assert any("time_to_compute allows 2025-Q1" in fault for fault in checked.faults)


@pytest.mark.parametrize(
    ("objective", "name"),
    [("compute", "compute_h100e_quarters"), ("carbon", "carbon_t"), ("peak_funding", "peak_funding_musd")],
)
def test_every_objective_leads_a_verified_plan(objective: str, name: str) -> None:
    """Each pass has its own name, bound and value; the cost comes last without being named."""
    plan = _solved([{"objective": objective, "tolerance": "1 %"}])
    assert [result.objective for result in plan.passes] == [name, "npv_cost_musd"]
    assert all(result.termination in (Termination.OPTIMAL, Termination.FEASIBLE) for result in plan.passes)
    assert all(result.bound is not None for result in plan.passes)
    assert plan.facts["verification"]["ok"]
    cheapest = siting.solve(siting.read_study(TINY))
    assert plan.npv_cost_musd is not None and cheapest.bound_musd is not None
    assert plan.npv_cost_musd >= cheapest.bound_musd - 1e-6


def test_a_measure_that_the_plan_does_not_have_is_refused() -> None:
    """Compute first, without a tolerance: half a percent more or less than the plan has is named, and so is a bound
    that the plan passes. Of the cost, which comes last, nothing is left to its tolerance, nor of what the facts say."""
    plan = _solved([{"objective": "compute"}, {"objective": "npv_cost", "tolerance": "5 %"}])
    first, last = plan.passes
    assert first.value is not None and last.value is not None and verify_plan(plan).ok
    for share in (0.995, 1.005):
        altered = replace(first, value=share * first.value, bound=2 * first.value)
        _refused(plan, (altered, last), "priorities, compute_h100e_quarters: the pass reached")
    past = replace(first, value=0.5 * first.value, bound=0.5 * first.value)
    _refused(plan, (past, last), "priorities, compute_h100e_quarters: .* is said to be the bound")
    _refused(plan, (first, replace(last, value=1.02 * last.value)), "priorities, npv_cost_musd: the pass reached")
    measures = {**plan.facts["measures"], "compute_h100e_quarters": 1.001 * first.value}
    checked = verify_plan(replace(plan, facts={**plan.facts, "measures": measures}))
    assert [fault.split(":")[0] for fault in checked.faults] == ["measures, compute_h100e_quarters"]


def _refused(plan: siting.Plan, passes: tuple[PassResult, ...], said: str) -> None:
    faults = verify_plan(replace(plan, passes=passes)).faults
    assert any(re.search(said, fault) for fault in faults), faults


def test_an_earlier_pass_has_reached_what_the_plan_reaches() -> None:
    """The plan that a later search found is one of every earlier pass: 100 t were found with 50 t proved, a plan with
    60 t has a gap of a sixth."""
    first = PassResult(
        objective="carbon_t", termination=Termination.FEASIBLE, limit="time_limit", bound=50.0, value=100.0
    )
    assert reached(first, 110.0, 0.001) == first
    better = reached(first, 60.0, 0.001)
    assert (better.value, better.bound, better.termination) == (60.0, 50.0, Termination.FEASIBLE)
    assert better.gap == pytest.approx(1 / 6)
    most = replace(first, sense="maximize", bound=150.0)
    assert reached(most, 90.0, 0.001) == most
    assert (reached(most, 150.0, 0.001).value, reached(most, 150.0, 0.001).termination) == (150.0, Termination.OPTIMAL)


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [
        ([{"objective": "npv_cost"}, {"objective": "npv_cost"}], "every objective once"),
        ([{"objective": "latency"}], "no inference demand"),
        ([{"objective": "npv_cost"}, {"objective": "time_to_compute"}], "first priority"),
        ([{"objective": "time_to_compute", "cluster": "nobody"}], "first cluster"),
        ([{"objective": "time_to_compute", "tolerance": "5 %"}], "tolerance_quarters"),
        ([{"objective": "carbon", "tolerance_quarters": 1}], "a share"),
    ],
)
def test_lists_that_contradict_themselves_are_refused(priorities: list[dict[str, Any]], expected: str) -> None:
    """Each with what is expected instead."""
    with pytest.raises(InputError, match=expected) as refused:
        siting.read_study(TINY).update({"priorities": priorities})
    assert len(refused.value.faults) == 1
