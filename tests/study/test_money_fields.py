"""Fields of money that contradict one another are refused, with the key that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from small_studies import H100, small_study

from siting.errors import InputError

PARTS = ["accelerator", "server", "network", "storage"]
LOAN = {"name": "loan", "rate": "8 %/y", "tenor_quarters": 8, "advance_rate": "60 %"}


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
    with pytest.raises(InputError):
        small_study(tmp_path).update({"money.opex_cap_musd_per_year": wrong})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"revenue": {"usd_per_h100e_h": "2 USD/h"}}, "revenue: found no inference"),
        ({"debt": [LOAN, {**LOAN, "name": " loan"}]}, r"debt\[1\].name"),
        (
            {"debt": [{**LOAN, "draw_from": "2024-Q1"}]},
            r"debt\[0\].draw_from: found 2024-Q1; expected the study's start",
        ),
        ({"debt": [{**LOAN, "draw_from": "2025-Q1", "draw_until": "2024-Q4"}]}, "draw_until: found 2024-Q4"),
        ({"debt": [{**LOAN, "advance_rate": "101 %"}]}, "less than or equal to 1"),
    ],
)
def test_terms_that_cannot_be(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """Revenue without a demand, two loans of one name, a draw before the start, a window that ends before it begins."""
    with pytest.raises(ValidationError, match=message):
        small_study(tmp_path, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "home_state: found nothing; expected the state that taxes leases"),
        ({"state": False, "federal": False}, "federal: found false"),
        ({"home_state": "Texas"}, "String should match pattern"),
        ({"home_state": "TX", "taxable_musd_per_year": {}}, "taxable_musd_per_year: found nothing"),
        ({"home_state": "TX", "taxable_musd_per_year": {"2024": "5 MUSD"}}, "MUSD/y"),
        ({"home_state": "TX", "taxable_musd_per_year": 500}, "valid dictionary"),
    ],
)
def test_income_tax_that_cannot_be(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """A state tax without a home, no tax at all, a state by its name, no income, an income without the year."""
    terms = {"taxable_musd_per_year": "500 MUSD/y", **change}
    with pytest.raises(ValidationError, match=message):
        small_study(tmp_path, taxes={"income": terms})
