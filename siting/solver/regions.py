"""Regions that the same campuses and offers reach are one region: fewer flows, the same plans.

Exactness. What serves the sum of their demand serves each of them with its share of every flow: each flow is allowed to
all of them, at no cost of its own. The other way round, flows to each add up to flows to all. Also with a campus
serving no region more than it demands: D_j times the part that is open, summed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.problem import IntArray, Problem

Served = tuple[str, int, int, int, float]
"""(campus | lease, source, region, quarter, H100e)"""


def with_alike_regions_as_one(p: Problem) -> tuple[Problem, IntArray]:
    """The problem and (J,) the region that stands for each; as it is where single flows cost, weigh or are counted."""
    alone = np.arange(len(p.region))
    if p.transit is not None or p.rtt_ms is not None or p.single_source or p.survive_share > 0.0 or not len(alone):
        return p, alone
    columns = np.vstack([p.reach, p.lease_reach]).T
    _, first, member = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    member = member.reshape(-1).astype(np.int64)
    demand = np.zeros((len(first), p.quarters))
    np.add.at(demand, member, p.demand_h100e)
    merged = replace(
        p,
        region=p.region[first],
        reach=p.reach[:, first],
        lease_reach=p.lease_reach[:, first],
        demand_h100e=demand,
    )
    return merged, member


def shared_out(p: Problem, member: IntArray, service: tuple[Served, ...]) -> tuple[Served, ...]:
    """Flows to the regions that stand for others, given to the regions of `p` by their demand."""
    alike = [np.flatnonzero(member == j) for j in range(int(member.max(initial=-1)) + 1)]
    found: list[Served] = []
    for kind, source, j, t, flow in service:
        demand = p.demand_h100e[alike[j], t]
        parts = (flow * demand / demand.sum()).tolist()
        found += [(kind, source, k, t, part) for k, part in zip(alike[j].tolist(), parts, strict=True) if part > 0.0]
    return tuple(found)
