"""Who asks for how much inference where, and how far it is, read a second time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.geo.distance import geodesic_km
from siting.geo.latency import rtt_p95_ms
from siting.study import Study
from siting.tables.planner_files import read_rtt_table
from siting.tables.read import Tables
from siting.verification.cash import Offer
from siting.verification.places import Places


@dataclass(frozen=True, kw_only=True)
class Region:
    """One demand region. `first_peak_h100e`: its demand in the first quarter of service."""

    name: str
    lat: float
    lon: float
    population: float
    first_peak_h100e: float
    target_ms: float
    ends: tuple[tuple[float, float, float], ...] | None = None
    """Of a region on another continent: latitude, longitude and ms of every measured pair's end on this one."""


def regions_of(study: Study, tables: Tables) -> dict[str, Region]:
    """Demand regions by name; none where the study asks for no inference."""
    ask = study.inference
    if ask is None:
        return {}
    largest = tables.regions.sort_values("population", ascending=False, kind="stable").head(ask.regions)
    everyone = float(largest["population"].sum())
    found = {
        str(row.region): Region(
            name=str(row.region),
            lat=float(row.lat),
            lon=float(row.lon),
            population=float(row.population),
            first_peak_h100e=ask.peak_h100e * float(row.population) / everyone,
            target_ms=ask.rtt_target_ms,
        )
        for row in largest.itertuples()
    }
    for entry in ask.intercontinental:
        pairs = [
            row
            for row in tables.rtt_intercontinental.itertuples()
            if row.region_b == entry.region and row.statistic == "p95"
        ]
        found[entry.region] = Region(
            name=entry.region,
            lat=float(pairs[0].lat_b) if pairs else np.nan,
            lon=float(pairs[0].lon_b) if pairs else np.nan,
            population=np.nan,
            first_peak_h100e=entry.peak_h100e,
            target_ms=entry.rtt_target_ms,
            ends=tuple((float(row.lat_a), float(row.lon_a), float(row.rtt_ms)) for row in pairs),
        )
    return found


def asked_h100e(study: Study, region: Region, quarter: int) -> float:
    """Demand of a region in a quarter, counted from the study's start."""
    ask = study.inference
    if ask is None or quarter + study.start < ask.first_quarter:
        return 0.0
    change = ask.growth_by_region.get(region.name, ask.growth)
    return region.first_peak_h100e * float((1.0 + change) ** ((quarter + study.start - ask.first_quarter) / 4.0))


class RoundTrips:
    """Round trips from campuses and leases to regions, ms."""

    def __init__(self, study: Study, tables: Tables, places: Places, offers: dict[str, Offer]) -> None:
        self._ask, self._places, self._offers = study.inference, places, offers
        self._regions = regions_of(study, tables)
        self._own: dict[tuple[str, str], float] = {}
        if self._ask is not None and self._ask.rtt_table is not None:
            table = read_rtt_table(study.folder / self._ask.rtt_table)
            self._own = {(str(row.candidate), str(row.region)): float(row.rtt_ms) for row in table.itertuples()}

    def ms(self, source: str, region: str) -> float | None:
        """p95 from a campus or a lease to a region; None when either end has no place."""
        place, offer = self._places.get(source), self._offers.get(source)
        lat, lon = (place.lat, place.lon) if place else (offer.lat, offer.lon) if offer else (np.nan, np.nan)
        if self._ask is None or region not in self._regions or np.isnan(lat):
            return None
        named = place.campus or source if place else source
        if (named, region) in self._own:
            return self._own[named, region]
        town = self._regions[region]
        if town.ends is not None:
            return self._across_sea(lat, lon, town.ends)
        km = geodesic_km([lat], [lon], [town.lat], [town.lon])
        return float(rtt_p95_ms(km, basis=self._ask.rtt_basis, access_adder_ms=self._ask.access_adder_ms)[0, 0])

    def _across_sea(self, lat: float, lon: float, ends: tuple[tuple[float, float, float], ...]) -> float:
        """The pair of the nearest end, when that is within 300 km, and 0.0182 ms for every km to it."""
        assert self._ask is not None
        ways = [(float(geodesic_km([lat], [lon], [end[0]], [end[1]])[0, 0]), end[2]) for end in ends]
        km, pair_ms = min(ways, default=(np.inf, np.inf))
        last_mile = self._ask.access_adder_ms if self._ask.rtt_basis == "user" else 0.0
        return pair_ms + 0.0182 * km + last_mile if km <= 300.0 else float("inf")
