"""Places and layers that cannot be used: each named by file, row and value, all at once, and what emptied the set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_studies import ABILENE, CHICAGO, DALLAS, HEADER, small_study

from siting.assembly import assemble
from siting.assembly.candidates import candidate_frame
from siting.errors import InputError
from siting.tables.read import Tables

STATED = HEADER.replace("candidate,", "candidate,state,")
"""The columns of the small study with the planner's own word for the state."""
LEASE = {
    "name": "rented",
    "accelerator": "H100 SXM 80GB",
    "gpus": 1024,
    "usd_per_gpu_h": "2 USD/GPU/h",
    "term_quarters": 8,
    "deliver_from": "2024-Q4",
    "single_fabric_gpus": 1024,
}


def faults(folder: Path, tables: Tables, text: str = HEADER + ABILENE, **changes: Any) -> list[str]:
    """Every fault of the small study over a file of candidates."""
    study = small_study(folder, **changes)
    (folder / "sites.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        candidate_frame(study, tables)
    return [str(fault) for fault in caught.value.faults]


def square(folder: Path, west: float, south: float, east: float, north: float) -> str:
    """Name of a layer that is one rectangle, degrees WGS 84."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "square.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [shape]}))
    return "square.geojson"


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("18.4,-66.1", "18.4, -66.1"),
        ("21.3,-157.8", "21.3, -157.8 (HI)"),
        ("61.2,-149.9", "61.2, -149.9 (AK)"),
        ("30,-75", "30, -75"),
    ],
    ids=["Puerto Rico", "Hawaii", "Alaska", "at sea"],
)
def test_a_place_without_a_grid_is_refused_by_its_row(tmp_path, tables, place, found):
    """The blank line counts as an editor counts it: the place stands in row 4."""
    text = HEADER + ABILENE + "\n" + f"x,{place},own,20,,60,,,\n"
    assert faults(tmp_path, tables, text) == [
        f"sites.csv: row 4, lat, lon: found {found}; "
        "expected a place in one of the 48 states or DC: there is no grid elsewhere"
    ]


def test_a_state_that_is_not_that_of_the_place_is_refused(tmp_path, tables):
    """Abilene is in Texas, whatever the column says."""
    assert faults(tmp_path, tables, STATED + ABILENE.replace(",", ",WY,", 1)) == [
        "sites.csv: row 2, state: found 'WY'; expected TX, where 32.45, -99.73 lies"
    ]


def test_near_a_state_line_the_planner_is_believed(tmp_path, tables):
    """Texarkana, some hundred metres west of the line to Arkansas: the drawn line is no better than that."""
    study = small_study(tmp_path)
    (tmp_path / "sites.csv").write_text(STATED + "texarkana,AR,33.43,-94.05,own,60,,60,,,\n")
    assert candidate_frame(study, tables)["state"].tolist() == ["AR"]


def test_a_blank_line_moves_no_figure_to_another_place(tmp_path, tables):
    """Three places with and without a blank line between them: the same frame, bus by bus."""
    study = small_study(tmp_path)
    plain = candidate_frame(study, tables)
    (tmp_path / "sites.csv").write_text(HEADER + ABILENE + "\n" + DALLAS + "\n\n" + CHICAGO)
    spaced = candidate_frame(study, tables)
    pd.testing.assert_frame_equal(spaced.drop(columns="file_row"), plain.drop(columns="file_row"))
    assert spaced["file_row"].tolist() == [2, 4, 7]
    assert plain["bus_id"].nunique() == 3


def test_a_rent_that_is_missing_is_named_by_its_row(tmp_path, tables):
    """A colocation hall without rent or market, below a blank line."""
    (only,) = faults(tmp_path, tables, HEADER + "\n" + "hall,32.78,-96.80,colocation,5,,,,,\n")
    assert only.startswith("sites.csv: row 3, rent_usd_per_kw_month: found blank; expected a rent, or a market")


def test_faults_of_study_places_markets_and_layers_come_at_once(tmp_path, tables):
    """One run names the cooling class, the row, the market and the file that is not there."""
    found = faults(
        tmp_path,
        tables,
        HEADER + ABILENE.replace("own", "onw"),
        halls={"cooling": "liquit"},
        candidates={
            "file": {"path": "sites.csv"},
            "colocation": {"markets": ["Dalas"], "available_it_mw": "10 MW", "ready": "2025-Q1"},
        },
        layers=[{"path": "nowhere.gpkg", "rule": "exclude"}],
    )
    assert [fault.split(": found ")[0] for fault in found] == [
        f"{tmp_path / 'study.toml'}: halls.cooling",
        "sites.csv: row 2, tenure",
        f"{tmp_path / 'study.toml'}: candidates.colocation.markets",
        "nowhere.gpkg: file",
    ]


def test_a_folder_is_no_file_of_candidates(tmp_path, tables):
    """Said in one word, not in the driver's."""
    (tmp_path / "places").mkdir()
    assert faults(tmp_path, tables, candidates={"file": {"path": "places"}}) == [
        "places: file: found a folder; expected a vector file"
    ]


def test_the_layer_that_leaves_nothing_is_named(tmp_path, tables):
    """Of two layers the second takes the last three places."""
    path = square(tmp_path, -110, 25, -80, 45)
    layers = [{"path": path, "rule": "require"}, {"path": path, "rule": "exclude"}]
    assert faults(tmp_path, tables, HEADER + ABILENE + DALLAS + CHICAGO, layers=layers) == [
        f"{tmp_path / 'study.toml'}: layers[1]: found no candidate after exclude square.geojson (3 before it); "
        "expected layers that leave at least one candidate"
    ]


def test_places_that_are_all_too_small_are_refused_with_the_reason(tmp_path, tables):
    """1 MW at the meter holds no first phase of 30 MW, and nothing is leased."""
    assert faults(tmp_path, tables, HEADER + ABILENE.replace("150", "1")) == [
        f"{tmp_path / 'study.toml'}: candidates: found no usable candidate of 1: 1 by less MW than a first phase; "
        "expected at least one, or a lease"
    ]


def test_a_lease_may_stand_where_no_place_does(tmp_path, tables):
    """The same places beside an offer that holds the cluster: a study that can be answered."""
    study = small_study(tmp_path, rows=ABILENE.replace("150", "1"), leases={"bilateral": [LEASE]})
    assert len(assemble(study, tables).usable) == 0


def test_a_region_out_of_reach_is_named_with_the_nearest_candidate(tmp_path, tables):
    """13.1 ms is the least that the line gives (275 km): New York is farther than that from Chicago."""
    ask = {
        "peak_h100e_bf16": 100,
        "first_quarter": "2025-Q4",
        "regions": 1,
        "rtt_target_ms": "14 ms",
        "rtt_basis": "backbone",
    }
    with pytest.raises(InputError) as caught:
        assemble(small_study(tmp_path, inference=ask), tables)
    (only,) = caught.value.faults
    assert only.key == "inference.rtt_target_ms, region New York NY"
    assert only.value.startswith("14 ms (backbone); the nearest candidate is chicago at ")


def test_a_blank_power_price_is_refused_where_it_is_used(tmp_path, tables):
    """Casper, Wyoming: the price table is blank there, and blank is not zero."""
    (only,) = faults(tmp_path, tables, HEADER + "casper,42.85,-106.32,own,60,,,,,\n")
    assert only.startswith("power_prices.csv: state WY, industrial: found blank; expected a price")


def test_rows_of_one_place_lie_near_one_another(tmp_path: Path, tables: Tables) -> None:
    """Dallas is some 277 km from Abilene: one of them names the wrong place."""
    header = HEADER.replace("\n", ",place\n")
    text = header + ABILENE.replace("\n", ",yard\n") + DALLAS.replace("\n", ",yard\n")
    (found,) = faults(tmp_path, tables, text)
    assert "row 3, place: found 'yard', 277 km from row 2 of that place; expected rows within 25 km" in found


def test_a_county_that_does_not_exist_is_named(tmp_path: Path, tables: Tables) -> None:
    """48441 is Taylor County, Texas; 48999 is none, and a name is no code. A county without candidates is one."""
    limits = [
        {"name": "good", "expr": "sum(it_mw[county=48441|48453]) <= 50 MW"},
        {"name": "bad", "expr": "sum(it_mw[county=48441]) + sum(it_mw[county=48999|Taylor]) <= 50 MW"},
    ]
    (found,) = faults(tmp_path, tables, limits=limits)
    assert "limits[1].expr: found '48999', 'Taylor'; expected a county by its FIPS code" in found
