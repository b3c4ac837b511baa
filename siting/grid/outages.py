"""Lines that several sites overload together after an outage (N-1), and their rows. DC power flow, as in `joint`.

    after the outage of k line l carries  f_l + L_lk f_k,    L_lk = h_lk / (1 - h_kk),
    a MW of new load at n adds            g_n = s_ln + L_lk s_kn,    held to be 0 where |g_n| < least factor,
    its row is  sign x sum_n g_n P_n <= emergency_share x rate_l - sign x (f_l + L_lk f_k)  of the base.

h_lk is the flow on l for 1 MW sent from end to end of k; source as in `hosting`. Left out, as there: outages that cut
the network in two, outages of unrated branches (ties inside a substation), pairs violated before new load comes.

Least factor. New load is met by spare generation all over its island, so every load moves every line a little, and one
pair close to its limit would bar the whole island. Practice holds a load with a distribution factor below 3 to 5 % not
to load the line: what is remote is the operator's redispatch. `hosting` has 5 % for the pairs of one site alone (and
leaves out outages that move less than 5 % to the line, which here count); N-0 rows count everything.

Screen. A load counts on a pair only if |s_ln| or |L_lk s_kn| reaches half the least factor, and |L_lk| <= 1 where
reactances are positive. So every branch that some site moves by half the least factor or more is solved once: as a line
against all outages, as an outage against all other lines; no other pair is looked at. Measured, ten sites: Texas 645 of
3,206 branches, Western 1,208 of 12,730, Eastern 2,723 of 88,256. With 0 every branch is solved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siting.grid.hosting import BRIDGE, EMERGENCY, PAIR_CUTOFF
from siting.grid.joint import MOST_ROWS, GridRow, by_quarter, direction, line_factors, transfer_angles
from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.own_factors import COLUMNS, own_factors, transfers
from siting.grid.powerflow import OVERLOAD_TOLERANCE_MW, base_flows_mw, factorise, load_factors

OUTAGES_A_LINE = 3
"""Outages of one line that become rows in one round: the next worst would often be the next round's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BrokenPairs:
    """N overloaded pairs by branch position, largest excess first."""

    line: IntArray
    outage: IntArray
    share: FloatArray
    """L_lk."""
    flow_mw: FloatArray
    """(N, Q) on the line after the outage, of the base case and of loads that count, signed from `from_bus`."""
    excess_mw: FloatArray
    """Above the emergency rating, in the worst quarter."""


def broken_pairs(
    network: Network,
    bus_id: ArrayLike,
    utility_mw: ArrayLike,
    *,
    emergency_share: float = EMERGENCY,
    least_factor: float = PAIR_CUTOFF,
) -> BrokenPairs:
    """Pairs of line and outage that new load `utility_mw` (S,), or (S, Q) by quarter, at `bus_id` (S,) breaks.

    Says nothing of N-0 and of spare generation: `powerflow.joint_check` does. emergency_share: rating after an outage
    over the rating before it. Raises InputError for an unknown bus, ValueError for MW below 0 or NaN.
    """
    bus, mw = _met(network, network.bus_position(bus_id), by_quarter(utility_mw))
    flow, before = factorise(network), base_flows_mw(network)
    limit = emergency_share * network.rate_mw
    factor = load_factors(network, bus)
    most = np.abs(factor) @ mw.max(axis=1, initial=0.0)  # MW on each branch if all sites moved it one way
    felt = np.abs(factor).max(axis=1, initial=0.0) >= least_factor / 2
    possible = possible_outages(network)
    stays = np.where(possible, 1.0 - own_factors(network), np.inf)
    found: list[tuple[IntArray, IntArray, FloatArray, FloatArray]] = []

    def keep(line: IntArray, outage: IntArray, share: FloatArray) -> None:
        """Of pairs with share (N, K), line and outage (N, 1) and (K,) or the other way round: what the plan breaks."""
        base = np.abs(before[line] + share * before[outage])
        at = np.nonzero((base <= limit[line]) & (base + most[line] + np.abs(share) * most[outage] > limit[line]))
        line, outage = (np.broadcast_to(branch, share.shape)[at] for branch in (line, outage))
        share = share[at]
        counted = counting(factor[line] + share[:, None] * factor[outage], least_factor)
        after = (before[line] + share * before[outage])[:, None] + counted @ mw
        over = (np.abs(after).max(axis=1, initial=0.0) > limit[line] + OVERLOAD_TOLERANCE_MW) & (line != outage)
        found.append((line[over], outage[over], share[over], after[over]))

    every = np.flatnonzero(possible)
    lines = np.flatnonzero(felt & network.monitored)
    for some in _chunks(lines):
        y = transfer_angles(network, some)
        keep(some, every[:, None], (y[network.from_bus[every]] - y[network.to_bus[every]]) / stays[every, None])
    still = np.flatnonzero(network.monitored & ~felt)
    for some in _chunks(np.flatnonzero(felt & possible)):
        angle = flow.angles(transfers(network, some))
        drop = angle[network.from_bus[still]] - angle[network.to_bus[still]]
        keep(still[:, None], some, drop * flow.susceptance_mw[still, None] / stays[some])
    none = np.empty(0, dtype=np.int64)
    line, outage = (np.concatenate([none, *(f[i] for f in found)]) for i in (0, 1))
    share = np.concatenate([np.empty(0), *(f[2] for f in found)])
    after = np.concatenate([np.empty((0, mw.shape[1])), *(f[3] for f in found)])
    excess = np.abs(after).max(axis=1, initial=0.0) - limit[line]
    order = np.argsort(-excess, kind="stable")
    return BrokenPairs(
        line=line[order], outage=outage[order], share=share[order], flow_mw=after[order], excess_mw=excess[order]
    )


