"""The planner's own files: candidates (CSV, GeoJSON, other vector files), layers, round trips. All faults at once."""

from __future__ import annotations

import difflib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd

from siting.errors import Fault, InputError, raise_if_any
from siting.study.states import STATES
from siting.study.tenures import TENURES
from siting.tables.cells import decimal_mark, is_blank_word, number, read_cells, read_text
from siting.tables.checks import FIRST_ROW, places, same_id
from siting.units import parse_quarter

NUMBERS = ("lat", "lon", "utility_mw", "it_mw", "usd_per_mwh", "rent_usd_per_kw_month", "bus_id")
TEXTS = ("candidate", "name", "state", "tenure", "energization", "market", "ramp", "place")
COLUMNS = (
    "candidate", "name", "lat", "lon", "state", "tenure", "utility_mw", "it_mw",
    "usd_per_mwh", "energization", "rent_usd_per_kw_month", "market", "bus_id", "ramp", "place",
)  # fmt: skip
REQUIRED = ("candidate", "lat", "lon", "tenure")
GEOJSON = (".geojson", ".json")
FOLDERS = (".gdb", ".shp")
"""Vector data that may stand in a folder."""
_UNIT_WORDS = re.compile(r"(^|_)(mw|kw|gw|power|capacity|usd|price|rent|cost|rtt|ms)(_|$)")
_WGS84 = re.compile(r"(CRS:?:?84|EPSG:?:?4326|WGS ?84)$", re.IGNORECASE)

_STEP = re.compile(r"(\d{1,3})\s*:\s*(\d+(?:\.\d+)?)")

Row = tuple[int, dict[str, str]]
"""Number of the row (or feature) and its cells by column."""


def read_candidates(path: Path) -> pd.DataFrame:
    """Candidates of a planner's file: COLUMNS, a row each, power in MW, prices in USD; blank numbers NaN, texts "".

    The index is the number of the row in the file, or of the feature. `utility_mw` is power at the meter, `it_mw` at
    the racks: exactly one a row, since neither stands for the other.
    CSV (UTF-8), GeoJSON (WGS 84 by RFC 7946) or another vector file of points with its CRS.
    Raises InputError with every fault of the file.
    """
    faults: list[Fault] = []
    semicolons = False
    if path.suffix.lower() in (".csv", ".txt"):
        cells = read_cells(path)
        faults += cells.faults
        semicolons = cells.semicolons
        header = list(cells.header)
        rows: list[Row] = [
            (at, dict(zip(cells.header, row, strict=True)))
            for at, row in zip(cells.row_numbers, cells.rows, strict=True)
        ]
    else:
        rows = _features(path, faults)
        header = list(dict.fromkeys(column for _, row in rows for column in row))
    faults += _columns(path.name, header)
    texts = [row[column] for _, row in rows for column in NUMBERS if row.get(column)]
    mark = decimal_mark(texts, semicolons=semicolons)
    frame = pd.DataFrame({column: _values(path.name, rows, column, mark, faults) for column in COLUMNS})
    if "name" not in header:
        frame["name"] = frame["candidate"]
    faults += _candidate_faults(path.name, frame, [at for at, _ in rows], header, frozenset(f.key for f in faults))
    raise_if_any(faults)
    return frame.set_axis([at for at, _ in rows], axis="index")


