"""The plan's tables as a reader sees them: units in the headings, rounded text in the cells, titles in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from siting.items import CASH
from siting.plan import Plan
from siting.report.numbers import BLANK, in_words, number

MOST_ROWS = 400
"""Rows of one table in the page; the plan's folder holds the whole."""

HEADINGS: Mapping[str, tuple[str, int | None]] = {
    "candidate": ("candidate", None),
    "name": ("name", None),
    "lat": ("lat, °", 3),
    "lon": ("lon, °", 3),
    "state": ("state", None),
    "county_fips": ("county FIPS", None),
    "interconnect": ("interconnection", None),
    "tenure": ("tenure", None),
    "open_quarter": ("first halls", None),
    "it_mw": ("critical IT, MW", 1),
    "utility_mw": ("at the meter, MW", 1),
    "final_utility_mw": ("contracted, MW at the meter", 1),
    "pue_mean": ("PUE, mean", 3),
    "pue_peak": ("PUE, peak", 3),
    "usd_per_mwh": ("power at the start, USD/MWh", 1),
    "energization": ("power from", None),
    "grid_checked": ("tied to a substation", None),
    "clusters": ("clusters", None),
    "npv_cost_musd": ("cost, NPV, million USD", 0),
    "cluster": ("cluster", None),
    "host": ("host", None),
    "accelerator": ("accelerator", None),
    "gpus": ("accelerators", 0),
    "by": ("runs from", None),
    "lease": ("lease", None),
    "provider": ("provider", None),
    "quarter": ("quarter", None),
    "term_quarters": ("term, quarters", 0),
    "usd_per_gpu_h": ("USD per GPU-hour", 2),
    "kind": ("kind", None),
    "existing": ("existing", None),
    "installed": ("installed", 0),
    "running": ("running", 0),
    "pods": ("pods", 0),
    "accelerators": ("accelerators", 0),
    "modules": ("modules", 0),
    "shells": ("shells", 0),
    "shell_it_mw": ("in shells, MW IT", 1),
    "fitted_it_mw": ("fitted out, MW IT", 1),
    "standing_it_mw": ("standing, MW IT", 1),
    "running_it_mw": ("running, MW IT", 1),
    "running_utility_mw": ("running at peak, MW at the meter", 1),
    "energized_utility_mw": ("energized, MW at the meter", 1),
    "energy_mwh": ("energy, MWh", 0),
    "co2_t": ("CO₂, t", 0),
    "limit_mw": ("limit, MW", 1),
    "base_mw": ("without the sites, MW", 1),
    "new_mw": ("by the sites, MW", 1),
    "spare_mw": ("left, MW", 1),
    "lp_price_musd_per_mw": ("LP price, million USD per MW", 3),
    "unit": ("unit", None),
    "left": ("left", 0),
    "active": ("standing", 0),
    "firm_mw": ("firm, MW at the meter", 1),
    "generated_mwh": ("generated, MWh", 0),
    "fuel_mmbtu": ("fuel, MMBtu HHV", 0),
    "region": ("region", None),
    "h100e_bf16": ("served, H100e by dense BF16", 0),
    "h100e_8bit": ("served, H100e by dense 8 bit", 0),
    "rtt_ms": ("round trip p95, ms", 1),
    "source": ("served from", None),
    "item": ("item", None),
    "musd": ("million USD, present value", 1),
    "total": ("total", 1),
    "cumulative": ("cumulative", 1),
    "funding_cumulative": ("funding, cumulative", 1),
}
"""Column of a plan table: heading with unit, digits after the point (None: text)."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A table to print: text only. `numeric` names the columns to set flush right."""

    title: str
    frame: pd.DataFrame
    numeric: frozenset[str]
    note: str = ""


def shown(title: str, frame: pd.DataFrame, columns: Mapping[str, tuple[str, int | None]], note: str = "") -> Shown:
    """The columns named, in that order, as text: (heading, digits) by column; those the frame lacks are left out."""
    kept = {name: heading for name, heading in columns.items() if name in frame}
    cells: dict[str, list[str]] = {}
    for name, (heading, digits) in kept.items():
        as_text = in_words if name == "tenure" else _text
        write: Callable[[object], str] = as_text if digits is None else _rounded(digits)
        cells[heading] = [write(value) for value in frame[name].head(MOST_ROWS).tolist()]
    if len(frame) > MOST_ROWS:
        note = f"{note} First {MOST_ROWS} of {len(frame):,} rows; the plan's folder holds all.".strip()
    numeric = frozenset(heading for heading, digits in kept.values() if digits is not None)
    return Shown(title=title, frame=pd.DataFrame(cells), numeric=numeric, note=note)


