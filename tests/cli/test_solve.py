"""`siting solve`: exit codes, the folder, one JSON object, nothing written on bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from siting import report, run
from siting.cli.solve import exit_code
from siting.places import shipped
from siting.plan import Plan, read_plan
from siting.study import read_study
from siting.termination import PassResult, Termination
from siting.verification import Verification

AT_LEAST = {
    "termination",
    "value",
    "bound",
    "gap",
    "unit",
    "seconds",
    "seconds_by_phase",
    "peak_mb",
    "candidates_read",
    "candidates_in_model",
    "near_ties",
    "sites",
    "leases",
    "passes",
    "grid_check",
    "reasons",
}


def plan_of(result: PassResult) -> Plan:
    """A plan without tables, as far as exit codes go."""
    study = read_study("models/tiny.toml").model_dump(mode="json")
    facts = {"candidates_read": 3, "candidates_in_model": 3}
    return Plan(study=study, study_digest="", data_hashes={}, versions={}, passes=(result,), facts=facts)


def found(value: float, bound: float, termination: Termination = Termination.OPTIMAL) -> PassResult:
    limit = "time" if termination is Termination.FEASIBLE else None
    return PassResult(objective="npv_cost_musd", termination=termination, limit=limit, value=value, bound=bound)


def write_study(changes: dict[str, str]) -> None:
    """tiny.toml here, with text replaced; each text must be there."""
    text = (shipped("models") / "tiny.toml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    Path("study.toml").write_text(text, encoding="utf-8")
    shutil.copy(shipped("models") / "tiny-sites.csv", "tiny-sites.csv")


def test_a_proved_plan_leaves_with_0_and_one_json_object(siting):
    """The tiny study: optimal, folder whole, progress on stderr alone, the JSON equal to the saved plan."""
    said = siting("solve", "models/tiny.toml", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert answer.keys() >= AT_LEAST
    assert answer["termination"] == "optimal" and answer["unit"] == "musd" and answer["gap"] <= 0.001
    assert answer["seconds"] == pytest.approx(sum(answer["seconds_by_phase"].values()))
    assert len(answer["sites"]) + len(answer["leases"]) > 0
    assert "tiny: solve" in said.err and "Traceback" not in said.err
    plan = read_plan(Path("plans/tiny"))
    assert plan.npv_cost_musd == answer["value"] and Path("plans/tiny/report.html").stat().st_size > 10_000


def test_sites_in_json_say_where_when_and_how_much(siting):
    """Without leases and colocation the 2,048 H100 stand on an own campus; its MW are of IT and of the meter."""
    write_study({'discount_rate = "10 %/y"': 'discount_rate = "10 %/y"\nlease = false\ncolocation = false'})
    (site,) = json.loads(siting("solve", "study.toml", "--json").out)["sites"]
    assert site.keys() >= {
        "candidate", "lat", "lon", "state", "tenure", "open_quarter", "it_mw", "utility_mw",
    }  # fmt: skip
    assert site["tenure"] == "own" and site["open_quarter"] == "2025-Q4"
    assert 2.0 < site["it_mw"] < site["utility_mw"] < 1.6 * site["it_mw"]


def test_a_plan_that_is_there_is_refused_without_force(siting):
    """Exit 2 and the old plan untouched; --force replaces it; a folder that is no plan is never replaced."""
    assert siting("solve", "tiny", "--out", "here").code == 0
    before = Path("here/plan.json").read_bytes()
    said = siting("solve", "tiny", "--out", "here")
    assert said.code == 2 and "--force" in said.err and Path("here/plan.json").read_bytes() == before
    assert siting("solve", "tiny", "--out", "here", "--force").code == 0
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep", encoding="utf-8")
    assert siting("solve", "tiny", "--out", "mine", "--force").code == 2
    assert Path("mine/notes.txt").read_text(encoding="utf-8") == "keep"


def test_infeasible_leaves_with_4_and_reasons(siting):
    """1 MUSD buys no cluster: money is the reason, in the JSON and in a report."""
    write_study({'"250 MUSD"': '"1 MUSD"'})
    said = siting("solve", "study.toml", "--json")
    answer = json.loads(said.out)
    assert said.code == 4 and answer["termination"] == "infeasible"
    assert answer["value"] is None and answer["sites"] == []
    assert any(reason.startswith("money") for reason in answer["reasons"])
    assert Path("plans/tiny/report.html").exists()
    said = siting("verify", "plans/tiny", "--json")
    assert said.code == 4 and json.loads(said.out)["ok"] is None


def test_every_fault_of_a_study_is_listed_and_nothing_is_written(siting):
    """A bare number and a misspelt key: exit 2, both in the JSON, no folder."""
    write_study({'"250 MUSD"': "250", "construction_quarters": "constuction_quarters"})
    before = sorted(Path().rglob("*"))
    said = siting("solve", "study.toml", "--json")
    assert said.code == 2 and "Traceback" not in said.err
    faults = json.loads(said.out)["faults"]
    assert {fault["key"] for fault in faults} == {"money.funding[0].amount_musd", "halls.constuction_quarters"}
    assert all(fault.keys() == {"file", "key", "value", "expected"} for fault in faults)
    assert {fault["file"] for fault in faults} == {"study.toml"}
    assert sorted(Path().rglob("*")) == before


def test_what_only_the_tables_reveal_is_bad_input_too(siting):
    """An accelerator that the catalogue does not know, and a candidate file that is not there."""
    write_study({'"H100 SXM 80GB"': '"H101"'})
    assert siting("solve", "study.toml").code == 2
    write_study({"tiny-sites.csv": "nowhere.csv"})
    said = siting("solve", "study.toml")
    assert said.code == 2 and "nowhere.csv" in said.err
    assert not Path("plans").exists()


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["--gap", "2"], "--gap"),
        (["--gap", "nan"], "--gap"),
        (["--threads", "0"], "--threads"),
        (["--seed", "x"], "--seed"),
        (["--time-limit", "inf"], "--time-limit"),
        (["--fast"], "--fast"),
    ],
)
def test_a_wrong_option_is_bad_input(siting, words, key):
    """Exit 2, the option named in one JSON object; nothing written."""
    said = siting("solve", "models/tiny.toml", "--json", *words)
    assert said.code == 2
    (fault,) = json.loads(said.out)["faults"]
    assert fault["key"] == key and fault["file"] == "command line"
    assert list(Path().iterdir()) == []


def test_the_folder_one_stands_in_is_not_replaced(siting, monkeypatch):
    """It would be gone under one's feet: said before the search, which is not begun."""
    monkeypatch.setattr(run, "solve", None)
    Path("plan.json").write_text("{}")
    said = siting("solve", "models/tiny.toml", "--out", ".", "--force", "--json")
    (fault,) = json.loads(said.out)["faults"]
    assert said.code == 2 and (fault["key"], fault["value"]) == ("--out", "where you stand")


