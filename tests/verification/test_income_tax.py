"""The second reading of income tax, on the plan worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from siting.verification import verify

RATE = 0.21
"""Federal alone."""


def deductions() -> dict[int, float]:
    """By year. 42.5 musd of accelerators ordered and delivered in 2024: 60 % at once, 40 % in six years. 20 of halls
    and 4 of connection over 156 quarters from 2024-Q2. What is paid to run, rent and lease: 7.6974 in 2024, rent 1.236,
    lease 1.0368 and the old contract's 0.432 in 2025, rent 0.312 in 2026.
    """
    found = dict.fromkeys(range(2024, 2064), 0.0)
    found[2024] += 0.6 * 42.5 + 7.6974
    for n, share in enumerate((0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576)):
        found[2024 + n] += 0.4 * 42.5 * share
    for year in found:
        found[year] += 24.0 * {2024: 3, 2063: 1}.get(year, 4) / 156.0
    found[2025] += 1.236 + 1.0368 + 0.432
    found[2026] += 0.312
    return found


@pytest.fixture
def taxed(make_study, make_plan):
    """(study, plan) with 10 musd of income a year: used from the first year on, the rest carried."""
    terms = {"taxable_musd_per_year": "10 MUSD/y", "state": False}
    study = make_study(taxes__income=terms)
    left, rows = 0.0, []
    for year, new in deductions().items():
        used = min(10.0, left + new)
        left += new - used
        rows.append((year, RATE, new, used, left, RATE * used))
    columns = ["year", "rate", "deductible_musd", "used_musd", "carried_musd", "saved_musd"]
    table = pd.DataFrame(rows, columns=columns)
    plan = make_plan(study, value=23.9662 - float(table["saved_musd"].sum()))
    plan.tables["income_tax"] = table
    cash = plan.tables["cash"]
    cash["income_tax"] = [0.0, 0.0, 0.0, -2.1]
    cash["total"] = cash["total"] + cash["income_tax"]
    cash["cumulative"] = cash["total"].cumsum()
    after = pd.DataFrame(
        {"quarter": [f"{year}-Q4" for year in table["year"][1:]], "income_tax": -table["saved_musd"].to_numpy()[1:]}
    )
    whole = plan.tables["after_horizon"].merge(after, on="quarter", how="outer").fillna(0.0)
    plan.tables["after_horizon"] = whole
    return study, plan


def test_income_tax_by_hand(taxed, tables):
    """28.9 + 0.4615 + 7.6974 are deductible in 2024; 10 are used there, and all by 2063."""
    study, plan = taxed
    assert plan.tables["income_tax"]["deductible_musd"][0] == pytest.approx(37.0589, abs=1e-4)
    assert plan.tables["income_tax"]["carried_musd"].iloc[-1] == pytest.approx(0.0)
    assert verify(plan, study, tables).faults == ()


@pytest.mark.parametrize(
    ("column", "row", "by", "found"),
    [
        ("used_musd", 0, 0.5, "10.500 MUSD deducted from an income of 10.000"),
        ("used_musd", -1, 0.5, "used that are not deductible yet"),
        ("deductible_musd", 3, 0.5, "MUSD deductible"),
        ("carried_musd", 3, 0.5, "MUSD deductible"),
        ("saved_musd", 3, 0.5, "is not rate x used"),
        ("used_musd", 0, -10.5, "is no amount from 0"),
        ("rate", 0, 0.01, "no row"),
        ("year", 0, -1, "no row"),
    ],
)
def test_a_figure_of_the_tax_that_is_not_so(taxed, tables, column, row, by, found):
    """Each column altered once is named."""
    study, plan = taxed
    table = plan.tables["income_tax"]
    table.loc[table.index[row], column] += by
    faults = verify(plan, study, tables).faults
    assert any(found in fault for fault in faults), faults


def test_a_plan_without_its_table_of_taxes(taxed, tables):
    """The study is taxed, the plan does not say how."""
    study, plan = taxed
    del plan.tables["income_tax"]
    assert any("table income_tax is missing" in fault for fault in verify(plan, study, tables).faults)


def test_bonus_and_rate_as_the_study_states(taxed, tables):
    """Another bonus, another life, a state that taxes too: the same plan no longer holds."""
    study, plan = taxed
    for change in (
        {"taxes.income.bonus_share": "100 %"},
        {"taxes.income.building_life_years": 20},
        {"taxes.income.state": True, "taxes.income.home_state": "IL"},
    ):
        assert any(fault.startswith("income tax") for fault in verify(plan, study.update(change), tables).faults)
