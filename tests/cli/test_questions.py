"""Questions to a saved plan on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import siting
from siting.cli.app import app
from siting.errors import InputError, VerificationError

TINY = Path(__file__).parents[2] / "models" / "tiny.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The saved plan of the tiny study."""
    target = tmp_path_factory.mktemp("plan") / "tiny"
    siting.solve(siting.read_study(TINY).update({"search.date_curve": False})).save(target)
    return target


def test_why_not_as_words_and_as_json(folder: Path) -> None:
    """Tulsa may be used and is not worth it: more than 0, in words and in one object on stdout, the same number."""
    words = CliRunner().invoke(app, ["why-not", str(folder), "tulsa", "--no-changes"])
    assert words.exit_code == 0 and words.stdout.startswith("Why not tulsa (Tulsa OK)?")
    found = json.loads(CliRunner().invoke(app, ["why-not", str(folder), "tulsa", "--no-changes", "--json"]).stdout)
    assert found["candidate"] == "tulsa" and not found["excluded"] and not found["near_tie"]
    assert 0.0 < found["cost"]["low"] <= found["cost"]["point"] <= found["cost"]["high"]
    assert f"costs {found['cost']['point']:,.1f} MUSD more" in words.stdout
    assert found["candidates"] == found["candidates_usable"] == 3


def test_prices_as_words_and_as_json(folder: Path) -> None:
    """A quarter later saves what the words say; a limit that the study lacks is bad input, said with those it has."""
    words = CliRunner().invoke(app, ["price", str(folder), "later"])
    assert words.exit_code == 0 and "first cluster due one quarter later: saves" in words.stdout
    found = json.loads(CliRunner().invoke(app, ["price", str(folder), "later", "--json"]).stdout)
    assert [row["limit"] for row in found["prices"]] == ["later:first cluster"]
    assert f"saves {found['prices'][0]['musd']:,.3f} MUSD a quarter" in words.stdout
    wrong = CliRunner().invoke(app, ["price", str(folder), "moneys"])
    assert isinstance(wrong.exception, InputError) and "one of" not in wrong.stdout
    assert "a limit of the study: power" in str(wrong.exception)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("-99.73,32.45", "did you mean 32.45,-99.73?"),
        ("Taylor County", "a county of that name is in FL, GA, IA, KY, TX, WI, WV: say which"),
        ("Taylor, XX", "a county such as Taylor, TX"),
    ],
)
def test_a_place_that_is_none_is_said_with_what_may_be_meant(folder: Path, place: str, expected: str) -> None:
    """Longitude first, a county without its state (seven states have a Taylor County), a state that there is not."""
    said = CliRunner().invoke(app, ["why-not", str(folder), "--", place])
    assert isinstance(said.exception, InputError) and expected in said.exception.faults[0].expected


def test_longitude_first_in_the_east_is_far_abroad_and_said_so(folder: Path) -> None:
    """-80,35 is a latitude and a longitude, in Antarctica; turned about it lies in North Carolina."""
    said = CliRunner().invoke(app, ["why-not", str(folder), "--", "-80,35"])
    assert said.exit_code == 0 and "(35,-80 lies in NC: latitude comes first)" in " ".join(said.stdout.split())


@pytest.mark.parametrize("question", [["why-not", "tulsa"], ["price", "later"]])
def test_an_altered_plan_is_not_asked(folder: Path, tmp_path: Path, question: list[str]) -> None:
    """A cost of 1 MUSD written over that of the plan is found out before it is compared with anything."""
    shutil.copytree(folder, tmp_path / "altered")
    content = json.loads((tmp_path / "altered" / "plan.json").read_text("utf-8"))
    content["passes"][0] |= {"value": 1.0, "bound": 1.0}
    (tmp_path / "altered" / "plan.json").write_text(json.dumps(content), "utf-8")
    said = CliRunner().invoke(app, [question[0], str(tmp_path / "altered"), question[1]])
    assert isinstance(said.exception, VerificationError) and "the plan states 1.000000 MUSD" in str(said.exception)


def test_an_altered_plan_is_compared_with_nothing(folder: Path, tmp_path: Path) -> None:
    """Two copies, of which one states another cost: it is named, and the other is not; as saved they are compared."""
    for name in ("as saved", "altered"):
        shutil.copytree(folder, tmp_path / name)
    content = json.loads((tmp_path / "altered" / "plan.json").read_text("utf-8"))
    content["passes"][0] |= {"value": 1.0, "bound": 1.0}
    (tmp_path / "altered" / "plan.json").write_text(json.dumps(content), "utf-8")
    said = CliRunner().invoke(app, ["compare", str(folder), str(tmp_path / "as saved"), str(tmp_path / "altered")])
    assert isinstance(said.exception, VerificationError)
    lines = str(said.exception).splitlines()
    assert lines and all(line.startswith(f"{tmp_path / 'altered'}: ") for line in lines)
    said = CliRunner().invoke(app, ["compare", str(folder), str(tmp_path / "as saved")])
    assert said.exit_code == 0 and "their plans cost the same" in " ".join(said.stdout.split())


def test_a_plan_of_other_tables_is_compared_as_it_is_and_that_is_said(folder: Path, tmp_path: Path) -> None:
    """A table with another hash: the plan cannot be recomputed here, its difference is shown, and a line says so."""
    shutil.copytree(folder, tmp_path / "older")
    content = json.loads((tmp_path / "older" / "plan.json").read_text("utf-8"))
    name = next(iter(content["data_hashes"]))
    content["data_hashes"][name] = "0" * 64
    (tmp_path / "older" / "plan.json").write_text(json.dumps(content), "utf-8")
    said = CliRunner().invoke(app, ["compare", str(folder), str(tmp_path / "older"), "--json"])
    assert (
        said.exit_code == 0
        and f"older: not recomputed, as it was made with others than are here: {name}" in said.stderr
    )
    assert f"data {name}" in said.stdout