def ramp_steps(text: str) -> list[tuple[int, float]]:
    """`0:8;2:50;5:150` as (quarters after energization, MW at the meter), rising in quarters; empty for a blank.

    Raises ValueError that says what was expected.
    """
    steps: list[tuple[int, float]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _STEP.fullmatch(part)
        if found is None:
            raise ValueError('steps "quarters after energization:MW at the meter" such as 0:8;2:50;5:150')
        steps.append((int(found[1]), float(found[2])))
    quarters = [quarter for quarter, _ in steps]
    if quarters != sorted(set(quarters)):
        raise ValueError("steps in rising order of quarters after energization")
    if any(after < before for (_, before), (_, after) in pairwise(steps)):
        raise ValueError("MW that never fall: power that flows stays")
    return steps


def read_rtt_table(path: Path) -> pd.DataFrame:
    """The planner's own round trips: candidate, region, rtt_ms. Raises InputError, also for a pair given twice."""
    cells = read_cells(path)
    faults = list(cells.faults)
    wanted = ("candidate", "region", "rtt_ms")
    for column in wanted:
        if column not in cells.header:
            faults.append(Fault(file=path.name, key="header", value=f"no {column}", expected=", ".join(wanted)))
    raise_if_any(faults)
    rows: list[Row] = [
        (at, dict(zip(cells.header, row, strict=True))) for at, row in zip(cells.row_numbers, cells.rows, strict=True)
    ]
    mark = decimal_mark([row["rtt_ms"] for _, row in rows], semicolons=cells.semicolons)
    frame = pd.DataFrame(
        {
            "candidate": _values(path.name, rows, "candidate", mark, faults),
            "region": _values(path.name, rows, "region", mark, faults),
            "rtt_ms": _values(path.name, rows, "rtt_ms", mark, faults, numeric=True),
        }
    )
    seen: dict[tuple[str, str], int] = {}
    for (at, row), rtt in zip(rows, frame["rtt_ms"], strict=True):
        pair = (same_id(row["candidate"]), same_id(row["region"]))
        faults += [
            Fault(file=path.name, key=f"row {at}, {column}", value="a blank", expected="a value")
            for column in wanted
            if not row[column]
        ]
        if not np.isnan(rtt) and rtt <= 0:
            faults.append(Fault(file=path.name, key=f"row {at}, rtt_ms", value=f"{rtt:g}", expected="above 0 ms"))
        if pair in seen:
            value = f"{row['candidate']}, {row['region']}"
            expected = f"every pair once (row {seen[pair]} has it)"
            faults.append(Fault(file=path.name, key=f"row {at}, candidate, region", value=value, expected=expected))
        seen.setdefault(pair, at)
    raise_if_any(faults)
    return frame


def read_layer(path: Path) -> geopandas.GeoDataFrame:
    """A vector file in EPSG:4326, geometries made valid, empty ones dropped. Any CRS, but it must be stated.

    Raises InputError: missing or unreadable file, no CRS, no geometry.
    """
    if not path.exists():
        raise InputError([Fault(file=path.name, key="file", value="missing", expected=f"a vector file at {path}")])
    if path.is_dir() and path.suffix.lower() not in FOLDERS:
        raise InputError([Fault(file=path.name, key="file", value="a folder", expected="a vector file")])
    try:
        frame = geopandas.read_parquet(path) if path.suffix.lower() == ".parquet" else geopandas.read_file(path)
    except Exception as error:  # every driver has exceptions of its own; all mean the same to the planner
        value = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError([Fault(file=path.name, key="file", value=value, expected="a vector file")]) from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise InputError([Fault(file=path.name, key="geometry", value="none", expected="a vector file with geometry")])
    # GDAL takes WGS 84 for a GeoJSON whose `crs` member it cannot read: that is a guess, not a statement
    guessed = frame.crs == "EPSG:4326" and path.suffix.lower() in GEOJSON and not _is_wgs84(_json(path))
    if frame.crs is None or guessed:
        expected = "a coordinate reference system stated in the file (.prj, GeoPackage, GeoJSON in WGS 84)"
        raise InputError(
            [Fault(file=path.name, key="crs", value="unreadable" if guessed else "missing", expected=expected)]
        )
    shapes = frame.geometry
    frame = frame[~(shapes.isna() | shapes.is_empty)].to_crs("EPSG:4326")
    if frame.empty:
        raise InputError([Fault(file=path.name, key="geometry", value="none", expected="at least one geometry")])
    return frame.set_geometry(frame.geometry.make_valid()).reset_index(drop=True)


def _columns(file: str, header: list[str]) -> list[Fault]:
    """Missing columns, MW of no kind, and names that look like a misspelt or unit-bearing column."""
    faults = [
        Fault(file=file, key="header", value=f"no {column}", expected=f"columns {', '.join(COLUMNS)}")
        for column in ("candidate", "lat", "lon")
        if column not in header
    ]
    if "utility_mw" not in header and "it_mw" not in header:
        expected = "utility_mw (power at the meter) or it_mw (critical IT)"
        faults.append(Fault(file=file, key="header", value="neither utility_mw nor it_mw", expected=expected))
    for column in header:
        near = difflib.get_close_matches(column, COLUMNS, n=1, cutoff=0.8)
        if column in COLUMNS or not (near or _UNIT_WORDS.search(column)):
            continue
        if re.search(r"(^|_)(mw|kw|gw|power|capacity)(_|$)", column) and "usd" not in column:
            expected = "utility_mw or it_mw: MW must say at the meter or at the racks"
        else:
            expected = f"{near[0]}?" if near else f"one of {', '.join(COLUMNS)}"
        faults.append(Fault(file=file, key="header", value=repr(column), expected=expected))
    return faults


def _values(
    file: str, rows: list[Row], column: str, mark: str, faults: list[Fault], numeric: bool | None = None
) -> np.ndarray:
    """The column's values, faults appended: floats with NaN, or texts with ""."""
    as_number = column in NUMBERS if numeric is None else numeric
    values: list[Any] = []
    for at, row in rows:
        text = row.get(column, "")
        value: Any = float("nan") if as_number else ""
        if is_blank_word(text) and column != "name":
            expected = "an empty cell where nothing is known" if column not in REQUIRED else "a value"
            faults.append(Fault(file=file, key=f"row {at}, {column}", value=repr(text), expected=expected))
        elif text and as_number:
            try:
                value = number(text, mark)
            except ValueError as error:
                faults.append(Fault(file=file, key=f"row {at}, {column}", value=repr(text), expected=str(error)))
        elif text:
            value = text
        values.append(value)
    return np.array(values, dtype=np.float64 if as_number else object)


def _candidate_faults(
    file: str, frame: pd.DataFrame, row_at: list[int], header: list[str], unread: frozenset[str]
) -> list[Fault]:
    """Rules of a candidate, row by row; sets the default tenure when the column is absent.

    unread: keys of cells that were reported when they were read; nothing more is said of them.
    """
    if "tenure" not in header:
        frame["tenure"] = "own"
    faults: list[Fault] = []

    def fault(i: int, column: str, value: object, expected: str) -> None:
        if any(f"row {row_at[i]}, {part}" in unread for part in column.split(", ")):
            return
        text = "a blank" if value == "" or value != value else f"{value:g}" if isinstance(value, float) else repr(value)
        faults.append(Fault(file=file, key=f"row {row_at[i]}, {column}", value=text, expected=expected))

    first: dict[str, int] = {}
    for i, row in enumerate(frame.to_dict("records")):
        key = same_id(row["candidate"])
        if not key:
            fault(i, "candidate", "", "an id")
        elif key in first:
            same = f"an id of its own (row {row_at[first[key]]} is the same after strip, NFC and casefold)"
            fault(i, "candidate", row["candidate"], same)
        first.setdefault(key, i)
        if row["tenure"] not in TENURES:
            fault(i, "tenure", row["tenure"], " or ".join([", ".join(TENURES[:-1]), TENURES[-1]]))
        if row["state"] and row["state"] not in STATES:
            fault(i, "state", row["state"], "a two-letter US state")
        power = [row["utility_mw"], row["it_mw"]]
        if sum(not np.isnan(mw) for mw in power) != 1:
            fault(i, "utility_mw, it_mw", "both" if not np.isnan(power).any() else "", "exactly one of the two")
        for column in ("utility_mw", "it_mw", "rent_usd_per_kw_month"):
            if row[column] <= 0:
                fault(i, column, row[column], "a number above 0")
        if row["usd_per_mwh"] < 0:
            fault(i, "usd_per_mwh", row["usd_per_mwh"], "a number of 0 or more")
        if not np.isnan(row["bus_id"]) and row["bus_id"] % 1:
            fault(i, "bus_id", row["bus_id"], "a whole number")
        if row["energization"]:
            try:
                parse_quarter(row["energization"])
            except ValueError as error:
                fault(i, "energization", row["energization"], str(error).removeprefix("expected ").split(", found")[0])
        try:
            if ramp_steps(row["ramp"]) and row["tenure"] == "colocation":
                fault(i, "ramp", row["ramp"], "no ramp: a colocation hall has its power when it is handed over")
        except ValueError as error:
            fault(i, "ramp", row["ramp"], str(error))
        if np.isnan(row["lat"]) and np.isnan(row["lon"]):
            fault(i, "lat, lon", "", "latitude and longitude in degrees")
    at_index = {f"row {i + FIRST_ROW}, lat, lon": i for i in range(len(row_at))}
    for found in places(frame, file):
        fault(at_index[found.key], "lat, lon", found.value, found.expected)
    return faults


def _features(path: Path, faults: list[Fault]) -> list[Row]:
    """Properties of a vector file's points as text cells, with lat and lon from the geometry."""
    parsed = _json(path) if path.suffix.lower() in GEOJSON else None
    if parsed is None or not _is_wgs84(parsed):
        parsed = json.loads(read_layer(path).to_json(), parse_constant=str)
    features = parsed.get("features") if isinstance(parsed, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError([Fault(file=path.name, key="features", value="none", expected="a collection of points")])
    rows: list[Row] = []
    for at, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") or {}
        place = geometry.get("coordinates") or []
        if geometry.get("type") != "Point" or len(place) < 2:
            value = str(geometry.get("type"))
            faults.append(Fault(file=path.name, key=f"row {at}, geometry", value=value, expected="a point"))
            place = ["", ""]
        row = {str(k).strip().casefold(): _text(v) for k, v in (feature.get("properties") or {}).items()}
        for column, value in zip(("lon", "lat"), place[:2], strict=True):
            stated = row.get(column, "")
            if stated and stated != _text(value):
                expected = f"no {column} among the properties: the point says {_text(value)}"
                faults.append(Fault(file=path.name, key=f"row {at}, {column}", value=stated, expected=expected))
            row[column] = _text(value)
        rows.append((at, row))
    return rows


def _json(path: Path) -> Any:
    """Parsed JSON; NaN and Infinity, which are no JSON, become words that are refused as blanks."""
    try:
        return json.loads(read_text(path), parse_constant=str)
    except json.JSONDecodeError as error:
        value = f"{error.msg} at line {error.lineno}"
        raise InputError([Fault(file=path.name, key="file", value=value, expected="JSON")]) from error


def _is_wgs84(parsed: Any) -> bool:
    """GeoJSON is WGS 84 (RFC 7946, section 4), unless a member `crs` of the older draft says something else."""
    if not isinstance(parsed, dict) or "crs" not in parsed:
        return True
    member = parsed["crs"]
    name = str((member.get("properties") or {}).get("name", "")) if isinstance(member, dict) else ""
    return bool(_WGS84.search(name))


def _text(value: object) -> str:
    """A JSON value as a cell; a number keeps every digit."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()
