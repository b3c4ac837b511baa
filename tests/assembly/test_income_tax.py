"""Income tax as arrays: rates, shares and years worked by hand, blanks refused together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import H100, small_study

from siting.assembly import assemble
from siting.errors import InputError
from siting.problem.income_tax import IncomeTax
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def tax_of(folder: Path, tables: Tables, lead: int = 1, **terms: Any) -> IncomeTax:
    """The tax of the small study: Texas twice and Illinois, 2024-Q2 and 12 quarters, home in Illinois."""
    parts = ["accelerator", "server", "network", "storage"]
    item = {"name": H100, "price_usd": "40000 USD", "price_includes": parts, "lead_quarters": lead}
    income = {"taxable_musd_per_year": {"2024": "500 MUSD/y", "2026": "90 MUSD/y"}, "home_state": "IL", **terms}
    study = small_study(folder, taxes={"property_tax_where_blank": "1 %/y", "income": income}, accelerators=[item])
    found = assemble(study, tables).problem.income_tax
    assert found is not None
    return found


def test_rates_of_places_and_home(tmp_path: Path, tables: Tables) -> None:
    """Texas has no income tax: 21 %. Illinois 9.5 %: 0.21 + 0.095 x 0.79 = 28.505 %."""
    tax = tax_of(tmp_path, tables)
    assert tax.rate == pytest.approx([0.21, 0.28505])
    assert tax.group.tolist() == [0, 0, 1] and tax.home == 1
    assert tax_of(tmp_path, tables, federal=False).rate == pytest.approx([0.0, 0.095])
    assert tax_of(tmp_path, tables, state=False).rate == pytest.approx([0.21])


def test_income_holds_until_the_next_one_stated(tmp_path: Path, tables: Tables) -> None:
    """500 in 2024 and 2025, 90 from 2026 on; the study starts one quarter into 2024, 2024 is paid in quarter 2."""
    tax = tax_of(tmp_path, tables)
    assert tax.income_musd[:5].tolist() == [500, 500, 90, 90, 90]
    assert (tax.first_year, tax.offset, tax.paid_in(0), tax.paid_in(1)) == (2024, 1, 2, 6)
    assert [tax.year_of(t) for t in (0, 2, 3, 7)] == [0, 0, 1, 2]
    assert tax.straight(2)[:2] == pytest.approx([1 / 156, 4 / 156])
    assert tax.straight(2).sum() == pytest.approx(1.0)


def test_the_bonus_goes_by_order_and_delivery(tmp_path: Path, tables: Tables) -> None:
    """Ordered in 2024: 60 % when delivered in 2024, 40 % in 2025. Ordered in 2025-Q2: all at once."""
    shares = tax_of(tmp_path, tables, lead=2).pod_share[0]
    assert shares[:2].sum() == 0
    assert shares[2, :3] == pytest.approx([0.6 + 0.4 * 0.2, 0.4 * 0.32, 0.4 * 0.192])  # 2024-Q4
    assert shares[3, :3] == pytest.approx([0, 0.4 + 0.6 * 0.2, 0.6 * 0.32])  # 2025-Q1
    assert shares[6, :3] == pytest.approx([0, 1.0, 0])  # 2025-Q4, ordered in 2025-Q2
    assert shares[2:].sum(axis=1) == pytest.approx(np.ones(10))
    assert tax_of(tmp_path, tables, bonus_share="0 %").pod_share[0, 2, 0] == pytest.approx(0.2)


def test_blanks_are_named_together(tmp_path: Path, tables: Tables) -> None:
    """No rate for the District of Columbia, no bonus for what is ordered in 2024 and delivered in 2027, no income for
    2024."""
    with pytest.raises(InputError) as refused:
        tax_of(tmp_path, tables, lead=11, home_state="DC", taxable_musd_per_year={"2025": "1 MUSD/y"})
    keys = [fault.key for fault in refused.value.faults]
    assert keys[0] == "taxes.income.taxable_musd_per_year" and keys[1] == "state DC"
    assert "2024-04-01 / 2027-01-01" in keys[2]
