"""Geodesics: the pairs a reader can look up, shape, and what bad input does."""

from __future__ import annotations

import time

import numpy as np
import pytest

from siting.geo.distance import geodesic_km


def test_dallas_to_memphis_is_676_8_km() -> None:
    """32.78 N 96.80 W to 35.15 N 90.05 W: 676.8 km on the ellipsoid."""
    assert geodesic_km([32.78], [-96.80], [35.15], [-90.05])[0, 0] == pytest.approx(676.8, abs=0.1)


def test_one_degree_of_longitude_on_the_equator() -> None:
    """Semi-major axis 6378.137 km x pi / 180 = 111.3195 km."""
    assert geodesic_km([0.0], [0.0], [0.0], [1.0])[0, 0] == pytest.approx(111.3195, abs=1e-4)


def test_every_first_against_every_second_across_the_date_line() -> None:
    """Rows are the first points, columns the second; 179 E to 179 W is 2 degrees, not 358."""
    km = geodesic_km([0.0, 10.0], [179.0, 20.0], [0.0, 10.0, 0.0], [-179.0, 20.0, 179.0])
    assert km.shape == (2, 3)
    assert km[0] == pytest.approx([222.639, km[0, 1], 0.0], abs=1e-3)
    assert km[1, 1] == 0.0


def test_blank_stays_blank_and_swapped_is_refused() -> None:
    """A missing coordinate gives NaN in its row alone; a latitude of -96.8 cannot be one."""
    km = geodesic_km([np.nan, 0.0], [0.0, 0.0], [0.0], [0.0])
    assert np.isnan(km[0, 0]) and km[1, 0] == 0.0
    with pytest.raises(ValueError, match="latitudes within 90"):
        geodesic_km([-96.80], [32.78], [35.15], [-90.05])


def test_all_candidates_against_twenty_regions_is_quick() -> None:
    """38,000 x 20 pairs take about 1 s; 6 s is allowed for a loaded machine."""
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(25, 49, 38_000), rng.uniform(-124, -67, 38_000)
    began = time.perf_counter()
    assert geodesic_km(lat, lon, lat[:20], lon[:20]).shape == (38_000, 20)
    assert time.perf_counter() - began < 6.0
