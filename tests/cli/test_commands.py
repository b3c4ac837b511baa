"""The other commands: validate, verify, report, data, new; start-up time and code pages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import siting as package
from siting.places import shipped
from siting.plan import read_plan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tiny_plan(tmp_path_factory) -> Path:
    """The folder of a solved tiny study."""
    from siting.run import solve
    from siting.study import read_study

    folder = tmp_path_factory.mktemp("plans") / "tiny"
    solve(read_study("models/tiny.toml")).save(folder)
    return folder


def in_a_shell(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, as a console with other settings would run it."""
    start = [sys.executable, "-c", "from siting.cli import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run([*start, *words], cwd=folder, env=environment, capture_output=True, timeout=120, check=False)


def test_the_versions_that_a_plan_hangs_on_are_told(tmp_path):
    done = in_a_shell("--version", folder=tmp_path)
    assert done.returncode == 0
    assert [part.split()[0] for part in done.stdout.decode().split(", ")] == ["siting", "highspy", "pyomo"]


def test_help_answers_in_half_a_second(tmp_path):
    """Nothing heavy is imported for the help: best of five, the interpreter's start included."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        done = in_a_shell("--help", folder=tmp_path)
        seconds.append(time.perf_counter() - began)
        assert done.returncode == 0 and b"solve" in done.stdout
    assert min(seconds) < 0.5


def test_heavy_libraries_wait_for_their_command():
    """After `import siting` and the command line, none of the large libraries is loaded."""
    code = "import sys, siting, siting.cli; print(*sorted({'pandas', 'numpy', 'pyomo', 'highspy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_public_names_are_there_and_no_others():
    """Each name of the package loads; a wrong one is an AttributeError."""
    assert all(getattr(package, name) is not None for name in package.__all__)
    assert dir(package) == package.__all__ and len(package.__all__) <= 24
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = package.slove


def test_validate_shows_every_value_with_its_origin(siting):
    """Written values and defaults, and the figures of the catalogue; nothing is written."""
    said = siting("validate", "models/tiny.toml", "--show")
    assert said.code == 0
    assert 'halls.module_it_mw = "1 MW"    # study' in said.out
    assert "search.gap = 0.001    # default" in said.out
    assert "all 3 candidates can be used" in said.out
    answer = json.loads(siting("validate", "models/tiny.toml", "--show", "--json").out)
    assert answer["valid"] is True and answer["values"]["quarters"] == {"value": 12, "origin": "study"}
    assert list(Path().iterdir()) == []


def test_validate_finds_what_the_tables_reveal(siting):
    """A market that the rent table does not have."""
    text = (shipped("models") / "tiny.toml").read_text(encoding="utf-8")
    market = '[candidates.colocation]\nmarkets = ["Atlantis"]\navailable_it_mw = "5 MW"\nready = "2025-Q1"\n\n[power]'
    Path("s.toml").write_text(text.replace("[power]", market, 1), encoding="utf-8")
    shutil.copy(shipped("models") / "tiny-sites.csv", "tiny-sites.csv")
    said = siting("validate", "s.toml", "--json")
    assert said.code == 2 and "Atlantis" in json.loads(said.out)["faults"][0]["value"]


def test_verify_agrees_with_the_plan(siting, tiny_plan):
    """The cost recomputed is the plan's."""
    said = siting("verify", str(tiny_plan), "--json")
    answer = json.loads(said.out)
    assert said.code == 0 and answer["ok"] is True and answer["faults"] == []
    assert answer["value"] == pytest.approx(read_plan(tiny_plan).npv_cost_musd, rel=1e-6)


def test_verify_refuses_a_plan_that_was_altered(siting, tiny_plan, tmp_path):
    """One quarter's payment changed by hand: exit 6, the fault named."""
    altered = tmp_path / "altered"
    shutil.copytree(tiny_plan, altered)
    rows = (altered / "cash.csv").read_text(encoding="utf-8").splitlines()
    cells = rows[3].split(",")
    cells[1] = str(float(cells[1]) + 5.0)
    rows[3] = ",".join(cells)
    (altered / "cash.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = siting("verify", str(altered), "--json")
    assert said.code == 6 and json.loads(said.out)["ok"] is False and json.loads(said.out)["faults"]
    said = siting("verify", str(altered))
    assert said.code == 6 and "fails" in said.out and said.err


def test_verify_names_the_file_that_has_changed(siting, tiny_plan, tmp_path):
    """Another price in the planner's own file: what differs then is not called wrong. The same figures in a file that
    is written otherwise are the same."""
    moved, sites = tmp_path / "moved", tmp_path / "tiny-sites.csv"
    shutil.copytree(tiny_plan, moved)
    head = json.loads((moved / "plan.json").read_text(encoding="utf-8"))
    head["facts"]["study_file"] = str(tmp_path / "tiny.toml")
    (moved / "plan.json").write_text(json.dumps(head), encoding="utf-8")
    rows = (shipped("models") / "tiny-sites.csv").read_text(encoding="utf-8")
    sites.write_text(rows.replace("\n", "\r\n"), encoding="utf-8", newline="")
    assert siting("verify", str(moved)).code == 0
    assert ",8,62," in rows
    sites.write_text(rows.replace(",8,62,", ",8,63,"), encoding="utf-8")
    for command in (["verify"], ["why-not", "dallas"], ["price"]):
        said = siting(command[0], str(moved), *command[1:], "--json")
        (fault,) = json.loads(said.out)["faults"]
        assert said.code == 2 and fault["file"] == str(sites) and "another file than the plan" in fault["value"]
    said = siting("compare", str(moved), str(tiny_plan))
    assert said.code == 0 and f"not recomputed, as it was made with others than are here: {sites}" in said.err


@pytest.mark.parametrize("command", ["verify", "report"])
def test_no_plan_there_is_bad_input(siting, command):
    """A missing folder, and one whose plan.json is no JSON."""
    Path("broken").mkdir()
    Path("broken/plan.json").write_text("{", encoding="utf-8")
    for folder in ("nowhere", "broken"):
        said = siting(command, folder)
        assert said.code == 2 and folder in said.err and "Traceback" not in said.err


def test_a_study_broken_inside_a_plan_is_bad_input(siting, tiny_plan, tmp_path):
    """plan.json edited by hand: the key is named, no traceback."""
    altered = tmp_path / "altered"
    shutil.copytree(tiny_plan, altered)
    head = json.loads((altered / "plan.json").read_text(encoding="utf-8"))
    head["study"]["quarters"] = -1
    (altered / "plan.json").write_text(json.dumps(head), encoding="utf-8")
    said = siting("verify", str(altered), "--json")
    (fault,) = [f for f in json.loads(said.out)["faults"] if f["key"] == "quarters"]
    assert said.code == 2 and fault["expected"] == "at least 1"


def test_report_of_a_saved_plan(siting, tiny_plan):
    """One self-contained page where it was asked for."""
    assert siting("report", str(tiny_plan), "--out", "page.html").code == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<html" in page and "synthetic grid" in page.lower()


@pytest.mark.parametrize("out", ["folder", "nowhere/x", "notes/x", "a" * 300])
@pytest.mark.parametrize("words", [("curve", "models/tiny.toml"), ("report", "PLAN")])
def test_a_file_that_cannot_be_written_is_known_before_it_is_computed(siting, tiny_plan, monkeypatch, words, out):
    """A folder, a folder that is not there, a file on the way, a name that no disk takes: exit 2, nothing computed."""
    monkeypatch.setattr("siting.cli.curve.money_against_date", None)
    monkeypatch.setattr("siting.report.write.report_html", None)
    Path("folder").mkdir()
    Path("notes").write_text("mine")
    said = siting(*(word.replace("PLAN", str(tiny_plan)) for word in words), "--out", out)
    assert said.code == 2 and f"{out}: --out: found " in said.err
    assert sorted(path.name for path in Path().rglob("*")) == ["folder", "notes"]


def test_data_list_show_check(siting):
    """Every shipped table is listed; one is shown; all are as shipped; a wrong name gets the nearest."""
    listed = siting("data", "list")
    assert listed.code == 0 and "lease_offers.csv" in listed.out
    shown = siting("data", "show", "regions", "--rows", "3")
    assert shown.code == 0 and "New York NY" in shown.out and "more rows" in shown.out
    assert siting("data", "check").code == 0
    wrong = siting("data", "show", "lease_offer")
    assert wrong.code == 2 and "'lease_offers'" in wrong.err


def test_new_study_is_valid_and_named(siting):
    """The template under the new name; a second time, and a bad name, are refused."""
    assert siting("new", "my-first").code == 0
    assert Path("my-first.toml").read_text(encoding="utf-8").count("my-first") == 1
    said = siting("validate", "my-first.toml", "--json")
    assert said.code == 0 and json.loads(said.out)["study"] == "my-first"
    assert siting("new", "my-first").code == 2
    for name in ("My First", "../up", "a.toml", "é"):
        assert siting("new", name).code == 2
    assert [path.name for path in Path().iterdir()] == ["my-first.toml"]


def test_new_study_solves(siting, monkeypatch):
    """A beginner's first command after `new` gives a verified plan."""
    from siting import curve

    monkeypatch.setattr(curve, "DATE_SHIFTS", ())
    siting("new", "first")
    said = siting("solve", "first.toml", "--gap", "0.02", "--json")
    assert said.code == 0 and Path("plans/first/report.html").exists()
    assert json.loads(said.out)["verification"]["ok"] is True


def test_a_console_without_the_letters_does_not_stop_a_plan(tmp_path):
    """A cp1252 console, names with letters it lacks: the plan is made, the JSON is exact."""
    text = (shipped("models") / "tiny.toml").read_text(encoding="utf-8")
    (tmp_path / "s.toml").write_text(text.replace('name = "rented"', 'name = "Łódź ”"'), encoding="utf-8")
    sites = (shipped("models") / "tiny-sites.csv").read_text(encoding="utf-8")
    (tmp_path / "tiny-sites.csv").write_text(sites.replace("Tulsa OK", "Doña Ana Ł"), encoding="utf-8")
    console = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}
    plain = in_a_shell("solve", "s.toml", "--out", "a", folder=tmp_path, **console)
    assert plain.returncode == 0, plain.stderr
    assert "Łódź ”" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    machine = in_a_shell("validate", "s.toml", "--show", "--json", folder=tmp_path, **console)
    assert json.loads(machine.stdout.decode("cp1252"))["values"]["leases.bilateral[0].name"]["value"] == "Łódź ”"


def test_a_reader_that_stops_early_is_no_error(tmp_path):
    """`siting data show ... | head -1` ends quietly, and with the exit code of the command."""
    words = "data show grid_substations --rows 20000"
    line = f'set -o pipefail; "{sys.executable}" -c "from siting.cli import main; main()" {words} | head -1'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout


def test_nothing_asked_prints_the_help(siting):
    """`siting` alone and a command that does not exist are usage errors."""
    assert siting().code == 2
    said = siting("slove", "--json")
    assert said.code == 2 and json.loads(said.out)["error"] == "bad input"


def test_explain_tells_by_its_exit_code(tmp_path):
    """0 where there is a plan; 4 where there is none, with the limits and the changes in one JSON object."""
    assert in_a_shell("explain", "models/tiny.toml", folder=ROOT).returncode == 0
    for file in ("tiny.toml", "tiny-sites.csv"):
        shutil.copy(ROOT / "models" / file, tmp_path)
    text = (tmp_path / "tiny.toml").read_text(encoding="utf-8")
    assert "gpus = 2048" in text
    (tmp_path / "tiny.toml").write_text(text.replace("gpus = 2048", "gpus = 2048000"), encoding="utf-8")
    done = in_a_shell("explain", "tiny.toml", "--json", folder=tmp_path)
    answer = json.loads(done.stdout)
    assert done.returncode == 4 and answer["termination"] == "infeasible" and answer["minimal"]
    assert any(limit["limit"].startswith("size of") for limit in answer["conflict"])
    assert "cannot" in answer["words"] and len(answer["changes"]) == len(answer["conflict"])


def test_all_parts_that_cannot_be_compared_are_told_at_once(siting):
    """Two names of nothing and an empty folder: three faults, exit code 2, one JSON object."""
    Path("empty").mkdir()
    said = siting("compare", "nowhere", "empty", "elsewhere", "--json")
    assert said.code == 2
    assert [fault["file"] for fault in json.loads(said.out)["faults"]] == [
        "nowhere",
        str(Path("empty/plan.json")),
        "elsewhere",
    ]
