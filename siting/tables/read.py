"""The shipped tables, read once: one frame a file of `data/`, nothing derived, blanks left blank.

Dates stay ISO text (`2024-05-01`), which sorts and compares as days do. A period that the source states as a month
counts from its first day, as a quarter or a year from its last (what was only known as "2026" was not known before
it ended), as a range from the first day of the range; `date_stated` keeps the source's own words.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, InputError
from siting.places import shipped

SUBSTATIONS = "grid_substations.parquet"
_TEXT = """
accelerator accelerator_class acquired_from acquired_to available available_stated basis city columns_with_units
company condition confidence continent_b cooling county county_fips curve date date_first date_last date_stated
equipment_taxed excludes exempt_from exempt_until exemption file fit includes interconnect item kind known_faults
label lead_mid_basis licence market market_slug mid_basis name network note notes offer paused_from paused_until place
placed_from placed_to provider reference region region_a region_b released series sha256 size source state statistic
tenure term threshold unit vendor version what years_from
"""
TEXT = frozenset(_TEXT.split())
"""Columns of text in any catalogue table. Blank text is "", a blank number NaN."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """One frame a table; the columns, with units, are listed in `sources`. Frames are shared: copy before changing."""

    data_dir: Path
    hashes: dict[str, str]
    """sha256 of every file that was read, by file name."""
    regions: pd.DataFrame
    county_temperature: pd.DataFrame
    pue_classes: pd.DataFrame
    rtt_fit: pd.DataFrame
    accelerators: pd.DataFrame
    accelerator_prices: pd.DataFrame
    accelerator_lead_times: pd.DataFrame
    lease_offers: pd.DataFrame
    colocation_rents: pd.DataFrame
    construction: pd.DataFrame
    connection_costs: pd.DataFrame
    power_prices: pd.DataFrame
    co2_rates: pd.DataFrame
    residual_values: pd.DataFrame
    state_taxes: pd.DataFrame
    county_property_taxes: pd.DataFrame
    useful_life: pd.DataFrame
    gas_prices: pd.DataFrame
    onsite_units: pd.DataFrame
    onsite_location: pd.DataFrame
    federal_tax: pd.DataFrame
    state_income_taxes: pd.DataFrame
    finance_terms: pd.DataFrame
    power_contracts: pd.DataFrame
    carbon_water: pd.DataFrame
    lease_price_trend: pd.DataFrame
    rtt_intercontinental: pd.DataFrame
    sources: pd.DataFrame
    grid_substations: pd.DataFrame
    own_buses: pd.DataFrame | None = None
    """The planner's buses in the columns of the substations that a study needs; None without a network of its own."""

    @property
    def stations(self) -> pd.DataFrame:
        """Where a campus may tie to the grid: the planner's buses, else the shipped substations."""
        return self.grid_substations if self.own_buses is None else self.own_buses


NAMES = tuple(f.name for f in fields(Tables) if f.name not in ("data_dir", "hashes", "own_buses"))
"""Names of the tables, in the order of `Tables`."""


@checked
def read_tables(data_dir: str | Path | None = None) -> Tables:
    """Read the catalogue and the substations (the bus and branch tables are read by `siting.grid` when needed).

    data_dir: folder of the tables; None: the shipped ones. Raises InputError that names what is missing.
    """
    folder = shipped("data") if data_dir is None else Path(data_dir)
    paths = {name: folder / (SUBSTATIONS if name == "grid_substations" else f"{name}.csv") for name in NAMES}
    if missing := [path.name for path in paths.values() if not path.is_file()]:
        found = f"no {', '.join(missing)}"
        raise InputError([Fault(file=str(folder), key="data_dir", value=found, expected="a folder of all the tables")])
    frames = {
        name: pd.read_parquet(path) if path.suffix == ".parquet" else read_table(path) for name, path in paths.items()
    }
    return Tables(data_dir=folder, hashes={path.name: sha256(path) for path in paths.values()}, **frames)


def read_table(path: Path) -> pd.DataFrame:
    """One catalogue CSV, UTF-8. Only an empty cell is blank: `NA` is a code like any other."""
    frame = pd.read_csv(
        path,
        encoding="utf-8",
        keep_default_na=False,
        na_values=[""],
        dtype=dict.fromkeys(TEXT, "str"),
        low_memory=False,
    )
    text = [column for column in frame.columns if column in TEXT]
    frame[text] = frame[text].fillna("")
    return frame


def sha256(path: Path) -> str:
    """Hexadecimal digest of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
