"""Where candidates come from: substations of the grid, the planner's own file, colocation markets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from siting.assembly.tenures import shell_rent_usd_per_kw_month
from siting.errors import Fault, InputError, raise_if_any
from siting.geo.distance import geodesic_km
from siting.geo.places import locate
from siting.grid.chosen import study_network
from siting.grid.network import nearest_substation
from siting.study import Study
from siting.tables import catalog
from siting.tables.planner_files import ramp_steps, read_candidates
from siting.tables.read import Tables
from siting.units import parse_quarter

PLACE_COLUMNS: dict[str, pd.Series] = {
    **dict.fromkeys(("candidate", "name"), pd.Series(dtype=str)),
    **dict.fromkeys(("lat", "lon"), pd.Series(dtype=float)),
    **dict.fromkeys(("state", "county_fips", "interconnect"), pd.Series(dtype=str)),
    "bus_id": pd.Series(dtype="Int64"),
    "tenure": pd.Series(dtype=str),
    **dict.fromkeys(
        ("stated_utility_mw", "stated_it_mw", "own_usd_per_mwh", "own_energization"), pd.Series(dtype=float)
    ),
    "rent_usd_per_kw_month": pd.Series(dtype=float),
    "file_row": pd.Series(dtype=float),
    "own_ramp": pd.Series(dtype=object),
    "place": pd.Series(dtype=str),
    "grid_checked": pd.Series(dtype=bool),
}
"""Columns of every source of places, empty: what a study that only leases has."""


NO_GRID = ("AK", "HI")
"""States outside the three interconnections: the synthetic grid, the RTT line and the map end before them."""
BORDER_KM = 5.0
"""The state lines are drawn at 1:10,000,000: this near to one, the planner's own state is believed."""
ONE_PLACE_KM = 25.0
"""Rows of one `place` share its MW and its connection: they lie no farther from the first of them than this."""
OWN_BUS_WITHIN_KM = 25.0
"""A colocation market farther than this from every bus of the planner's network is not on it."""


def study_file(study: Study) -> str:
    """What a fault of the study names: its file, or its name when it was made in Python."""
    return str(study.path or study.name)


def grid_places(study: Study, tables: Tables) -> pd.DataFrame:
    choice = study.candidates.grid
    if choice is None or not study.money.own:
        return pd.DataFrame()
    _refuse_unknown_holders(study, tables)
    subs = tables.stations
    keep = pd.Series(True, index=subs.index)
    for _, rows in grid_filters(study, tables):
        keep &= rows
    subs = subs[keep]
    return pd.DataFrame(
        {
            "candidate": ("bus-" if study.grid.own else "sub-") + subs["sub_id"].astype(int).astype(str),
            "name": subs["name"].astype(str),
            "lat": subs["lat"].astype(float),
            "lon": subs["lon"].astype(float),
            "state": subs["state"].astype(str),
            "county_fips": subs["county_fips"].astype(str),
            "interconnect": subs["interconnect"].astype(str),
            "bus_id": subs["bus_id"].astype("Int64"),
            "tenure": "own",
            "stated_utility_mw": hosting_mw(study, tables)[keep],
            "stated_it_mw": np.nan,
            "own_usd_per_mwh": np.nan,
            "own_energization": np.nan,
            "rent_usd_per_kw_month": np.nan,
            "grid_checked": study.grid.hosting is None,
        }
    )


def _refuse_unknown_holders(study: Study, tables: Tables) -> None:
    """What others hold at a place that does not exist would silently count as nothing."""
    subs, choice = tables.stations, study.candidates
    held = {
        "substation": (choice.committed_utility_mw_by_substation, set(subs["sub_id"].astype(int).astype(str))),
        "county": (choice.committed_utility_mw_by_county, set(subs["county_fips"].astype(str))),
    }
    like = {"substation": "a sub_id of the grid such as 1355, without sub-", "county": "a FIPS code of five digits"}
    raise_if_any(
        [
            Fault(
                file=study_file(study),
                key=f"candidates.committed_utility_mw_by_{kind}",
                value=name,
                expected=like[kind],
            )
            for kind, (wished, known) in held.items()
            for name in sorted(set(wished) - known)
        ]
    )


