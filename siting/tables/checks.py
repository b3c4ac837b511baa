"""What a sane table looks like: rules over whole columns that return faults, and the list of them for the catalogue.

A rule takes a frame, the file's name for the message, and a column; it raises nothing, so that all faults are seen at
once. Rows are counted as an editor counts them: the header is row 1.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from siting.errors import Fault
from siting.study.states import STATES
from siting.tables.catalog import PARTS
from siting.tables.energy import ONSITE_KINDS
from siting.tables.read import NAMES, Tables, sha256

US_LAT = (18.0, 72.0)
US_LON = (-180.0, -64.0)
"""A box around the 50 states: enough to see swapped coordinates and a lost minus sign."""
FIRST_ROW = 2
SHOWN = 5
"""Rows named of one rule on one column; the rest are counted."""


def same_id(text: str) -> str:
    """The form in which two ids are the same: stripped, NFC, casefolded."""
    return unicodedata.normalize("NFC", str(text).strip()).casefold()


def faults_at(
    frame: pd.DataFrame, bad: np.ndarray | pd.Series, file: str, column: str, expected: str, shown: int | None = None
) -> list[Fault]:
    """One fault a bad row, with its value; with `shown`, the first so many and a count of the rest."""
    at = np.flatnonzero(np.asarray(bad, dtype=bool))
    named = at if shown is None else at[:shown]
    faults = [
        Fault(file=file, key=f"row {i + FIRST_ROW}, {column}", value=_cell(frame[column].iloc[i]), expected=expected)
        for i in named
    ]
    if len(named) < len(at):
        more = f"{len(at) - len(named)} more rows"
        faults.append(Fault(file=file, key=column, value=more, expected=expected))
    return faults


def positive(frame: pd.DataFrame, file: str, column: str, *, blank: bool = True) -> list[Fault]:
    """Numbers above 0; `blank` says whether a cell may be blank."""
    values = _numbers(frame, column)
    bad = ~(values > 0) & ~(blank & values.isna())
    return faults_at(frame, bad, file, column, "a number above 0", SHOWN)


def not_negative(frame: pd.DataFrame, file: str, column: str, *, blank: bool = True) -> list[Fault]:
    """Numbers of 0 or more; `blank` says whether a cell may be blank."""
    values = _numbers(frame, column)
    bad = ~(values >= 0) & ~(blank & values.isna())
    return faults_at(frame, bad, file, column, "a number of 0 or more", SHOWN)


def not_blank(frame: pd.DataFrame, file: str, column: str) -> list[Fault]:
    """Every cell filled."""
    cells = frame[column]
    return faults_at(frame, cells.isna() | (cells.astype("str").str.strip() == ""), file, column, "a value", SHOWN)


def unique_ids(frame: pd.DataFrame, file: str, *columns: str) -> list[Fault]:
    """No two rows with the same id (over all of `columns`) after strip, NFC and casefold; the later one is named."""
    ids = frame[columns[0]].astype("str").map(same_id)
    for column in columns[1:]:
        ids = ids + "\x1f" + frame[column].astype("str").map(same_id)
    first = {key: i for i, key in reversed(list(enumerate(ids)))}
    return [
        Fault(
            file=file,
            key=f"row {i + FIRST_ROW}, {', '.join(columns)}",
            value=", ".join(_cell(frame[column].iloc[i]) for column in columns),
            expected=f"an id of its own (row {first[key] + FIRST_ROW} is the same after strip, NFC and casefold)",
        )
        for i, key in enumerate(ids)
        if first[key] != i
    ]


def places(frame: pd.DataFrame, file: str, *, in_us: bool = True) -> list[Fault]:
    """lat and lon both there and in range, or both blank; says so when they look swapped or lack a minus sign."""
    lat, lon = _numbers(frame, "lat"), _numbers(frame, "lon")
    faults = []
    for i, (y, x) in enumerate(zip(lat, lon, strict=True)):
        if pd.isna(y) and pd.isna(x):
            continue
        if (in_us and _in_us(y, x)) or (not in_us and abs(y) <= 90 and abs(x) <= 180):
            continue
        if pd.isna(y) or pd.isna(x):
            hint = "both, or neither"
        elif _in_us(x, y) or (not in_us and abs(y) > 90 >= abs(x)):
            hint = "latitude and longitude in degrees: they look swapped"
        elif _in_us(y, -x):
            hint = "a negative longitude: west is negative"
        elif in_us:
            hint = f"a place in the US: lat {US_LAT[0]:g} to {US_LAT[1]:g}, lon {US_LON[0]:g} to {US_LON[1]:g}"
        else:
            hint = "latitude within 90 and longitude within 180 degrees"
        faults.append(Fault(file=file, key=f"row {i + FIRST_ROW}, lat, lon", value=f"{y:g}, {x:g}", expected=hint))
    return faults


def known_states(frame: pd.DataFrame, file: str, column: str = "state", also: Iterable[str] = ("",)) -> list[Fault]:
    """Two-letter states (50 and DC), or what `also` admits."""
    bad = ~frame[column].astype("str").isin([*STATES, *also])
    return faults_at(frame, bad, file, column, "a two-letter US state", SHOWN)


def days(frame: pd.DataFrame, file: str, column: str) -> list[Fault]:
    """ISO days, or blank."""
    bad = [text != "" and not _is_day(text) for text in frame[column].astype("str")]
    return faults_at(frame, np.array(bad, dtype=bool), file, column, "an ISO day such as 2024-05-27", SHOWN)


def listed(frame: pd.DataFrame, file: str, column: str, known: Iterable[str]) -> list[Fault]:
    """Every part of a `;` list is one of `known`; blank is allowed."""
    names = set(known)
    bad = [not set(filter(None, text.split(";"))) <= names for text in frame[column].astype("str")]
    expected = f"parts out of {', '.join(sorted(names))}"
    return faults_at(frame, np.array(bad, dtype=bool), file, column, expected, SHOWN)


def low_mid_high(frame: pd.DataFrame, file: str, low: str, mid: str, high: str) -> list[Fault]:
    """low <= mid <= high where given, and a filled mid says how it was derived (`mid_basis`)."""
    a, b, c = (_numbers(frame, column) for column in (low, mid, high))
    faults = faults_at(frame, (a > b) | (b > c) | (a > c), file, mid, f"{low} <= {mid} <= {high}", SHOWN)
    unsaid = b.notna() & (frame["mid_basis"].astype("str") == "")
    return faults + faults_at(frame, unsaid, file, "mid_basis", f"how {mid} was derived", SHOWN)


def check_tables(tables: Tables) -> list[Fault]:
    """Hashes against `sources.csv`, and sanity of every catalogue table. An empty list: all is well."""
    faults = check_hashes(tables)
    for name in NAMES:
        frame, file = getattr(tables, name), _file(name)
        if frame.empty:
            faults.append(Fault(file=file, key="rows", value="none", expected="at least one row"))
        for column in ("source", "confidence"):
            if column in frame.columns:
                faults += not_blank(frame, file, column)
        for column in [c for c in frame.columns if c.startswith("date") and c != "date_stated"]:
            faults += days(frame, file, column)
        for column in [c for c in frame.columns if c.startswith(POSITIVE)]:
            faults += (not_negative if (name, column) in MAY_BE_ZERO else positive)(frame, file, column)
        if "state" in frame.columns:
            faults += known_states(frame, file, also=("US",) if name in WHOLE_COUNTRY else ())
        if "lat" in frame.columns:
            faults += places(frame, file, in_us=name not in ("construction", "lease_offers"))
        if name in IDS:
            faults += unique_ids(frame, file, *IDS[name])
    return faults + _check_columns(tables)


POSITIVE = (
    "usd_", "musd_", "it_kw", "population", "pod_", "weeks_", "ms_per_km", "co2_", "eff_rate", "life_years", "unit_mw",
    "capex_usd_", "heat_rate_", "lead_months_", "multiplier",
)  # fmt: skip
"""Columns that start so hold numbers above 0, or blanks."""
MAY_BE_ZERO = {("onsite_units", "co2_kg_per_mmbtu")}
"""Columns of that list which hold a true 0: what burns nothing emits nothing."""
WHOLE_COUNTRY = ("co2_rates", "gas_prices")
"""Tables with a row for the United States beside the states."""
IDS = {
    "regions": ("region",),
    "county_temperature": ("county_fips",),
    "pue_classes": ("cooling",),
    "accelerators": ("accelerator",),
    "lease_offers": ("offer",),
    "construction": ("market",),
    "connection_costs": ("item", "condition"),
    "power_prices": ("state", "year"),
    "co2_rates": ("state", "year"),
    "residual_values": ("curve", "age_years"),
    "state_taxes": ("state",),
    "county_property_taxes": ("state", "county"),
    "gas_prices": ("state", "date"),
    "onsite_units": ("unit",),
    "onsite_location": ("kind", "state"),
    "federal_tax": ("item", "condition", "year"),
    "state_income_taxes": ("state",),
    "finance_terms": ("item", "condition"),
    "power_contracts": ("item", "place", "condition"),
    "carbon_water": ("item", "market", "condition"),
    "lease_price_trend": ("accelerator_class", "series", "date"),
    "rtt_intercontinental": ("network", "statistic", "region_a", "region_b"),
    "sources": ("file",),
    "grid_substations": ("sub_id",),
}


def check_hashes(tables: Tables) -> list[Fault]:
    """Every file that `sources.csv` lists is there with its sha256, and every table read is listed."""
    faults = []
    sources = tables.sources
    for name, stated in zip(sources["file"], sources["sha256"], strict=True):
        path = tables.data_dir / str(name)
        if not path.is_file():
            faults.append(Fault(file=str(name), key="file", value="missing", expected="a file of data/"))
        elif (found := tables.hashes.get(str(name)) or sha256(path)) != stated:
            expected = f"sha256 {stated[:12]}... (sources.csv); refresh it when the change is meant"
            faults.append(Fault(file=str(name), key="sha256", value=f"{found[:12]}...", expected=expected))
    unlisted = set(tables.hashes) - set(sources["file"]) - {"sources.csv"}
    return faults + [
        Fault(file="sources.csv", key="file", value=f"no row for {name}", expected="a row a file")
        for name in sorted(unlisted)
    ]


def _check_columns(tables: Tables) -> list[Fault]:
    """What only one table knows."""
    prices, rents, building = tables.accelerator_prices, tables.colocation_rents, tables.construction
    kw, shell = "usd_per_kw_month", "usd_per_sqft_year"
    units, capex = tables.onsite_units, "capex_usd_per_kw"
    lead = units.drop(columns="mid_basis").rename(columns={"lead_mid_basis": "mid_basis"})
    return [
        *listed(prices, "accelerator_prices.csv", "includes", PARTS),
        *low_mid_high(prices, "accelerator_prices.csv", "usd_low", "usd_mid", "usd_high"),
        *low_mid_high(rents, "colocation_rents.csv", f"{kw}_low", f"{kw}_mid", f"{kw}_high"),
        *low_mid_high(rents, "colocation_rents.csv", f"{shell}_low", f"{shell}_mid", f"{shell}_high"),
        *low_mid_high(building, "construction.csv", *(f"musd_per_it_mw_{level}" for level in ("low", "mid", "high"))),
        *low_mid_high(tables.connection_costs, "connection_costs.csv", "low", "mid", "high"),
        *low_mid_high(tables.finance_terms, "finance_terms.csv", "low", "mid", "high"),
        *low_mid_high(tables.power_contracts, "power_contracts.csv", "low", "mid", "high"),
        *not_negative(tables.carbon_water, "carbon_water.csv", "value"),
        *positive(tables.rtt_intercontinental, "rtt_intercontinental.csv", "rtt_ms", blank=False),
        *low_mid_high(units, "onsite_units.csv", f"{capex}_low", capex, f"{capex}_high"),
        *low_mid_high(lead, "onsite_units.csv", "lead_months_low", "lead_months_mid", "lead_months_high"),
        *listed(units, "onsite_units.csv", "kind", ONSITE_KINDS),
        *listed(tables.onsite_location, "onsite_location.csv", "kind", ONSITE_KINDS),
        *listed(tables.state_taxes, "state_taxes.csv", "exemption", ("yes", "none", "paused", "unknown")),
        *listed(tables.state_taxes, "state_taxes.csv", "equipment_taxed", ("yes", "no", "unknown")),
        *not_negative(tables.state_taxes, "state_taxes.csv", "sales_tax_pct", blank=False),
        *[
            fault
            for column in ("placed_from", "placed_to", "acquired_from", "acquired_to")
            for fault in days(tables.federal_tax, "federal_tax.csv", column)
        ],
        *not_negative(tables.federal_tax, "federal_tax.csv", "value"),
        *not_negative(tables.state_income_taxes, "state_income_taxes.csv", "corp_rate_pct"),
        *not_negative(tables.lease_offers, "lease_offers.csv", "term_months"),
    ]


def _file(name: str) -> str:
    return f"{name}.parquet" if name.startswith("grid_") else f"{name}.csv"


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    return pd.to_numeric(frame[column], errors="coerce").astype("float64")


def _cell(value: object) -> str:
    return "a blank" if value is None or value is pd.NA or value != value or value == "" else repr(value)


def _in_us(lat: float, lon: float) -> bool:
    return US_LAT[0] <= lat <= US_LAT[1] and US_LON[0] <= lon <= US_LON[1]


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
