"""Demand regions, and who reaches them inside the round trip target."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly.campus import campus_ids
from siting.assembly.places import study_file
from siting.errors import Fault, InputError, raise_if_any
from siting.geo.distance import geodesic_km
from siting.geo.latency import NEAR_KM, rtt_by_measured_ms, rtt_p95_ms
from siting.problem import BoolArray, FloatArray
from siting.study import Study
from siting.study.places import Inference
from siting.tables.planner_files import read_rtt_table
from siting.tables.read import Tables


@dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """J regions. Round trips in ms, inf where no arc exists."""

    regions: pd.DataFrame
    """region, lat, lon, population, share."""
    h100e: FloatArray
    """(J, T) peak H100e by the study's basis."""
    rtt_ms: FloatArray
    """(I, J)."""
    lease_rtt_ms: FloatArray
    """(L, J)."""
    reach: BoolArray
    lease_reach: BoolArray


def demand_of(study: Study, tables: Tables, candidates: pd.DataFrame, leases: pd.DataFrame) -> Demand:
    """Regions and arcs. Arcs stand for the candidates that are not excluded, in their order.

    Raises InputError for a region that nobody reaches: its name, the nearest candidate, its RTT.
    """
    usable = candidates[candidates["excluded_by"] == ""]
    ask = study.inference
    if ask is None:
        empty = pd.DataFrame({"region": [], "lat": [], "lon": [], "population": [], "share": []})
        none = np.zeros((len(usable), 0)), np.zeros((len(leases), 0))
        return Demand(
            regions=empty,
            h100e=np.zeros((0, study.quarters)),
            rtt_ms=none[0],
            lease_rtt_ms=none[1],
            reach=none[0].astype(bool),
            lease_reach=none[1].astype(bool),
        )
    regions = tables.regions.head(ask.regions).reset_index(drop=True)
    regions = regions[["region", "lat", "lon", "population"]].copy()
    regions["share"] = regions["population"] / regions["population"].sum()
    peak, metros = regions["share"].to_numpy() * ask.peak_h100e, len(regions)
    if ask.intercontinental:
        whole = regions.astype({"population": float})
        regions = pd.concat([whole, _other_continents(study, ask, tables)], ignore_index=True)
    peak = np.concatenate([peak, [entry.peak_h100e for entry in ask.intercontinental]])
    target = np.full(len(regions), ask.rtt_target_ms)
    target[metros:] = [entry.rtt_target_ms for entry in ask.intercontinental]
    rtt = _all_rtt_ms(ask, tables, usable, regions, metros)
    if ask.rtt_table is not None:
        rtt = _own_rtt(study, ask.rtt_table, candidates, regions, rtt)
        at = {name: n for n, name in enumerate(usable["candidate"])}
        rtt = rtt[[at[campus] for campus in campus_ids(usable)]]  # halls of both classes are where the campus is
    lease_rtt = _all_rtt_ms(ask, tables, leases, regions, metros)
    reach, lease_reach = rtt <= target + 1e-9, lease_rtt <= target + 1e-9
    h100e = peak[:, None] * _level(study, ask, regions["region"].tolist())
    _refuse_unreachable(study, regions[h100e.any(axis=1)], usable, rtt, target, reach, lease_reach)
    return Demand(
        regions=regions,
        h100e=h100e,
        rtt_ms=rtt,
        lease_rtt_ms=lease_rtt,
        reach=reach,
        lease_reach=lease_reach,
    )


def _level(study: Study, ask: Inference, regions: list[str]) -> FloatArray:
    """(J, T) demand over that of the first quarter of service. Raises InputError for growth of an unknown region."""
    raise_if_any(
        [
            Fault(
                file=study_file(study),
                key=f"inference.growth_by_region.{name}",
                value=repr(name),
                expected=f"one of the demand regions; the nearest are {', '.join(_alike(name, regions))}",
            )
            for name in ask.growth_by_region
            if name not in regions
        ]
    )
    since = np.arange(study.quarters) - (ask.first_quarter - study.start)
    change = np.array([ask.growth_by_region.get(name, ask.growth) for name in regions])[:, None]
    return np.where(since >= 0, (1.0 + change) ** (np.maximum(since, 0) / 4.0), 0.0)


def _alike(name: str, regions: list[str]) -> list[str]:
    return difflib.get_close_matches(name, regions, n=3, cutoff=0.0)


def _measured(tables: Tables) -> pd.DataFrame:
    """Measured pairs whose statistic is that of the targets."""
    pairs = tables.rtt_intercontinental
    return pairs[pairs["statistic"] == "p95"]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; the nearest is {near[0]!r}" if near else ""


