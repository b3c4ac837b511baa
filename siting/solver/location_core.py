"""What is left of a location problem after its bound: as one matrix for HiGHS.

Where customers may be divided, arcs of a customer that cost more than its price by a margin are pooled into one column
that needs no site and no capacity, at the cost of the cheapest of them. That is a relaxation: its bound holds, and a
plan that does not use such a column is a plan of the whole problem. Where a column is used, the customer's arcs come
back and the matrix is solved again, at last without any pool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from siting.problem import BoolArray, FloatArray
from siting.solver.compile import Matrix
from siting.solver.lagrangian import StateArray
from siting.solver.location import Location, Sites, value_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Core:
    """Columns: sites (y), arcs (x), pools (one a customer that has one)."""

    matrix: Matrix
    rows: NDArray[np.int64]
    """Sites of the y columns."""
    site: NDArray[np.int64]
    """Positions in `rows` of the arcs."""
    customer: NDArray[np.int64]
    pooled: NDArray[np.int64]
    """Customers of the pools."""
    sites: int
    """M."""
    scale: float
    """Cost of the problem over that of the matrix."""


def core_of(
    loc: Location, state: StateArray, arcs: BoolArray, pool: FloatArray, strong: BoolArray, scale: float
) -> Core:
    """The matrix over sites that are not closed and over `arcs` (M, N); `pool` (N,) cost of a customer's pool, inf
    where it has none; `strong` (M, N) arcs with a row of their own, which only sites with capacities can do without.

    sum_i x_ij + pool_j = 1;    sum_j d_j x_ij <= capacity_i y_i;    x_ij <= y_i;    sum_i capacity_i y_i >= all demand;
    sum_i y_i <= most. Where only reach counts: sum of y of sites that reach j >= 1. Sites of equal capacity: so many
    sites as all the demand needs, rounded up.
    """
    rows = np.flatnonzero(state >= 0)
    m, n = len(rows), len(loc.demand)
    site, customer = np.nonzero(arcs[rows])
    pooled = np.flatnonzero(np.isfinite(pool))
    writer = _Rows()
    if loc.covering:
        writer.add(customer, site, np.ones(len(site)), np.ones(n), np.full(n, np.inf))
        site, customer = site[:0], customer[:0]
    else:
        x, z = m + np.arange(len(site)), m + len(site) + np.arange(len(pooled))
        served = np.concatenate([customer, pooled]), np.concatenate([x, z]), np.ones(len(site) + len(pooled))
        writer.add(*served, np.ones(n), np.ones(n))
        if not loc.uncapacitated:
            inside = np.concatenate([site, np.arange(m)]), np.concatenate([x, np.arange(m)])
            taken = np.concatenate([loc.demand[customer], -loc.capacity[rows]])
            writer.add(*inside, taken, np.full(m, -np.inf), np.zeros(m))
            each, need = loc.capacity[rows], float(loc.demand.sum())
            if m and np.ptp(each) <= 1e-9 * each.max():
                each, need = np.ones(m), float(np.ceil(need / each.max() - 1e-9))
            writer.add(np.zeros(m, dtype=np.int64), np.arange(m), each, np.array([need]), np.array([np.inf]))
        kept = np.flatnonzero(strong[rows[site], customer] | loc.uncapacitated)
        pairs = np.tile(np.arange(len(kept)), 2), np.concatenate([x[kept], site[kept]])
        ones = np.ones(len(kept))
        writer.add(*pairs, np.concatenate([ones, -ones]), np.full(len(kept), -np.inf), 0.0 * ones)
    if loc.most is not None:
        writer.add(np.zeros(m, dtype=np.int64), np.arange(m), np.ones(m), np.array([0.0]), np.array([float(loc.most)]))
    columns = m + len(site) + len(pooled)
    integer = np.zeros(columns, dtype=bool)
    integer[: m + len(site)] = loc.whole
    integer[:m] = True
    lower = np.zeros(columns)
    lower[:m] = state[rows] == 1
    cost = np.concatenate([loc.fixed[rows], loc.cost[rows[site], customer], pool[pooled]])
    matrix = writer.matrix(cost / scale, lower, integer)
    return Core(
        matrix=matrix, rows=rows, site=site, customer=customer, pooled=pooled, sites=len(loc.fixed), scale=scale
    )


class _Rows:
    """Blocks of rows as they come."""

    def __init__(self) -> None:
        self._entries: list[tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]] = []
        self._limits: list[tuple[FloatArray, FloatArray]] = []
        self._count = 0

    def add(
        self,
        row: NDArray[np.int64],
        column: NDArray[np.int64],
        entry: FloatArray,
        low: FloatArray,
        high: FloatArray,
    ) -> None:
        self._entries.append((row + self._count, column, entry))
        self._limits.append((low, high))
        self._count += len(low)

    def matrix(self, cost: FloatArray, lower: FloatArray, integer: BoolArray) -> Matrix:
        row, column, entry = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        low, high = (np.concatenate(part) for part in zip(*self._limits, strict=True))
        return Matrix(
            cost=cost,
            offset=0.0,
            a=csc_array((entry, (row, column)), shape=(self._count, len(cost))),
            row_lower=low,
            row_upper=high,
            lower=lower,
            upper=np.ones(len(cost)),
            integer=integer,
            columns={},
        )


def plan_at(loc: Location, core: Core, x: FloatArray) -> Sites | None:
    """The plan at a point; None when a pool is used."""
    m = len(core.rows)
    if (x[m + len(core.site) :] > 1e-7).any():
        return None
    opened = np.zeros(len(loc.fixed), dtype=bool)
    opened[core.rows] = x[:m] > 0.5
    share = np.zeros(loc.cost.shape)
    if loc.covering:
        near = np.where(np.isfinite(loc.cost) & opened[:, None], 0.0, np.inf).argmin(axis=0)
        share[near, np.arange(len(near))] = 1.0
    else:
        flows = x[m : m + len(core.site)]
        flows = np.round(flows) if loc.whole else np.where(flows > 1e-9, flows, 0.0)
        share[core.rows[core.site], core.customer] = flows
        share /= share.sum(axis=0)
    return Sites(open=opened, share=share, value=value_of(loc, opened, share))


def used_pools(core: Core, x: FloatArray) -> NDArray[np.int64]:
    """Customers whose pool a point uses."""
    return core.pooled[x[len(core.rows) + len(core.site) :] > 1e-7]


def beyond_opening(core: Core, x: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(sites, customers) of arcs that carry a larger share than their site is open."""
    m = len(core.rows)
    over = np.flatnonzero(x[m : m + len(core.site)] > x[core.site] + 1e-6)
    return core.rows[core.site[over]], core.customer[over]


def sites_at(core: Core, x: FloatArray) -> FloatArray:
    """(M,) how far each site is open at a point; 0 where it is closed."""
    opened = np.zeros(core.sites)
    opened[core.rows] = x[: len(core.rows)]
    return opened
