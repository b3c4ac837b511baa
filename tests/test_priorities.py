"""A study's list of priorities, through the whole chain on the small shipped study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import siting
from siting.run import verify_plan
from siting.termination import Termination

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
    """A pass that claims twice the compute of its plan is named."""
    plan = _solved([{"objective": "compute"}])
    value = plan.passes[0].value
    assert value is not None
    claimed = replace(plan.passes[0], value=2 * value, bound=2 * value)
    checked = verify_plan(replace(plan, passes=(claimed, *plan.passes[1:])))
    assert any("priorities, compute_h100e_quarters" in fault for fault in checked.faults)


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
    with pytest.raises(ValueError, match=expected):
        siting.read_study(TINY).update({"priorities": priorities})
