"""Hosting capacity: MW of new load that a bus takes, alone, before a line overloads. DC power flow, distributed slack.

    N-0:  |f_l + s_ln P| <= rate_l                                          every monitored line l
    N-1:  |f_l + L_lk f_k + (s_ln + L_lk s_kn) P| <= emergency x rate_l     every pair of line l and outage k

with f the base flows, s_ln MW on l per MW of load at n, and L_lk the line-outage distribution factor: the share of the
flow of k that moves to l when k is out, L_lk = h_lk / (1 - h_kk) with h_lk the flow on l for 1 MW sent from end to end
of k. Source: Wood, Wollenberg, Sheble, "Power Generation, Operation, and Control", 3rd ed., ch. 7.

Assumptions, each an argument: N-0 factors below 2 % are not felt; pairs are felt when both the outage factor and the
factor of new load after the outage reach 5 % (what is remote is the matter of the joint check); emergency rating 115 %.
Outages that cut the network in two are left out (what hangs behind them is lost, not overloaded), and so are pairs that
are violated before any new load comes.

Several sites do not add up: caps hold for one site alone; `powerflow.joint_check` is for all together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.powerflow import factorise, flows_mw, load_factors

COLUMNS = 8
"""Buses solved together: 8 doubles are one cache line; 64 were slower."""
CUTOFF = 0.02
PAIR_CUTOFF = 0.05
EMERGENCY = 1.15
BRIDGE = 1e-6
"""1 - h_kk of an outage must exceed this. At 0 there is no other path: the outage cuts the network in two. Below 0 the
other path exists only in the equivalent star of a three-winding transformer, whose legs do not fail one by one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OutagePairs:
    """P pairs of a monitored line and an outage that it feels. Branches by position in a network, sorted by outage."""

    line: IntArray
    outage: IntArray
    factor: FloatArray
    """Share of the outage's flow that moves to the line."""
    flow_mw: FloatArray
    """Flow on the line after the outage, base case."""
    limit_mw: FloatArray
    """Emergency rating of the line."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hosting:
    """Hosting capacity of K buses, utility MW; inf where nothing binds. Branches by position, -1 where none binds."""

    n0_mw: FloatArray
    n0_line: IntArray
    n1_mw: FloatArray
    """Never above `n0_mw`. NaN when no pairs were given."""
    n1_line: IntArray
    """The line that overloads first, N-0 limits included."""
    n1_outage: IntArray
    """The outage that does it; -1 where the N-0 limit binds first."""


def hosting(
    network: Network,
    bus: IntArray,
    pairs: OutagePairs | None = None,
    *,
    cutoff: float = CUTOFF,
    pair_cutoff: float = PAIR_CUTOFF,
) -> Hosting:
    """Hosting capacity of each bus position (K,), N-0, and N-1 when pairs are given.

    cutoff, pair_cutoff: factors (MW per MW) below them are not felt, in (0, 1). Raises ValueError where an island has
    no spare generation.
    """
    base = flows_mw(network)
    watched = np.flatnonzero(network.monitored)
    k = len(bus)
    n0_mw, n1_mw = np.full(k, np.inf), np.full(k, np.nan)
    n0_line, n1_line, n1_outage = (np.full(k, -1, dtype=np.int64) for _ in range(3))
    reach = None if pairs is None else _reach(pairs, len(base))
    for start in range(0, k, COLUMNS):
        chunk = slice(start, min(start + COLUMNS, k))
        factors = load_factors(network, bus[chunk])
        felt = watched[(np.abs(factors[watched]) >= cutoff).any(axis=1)]
        mw, at = _first_limit(factors[felt], base[felt], network.rate_mw[felt], cutoff)
        n0_mw[chunk], n0_line[chunk] = mw, np.where(at >= 0, felt[at] if len(felt) else -1, -1)
        if pairs is None or reach is None:
            continue
        # A pair is felt only if the line or the outage carries half the cutoff: most of a continent is skipped.
        largest = np.abs(factors).max(axis=1)
        line_moves, outage_moves = largest >= pair_cutoff / 2, largest * reach >= pair_cutoff / 2
        felt = np.flatnonzero(line_moves[pairs.line] | outage_moves[pairs.outage])
        line, outage = pairs.line[felt], pairs.outage[felt]
        both = factors[line] + pairs.factor[felt, None] * factors[outage]
        mw1, at1 = _first_limit(both, pairs.flow_mw[felt], pairs.limit_mw[felt], pair_cutoff)
        outage_first = mw1 < mw
        n1_mw[chunk] = np.minimum(mw, mw1)
        n1_line[chunk] = np.where(outage_first, line[at1] if len(felt) else -1, n0_line[chunk])
        n1_outage[chunk] = np.where(outage_first, outage[at1] if len(felt) else -1, -1)
    return Hosting(n0_mw=n0_mw, n0_line=n0_line, n1_mw=n1_mw, n1_line=n1_line, n1_outage=n1_outage)


def outage_pairs(
    network: Network,
    *,
    pair_cutoff: float = PAIR_CUTOFF,
    emergency: float = EMERGENCY,
    outages: IntArray | None = None,
) -> OutagePairs:
    """Pairs of monitored lines and outages with |factor| >= pair_cutoff that hold before new load comes.

    emergency: rating after an outage over the rating before it. outages: branch positions; all rated ones by default
    (unrated branches are ties inside a substation, which do not fail as lines do).
    """
    flow = factorise(network)
    base = flows_mw(network)
    outages = np.flatnonzero(network.rate_mw > 0) if outages is None else outages
    lines, outs, values = [], [], []
    for start in range(0, len(outages), COLUMNS):
        out = outages[start : start + COLUMNS]
        column = np.arange(len(out))
        transfer = np.zeros((len(network.bus_id), len(out)))
        np.add.at(transfer, (network.from_bus[out], column), 1.0)
        np.subtract.at(transfer, (network.to_bus[out], column), 1.0)
        moved = flow.branch_flows(transfer)
        stays = 1.0 - moved[out, column]
        bridge = stays < BRIDGE
        moved /= np.where(bridge, np.inf, stays)
        moved[out, column] = 0.0
        moved[~network.monitored] = 0.0
        line, c = np.nonzero(np.abs(moved) >= pair_cutoff)
        lines.append(line)
        outs.append(out[c])
        values.append(moved[line, c])
    line, outage, factor = np.concatenate(lines), np.concatenate(outs), np.concatenate(values)
    after = base[line] + factor * base[outage]
    limit = emergency * network.rate_mw[line]
    keep = np.flatnonzero(np.abs(after) <= limit)
    keep = keep[np.argsort(outage[keep], kind="stable")]
    return OutagePairs(
        line=line[keep], outage=outage[keep], factor=factor[keep], flow_mw=after[keep], limit_mw=limit[keep]
    )


def _first_limit(
    factor: FloatArray, flow_mw: FloatArray, limit_mw: FloatArray, cutoff: float
) -> tuple[FloatArray, IntArray]:
    """Least P with |flow + factor P| = limit in each column and the row where it is; inf and -1 when no row is felt."""
    if not len(factor):
        return np.full(factor.shape[1], np.inf), np.full(factor.shape[1], -1, dtype=np.int64)
    room = limit_mw[:, None] - np.sign(factor) * flow_mw[:, None]
    size = np.abs(factor)
    mw = np.divide(room, size, out=np.full(factor.shape, np.inf), where=size >= cutoff)
    row = np.argmin(mw, axis=0)
    least = mw[row, np.arange(factor.shape[1])]
    return np.maximum(least, 0.0), np.where(np.isfinite(least), row, -1)


def _reach(pairs: OutagePairs, branches: int) -> FloatArray:
    """Largest |factor| of each outage over its pairs, (L,)."""
    reach = np.zeros(branches)
    np.maximum.at(reach, pairs.outage, np.abs(pairs.factor))
    return reach
