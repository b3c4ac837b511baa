r"""What a unit of capacity is worth to a campus by the regions that it reaches.

Regions ask for D_jt; serving one unit of it is worth `served`_jt, and where latency counts it costs l_ij, the round
trip over all that is asked for times its weight (`weights`). With x_jt what a campus serves of region j, worth
w_jt = served_jt - l_ij each, Q_t its capacity and Z_t whether it is open, x_jt <= D_jt Z_t and sum_j x_jt <= Q_t. For
any theta_t >= 0

    sum_j w_jt x_jt <= theta_t Q_t + sum_j D_jt max(0, w_jt - theta_t) Z_t

so both are prices that keep the bound valid (the dual of a continuous knapsack). With theta_t the dearest region the
second part is 0 and nothing is asked of being open; a theta_t below it tells a campus by what its regions demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from siting.pricing.multipliers import Multipliers
from siting.pricing.weights import weights_of
from siting.problem import BoolArray, FloatArray, IntArray, Problem

LIKEST = 6
"""Known coverage classes that are tried for one that is not known."""
AT_A_TIME = 4_000_000
"""Numbers of an array over classes, regions and quarters that is worked on at a time: 32 MB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage:
    """Campuses or offers by what they serve: C classes of those that are alike in that."""

    reach: BoolArray
    """(C, J)"""
    dearer: FloatArray
    """(C, J) what a unit of service costs for its round trip, in units of the objective; 0 out of reach."""
    member: IntArray
    """(n,) class of each."""


def reach_classes(p: Problem) -> tuple[BoolArray, IntArray]:
    """(C, J) distinct rows of `p.reach`, and (I,) the row of each candidate."""
    packed = np.packbits(p.reach, axis=1)
    _, first, member = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return p.reach[first], member.reshape(-1)


def coverage_of(p: Problem, y: Multipliers) -> Coverage:
    """Candidates by what they serve; every one for itself where latency counts. y: signed."""
    if p.rtt_ms is not None and weights_of(p, y).latency > 0.0:
        everyone = np.arange(len(p.reach))
        return Coverage(reach=p.reach, dearer=_dearer(p, y, p.reach, p.rtt_ms), member=everyone)
    reach, member = reach_classes(p)
    return Coverage(reach=reach, dearer=np.zeros(reach.shape), member=member)


def lease_worth(p: Problem, y: Multipliers) -> FloatArray:
    """(L, T) worth of one H100e of capacity of an offer. y: signed."""
    return most_worth(p.lease_reach, _dearer(p, y, p.lease_reach, p.lease_rtt_ms), y)


def _dearer(p: Problem, y: Multipliers, reach: BoolArray, rtt_ms: FloatArray | None) -> FloatArray:
    weight, asked = weights_of(p, y).latency, float(p.demand_h100e.sum())
    if rtt_ms is None or weight == 0.0 or asked == 0.0:
        return np.zeros(reach.shape)
    return np.asarray(weight / asked * np.where(reach, rtt_ms, 0.0))


def most_worth(reach: BoolArray, dearer: FloatArray, y: Multipliers) -> FloatArray:
    """(C, T) worth of one H100e of capacity that reaches these regions and serves the dearest of them."""
    worth = np.zeros((len(reach), y.served.shape[1]))
    for at, net in _net_worth(reach, dearer, y):
        worth[at] = net.max(axis=1, initial=0.0)
    return worth


def _net_worth(reach: BoolArray, dearer: FloatArray, y: Multipliers) -> Iterator[tuple[slice, FloatArray]]:
    """(c, J, T) worth of serving each region less what its round trip costs, 0 at least, for some classes at a time."""
    size = max(1, AT_A_TIME // max(1, y.served.size))
    for start in range(0, len(reach), size):
        at = slice(start, start + size)
        net = np.maximum(y.served[None] - dearer[at, :, None], 0.0)
        net *= reach[at, :, None]
        yield at, net


def capacity_worths(p: Problem, y: Multipliers) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Several (I, T) worths of one H100e of capacity of a campus, each with the (I, T) worth of being open. y: signed.

    theta: `y.capacity` of the class; elsewhere as much of the dearest region as in the known class whose dearest
    regions are likest, then in the second of these, and so on, at last the dearest region itself.
    """
    cover = coverage_of(p, y)
    most = most_worth(cover.reach, cover.dearer, y)
    if (known := _known(p, y, cover)) is not None:
        share = np.where(known.most > 0.0, np.minimum(known.capacity, known.most) / np.maximum(known.most, 1e-12), 1.0)
        near = np.argsort(cdist(most, known.most, "cityblock"), axis=1, kind="stable")[:, :LIKEST]
        near[:, 0] = np.where(known.row >= 0, known.row, near[:, 0])
        for like in near.T:
            theta = most * share[like]
            opened = np.zeros_like(most)
            for at, net in _net_worth(cover.reach, cover.dearer, y):
                beyond = np.maximum(net - theta[at][:, None, :], 0.0)
                opened[at] = np.einsum("cjt,jt->ct", beyond, p.demand_h100e)
            yield theta[cover.member], opened[cover.member]
    yield most[cover.member], np.zeros((len(cover.member), p.quarters))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """N classes of which the worth of capacity is known."""

    most: FloatArray  # (N, T) of their dearest regions
    capacity: FloatArray  # (N, T)
    row: IntArray  # (C,) which of them a class is, -1 for none


def _known(p: Problem, y: Multipliers, cover: Coverage) -> _Known | None:
    if y.reach_of is None or y.capacity is None or not len(y.reach_of):
        return None
    row = np.full(len(cover.reach), -1, dtype=np.int64)
    if not cover.dearer.any():
        key = {regions.tobytes(): n for n, regions in enumerate(y.reach_of)}
        for c, regions in enumerate(cover.reach):
            row[c] = key.get(regions.tobytes(), -1)
        return _Known(most=most_worth(y.reach_of, np.zeros(y.reach_of.shape), y), capacity=y.capacity, row=row)
    position = {str(name): i for i, name in enumerate(p.candidate_id)}  # then capacity is that of single candidates
    found = [(n, position[name]) for n, name in enumerate(y.power_of[: len(y.capacity)]) if name in position]
    if not found:
        return None
    rows, at = np.array(found, dtype=np.int64).T
    row[at] = np.arange(len(at))
    return _Known(most=most_worth(cover.reach[at], cover.dearer[at], y), capacity=y.capacity[rows], row=row)
