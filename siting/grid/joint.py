"""Lines that several sites overload together, as linear rows of their loads: what a planning model must still learn.

A line l carries f_l + sum over buses n of s_ln P_n with P new load at each bus, so what keeps it in its rating is

    sign x sum_n s_ln P_n <= room,    room = rate - sign x f_l,    sign = +1 or -1, the direction it is overloaded in.

One line's factors at *all* buses take one solve, not one a bus: flow_l = b_l (e_f - e_t)' Z injection and Z is
symmetric, so the row is y = Z b_l (e_f - e_t), and with the distributed slack s_ln = sum_m slack_m y_m - y_n.

Rows are found one round at a time: solve, check, add rows of what is overloaded, until nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.own_factors import COLUMNS, transfers
from siting.grid.powerflow import OVERLOAD_TOLERANCE_MW, base_flows_mw, factorise, joint_flows_mw, load_at_buses

MOST_ROWS = 50
"""Rows a round: the worst lines relieve their neighbours, and a model with few rows solves fast."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GridRow:
    """sign x (factor . new load by bus) <= room_mw: one line in one direction, in the base case or after one outage."""

    branch_id: int
    outage_branch_id: int | None
    """The branch that is out; None for N-0."""
    sign: int
    """+1 where flow from `from_bus` to `to_bus` is what exceeds, -1 for the other way."""
    factor: FloatArray
    """(B,) MW on the line per MW of new load at each bus position, met by the distributed slack; read-only."""
    room_mw: float
    """Rating less what the base case carries in this direction."""
    excess_mw: float
    """MW above the rating under the loads for which the row was found, in the worst of their quarters."""
    early: bool
    """Whether it is exceeded in a quarter before the last: then a load that relieves the line must be there in time."""


def transfer_angles(network: Network, lines: IntArray) -> FloatArray:
    """y of each line position (R,): MW on it per MW *injected* at each bus and taken out at its reference, (B, R)."""
    flow = factorise(network)
    y = np.empty((len(network.bus_id), len(lines)))
    for start in range(0, len(lines), COLUMNS):
        chunk = slice(start, start + COLUMNS)
        y[:, chunk] = flow.angles(transfers(network, lines[chunk]) * flow.susceptance_mw[lines[chunk]])
    return y


def line_factors(network: Network, lines: IntArray) -> FloatArray:
    """MW on each line position (R,) per MW of new load at each bus, (R, B): rows of `load_factors`, one solve each.

    0 at the buses of other islands. Raises ValueError for a line of an island without spare generation.
    """
    flow = factorise(network)
    island = network.island[network.from_bus[lines]]
    stranded = network.spare_by_island_mw()[island] <= 0
    if stranded.any():
        names = sorted({network.island_names[i] for i in island[stranded]})
        raise ValueError(f"no spare generation to meet new load in {', '.join(names)}")
    y = transfer_angles(network, lines).T
    slack = y @ flow.slack  # y is 0 in every other island
    return np.where(network.island == island[:, None], slack[:, None] - y, 0.0)


def room_mw(network: Network, lines: IntArray) -> FloatArray:
    """MW that each line position (R,) takes more, forwards and backwards, (R, 2): rate - flow and rate + flow.

    inf where the line is not monitored.
    """
    flow, rate = base_flows_mw(network)[lines], network.rate_mw[lines]
    room = np.column_stack([rate - flow, rate + flow])
    return np.where(network.monitored[lines, None], room, np.inf)


def overload_rows(
    network: Network, bus_id: ArrayLike, utility_mw: ArrayLike, *, most: int = MOST_ROWS
) -> list[GridRow]:
    """Rows of the monitored lines that new load of `utility_mw` (S,), or (S, Q) by quarter, at `bus_id` (S,) overloads,
    largest excess first; a line once, in the direction of its worst quarter.

    Empty exactly when `powerflow.joint_check` lists no overload in any quarter. No factor is too small to count. most:
    rows at most. Raises as `joint_check`.
    """
    flow = joint_flows_mw(network, load_at_buses(network, bus_id, by_quarter(utility_mw)))
    excess = np.where(network.monitored[:, None], np.abs(flow) - network.rate_mw[:, None], -np.inf)
    worst = excess.max(axis=1)
    over = np.flatnonzero(worst > OVERLOAD_TOLERANCE_MW)
    lines = over[np.argsort(-worst[over], kind="stable")][:most]
    sign, early = direction(flow[lines], network.rate_mw[lines])
    return list(_rows(network, lines, sign, worst[lines], early))


def by_quarter(utility_mw: ArrayLike) -> FloatArray:
    """Loads (S, Q); loads (S,) are those of one quarter, the last."""
    mw = np.asarray(utility_mw, dtype=np.float64)
    return mw if mw.ndim == 2 else np.atleast_1d(mw)[:, None]


def direction(flow_mw: FloatArray, limit_mw: FloatArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Of flows (N, Q): sign of the largest, (N,), and whether the limit is passed that way before the last quarter."""
    worst = np.abs(flow_mw).argmax(axis=1)
    sign = np.where(flow_mw[np.arange(len(flow_mw)), worst] > 0, 1, -1)
    before = sign[:, None] * flow_mw[:, :-1] > limit_mw[:, None] + OVERLOAD_TOLERANCE_MW
    return sign, np.asarray(before.any(axis=1))


def _rows(
    network: Network, lines: IntArray, sign: IntArray, excess_mw: FloatArray, early: NDArray[np.bool_]
) -> Iterator[GridRow]:
    factors = line_factors(network, lines)
    factors.setflags(write=False)
    room = room_mw(network, lines)
    for at, line in enumerate(lines):
        yield GridRow(
            branch_id=int(network.branch_id[line]),
            outage_branch_id=None,
            sign=int(sign[at]),
            factor=factors[at],
            room_mw=float(room[at, 0 if sign[at] > 0 else 1]),
            excess_mw=float(excess_mw[at]),
            early=bool(early[at]),
        )