def hosting_mw(study: Study, tables: Tables) -> pd.Series:
    """Hosting capacity at the meter less what others hold, never above the largest campus, MW."""
    subs = tables.stations
    column = {"n1": "hosting_n1_utility_mw", "n0": "hosting_n0_utility_mw"}[study.candidates.hosting]
    held = subs["sub_id"].astype(int).astype(str).map(study.candidates.committed_utility_mw_by_substation).fillna(0.0)
    held += subs["county_fips"].astype(str).map(study.candidates.committed_utility_mw_by_county).fillna(0.0)
    free = (subs[column].astype(float) - held).clip(lower=0.0)
    return free.clip(upper=study.candidates.largest_campus_utility_mw)


def grid_filters(study: Study, tables: Tables) -> list[tuple[str, pd.Series]]:
    choice, subs = study.candidates.grid, tables.stations
    assert choice is not None
    filters = []
    if choice.states:
        filters.append((f"states = {list(choice.states)}", subs["state"].isin(choice.states)))
    if choice.exclude_states:
        filters.append((f"exclude_states = {list(choice.exclude_states)}", ~subs["state"].isin(choice.exclude_states)))
    if choice.interconnects:
        filters.append(
            (f"interconnects = {list(choice.interconnects)}", subs["interconnect"].isin(choice.interconnects))
        )
    if choice.boxes:
        inside = pd.Series(False, index=subs.index)
        for box in choice.boxes:
            inside |= subs["lat"].between(box.south, box.north) & subs["lon"].between(box.west, box.east)
        filters.append(("boxes", inside))
    filters.append(
        (f"min_utility_mw = {choice.min_utility_mw:g} MW", hosting_mw(study, tables) >= choice.min_utility_mw)
    )
    return filters


def nothing_left(study: Study, tables: Tables) -> Fault:
    """Which filter emptied the candidates."""
    if study.candidates.grid is None or not study.money.own:
        return Fault(file=study_file(study), key="candidates", value="no candidate", expected="at least one")
    left = pd.Series(True, index=tables.stations.index)
    for name, rows in grid_filters(study, tables):
        before = int(left.sum())
        left &= rows
        if not left.any():
            return Fault(
                file=study_file(study),
                key="candidates.grid",
                value=f"no candidate after {name} ({before:,} before it)",
                expected="filters that leave at least one substation",
            )
    return Fault(file=study_file(study), key="candidates", value="no candidate", expected="at least one")


def file_places(study: Study, tables: Tables) -> pd.DataFrame:
    choice = study.candidates.file
    if choice is None:
        return pd.DataFrame()
    path = study.folder / choice.path
    rows = read_candidates(path).rename_axis("row").reset_index()
    where = locate(rows["lat"].to_numpy(float), rows["lon"].to_numpy(float), tables.data_dir)
    state = rows["state"].astype(str).str.strip().where(lambda s: s.ne("") & s.ne("nan"), where["state"].to_numpy())
    misplaced = [*_outside_the_grid(path.name, rows, where), *_wrong_state(path.name, rows, where, tables)]
    raise_if_any([*misplaced, *_apart(path.name, rows)])
    nearest_bus, interconnect = _around(rows, tables, choice.nearest_bus_within_km)
    bus = _stated_bus(study, path, tables, rows).fillna(nearest_bus)
    energization = rows["energization"].astype(str).str.strip()
    return pd.DataFrame(
        {
            "candidate": rows["candidate"].astype(str),
            "name": rows["name"].astype(str).where(rows["name"].astype(str).ne(""), rows["candidate"].astype(str)),
            "lat": rows["lat"].astype(float),
            "lon": rows["lon"].astype(float),
            "state": state.astype(str),
            "county_fips": where["county_fips"].astype(str).to_numpy(),
            "interconnect": interconnect,
            "bus_id": bus.astype("Int64"),
            "tenure": rows["tenure"].astype(str),
            "stated_utility_mw": rows["utility_mw"].astype(float),
            "stated_it_mw": rows["it_mw"].astype(float),
            "own_usd_per_mwh": rows["usd_per_mwh"].astype(float),
            "own_energization": [
                float(parse_quarter(text)) if text not in ("", "nan", "None") else np.nan for text in energization
            ],
            "rent_usd_per_kw_month": _rent_of_rows(study, tables, rows),
            "file_row": rows["row"].astype(float),
            "place": rows["place"].astype(str),
            "own_ramp": [ramp_steps(text) for text in rows["ramp"]],
            "grid_checked": bus.notna() & (study.grid.hosting is None),
        }
    )


