"""Many runs: rows whatever happens, results used again, faults before anything runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from small_studies import small_study

import siting
from siting.errors import InputError
from siting.whatif.runner import Runner, SweepProgress
from siting.whatif.variation import Variation

LEAN = {"grid": {"joint": "off"}}


def test_every_end_of_a_run_is_a_row(tmp_path):
    """Found, infeasible, refused, unverified and dying runs are rows. One that hangs is killed at its limit, leaves no
    process, and holds up none of the others; only the one that died is tried again."""
    study, folder, pid = small_study(tmp_path, **LEAN), tmp_path / "sweep", tmp_path / "pid"
    wishes = [
        Variation(name="as it is", edits={}),
        Variation(name="no money", edits={"money.funding.0.amount_musd": "1 MUSD"}),
        Variation(name="no such file", edits={"candidates.file.path": "nowhere.csv"}),
        Variation(name="Fails", edits={"title": "fail"}),
        Variation(name="dies", edits={"title": "die"}),
    ]
    seen: list[SweepProgress] = []
    first = siting.sweep(study, wishes, folder=folder, progress=seen.append, solve="slow_solve:odd_ends")
    assert [message.done for message in seen] == [*range(6)] and seen[-1].left_s == 0.0
    wishes = [Variation(name="hangs", edits={"title": "hang", "assumptions": [str(pid)]}), *wishes]
    found = siting.sweep(
        study, wishes, folder=folder, run_limit_s=5, workers=2, progress=seen.append, solve="slow_solve:odd_ends"
    )
    assert seen[6].reused == 4 and [message.run.name for message in seen[7:] if message.run] == ["dies", "hangs"]
    assert [run.status for run in found] == ["killed", "done", "done", "refused", "unverified", "died"]
    assert found.runs[1:-1] == first.runs[:-1]
    assert [run.termination for run in found][1:3] == ["optimal", "infeasible"]
    assert "nowhere.csv" in found["no such file"].message
    assert found["Fails"].message == "a limit does not hold"
    assert found["hangs"].seconds >= 5 and not _runs(int(pid.read_text()))
    assert "1 killed at the limit of a run" in str(found)
    assert sorted(found.plans) == ["as it is", "no money"]
    assert found.plans["as it is"].npv_cost_musd == found["as it is"].value_musd
    assert found.frame["status"].tolist() == [run.status for run in found]
    assert siting.read_sweep(folder).runs == found.runs


def test_without_a_safe_fork_every_run_has_a_new_interpreter(tmp_path, monkeypatch):
    """The way of other systems: a run is killed half a second after its start, and is not tried again under a shorter
    limit; under a longer one it is, and solved as always."""
    monkeypatch.setattr("siting.whatif.apart.sys.platform", "darwin")
    monkeypatch.setattr("siting.whatif.apart.STARTING_S", 0.0)
    study = small_study(tmp_path, **LEAN)
    told: list[SweepProgress] = []

    def ends(limit_s: float) -> list[tuple[str, str, str]]:
        found = siting.sweep(
            study, {"quarters": [13]}, folder=tmp_path / "sweep", run_limit_s=limit_s, progress=told.append
        )
        return [(run.status, run.termination, run.message[:18]) for run in found]

    assert ends(0.5) == ends(0.4) == [("killed", "", "killed after 0.5 s")]
    assert ends(120.0) == [("done", "optimal", "")]
    assert [message.reused for message in told if message.run is None] == [0, 1, 0]


def _runs(pid: int) -> bool:
    """Whether the process is still there, at work."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_start_computes_only_what_is_missing_or_stale(tmp_path):
    """Of four runs one record is deleted and one cut short: the second start computes these two and writes no other
    file; what a killed sweep left half written is gone; a change of the planner's own file makes all stale."""
    study = small_study(tmp_path, **LEAN)
    folder, choices = tmp_path / "sweep", {"clusters.0.by": ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]}
    first = siting.sweep(study, choices, folder=folder)
    values = first.frame["value_musd"].tolist()
    assert values == sorted(values, reverse=True) and len(set(values)) == 4  # a later cluster runs for less time
    records = sorted((folder / "runs").iterdir())
    before = {path: _written(path) for path in records}
    records[2].unlink()
    records[0].write_text(records[0].read_text()[:100])
    (folder / "plans" / ".half-written").mkdir()
    told: list[SweepProgress] = []
    second = siting.sweep(study, choices, folder=folder, progress=told.append)
    after = {path: _written(path) for path in records}
    assert told[0].reused == 2 and len(told) == 3
    assert [path for path in records if after[path] != before[path]] == [records[0], records[2]]
    assert not [*(folder / "plans").glob(".*")]
    assert _timeless(second) == _timeless(first)
    (tmp_path / "sites.csv").write_text((tmp_path / "sites.csv").read_text().replace("150", "140"))
    siting.sweep(study, choices, folder=folder, progress=told.append)
    assert told[3].reused == 0


