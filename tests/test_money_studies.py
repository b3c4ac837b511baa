"""Small studies with caps, price paths, debt, revenue and income tax: solved, and read a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from siting import run
from siting.plan import Plan
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.units import hours_in, parse_quarter
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(autouse=True)
def no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def solved(tables: Tables, **changes: Any) -> tuple[Plan, Study]:
    """The tiny study with changes by dotted name (two underscores for a dot), solved and accepted."""
    study = read_study("models/tiny.toml").update({key.replace("__", "."): value for key, value in changes.items()})
    plan = run.solve(study, tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert verify(plan, study, tables).faults == ()
    return plan, study


def refused(plan: Plan, study: Study, tables: Tables, name: str, column: str, row: int = 0) -> bool:
    """Whether the second reading refuses the plan with one number of a table up by a tenth and one."""
    frame = plan.tables[name].copy()
    frame[column] = frame[column].astype(float)
    frame.loc[frame.index[row], column] = frame[column].iloc[row] * 1.1 + 1.0
    return not verify(replace(plan, tables={**plan.tables, name: frame}), study, tables).ok


def test_a_cap_on_capital_makes_the_plan_rent(tables):
    """Owning costs over 100 musd of capital; with a cap of 5 musd nothing is bought."""
    owned, _ = solved(tables)
    rented, study = solved(tables, money__capex_cap_musd="5 MUSD")
    assert len(owned.tables["deliveries"]) and not len(rented.tables["deliveries"])
    assert rented.npv_cost_musd > owned.npv_cost_musd
    assert any("capital spending" in fault for fault in verify(owned, study, tables).faults)


def test_price_paths_move_the_plan(tables):
    """Chips at 48,000 USD that cost 10,000 from 2025-Q1 on are ordered then; leases fall a third a year."""
    plan, study = solved(
        tables,
        accelerators__0__prices=[{"order_from": "2025-Q1", "price_usd": "10000 USD"}],
        leases__price_escalator="-33 %/y",
        money__escalators__hall_om="3 %/y",
        money__escalators__accelerator_om="5 %/y",
        halls__om_usd_per_it_kw_year="100 USD/kW/y",
        purchase__bulk_discount="30 %",
        money__opex_cap_musd_per_year="60 MUSD/y",
    )
    assert set(plan.tables["deliveries"]["quarter"]) <= {"2025-Q2", "2025-Q3", "2025-Q4"}
    assert refused(plan, study, tables, "cash", "accelerators", row=6)


LOANS = [
    {"name": "bank", "rate": "11 %/y", "tenor_quarters": 20, "advance_rate": "70 %"},
    {"name": "fund", "rate": "4 %/y", "tenor_quarters": 6, "advance_rate": "50 %", "max_musd": "20 MUSD"},
]


def test_loans_carry_a_plan_that_money_alone_does_not(tables):
    """90 musd buy no cluster of 2,048 for 100; with loans they do, and what is owed after the horizon is shown."""
    short = [{"quarter": "2024-Q2", "amount_musd": "90 MUSD", "status": "closed"}]
    plan, study = solved(tables, debt=LOANS, money__funding=short, money__lease=False)
    drawn = plan.tables["debt"]
    assert set(drawn["debt"]) == {"bank", "fund"}
    assert drawn.loc[drawn["debt"] == "fund", "drawn_musd"].sum() == pytest.approx(20.0)
    assert plan.tables["after_horizon"]["debt_service"].sum() > 0
    owed = plan.tables["cash"]["debt_service"].sum() + plan.tables["after_horizon"]["debt_service"].sum()
    assert owed == pytest.approx(drawn["paid_back_musd"].sum())
    for column in ("drawn_musd", "paid_back_musd"):
        assert refused(plan, study, tables, "debt", column)
    assert refused(plan, study, tables, "after_horizon", "debt_service")
    alone = study.update({"debt": []})
    assert run.solve(alone, tables=tables).npv_cost_musd is None


def test_revenue_is_a_constant_of_the_demand(tables):
    """The same plan with and without it; the value falls by what is earned, discounted."""
    asks = {"peak_h100e_bf16": 100, "first_quarter": "2025-Q4", "regions": 1, "rtt_target_ms": "90 ms"}
    asks["rtt_basis"] = "user"
    bare, _ = solved(tables, inference=asks)
    plan, study = solved(tables, inference=asks, revenue={"usd_per_h100e_h": "2 USD/h"})
    earned = -plan.tables["cash"]["revenue"]
    worth = sum(musd * 1.1 ** (-(t + 0.5) / 4) for t, musd in enumerate(earned))
    assert earned.iloc[6] == pytest.approx(100 * 2 * 2208 / 1e6)
    assert bare.npv_cost_musd - plan.npv_cost_musd == pytest.approx(worth, rel=1e-3)
    assert refused(plan, study, tables, "cash", "revenue", row=7)


def test_income_tax_of_a_plan(tables):
    """Little income: deductions are carried for years, and what is saved after the horizon is shown. With loans and a
    demand that earns; every figure of the table altered is refused."""
    asks = {"peak_h100e_bf16": 100, "first_quarter": "2025-Q4", "regions": 1, "rtt_target_ms": "90 ms"}
    plan, study = solved(
        tables,
        inference={**asks, "rtt_basis": "user"},
        revenue={"usd_per_h100e_h": "2 USD/h", "counts_as_funding": True},
        debt=LOANS,
        taxes__income={"taxable_musd_per_year": {"2024": "5 MUSD/y", "2026": "12 MUSD/y"}, "home_state": "IL"},
    )
    tax = plan.tables["income_tax"]
    assert tax["used_musd"].sum() == pytest.approx(
        tax["deductible_musd"].sum() - tax["carried_musd"].iloc[-1], rel=1e-6
    )
    assert plan.tables["after_horizon"]["income_tax"].sum() < 0
    for column in ("deductible_musd", "used_musd", "carried_musd", "saved_musd", "rate", "year"):
        assert refused(plan, study, tables, "income_tax", column)
    before, _ = solved(tables, inference={**asks, "rtt_basis": "user"}, debt=LOANS)
    assert plan.npv_cost_musd < before.npv_cost_musd


@pytest.mark.parametrize("quarters", [8, 9, 11, 14])
def test_present_value_of_all_payments_whatever_the_horizon(tables, quarters):
    """Every payment in and after the horizon at its own quarter, less the credits, is the stated cost. A loan of 20
    quarters and a lease of 8 are not cut short: all that is drawn is paid back, all quarters of the lease are billed.
    """
    plan, study = solved(
        tables,
        quarters=quarters,
        debt=LOANS,
        taxes__income={"taxable_musd_per_year": "9 MUSD/y", "home_state": "IL"},
        leases__bilateral__0__min_gpus=8,
        money__capex_cap_musd="60 MUSD",
        clusters=[
            {"name": "bought", "gpus": 512, "accelerators": ["H100 SXM 80GB"], "by": "2025-Q4"},
            {"name": "rented too", "gpus": 1024, "accelerators": ["H100 SXM 80GB"], "by": "2025-Q4"},
        ],
    )
    paid = [(t, musd) for t, musd in enumerate(plan.tables["cash"]["total"])]
    for row in plan.tables["after_horizon"].to_dict("records"):
        t = parse_quarter(str(row.pop("quarter"))) - study.start
        assert t >= quarters
        paid += [(t, musd) for musd in row.values()]
    worth = sum(musd * 1.1 ** (-(t + 0.5) / 4.0) for t, musd in paid) - plan.tables["credits"]["musd"].sum()
    assert worth == pytest.approx(plan.npv_cost_musd, rel=1e-8)
    every = pd.concat([plan.tables["cash"], plan.tables["after_horizon"]]).sum(numeric_only=True)
    assert every.get("debt_service", 0.0) == pytest.approx(plan.tables["debt"]["paid_back_musd"].sum())
    hours = sum(
        row.gpus * sum(hours_in(parse_quarter(row.quarter) + n) for n in range(8))
        for row in plan.tables["leases"].itertuples()
    )
    assert every["lease"] == pytest.approx(hours * 2.4 / 1e6)
    assert every["income_tax"] == pytest.approx(-plan.tables["income_tax"]["saved_musd"].sum())