def overload_rows_n1(
    network: Network,
    bus_id: ArrayLike,
    utility_mw: ArrayLike,
    *,
    emergency_share: float = EMERGENCY,
    least_factor: float = PAIR_CUTOFF,
    most: int = MOST_ROWS,
) -> list[GridRow]:
    """Rows of the lines that these loads overload after an outage, each line with its worst outages, worst pair first.

    Other outages of the same line come in later rounds if they still overload it. Empty exactly when no pair is broken.
    Arguments and errors as there.
    """
    pairs = broken_pairs(network, bus_id, utility_mw, emergency_share=emergency_share, least_factor=least_factor)
    chosen = _worst(pairs.line, most)
    line, outage, share = pairs.line[chosen], pairs.outage[chosen], pairs.share[chosen]
    base, limit = base_flows_mw(network), emergency_share * network.rate_mw[line]
    factors = counting(line_factors(network, line) + share[:, None] * line_factors(network, outage), least_factor)
    factors.setflags(write=False)
    sign, early = direction(pairs.flow_mw[chosen], limit)
    room = limit - sign * (base[line] + share * base[outage])
    return [
        GridRow(
            branch_id=int(network.branch_id[line[i]]),
            outage_branch_id=int(network.branch_id[outage[i]]),
            sign=int(sign[i]),
            factor=factors[i],
            room_mw=float(room[i]),
            excess_mw=float(pairs.excess_mw[chosen[i]]),
            early=bool(early[i]),
        )
        for i in range(len(chosen))
    ]


def possible_outages(network: Network) -> NDArray[np.bool_]:
    """(L,) whether the outage of a branch is one: rated, and it does not cut the network in two."""
    return np.asarray((network.rate_mw > 0) & (1.0 - own_factors(network) >= BRIDGE))


def counting(factor: FloatArray, least_factor: float) -> FloatArray:
    """Factors of loads that count; the others are 0."""
    return np.where(np.abs(factor) >= least_factor, factor, 0.0)


def _met(network: Network, bus: IntArray, mw: FloatArray) -> tuple[IntArray, FloatArray]:
    """Loads that their island can meet; of the others the balance speaks, not the flows."""
    if mw.shape[0] != len(bus) or not (mw >= 0).all():
        raise ValueError(f"one load of 0 MW or more for each of {len(bus)} buses is due, got {mw.tolist()}")
    met = (network.spare_by_island_mw() > 0)[network.island[bus]]
    return bus[met], mw[met]


def _chunks(branches: IntArray) -> Iterator[IntArray]:
    """So many as are solved together."""
    for start in range(0, len(branches), COLUMNS):
        yield branches[start : start + COLUMNS]


def _worst(line: IntArray, most: int) -> IntArray:
    """Positions of the first pairs of each line, of pairs sorted by excess."""
    seen: dict[int, int] = {}
    chosen = []
    for at, one in enumerate(line.tolist()):
        seen[one] = seen.get(one, 0) + 1
        if seen[one] <= OUTAGES_A_LINE:
            chosen.append(at)
    return np.array(chosen[:most], dtype=np.int64)
