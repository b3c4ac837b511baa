"""The bound over all candidates, recomputed from what the plan states, and refused where a digit was altered."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_studies import H100, small_study

from siting.plan import Plan
from siting.report.answer import bound_covers
from siting.run import solve, study_of
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify

ONE = {"candidates_in_model": 1, "date_curve": False}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> tuple[Plan, Study]:
    """A plan from a search over one of three places, and its study."""
    study = small_study(tmp_path_factory.mktemp("study"), search=ONE)
    return solve(study, tables=tables), study


def altered(plan: Plan, change: Any) -> Plan:
    facts = copy.deepcopy(dict(plan.facts))
    change(facts["everyone"])
    return replace(plan, facts=facts)


def test_a_search_over_one_place_is_proved_over_all_three(solved: tuple[Plan, Study], tables: Tables) -> None:
    """The bound covers three candidates, lies below the cost, and verifies."""
    plan, study = solved
    everyone = plan.facts["everyone"]
    assert plan.facts["candidates_in_model"] == 1
    assert everyone["candidates"] == 3
    assert everyone["priced_musd"] <= everyone["bound_musd"] <= plan.npv_cost_musd
    assert verify(plan, study, tables).ok
    assert "Over all 3 usable candidates" in bound_covers(plan)


def test_the_bound_is_that_of_a_search_over_all(solved: tuple[Plan, Study], tmp_path: Path, tables: Tables) -> None:
    """A search that holds all three places finds a plan that costs no less than the bound."""
    whole = solve(small_study(tmp_path, search={"date_curve": False}), tables=tables)
    assert whole.npv_cost_musd is not None
    assert solved[0].facts["everyone"]["bound_musd"] <= whole.npv_cost_musd * (1 + 1e-9)


@pytest.mark.parametrize("name", ["supply", "funding", "host", "power"])
def test_an_altered_multiplier_is_found(solved: tuple[Plan, Study], tables: Tables, name: str) -> None:
    """One digit of one list, and the bound is no longer what the multipliers give."""
    plan, study = solved

    def change(everyone: dict[str, Any]) -> None:
        lists = everyone["certificate"]["multipliers"]
        if name == "power":  # a price for power that lifts nothing lowers the bound
            lists[name] = [[price + 1e3 for price in row] for row in lists[name]]
        elif name == "supply":
            lists[name] = [[price + 1.0 for price in row] for row in lists[name]]
        else:
            lists[name] = [price + 1.0 for price in lists[name]]

    faults = verify(altered(plan, change), study, tables).faults
    if name in ("host", "power"):  # one cluster: its least host is added exactly; a power price is one of two tried
        assert all("its multipliers give" in fault for fault in faults)
    else:
        assert any("its multipliers give" in fault or "do not fit" in fault for fault in faults)


def test_an_altered_bound_is_found(solved: tuple[Plan, Study], tables: Tables) -> None:
    """A bound that is a little higher than its multipliers give."""
    plan, study = solved

    def change(everyone: dict[str, Any]) -> None:
        everyone["certificate"]["musd"] *= 1.00001

    assert any("its multipliers give" in fault for fault in verify(altered(plan, change), study, tables).faults)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("bound_musd", 1e9, "lies above the value"),
        ("bound_musd", float("nan"), "less than its multipliers give"),
        ("bound_musd", None, "do not fit"),
        ("candidates", 4, "counts 4 candidates, the study has 3"),
    ],
)
def test_what_the_plan_says_of_its_bound_is_looked_at(
    solved: tuple[Plan, Study], tables: Tables, name: str, value: Any, said: str
) -> None:
    """A bound above the cost, a bound that is no number or not there, candidates that the study does not have."""
    plan, study = solved
    faults = verify(altered(plan, lambda everyone: everyone.update({name: value})), study, tables).faults
    assert any(said in fault for fault in faults)


def test_a_bound_without_multipliers_is_refused(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Nobody can check it."""
    plan, study = solved
    faults = verify(altered(plan, lambda everyone: everyone.pop("certificate")), study, tables).faults
    assert any("no multipliers" in fault for fault in faults)


def test_lists_that_do_not_fit_are_a_fault_and_no_crash(solved: tuple[Plan, Study], tables: Tables) -> None:
    """A list of the wrong length."""
    plan, study = solved

    def change(everyone: dict[str, Any]) -> None:
        everyone["certificate"]["multipliers"]["funding"] = [0.0]

    assert any("do not fit" in fault for fault in verify(altered(plan, change), study, tables).faults)


def test_a_part_without_a_price_leaves_the_bound_to_the_few(tmp_path: Path, tables: Tables) -> None:
    """One of two clusters on two campuses may be cheaper than on any one: no bound over all is claimed."""
    apart = {"name": "first", "gpus": 1024, "accelerators": [H100], "by": "2025-Q4", "split": {"within_km": "80 km"}}
    both = [apart, {**apart, "name": "second"}]
    plan = solve(small_study(tmp_path, search=ONE, clusters=both), tables=tables)
    assert plan.facts["everyone"] == {"unpriced": ["one of several clusters on two campuses"]}
    assert "for want of a price of one of several clusters on two campuses" in bound_covers(plan)


def test_one_cluster_on_two_campuses_and_two_classes_of_halls_are_recomputed(tmp_path: Path, tables: Tables) -> None:
    """Their bounds over all are saved with the plan, found again, and no more than it costs."""
    apart = {"name": "first", "gpus": 1024, "accelerators": [H100], "by": "2025-Q4", "split": {"within_km": "80 km"}}
    air = {"cooling": "air", "holds": "air", "cost_musd_per_it_mw": "9 MUSD/MW"}
    changes: dict[str, dict[str, Any]] = {"split": {"clusters": [apart]}, "air": {"halls.classes": [air]}}
    for name, change in changes.items():
        (tmp_path / name).mkdir()
        study = small_study(tmp_path / name, search=ONE).update(change)
        plan = solve(study, tables=tables)
        everyone = plan.facts["everyone"]
        assert plan.npv_cost_musd is not None
        assert 0.9 * plan.npv_cost_musd <= everyone["priced_musd"] <= plan.npv_cost_musd + 1e-6, name
        assert verify(plan, study_of(plan), tables).ok, name
