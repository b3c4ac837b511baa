"""`siting sure`: the answer is printed, kept with the plan, and told on page one."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from small_studies import ABILENE, small_study

from siting import sweep
from siting.errors import Fault
from siting.plan import read_plan
from siting.run import solve
from siting.study import read_study


@pytest.fixture(scope="module")
def tiny_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans") / "tiny"
    solve(read_study("models/tiny.toml").update({"search.date_curve": False})).save(folder)
    return folder


def test_trials_of_a_plan_are_kept_with_it_and_nothing_else_is_touched(siting, tiny_plan):
    """Two trials: one JSON object; the plan reads back with them and its numbers as they were; a file of the planner's
    in the folder stays; the report names the spread."""
    (tiny_plan / "notes.txt").write_text("keep")
    before = read_plan(tiny_plan)
    said = siting("sure", str(tiny_plan), "--runs", "2", "--workers", "1", "--seed", "5", "--json")
    assert said.code == 0
    place = json.loads(said.out)["place"]
    assert (place["trials"], place["seed"]) == (2, 5) and place["share"] in (0.0, 0.5, 1.0)
    after = read_plan(tiny_plan)
    assert after.facts["other_figures"] == place
    assert {**after.facts, "other_figures": None} == {**before.facts, "other_figures": None}
    assert after.passes == before.passes and (tiny_plan / "notes.txt").read_text() == "keep"
    assert "trials" in (tiny_plan / "report.html").read_text(encoding="utf-8")
    assert not list(tiny_plan.glob(".*"))


def test_the_best_plans_are_asked_for_by_number(siting, tiny_plan):
    """`--best 2` prints the second best plan and what is proved of the rest, below the place."""
    said = siting("sure", str(tiny_plan), "--runs", "1", "--workers", "1", "--best", "2")
    assert said.code == 0
    assert said.out.index("Place ") < said.out.index("Found:") and "Proved: no" in said.out


def test_ctrl_c_after_the_place_says_what_is_kept(siting, tiny_plan, monkeypatch):
    """The trials are in the folder when the search for other plans is stopped: it is not said that nothing is."""
    monkeypatch.setattr("siting.whatif.n_best.n_best", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    said = siting("sure", str(tiny_plan), "--runs", "1", "--workers", "1", "--best", "2", "--json")
    assert (said.code, json.loads(said.out)) == (130, {"error": "stopped", "folder": str(tiny_plan)})
    assert "kept with the plan" in said.err and "nothing" not in said.err


def test_a_plan_that_cannot_be_written_is_known_before_the_trials(siting, monkeypatch):
    """A folder on a disk that can only be read: exit 2 before anything is read."""
    Path("plan").mkdir()
    refused = Fault(file="plan", key="the answer", value="Read-only file system", expected="a place")
    monkeypatch.setattr("siting.writing.unwritable", lambda *_, **__: [refused])
    monkeypatch.setattr("siting.cli.sure.read_verified", None)
    assert siting("sure", "plan").err == f"{refused}\n"


def test_a_folder_without_a_plan_is_bad_input(siting, tmp_path):
    """Nothing is written, exit code 2."""
    (tmp_path / "empty").mkdir()
    said = siting("sure", str(tmp_path / "empty"))
    assert said.code == 2 and not list((tmp_path / "empty").iterdir())


def test_a_sweep_tells_which_decisions_are_safe(siting, tmp_path):
    """Two prices of power at one place: the campus is in both plans, each plan holds in both runs, and the tables are
    written beside the sweep."""
    study = small_study(tmp_path, ABILENE, search={"gap": 0.001}, grid={"joint": "off"})
    wishes = {"taxes.property_tax_where_blank": ["1 %/y", "2 %/y"]}
    sweep(study, wishes, folder=tmp_path / "sweep", workers=1)
    said = siting("sure", str(tmp_path / "sweep"), "--json")
    assert said.code == 0
    content = json.loads(said.out)
    status = {row["kind"]: row["status"] for row in content["decisions"]}
    assert status["site"] == "in every good plan" and content["plans"][0]["holds_in"] == 2
    assert len(content["regret"]) == 4 and (tmp_path / "sweep" / "regret.csv").exists()
    assert any(sentence.startswith("Least to regret") for sentence in content["words"])
    said = siting("sure", str(tmp_path / "sweep"), "--decided-until", "2024-Q2", "--json")
    content = json.loads(said.out)
    assert content["decided_until"] == "2024-Q2" and any(
        "due by the end of 2024-Q2" in text for text in content["words"]
    )


def test_an_altered_plan_of_a_sweep_is_found_out(siting, tmp_path):
    """A payment written over in the plan of one of two runs, or another rate of tax in the sweep's own study: exit code
    6, the folder of the plan is named, and nothing is written beside the sweep."""
    study = small_study(tmp_path, ABILENE, search={"gap": 0.001}, grid={"joint": "off"})
    found = sweep(study, {"taxes.property_tax_where_blank": ["1 %/y", "2 %/y"]}, folder=tmp_path / "sweep", workers=1)
    head = tmp_path / "sweep" / "sweep.json"
    kept = head.read_text("utf-8")
    key = '"taxes.property_tax_where_blank": '
    head.write_text(kept.replace(f'{key}"2 %/y"', f'{key}"3 %/y"'), "utf-8")
    said = siting("sure", str(tmp_path / "sweep"))
    plan = tmp_path / "sweep" / "plans" / found.runs[1].file
    assert said.code == 6 and f"{plan}: study: the plan was made from" in said.err
    assert "another version of siting made it; start the sweep again" in said.err
    head.write_text(kept, "utf-8")
    cash = plan / "cash.csv"
    rows = cash.read_text("utf-8").splitlines()
    column = rows[0].split(",").index("halls")
    cells = rows[1].split(",")
    cells[column] = str(float(cells[column]) + 1.0)
    cash.write_text("\n".join([rows[0], ",".join(cells), *rows[2:]]) + "\n", "utf-8")
    said = siting("sure", str(tmp_path / "sweep"))
    assert said.code == 6 and f"{plan}: cash, 2024-Q2, halls: the plan says" in said.err
    assert not (tmp_path / "sweep" / "regret.csv").exists()


def test_only_a_sweep_is_decided_until_a_quarter(siting, tiny_plan):
    """A plan is not held under other inputs: bad input that names the option."""
    said = siting("sure", str(tiny_plan), "--decided-until", "2024-Q2")
    assert said.code == 2 and "--decided-until" in said.err and "the folder of a sweep" in said.err


def test_what_says_nothing_of_a_sweep_or_plan_is_refused(siting, tiny_plan, tmp_path):
    """Trials and best plans of a sweep, a share of good plans where no others are asked for: each option is named, and
    nothing is read or written."""
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").write_text("{}")
    said = siting("sure", str(tmp_path / "sweep"), "--runs", "5", "--seed", "0", "--best", "2", "--json")
    faults = json.loads(said.out)["faults"]
    assert said.code == 2 and [(one["key"], one["value"]) for one in faults] == [
        ("--runs", "5"),
        ("--seed", "0"),
        ("--best", "2"),
    ]
    said = siting("sure", str(tiny_plan), "--within", "0.1")
    assert said.code == 2 and "--within: found 0.1; expected the folder of a sweep, or --best beside it" in said.err


def test_best_plans_of_other_objectives_are_refused_before_the_trials(siting, tmp_path, monkeypatch):
    """Carbon first: plans are ranked by cost, which is said before a minute is spent on trials."""
    study = small_study(tmp_path, priorities=[{"objective": "carbon"}], search={"date_curve": False})
    solve(study).save(tmp_path / "plan")
    monkeypatch.setattr("siting.whatif.decided.place_decided", lambda *_, **__: pytest.fail("tried"))
    said = siting("sure", str(tmp_path / "plan"), "--best", "2")
    assert said.code == 2 and "priorities: found carbon" in said.err
