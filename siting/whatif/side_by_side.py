"""Plans side by side: what is built where and when, what it costs by kind, how it is proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from siting.plan import Plan

NOT_PAID = ("quarter", "total", "cumulative", "funding_cumulative")
"""Columns of the cash table that are no item of their own."""


def side_by_side(plans: Sequence[Plan], names: Sequence[str]) -> pd.DataFrame:
    """Columns figure, unit and one a plan; a row a figure. Blank (None) where a plan has none of it.

    Money by kind is what is paid inside the horizon, nominal; value and bounds are present values.
    """
    columns = [figures(plan) for plan in plans]
    keys: list[tuple[str, str]] = []
    for column in columns:
        at = 0
        for key in column:  # what the plans before it have none of stands beside its neighbours, not at the end
            if key not in keys:
                keys.insert(at, key)
            at = keys.index(key) + 1
    rows = [(*key, *(column.get(key) for column in columns)) for key in keys]
    return pd.DataFrame(rows, columns=["figure", "unit", *names], dtype=object)


def figures(plan: Plan) -> dict[tuple[str, str], Any]:
    """Figures of one plan by (name, unit), in the order in which they are shown."""
    found: dict[tuple[str, str], Any] = {("outcome", ""): str(plan.termination).replace("_", " ")}
    if plan.npv_cost_musd is None:
        return found | _proved(plan)
    sites, leases, clusters = plan.sites, plan.leases, plan.tables["clusters"]
    found |= {
        ("sites", ""): len(sites),
        ("which", ""): ", ".join(sites["candidate"].astype(str)),
        ("critical IT", "MW"): float(sites["it_mw"].sum()),
        ("at the meter", "MW"): float(sites["utility_mw"].sum()),
        ("accelerators bought", ""): int(plan.tables["deliveries"]["accelerators"].sum()),
        ("accelerators leased anew", ""): int(leases.loc[~leases["existing"].astype(bool), "gpus"].sum()),
        ("first site opens", ""): min(sites["open_quarter"], default=None),
        ("last site opens", ""): max(sites["open_quarter"], default=None),
    }
    for name in dict.fromkeys(clusters["cluster"].astype(str)):
        at = clusters[clusters["cluster"].astype(str) == name]
        found["host of " + name, ""] = ", ".join(f"{row.host} ({row.tenure})" for row in at.itertuples())
        found["date of " + name, ""] = str(at["by"].iloc[0])
    cash = plan.tables["cash"]
    paid = {item: float(cash[item].sum()) for item in cash.columns if item not in NOT_PAID}
    found |= {("paid for " + item.replace("_", " "), "MUSD"): musd for item, musd in paid.items() if musd != 0.0}
    return found | _proved(plan)


def _proved(plan: Plan) -> dict[tuple[str, str], Any]:
    return {
        ("cost, present value", "MUSD"): plan.npv_cost_musd,
        ("bound, searched", "MUSD"): plan.bound_musd,
        ("gap, searched", ""): plan.gap,
        ("bound, all candidates", "MUSD"): plan.bound_all_musd,
        ("gap, all candidates", ""): plan.gap_all,
    }
