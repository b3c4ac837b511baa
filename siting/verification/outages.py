"""Second reading of N-1: what each monitored line carries after the loss of one branch, quarter by quarter.

The rule, in words. Lose any rated branch, unless that cuts the network in two. No monitored line may then carry more
than `grid.emergency_share` of its rating, in any quarter. What it carried before goes by the line-outage factor. Of new
load only sites count that move the line, the lost branch's part included, by `grid.least_factor` of their MW or more.
A line that the loss overloads before any site comes is left out. Looked at are pairs whose line or lost branch is moved
by half the least factor or more by some site: where reactances are positive no other pair has a site that counts.

One solve a branch tells both what its loss does to all lines and, since h_lk / b_l = h_kl / b_k, what it takes itself
from the loss of each other branch; h_lk is the flow on l of 1 MW sent from end to end of k, b_l MW per radian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.grid.network import Network
from siting.grid.own_factors import own_factors
from siting.grid.powerflow import base_flows_mw, factorise, load_factors

Array = NDArray[Any]
KEPT_MW = 1e-3
"""Flow above the rating by less is rounding."""
APART = 1e-6
"""Share of a branch's flow that must find another way, else its loss cuts the network in two."""
TOGETHER = 16
"""Branches solved together."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A line above its emergency rating after a loss, in the worst of the quarters."""

    line: int
    """Position in the network, as `lost`."""
    lost: int
    quarter: int
    """Column of the loads."""
    flow_mw: float
    limit_mw: float


def losses(network: Network) -> Array:
    """Positions of the branches that can be lost."""
    return np.flatnonzero((network.rate_mw > 0) & (1.0 - own_factors(network) >= APART))


def broken_after_loss(
    network: Network, bus: Array, mw: Array, emergency_share: float, least_factor: float
) -> list[Broken]:
    """Largest excess first. bus (S,) positions of sites, mw (S, T) at the meter."""
    generated = network.spare_by_island_mw()[network.island[bus]] > 0
    bus, mw = bus[generated], mw[generated]
    if not len(bus):
        return []
    moved = load_factors(network, bus)
    near = np.flatnonzero((abs(moved) >= least_factor / 2).any(axis=1))
    b, away = factorise(network).susceptance_mw, 1.0 - own_factors(network)
    watched, lost = np.flatnonzero(network.monitored), losses(network)
    is_near, can_go = np.isin(np.arange(len(b)), near), np.isin(np.arange(len(b)), lost)
    reading = _Reading(network, moved, mw, emergency_share, least_factor)
    for start in range(0, len(near), TOGETHER):
        some = near[start : start + TOGETHER]
        for branch, h in zip(some.tolist(), _sent(network, some).T, strict=True):
            if can_go[branch]:
                others = watched[watched != branch]
                reading.look(others, np.full(len(others), branch), h[others] / away[branch])
            if network.monitored[branch]:
                gone = lost[~is_near[lost] & (lost != branch)]  # near ones are looked at as losses
                reading.look(np.full(len(gone), branch), gone, h[gone] * b[branch] / b[gone] / away[gone])
    return sorted(reading.broken, key=lambda one: abs(one.flow_mw) - one.limit_mw, reverse=True)


def line_after_loss(network: Network, line: int, lost: int, bus: Array, least_factor: float) -> tuple[float, Array]:
    """MW that the line carries after the loss without sites, and MW more per MW of each site (S,) that counts."""
    part = float(_sent(network, np.array([lost]))[line, 0] / (1.0 - own_factors(network)[lost]))
    moved = load_factors(network, bus)
    each = moved[line] + part * moved[lost]
    before = base_flows_mw(network)
    return float(before[line] + part * before[lost]), each * (abs(each) >= least_factor)


def _sent(network: Network, branches: Array) -> Array:
    """(L, K) flow on every branch of 1 MW sent from end to end of each of K branches."""
    sent = np.zeros((len(network.bus_id), len(branches)))
    for column, branch in enumerate(branches.tolist()):
        sent[network.from_bus[branch], column] += 1.0
        sent[network.to_bus[branch], column] -= 1.0
    return factorise(network).branch_flows(sent)


class _Reading:
    """Collects what is broken, pair by pair."""

    def __init__(self, network: Network, moved: Array, mw: Array, emergency_share: float, least_factor: float) -> None:
        self._before, self._limit = base_flows_mw(network), emergency_share * network.rate_mw
        self._moved, self._mw, self._least = moved, mw, least_factor
        self._reach = abs(moved) @ mw.max(axis=1)
        self.broken: list[Broken] = []

    def look(self, line: Array, lost: Array, part: Array) -> None:
        """At pairs (N,) in which `part` of the flow of what is lost comes to the line."""
        before, limit = self._before[line] + part * self._before[lost], self._limit[line]
        could = abs(before) + self._reach[line] + abs(part) * self._reach[lost] > limit
        for n in np.flatnonzero(could & (abs(before) <= limit)):
            each = self._moved[line[n]] + part[n] * self._moved[lost[n]]
            counts = abs(each) >= self._least
            carried = before[n] + each[counts] @ self._mw[counts]
            worst = int(abs(carried).argmax())
            if abs(carried[worst]) > limit[n] + KEPT_MW:
                self.broken.append(
                    Broken(
                        line=int(line[n]),
                        lost=int(lost[n]),
                        quarter=worst,
                        flow_mw=float(carried[worst]),
                        limit_mw=float(limit[n]),
                    )
                )