def _apart(file: str, rows: pd.DataFrame) -> Iterator[Fault]:
    """Rows that name one place and lie far from the first that does."""
    for name, same in rows[rows["place"].astype(str).str.strip() != ""].groupby("place", sort=False):
        km = geodesic_km(same["lat"], same["lon"], same["lat"].iloc[:1], same["lon"].iloc[:1])[:, 0]
        for row, far in zip(same["row"], km, strict=True):
            if far > ONE_PLACE_KM:
                value = f"{name!r}, {far:,.0f} km from row {same['row'].iloc[0]} of that place"
                expected = f"rows within {ONE_PLACE_KM:g} km of one another, or a place of their own"
                yield Fault(file=file, key=f"row {row}, place", value=value, expected=expected)


def _around(rows: pd.DataFrame, tables: Tables, within_km: float) -> tuple[pd.Series, np.ndarray]:
    """Nearest bus of the study's grid to each row, NaN where it is farther; and the interconnection at the place."""
    lat, lon = rows["lat"].to_numpy(float), rows["lon"].to_numpy(float)
    near, km = nearest_substation(lat, lon, tables.stations)
    bus = np.where(km <= within_km, tables.stations["bus_id"].to_numpy(float)[near], np.nan)
    if tables.own_buses is not None:
        near, _ = nearest_substation(lat, lon, tables.grid_substations)
    shipped = tables.grid_substations["interconnect"].astype(str).to_numpy()
    return pd.Series(bus, index=rows.index), shipped[near]


def _stated_bus(study: Study, path: Path, tables: Tables, rows: pd.DataFrame) -> pd.Series:
    """The buses that the planner names, NaN where none; one that the grid does not have is refused."""
    bus = rows["bus_id"]
    if bus.notna().any():
        if study.grid.hosting is not None:
            known = tables.stations["bus_id"].tolist()
        else:
            known = study_network(study, tables.data_dir).network.bus_id.tolist()
        raise_if_any(
            [
                Fault(file=path.name, key=f"row {row}, bus_id", value=f"{number:.0f}", expected="a bus of the grid")
                for row, number, wrong in zip(rows["row"], bus, bus.notna() & ~bus.isin(known), strict=True)
                if wrong
            ]
        )
    return bus


def _outside_the_grid(file: str, rows: pd.DataFrame, where: pd.DataFrame) -> list[Fault]:
    """Places at sea, in a territory, or in a state without a grid here."""
    return [
        Fault(
            file=file,
            key=f"row {at}, lat, lon",
            value=f"{lat:g}, {lon:g}" + (f" ({state})" if state in NO_GRID else ""),
            expected="a place in one of the 48 states or DC: there is no grid elsewhere",
        )
        for at, lat, lon, state in zip(rows["row"], rows["lat"], rows["lon"], where["state"], strict=True)
        if pd.isna(state) or state in NO_GRID
    ]


