"""Patterns: whole customers that one site can serve together, and the linear problem over those found so far.

min sum_p c_p q_p over patterns p = (site i, customers S), c_p = fixed_i + sum_{j in S} c_ij:

sum_{p with j} q_p = 1 (price u_j);  sum_{p of i} q_p = sum_{k with i} s_k (price w_i);  sum_k s_k = 1; q, s >= 0

with s_k over sets of sites that have room for everybody. Over all patterns and all sets its optimum is the largest
Lagrangian bound L(u) that takes customers whole and sets of sites whole; at prices u the best patterns and the best set
are knapsacks. **No bound is taken from it**: L(u) is one for every u, also for one that a solver has rounded. The
optimum over the patterns found so far only says when prices cannot get better, and its point where to branch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from siting.problem import BoolArray, FloatArray
from siting.solver.highs import Columned, Options
from siting.solver.knapsacks import whole_room
from siting.solver.lagrangian import StateArray
from siting.solver.location import Location
from siting.solver.site_sets import SiteSets
from siting.solver.whole_knapsacks import whole_knapsacks, with_each


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """The plans that use these sites and arcs only."""

    state: StateArray
    """(M,) 1 open, 0 free, -1 closed."""
    arcs: BoolArray
    """(M, N)"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What prices say of a part."""

    bound: float
    """L(u): of all plans of the part; infinite where it has none."""
    value: FloatArray
    """(M,) v; infinite where a site is closed."""
    share: BoolArray
    """(M, N) the best pattern of each site."""
    taken: BoolArray
    """(M,) the best set."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """An optimum over the patterns found so far."""

    value: float
    prices: FloatArray
    rents: FloatArray
    """(M,) w."""
    opened: FloatArray
    """(M,) how far each site is open."""
    served: FloatArray
    """(M, N) which part of a customer a site serves."""
    free: bool
    """Whether nobody is served at a cost near the price: prices further off would be no better."""


class Whole:
    """The problem as whole numbers: its prices looked at."""

    def __init__(self, loc: Location) -> None:
        self.loc = loc
        self._demand, self._room = loc.demand.astype(np.int64), whole_room(loc)
        self._sets = SiteSets(room=self._room, need=int(self._demand.sum()))

    def look(self, part: Part, prices: FloatArray) -> Look:
        """L(u) = sum_j u_j + min over sets of sum_i v_i(u), v_i the least of a pattern of site i less its prices."""
        live = np.flatnonzero(part.state >= 0)
        value, share = np.full(len(part.state), np.inf), np.zeros(part.arcs.shape, dtype=bool)
        least, share[live] = whole_knapsacks(self._saving(part, live, prices), self._demand, self._room[live])
        value[live] = self.loc.fixed[live] + least
        outer, taken = self._sets.cheapest(value, part.state)
        return Look(bound=float(prices.sum()) + outer, value=value, share=share, taken=taken)

    def reduced(self, part: Part, prices: FloatArray, limit: float) -> Part:
        """The part without what no plan of it up to `limit` does: L(u) with a site held open or closed, or with an arc
        held in use, is a bound for plans that do so, and exceeds the limit."""
        live, value = np.flatnonzero(part.state >= 0), self.look(part, prices).value
        left = limit - float(prices.sum())
        opened, closed = self._sets.with_each(value, part.state)
        state = part.state.copy()
        state[(state == 0) & (closed > left)] = 1
        state[(state == 0) & (opened > left)] = -1
        each = with_each(self._saving(part, live, prices), self._demand, self._room[live])
        dearer = self.loc.fixed[live, None] + each - value[live, None]
        arcs = np.zeros(part.arcs.shape, dtype=bool)
        arcs[live] = part.arcs[live] & (opened[live, None] + dearer <= left)
        arcs[state < 0] = False
        single = arcs.sum(axis=0) == 1
        state[arcs[:, single].any(axis=1)] = 1  # somebody has no other
        return Part(state=state, arcs=arcs)

    def _saving(self, part: Part, live: NDArray[np.intp], prices: FloatArray) -> FloatArray:
        return np.where(part.arcs[live], self.loc.cost[live] - prices, np.inf)


class Patterns:
    """The patterns and sets found so far, and their linear problem; costs inside are divided by `scale`. A customer may
    also be served, or its service undone, at a cost near its price: that keeps prices near those known to be good, and
    the problem feasible in a part without patterns of its own."""

    def __init__(self, loc: Location, scale: float, options: Options) -> None:
        self._loc, self._scale = loc, scale
        m, n = loc.cost.shape
        lower = np.concatenate([np.ones(n), np.zeros(m), np.ones(1)])
        self._problem = Columned(lower, lower, options)
        unit = np.eye(n + m + 1)[:, :n]
        self._problem.add(np.zeros(2 * n), csc_array(np.hstack([unit, -unit])))
        self._member, self._site = np.zeros((0, n), dtype=bool), np.zeros(0, dtype=np.int64)
        self._set = np.zeros((0, m), dtype=bool)
        self._kinds: list[NDArray[np.int8]] = [np.zeros(2 * n, dtype=np.int8)]
        self._known: set[tuple[int, bytes]] = set()
        self._add(np.arange(m), np.zeros((m, n), dtype=bool), self._set)

    def add(self, look: Look, point: Point | None) -> bool:
        """Takes in the best patterns and the best set; with a point only those that may improve it. Whether there were
        any."""
        sites = np.flatnonzero(look.taken) if point is None else np.arange(len(look.taken))
        if point is not None:
            cost = np.where(look.share, self._loc.cost - point.prices, 0.0).sum(axis=1) + self._loc.fixed - point.rents
            sites = sites[cost < -1e-7 * self._scale]
        sites = np.array([i for i in sites.tolist() if self._new(i, look.share[i])], dtype=np.int64)
        sets = look.taken[None] if self._new(-1, look.taken) else np.zeros((0, len(look.taken)), dtype=bool)
        self._add(sites, look.share[sites], sets)
        return bool(len(sites) or len(sets))

    def _new(self, kind: int, members: BoolArray) -> bool:
        key = (kind, members.tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        return True

    def _add(self, site: NDArray[np.int64], member: BoolArray, sets: BoolArray) -> None:
        m, n = self._loc.cost.shape
        count = len(site)
        if count + len(sets) == 0:
            return
        block = np.zeros((n + m + 1, count + len(sets)))
        block[:n, :count] = member.T
        block[n + site, np.arange(count)] = 1.0
        block[n : n + m, count:] = -sets.T.astype(float)
        block[n + m, count:] = 1.0
        cost = self._loc.fixed[site] + np.where(member, self._loc.cost[site], 0.0).sum(axis=1)
        self._problem.add(np.concatenate([cost / self._scale, np.zeros(len(sets))]), csc_array(block))
        self._member, self._site = np.concatenate([self._member, member]), np.concatenate([self._site, site])
        self._set = np.concatenate([self._set, sets])
        self._kinds.append(np.repeat(np.array([1, 2], dtype=np.int8), [count, len(sets)]))

    def best(self, part: Part, prices: FloatArray, reach: float, seconds: float) -> Point | None:
        """The optimum over what lies in the part, with prices at most `reach` off these; None where the time was not
        enough."""
        n = len(self._loc.demand)
        kind = np.concatenate(self._kinds)
        self._kinds = [kind]
        shut = np.zeros(len(kind), dtype=bool)  # 0: at a cost near the price, 1: patterns, 2: sets
        shut[kind == 1] = (self._member & ~part.arcs[self._site]).any(axis=1) | (part.state[self._site] < 0)
        shut[kind == 2] = (self._set & (part.state < 0)).any(axis=1) | (~self._set & (part.state > 0)).any(axis=1)
        near = np.concatenate([prices + reach, reach - prices]) / self._scale
        found = self._problem.solve(shut, near, seconds)
        if found is None or found.x is None or found.row_dual is None or found.value is None:
            return None
        used = found.x[kind == 1]
        some = np.flatnonzero(used > 1e-9)
        served = np.zeros(self._loc.cost.shape)
        np.add.at(served, self._site[some], used[some, None] * self._member[some])
        return Point(
            value=found.value * self._scale,
            prices=found.row_dual[:n] * self._scale,
            rents=found.row_dual[n:-1] * self._scale,
            opened=np.asarray(found.x[kind == 2] @ self._set),
            served=served,
            free=bool((found.x[kind == 0] <= 1e-9).all()),
        )
