"""`siting sweep`: a file in, a folder of results out, the same command again goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from siting.errors import InputError
from siting.places import shipped
from siting.whatif.sweep_file import read_sweep_file

RUNS = """
name = "rents"
study = "models/tiny.toml"
overrides = { "grid.joint" = "off" }
[[runs]]
name = "as it is"
[[runs]]
name = "No money"
edits = { "money.funding.0.amount_musd" = "1 MUSD" }
"""


def test_a_sweep_is_run_told_and_found_again(siting):
    """Two runs, one of them infeasible: exit code 0, since both ended with a proof; a second start reuses both."""
    Path("rents.toml").write_text(RUNS)
    said = siting("sweep", "rents.toml", "--workers", "2")
    assert (said.code, "as it is: optimal, 60.3 MUSD" in said.err, "left" in said.err) == (0, True, True)
    assert "tiny: 2 runs in sweeps/rents" in said.out and "1 infeasible" in said.out
    seen = sorted(path.name for path in Path("sweeps/rents").glob("[!.]*"))
    assert seen == ["plans", "runs", "sweep.csv", "sweep.json"]
    again = siting("sweep", "rents.toml", "--json")
    assert "2 of 2 runs were there" in again.err and "(" not in again.err
    answer = json.loads(again.out)
    assert (answer["sweep"], answer["study"], answer["ended"]) == ("rents", "tiny", {"done": 2})
    assert [row["termination"] for row in answer["runs"]] == ["optimal", "infeasible"]
    assert answer["runs"][0]["value_musd"] == pytest.approx(60.291, abs=1e-3)
    assert [row["money.funding.0.amount_musd"] for row in answer["runs"]] == [None, "1 MUSD"]


def test_faults_are_told_at_once_and_nothing_is_written(siting):
    """A key that no study has and a number without unit: two faults, exit code 2, no folder."""
    Path("bad.toml").write_text(
        'name = "bad"\nstudy = "tiny"\n[grid]\n"money.rate" = ["8 %/y"]\n"money.discount_rate" = [8]\n'
    )
    said = siting("sweep", "bad.toml")
    assert said.code == 2 and "money.discount_rate: found 8;" in said.err
    assert "bad.toml, variation '8 %/y, discount_rate 8': money.rate: found no field 'rate'" in said.err
    assert not Path("sweeps").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "x"\nstudy = "tiny"', "exactly one of grid, runs, runs_file, sample, frontier"),
        ('name = "x"\nstudy = "tiny"\nruns_file = "a.csv"\n[grid]\nquarters = [8]', "exactly one of"),
        ('name = "x"\nstudy = "tiny"\n[gird]\nquarters = [8]', "the nearest is 'grid'"),
        ('name = "x"\nstudy = "tiny"\nrun_limit_s = 60\n[grid]\nquarters = [8]', 'text with a unit such as "10 s"'),
        ('name = "x"\nstudy = "tiny"\n[grid]\nquarters = 8', "an array or a table"),
        ('name = "x"\nstudy = "tiny"\n[sample]\nsize = 4\nranges = { quarters = { low = 1, mid = 2 } }', "no such key"),
        ('name = "x"\nstudy = "tiny"\n[frontier]\nagainst = "field"', "a value against field"),
        ('name = "x"\nstudy = "tiny"\n[frontier]\nagainst = "date"\nlow = 1', "nothing against date"),
        ('name = "x"\nstudy = "tinny"\n[frontier]\nagainst = "date"', "did you mean models/tiny.toml?"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, text, expected):
    """No kind, two kinds, a misspelt one, a bare number, kinds that do not fit, half a frontier, no study."""
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_sweep_file(tmp_path / "x.toml")
    assert any(expected in fault.expected for fault in caught.value.faults)
    assert not any("(" in fault.key or "[" in fault.key for fault in caught.value.faults), "words of a library"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[grid]\nquarters = []", "grid.quarters: found no value; expected at least one"),
        ("[sample]\nsize = 2\nranges = { quarters = { low = 9, high = 8 } }", "sample.ranges.quarters: found 9 to 8;"),
        ('grid = { quarters = { "" = 8 } }', "name: found an empty name; expected a name for every variation"),
        ("[sample]\nsize = 2\nranges = {}", "sample.ranges: found none; expected at least one key"),
        ('[frontier]\nagainst = "field"\nkey = "quarters"\nlow = 8\nhigh = 8', "frontier.quarters: found 8 to 8;"),
    ],
)
def test_faults_name_the_file_and_the_key_in_it(siting, text, said):
    """No value for a key of a grid, ends turned about, no range, no axis: the file, the key that it has there, what was
    found and what was expected."""
    Path("bad.toml").write_text(f'name = "bad"\nstudy = "tiny"\n{text}\n')
    found = siting("sweep", "bad.toml")
    assert found.code == 2 and f"bad.toml: {said}" in found.err and not Path("sweeps").exists()


def test_a_frontier_is_run_from_its_file(siting):
    """The cluster's date and one quarter later: two points, the later one cheaper."""
    frontier = '[frontier]\nagainst = "date"\nearlier = 0\nlater = 1\npoints = 2\n'
    Path("when.toml").write_text(RUNS[: RUNS.index("[[runs]]")].replace("rents", "when") + frontier)
    answer = json.loads(siting("sweep", "when.toml", "--json").out)
    assert [row["clusters.0.by"] for row in answer["runs"]] == ["2025-Q4", "2026-Q1"]
    assert answer["runs"][0]["value_musd"] > answer["runs"][1]["value_musd"] > 0


