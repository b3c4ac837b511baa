"""The buses at which a study's campuses may tie to the grid: the shipped substations, or the planner's own buses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from siting.errors import Fault, raise_if_any
from siting.geo.places import locate
from siting.grid.bus_places import read_bus_places
from siting.grid.chosen import ChosenNetwork, study_network
from siting.grid.hosting import hosting, outage_pairs
from siting.grid.network import FloatArray, nearest_substation
from siting.study import Study
from siting.tables.read import Tables, sha256


def with_own_buses(study: Study, tables: Tables) -> Tables:
    """The tables with the planner's buses and the hashes of the planner's network files; as they are without such.

    Raises InputError for files that are missing or broken, unknown buses, places outside the 48 states.
    """
    if not study.grid.own:
        return tables
    named = (study.grid.network, study.grid.buses, study.grid.hosting)
    paths = [study.folder / name for name in named if name is not None]
    raise_if_any(
        [
            Fault(file=str(study.path or study.name), key="grid", value=str(path), expected="a file or folder there")
            for path in paths
            if not path.exists()
        ]
    )
    files = [file for path in paths for file in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]
    hashes = {f"grid: {file.relative_to(study.folder).as_posix()}": sha256(file) for file in files}
    key = (study.folder.resolve(), study.grid.model_dump_json(), study.candidates.hosting, tuple(hashes.values()))
    if key not in _KEPT:
        _KEPT.clear()  # one study at a time: a hosting computed twice is time, many are memory
        _KEPT[key] = _buses(study, tables)
    return replace(tables, own_buses=_KEPT[key], hashes={**tables.hashes, **hashes})


_KEPT: dict[tuple[object, ...], pd.DataFrame] = {}


def _buses(study: Study, tables: Tables) -> pd.DataFrame:
    """The planner's buses, with the columns of the shipped substations."""
    if study.grid.hosting is not None:
        path, chosen = study.folder / study.grid.hosting, None
        places = read_bus_places(path, hosting_for_all=True)
    else:
        assert study.grid.buses is not None
        path, chosen = study.folder / study.grid.buses, study_network(study, tables.data_dir)
        places = read_bus_places(path, known_bus_id=chosen.network.bus_id.tolist())
    lat, lon = places["lat"].to_numpy(float), places["lon"].to_numpy(float)
    where = locate(lat, lon, tables.data_dir)
    raise_if_any(
        [
            Fault(file=path.name, key=f"bus {bus}", value=f"{y:g}, {x:g}", expected="a place in the 48 states or DC")
            for bus, y, x, state in zip(places["bus_id"], lat, lon, where["state"], strict=True)
            if pd.isna(state) or state in ("AK", "HI")
        ]
    )
    near, _ = nearest_substation(lat, lon, tables.grid_substations)
    stated = places["hosting_utility_mw"].to_numpy(float, copy=True)
    blank = np.isnan(stated)
    if chosen is not None and blank.any():
        stated[blank] = _computed(chosen, places["bus_id"].to_numpy("int64")[blank], study.candidates.hosting == "n1")
    name = places["name"].where(places["name"] != "", "bus " + places["bus_id"].astype(str))
    return pd.DataFrame(
        {
            "sub_id": places["bus_id"],
            "bus_id": places["bus_id"],
            "name": name,
            "lat": lat,
            "lon": lon,
            "state": where["state"].astype(str).to_numpy(),
            "county_fips": where["county_fips"].astype(str).to_numpy(),
            "interconnect": tables.grid_substations["interconnect"].astype(str).to_numpy()[near],
            "hosting_n0_utility_mw": stated,
            "hosting_n1_utility_mw": stated,
        }
    )


def _computed(chosen: ChosenNetwork, bus_id: np.ndarray, after_outages: bool) -> FloatArray:
    """Hosting capacity of buses by id, MW at the meter: what lines and the island's spare generation leave one site."""
    network = chosen.network
    bus = network.bus_position(bus_id)
    spare = network.spare_by_island_mw()[network.island[bus]]
    found = np.zeros(len(bus))
    able = spare > 0
    if able.any():
        pairs = outage_pairs(network) if after_outages else None
        mw = hosting(network, bus[able], pairs)
        found[able] = np.minimum(mw.n1_mw if after_outages else mw.n0_mw, spare[able])
    return found
