"""Gas prices and on-site power units: which row counts, and what it costs where.

A price of gas is the newest published month not later than the day; months that the publisher withholds are passed
over, so the month that was found can be old: `Picked.date` says which it is, and no price is carried to another state.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from siting.tables.catalog import Picked, not_later, picked
from siting.tables.read import Tables

ONSITE_KINDS = (
    "recip", "turbine_aero", "turbine_industrial", "turbine_frame", "combined_cycle", "fuel_cell", "microturbine",
    "battery", "solar", "diesel",
)  # fmt: skip
"""Kinds of on-site units: reciprocating engines, gas turbines by build, and the rest by what they are."""


def gas_usd_per_mmbtu(tables: Tables, state: str, on: dt.date) -> Picked:
    """USD/MMBtu of gas delivered to power plants of a state (or `US`), the newest priced month not later than `on`.

    One month, not a season: winter months of the north-east stand far above the year. NaN when no month is priced.
    """
    rows = tables.gas_prices
    rows = rows[(rows["state"] == state) & rows["usd_per_mmbtu"].notna()]
    rows = not_later(rows, ["state"], on)
    month = str(rows["date"].iloc[-1])[:7] if len(rows) else "no month"
    price = "usd_per_mmbtu"
    return picked("gas_prices", f"{state}, {month}", rows, price, price, price)


def onsite_unit(tables: Tables, name: str) -> pd.Series:
    """The row of `onsite_units` with that name; blanks are NaN. Raises KeyError that lists the known names."""
    rows = tables.onsite_units[tables.onsite_units["unit"] == name]
    if rows.empty:
        raise KeyError(f"unknown on-site unit {name!r}; known: {', '.join(tables.onsite_units['unit'])}")
    return rows.iloc[0]


def onsite_capex_multiplier(tables: Tables, kind: str, state: str) -> float:
    """What a unit of that kind costs in a state, as a share of its national price: mean over the state's cities.

    1.0 where the source lists nothing: for kinds it leaves out (industrial turbines, microturbines, batteries, solar,
    diesel) and for Alaska and Hawaii. Raises KeyError for a kind that is none of ONSITE_KINDS.
    """
    if kind not in ONSITE_KINDS:
        raise KeyError(f"unknown kind of on-site unit {kind!r}; known: {', '.join(ONSITE_KINDS)}")
    rows = tables.onsite_location
    rows = rows[(rows["kind"] == kind) & (rows["state"] == state)]
    return float(rows["multiplier"].iloc[0]) if len(rows) else 1.0
