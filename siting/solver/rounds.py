"""Lines that a plan overloads, as rows of the next search.

Solve, power flow of all sites together in every quarter, rows of the overloaded lines, solve again: every row holds for
every plan that overloads nothing, so rows stay, and the last bound is a bound for all such plans.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from siting.grid.joint import GridRow, overload_rows
from siting.grid.network import Network
from siting.grid.outages import overload_rows_n1
from siting.problem import FloatArray, Problem
from siting.problem.grid_rows import NO_OUTAGE, GridRows
from siting.solver.decisions import Decisions
from siting.solver.standing import standing_modules


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a plan is looked at on the network."""

    joint: Literal["n0", "n1", "off"]
    emergency_share: float
    least_factor: float


def standing_utility_mw(p: Problem, d: Decisions) -> FloatArray:
    """(I, T) MW at the meter of the halls that stand, at the peak PUE."""
    return np.asarray(standing_modules(p, d) * p.module_it_mw * p.pue_peak[:, None])


def overloaded(network: Network, p: Problem, d: Decisions, look: Look) -> list[GridRow]:
    """Rows of the lines that the sites of a plan overload together in some quarter; outages are looked at once all
    lines hold."""
    assert p.grid is not None
    load = standing_utility_mw(p, d)
    drawing = (load > 0).any(axis=1) & (p.grid.bus_id >= 0)
    if not drawing.any():
        return []
    bus_id, mw = p.grid.bus_id[drawing], _distinct(load[drawing])
    return list(_rows_of(network, tuple(bus_id.tolist()), tuple(map(tuple, mw.tolist())), look))


@lru_cache(maxsize=32)
def _rows_of(
    network: Network, bus_id: tuple[int, ...], load_mw: tuple[tuple[float, ...], ...], look: Look
) -> tuple[GridRow, ...]:
    """Kept, as plans with the same halls are looked at again and again under other prices."""
    at, mw = np.array(bus_id, dtype=np.int64), np.array(load_mw)
    rows = overload_rows(network, at, mw)
    if not rows and look.joint == "n1":
        rows = overload_rows_n1(network, at, mw, emergency_share=look.emergency_share, least_factor=look.least_factor)
    return tuple(rows)


def _distinct(load_mw: FloatArray) -> FloatArray:
    """(S, Q) of (S, T): the quarters after which something changes, and the last."""
    changes = (load_mw[:, 1:] != load_mw[:, :-1]).any(axis=0)
    return np.asarray(load_mw[:, np.append(changes, True)])


def with_rows(grid: GridRows, network: Network, rows: list[GridRow], look: Look) -> GridRows:
    """The grid block with the rows added, over all its candidates; a row that is there already and is broken before the
    last quarter holds in every quarter from now on."""
    known = {key: r for r, key in enumerate(_keys(grid))}
    every = grid.every_quarter.copy()
    every[[known[_key(row)] for row in rows if _key(row) in known and row.early]] = True
    grid = dataclasses.replace(grid, every_quarter=every)
    rows = [row for row in rows if _key(row) not in known]
    at_bus = grid.bus_id >= 0
    bus = network.bus_position(grid.bus_id[at_bus])
    factor = np.zeros((len(rows), len(grid.bus_id)))
    if rows:
        factor[:, at_bus] = [row.sign * row.factor[bus] for row in rows]
    rate = dict(zip(network.branch_id.tolist(), network.rate_mw.tolist(), strict=True))
    share = [1.0 if row.outage_branch_id is None else look.emergency_share for row in rows]
    return dataclasses.replace(
        grid,
        factor=np.vstack([grid.factor, factor]),
        room_mw=np.append(grid.room_mw, [row.room_mw for row in rows]),
        limit_mw=np.append(grid.limit_mw, [s * rate[row.branch_id] for s, row in zip(share, rows, strict=True)]),
        branch_id=np.append(grid.branch_id, [row.branch_id for row in rows]).astype(np.int64),
        outage_id=np.append(
            grid.outage_id, [NO_OUTAGE if row.outage_branch_id is None else row.outage_branch_id for row in rows]
        ).astype(np.int64),
        sign=np.append(grid.sign, [row.sign for row in rows]).astype(np.int64),
        every_quarter=np.append(grid.every_quarter, [row.early for row in rows]).astype(bool),
    )


def _key(row: GridRow) -> tuple[int, int, int]:
    return row.branch_id, NO_OUTAGE if row.outage_branch_id is None else row.outage_branch_id, row.sign


def _keys(grid: GridRows) -> list[tuple[int, int, int]]:
    return list(zip(grid.branch_id.tolist(), grid.outage_id.tolist(), grid.sign.tolist(), strict=True))
