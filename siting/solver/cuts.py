"""Sets of regions whose demand outgrows the capacity that reaches them: minimum cuts of the transport of service."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from siting.problem import BoolArray, FloatArray, IntArray

UNITS = 2**28
"""Whole units that the total demand is counted in: scipy's maximum flow wants 32-bit integers."""
NEARBY = (4, 8, 15, 30)
"""Sizes of neighbourhoods that are looked at beside all regions, so that one round finds many different sets."""
SEEDS = 24


def violated_sets(
    reach: BoolArray, capacity: FloatArray, demand: FloatArray, tolerance: float, at_most: int
) -> tuple[BoolArray, IntArray, float]:
    """Sets of regions and quarters whose demand exceeds what can serve any of them, the most violated first.

    reach: (C, J), capacity: (C, T) H100e, demand: (J, T) H100e. A set counts when it lacks more than `tolerance`, a
    share of its demand. Returns sets (N, J), quarters (N,), and the largest lack of a whole quarter, H100e: demand
    that no flow serves; 0 proves that all is served.
    """
    found: dict[bytes, BoolArray] = {}
    worst = 0.0
    near = _neighbours(reach)
    draw = np.random.default_rng(3)
    for t in np.flatnonzero(demand.any(axis=0)).tolist():
        everywhere = np.flatnonzero(demand[:, t] > 0)
        lack, sets = _cut(reach, capacity[:, t], demand[:, t], everywhere)
        worst = max(worst, lack)
        found |= {s.tobytes(): s for s in sets}
    if worst > 0.0:
        for _ in range(SEEDS):
            t, seed = int(draw.integers(demand.shape[1])), int(draw.integers(len(demand)))
            some = near[seed, : NEARBY[int(draw.integers(len(NEARBY)))]]
            _, sets = _cut(reach, capacity[:, t], demand[:, t], some[demand[some, t] > 0])
            found |= {s.tobytes(): s for s in sets}
    if not found:
        return np.zeros((0, len(demand)), dtype=bool), np.zeros(0, dtype=np.int64), worst
    every = np.array(list(found.values()))
    due = every.astype(float) @ demand
    short = due - ((every.astype(np.float32) @ reach.T.astype(np.float32)) > 0.5) @ capacity
    share = short / np.maximum(due, 1e-9)
    number, quarter = np.nonzero((share > tolerance) & (due > 0))
    order = np.argsort(-share[number, quarter], kind="stable")[:at_most]
    return every[number[order]], quarter[order].astype(np.int64), worst


def _neighbours(reach: BoolArray) -> IntArray:
    """(J, J) regions by how many classes reach both, most alike first."""
    both = reach.T.astype(float) @ reach.astype(float)
    size = np.sqrt(np.outer(both.diagonal(), both.diagonal())) + 1e-9
    return np.argsort(-both / size, axis=1, kind="stable").astype(np.int64)


def _cut(
    reach: BoolArray, capacity: FloatArray, demand: FloatArray, regions: IntArray
) -> tuple[float, list[BoolArray]]:
    """Demand of the regions that no flow serves, H100e, and the minimum cut in its connected parts."""
    due = demand[regions]
    if not due.sum() > 0:
        return 0.0, []
    unit = due.sum() / UNITS
    classes = np.flatnonzero((capacity > unit) & reach[:, regions].any(axis=1))
    there = reach[np.ix_(classes, regions)]
    wanted = np.floor(due / unit).astype(np.int64)
    able = np.minimum(np.ceil(capacity[classes] / unit), UNITS).astype(np.int64)
    n, c = len(regions), len(classes)
    source, sink = n + c, n + c + 1
    of, at = np.nonzero(there)
    heads = np.concatenate([np.full(n, source), at, n + np.arange(c)])
    tails = np.concatenate([np.arange(n), n + of, np.full(c, sink)])
    arcs = np.concatenate([wanted, np.full(len(of), UNITS), able]).astype(np.int32)
    graph = csr_array((arcs, (heads, tails)), shape=(n + c + 2, n + c + 2), dtype=np.int32)
    flow = maximum_flow(graph, source, sink)
    lack = float((wanted.sum() - flow.flow_value) * unit)
    if lack <= n * unit:
        return 0.0, []
    rest = graph - flow.flow
    rest.data = (rest.data > 0).astype(np.int32)
    rest.eliminate_zeros()
    side = np.zeros(n + c + 2, dtype=bool)
    side[breadth_first_order(rest, source, return_predecessors=False)] = True
    cut = np.flatnonzero(side[:n])
    joined = there[:, cut].astype(np.int32)
    _, part = connected_components(csr_array(joined.T @ joined), directed=False)
    return lack, [_mask(len(demand), regions[cut[part == k]]) for k in np.unique(part).tolist()]


def _mask(size: int, chosen: IntArray) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    mask[chosen] = True
    return mask
