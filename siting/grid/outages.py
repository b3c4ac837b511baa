"""Lines that several sites overload together after an outage (N-1), and their rows. DC power flow, as in `joint`.

    after the outage of k line l carries  f_l + L_lk f_k,    L_lk = h_lk / (1 - h_kk),
    its row is  sign x sum_n (s_ln + L_lk s_kn) P_n <= emergency_share x rate_l - sign x (f_l + L_lk f_k)  of the base.

h_lk is the flow on l for 1 MW sent from end to end of k; source as in `hosting`. Left out, as there: outages that cut
the network in two, outages of unrated branches (ties inside a substation), pairs violated before new load comes.

Screen. Pairs are millions, but a pair can only be overloaded *by the plan* if the plan moves its line or its outage. So
every branch whose flow the plan changes by `moved_mw` or more is solved once: as a line against all outages, as an
outage against all other lines. Both are exact, whatever the factor; nothing is cut off at 5 % as in `hosting`. What is
not looked at: pairs in which line and outage both move by less; there the plan changes the flow after the outage by
less than (1 + |L_lk|) x moved_mw, with |L_lk| <= 1 where reactances are positive. Measured, ten sites of 2 GW together
at 5 MW on a busy machine: Texas 1,352 of 3,206 branches in 0.3 s, Western 1,802 of 12,730 in 1.4 s, Eastern 6,581 of
88,256 in 100 s; Eastern at 10 MW 3,005 branches in 20 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siting.grid.hosting import BRIDGE, EMERGENCY
from siting.grid.joint import MOST_ROWS, GridRow, line_factors, transfer_angles
from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.own_factors import COLUMNS, own_factors, transfers
from siting.grid.powerflow import OVERLOAD_TOLERANCE_MW, base_flows_mw, factorise, joint_flows_mw, load_at_buses

MOVED_MW = 5.0
"""Change of flow below which a branch is not solved for. At most twice as much is missed after an outage."""


@dataclass(frozen=True, kw_only=True)
class OutageOverload:
    """A monitored line above its emergency rating after one outage, with all sites together."""

    branch_id: int
    outage_branch_id: int
    flow_mw: float
    """After the outage, signed from `from_bus` to `to_bus`."""
    limit_mw: float
    """Emergency rating."""

    @property
    def excess_mw(self) -> float:
        """MW above the emergency rating."""
        return abs(self.flow_mw) - self.limit_mw


@dataclass(frozen=True, kw_only=True)
class OutageCheck:
    """All sites at once under every single outage that the plan or its lines feel."""

    ok: bool
    overloads: tuple[OutageOverload, ...]
    """Largest excess first, at most as many as asked for."""
    pairs_over: int
    """How many pairs of line and outage are overloaded in all."""
    outages: int
    """Outages that are possible: rated branches that do not cut the network in two."""
    moved_branches: int
    """Branches whose flow the plan changes by `moved_mw` or more, each solved once."""
    moved_mw: float
    emergency_share: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pairs:
    """Overloaded pairs by branch position, largest excess first."""

    line: IntArray
    outage: IntArray
    share: FloatArray
    """L_lk."""
    flow_mw: FloatArray
    excess_mw: FloatArray


def joint_check_n1(
    network: Network,
    bus_id: ArrayLike,
    utility_mw: ArrayLike,
    *,
    emergency_share: float = EMERGENCY,
    moved_mw: float = MOVED_MW,
    most: int = 1000,
) -> OutageCheck:
    """Whether lines keep their emergency rating after each outage with new load `utility_mw` (S,) at `bus_id` (S,).

    Says nothing of N-0 and of spare generation: `powerflow.joint_check` does. emergency_share: rating after an outage
    over the rating before it. moved_mw: see the module; 0 looks at every pair. most: overloads listed at most.
    Raises InputError for an unknown bus, ValueError for MW below 0 or NaN.
    """
    pairs, moved = _overloaded(network, load_at_buses(network, bus_id, utility_mw), emergency_share, moved_mw)
    overloads = tuple(
        OutageOverload(
            branch_id=int(network.branch_id[line]),
            outage_branch_id=int(network.branch_id[outage]),
            flow_mw=float(flow),
            limit_mw=float(emergency_share * network.rate_mw[line]),
        )
        for line, outage, flow in zip(pairs.line[:most], pairs.outage[:most], pairs.flow_mw[:most], strict=True)
    )
    return OutageCheck(
        ok=not len(pairs.line),
        overloads=overloads,
        pairs_over=len(pairs.line),
        outages=int(_possible(network).sum()),
        moved_branches=moved,
        moved_mw=moved_mw,
        emergency_share=emergency_share,
    )


def overload_rows_n1(
    network: Network,
    bus_id: ArrayLike,
    utility_mw: ArrayLike,
    *,
    emergency_share: float = EMERGENCY,
    moved_mw: float = MOVED_MW,
    most: int = MOST_ROWS,
) -> list[GridRow]:
    """Rows of the lines that these loads overload after an outage, each line with its worst outage, worst line first.

    Other outages of the same line come in later rounds if they still overload it. Empty exactly when `joint_check_n1`
    is ok. Arguments and errors as there.
    """
    pairs, _ = _overloaded(network, load_at_buses(network, bus_id, utility_mw), emergency_share, moved_mw)
    chosen = np.sort(np.unique(pairs.line, return_index=True)[1])[:most]
    line, outage, share = pairs.line[chosen], pairs.outage[chosen], pairs.share[chosen]
    base = base_flows_mw(network)
    factors = line_factors(network, line) + share[:, None] * line_factors(network, outage)
    factors.setflags(write=False)
    sign = np.where(pairs.flow_mw[chosen] > 0, 1, -1)
    room = emergency_share * network.rate_mw[line] - sign * (base[line] + share * base[outage])
    return [
        GridRow(
            branch_id=int(network.branch_id[line[i]]),
            outage_branch_id=int(network.branch_id[outage[i]]),
            sign=int(sign[i]),
            factor=factors[i],
            room_mw=float(room[i]),
            excess_mw=float(pairs.excess_mw[chosen[i]]),
        )
        for i in range(len(chosen))
    ]


def _possible(network: Network) -> NDArray[np.bool_]:
    """(L,) whether the outage of a branch is one."""
    return np.asarray((network.rate_mw > 0) & (1.0 - own_factors(network) >= BRIDGE))


def _overloaded(
    network: Network, load_mw_by_bus: FloatArray, emergency_share: float, moved_mw: float
) -> tuple[_Pairs, int]:
    """Overloaded pairs, and how many branches moved."""
    flow = factorise(network)
    before, after = base_flows_mw(network), joint_flows_mw(network, load_mw_by_bus)
    moved = np.abs(after - before) >= moved_mw
    limit = emergency_share * network.rate_mw
    possible = _possible(network)
    stays = np.where(possible, 1.0 - own_factors(network), np.inf)
    found: list[tuple[IntArray, IntArray, FloatArray]] = []

    def keep(line: IntArray, outage: IntArray, share: FloatArray) -> None:
        """Of pairs with share (N, K), line and outage (N, 1) and (K,) or the other way round: what the plan breaks."""
        at = np.nonzero(np.abs(share * after[outage] + after[line]) > limit[line] + OVERLOAD_TOLERANCE_MW)
        line, outage = (np.broadcast_to(branch, share.shape)[at] for branch in (line, outage))
        share = share[at]
        kept = (np.abs(before[line] + share * before[outage]) <= limit[line]) & (line != outage)
        found.append((line[kept], outage[kept], share[kept]))

    every = np.flatnonzero(possible)
    lines = np.flatnonzero(moved & network.monitored)
    for start in range(0, len(lines), COLUMNS):
        some = lines[start : start + COLUMNS]
        y = transfer_angles(network, some)
        keep(some, every[:, None], (y[network.from_bus[every]] - y[network.to_bus[every]]) / stays[every, None])
    still = np.flatnonzero(network.monitored & ~moved)
    outages = np.flatnonzero(moved & possible)
    for start in range(0, len(outages), COLUMNS):
        some = outages[start : start + COLUMNS]
        angle = flow.angles(transfers(network, some))
        drop = angle[network.from_bus[still]] - angle[network.to_bus[still]]
        keep(still[:, None], some, drop * flow.susceptance_mw[still, None] / stays[some])
    line, outage = (np.concatenate([np.empty(0, dtype=np.int64), *(f[i] for f in found)]) for i in (0, 1))
    share = np.concatenate([np.empty(0), *(f[2] for f in found)])
    then = after[line] + share * after[outage]
    excess = np.abs(then) - limit[line]
    order = np.argsort(-excess, kind="stable")
    pairs = _Pairs(
        line=line[order], outage=outage[order], share=share[order], flow_mw=then[order], excess_mw=excess[order]
    )
    return pairs, int(moved.sum())
