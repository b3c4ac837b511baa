"""Random facility location of a few sites, and its optimum from the whole matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.solver.highs import Options, solve_matrix
from siting.solver.location import Location
from siting.solver.location_core import core_of

EXACT = Options(gap=0.0, threads=1, time_limit_s=60.0)


def located(seed: int) -> Location:
    """4-8 sites, 5-12 customers; by chance equal capacities, none, a count of sites, single sources, missing arcs."""
    r = np.random.default_rng(seed)
    m, n = int(r.integers(4, 9)), int(r.integers(5, 13))
    demand = r.integers(1, 9, n).astype(float)
    apart = r.uniform(0, 20, (m, 1, 2)) - r.uniform(0, 20, (1, n, 2))
    kind = r.choice(["free", "equal", "none"])
    capacity = np.round(demand.sum() * r.uniform(0.15, 0.9, m))
    if kind == "equal":
        capacity[:] = np.round(demand.sum() * 0.4)
    if kind == "none":
        capacity[:] = demand.sum()
    cost = np.linalg.norm(apart, axis=2) * demand
    cost = np.round(cost) if r.random() < 0.5 else cost
    cost[r.random((m, n)) < 0.08] = np.inf
    return Location(
        fixed=np.round(r.uniform(0, 150, m)),
        capacity=capacity,
        demand=demand,
        cost=cost,
        most=None if r.random() < 0.6 else int(r.integers(2, m)),
        whole=bool(r.random() < 0.4),
    )


def unreduced(loc: Location, **fixed: float) -> float:
    """The optimum of the whole matrix with every arc and every strong row; `fixed`: y of sites by `y<number>`."""
    every = np.isfinite(loc.cost)
    core = core_of(loc, np.zeros(len(loc.fixed), dtype=np.int8), every, np.full(len(loc.demand), np.inf), every, 1.0)
    lower, upper = core.matrix.lower.copy(), core.matrix.upper.copy()
    for name, value in fixed.items():
        lower[int(name[1:])] = upper[int(name[1:])] = value
    found = solve_matrix(replace(core.matrix, lower=lower, upper=upper), EXACT)
    return np.inf if found.value is None else found.value


SEEDS = [seed for seed in range(60) if np.isfinite(located(seed).cost).any(axis=0).all()]
