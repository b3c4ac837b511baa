"""Money against date as a result of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import siting
from siting.cli.app import app

TINY = Path(__file__).parents[1] / "models" / "tiny.toml"


def test_the_curve_has_a_proved_point_for_every_date() -> None:
    """Nothing can stand before 2024-Q4; later dates never cost more on this study, and the study's own date costs what
    its plan costs."""
    study = siting.read_study(TINY).update({"search.date_curve": False})
    points = siting.money_against_date(study, range(-5, 3, 1)).set_index("by")
    dates = ["2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    assert points.index.tolist() == dates
    assert points.loc["2024-Q3", "termination"] == "infeasible"
    found = points["value_musd"].dropna()
    assert found.index[0] == "2024-Q4"
    assert points.loc["2024-Q4", "hosted_by"] == "lease"
    assert (points["bound_musd"].dropna() <= found + 1e-6).all()
    plan = siting.solve(study)
    assert points.loc["2025-Q4", "value_musd"] == pytest.approx(plan.npv_cost_musd, rel=2e-3)
    assert "money_against_date" in plan.facts and plan.facts["money_against_date"] == []


def test_other_dates_are_searched_in_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the limit leaves none, the plan's own date alone has a plan, and the others say why."""
    monkeypatch.setattr("siting.curve.LEAST_SECONDS", 1e9)
    plan = siting.solve(siting.read_study(TINY))
    points = pd.DataFrame(plan.facts["money_against_date"]).set_index("shift_quarters")
    assert points.loc[0, "value_musd"] == plan.npv_cost_musd
    others = points.drop(index=0)
    assert len(others) and set(others["limit"]) == {"time_limit"} and others["value_musd"].isna().all()


def test_the_command_writes_the_curve(tmp_path: Path) -> None:
    """As JSON on stdout and as CSV in the file, the same numbers."""
    done = CliRunner().invoke(
        app,
        ["curve", str(TINY), "--earlier", "0", "--later", "1", "--out", str(tmp_path / "c.csv"), "--json"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    points = json.loads(done.stdout)["points"]
    assert [point["by"] for point in points] == ["2025-Q4", "2026-Q1"]
    written = pd.read_csv(tmp_path / "c.csv")
    assert written["value_musd"].tolist() == pytest.approx([point["value_musd"] for point in points])
