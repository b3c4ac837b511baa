"""Files are written whole or not at all; a place that cannot be written is known before."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.plan import Plan, read_plan
from siting.termination import PassResult, Termination
from siting.writing import unwritable, whole


def nothing_found(**facts: str) -> Plan:
    result = PassResult(objective="npv_cost_musd", termination=Termination.INFEASIBLE)
    return Plan(study={"name": "one"}, study_digest="", data_hashes={}, versions={}, passes=(result,), facts=facts)


def test_a_full_disk_names_the_file_and_leaves_what_was_there(tmp_path: Path) -> None:
    """The disk says no halfway: the error names the file and not its draft, the old text stays, no draft is left."""
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="No space left") as caught, whole(path) as stream:
        stream.write("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(path)
    assert path.read_text() == "old" and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("into", [True, False])
def test_a_place_that_cannot_be_written_is_one_fault(tmp_path: Path, into: bool) -> None:
    """A name of 300 letters, a zero byte, a file on the way: each a fault; a new folder below a new one is none."""
    (tmp_path / "notes").write_text("mine")
    for name in ("a" * 300, "a\0b", "notes/plan"):
        (fault,) = unwritable(tmp_path / name, "--out", into=into)
        assert fault.key == "--out" and "\0" not in str(fault)
    assert unwritable(tmp_path / "new" / "newer", "--out", into=into) == []
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_plan_is_saved_where_a_link_leads(tmp_path: Path) -> None:
    """The link stays one, the folder behind it has the new plan, and nothing is left beside either."""
    nothing_found(what="old").save(tmp_path / "disk" / "plan")
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "plan")
    nothing_found(what="new").save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and read_plan(tmp_path / "disk" / "plan").facts == {"what": "new"}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["disk", "link", "plan", "plan.json"]


def test_a_plan_is_saved_in_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` has no name of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    nothing_found().save(".")
    assert (tmp_path / "here" / "plan.json").exists()


def test_a_plan_is_never_saved_over_a_file(tmp_path: Path) -> None:
    """A file of the planner's stays; a name of 250 letters is no hindrance."""
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError, match="a file; expected a place for a folder"):
        nothing_found().save(tmp_path / "notes")
    nothing_found().save(tmp_path / ("a" * 250))
    assert (tmp_path / "notes").read_text() == "mine" and len([*tmp_path.iterdir()]) == 2


def test_a_save_that_is_stopped_between_its_two_renames_puts_the_old_plan_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C when the old plan has been moved away and the new one is not yet there."""
    nothing_found(what="old").save(tmp_path / "plan")
    rename = Path.rename

    def stopped(path: Path, target: Path) -> Path:
        if (path / "plan.json").exists() and target == tmp_path / "plan" and "-old-" not in path.name:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        nothing_found(what="new").save(tmp_path / "plan")
    assert read_plan(tmp_path / "plan").facts == {"what": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]
