"""Questions to a saved plan on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import siting
from siting.cli.app import app
from siting.errors import InputError

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
