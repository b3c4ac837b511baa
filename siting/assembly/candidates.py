"""Candidates with everything that differs between them: one frame, one row a candidate.

Rows that cannot be used stay in the frame with the reason in `excluded_by`, so that the report can count them.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import STRtree

from siting.assembly.blanks import blank_terms
from siting.assembly.cooling import pue_of, unknown_cooling, with_annexes
from siting.assembly.limits import limit_faults
from siting.assembly.places import (
    PLACE_COLUMNS,
    colocation_places,
    file_places,
    grid_places,
    nothing_left,
    study_file,
)
from siting.assembly.rules import FORBIDDEN, named_faults
from siting.assembly.supply import contract_faults
from siting.assembly.tenures import SMALL_FOR_PHASE, SMALL_FOR_SHELLS, first_modules, first_phase_it_mw
from siting.errors import Fault, InputError, raise_if_any
from siting.geo.distance import geodesic_km
from siting.study import Study
from siting.study.places import Power
from siting.study.tenures import TENURES
from siting.tables import catalog
from siting.tables.checks import same_id
from siting.tables.planner_files import read_layer
from siting.tables.read import Tables

EQUAL_AREA = "EPSG:5070"
"""CONUS Albers, metres: distances to layers."""


def candidate_frame(study: Study, tables: Tables) -> pd.DataFrame:
    """All candidates. Columns: candidate, name, lat, lon, state, county_fips, interconnect, bus_id, tenure,
    final_utility_mw, pue_mean, pue_peak, energization (ordinal), usd_per_mwh (study's start),
    construction_musd_per_it_mw, construction_market (row of the table, "" for the study's own),
    rent_usd_per_kw_month, property_tax (share a year), layer_musd, grid_checked, excluded_by, annex_of, cooling.
    Halls of a second cooling class are rows of their own, below (`with_annexes`).

    Raises InputError: bad planner file, unknown place, blank figure that is needed, filters that leave nothing.
    """
    parts, layers = _read_all(study, tables)
    if not parts and (study.money.own or study.money.colocation):
        raise InputError([nothing_left(study, tables)])
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(PLACE_COLUMNS)
    for column in ("file_row", "own_ramp", "place"):  # only the planner's file has them
        if column not in frame:
            frame[column] = pd.Series(None, index=frame.index, dtype=object)
    frame["excluded_by"] = ""
    _refuse_duplicates(study, frame)
    _exclude(frame, frame["candidate"].isin(study.rules.forbidden), FORBIDDEN)
    _apply_layers(study, layers, frame)
    _cooling(study, tables, frame)
    _final_mw(study, frame)
    for tenure in TENURES:
        if not getattr(study.money, tenure):
            _exclude(frame, frame["tenure"] == tenure, f"money.{tenure} = false")
    counties = set(tables.county_temperature["county_fips"].astype(str))
    faults = [*named_faults(study, frame), *limit_faults(study, frame, counties), *contract_faults(study, frame)]
    faults += [*blank_terms(study, tables, frame)]
    frame["energization"] = _or_blank(faults, lambda: _energization(study, frame))
    frame["usd_per_mwh"] = _or_blank(faults, lambda: _power_price(study, tables, frame))
    frame["property_tax"] = _or_blank(faults, lambda: _property_tax(study, tables, frame))
    raise_if_any(faults)
    frame["construction_musd_per_it_mw"], frame["construction_market"] = construction(study, tables, frame)
    _refuse_nothing_usable(study, frame)
    return with_annexes(study, tables, frame)


def _or_blank(faults: list[Fault], make: Callable[[], pd.Series]) -> pd.Series | float:
    """What `make` makes; a blank when it is refused, so that all blanks of a study are named at once."""
    try:
        return make()
    except InputError as error:
        faults += error.faults
        return math.nan


def _read_all(study: Study, tables: Tables) -> tuple[list[pd.DataFrame], list[gpd.GeoSeries]]:
    """Every source of places that has rows, and the shapes of every layer. One InputError for the faults of all."""
    faults = unknown_cooling(study, tables)
    parts, layers = [], []
    for places_of in (grid_places, file_places, colocation_places):
        try:
            parts.append(places_of(study, tables))
        except InputError as error:
            faults += error.faults
    for layer in study.layers:
        try:
            layers.append(read_layer(study.folder / layer.path).to_crs(EQUAL_AREA).geometry)
        except InputError as error:
            faults += error.faults
    raise_if_any(faults)
    return [part for part in parts if len(part)], layers


def _refuse_nothing_usable(study: Study, frame: pd.DataFrame) -> None:
    """Candidates were read and none can be used, and nothing is leased: say what took them."""
    leases = study.leases
    usable = (frame["excluded_by"] == "").any()
    if usable or frame.empty or leases.existing or leases.bilateral or leases.public is not None:
        return
    value = f"no usable candidate of {len(frame):,}: {left_out(frame)}"
    raise InputError(
        [Fault(file=study_file(study), key="candidates", value=value, expected="at least one, or a lease")]
    )


def left_out(frame: pd.DataFrame) -> str:
    """How many candidates cannot be used, by reason; empty where all can."""
    counts = frame.loc[frame["excluded_by"] != "", "excluded_by"].value_counts()
    return "; ".join(f"{count:,} by {reason}" for reason, count in counts.items())


def _exclude(frame: pd.DataFrame, rows: pd.Series, why: str) -> None:
    frame.loc[rows & (frame["excluded_by"] == ""), "excluded_by"] = why


def _refuse_duplicates(study: Study, frame: pd.DataFrame) -> None:
    folded = frame["candidate"].map(same_id)
    if (again := folded.duplicated()).any():
        ids = ", ".join(sorted(frame.loc[again, "candidate"].unique())[:10])
        raise InputError(
            [Fault(file=study_file(study), key="candidates", value=ids, expected="every candidate id once")]
        )


def _apply_layers(study: Study, layers: list[gpd.GeoSeries], frame: pd.DataFrame) -> None:
    frame["layer_musd"] = 0.0
    if not study.layers:
        return
    points = gpd.GeoSeries(gpd.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326").to_crs(EQUAL_AREA)
    for number, (layer, shapes) in enumerate(zip(study.layers, layers, strict=True)):
        tree = STRtree(shapes.to_numpy())
        hit, _ = tree.query(points.to_numpy(), predicate="dwithin", distance=layer.within_km * 1000.0)
        near = pd.Series(np.isin(np.arange(len(frame)), hit), index=frame.index)
        if layer.rule == "add_cost":
            frame.loc[near, "layer_musd"] += layer.cost_musd or 0.0
            continue
        before = int((frame["excluded_by"] == "").sum())
        _exclude(frame, near if layer.rule == "exclude" else ~near, f"layers[{number}] {layer.rule} {layer.path}")
        if before and (frame["excluded_by"] != "").all():
            value = f"no candidate after {layer.rule} {layer.path} ({before:,} before it)"
            expected = "layers that leave at least one candidate"
            raise InputError([Fault(file=study_file(study), key=f"layers[{number}]", value=value, expected=expected)])


def _cooling(study: Study, tables: Tables, frame: pd.DataFrame) -> None:
    frame["pue_mean"], frame["pue_peak"] = pue_of(tables, study.halls.cooling, frame["county_fips"])
    _exclude(frame, frame["pue_peak"].isna(), "no temperature for its county")


def _final_mw(study: Study, frame: pd.DataFrame) -> None:
    stated = frame["stated_utility_mw"].fillna(frame["stated_it_mw"] * frame["pue_peak"])
    frame["final_utility_mw"] = stated.clip(upper=study.candidates.largest_campus_utility_mw)
    holds_it_mw = frame["final_utility_mw"] / frame["pue_peak"] + 1e-9
    phase_it_mw = first_modules(study, frame["tenure"]) * study.halls.module_it_mw
    _exclude(frame, holds_it_mw < phase_it_mw, SMALL_FOR_PHASE)
    _exclude(frame, holds_it_mw < first_phase_it_mw(study, frame["tenure"]), SMALL_FOR_SHELLS)


def _energization(study: Study, frame: pd.DataFrame) -> pd.Series:
    """Ordinal of the first quarter with grid power."""
    table = study.start + _quarters_to_power(study.power, frame)
    found = frame["own_energization"].fillna(table)
    if (blank := found.isna() & (frame["excluded_by"] == "")).any():
        states = ", ".join(sorted(frame.loc[blank, "state"].unique()))
        raise InputError(
            [
                Fault(
                    file=study_file(study),
                    key="power.time_to_power",
                    value=f"no row for {states}",
                    expected="a row for every state or interconnection with candidates, or a last row without `where`",
                )
            ]
        )
    return found.clip(lower=study.start)


def _quarters_to_power(power: Power, frame: pd.DataFrame) -> pd.Series:
    quarters = pd.Series(np.nan, index=frame.index)
    for row in power.time_to_power:
        here = frame["state"].isin(row.where) | frame["interconnect"].isin(row.where) if row.where else True
        value = float(getattr(row, f"{power.case}_quarters"))
        quarters = quarters.mask(quarters.isna() & here, value)
    return quarters


def _power_price(study: Study, tables: Tables, frame: pd.DataFrame) -> pd.Series:
    if study.power.price_column == "energy_only":
        assert study.power.usd_per_mwh is not None  # a rule of the study
        return frame["own_usd_per_mwh"].fillna(study.power.usd_per_mwh) + study.power.price_adder_usd_per_mwh
    states = sorted(frame["state"].unique())
    prices = catalog.power_price_usd_per_mwh(tables, states, study.price_day, study.power.price_column)
    by_state = dict(zip(prices["state"], prices["usd_per_mwh"], strict=True))
    price = frame["own_usd_per_mwh"].fillna(frame["state"].map(by_state)) + study.power.price_adder_usd_per_mwh
    used = price.isna() & (frame["excluded_by"] == "")
    if used.any():
        raise InputError(
            [
                Fault(
                    file="power_prices.csv",
                    key=f"state {state}, {study.power.price_column}",
                    value="blank",
                    expected="a price not later than the study: name the state in candidates.grid.exclude_states, "
                    "or state usd_per_mwh in a file of candidates",
                )
                for state in sorted(frame.loc[used, "state"].unique())
            ]
        )
    return price


def construction(study: Study, tables: Tables, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """musd per critical IT MW of halls that are built, refitted or fitted out (NaN for colocation), and the market
    whose row it is ("" where the study states it). Columns of the frame: lat, lon, tenure.
    """
    halls, own = study.halls, (frame["tenure"] == "own").to_numpy()
    market = np.where(own, "US", "").astype(object)
    stated = frame["tenure"].map(
        {"retrofit": study.retrofit.cost_musd_per_it_mw, "powered_shell": study.powered_shell.fitout_musd_per_it_mw}
    )
    other = stated.to_numpy(float)
    if halls.cost_musd_per_it_mw is not None:
        return np.where(own, halls.cost_musd_per_it_mw, other), np.full(len(frame), "", dtype=object)
    cost = np.full(len(frame), catalog.construction_musd_per_it_mw(tables, "US", halls.cost_level).value)
    listed = tables.construction
    listed = listed[listed["lat"].notna() & listed["market"].ne("US")].drop_duplicates("market")
    if len(listed):
        km = geodesic_km(
            frame["lat"].to_numpy(float),
            frame["lon"].to_numpy(float),
            listed["lat"].to_numpy(float),
            listed["lon"].to_numpy(float),
        )
        values = np.array(
            [catalog.construction_musd_per_it_mw(tables, m, halls.cost_level).value for m in listed["market"]]
        )
        nearest = km.argmin(axis=1)
        inside = (km.min(axis=1) <= halls.market_radius_km) & np.isfinite(values[nearest])
        cost = np.where(inside, values[nearest], cost)
        market = np.where(inside & own, listed["market"].to_numpy(object)[nearest], market)
    return np.where(own, cost, other), market


def _property_tax(study: Study, tables: Tables, frame: pd.DataFrame) -> pd.Series:
    table = catalog.property_tax_pct(tables, frame["state"].tolist(), frame["county_fips"].tolist())
    rate = pd.Series(table["pct"].to_numpy(float) / 100.0, index=frame.index)
    blank = rate.isna()
    if study.taxes.property_tax_where_blank is not None:
        return rate.fillna(study.taxes.property_tax_where_blank)
    used = blank & (frame["excluded_by"] == "")
    if used.any():
        states = ", ".join(sorted(frame.loc[used, "state"].unique()))
        raise InputError(
            [
                Fault(
                    file=study_file(study),
                    key="taxes.property_tax_where_blank",
                    value=f"nothing, and no published rate for {states}",
                    expected='a yearly rate on equipment such as "1.0 %/y" ("0 %/y" if you mean none)',
                )
            ]
        )
    return rate


def sales_tax_by_quarter(study: Study, tables: Tables, frame: pd.DataFrame, days: list[dt.date]) -> np.ndarray:
    """(I, T) share of the price due as state sales tax, by delivery quarter."""
    states = sorted(frame["state"].unique())
    dated = ("exempt_from", "exempt_until", "paused_from", "paused_until")
    marks = sorted({str(mark) for name in dated for mark in tables.state_taxes[name]})
    found: dict[tuple[int, int], np.ndarray] = {}
    columns = []
    for day in days:
        between = bisect_left(marks, day.isoformat()), bisect_right(marks, day.isoformat())
        if between not in found:  # between the same dates of the table its answer is the same
            row = catalog.state_tax(tables, states, day)
            exempt = (row["exemption"] == "yes") & study.taxes.sales_tax_exemption_claimed
            share = np.where(exempt, 0.0, row["sales_tax_pct"].to_numpy(float) / 100.0)
            found[between] = frame["state"].map(dict(zip(states, share, strict=True))).to_numpy(float)
        columns.append(found[between])
    return np.column_stack(columns)
