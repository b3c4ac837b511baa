"""A plan's folder that was cut off or edited by hand: one line for each slip, by file and key, and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from siting.errors import InputError
from siting.plan import Plan, read_plan
from siting.termination import PassResult, Termination


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plan of one site, as it is saved."""
    result = PassResult(objective="npv_cost_musd", termination=Termination.OPTIMAL, bound=9.0, value=10.0)
    sites = pd.DataFrame({"candidate": ["a"], "it_mw": [5.0], "clusters": [""], "lat": [30.0], "lon": [-100.0]})
    everyone = {"bound_musd": 9.0, "candidates": 3}
    Plan(
        study={"name": "one"},
        study_digest="",
        data_hashes={},
        versions={},
        passes=(result,),
        tables={"sites": sites, "leases": pd.DataFrame({"gpus": [1]})},
        facts={"measures": {"npv_cost_musd": 10.0}, "everyone": everyone},
    ).save(tmp_path / "p")
    return tmp_path / "p"


def faults(folder: Path) -> list[tuple[str, str, str, str]]:
    """File, key, value and what was expected, of every fault; no name of a Python error among them."""
    with pytest.raises(InputError) as caught:
        read_plan(folder)
    assert "Error" not in str(caught.value)
    return [(Path(one.file).name, one.key, one.value, one.expected) for one in caught.value.faults]


POINT = {
    **{"shift_quarters": 0, "by": "2025-Q4", "hosted_by": "own", "termination": "optimal"},
    **dict.fromkeys(("value_musd", "bound_musd", "gap"), 1.0),
}
LACKING = ("candidates", "clusters", "power", "cash", "credits", "deliveries", "service", "regions")
Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda h: h.pop("facts"), ("facts", "nothing", "a value")),
        (lambda h: h.update(passes={}), ("passes", "a table", "a list that is not empty")),
        (lambda h: h.update(passes=[]), ("passes", "a list of 0", "a list that is not empty")),
        (lambda h: h["passes"][0].update(value="ten"), ("passes[0].value", '"ten"', "a number or null")),
        (lambda h: h["passes"][0].update(value=True), ("passes[0].value", "true", "a number or null")),
        (lambda h: h["passes"][0].update(value=float("nan")), ("passes[0].value", "nan", "a finite number")),
        (lambda h: h["passes"][0].pop("bound"), ("passes[0].bound", "nothing", "a value")),
        (
            lambda h: h["passes"][0].update(bound=11.0),
            ("passes[0]", "bound 11.0 lies above the value 10.0", "as `siting solve` wrote it"),
        ),
        (lambda h: h["facts"].update(measures=[1.0]), ("facts.measures", "a list of 1", "a table")),
        (
            lambda h: h["facts"]["everyone"].update(certificate=3),
            ("facts.everyone.certificate", "3", "a table"),
        ),
        (
            lambda h: h["facts"].update(money_against_date=[{**POINT, "by": 1e300}]),
            ("facts.money_against_date[0].by", "1e+300", "a text"),
        ),
        (
            lambda h: h["facts"].update(money_against_date=[{**POINT, "gap": [1, 2]}]),
            ("facts.money_against_date[0].gap", "a list of 2", "a number or null"),
        ),
        (lambda h: h["tables"].update(sites="all"), ("tables.sites", '"all"', "a table")),
    ],
)
def test_a_value_of_another_kind_is_named(folder: Path, edit: Edit, said: tuple[str, str, str]) -> None:
    """What is missing, a list for a table, text or NaN for a number, a bound above the value."""
    head = json.loads((folder / "plan.json").read_text("utf-8"))
    edit(head)
    (folder / "plan.json").write_text(json.dumps(head), "utf-8")
    assert faults(folder) == [("plan.json", *said)]


def test_a_file_that_was_cut_off_or_holds_something_else(folder: Path) -> None:
    """Half of the file, a list, bytes of another alphabet, no file, and a file in place of the folder."""
    path, whole = folder / "plan.json", (folder / "plan.json").read_bytes()
    found = []
    for content in (whole[: len(whole) // 2], b"[1, 2]", b"\xff\xfe"):
        path.write_bytes(content)
        found += faults(folder)
    (study,) = faults(path)
    assert study[2:] == ("a file", "the folder of a plan: `siting solve STUDY` makes one")
    path.unlink()
    (missing,) = faults(folder)
    assert [key for _, key, *_ in found] == ["the file"] * 3 and missing[2] == "No such file or directory"
    assert found[0][2].startswith("no JSON at line ") and found[1][2] == "a list of 2"
    assert found[2][2] == "bytes that are no UTF-8"


def test_tables_that_were_cut_off_are_all_named(folder: Path) -> None:
    """A column that is gone, and another table with a word for a number; then both are gone."""
    (folder / "sites.csv").write_text("candidate,clusters,lat,lon\na,,30,-100\n", "utf-8")
    (folder / "leases.csv").write_text("gpus\nmany\n", "utf-8")
    assert [(file, key, value) for file, key, value, _ in faults(folder)] == [
        ("sites.csv", "columns", "no it_mw"),
        ("leases.csv", "gpus", "cells that are not int64"),
    ]
    (folder / "sites.csv").write_text("candidate,it_mw,clusters,lat,lon\na,5,,,-100\n", "utf-8")
    assert ("sites.csv", "lat", "a blank cell", "degrees in every row") in faults(folder)
    (folder / "sites.csv").unlink()
    (folder / "leases.csv").write_text("", "utf-8")
    assert [key for _, key, *_ in faults(folder)] == ["the file", "the file"]


def test_a_comparison_names_the_slips_of_both_plans(siting, folder: Path) -> None:
    """A cut-off file, and a plan that lacks tables: both are told, and no traceback."""
    other = folder.with_name("q")
    other.mkdir()
    (other / "plan.json").write_text('{"study": {', "utf-8")
    said = siting("compare", str(other), str(folder), "--json")
    keys = [(Path(fault["file"]).parent.name, fault["key"]) for fault in json.loads(said.out)["faults"]]
    assert said.code == 2 and keys[0] == ("q", "the file")
    assert keys[1:] == [("p", f"tables.{name}") for name in LACKING]
