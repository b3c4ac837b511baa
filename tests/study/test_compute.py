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
