"""Plans of facility location over given open sites: cheapest arcs, a transport problem, or customers placed whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from siting.problem import BoolArray
from siting.solver.compile import Matrix
from siting.solver.highs import Options, solve_matrix
from siting.solver.location import Location, Sites, value_of

NEAREST = 5
"""Open sites by which a customer is tried to be served: a plan need not be the best over its sites."""
SECONDS = 30.0
"""For one transport problem on the way to a plan."""


def plan_over(loc: Location, opened: BoolArray) -> Sites | None:
    """A plan that opens these sites at most; None when none is found."""
    rows = np.flatnonzero(opened)
    if not len(rows) or (loc.most is not None and len(rows) > loc.most):
        return None
    if loc.uncapacitated:
        return cheapest(loc, rows)
    if loc.capacity[rows].sum() < loc.demand.sum() * (1.0 - 1e-12):
        return None
    return _placed_whole(loc, rows) if loc.whole else _transported(loc, rows)


def carried(loc: Location, opened: BoolArray, seconds: float) -> tuple[Sites | None, bool]:
    """The cheapest plan over these sites, customers divided at will, and whether the time was enough to know it."""
    rows = np.flatnonzero(opened)
    if not len(rows) or (loc.most is not None and len(rows) > loc.most):
        return None, True
    if loc.uncapacitated:
        return cheapest(loc, rows), True
    return _transport(loc, rows, np.isfinite(loc.cost[rows]), seconds)


def cheapest(loc: Location, rows: NDArray[np.int64]) -> Sites | None:
    """Everybody from the cheapest open site."""
    first = loc.cost[rows].argmin(axis=0)
    return assigned(loc, rows[first])


def assigned(loc: Location, site: NDArray[np.int64]) -> Sites | None:
    """The plan in which customer j is served by `site[j]`; sites that serve nobody stay closed."""
    share = np.zeros(loc.cost.shape)
    share[site, np.arange(len(site))] = 1.0
    opened = np.asarray(share.any(axis=1), dtype=bool)
    value = value_of(loc, opened, share)
    return Sites(open=opened, share=share, value=value) if np.isfinite(value) else None


def _transported(loc: Location, rows: NDArray[np.int64]) -> Sites | None:
    """A transport problem over the nearest open sites of each customer, over all of them where these are full."""
    for nearest in (NEAREST, len(rows)):
        cost = loc.cost[rows]
        rank = np.argsort(np.argsort(cost, axis=0, kind="stable"), axis=0, kind="stable")
        arcs = np.isfinite(cost) & (rank < nearest)
        found, _ = _transport(loc, rows, arcs, SECONDS)
        if found is not None:
            return found
    return None


def _transport(loc: Location, rows: NDArray[np.int64], arcs: BoolArray, seconds: float) -> tuple[Sites | None, bool]:
    """The plan, None where there is none, and whether the time was enough."""
    site, customer = np.nonzero(arcs)
    columns, n = np.arange(len(site)), len(loc.demand)
    ends = np.concatenate([customer, n + site]), np.concatenate([columns, columns])
    entries = np.concatenate([np.ones(len(site)), loc.demand[customer]])
    cost = loc.cost[rows[site], customer]
    scale = max(float(np.abs(cost).max(initial=0.0)), 1e-9)
    matrix = Matrix(
        cost=cost / scale,
        offset=0.0,
        a=csc_array((entries, ends), shape=(n + len(rows), len(site))),
        row_lower=np.concatenate([np.ones(n), np.full(len(rows), -np.inf)]),
        row_upper=np.concatenate([np.ones(n), loc.capacity[rows]]),
        lower=np.zeros(len(site)),
        upper=np.ones(len(site)),
        integer=np.zeros(len(site), dtype=bool),
        columns={},
    )
    found = solve_matrix(matrix, Options(threads=1, time_limit_s=seconds, feasibility=1e-9))
    if found.x is None or found.limit is not None:
        return None, found.limit is None
    share = np.zeros(loc.cost.shape)
    share[rows[site], customer] = np.where(found.x > 1e-9, found.x, 0.0)
    share /= share.sum(axis=0)
    opened = np.asarray(share.any(axis=1), dtype=bool)
    prices = None if found.row_dual is None else found.row_dual[:n] * scale
    return Sites(open=opened, share=share, value=value_of(loc, opened, share), prices=prices), True


def _placed_whole(loc: Location, rows: NDArray[np.int64]) -> Sites | None:
    """Customers placed by regret, then moved and exchanged while that pays; None where somebody finds no room."""
    cost, n = loc.cost[rows], len(loc.demand)
    room, site = loc.capacity[rows].astype(float), np.full(n, -1)
    for _ in range(n):
        open_ = np.flatnonzero(site < 0)
        fits = np.where(loc.demand[open_] <= room[:, None] + 1e-9, cost[:, open_], np.inf)
        ordered = np.sort(fits, axis=0)
        if not np.isfinite(ordered[0]).all():
            return None
        regret = (ordered[1] - ordered[0]) if len(rows) > 1 else np.zeros(len(open_))
        at = int(np.argmax(np.where(np.isfinite(regret), regret, 1e18 + loc.demand[open_])))
        j, i = int(open_[at]), int(fits[:, at].argmin())
        site[j], room[i] = i, room[i] - loc.demand[j]
    return assigned(loc, rows[_improved(cost, loc.demand, room, site)])


def _improved(
    cost: NDArray[np.float64], demand: NDArray[np.float64], room: NDArray[np.float64], site: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Moves of one customer and exchanges of two while either pays."""
    every = np.arange(len(site))
    for _ in range(200):
        now = cost[site, every]
        gain = np.where(demand <= room[:, None] + 1e-9, now - cost, -np.inf)
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[i, j] > 1e-9:
            room[site[j]] += demand[j]
            room[i] -= demand[j]
            site[j] = i
            continue
        here = cost[site]  # (j, k): customer k at the site of j
        with np.errstate(invalid="ignore"):
            pays = now[:, None] + now - here - here.T
        swap = room[site][:, None] + demand[:, None] >= demand + 1e-12
        pays = np.where(swap & swap.T & (site[:, None] != site), pays, -np.inf)
        j, k = np.unravel_index(int(pays.argmax()), pays.shape)
        if not pays[j, k] > 1e-9:
            break
        room[site[j]] += demand[j] - demand[k]
        room[site[k]] += demand[k] - demand[j]
        site[j], site[k] = site[k], site[j]
    return site
