"""Folders and files of sweeps that were broken by hand, and limits that are none."""

import json
import math
from concurrent.futures import Executor, Future

import pytest
from small_studies import small_study

import siting
from siting.errors import InputError
from siting.whatif.apart import JobResult
from siting.whatif.frontiers import CarbonAxis, DateAxis, KeyAxis, frontier
from siting.whatif.runs import Run, read_run, write_run
from siting.whatif.sweeps import read_sweep
from siting.whatif.variation import Variation, studies_of
from siting.whatif.variations import Range, sample


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"study": 3, "common": []}, ["study", "common"]),
        ({"variations": {"name": "x"}}, ["variations"]),
        (
            {"variations": [{}, {"name": "x", "key": "k", "edits": {}}, 3]},
            ["variations[0].name", "variations[0].key", "variations[0].edits", "variations[2]"],
        ),
    ],
)
def test_a_head_of_other_kinds_is_bad_input(tmp_path, change, keys):
    """A number where the study stands, a table for the list, entries without a name: each is a fault by its key."""
    head = {"study": {}, "study_file": "", "common": {}, "variations": [], **change}
    (tmp_path / "sweep.json").write_text(json.dumps(head))
    with pytest.raises(InputError) as caught:
        read_sweep(tmp_path)
    assert [fault.key for fault in caught.value.faults] == keys


@pytest.mark.parametrize(
    "broken", [{"sites": None}, {"status": "splendid"}, {"leases": 3}, {"value_musd": "low"}, {"gap": float("nan")}]
)
def test_a_record_that_no_sweep_wrote_is_run_again(tmp_path, broken):
    """No rows where rows are due, or an outcome that there is not: the run counts as not run."""
    variation = Variation(name="x", edits={})
    write_run(Run(name="x", edits={}, key="k", status="done"), tmp_path)
    assert read_run(tmp_path, variation, "k").status == "done"
    path = tmp_path / "x.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | broken))
    assert read_run(tmp_path, variation, "k").status == "not_run"


def test_one_slip_in_many_variations_is_one_fault(tmp_path):
    """The same wrong key in three variations is told once, with how many more have it; another value by itself."""
    slips = [Variation(name=str(n), edits={"nowhere": 1}) for n in range(3)]
    other = Variation(name="other", edits={"quarters": "soon"})
    with pytest.raises(InputError) as caught:
        studies_of(small_study(tmp_path), [*slips, other])
    found = [(fault.file, fault.key) for fault in caught.value.faults]
    assert found == [("variation '0' and 2 more", "nowhere"), ("variation 'other'", "quarters")]


def test_a_limit_without_end_and_a_file_on_the_way_are_refused_at_once(tmp_path):
    """Infinite seconds cannot be kept, and no folder can be made below a file: two faults, nothing written."""
    (tmp_path / "notes").write_text("mine")
    study, before = small_study(tmp_path), sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        siting.sweep(study, {"quarters": [8]}, folder=tmp_path / "notes" / "sweep", run_limit_s=math.inf)
    assert [fault.key for fault in caught.value.faults] == ["run_limit_s", "folder"]
    assert "a file" in caught.value.faults[1].value and sorted(tmp_path.rglob("*")) == before


class Refusing(Executor):
    """Hands every run back at once, refused."""

    def submit(self, *_: object) -> Future[JobResult]:  # type: ignore[override]
        done: Future[JobResult] = Future()
        done.set_result(JobResult(outcome="refused", message="no"))
        return done


def test_a_sweep_that_was_killed_at_its_start_is_taken_up(tmp_path, monkeypatch):
    """Killed before its head is there, or while a file is written: the folder is not taken for something else, and what
    was half written is gone. A hidden file of the planner's stays."""
    study, folder = small_study(tmp_path), tmp_path / "sweep"
    options = {"folder": folder, "executor": Refusing()}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("siting.whatif.runner.write_head", killed)
        siting.sweep(study, {"quarters": [12]}, **options)
    for rest in (".sweep.json-77", ".siting-x"):
        (folder / rest).mkdir()
    assert [run.status for run in siting.sweep(study, {"quarters": [12]}, **options)] == ["refused"]
    (folder / ".gitignore").write_text("*")
    (folder / ".sweep.csv-77").write_text("half")
    siting.sweep(study, {"quarters": [12]}, **options)
    seen = sorted(path.name for path in folder.iterdir())
    assert seen == [".gitignore", ".lock", "plans", "runs", "sweep.csv", "sweep.json"]


@pytest.mark.parametrize("solve", ["", "siting.run", "siting.run:solv", "no_such_module:solve", "siting.run:SOLVE"])
def test_a_function_that_is_not_there_is_one_fault(tmp_path, solve):
    """Misspelt, it would fail in every run: told before anything is written, beside a name that no disk takes."""
    with pytest.raises(InputError) as caught:
        siting.sweep(small_study(tmp_path), {"quarters": [12]}, folder=tmp_path / ("a" * 300), solve=solve)
    assert [fault.key for fault in caught.value.faults] == ["solve", "folder"]
    assert [path.name for path in tmp_path.iterdir()] == ["sites.csv"]


@pytest.mark.parametrize(
    ("axis", "keys"),
    [
        (DateAxis(-1, -2), ["earlier", "later"]),
        (CarbonAxis(0), ["steps"]),
        (KeyAxis("quarters", Range(8, 12), -3), ["steps"]),
    ],
)
def test_an_axis_that_runs_backwards_is_refused(tmp_path, axis, keys):
    """Quarters below 0 and no steps are faults by their names; no folder is made."""
    with pytest.raises(InputError) as caught:
        frontier(small_study(tmp_path), axis, folder=tmp_path / "sweep")
    assert [fault.key for fault in caught.value.faults] == keys and not (tmp_path / "sweep").exists()


@pytest.mark.parametrize("ends", [(-1e308, 1.5e308), (0, 10**400), (10**400, 10**400), (-(10**400), 3.0)])
def test_a_range_without_a_finite_width_is_refused(tmp_path, ends):
    """Its points would be infinite, or no numbers at all: the range is the fault, in a sample and along a frontier."""
    for draw in (
        lambda: sample({"search.gap": Range(*ends)}, 2),
        lambda: frontier(small_study(tmp_path), KeyAxis("search.gap", Range(*ends)), folder=tmp_path / "sweep"),
    ):
        with pytest.raises(InputError) as caught:
            draw()
        assert [fault.key for fault in caught.value.faults] == ["search.gap"]
    assert not (tmp_path / "sweep").exists()


def test_a_sample_of_another_method_and_a_negative_seed_are_refused():
    """Both at once: a method that is misspelt is not taken for the other one."""
    with pytest.raises(InputError) as caught:
        sample({"quarters": Range(8, 12)}, 4, seed=-1, method="sobel")  # type: ignore[arg-type]
    assert [fault.key for fault in caught.value.faults] == ["seed", "method"]