def _other_continents(study: Study, ask: Inference, tables: Tables) -> pd.DataFrame:
    """Regions beyond North America by name and place. Raises InputError for a name without measured pairs."""
    ends = _measured(tables).drop_duplicates("region_b").set_index("region_b")
    known = ", ".join(sorted(ends.index))
    faults = [
        Fault(
            file=study_file(study),
            key=f"inference.intercontinental[{n}].region",
            value=repr(entry.region),
            expected=f"a region with measured pairs: {known}{_nearest(entry.region, ends.index)}",
        )
        for n, entry in enumerate(ask.intercontinental)
        if entry.region not in ends.index
    ]
    if faults:
        raise InputError(faults)
    names = [entry.region for entry in ask.intercontinental]
    return pd.DataFrame(
        {
            "region": np.array(names, dtype=object),
            "lat": ends.loc[names, "lat_b"].to_numpy(float),
            "lon": ends.loc[names, "lon_b"].to_numpy(float),
        }
    ).assign(population=np.nan, share=np.nan)


def _all_rtt_ms(
    ask: Inference, tables: Tables, sources: pd.DataFrame, regions: pd.DataFrame, metros: int
) -> FloatArray:
    """(N, J) round trips: to metros by the fitted line, to other continents by measured pairs."""
    lat, lon, pairs = sources["lat"].astype(float), sources["lon"].astype(float), _measured(tables)
    rtt = [_rtt_ms(ask, lat, lon, regions.iloc[:metros])]
    for name in regions["region"].iloc[metros:]:
        ends = pairs[pairs["region_b"] == name]
        km = geodesic_km(lat, lon, ends["lat_a"], ends["lon_a"])
        far = rtt_by_measured_ms(km, ends["rtt_ms"], basis=ask.rtt_basis, access_adder_ms=ask.access_adder_ms)
        rtt.append(far[:, None])
    return np.hstack(rtt)


def _rtt_ms(ask: Inference, lat: pd.Series, lon: pd.Series, regions: pd.DataFrame) -> FloatArray:
    """(N, J) by the fitted line; inf for a source without a place."""
    placed = (lat.notna() & lon.notna()).to_numpy()
    rtt = np.full((len(lat), len(regions)), np.inf)
    if placed.any():
        km = geodesic_km(
            lat[placed].to_numpy(float),
            lon[placed].to_numpy(float),
            regions["lat"].to_numpy(float),
            regions["lon"].to_numpy(float),
        )
        rtt[placed] = rtt_p95_ms(km, basis=ask.rtt_basis, access_adder_ms=ask.access_adder_ms)
    return rtt


def _own_rtt(study: Study, path: str, candidates: pd.DataFrame, regions: pd.DataFrame, rtt: FloatArray) -> FloatArray:
    """The planner's pairs win over the line. Names that match nothing are faults; excluded candidates are none."""
    table = read_rtt_table(study.folder / path)
    row = table["candidate"].map({name: n for n, name in enumerate(candidates["candidate"])})
    column = table["region"].map({name: n for n, name in enumerate(regions["region"])})
    unknown = table[row.isna() | column.isna()]
    if len(unknown):
        raise InputError(
            [
                Fault(
                    file=path,
                    key=f"row {int(index) + 2}",
                    value=f"{pair.candidate} - {pair.region}",
                    expected="a candidate and one of the study's regions",
                )
                for index, pair in unknown.head(20).iterrows()
            ]
        )
    used = (candidates["excluded_by"] == "").to_numpy()
    wide: FloatArray = np.full((len(candidates), len(regions)), np.inf)
    wide[used] = rtt
    wide[row.to_numpy(int), column.to_numpy(int)] = table["rtt_ms"].to_numpy(float)
    return np.asarray(wide[used])


def _refuse_unreachable(
    study: Study,
    asked: pd.DataFrame,
    usable: pd.DataFrame,
    rtt: FloatArray,
    target: FloatArray,
    reach: BoolArray,
    lease_reach: BoolArray,
) -> None:
    """Regions of `asked` (its index counts columns) that no candidate and no lease reaches."""
    ask, faults = study.inference, []
    assert ask is not None
    reached = np.asarray(np.vstack([reach, lease_reach]).any(axis=0), dtype=bool)
    for j in (row for row in asked.index if not reached[row]):
        nearest = int(np.argmin(rtt[:, j])) if len(rtt) else -1
        best = f"{usable['candidate'].iloc[nearest]} at {rtt[nearest, j]:.1f} ms" if nearest >= 0 else "no candidate"
        if nearest >= 0 and not np.isfinite(rtt[nearest, j]):
            best = f"none: no place lies within {NEAR_KM:g} km of the end of a measured pair"
        faults.append(
            Fault(
                file=study_file(study),
                key=f"inference.rtt_target_ms, region {asked['region'].loc[j]}",
                value=f"{target[j]:g} ms ({ask.rtt_basis}); the nearest candidate is {best}",
                expected="a target that at least one candidate or placed lease meets",
            )
        )
    if faults:
        raise InputError(faults)
