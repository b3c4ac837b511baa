"""Each rule of a sane table finds what it is for, and the shipped tables pass them all."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.tables.checks import (
    check_tables,
    days,
    known_states,
    listed,
    low_mid_high,
    not_blank,
    not_negative,
    places,
    positive,
    same_id,
    unique_ids,
)
from siting.tables.read import Tables, read_tables

NAN = float("nan")


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


def test_shipped_tables_have_no_fault(tables: Tables) -> None:
    """Hashes, ids, places, states, numbers: an empty list."""
    assert [str(fault) for fault in check_tables(tables)] == []


def test_positive_and_not_negative_name_the_row_as_an_editor_counts_it() -> None:
    """Rows 3 and 4 (0 and -1) are not above 0; only row 4 is below 0; a blank passes unless it must be filled."""
    frame = pd.DataFrame({"x": [1.0, 0.0, -1.0, NAN]})
    assert [f.key for f in positive(frame, "f.csv", "x")] == ["row 3, x", "row 4, x"]
    assert [f.key for f in not_negative(frame, "f.csv", "x")] == ["row 4, x"]
    assert [f.key for f in positive(frame, "f.csv", "x", blank=False)] == ["row 3, x", "row 4, x", "row 5, x"]
    assert positive(frame, "f.csv", "x", blank=False)[-1].value == "a blank"


def test_many_bad_rows_are_counted_not_listed() -> None:
    """Nine bad rows: five named, the other four in one line."""
    faults = positive(pd.DataFrame({"x": [-1.0] * 9}), "f.csv", "x")
    assert len(faults) == 6
    assert faults[-1].value == "4 more rows"


def test_not_blank() -> None:
    """Spaces are a blank."""
    assert [f.key for f in not_blank(pd.DataFrame({"x": ["a", " ", ""]}), "f.csv", "x")] == ["row 3, x", "row 4, x"]


def test_ids_are_the_same_after_strip_nfc_and_casefold() -> None:
    """`Zürich` composed and decomposed, `STRASSE` and `straße`, trailing space: each is the earlier id again."""
    assert same_id(" Zu\u0308rich ") == same_id("Z\u00fcrich") == same_id("Z\u00dcRICH")
    frame = pd.DataFrame({"id": ["Z\u00fcrich", "a", "Zu\u0308rich", "A ", "stra\u00dfe", "STRASSE"]})
    faults = unique_ids(frame, "f.csv", "id")
    assert [f.key for f in faults] == ["row 4, id", "row 5, id", "row 7, id"]
    assert "row 2" in faults[0].expected


def test_ids_over_two_columns() -> None:
    """The same item under another condition is another row."""
    frame = pd.DataFrame({"item": ["line", "line", "LINE"], "condition": ["69 kV", "138 kV", "69 kV"]})
    assert [f.key for f in unique_ids(frame, "f.csv", "item", "condition")] == ["row 4, item, condition"]


@pytest.mark.parametrize(
    ("lat", "lon", "hint"),
    [
        (-96.8, 32.8, "swapped"),
        (32.8, 96.8, "west is negative"),
        (NAN, -96.8, "both, or neither"),
        (48.1, 11.6, "a place in the US"),
        (95.0, -96.8, "a place in the US"),
    ],
)
def test_places_say_what_looks_wrong(lat: float, lon: float, hint: str) -> None:
    """Swapped, a lost minus sign, half a place, another continent, no latitude at all."""
    (fault,) = places(pd.DataFrame({"lat": [32.8, lat], "lon": [-96.8, lon]}), "f.csv")
    assert fault.key == "row 3, lat, lon"
    assert hint in fault.expected


def test_places_may_be_blank_or_abroad_where_that_is_meant() -> None:
    """Blank on both sides passes; Frankfurt passes with in_us=False."""
    assert places(pd.DataFrame({"lat": [NAN], "lon": [NAN]}), "f.csv") == []
    assert places(pd.DataFrame({"lat": [50.11], "lon": [8.68]}), "f.csv", in_us=False) == []
    (fault,) = places(pd.DataFrame({"lat": [139.7], "lon": [35.7]}), "f.csv", in_us=False)
    assert "swapped" in fault.expected


def test_states_days_and_lists() -> None:
    """Texas in full, a day that is none, a part nobody sells."""
    frame = pd.DataFrame({"state": ["TX", "Texas"], "date": ["2024-02-29", "2023-02-29"], "includes": ["a;b", "a;c"]})
    assert [f.value for f in known_states(frame, "f.csv")] == ["'Texas'"]
    assert [f.value for f in days(frame, "f.csv", "date")] == ["'2023-02-29'"]
    assert [f.value for f in listed(frame, "f.csv", "includes", ["a", "b"])] == ["'a;c'"]


def test_a_range_is_ordered_and_its_middle_explained() -> None:
    """2 > 1 is no range; a middle without a stated derivation is invented."""
    frame = pd.DataFrame({"low": [1, 2, 1], "mid": [2, NAN, 2], "high": [3, 1, 3], "mid_basis": ["mean", "", ""]})
    faults = low_mid_high(frame, "f.csv", "low", "mid", "high")
    assert [f.key for f in faults] == ["row 3, mid", "row 4, mid_basis"]


def test_an_edited_table_no_longer_has_its_hash(tmp_path: Path, tables: Tables) -> None:
    """One digit changed in power_prices.csv: one fault, which names the file."""
    for path in tables.data_dir.iterdir():
        if path.suffix in (".csv", ".parquet", ".json"):
            shutil.copy(path, tmp_path)
    edited = tmp_path / "power_prices.csv"
    edited.write_text(edited.read_text(encoding="utf-8").replace("66.0", "67.0", 1), encoding="utf-8")
    (fault,) = check_tables(read_tables(tmp_path))
    assert (fault.file, fault.key) == ("power_prices.csv", "sha256")


def test_a_lost_and_an_unlisted_file_are_named(tmp_path: Path, tables: Tables) -> None:
    """A row of sources.csv without its file; a table that was read without a row."""
    sources = tables.sources.copy()
    sources.loc[sources["file"] == "regions.csv", "file"] = "gone.csv"
    faults = check_tables(dataclasses.replace(tables, sources=sources))
    assert [(f.file, f.value) for f in faults] == [("gone.csv", "missing"), ("sources.csv", "no row for regions.csv")]


def test_a_sick_table_is_seen_by_the_whole_check(tables: Tables) -> None:
    """Duplicate region, negative price, unknown state, blank source: four faults in one list."""
    regions = tables.regions.copy()
    regions.loc[1, "region"] = "new york ny "
    prices = tables.power_prices.copy()
    prices.loc[0, "usd_per_mwh_industrial"] = -1.0
    prices.loc[1, "state"] = "XX"
    prices.loc[2, "source"] = ""
    found = check_tables(dataclasses.replace(tables, regions=regions, power_prices=prices))
    assert {f.key for f in found} == {"row 3, region", "row 2, usd_per_mwh_industrial", "row 3, state", "row 4, source"}
    assert np.all([f.file in ("regions.csv", "power_prices.csv") for f in found])