def plan_tables(plan: Plan) -> list[Shown]:
    """Sites, clusters, leases, deliveries, fleet, power, units on campuses, service, cash, credits; no empty ones."""
    tables = plan.tables
    found: list[Shown] = []

    def add(title: str, name: str, columns: str, note: str = "", frame: pd.DataFrame | None = None) -> None:
        rows = tables.get(name) if frame is None else frame
        if rows is not None and len(rows):
            found.append(shown(title, rows, {c: HEADINGS[c] for c in columns.split()}, note))

    add(
        "Sites",
        "sites",
        "candidate name state county_fips interconnect lat lon tenure open_quarter energization it_mw utility_mw "
        "final_utility_mw pue_mean pue_peak usd_per_mwh grid_checked clusters npv_cost_musd",
        "Power from: the planner's date where the file has one, else the time-to-power assumption; for colocation the "
        "hand-over.",
    )
    add(
        "Clusters",
        "clusters",
        "cluster host tenure accelerator gpus it_mw utility_mw by",
        "MW of a lease: the provider's.",
    )
    add("Leases", "leases", "lease provider accelerator quarter gpus term_quarters usd_per_gpu_h kind existing cluster")
    by = "it_mw" if "shells" in tables else "modules it_mw"
    add("Halls going live", "modules", f"candidate quarter {by}")
    add(
        "Shells and what of them is fitted out",
        "shells",
        "candidate quarter shells shell_it_mw fitted_it_mw",
        "Standing in the quarter.",
    )
    add("Deliveries", "deliveries", "candidate accelerator quarter pods accelerators")
    add("Fleet", "fleet", "candidate accelerator quarter installed running")
    add(
        "Power by quarter",
        "power",
        "candidate quarter standing_it_mw running_it_mw running_utility_mw energized_utility_mw energy_mwh co2_t",
        "Energized: by the grid. CO₂ of the energy that comes from the grid.",
    )
    add(
        "Units on the campus by quarter",
        "onsite",
        "candidate unit quarter installed left active firm_mw generated_mwh fuel_mmbtu co2_t",
        "Installed and left since the start. Firm beside the grid, without the units held in reserve.",
    )
    add(
        "Lines and spare generation that sites share",
        "grid_limits",
        "name kind limit_mw base_mw new_mw spare_mw lp_price_musd_per_mw",
        "In the direction that was overloaded, in the quarter in which the sites add most. After an outage only sites "
        "count that move the line by the study's least factor or more of their MW. LP price: by how much the cost "
        "falls for 1 MW more, in the relaxation without whole numbers; a whole module can save more or nothing.",
    )
    if "service" in tables and len(tables["service"]):
        last = tables["service"]["quarter"].max()
        rows = tables["service"][tables["service"]["quarter"] == last]
        counted = next(column for column in ("h100e_bf16", "h100e_8bit") if column in rows)
        add(f"Inference served in {last}", "service", f"source region {counted} rtt_ms", "The last quarter.", rows)
    if "cash" in tables:
        found.append(_cash(tables["cash"]))
    if "credits" in tables:
        credit = tables["credits"][tables["credits"]["musd"] != 0]
        credit = credit.assign(item=credit["item"].astype("str").str.replace("_", " "))
        add("Credits taken off the cost", "", "item musd", "Value at the horizon; never a source of funding.", credit)
    if len(after := tables.get("after_horizon", pd.DataFrame())):
        yearly = (
            after.assign(year=after["quarter"].str[:4]).drop(columns="quarter").groupby("year", as_index=False).sum()
        )
        named = {"rent": "hall rent", "lease": "leases", "existing_lease": "existing leases"}
        due = {name: (named.get(name, name.replace("_", " ")), 1) for name in CASH if name in after}
        columns: dict[str, tuple[str, int | None]] = {"year": ("year", None), **due}
        if yearly.drop(columns="year").to_numpy().sum() > 0:
            found.append(shown("Payments due after the horizon, million USD", yearly, columns))
    found += [_as_named(name, frame) for name, frame in tables.items() if name not in SHOWN and len(frame)]
    return found


SHOWN = (
    *("sites", "clusters", "leases", "modules", "shells", "deliveries", "fleet", "power", "service"),
    *("cash", "credits", "after_horizon", "candidates", "regions"),
)
"""Tables with headings of their own, and the two that only the plan's folder holds."""


def _as_named(name: str, frame: pd.DataFrame) -> Shown:
    """A table of a part that not every study uses: its columns name their units."""
    words = {column: str(column).replace("_", " ") for column in frame}
    digits = {column: 1 if pd.api.types.is_float_dtype(frame[column]) else None for column in frame}
    title = name.replace("_", " ")
    return shown(title[:1].upper() + title[1:], frame, {c: (words[c], digits[c]) for c in frame})


def _cash(cash: pd.DataFrame) -> Shown:
    """Items never paid are left out."""
    paid = [name for name in CASH if name in cash and cash[name].abs().sum() > 0]
    columns = {"quarter": ("quarter", None), **{name: (name.replace("_", " "), 1) for name in paid}}
    columns |= {name: HEADINGS[name] for name in ("total", "cumulative", "funding_cumulative")}
    return shown("Cash by quarter, million USD", cash, columns, "Undiscounted, in the quarter in which it is paid.")


def _text(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return BLANK
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _rounded(digits: int) -> Callable[[object], str]:
    return lambda value: number(value, digits)