def _written(path: Path) -> tuple[int, int]:
    """What changes when a file is written again."""
    return path.stat().st_ino, path.stat().st_mtime_ns


def _timeless(sweep: siting.Sweep) -> list[object]:
    return [dataclasses.replace(run, seconds=0.0, search_seconds=0.0) for run in sweep]


def test_faults_of_all_variations_are_told_before_anything_is_written(tmp_path):
    """A misspelt key, a bare number, a name given twice: three faults at once, each with its variation; no folder."""
    study = small_study(tmp_path)
    wishes = [
        Variation(name="one", edits={"clusters.0.buy": "2026-Q1", "clusters.-1.by": "2026-Q1"}),
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
        ("variation 'one'", "clusters.-1.by", "no field '-1'"),
        ("variation 'two'", "money.discount_rate", "8"),
    ]
    assert not (tmp_path / "sweep").exists()


def test_a_misspelt_option_and_a_value_that_is_no_list_are_told(tmp_path):
    """An option that there is not is Python's own error; a grid names the study whose sweep it is, key and value."""
    study = small_study(tmp_path)
    with pytest.raises(TypeError, match="worker"):
        siting.sweep(study, {"power.case": ["low"]}, folder=tmp_path / "sweep", worker=2)
    with pytest.raises(InputError) as caught:
        siting.sweep(study, {"power.case": "low"}, folder=tmp_path / "sweep")
    (fault,) = caught.value.faults
    assert (fault.file, fault.key, fault.value) == (f"the sweep of {study.path}", "power.case", "'low'")


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    """A folder with a file of the planner's is no place for a sweep."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="something that is no sweep"):
        siting.sweep(small_study(tmp_path), {"clusters.0.by": ["2026-Q1"]}, folder=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_folder_takes_one_sweep_at_a_time(tmp_path):
    """A second sweep in the same folder is refused while the first one runs, and goes on afterwards."""
    study, folder = small_study(tmp_path, **LEAN), tmp_path / "sweep"
    refused: list[str] = []

    def start_another(progress: SweepProgress) -> None:
        with pytest.raises(InputError, match="another sweep at work") as caught:
            siting.sweep(study, {"quarters": [12]}, folder=folder)
        refused.append(str(caught.value))

    siting.sweep(study, {"quarters": [12]}, folder=folder, progress=start_another)
    assert len(refused) == 2
    assert len(siting.sweep(study, {"quarters": [12]}, folder=folder)) == 1


@pytest.mark.parametrize(
    ("cores", "workers", "asked", "threads"), [(8, 4, 4, 2), (8, None, 4, 1), (8, 1, 4, 4), (2, 8, 4, 1), (8, 3, 2, 2)]
)
def test_threads_of_all_runs_together_are_no_more_than_cores(tmp_path, monkeypatch, cores, workers, asked, threads):
    """Eight cores: four workers have two threads each; one has what the study asks, not eight; a worker a core 1."""
    monkeypatch.setattr("siting.whatif.runner.cores", lambda: cores)
    study = small_study(tmp_path, search={"threads": asked})
    runner = Runner(study, folder=tmp_path / "sweep", workers=workers)
    assert runner.common["search.threads"] == threads
