"""Value of accelerators by age, read a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_studies import H100, small_study

from siting.tables.catalog import share_by_age
from siting.tables.read import read_tables
from siting.verification.worth import left_of_new

POINTS = [(0.0, 1.0), (1.0, 0.6), (3.0, 0.15)]
CHIP: dict[str, Any] = {
    "name": H100,
    "price_usd": "40000 USD",
    "price_includes": ["accelerator", "server", "network", "storage"],
}


def test_both_readings_of_a_curve_by_points_agree(tmp_path: Path) -> None:
    """Half a year is halfway from 1 to 0.6, two years from 0.6 to 0.15; a year beyond the last half
    of it is left, as the last step halves the value each year."""
    points = [{"age_years": age, "share": f"{share:.0%}"} for age, share in POINTS]
    study = small_study(tmp_path, accelerators=[{**CHIP, "residual_points": points}])
    tables, item = read_tables(), study.accelerators[0]
    ages = [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 7.25]
    second = [left_of_new(study, tables, item, age) for age in ages]
    assert second == pytest.approx(share_by_age(*zip(*POINTS, strict=True), ages).tolist())
    assert second[:6] == pytest.approx([1.0, 0.8, 0.6, 0.375, 0.15, 0.075])


def test_what_is_worth_nothing_stays_so(tmp_path: Path) -> None:
    """A curve that ends at 0 gives 0 beyond, in both readings."""
    points = [{"age_years": 0, "share": "100 %"}, {"age_years": 2, "share": "0 %"}]
    study = small_study(tmp_path, accelerators=[{**CHIP, "residual_points": points}])
    assert left_of_new(study, read_tables(), study.accelerators[0], 5.0) == 0.0
    assert share_by_age([0.0, 2.0], [1.0, 0.0], [5.0]).tolist() == [0.0]