def _wrong_state(file: str, rows: pd.DataFrame, where: pd.DataFrame, tables: Tables) -> list[Fault]:
    """A stated state that is not that of the place, nor of one within BORDER_KM of it."""
    stated = rows["state"].astype(str).str.strip().to_numpy()
    differs = np.flatnonzero(where["state"].notna().to_numpy() & (stated != "") & (stated != where["state"].to_numpy()))
    if not len(differs):
        return []
    around = np.radians(np.arange(0, 360, 45))
    lat = rows["lat"].to_numpy(float)[differs, None] + BORDER_KM / 111.0 * np.sin(around)
    east = BORDER_KM / (111.0 * np.cos(np.radians(rows["lat"].to_numpy(float)[differs, None])))
    lon = rows["lon"].to_numpy(float)[differs, None] + east * np.cos(around)
    near = locate(lat.ravel(), lon.ravel(), tables.data_dir)["state"].to_numpy().reshape(lat.shape)
    return [
        Fault(
            file=file,
            key=f"row {rows['row'].iloc[n]}, state",
            value=repr(stated[n]),
            expected=f"{where['state'].iloc[n]}, where {rows['lat'].iloc[n]:g}, {rows['lon'].iloc[n]:g} lies",
        )
        for n, states in zip(differs, near, strict=True)
        if stated[n] not in states
    ]


def _rent_of_rows(study: Study, tables: Tables, rows: pd.DataFrame) -> pd.Series:
    """Own rent, else that of the named market for colocation, that of the study for a powered shell; else blank."""
    rents = market_rents(study, tables).set_index("market")["rent"]
    by_market = rows["market"].astype(str).map(rents).where(rows["tenure"] == "colocation")
    own = rows["rent_usd_per_kw_month"].astype(float).fillna(by_market)
    shell = shell_rent_usd_per_kw_month(study)
    return own.mask(own.isna() & (rows["tenure"] == "powered_shell"), np.nan if shell is None else shell)


def market_rents(study: Study, tables: Tables) -> pd.DataFrame:
    """Wholesale rent by market on the study's date, the row of the largest size; columns market, market_slug, lat,
    lon, rent.
    """
    level = study.colocation.rent_level
    rents = catalog.colocation_rents_on(tables, study.price_day)
    rents = rents[(rents["tenure"] == "wholesale") & rents["lat"].notna()].copy()
    middle = (rents["usd_per_kw_month_low"] + rents["usd_per_kw_month_high"]) / 2.0
    rents["rent"] = middle if level == "mid" else rents[f"usd_per_kw_month_{level}"]
    rents = rents.sort_values(["market", "size_high_mw", "date"], na_position="first")
    return rents.drop_duplicates("market", keep="last")[["market", "market_slug", "lat", "lon", "rent"]]


def colocation_places(study: Study, tables: Tables) -> pd.DataFrame:
    choice = study.candidates.colocation
    if choice is None or not study.money.colocation:
        return pd.DataFrame()
    rents = market_rents(study, tables).reset_index(drop=True)
    if choice.markets:
        if unknown := sorted(set(choice.markets) - set(rents["market"])):
            raise InputError(
                [
                    Fault(
                        file=study_file(study),
                        key="candidates.colocation.markets",
                        value=", ".join(unknown),
                        expected=f"markets with a rent on {study.price_day}: {', '.join(rents['market'])}",
                    )
                ]
            )
        rents = rents[rents["market"].isin(choice.markets)].reset_index(drop=True)
    where = locate(rents["lat"].to_numpy(float), rents["lon"].to_numpy(float), tables.data_dir)
    within_km = np.inf if tables.own_buses is None else OWN_BUS_WITHIN_KM
    bus, interconnect = _around(rents, tables, within_km)
    return pd.DataFrame(
        {
            "candidate": "colo-" + rents["market_slug"].astype(str),
            "name": rents["market"].astype(str) + " colocation",
            "lat": rents["lat"].astype(float),
            "lon": rents["lon"].astype(float),
            "state": where["state"].astype(str).to_numpy(),
            "county_fips": where["county_fips"].astype(str).to_numpy(),
            "interconnect": interconnect,
            "bus_id": bus.astype("Int64"),
            "tenure": "colocation",
            "stated_utility_mw": np.nan,
            "stated_it_mw": choice.available_it_mw,
            "own_usd_per_mwh": np.nan,
            "own_energization": float(choice.ready),
            "rent_usd_per_kw_month": rents["rent"].astype(float),
            "grid_checked": bus.notna() & (study.grid.hosting is None),
        }
    )
