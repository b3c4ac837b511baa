"""A plan held under its own inputs costs what it costs; under others it has another value, or holds no longer."""

from pathlib import Path

import pytest
from random_whole import whole_study
from small_studies import ABILENE, DALLAS, HEADER, small_study

from siting.plan import Plan, read_plan
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination
from siting.whatif.repriced import reprice_plan

SEEDS = (44, 68, 139, 190)
"""Draws with one to three sites: clusters on campuses and on contracts, loans, power contracts, units on the campus, a
curtailable connection."""
OFFER = {
    "name": "rented",
    "accelerator": "H100 SXM 80GB",
    "gpus": 1024,
    "usd_per_gpu_h": "2.10 USD/GPU/h",
    "term_quarters": 8,
    "deliver_from": "2025-Q1",
    "single_fabric_gpus": 1024,
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def planned(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Plan]:
    """Abilene alone, and the plan."""
    study = small_study(tmp_path_factory.mktemp("held"), ABILENE, search={"date_curve": False})
    return study, solve(study, tables=tables)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_under_its_own_inputs_costs_what_it_costs(seed: int, tables: Tables, tmp_path: Path) -> None:
    """Everything whole held gives the plan's own value to 1e-6; its first stage alone costs no more, and no less than
    the bound of the plan."""
    study = whole_study(seed, tmp_path)
    solve(study, tables=tables).save(tmp_path / "plan")
    plan = read_plan(tmp_path / "plan")
    whole, first = (reprice_plan(plan, study, strength, tables=tables) for strength in ("whole", "first stage"))
    assert plan.npv_cost_musd is not None and plan.bound_musd is not None
    assert whole.result.value == pytest.approx(plan.npv_cost_musd, rel=1e-6, abs=1e-6)
    assert first.result.value is not None and first.result.bound is not None
    assert plan.bound_musd - 1e-5 <= first.result.value <= plan.npv_cost_musd * (1.0 + 1e-6)
    assert first.result.bound <= first.result.value


def test_dearer_power_adds_what_the_energy_costs(planned: tuple[Study, Plan], tables: Tables) -> None:
    """The same site at a price 10 % higher in every year: the value rises by 10 % of its energy, and nothing else."""
    study, plan = planned
    energy = plan.tables["cash"]["energy"].to_numpy()
    paid = sum(musd / 1.1 ** ((t + 0.5) / 4.0) for t, musd in enumerate(energy))
    (study.folder / "dearer.csv").write_text(HEADER + ABILENE.replace(",62,", ",68.2,"))
    dearer = study.update({"candidates.file.path": "dearer.csv"})
    found = reprice_plan(plan, dearer, "whole", tables=tables)
    assert found.result.value == pytest.approx(plan.npv_cost_musd + 0.1 * paid, rel=1e-6)


def test_halls_that_come_later_are_named(planned: tuple[Study, Plan], tables: Tables) -> None:
    """Halls that take nine quarters to build: what was decided for 2025 is no longer possible, and the plan says so."""
    study, plan = planned
    found = reprice_plan(plan, study.update({"halls.construction_quarters": 9}), tables=tables)
    assert (found.result.termination, found.decisions) == (Termination.INFEASIBLE, None)
    assert any("not before 2026-Q3 here" in text for text in found.lost), found.lost


def test_a_place_that_is_gone_is_named(planned: tuple[Study, Plan], tables: Tables) -> None:
    """With Dallas alone the plan in Abilene has nowhere to stand."""
    study, plan = planned
    (study.folder / "fewer.csv").write_text(HEADER + DALLAS)
    found = reprice_plan(plan, study.update({"candidates.file.path": "fewer.csv"}), tables=tables)
    assert "candidate abilene: there is none here that can be used" in found.lost


def test_a_limit_that_is_broken_names_nothing(planned: tuple[Study, Plan], tables: Tables) -> None:
    """With 10 MUSD in all every decision still has its place, and still no plan keeps the funding."""
    study, plan = planned
    poor = study.update({"money.funding": [{"quarter": "2024-Q2", "amount_musd": "10 MUSD", "status": "closed"}]})
    found = reprice_plan(plan, poor, tables=tables)
    assert (found.result.termination, found.lost) == (Termination.INFEASIBLE, ())


def test_a_contract_is_held_by_its_name(tables: Tables, tmp_path: Path) -> None:
    """At 10 % more rent the plan that rents costs 10 % more; without the offer it names it."""
    study = small_study(tmp_path, search={"date_curve": False}, leases={"bilateral": [OFFER]})
    plan = solve(study, tables=tables)
    assert plan.leases["lease"].tolist() == ["rented"]
    dearer = study.update({"leases.bilateral.0.usd_per_gpu_h": "2.31 USD/GPU/h"})
    found = reprice_plan(plan, dearer, tables=tables)
    assert found.result.value == pytest.approx(1.1 * plan.npv_cost_musd, rel=1e-6)
    other = study.update({"leases.bilateral.0.name": "another"})
    assert reprice_plan(plan, other, tables=tables).lost == ("offer rented: there is none here that can be used",)
