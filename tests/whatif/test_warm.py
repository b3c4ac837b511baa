"""What if: the plan at hand is proved to be good enough, or a search from it finds a better one; never a dearer one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from random_whole import whole_study
from small_studies import ABILENE, DALLAS, small_study

from siting.plan import Plan, read_plan
from siting.run import solve, study_of
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination
from siting.whatif.before import before, on_lines_of
from siting.whatif.variation import Variation
from siting.whatif.warm import _no_worse, what_if


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def tiny(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The shipped tiny study solved, saved and read back."""
    study = read_study("models/tiny.toml").update({"search.date_curve": False})
    folder = tmp_path_factory.mktemp("warm") / "tiny"
    solve(study, tables=tables).save(folder)
    return read_plan(folder)


@pytest.mark.parametrize("prove_all", [True, False])
def test_a_place_outside_the_old_model_is_found(prove_all: bool, tables: Tables, tmp_path: Path) -> None:
    """One candidate in the model, then cheap power at another place: the old plan is optimal among its own only, and
    that is no answer where nothing is proved over all."""
    search = {"candidates_in_model": 1, "date_curve": False, "prove_all": prove_all}
    study = small_study(tmp_path, ABILENE + DALLAS.replace("100,,,,,", "100,,200,2025-Q2,,"), search=search)
    plan = solve(study, tables=tables)
    assert plan.sites["candidate"].tolist() == ["abilene"]
    cheap = tmp_path / "cheap"
    cheap.mkdir()
    other = small_study(cheap, ABILENE + DALLAS.replace("100,,,,,", "100,,10,2025-Q2,,"), search=search)
    found, anew = what_if(plan, other, tables=tables), solve(other, tables=tables)
    assert anew.sites["candidate"].tolist() == ["dallas"]
    assert found.npv_cost_musd == pytest.approx(anew.npv_cost_musd, rel=study.search.gap)


