"""A planner's own network in one operating point: what every file format must say, and how it becomes a `Network`.

Rules, the same for each format and as for the shipped network: generation that runs is scaled in every island so that
it equals load without losses; spare is what running units have above the generation that the file states, at least 0;
a rating of 0 is no limit; branches above their rating before any new load comes are not monitored, and said.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.errors import Fault, raise_if_any
from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.powerflow import OVERLOAD_TOLERANCE_MW, flows_mw


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """B buses, G running units, F fixed injections, L branches in service; buses named by id, power in MW."""

    bus_id: IntArray
    bus_name: tuple[str, ...]
    load_mw: FloatArray
    unit_bus: IntArray
    unit_mw: FloatArray
    """(G,) generation; below 0 it is a load that is not scaled."""
    unit_max_mw: FloatArray
    fixed_bus: IntArray
    """(F,) buses of direct-current ties, storage and the like."""
    fixed_mw: FloatArray
    """(F,) into the bus."""
    branch_id: IntArray
    branch_name: tuple[str, ...]
    """How the file names it, for faults and reports."""
    from_bus: IntArray
    to_bus: IntArray
    x_pu: FloatArray
    """On 100 MVA, times tap."""
    shift_deg: FloatArray
    rate_mw: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnNetwork:
    """A planner's network, and what was done to it on the way."""

    network: Network
    bus_name: tuple[str, ...]
    """By position in `network.bus_id`."""
    branch_name: tuple[str, ...]
    """By position in `network.branch_id`."""
    notes: tuple[str, ...]
    """What was dropped, scaled or left unmonitored, a sentence each."""


def own_network(snapshot: Snapshot, path: Path, notes: tuple[str, ...] = ()) -> OwnNetwork:
    """Network of a snapshot of file `path`. Raises InputError with every fault."""
    file = path.name
    raise_if_any(_faults(snapshot, file))
    index = pd.Index(snapshot.bus_id)
    ends = np.stack([_at(index, snapshot.from_bus), _at(index, snapshot.to_bus)])
    unit, fixed = _at(index, snapshot.unit_bus), _at(index, snapshot.fixed_bus)
    n = len(index)
    alone = np.bincount(ends.ravel(), minlength=n) == 0
    busy = snapshot.load_mw != 0
    busy[unit[snapshot.unit_mw != 0]] = True
    busy[fixed[snapshot.fixed_mw != 0]] = True
    cut_off = np.flatnonzero(alone & busy)
    faults: list[Fault] = []
    if len(cut_off):
        expected = "a branch in service at each bus that has load or generation"
        faults.append(Fault(file=file, key="buses", value=_some(snapshot, cut_off), expected=expected))
    kept = np.flatnonzero(~alone)
    if not len(kept):
        faults.append(Fault(file=file, key="branches", value="none in service", expected="at least one"))
    raise_if_any(faults)
    if alone.any():
        notes += (
            f"{alone.sum()} buses without a branch in service are dropped: {_some(snapshot, alone.nonzero()[0])}",
        )

    position = np.full(n, -1, dtype=np.int64)
    position[kept] = np.arange(len(kept))
    ends = position[ends]
    island = _islands(ends, len(kept))
    count = int(island.max()) + 1
    names = (path.stem,) if count == 1 else tuple(f"{path.stem} {i + 1}" for i in range(count))
    if count > 1:
        notes += (f"{count} islands, the largest first, of {', '.join(map(str, np.bincount(island)))} buses",)

    def by_bus(at: IntArray, mw: FloatArray) -> FloatArray:
        here = position[at] >= 0
        return np.bincount(position[at][here], mw[here], len(kept)).astype(np.float64)

    need = snapshot.load_mw[kept] - by_bus(fixed, snapshot.fixed_mw) - by_bus(unit, np.minimum(snapshot.unit_mw, 0.0))
    makes = by_bus(unit, np.maximum(snapshot.unit_mw, 0.0))
    needs, made = np.bincount(island, need, count), np.bincount(island, makes, count)
    idle = (made <= 0) & (np.abs(needs) < 1e-9)
    for name, mw, generation in zip(names, needs, np.where(idle, 1.0, made), strict=True):
        if generation <= 0 or mw < 0:
            found = f"{generation:.6g} MW of generation for {mw:.6g} MW of load net of fixed injections"
            expected = "running units that meet it"
            faults.append(Fault(file=file, key=f"generation of {name}", value=found, expected=expected))
    raise_if_any(faults)
    scale = np.where(idle, 1.0, needs / np.where(made > 0, made, 1.0))
    notes += tuple(
        f"generation of {name} times {factor:.4f}, so that it equals load without losses"
        for name, factor in zip(names, scale, strict=True)
        if abs(factor - 1) > 1e-9
    )
    network = Network(
        bus_id=snapshot.bus_id[kept],
        injection_mw=scale[island] * makes - need,
        spare_gen_mw=by_bus(unit, np.maximum(snapshot.unit_max_mw - snapshot.unit_mw, 0.0)),
        island=island,
        island_names=names,
        branch_id=snapshot.branch_id,
        from_bus=ends[0],
        to_bus=ends[1],
        x_pu=snapshot.x_pu,
        shift_deg=snapshot.shift_deg,
        rate_mw=snapshot.rate_mw,
        monitored=snapshot.rate_mw > 0,
    )
    over = network.monitored & (np.abs(flows_mw(network)) > network.rate_mw + OVERLOAD_TOLERANCE_MW)
    if over.any():
        which = ", ".join(snapshot.branch_name[i] for i in np.flatnonzero(over)[:5])
        notes += (f"{over.sum()} branches above their rating before new load comes are not monitored: {which}",)
    return OwnNetwork(
        network=replace(network, monitored=network.monitored & ~over),
        bus_name=tuple(snapshot.bus_name[i] for i in kept),
        branch_name=snapshot.branch_name,
        notes=notes,
    )


