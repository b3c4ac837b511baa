"""State and county of a point, by polygon.

Polygons: npm us-atlas 3.0.1 `counties-10m.json` (ISC; US Census cartographic boundaries of 2017). Faults in it, handled
here: 22 counties are invalid (`make_valid`), Falls Church (51610) has no geometry, Connecticut still has its eight old
counties (so a place is joined by polygon, never by a FIPS code of another vintage). Territories are not part of "the
US" here: there is no grid, price or tax row for them, and a guess from the nearest state would be worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike
from pyproj import Geod, Transformer

COUNTIES = "us_counties.topo.json"
COAST_KM = 2.0
"""A point this far off the polygons is still given the nearest county: the coast is rounded at 1:10,000,000."""

STATE_OF_FIPS = {
    "01": "AL", "02": "AK", "04": "AZ", "05": "AR", "06": "CA", "08": "CO", "09": "CT", "10": "DE", "11": "DC",
    "12": "FL", "13": "GA", "15": "HI", "16": "ID", "17": "IL", "18": "IN", "19": "IA", "20": "KS", "21": "KY",
    "22": "LA", "23": "ME", "24": "MD", "25": "MA", "26": "MI", "27": "MN", "28": "MS", "29": "MO", "30": "MT",
    "31": "NE", "32": "NV", "33": "NH", "34": "NJ", "35": "NM", "36": "NY", "37": "NC", "38": "ND", "39": "OH",
    "40": "OK", "41": "OR", "42": "PA", "44": "RI", "45": "SC", "46": "SD", "47": "TN", "48": "TX", "49": "UT",
    "50": "VT", "51": "VA", "53": "WA", "54": "WV", "55": "WI", "56": "WY",
}  # fmt: skip
"""The 50 states and DC, by the first two digits of a county's FIPS code (FIPS 5-2)."""

_GEOD = Geod(ellps="WGS84")


def locate(lat: ArrayLike, lon: ArrayLike, data_dir: Path, *, coast_km: float = COAST_KM) -> pd.DataFrame:
    """State, county_fips (text), county and km_outside_us of each point; a row a point, in order.

    lat, lon: degrees WGS 84, (P,). A point off the polygons by no more than `coast_km` gets the nearest county; one
    farther off, or in a territory, has missing names and its distance to the nearest county.
    Raises ValueError for a coordinate that is missing or out of range, FileNotFoundError without the county file.
    """
    lat_deg, lon_deg = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (lat, lon))
    if not ((np.abs(lat_deg) <= 90) & (np.abs(lon_deg) <= 180)).all():
        raise ValueError("latitudes within 90 and longitudes within 180 degrees are due, none missing")
    counties = _counties(data_dir / COUNTIES)
    at = np.full(len(lat_deg), -1)
    km = np.zeros(len(lat_deg))
    points = shapely.points(lon_deg, lat_deg)
    point, county = shapely.STRtree(counties.shape_deg).query(points, predicate="intersects")
    at[point[::-1]] = county[::-1]  # on a border the county listed first
    outside = np.flatnonzero(at < 0)
    if len(outside):
        nearest, km[outside] = _nearest(counties, points[outside])
        at[outside] = np.where(km[outside] <= coast_km, nearest, -1)
    found = counties.names.reindex(at).reset_index(drop=True)
    return found.assign(km_outside_us=km)


def county_names(data_dir: Path) -> pd.DataFrame:
    """state, county_fips and county of every county that is drawn. Raises FileNotFoundError without the file."""
    return _counties(data_dir / COUNTIES).names.copy()


@dataclass(frozen=True, eq=False)
class _Counties:
    names: pd.DataFrame
    shape_deg: np.ndarray
    shape_m: np.ndarray
    """In EPSG:5070, metres."""


@lru_cache(maxsize=4)
def _counties(path: Path) -> _Counties:
    if not path.is_file():
        raise FileNotFoundError(f"no county polygons at {path}")
    frame = geopandas.read_file(path, layer="counties", engine="pyogrio").set_crs("EPSG:4326", allow_override=True)
    state = frame["id"].str[:2].map(STATE_OF_FIPS)
    shape = np.asarray(frame.geometry.array)
    drawn = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    kept = frame[state.notna() & drawn].sort_values("id").reset_index(drop=True)
    shapes = kept.geometry.make_valid()
    names = pd.DataFrame(
        {
            "state": kept["id"].str[:2].map(STATE_OF_FIPS).astype("str"),
            "county_fips": kept["id"].astype("str"),
            "county": kept["name"].astype("str"),
        }
    )
    return _Counties(names, np.asarray(shapes.array), np.asarray(shapes.to_crs("EPSG:5070").array))


def _nearest(counties: _Counties, points_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest county, found on an equal-area map, and the geodesic distance to it in km."""
    to_map = Transformer.from_crs("EPSG:4326", "EPSG:5070", always_xy=True)
    lon, lat = shapely.get_x(points_deg), shapely.get_y(points_deg)
    points = shapely.points(*to_map.transform(lon, lat))
    county = shapely.STRtree(counties.shape_m).nearest(points)
    ends = shapely.get_coordinates(shapely.shortest_line(points, counties.shape_m[county]))[1::2]
    end_lon, end_lat = to_map.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
    _, _, metres = _GEOD.inv(lon, lat, end_lon, end_lat)
    return np.asarray(county), np.asarray(metres) / 1000.0
