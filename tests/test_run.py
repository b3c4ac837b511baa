"""From a study to a plan: the shipped studies give the answers they were written for."""

from __future__ import annotations

import numpy as np
import pytest

from siting.plan import read_plan
from siting.run import solve, verify_plan
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def quick(study: Study, **changes: object) -> Study:
    """The study over few candidates and to a wide gap: enough to see what kind of plan comes out."""
    search = {"search.candidates_in_model": 8, "search.gap": 0.02, "search.time_limit_s": "60 s"}
    return study.update({**search, **changes})


def test_tiny_is_solved_to_proof_and_verified(tables):
    """Three places, one rented offer: the optimum is proved, and the second reading agrees on its value."""
    plan = solve(read_study("models/tiny.toml"), tables=tables)
    assert plan.termination is Termination.OPTIMAL
    assert plan.facts["verification"]["faults"] == []
    assert plan.facts["verification"]["npv_cost_musd"] == pytest.approx(plan.npv_cost_musd, rel=1e-6)
    assert plan.tables["clusters"]["gpus"].tolist() == [2048]


def test_plan_folder_reads_back_equal(tables, tmp_path):
    """Every table, number and hash of a saved plan is what it was; a second reading of the files still holds."""
    plan = solve(read_study("models/tiny.toml"), tables=tables)
    plan.save(tmp_path / "tiny")
    back = read_plan(tmp_path / "tiny")
    assert back.passes == plan.passes and back.study_digest == plan.study_digest and back.seconds == plan.seconds
    for name, frame in plan.tables.items():
        again = back.tables[name]
        assert list(again.columns) == list(frame.columns), name
        for column in frame:
            if frame[column].dtype.kind == "f":
                np.testing.assert_array_equal(
                    again[column].to_numpy(), frame[column].to_numpy(), err_msg=f"{name}.{column}"
                )
            else:
                assert again[column].astype(str).tolist() == frame[column].astype(str).tolist(), (name, column)
    assert verify_plan(back, tables).ok


def test_same_study_same_plan(tables):
    """Solved twice in one process, with other threads in between: the same tables."""
    study = read_study("models/tiny.toml")
    first = solve(study, tables=tables)
    solve(study.update({"search.threads": 1}), tables=tables)
    again = solve(study, tables=tables)
    assert again.npv_cost_musd == first.npv_cost_musd
    assert again.sites.equals(first.sites)


def test_gigafactory_owns_in_texas(tables):
    """Time to power lets only Texas stand by 2025-Q4; about 140 MW IT and 170 MW at the meter, not 100."""
    plan = solve(quick(read_study("models/gigafactory.toml")), tables=tables)
    host = plan.tables["clusters"].iloc[0]
    assert host["tenure"] == "own" and plan.sites["state"].tolist() == ["TX"]
    assert host["it_mw"] == pytest.approx(140.1, abs=0.5) and 160 < host["utility_mw"] < 180
    assert plan.facts["verification"]["ok"], plan.facts["verification"]["faults"][:5]
    assert plan.facts["candidates_read"] > 30_000 and plan.facts["candidates_in_model"] <= 12


def test_gigafactory_can_be_rented_when_owning_is_off(tables):
    """Without own and colocation campuses the 10 GUSD offer hosts the cluster."""
    study = quick(read_study("models/gigafactory.toml"), **{"money.own": False, "money.colocation": False})
    plan = solve(study, tables=tables)
    assert plan.tables["clusters"]["tenure"].tolist() == ["lease"]
    assert plan.facts["verification"]["ok"], plan.facts["verification"]["faults"][:5]


def test_gigafactory_can_be_owned_when_leasing_is_off(tables):
    """Without new leases an own campus hosts the cluster; the existing contract still runs and is paid."""
    plan = solve(quick(read_study("models/gigafactory.toml"), **{"money.lease": False}), tables=tables)
    assert plan.tables["clusters"]["tenure"].tolist() == ["own"]
    assert plan.leases["existing"].all() and plan.tables["cash"]["existing_lease"].sum() > 700.0


def test_closed_funding_is_infeasible_and_names_money(tables):
    """6 GUSD alone: money is named, and how many H100 it carries: fewer than asked, more than rented."""
    plan = solve(quick(read_study("models/gigafactory-closed-funding.toml")), tables=tables)
    assert plan.termination is Termination.INFEASIBLE
    assert any(reason.startswith("money") for reason in plan.facts["reasons"])
    assert 30_000 < plan.facts["carries_gpus"] < 100_000
