"""Income-tax figures: depreciation in the first year by date, the five-year table, federal and state rates.

Rates are in percent of taxable income, as the tables have them; depreciation is a share of the basis (0 to 1).
"""

from __future__ import annotations

import datetime as dt

from siting.tables.catalog import Picked, picked
from siting.tables.read import Tables


def bonus_share(tables: Tables, acquired: dt.date, placed: dt.date) -> float:
    """Share of the basis written off at once for equipment acquired (binding contract) and placed in service then.

    For a recovery period of 20 years or less: servers, network, gensets, cooling; not the building. NaN where the
    table has no row. Raises ValueError when the equipment is in service before it is acquired.
    """
    if placed < acquired:
        raise ValueError(f"expected equipment acquired ({acquired}) on or before it is in service ({placed})")
    rows = tables.federal_tax[tables.federal_tax["item"] == "bonus_depreciation"]
    for what, day in (("acquired", acquired.isoformat()), ("placed", placed.isoformat())):
        begins, ends = rows[f"{what}_from"], rows[f"{what}_to"]
        rows = rows[(begins <= day) & ((ends == "") | (ends >= day))]
    return float(rows["value"].iloc[0]) / 100.0 if len(rows) else float("nan")


def macrs_5y(tables: Tables) -> tuple[float, ...]:
    """Shares of the basis written off in tax years 1 to 6: five-year property, half-year convention; they sum to 1."""
    rows = tables.federal_tax[tables.federal_tax["item"] == "macrs_5y_half_year"].sort_values("year")
    return tuple(float(percent) / 100.0 for percent in rows["value"])


def federal_rate(tables: Tables) -> Picked:
    """Corporate income tax of the United States, % of taxable income."""
    rows = tables.federal_tax[tables.federal_tax["item"] == "corporate_rate"]
    return picked("federal_tax", "corporate_rate", rows, "value", "value", "value")


def state_income_tax(tables: Tables, state: str) -> Picked:
    """Top corporate income tax rate of a state, %; 0 where none is levied, NaN where none was found.

    Taxes on gross receipts (Nevada, Ohio, Texas, Washington) are no income tax and are left out.
    """
    rows = tables.state_income_taxes[tables.state_income_taxes["state"] == state]
    rate = "corp_rate_pct"
    return picked("state_income_taxes", state, rows, rate, rate, rate)


def building_life_years(tables: Tables) -> float:
    """Years over which a nonresidential building is written off, on a straight line."""
    rows = tables.federal_tax[tables.federal_tax["item"] == "building_life"]
    return float(rows["value"].iloc[0])
