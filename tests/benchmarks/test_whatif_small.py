"""The what-if benchmark at its smallest size: both ways give one answer, and what it prints is in order."""

from __future__ import annotations

import pytest
from whatif import measure

from siting.study import read_study
from siting.tables.read import read_tables


def test_warm_and_cold_agree_on_the_tiny_study() -> None:
    """A discount rate half a point higher: the same plan and value, no tree searched, seconds of both."""
    study = read_study("models/tiny.toml").update({"search.date_curve": False})
    seen: list[int] = []
    found = measure(study, read_tables(), [1], lambda so_far: seen.append(len(so_far["changes"])))
    (change,) = found["changes"]
    assert seen == [1]
    assert change["answered_by"] == "same plan"
    assert change["warm"]["value"] == pytest.approx(change["cold"]["value"], rel=1e-3)
    assert change["warm"]["sites"] == change["cold"]["sites"] == found["first"]["sites"]
    assert change["warm_over_cold"] == change["warm"]["seconds"] / change["cold"]["seconds"] > 0.0
