"""State and county by polygon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from siting.geo.places import locate
from siting.places import shipped

DATA = shipped("data")


@pytest.mark.parametrize(
    ("lat", "lon", "state", "fips", "county"),
    [
        (32.78, -96.80, "TX", "48113", "Dallas"),
        (34.989, -90.037, "MS", "28033", "DeSoto"),  # a campus with a Memphis address, across the state line
        (35.15, -90.05, "TN", "47157", "Shelby"),
        (41.76, -72.67, "CT", "09003", "Hartford"),  # the old county, by polygon: 09110 would not join
        (38.89, -77.03, "DC", "11001", "District of Columbia"),
        (21.31, -157.86, "HI", "15003", "Honolulu"),
        (38.8823, -77.171, "VA", "51059", "Fairfax"),  # Falls Church has no polygon: its neighbour, not an error
    ],
)
def test_point_in_county(lat, lon, state, fips, county):
    """Places known by hand; FIPS is text with its leading zero."""
    (row,) = locate(lat, lon, DATA).itertuples(index=False)
    assert tuple(row) == (state, fips, county, 0.0)


def test_territories_have_no_state():
    """San Juan PR and Guam: missing, and far away; never the nearest state."""
    found = locate([18.45, 13.44], [-66.07, 144.79], DATA)
    assert found[["state", "county_fips", "county"]].isna().all(axis=None)
    assert found["km_outside_us"].tolist() == pytest.approx([1650, 5017], rel=0.02)


def test_points_just_off_the_coast_get_the_nearest_county():
    """0.34 km off Brooklyn is coast rounding; 4.4 km off Los Angeles is the sea."""
    found = locate([40.5719, 34.0, 33.99], [-74.02, -118.9, -118.83], DATA)
    near = found["km_outside_us"] <= 2
    assert found["state"].notna().tolist() == near.tolist()
    assert found["km_outside_us"][1] == pytest.approx(4.37, abs=0.1)
    assert locate(34.0, -118.9, DATA, coast_km=5.0)["state"].tolist() == ["CA"]


def test_order_is_kept():
    """A row a point, in the order given, those without a county included."""
    found = locate([32.78, 18.45, 41.76], [-96.80, -66.07, -72.67], DATA)
    assert found["state"].fillna("none").tolist() == ["TX", "none", "CT"]
    assert found.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("lat", [np.nan, 91.0, -96.8])
def test_coordinates_out_of_range_are_refused(lat):
    """A missing latitude, and one that is a longitude."""
    with pytest.raises(ValueError, match="within 90"):
        locate(lat, 32.78, DATA)


def test_missing_polygons_are_named(tmp_path: Path):
    """Without the county file the error names it."""
    with pytest.raises(FileNotFoundError, match=r"us_counties\.topo\.json"):
        locate(32.78, -96.8, tmp_path)
