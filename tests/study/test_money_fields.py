"""Fields of money that contradict one another are refused, with the key that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from small_studies import H100, small_study

PARTS = ["accelerator", "server", "network", "storage"]


def test_prices_must_rise_in_time(tmp_path: Path) -> None:
    """Two prices from the same quarter: which one holds would be a guess."""
    prices = [{"order_from": "2025-Q1", "price_usd": "1 USD"}, {"order_from": "2025-Q1", "price_usd": "2 USD"}]
    item = {"name": H100, "price_usd": "40000 USD", "price_includes": PARTS, "prices": prices}
    with pytest.raises(ValidationError, match=r"prices\[1\].order_from: found 2025-Q1; expected a quarter after 2025"):
        small_study(tmp_path, accelerators=[item])


def test_a_path_of_prices_begins_somewhere(tmp_path: Path) -> None:
    """Before the first dated price the study's own price holds, so there must be one."""
    item = {"name": H100, "prices": [{"order_from": "2025-Q1", "price_usd": "1 USD"}]}
    with pytest.raises(ValidationError, match="price_usd: found nothing; expected the price before the first"):
        small_study(tmp_path, accelerators=[item])


@pytest.mark.parametrize("wrong", ["500", "500 MUSD", "-1 MUSD/y"])
def test_a_yearly_cap_is_per_year(tmp_path: Path, wrong: str) -> None:
    """A bare number, a sum without the year and a negative one are refused."""
    with pytest.raises(ValidationError):
        small_study(tmp_path).update({"money.opex_cap_musd_per_year": wrong})