def test_options_win_over_the_study_and_the_study_over_defaults(siting, monkeypatch):
    """--gap and --seed come from the words, candidates_in_model from the template's search section."""
    asked = []

    def stand_in(study, **_):
        asked.append(study.search)
        return plan_of(found(1.0, 1.0))

    monkeypatch.setattr(run, "solve", stand_in)
    monkeypatch.setattr(report, "write_report", lambda *_: None)
    siting("solve", "models/template.toml", "--gap", "0.02", "--seed", "7", "--time-limit", "9", "--threads", "1")
    (search,) = asked
    assert (search.gap, search.seed, search.time_limit_s, search.threads) == (0.02, 7, 9.0, 1)
    assert search.candidates_in_model == 60


def test_exit_codes_of_every_ending():
    """0 within the gap, 3 above it, 4 infeasible, 5 nothing found in time."""
    assert exit_code(plan_of(found(100.0, 99.95)), 0.001) == 0
    assert exit_code(plan_of(found(100.0, 99.0, Termination.FEASIBLE)), 0.001) == 3
    assert exit_code(plan_of(found(100.0, 99.0, Termination.FEASIBLE)), 0.02) == 0
    infeasible = PassResult(objective="npv_cost_musd", termination=Termination.INFEASIBLE)
    nothing = PassResult(objective="npv_cost_musd", termination=Termination.NO_PLAN_FOUND, limit="time", bound=1.0)
    assert exit_code(plan_of(infeasible), 0.001) == 4
    assert exit_code(plan_of(nothing), 0.001) == 5


def test_a_plan_that_fails_its_second_reading_leaves_with_6(siting, monkeypatch):
    """The faults are listed, and no plan is written."""
    failed = Verification(
        faults=("L2 at abilene in 2025-Q1",), npv_cost_musd=1.0, largest_cash_difference_musd=0.0, grid={}
    )
    monkeypatch.setattr(run, "verify", lambda *_: failed)
    said = siting("solve", "models/tiny.toml", "--json")
    assert said.code == 6 and "L2 at abilene" in said.err
    assert any("L2 at abilene" in fault for fault in json.loads(said.out)["faults"])
    assert not Path("plans/tiny").exists()


def test_no_plan_in_time_leaves_with_5(siting, monkeypatch):
    """A search that found nothing: no plan, no claim, the limit and the bound named."""
    nothing = PassResult(
        objective="npv_cost_musd", termination=Termination.NO_PLAN_FOUND, limit="time_limit", bound=7.0
    )
    monkeypatch.setattr(run, "solve", lambda *_, **__: plan_of(nothing))
    monkeypatch.setattr(report, "write_report", lambda *_: None)
    said = siting("solve", "models/tiny.toml", "--json")
    answer = json.loads(said.out)
    assert said.code == 5 and answer["termination"] == "no_plan_found" and answer["limit"] == "time_limit"
    assert answer["value"] is None and answer["bound"] == 7.0 and answer["sites"] == []


def test_an_error_of_ours_is_one_line_and_exit_1(siting, monkeypatch):
    """No traceback; the line says what to report. SITING_DEBUG=1 shows the traceback."""

    def broken(*_, **__):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(run, "solve", broken)
    said = siting("solve", "models/tiny.toml", "--json")
    assert said.code == 1 and json.loads(said.out)["error"] == "our fault"
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert len(lines) == 1 and "ZeroDivisionError" in lines[0] and "report" in lines[0]
    monkeypatch.setenv("SITING_DEBUG", "1")
    assert "Traceback" in siting("solve", "models/tiny.toml").err
