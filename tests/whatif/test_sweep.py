"""Many runs: rows whatever happens, results used again, faults before anything runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from small_studies import small_study

import siting
from siting.errors import InputError
from siting.whatif.runner import SweepProgress
from siting.whatif.variation import Variation

LEAN = {"grid": {"joint": "off"}}


def test_every_end_of_a_run_is_a_row(tmp_path):
    """Found, infeasible, refused, unverified, hanging and dying runs are rows; what hangs is killed at its limit."""
    study = small_study(tmp_path, **LEAN)
    seen: list[SweepProgress] = []
    pid = tmp_path / "pid"
    wishes = [
        Variation(name="as it is", edits={}),
        Variation(name="no money", edits={"money.funding.0.amount_musd": "1 MUSD"}),
        Variation(name="no such file", edits={"candidates.file.path": "nowhere.csv"}),
        Variation(name="Fails", edits={"title": "fail"}),
        Variation(name="hangs", edits={"title": "hang", "assumptions": [str(pid)]}),
        Variation(name="dies", edits={"title": "die"}),
    ]
    folder = tmp_path / "sweep"
    found = siting.sweep(study, wishes, folder=folder, run_limit_s=8, progress=seen.append, solve="slow_solve:odd_ends")
    assert [run.status for run in found] == ["done", "done", "refused", "unverified", "killed", "died"]
    assert [run.termination for run in found][:2] == ["optimal", "infeasible"]
    assert "nowhere.csv" in found["no such file"].message
    assert found["Fails"].message == "a limit does not hold"
    assert found["hangs"].seconds >= 8
    assert [message.done for message in seen] == list(range(7)) and seen[-1].left_s == 0.0
    assert not _runs(int(pid.read_text()))
    assert "1 killed at the limit of a run" in str(found)
    assert sorted(found.plans) == ["as it is", "no money"]
    assert found.plans["as it is"].npv_cost_musd == found["as it is"].value_musd
    assert found.frame["status"].tolist() == [run.status for run in found]
    again = siting.read_sweep(folder)
    assert again.runs == found.runs


def test_without_a_safe_fork_every_run_has_a_new_interpreter(tmp_path, monkeypatch):
    """The way of other systems: one run is solved as always, another one killed half a second after its start."""
    monkeypatch.setattr("siting.whatif.apart.sys.platform", "darwin")
    monkeypatch.setattr("siting.whatif.apart.STARTING_S", 0.0)
    study = small_study(tmp_path, **LEAN)
    done = siting.sweep(study, {"quarters": [12]}, folder=tmp_path / "sweep", run_limit_s=120)
    assert [run.termination for run in done] == ["optimal"]
    killed = siting.sweep(study, {"quarters": [13]}, folder=tmp_path / "sweep", run_limit_s=0.5)
    assert [(run.status, run.message[:18]) for run in killed] == [("killed", "killed after 0.5 s")]


def _runs(pid: int) -> bool:
    """Whether the process is still there, at work."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_start_computes_only_what_is_missing_or_stale(tmp_path):
    """Of four runs one record is deleted: the second start computes that one and writes no other file; a change of the
    planner's own file makes all stale."""
    study = small_study(tmp_path, **LEAN)
    folder, choices = tmp_path / "sweep", {"clusters.0.by": ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]}
    first = siting.sweep(study, choices, folder=folder)
    values = first.frame["value_musd"].tolist()
    assert values == sorted(values, reverse=True) and len(set(values)) == 4  # a later cluster runs for less time
    records = sorted((folder / "runs").iterdir())
    before = {path: _written(path) for path in records}
    records[2].unlink()
    told: list[SweepProgress] = []
    second = siting.sweep(study, choices, folder=folder, progress=told.append)
    after = {path: _written(path) for path in records}
    assert told[0].reused == 3 and len(told) == 2
    assert [path for path in records if after[path] != before[path]] == [records[2]]
    assert _timeless(second) == _timeless(first)
    (tmp_path / "sites.csv").write_text((tmp_path / "sites.csv").read_text().replace("150", "140"))
    siting.sweep(study, choices, folder=folder, progress=told.append)
    assert told[2].reused == 0


def _written(path: Path) -> tuple[int, int]:
    """What changes when a file is written again."""
    return path.stat().st_ino, path.stat().st_mtime_ns


def _timeless(sweep: siting.Sweep) -> list[object]:
    return [dataclasses.replace(run, seconds=0.0, search_seconds=0.0) for run in sweep]


def test_faults_of_all_variations_are_told_before_anything_is_written(tmp_path):
    """A misspelt key, a bare number, a name given twice: three faults at once, each with its variation; no folder."""
    study = small_study(tmp_path)
    wishes = [
        Variation(name="one", edits={"clusters.0.buy": "2026-Q1"}),
        Variation(name="two", edits={"money.discount_rate": 8}),
        Variation(name="three", edits={}),
        Variation(name="three", edits={}),
    ]
    with pytest.raises(InputError) as caught:
        siting.sweep(study, wishes, folder=tmp_path / "sweep")
    told = [(fault.file, fault.key, fault.value) for fault in caught.value.faults]
    assert told == [
        ("variation 'three'", "name", "the same name 2 times"),
        ("variation 'one'", "clusters.0.buy", "no field 'buy'"),
        ("variation 'two'", "money.discount_rate", "8"),
    ]
    assert not (tmp_path / "sweep").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    """A folder with a file of the planner's is no place for a sweep."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="something that is no sweep"):
        siting.sweep(small_study(tmp_path), {"clusters.0.by": ["2026-Q1"]}, folder=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
