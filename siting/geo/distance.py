"""Geodesic distance on WGS 84."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

_WGS84 = Geod(ellps="WGS84")


def geodesic_km(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> NDArray[np.float64]:
    """Distance in km of every first point to every second, (n, m); degrees WGS 84, (n,) and (m,).

    Karney's geodesic by PROJ: exact to nanometres. A missing coordinate gives NaN. Raises ValueError for latitudes
    beyond 90 degrees, which is what swapped latitude and longitude look like.
    """
    first_lat, first_lon, second_lat, second_lon = (
        np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (lat1, lon1, lat2, lon2)
    )
    if (np.abs(first_lat) > 90).any() or (np.abs(second_lat) > 90).any():
        raise ValueError("expected latitudes within 90 degrees")
    shape = (len(first_lat), len(second_lat))
    # contiguous copies: PROJ would otherwise copy each broadcast view by elements
    pairs = [
        np.ascontiguousarray(np.broadcast_to(v, shape)).ravel()
        for v in (first_lon[:, None], first_lat[:, None], second_lon[None, :], second_lat[None, :])
    ]
    _, _, metres = _WGS84.inv(*pairs)
    return np.asarray(metres, dtype=np.float64).reshape(shape) / 1000.0