def _faults(snapshot: Snapshot, file: str) -> list[Fault]:
    faults: list[Fault] = []

    def fault(key: str, names: list[str], expected: str) -> None:
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            faults.append(Fault(file=file, key=key, value=", ".join(names[:5]) + more, expected=expected))

    known = set(snapshot.bus_id.tolist())
    twice = pd.Series(snapshot.bus_id).duplicated().to_numpy()
    fault("buses", [snapshot.bus_name[i] for i in np.flatnonzero(twice)], "each bus once")
    for key, at in (("generation", snapshot.unit_bus), ("fixed injections", snapshot.fixed_bus)):
        fault(f"bus of {key}", [str(b) for b in sorted(set(at.tolist()) - known)], "a bus of the file")
    for key, ids in (("from bus", snapshot.from_bus), ("to bus", snapshot.to_bus)):
        lost = [i for i, bus in enumerate(ids.tolist()) if bus not in known]
        fault(f"{key} of branches", [f"{ids[i]} of {snapshot.branch_name[i]}" for i in lost], "a bus of the file")
    same = np.flatnonzero(snapshot.from_bus == snapshot.to_bus)
    fault("branches", [snapshot.branch_name[i] for i in same], "two different ends")
    flat = np.flatnonzero(~(np.abs(snapshot.x_pu) > 0))
    fault("reactance of branches", [snapshot.branch_name[i] for i in flat], "a number other than 0")
    low = np.flatnonzero(~(snapshot.rate_mw >= 0))
    fault("rating of branches", [snapshot.branch_name[i] for i in low], "0 (unlimited) or more")
    for field in fields(snapshot):
        value = getattr(snapshot, field.name)
        if isinstance(value, np.ndarray) and field.name not in ("x_pu", "rate_mw"):
            bad = np.flatnonzero(np.isnan(value) | (np.isinf(value) & (field.name != "unit_max_mw")))
            fault(field.name, [f"{value[i]} at {i + 1}" for i in bad], "finite numbers")
    return faults


def _islands(ends: IntArray, buses: int) -> IntArray:
    """Island of each bus, the largest first."""
    links = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(buses, buses))
    _, piece = connected_components(links, directed=False)
    rank = np.empty(piece.max() + 1, dtype=np.int64)
    rank[np.argsort(-np.bincount(piece), kind="stable")] = np.arange(len(rank))
    return np.asarray(rank[piece])


def _at(index: pd.Index, ids: IntArray) -> IntArray:
    return np.asarray(index.get_indexer(pd.Index(ids)), dtype=np.int64)


def _some(snapshot: Snapshot, at: NDArray[np.int64]) -> str:
    names = [snapshot.bus_name[i] for i in at[:5]]
    return ", ".join(names) + (f" and {len(at) - 5} more" if len(at) > 5 else "")