def test_samples_and_tables_are_read_from_the_file(tmp_path):
    """Four samples of a range and a list; two rows of a CSV beside the file."""
    (tmp_path / "runs.csv").write_text("name,quarters\nshort,8\nlong,16\n")
    ranges = '{ quarters = { low = 8, high = 11 }, "power.case" = ["low", "high"] }'
    for text in (f"[sample]\nsize = 4\nranges = {ranges}", 'runs_file = "runs.csv"'):
        (tmp_path / "x.toml").write_text(f'name = "x"\nstudy = "tiny"\n{text}\n')
        asked, _, beside = read_sweep_file(tmp_path / "x.toml")
        found = asked.variations(beside)
        if asked.sample:
            assert sorted(variation.edits["quarters"] for variation in found) == [8, 9, 10, 11]
            assert sorted(variation.edits["power.case"] for variation in found) == ["high", "high", "low", "low"]
        else:
            assert [(v.name, v.edits) for v in found] == [("short", {"quarters": "8"}), ("long", {"quarters": "16"})]


def test_every_shipped_sweep_is_valid():
    """All of `models/sweeps/` are found by name and their variations fit their studies."""
    files = sorted((shipped("models") / "sweeps").glob("*.toml"))
    assert files
    for file in files:
        asked, study, beside = read_sweep_file(file.name)
        assert asked.name == file.stem
        assert all(variation.of(study).name == study.name for variation in asked.variations(beside))


def test_a_scheduler_that_is_not_there_is_bad_input(siting, monkeypatch):
    """Nobody listens on port 9 of this machine."""
    pytest.importorskip("distributed")
    monkeypatch.setattr("siting.cli.sweep.PATIENCE_S", 0.5)
    Path("rents.toml").write_text(RUNS)
    said = siting("sweep", "rents.toml", "--scheduler", "tcp://127.0.0.1:9")
    assert said.code == 2 and "the address of a Dask scheduler" in said.err


def test_the_manual_knows_the_keys_of_a_sweep(siting):
    """`siting fields sweep.sample` prints the sampler's keys, not those of a study."""
    said = siting("fields", "sweep.sample")
    assert said.code == 0 and "sweep.sample.seed: whole number [0]" in said.out and "money" not in said.out


def test_ctrl_c_leaves_one_object_and_what_has_ended(siting, monkeypatch):
    """Stopped while it runs: exit code 130, one object that says so, no traceback."""

    def stopped(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("siting.cli.sweep.sweep", stopped)
    Path("rents.toml").write_text(RUNS)
    said = siting("sweep", "rents.toml", "--json")
    assert (said.code, json.loads(said.out)) == (130, {"error": "stopped", "folder": "sweeps/rents"})
    assert "the same command goes on" in said.err and "Traceback" not in said.err
