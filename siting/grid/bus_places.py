"""Where the buses of a planner's network stand, and how much they host: one CSV file, a row a bus.

    bus_id, lat, lon [, name] [, hosting_utility_mw]

With `hosting_utility_mw` for every bus the file stands alone: a plain table of what the grid owner says each bus takes,
without a network and therefore without a check of several sites together.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError, raise_if_any

REQUIRED = ("bus_id", "lat", "lon")
COLUMNS = (*REQUIRED, "name", "hosting_utility_mw")
FIRST_ROW = 2
"""Row 1 is the header."""


def read_bus_places(
    path: Path, *, hosting_for_all: bool = False, known_bus_id: Iterable[int] | None = None
) -> pd.DataFrame:
    """Places of buses: bus_id (int64), lat, lon (degrees WGS 84), name (""), hosting_utility_mw (NaN where not stated).

    hosting_for_all: no network comes with it, so every bus must state its MW. known_bus_id: buses of the network that
    it comes with; others are faults. Places of buses that are in no file are not asked for: they are no candidates.
    Commas, UTF-8, decimal points. Raises InputError with every fault.
    """
    file = path.name
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
    except (OSError, ValueError) as error:
        expected = f"a CSV file in UTF-8 with columns {', '.join(COLUMNS)}"
        raise InputError([Fault(file=file, key="file", value=str(error), expected=expected)]) from None
    frame.columns = frame.columns.str.strip()
    frame = frame.apply(lambda column: column.str.strip())
    faults = _header_faults(file, list(frame.columns), hosting_for_all)
    raise_if_any(faults)  # cells under a wrong header would only repeat it
    for column in ("name", "hosting_utility_mw"):
        if column not in frame:
            frame[column] = ""
    if not len(frame):
        faults.append(Fault(file=file, key="rows", value="none", expected="a row for each bus"))

    def fault(bad: pd.Series, column: str, expected: str) -> None:
        for row in np.flatnonzero(bad):
            key, value = f"row {row + FIRST_ROW}, {column}", frame[column].iloc[row] or "blank"
            faults.append(Fault(file=file, key=key, value=value, expected=expected))

    whole = frame["bus_id"].str.fullmatch(r"\d{1,18}")
    fault(~whole, "bus_id", "a whole number, the bus of the network")
    fault(whole & frame["bus_id"].where(whole).str.lstrip("0").duplicated(), "bus_id", "each bus once")
    numbers = {column: pd.to_numeric(frame[column], errors="coerce") for column in ("lat", "lon", "hosting_utility_mw")}
    fault(~(numbers["lat"].abs() <= 90), "lat", "degrees from -90 to 90")
    fault(~(numbers["lon"].abs() <= 180), "lon", "degrees from -180 to 180")
    mw, blank = numbers["hosting_utility_mw"], frame["hosting_utility_mw"] == ""
    fault(~(np.isfinite(mw) & (mw >= 0)) & ~blank, "hosting_utility_mw", "MW at the meter, 0 or more")
    if hosting_for_all:
        fault(blank, "hosting_utility_mw", "MW at the meter of every bus, since no network says them")
    bus_id = frame["bus_id"].where(whole, "0").astype("int64")
    if known_bus_id is not None:
        fault(whole & ~bus_id.isin(list(known_bus_id)), "bus_id", "a bus of the network")
    raise_if_any(faults)
    return pd.DataFrame(
        {
            "bus_id": bus_id,
            "lat": numbers["lat"].astype("float64"),
            "lon": numbers["lon"].astype("float64"),
            "name": frame["name"],
            "hosting_utility_mw": mw.astype("float64"),
        }
    )


def _header_faults(file: str, columns: list[str], hosting_for_all: bool) -> list[Fault]:
    """Columns that are missing, unknown or there twice."""
    due = (*REQUIRED, "hosting_utility_mw") if hosting_for_all else REQUIRED
    faults = [
        Fault(file=file, key="columns", value=f"no {column}", expected=", ".join(due))
        for column in due
        if column not in columns
    ]
    for column in columns:
        if column not in COLUMNS:
            near = difflib.get_close_matches(column, COLUMNS, n=1)
            expected = f"{near[0]}" if near else f"one of {', '.join(COLUMNS)}"
            faults.append(Fault(file=file, key="columns", value=column or "blank", expected=expected))
    return faults
