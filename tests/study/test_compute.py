"""Fields of accelerators over time that contradict one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from small_studies import H100, small_study

CHIP: dict[str, Any] = {
    "name": H100,
    "price_usd": "40000 USD",
    "price_includes": ["accelerator", "server", "network", "storage"],
}
TWO = [{"quarter": "2025-Q1", "accelerators": 512}, {"quarter": "2025-Q2", "accelerators": 0}]


def refused(folder: Path, **changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        small_study(folder, **changes)
    return str(caught.value)


def test_allocation_names_every_quarter_once(tmp_path: Path) -> None:
    """The same quarter twice leaves open which of the two counts."""
    text = refused(tmp_path, accelerators=[{**CHIP, "allocation": [*TWO, TWO[0]]}])
    assert "2025-Q1 2 times" in text and "every quarter once" in text


def test_one_cap_a_quarter(tmp_path: Path) -> None:
    """A list of quarters and one number for all quarters contradict one another."""
    text = refused(tmp_path, accelerators=[{**CHIP, "allocation": TWO, "supply_per_quarter": 512}])
    assert "supply_per_quarter" in text and "one of the two" in text


def test_a_life_is_of_whole_quarters(tmp_path: Path) -> None:
    """1.1 years end inside a quarter."""
    assert "multiple of 0.25 years" in refused(tmp_path, accelerators=[{**CHIP, "life_years": 1.1}])


ASK = {"first_quarter": "2025-Q4", "rtt_target_ms": "50 ms", "rtt_basis": "backbone"}


def test_fields_of_the_other_basis_are_refused_by_name(tmp_path: Path) -> None:
    """A study in 8 bit that states BF16 figures of an accelerator, a cluster and the demand: three faults."""
    text = refused(
        tmp_path,
        compute_basis="8bit",
        accelerators=[{**CHIP, "h100e_bf16": 1.0}],
        clusters=[{"name": "first", "h100e_bf16": 1000, "by": "2025-Q4"}],
        inference={**ASK, "peak_h100e_bf16": 100},
    )
    for key in ("accelerators[0].h100e_bf16", "clusters[0].h100e_bf16", "inference.peak_h100e_bf16"):
        assert f"{key}: found" in text
    assert "compute_basis is '8bit'" in text


def test_eight_bit_fields_need_the_basis(tmp_path: Path) -> None:
    """Without a word of the basis it is BF16."""
    text = refused(tmp_path, inference={**ASK, "peak_h100e_8bit": 100})
    assert "inference.peak_h100e_8bit: found 100; expected peak_h100e_bf16" in text


@pytest.mark.parametrize("peaks", [{}, {"peak_h100e_bf16": 1, "peak_h100e_8bit": 1}])
def test_one_peak_is_due(tmp_path: Path, peaks: dict[str, int]) -> None:
    """None, or both."""
    assert "exactly one of peak_h100e_bf16 and peak_h100e_8bit" in refused(tmp_path, inference={**ASK, **peaks})


def test_a_cluster_splits_in_two(tmp_path: Path) -> None:
    """Three campuses are not known, and a distance is due."""
    cluster = {"name": "first", "gpus": 1024, "accelerators": [H100], "by": "2025-Q4"}
    text = refused(tmp_path, clusters=[{**cluster, "split": {"campuses": 3, "within_km": "50 km"}}])
    assert "clusters.0.split.campuses" in text and "less than or equal to 2" in text
    assert "within_km" in refused(tmp_path, clusters=[{**cluster, "split": {"campuses": 2}}])


EUROPE = {"region": "West Europe", "rtt_target_ms": "130 ms"}


def test_demand_on_another_continent(tmp_path: Path) -> None:
    """One peak, of the study's basis, and every region once."""
    ask = {**ASK, "peak_h100e_bf16": 1}
    assert "exactly one of" in refused(tmp_path, inference={**ask, "intercontinental": [EUROPE]})
    far = {**EUROPE, "peak_h100e_8bit": 5}
    text = refused(tmp_path, inference={**ask, "intercontinental": [far]})
    assert "inference.intercontinental[0].peak_h100e_8bit: found 5" in text
    near = {**EUROPE, "peak_h100e_bf16": 5}
    assert "every region once" in refused(tmp_path, inference={**ask, "intercontinental": [near, near]})


def test_a_curve_of_value_by_age(tmp_path: Path) -> None:
    """By name or by points, from age 0 on, of rising age and falling share."""
    points = [{"age_years": 0, "share": "100 %"}, {"age_years": 2, "share": "40 %"}]
    text = refused(tmp_path, accelerators=[{**CHIP, "residual": "base", "residual_points": points}])
    assert "residual: found 'base'; expected nothing beside residual_points" in text
    assert "two or more, the first at age 0" in refused(
        tmp_path, accelerators=[{**CHIP, "residual_points": points[1:]}]
    )
    back = [*points, {"age_years": 1, "share": "50 %"}]
    text = refused(tmp_path, accelerators=[{**CHIP, "residual_points": back}])
    assert "residual_points[2].age_years: found 1; expected more than 2" in text
    assert "residual_points[2].share: found 50%; expected at most 40%, as before" in text
