"""The transmission network as arrays: what a DC power flow needs, and nothing that a screen must not be built on.

Voltage classes are left out on purpose: in the synthetic US system they are not where the real ones are.

Source of the shipped tables: powersimdata 0.5.5 (Breakthrough Energy / TAMU synthetic system); `data/rebuild_grid.py`
says how they are made. A planner's own network takes its place when it is given as the same arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from siting.errors import Fault, raise_if_any

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG 1980). A sphere is within 0.6 % of the ellipsoid, far less than a substation's place is sure."""

SUBSTATIONS = "grid_substations.parquet"
BUSES = "grid_buses.parquet"
BRANCHES = "grid_branches.parquet"

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """B buses, L branches. Arrays are read-only; branches name buses by position in `bus_id`, not by id."""

    bus_id: IntArray
    """(B,) the owner's bus numbers, unique."""
    injection_mw: FloatArray
    """(B,) generation less load of the base case, lossless: sums to 0 in every island."""
    spare_gen_mw: FloatArray
    """(B,) generation that runs and is not used in the base case, >= 0: it balances new load."""
    island: IntArray
    """(B,) position in `island_names`."""
    island_names: tuple[str, ...]
    branch_id: IntArray
    """(L,) the owner's branch numbers, unique."""
    from_bus: IntArray
    to_bus: IntArray
    """(L,) positions in `bus_id`; flow is positive from `from_bus` to `to_bus`."""
    x_pu: FloatArray
    """(L,) series reactance on 100 MVA, tap ratio folded in (x times tap); may be negative, never 0."""
    shift_deg: FloatArray
    """(L,) phase shift, degrees, as in MATPOWER: flow = b (angle_from - angle_to - shift)."""
    rate_mw: FloatArray
    """(L,) rating; 0 means unlimited."""
    monitored: NDArray[np.bool_]
    """(L,) whether the rating is a limit: rated, and not overloaded in the base case."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        raise_if_any(network_faults(self))

    @cached_property
    def _bus_index(self) -> pd.Index:
        return pd.Index(self.bus_id)

    def bus_position(self, bus_id: ArrayLike) -> IntArray:
        """Positions of buses by id, shape of `bus_id`. Raises InputError with every id that is unknown."""
        wanted = np.atleast_1d(np.asarray(bus_id))
        found = self._bus_index.get_indexer(pd.Index(wanted))
        raise_if_any(
            [
                Fault(file="network", key="bus_id", value=str(bad), expected="a bus of the network")
                for bad in np.unique(wanted[found < 0])
            ]
        )
        return np.asarray(found, dtype=np.int64)

    def spare_by_island_mw(self) -> FloatArray:
        """Spare generation of each island, MW, shape (number of islands,)."""
        return np.bincount(self.island, self.spare_gen_mw, len(self.island_names)).astype(np.float64)

    def part(self, island_name: str) -> Network:
        """The network of one island alone. Raises ValueError when there is no such island."""
        code = self.island_names.index(island_name)
        bus = np.flatnonzero(self.island == code)
        position = np.full(len(self.bus_id), -1)
        position[bus] = np.arange(len(bus))
        branch = np.flatnonzero(self.island[self.from_bus] == code)
        return Network(
            bus_id=self.bus_id[bus],
            injection_mw=self.injection_mw[bus],
            spare_gen_mw=self.spare_gen_mw[bus],
            island=np.zeros(len(bus), dtype=np.int64),
            island_names=(island_name,),
            branch_id=self.branch_id[branch],
            from_bus=position[self.from_bus[branch]],
            to_bus=position[self.to_bus[branch]],
            x_pu=self.x_pu[branch],
            shift_deg=self.shift_deg[branch],
            rate_mw=self.rate_mw[branch],
            monitored=self.monitored[branch],
        )


def network_faults(network: Network, file: str = "network") -> list[Fault]:
    """What would make a power flow wrong: unknown ends, zero reactance, an island in pieces, an unbalanced base."""
    faults: list[Fault] = []

    def fault(key: str, bad: NDArray[np.bool_], ids: IntArray, expected: str) -> None:
        if bad.any():
            faults.append(Fault(file=file, key=key, value=_some(ids[bad]), expected=expected))

    n = len(network.bus_id)
    ends = np.stack([network.from_bus, network.to_bus])
    lost = np.asarray(((ends < 0) | (ends >= n)).any(axis=0), dtype=np.bool_)
    fault("bus_id", pd.Series(network.bus_id).duplicated().to_numpy(), network.bus_id, "each bus once")
    fault("branch_id", pd.Series(network.branch_id).duplicated().to_numpy(), network.branch_id, "each branch once")
    fault("from_bus, to_bus of branch", lost, network.branch_id, "buses of the network")
    fault("x_pu of branch", ~(np.abs(network.x_pu) > 0), network.branch_id, "a number other than 0")
    fault("rate_mw of branch", ~(network.rate_mw >= 0), network.branch_id, "0 (unlimited) or more")
    fault("shift_deg of branch", ~np.isfinite(network.shift_deg), network.branch_id, "a number")
    fault("injection_mw of bus", ~np.isfinite(network.injection_mw), network.bus_id, "a number")
    fault("spare_gen_mw of bus", ~(network.spare_gen_mw >= 0), network.bus_id, "0 or more")
    if faults:
        return faults
    across = network.island[network.from_bus] != network.island[network.to_bus]
    fault("island of branch", across, network.branch_id, "both ends in one island")
    links = coo_array((np.ones(len(network.x_pu)), (network.from_bus, network.to_bus)), shape=(n, n))
    pieces, piece = connected_components(links, directed=False)
    if pieces != len(network.island_names):
        small = np.bincount(piece)[piece] < np.bincount(piece).max()
        found = f"{pieces} pieces (smaller ones hold bus {_some(network.bus_id[small])})"
        faults.append(
            Fault(file=file, key="island", value=found, expected=f"{len(network.island_names)} connected islands")
        )
    residue = np.bincount(network.island, network.injection_mw, len(network.island_names))
    for name, mw in zip(network.island_names, residue, strict=True):
        if abs(mw) > 1e-3:
            faults.append(Fault(file=file, key=f"injection_mw of {name}", value=f"sum {mw:.6g}", expected="sum 0"))
    return faults


def read_network(data_dir: Path) -> Network:
    """Network of `grid_buses.parquet` and `grid_branches.parquet`. Raises FileNotFoundError, InputError."""
    buses = pd.read_parquet(data_dir / BUSES)
    branches = pd.read_parquet(data_dir / BRANCHES)
    names = sorted(buses["interconnect"].astype(str).unique())
    bus_index = pd.Index(buses["bus_id"])
    return Network(
        bus_id=_ints(buses["bus_id"]),
        injection_mw=_floats(buses["inj_mw"]),
        spare_gen_mw=_floats(buses["spare_gen_mw"]),
        island=np.searchsorted(np.array(names), buses["interconnect"].astype(str).to_numpy(dtype=str)).astype(np.int64),
        island_names=tuple(names),
        branch_id=_ints(branches["branch_id"]),
        from_bus=np.asarray(bus_index.get_indexer(branches["from_bus_id"]), dtype=np.int64),
        to_bus=np.asarray(bus_index.get_indexer(branches["to_bus_id"]), dtype=np.int64),
        x_pu=_floats(branches["x_pu"]),
        shift_deg=_floats(branches["shift_deg"]),
        rate_mw=_floats(branches["rate_mw"]),
        monitored=branches["monitored"].to_numpy(dtype=bool, copy=True),
    )


def nearest_substation(lat: ArrayLike, lon: ArrayLike, substations: pd.DataFrame) -> tuple[IntArray, FloatArray]:
    """Position (row number) of the nearest substation to each point and its distance in km, both shape (P,).

    lat, lon: degrees WGS 84, (P,). substations: frame with columns lat, lon. Distance along a great circle.
    """
    tree = cKDTree(_unit_vectors(substations["lat"], substations["lon"]))
    chord, position = tree.query(_unit_vectors(lat, lon))
    return np.asarray(position, dtype=np.int64), 2 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0.0, 1.0))


def _unit_vectors(lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
    lat, lon = np.radians(np.atleast_1d(lat_deg)), np.radians(np.atleast_1d(lon_deg))
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _ints(column: pd.Series) -> IntArray:
    return np.array(column, dtype=np.int64)


def _floats(column: pd.Series) -> FloatArray:
    return np.array(column, dtype=np.float64)


def _some(ids: IntArray) -> str:
    return ", ".join(map(str, ids[:5])) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
