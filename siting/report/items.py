"""What each payment and credit of a plan is: cash or not, when it falls due, how it is taxed."""

from __future__ import annotations

import pandas as pd

from siting.items import ITEMS, KIND
from siting.plan import Plan
from siting.report.shown import Shown, shown

COLUMNS: dict[str, tuple[str, int | None]] = {
    "item": ("item", None),
    "kind": ("kind", None),
    "cash": ("cash", None),
    "when": ("when", None),
    "taxed": ("how taxed", None),
}


def payments(plan: Plan) -> Shown | None:
    """A row for each column of the plan's cash table and each row of its credits, in their order; None without any."""
    cash, credits = plan.tables.get("cash"), plan.tables.get("credits")
    there = {*(cash.columns if cash is not None else ()), *(credits["item"] if credits is not None else ())}
    rows = [
        (item.name.replace("_", " "), item.kind, "yes" if item.cash else "no, value only", item.when, item.taxed)
        for item in ITEMS
        if item.name in there
    ]
    if not rows:
        return None
    taxes = any(KIND.get(str(name)) == "tax" for name in there)
    note = (
        "Cash uses up funding in the quarter in which it is paid. What is no cash is taken off the cost at the horizon "
        "and never pays for anything before."
    )
    if not taxes:
        note += " How taxed says how an item would enter taxable income: this plan is before income tax."
    return shown("What each payment is", pd.DataFrame(rows, columns=list(COLUMNS)), COLUMNS, note)
