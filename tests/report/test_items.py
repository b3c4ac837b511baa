"""What each payment is: every column of the plan's money is named once, with when and how taxed."""

from __future__ import annotations

from dataclasses import replace

from siting.items import CASH, ITEMS
from siting.plan import Plan
from siting.report.charts import OTHER, cash_by_item
from siting.report.items import payments

WORKED_OUT = {"quarter", "total", "cumulative", "funding_cumulative"}


def test_every_payment_and_credit_is_explained(plan: Plan):
    """Ten columns of cash and the two credits of the fixture; none blank, none twice."""
    table = payments(plan)
    assert table is not None
    wanted = (set(plan.tables["cash"].columns) - WORKED_OUT) | set(plan.tables["credits"]["item"])
    assert {name.replace(" ", "_") for name in table.frame["item"]} == wanted
    assert len(table.frame) == len(wanted) == 12
    assert (table.frame != "–").all(axis=None)
    assert "before income tax" in table.note


def test_cash_is_told_from_value(plan: Plan):
    """Halls are paid; what accelerators are worth at the horizon is not, and is not taxed."""
    table = payments(plan)
    assert table is not None
    rows = table.frame.set_index("item")
    assert rows.loc["halls", ["kind", "cash", "when"]].tolist() == [
        "capital",
        "yes",
        "evenly over the quarters of construction",
    ]
    assert rows.loc["residual accelerators", "cash"] == "no, value only"
    assert rows.loc["residual accelerators", "how taxed"].startswith("not taxed")


def test_no_plan_has_no_payments(infeasible: Plan):
    """Nothing is paid, nothing is listed."""
    assert payments(infeasible) is None


def test_chart_leaves_no_payment_out(plan: Plan, monkeypatch):
    """The stacked bars add up to the total of each quarter, also with a payment the chart has no colour group for."""
    monkeypatch.setattr("siting.report.charts.CASH", (*CASH, "a new payment"))
    cash = plan.tables["cash"].assign(**{"a new payment": 100.0})
    cash["total"] += 100.0
    chart = cash_by_item(replace(plan, tables={**plan.tables, "cash": cash}))
    drawn = chart.data.groupby("quarter")["musd"].sum()
    assert (drawn - cash.set_index("quarter")["total"]).abs().max() < 1e-9
    assert OTHER in set(chart.data["item"])
    assert len({item.name for item in ITEMS}) == len(ITEMS)
