"""Depreciation by date and income-tax rates."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from siting.tables.read import Tables, read_tables
from siting.tables.tax import bonus_share, federal_rate, macrs_5y, state_income_tax


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


@pytest.mark.parametrize(
    ("acquired", "placed", "share"),
    [
        ("2022-03-01", "2022-12-31", 1.00),
        ("2022-03-01", "2023-01-01", 0.80),
        ("2023-03-01", "2023-12-31", 0.80),
        ("2024-05-27", "2024-11-15", 0.60),
        ("2025-01-19", "2025-06-30", 0.40),
        ("2024-05-27", "2026-06-30", 0.20),
        ("2025-01-20", "2025-01-20", 1.00),
        ("2025-01-20", "2031-01-01", 1.00),
    ],
)
def test_bonus_by_the_day_of_contract_and_of_service(tables: Tables, acquired: str, placed: str, share: float) -> None:
    """100 % to 2022, then 80, 60, 40, 20; 100 % again for what is acquired after 19 January 2025, whenever placed."""
    assert bonus_share(tables, dt.date.fromisoformat(acquired), dt.date.fromisoformat(placed)) == share


@pytest.mark.parametrize(("acquired", "placed"), [("2025-01-19", "2027-01-01"), ("2017-01-01", "2017-06-30")])
def test_bonus_without_a_row_is_nan(tables: Tables, acquired: str, placed: str) -> None:
    """Acquired before 20 January 2025 and in service after 2026, or in service before 2018: the table is silent."""
    assert math.isnan(bonus_share(tables, dt.date.fromisoformat(acquired), dt.date.fromisoformat(placed)))


def test_equipment_in_service_before_its_contract_is_refused(tables: Tables) -> None:
    """The two days were swapped."""
    with pytest.raises(ValueError, match="on or before"):
        bonus_share(tables, dt.date(2025, 6, 1), dt.date(2025, 5, 31))


def test_exactly_one_row_of_bonus_counts_on_any_two_days(tables: Tables) -> None:
    """No two rows overlap: for contracts on either side of 20 January 2025 and service in each year 2018-2030."""
    rows = tables.federal_tax[tables.federal_tax["item"] == "bonus_depreciation"]
    for acquired in ("2018-01-01", "2025-01-19", "2025-01-20"):
        for placed in (f"{year}-07-01" for year in range(int(acquired[:4]), 2031)):
            fits = [
                r
                for r in rows.to_dict("records")
                if r["placed_from"] <= placed <= (r["placed_to"] or "9999")
                and r["acquired_from"] <= acquired <= (r["acquired_to"] or "9999")
            ]
            assert len(fits) == (0 if acquired < "2025-01-20" and placed > "2027" else 1), (acquired, placed)


def test_the_five_year_table_writes_off_the_whole_basis(tables: Tables) -> None:
    """20 + 32 + 19.2 + 11.52 + 11.52 + 5.76 = 100 %."""
    assert macrs_5y(tables) == pytest.approx((0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576))
    assert sum(macrs_5y(tables)) == pytest.approx(1.0, abs=1e-12)


def test_federal_rate_and_the_combined_default_agree(tables: Tables) -> None:
    """21 % federal; with a state rate of 6.3 % that is deductible, 21 + 6.3 x 0.79 = 26 % (rounded in the source)."""
    assert federal_rate(tables).value == 21.0
    combined = tables.federal_tax.set_index("item").loc["combined_rate", "value"]
    assert combined == pytest.approx(21 + 6.3 * 0.79, abs=0.05)
    assert tables.federal_tax.set_index("item").loc["building_life", "value"] == 39


def test_income_tax_of_a_state(tables: Tables) -> None:
    """Illinois 9.5 % of 2026 with high confidence, California 8.84 % of 2025 with low, Texas levies none."""
    assert (state_income_tax(tables, "IL").value, state_income_tax(tables, "IL").confidence) == (9.5, "high")
    assert (state_income_tax(tables, "CA").value, state_income_tax(tables, "CA").confidence) == (8.84, "low")
    assert state_income_tax(tables, "TX").value == 0.0
    assert len(tables.state_income_taxes) == 51


@pytest.mark.parametrize("state", ["DC", "WV", "WI", "WY", "XX"])
def test_a_state_without_a_cited_rate_is_nan(tables: Tables, state: str) -> None:
    """Blank, not 0."""
    assert math.isnan(state_income_tax(tables, state).value)
