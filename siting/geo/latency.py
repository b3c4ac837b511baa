"""Network round trip from distance, inside North America only.

RTT p95 = 0.0182 ms/km x km + 8.1 ms: least squares over 64 pairs of Azure regions in North America, R2 0.915, 275 to
4,240 km (`data/rtt_fit.csv`, first row). It speaks of routes between cloud backbones; users on public hosting exceed
its 90 % bound (+6.6 ms) on 26 % of 2,842 pairs, hence the two bases. The line is never extrapolated: between
continents, and across sea to Alaska, Hawaii or Puerto Rico, measured pairs are due (`rtt_by_measured_ms`), and the
caller refuses.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

MS_PER_KM = 0.0182
INTERCEPT_MS = 8.1
P90_ADDER_MS = 6.6
"""Nine in ten measured pairs lie below the line plus this."""
KM_MIN = 275.0
KM_MAX = 4240.0
ACROSS_SEA = frozenset({"AK", "HI", "PR"})
"""States that the fitted pairs do not reach over land."""


def rtt_p95_ms(
    km: ArrayLike, basis: Literal["backbone", "user"] = "backbone", access_adder_ms: float = 10.0
) -> NDArray[np.float64]:
    """Round trip p95 in ms, of the shape of `km` (km, geodesic).

    Below 275 km the value at 275 km (13.1 ms): nearer pairs were not measured, and a tighter target needs the
    planner's own table. Above 4,240 km infinite: never admissible. basis "user" adds `access_adder_ms` for the last
    mile. NaN stays NaN. Raises ValueError for another basis or a negative distance.
    """
    distance = np.asarray(km, dtype=np.float64)
    if (distance < 0).any():
        raise ValueError("expected distances of 0 km or more")
    if basis not in ("backbone", "user"):
        raise ValueError(f'expected the basis "backbone" or "user", found {basis!r}')
    adder = access_adder_ms if basis == "user" else 0.0
    rtt = MS_PER_KM * np.maximum(distance, KM_MIN) + INTERCEPT_MS + adder
    return np.where(distance > KM_MAX, np.inf, rtt)


NEAR_KM = 300.0
"""So near the end of a measured pair a place may take the pair's round trip, plus the way to that end."""


def rtt_by_measured_ms(
    km: ArrayLike,
    measured_ms: ArrayLike,
    basis: Literal["backbone", "user"] = "backbone",
    access_adder_ms: float = 10.0,
) -> NDArray[np.float64]:
    """(N,) round trip in ms by the nearest end of measured pairs; km (N, A) to the ends, measured_ms (A,) of the pairs.

    measured + 0.0182 ms/km x km to the end; infinite beyond 300 km from every end or without a place.
    """
    distance, pair = np.asarray(km, dtype=np.float64), np.asarray(measured_ms, dtype=np.float64)
    adder = access_adder_ms if basis == "user" else 0.0
    if not len(pair):
        return np.full(len(distance), np.inf)
    nearest = np.nan_to_num(distance, nan=np.inf).argmin(axis=1)
    way = distance[np.arange(len(distance)), nearest]
    return np.where(way <= NEAR_KM, pair[nearest] + MS_PER_KM * way + adder, np.inf)