def test_the_plan_at_hand_stays_where_a_search_ends_dearer_or_overloads_lines() -> None:
    """110 with two lines overloaded is no answer beside 100 with none; nor is 90; 90 without is."""

    def ended(value: float, overloads: int) -> SimpleNamespace:
        result = PassResult(
            objective="npv_cost_musd", termination=Termination.FEASIBLE, limit="time_limit", value=value
        )
        searched = SimpleNamespace(result=result)
        return SimpleNamespace(searched=searched, overloads=overloads, screened=SimpleNamespace(rows=np.arange(3)))

    same = ended(100.0, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siting.whatif.warm.replace", lambda kept, **_: kept)
        assert _no_worse(ended(110.0, 2), same) is same
        assert _no_worse(ended(90.0, 2), same) is same
        assert _no_worse(better := ended(90.0, 0), same) is better


@pytest.mark.parametrize(
    ("edits", "answered"),
    [
        ({"money.discount_rate": "10.5 %/y"}, "same plan"),
        ({"accelerators.0.price_usd": "50400 USD"}, "same plan"),
        ({"accelerators.0.price_usd": "43000 USD"}, "search from the plan"),
        ({"clusters.0.by": "2025-Q3"}, "search"),
    ],
)
def test_an_answer_from_a_plan_is_that_of_a_search(
    edits: dict[str, object], answered: str, tiny: Plan, tables: Tables
) -> None:
    """The value is that of a new search within the gap, the bound lies nowhere above it, the second reading agrees."""
    plan = what_if(tiny, Variation(name="other", edits=edits), tables=tables)
    study = Study.model_validate({**plan.study})
    study._path = Path("models/tiny.toml")
    anew = solve(study, tables=tables)
    assert plan.facts["what_if"]["answered_by"] == answered, plan.facts["what_if"]
    assert plan.termination is Termination.OPTIMAL and plan.gap is not None
    assert plan.npv_cost_musd is not None and anew.npv_cost_musd is not None and plan.bound_musd is not None
    assert plan.npv_cost_musd == pytest.approx(anew.npv_cost_musd, rel=study.search.gap)
    assert plan.bound_musd <= anew.npv_cost_musd * (1.0 + 1e-6)
    assert plan.facts["verification"]["faults"] == []


def test_a_search_from_a_plan_never_answers_with_a_dearer_one(tables: Tables, tmp_path: Path) -> None:
    """With a discount rate 3 points higher, a campus, two clusters and units on the campus: at most what keeping to the
    plan costs, at least the bound, and within the gap of what a new search finds."""
    study = whole_study(139, tmp_path)
    plan = solve(study, tables=tables)
    assert plan.npv_cost_musd is not None
    price = plan.study["money"]["discount_rate"]
    assert price.endswith("%/y")
    changed = study.update({"money.discount_rate": f"{float(price.split()[0]) + 3.0} %/y"})
    found, anew = what_if(plan, changed, tables=tables), solve(changed, tables=tables)
    held = found.facts["what_if"]["held_musd"]
    assert found.npv_cost_musd is not None and held is not None and anew.npv_cost_musd is not None
    assert found.npv_cost_musd <= held + 1e-6 * abs(held)
    assert found.npv_cost_musd == pytest.approx(anew.npv_cost_musd, rel=2e-4)
    assert found.bound_musd is not None and found.bound_musd <= anew.npv_cost_musd + 1e-6 * abs(anew.npv_cost_musd)


def test_one_site_that_prices_of_all_open_is_searched_before_the_plan_at_hand(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Abilene was the one candidate in the model; power in Dallas falls to 10 USD/MWh. With the few that prices name
    the search is over, and says that it did not begin with the plan."""
    monkeypatch.setattr("siting.seek.LIKELY", 0)
    search = {"candidates_in_model": 1, "date_curve": False}
    dear, cheap = (DALLAS.replace("100,,,,,", f"100,,{usd},2025-Q2,,") for usd in (200, 10))
    (now := tmp_path / "now").mkdir()
    base = solve(small_study(tmp_path, ABILENE + dear, search=search), tables=tables)
    other = small_study(now, ABILENE + cheap, search=search)
    found, anew = what_if(base, other, tables=tables), solve(other, tables=tables)
    assert found.facts["what_if"]["answered_by"] == "search", found.facts["what_if"]
    assert "one site" in found.seconds
    assert found.sites["candidate"].tolist() == anew.sites["candidate"].tolist() == ["dallas"]
    assert found.npv_cost_musd == pytest.approx(anew.npv_cost_musd, rel=other.search.gap)


def test_a_plan_that_no_longer_holds_says_why(tiny: Plan, tables: Tables) -> None:
    """Halls that take seven quarters from 2024-Q2 on stand in 2026-Q1, too late for 2025-Q4: the offer is signed."""
    plan = what_if(tiny, {"halls.construction_quarters": 7}, tables=tables)
    site = str(tiny.sites["candidate"].iloc[0])
    assert f"{site}: open in 2025-Q4, not before 2026-Q1 here" in plan.facts["what_if"]["words"]
    assert plan.leases["lease"].tolist() == ["rented"]


def test_a_bound_of_other_files_is_not_taken_over(tables: Tables, tmp_path: Path) -> None:
    """The planner's file was edited after the plan was made: its bound says nothing of what the file says now."""
    study = small_study(tmp_path, search={"date_curve": False})
    plan = solve(study, tables=tables)
    rows = (tmp_path / "sites.csv").read_text()
    (tmp_path / "sites.csv").write_text(rows.replace("own,100,", "own,90,"))
    found = what_if(plan, {"money.discount_rate": "11 %/y"}, tables=tables)
    assert found.facts["what_if"]["looser"] == ["no longer as it was made with them: sites.csv"]
    assert found.facts["what_if"]["answered_by"] == "search from the plan"


@pytest.mark.parametrize("column", ["place", "ramp"])
def test_a_file_that_costs_the_same_is_another_file_all_the_same(column: str, tables: Tables, tmp_path: Path) -> None:
    """Two tenures of one place become two places, or power that came in steps comes at once: no candidate costs or
    draws more in all, and still there are plans that there were not before."""
    then, now = {"place": ("one", "two"), "ramp": ('"0:75;2:150"', '"0:75;1:150"')}[column]
    study = small_study(tmp_path, search={"date_curve": False})
    header = "candidate,lat,lon,tenure,utility_mw,energization," + column
    rows = f"{header}\nabilene,32.45,-99.73,own,150,2025-Q2,{{0}}\ndallas,32.45,-99.73,own,100,2025-Q2,{{1}}\n"
    (tmp_path / "sites.csv").write_text(rows.format("one" if column == "place" else then, then))
    plan = solve(study, tables=tables)
    assert before(plan, tables).problem is not None
    (tmp_path / "sites.csv").write_text(rows.format("one" if column == "place" else then, now))
    assert before(plan, tables).why == "no longer as it was made with them: sites.csv"


@pytest.mark.parametrize("edit", [{"joint": "n0"}, {"emergency_share": 1.3}, {"least_factor": "10 %"}])
def test_what_was_proved_on_other_limits_of_lines_is_not_taken_over(
    edit: dict[str, object], tiny: Plan, tables: Tables
) -> None:
    """Lines found overloaded lifted the bound of a study that looks at outages. One that looks at none, or rates lines
    higher after one, has cheaper plans, and its problem as it is assembled shows no difference."""
    strict = study_of(tiny).update({"grid.joint": "n1"})
    known = before(tiny, tables)
    assert known.problem is not None and known.problem.grid is not None
    known = replace(known, plan=replace(tiny, study=strict.model_dump(mode="json")))
    assert on_lines_of(known, strict).problem is not None
    looser = on_lines_of(known, strict.update({f"grid.{key}": value for key, value in edit.items()}))
    assert looser.problem is None and looser.why


def test_objectives_in_order_are_searched_from_the_beginning(tiny: Plan, tables: Tables) -> None:
    """Carbon first, then cost: what is known is of the cost alone."""
    ordered = [{"objective": "carbon", "tolerance": "5 %"}, {"objective": "npv_cost"}]
    plan = what_if(tiny, {"priorities": ordered}, tables=tables)
    assert plan.facts["what_if"]["answered_by"] == "search"
    assert [result.objective for result in plan.passes] == ["carbon_t", "npv_cost_musd"]
