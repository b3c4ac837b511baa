"""Which row counts on which day, and single figures with the row they came from.

Prices (lease, rent, power, accelerators) are the newest row not later than the study: what nobody could know yet does
not count. Slow and technical rows (construction, residual values, taxes, CO2) are the nearest, and the report lists
those dated after the study. A blank is returned as NaN: the caller refuses, or asks the planner.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from siting.tables.read import Tables

PARTS = ("accelerator", "server", "network", "storage")


@dataclass(frozen=True, kw_only=True)
class Picked:
    """One figure of a table and where it came from. NaN: the table is blank there."""

    value: float
    low: float
    high: float
    table: str
    row: str
    """The row in words, as a report prints it."""
    date: str
    """ISO day from which the row counts; "" when no row fits."""
    source: str
    confidence: str
    includes: tuple[str, ...] = ()
    """What a price holds, for accelerators and construction."""


def not_later(frame: pd.DataFrame, keys: Sequence[str], on: dt.date, date_column: str = "date") -> pd.DataFrame:
    """Per key the newest row not later than `on`; of one day the last in the table. Undated rows never count."""
    dated = frame[(frame[date_column] != "") & (frame[date_column] <= on.isoformat())]
    newest = dated.sort_values(date_column, kind="stable").drop_duplicates(list(keys), keep="last")
    return newest.sort_index()


def nearest(frame: pd.DataFrame, keys: Sequence[str], on: dt.date, date_column: str = "date") -> pd.DataFrame:
    """Per key the row nearest in time to `on`, before or after; of two equally near the earlier one."""
    dated = frame[frame[date_column] != ""]
    days = (pd.to_datetime(dated[date_column]) - pd.Timestamp(on)).dt.days
    order = pd.DataFrame({"far": days.abs(), "later": days > 0}, index=dated.index).sort_values(
        ["far", "later"], kind="stable"
    )
    return dated.loc[order.index].drop_duplicates(list(keys), keep="first").sort_index()


def dated_after(frame: pd.DataFrame, on: dt.date, date_column: str = "date") -> pd.DataFrame:
    """Rows of `frame` (those that were used) that are dated after `on`: the report lists them."""
    return frame[frame[date_column] > on.isoformat()]


def power_price_usd_per_mwh(
    tables: Tables, states: Sequence[str], on: dt.date, column: Literal["industrial", "commercial"] = "industrial"
) -> pd.DataFrame:
    """state, usd_per_mwh, date, source: a row a state given, in order. Demand charges are within (average revenue)."""
    rows = not_later(tables.power_prices, ["state"], on)
    return _by_state(rows, states, {f"usd_per_mwh_{column}": "usd_per_mwh"})


def co2_kg_per_mwh(tables: Tables, states: Sequence[str]) -> pd.DataFrame:
    """state, co2_kg_per_mwh, date, source: a row a state given, in order (annual output rate of the state's plants)."""
    return _by_state(tables.co2_rates, states, {"co2_kg_per_mwh": "co2_kg_per_mwh"})


def lease_offers_on(
    tables: Tables, on: dt.date, kinds: Sequence[str] = ("reserved",), accelerators: Sequence[str] = ()
) -> pd.DataFrame:
    """Priced public offers that stand on the day: columns of `lease_offers`, the newest of each series.

    A series is provider, region, accelerator, term, kind and interconnect. Indices are no offers. A row whose stated
    range ended before the day has lapsed. accelerators: () admits all. `term_months` may be NaN (not stated).
    """
    rows = tables.lease_offers
    rows = rows[rows["is_offer"] & rows["kind"].isin(list(kinds)) & rows["usd_per_gpu_h"].notna()]
    if accelerators:
        rows = rows[rows["accelerator"].isin(list(accelerators))]
    series = ["provider", "region", "accelerator", "term_months", "kind", "interconnect"]
    rows = not_later(rows, series, on, "date_first")
    lapsed = (rows["date_last"] > rows["date_first"]) & (rows["date_last"] < on.isoformat())
    return rows[~lapsed].reset_index(drop=True)


def colocation_rents_on(tables: Tables, on: dt.date) -> pd.DataFrame:
    """Priced rents, the newest row not later than the day per market, tenure and size."""
    rows = tables.colocation_rents
    rows = rows[rows["usd_per_kw_month_low"].notna()]
    return not_later(rows, ["market", "tenure", "size"], on).reset_index(drop=True)


def accelerator(tables: Tables, name: str) -> pd.Series:
    """The row of `accelerators` with that name. Raises KeyError that lists the known names."""
    rows = tables.accelerators[tables.accelerators["accelerator"] == name]
    if rows.empty:
        raise KeyError(f"unknown accelerator {name!r}; known: {', '.join(tables.accelerators['accelerator'])}")
    return rows.iloc[0]


def accelerator_price(tables: Tables, name: str, on: dt.date, includes: Sequence[str] | None = None) -> Picked:
    """USD per accelerator, the newest row not later than the day that holds exactly `includes`.

    includes None: the row with most parts, since parts taken from elsewhere may be counted twice. NaN without a row.
    """
    rows = tables.accelerator_prices
    rows = not_later(rows[rows["accelerator"] == name], ["includes"], on)
    parts = rows["includes"].str.split(";").map(frozenset)
    if includes is not None:
        rows = rows[(parts == frozenset(includes)).to_numpy(dtype=bool)]
    else:
        rows = rows.loc[parts.map(len).sort_values(kind="stable").index[-1:]]
    held = tuple(rows["includes"].iloc[0].split(";")) if len(rows) else tuple(includes or ())
    what = f"{name}: {';'.join(held) or 'any parts'}"
    return picked("accelerator_prices", what, rows, "usd_low", "usd_mid", "usd_high", held)


def lead_time_weeks(tables: Tables, name: str, on: dt.date) -> Picked:
    """Weeks from order to delivery, the newest row not later than the day. NaN when blank."""
    rows = tables.accelerator_lead_times
    rows = not_later(rows[rows["accelerator"] == name], ["accelerator"], on)
    return picked("accelerator_lead_times", name, rows, "weeks_low", "weeks_mid", "weeks_high")


def construction_musd_per_it_mw(
    tables: Tables, market: str = "US", level: Literal["low", "mid", "high"] = "mid"
) -> Picked:
    """MUSD per critical IT MW of a market at a level. A market with one figure gives it at every level.

    Raises KeyError that lists the markets.
    """
    rows = tables.construction[tables.construction["market"] == market]
    if rows.empty:
        raise KeyError(f"unknown construction market {market!r}; known: {', '.join(tables.construction['market'])}")
    low, mid, high = (f"musd_per_it_mw_{part}" for part in ("low", "mid", "high"))
    alone = bool(rows[[low, high]].isna().all(axis=None))
    value = mid if alone else f"musd_per_it_mw_{level}"
    row = f"{market} (one figure)" if alone else f"{market}, {level}"
    return picked("construction", row, rows, low, value, high, tuple(rows["includes"].iloc[0].split(";")))


def residual_share(tables: Tables, curve: str, age_years: ArrayLike) -> NDArray[np.float64]:
    """Share of the price as new that is left at an age in years, of the shape of `age_years`.

    Linear between the curve's points; beyond the last the last step's yearly ratio goes on (geometric: never below
    0). Raises KeyError for an unknown curve, ValueError for a negative age.
    """
    points = tables.residual_values[tables.residual_values["curve"] == curve].sort_values("age_years")
    if points.empty:
        known = ", ".join(sorted(set(tables.residual_values["curve"])))
        raise KeyError(f"unknown residual curve {curve!r}; known: {known}")
    return share_by_age(points["age_years"].tolist(), points["share_of_new"].tolist(), age_years)


def share_by_age(at_years: Sequence[float], at_share: Sequence[float], age_years: ArrayLike) -> NDArray[np.float64]:
    """The same by the points of a curve, two or more of rising age. Raises ValueError for a negative age."""
    age = np.asarray(age_years, dtype=np.float64)
    if (age < 0).any():
        raise ValueError("expected ages of 0 years or more")
    years, share = np.array(at_years, dtype=np.float64), np.array(at_share, dtype=np.float64)
    ratio = (share[-1] / share[-2]) ** (1.0 / (years[-1] - years[-2])) if share[-1] > 0 else 0.0
    return np.asarray(np.interp(age, years, share) * ratio ** np.maximum(age - years[-1], 0.0), dtype=np.float64)


def state_tax(tables: Tables, states: Sequence[str], on: dt.date) -> pd.DataFrame:
    """state, sales_tax_pct, exemption, equipment_taxed, date, source: a row a state given, in order.

    exemption is what holds on the day: `yes` only inside the exemption's dates and outside a pause.
    """
    rows, day = tables.state_taxes, on.isoformat()
    lawful = (rows["exempt_from"] <= day) & ((rows["exempt_until"] == "") | (rows["exempt_until"] >= day))
    paused = (rows["exemption"] == "paused") & (rows["paused_from"] <= day)
    paused &= (rows["paused_until"] == "") | (rows["paused_until"] >= day)
    granted = rows["exemption"].isin(["yes", "paused"])
    status = rows["exemption"].mask(granted & ~lawful, "none").mask(granted & lawful, "yes").mask(paused, "paused")
    return _by_state(
        rows.assign(exemption=status),
        states,
        {"sales_tax_pct": "sales_tax_pct", "exemption": "exemption", "equipment_taxed": "equipment_taxed"},
    )


def property_tax_pct(tables: Tables, states: Sequence[str], county_fips: Sequence[str]) -> pd.DataFrame:
    """state, county_fips, pct, basis, source: yearly property tax on equipment, % of its depreciated value, in order.

    basis: not_levied (0 %: the state does not tax equipment), county (the county's own effective rate), state_median,
    or blank (NaN: no published rate).
    """
    asked = pd.DataFrame({"state": list(states), "county_fips": list(county_fips)}, dtype="str")
    counties = tables.county_property_taxes
    counties = counties[counties["county_fips"] != ""].set_index("county_fips")
    own = asked["county_fips"].map(counties["eff_rate_pct"])
    state = tables.state_taxes.set_index("state")
    median = asked["state"].map(state["property_tax_median_pct"])
    free = (asked["state"].map(state["equipment_taxed"]) == "no").to_numpy(dtype=bool)
    choices = [free, own.notna().to_numpy(dtype=bool), median.notna().to_numpy(dtype=bool)]
    state_source = asked["state"].map(state["source"]).fillna("").to_numpy(dtype=object)
    county_source = asked["county_fips"].map(counties["source"]).fillna("").to_numpy(dtype=object)
    return asked.assign(
        pct=np.select(choices, [np.zeros(len(asked)), own.to_numpy(float), median.to_numpy(float)], np.nan),
        basis=np.select(choices, ["not_levied", "county", "state_median"], "blank"),
        source=np.select(choices, [state_source, county_source, state_source], ""),
    )


def _by_state(rows: pd.DataFrame, states: Sequence[str], columns: dict[str, str]) -> pd.DataFrame:
    """Columns of `rows` (one a state), renamed, for each state asked; an unknown state has blanks."""
    wanted = rows.set_index("state")[[*columns, "date", "source"]].rename(columns=columns)
    found = wanted.reindex(list(states))
    found[["date", "source"]] = found[["date", "source"]].fillna("")
    return found.rename_axis("state").reset_index()


def picked(
    table: str, row: str, rows: pd.DataFrame, low: str, value: str, high: str, includes: tuple[str, ...] = ()
) -> Picked:
    """The last of `rows` as a Picked; blanks when there is none."""
    if rows.empty:
        nan = float("nan")
        return Picked(
            value=nan, low=nan, high=nan, table=table, row=row, date="", source="", confidence="", includes=includes
        )
    found = rows.iloc[-1]
    return Picked(
        value=float(found[value]),
        low=float(found[low]),
        high=float(found[high]),
        table=table,
        row=row,
        date=str(found["date"]),
        source=str(found["source"]),
        confidence=str(found["confidence"]),
        includes=includes,
    )
