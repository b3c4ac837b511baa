"""A bound, plans and reductions for facility location, from prices of customers alone.

With a price u_j on serving customer j once, sites separate:

L(u) = sum_j u_j + min { sum_i v_i y_i : sum_i capacity_i y_i >= all demand, sum_i y_i <= most, y in {0,1} },
v_i = fixed_i + min { sum_j (c_ij - u_j) x_ij : sum_j d_j x_ij <= capacity_i, 0 <= x <= 1 }: a continuous knapsack.

L(u) is a bound for every u (weak duality; customers of one source only raise the inner minimum). The prices follow the
subgradient 1 - sum_i x_ij y_i. The outer minimum is bounded by its LP relaxation, exact where capacities are equal.

**Closing and opening sites is exact:** when L(u) with y_i held at the other value exceeds the value U of a plan, every
plan better than U has y_i as it is. So is **leaving out arcs** of whole customers (`Location.integral`): x_ij = 1 asks
for an open i and makes v_i at least max(0, c_ij - u_j + m_i d_j) dearer, m_i the price of i's capacity (duality of the
knapsack). Plans of value U itself may be lost, never better ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.problem import BoolArray, FloatArray
from siting.solver.knapsacks import knapsacks
from siting.solver.location import Location, Sites

SMALL_STEPS, SMALL_LOOKS = 150, 2
"""Steps and looks at most for a small problem."""
NEARBY = 0.1
"""Plans up to this much dearer than the best are improved too: they may end elsewhere."""
ROOM = 1e-9
"""Relative: what exceeds a plan by less than this is not taken as dearer."""
StateArray = NDArray[np.int8]
"""1 open, 0 free, -1 closed."""
Planner = Callable[[Location, BoolArray], Sites | None]
"""A plan over open sites at most; None when there is none."""
Improver = Callable[[Location, Sites, FloatArray, float], Sites]
"""A plan that is no worse, by prices of customers and within so many seconds."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How the prices climb."""

    steps: int = 400
    looks: tuple[int, ...] = (40, 90, 150, 220, 300, 399)
    """Steps at which plans are made from what the prices choose."""
    seconds_an_arc: float = 1e-5
    """Time for better plans at each look: what is proved in a tenth of a second is not worth a second of it."""
    theta: float = 1.6
    """First length of a step as a part of Polyak's."""
    patience: int = 12
    """Steps without gain after which it is shortened."""


ALONE = Pace()
BRIEF = Pace(steps=120, looks=(60, 119), seconds_an_arc=3e-7)
"""Where nodes follow: they close the gap sooner than further steps, and find plans on their way."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Priced:
    """What the steps found."""

    bound: float
    prices: FloatArray
    """(N,) that gave the bound."""
    state: StateArray
    """(M,) what every better plan does with a site."""
    plan: Sites | None
    steps: int
    exact: bool = False
    """Whether the bound takes customers whole."""
    mean: FloatArray | None = None
    """(M,) how often the last steps took a site."""


def limit_below(loc: Location, value: float) -> float:
    """What a plan must cost less than, or as much as, to be better than one of this value."""
    return value * (1.0 + ROOM) - loc.step * (1.0 - 1e-6)


def chosen(loc: Location, value: FloatArray, state: StateArray) -> tuple[float, BoolArray]:
    """The outer minimum: a bound on it, and the sites it takes. Infinity where no choice has the capacity."""
    taken = (state == 1) | ((state == 0) & (value < 0.0))
    free = np.flatnonzero((state == 0) & ~taken)
    total, need = float(value[taken].sum()), float(loc.demand.sum())
    if loc.most is not None and taken.sum() > loc.most:
        forced = np.flatnonzero(state == 1)
        others = np.flatnonzero(taken & (state == 0))
        best = others[np.argsort(value[others])][: max(loc.most - len(forced), 0)]
        taken = np.zeros(len(value), dtype=bool)
        taken[forced] = taken[best] = True
        return (float(value[taken].sum()) if len(forced) <= loc.most else np.inf), taken
    left = need * (1.0 - 1e-12) - float(loc.capacity[taken].sum())
    if left <= 0.0:
        return total, taken
    free = free[loc.capacity[free] > 0.0]
    capacity = loc.capacity[free]
    order = np.argsort(value[free] / capacity, kind="stable")
    free, filled = free[order], np.cumsum(capacity[order])
    if not len(free) or filled[-1] < left:
        return np.inf, taken
    last = int(np.searchsorted(filled, left))
    taken[free[: last + 1]] = True
    total += float(value[free[:last]].sum())
    equal = float(np.ptp(loc.capacity)) <= 1e-9 * float(loc.capacity.max())
    part = 1.0 if equal else (left - (filled[last - 1] if last else 0.0)) / float(loc.capacity[free[last]])
    return total + part * float(value[free[last]]), taken


def settled(loc: Location, value: FloatArray, state: StateArray, prices: FloatArray, best: float) -> StateArray:
    """The state with every free site that a plan better than `best` must leave open or closed."""
    state = state.copy()
    limit = limit_below(loc, best) - float(prices.sum())
    _, taken = chosen(loc, value, state)
    for i in np.flatnonzero(state == 0):
        other = state.copy()
        other[i] = -1 if taken[i] else 1
        if chosen(loc, value, other)[0] > limit:
            state[i] = 1 if taken[i] else -1
    return state


def arcs_left(loc: Location, priced: Priced) -> BoolArray:
    """(M, N) arcs that a plan better than the one at hand may use; all of open sites where customers are divided."""
    arcs = np.isfinite(loc.cost) & (priced.state >= 0)[:, None]
    if not loc.integral or priced.plan is None:
        return arcs
    inner = knapsacks(loc, priced.prices, priced.exact)
    limit = limit_below(loc, priced.plan.value) - float(priced.prices.sum())
    dearer = np.maximum(loc.cost - priced.prices + inner.rent[:, None] * loc.demand, 0.0)
    dearer = np.maximum(dearer - (inner.value - inner.divided)[:, None], 0.0)
    for i in np.flatnonzero(priced.state >= 0):
        opened = priced.state.copy()
        opened[i] = 1
        arcs[i] &= chosen(loc, inner.value, opened)[0] + dearer[i] <= limit
    return arcs


def first_prices(loc: Location) -> Priced:
    """Nothing known, and every customer's price its second cheapest service at full sites."""
    per_unit = loc.fixed / np.maximum(np.minimum(loc.capacity, loc.demand.sum()), 1e-12)
    near = np.sort(loc.cost + per_unit[:, None] * loc.demand, axis=0)
    second = near[min(1, len(near) - 1)]
    state = np.zeros(len(loc.fixed), dtype=np.int8)
    state[~np.isfinite(loc.cost).any(axis=1) | (loc.capacity <= 0.0)] = -1
    return Priced(bound=-np.inf, prices=np.where(np.isfinite(second), second, near[0]), state=state, plan=None, steps=0)


def priced_bound(
    loc: Location,
    planner: Planner,
    improver: Improver,
    *,
    seconds: float,
    known: Priced | None = None,
    exact: bool = False,
    pace: Pace = ALONE,
) -> Priced:
    """Subgradient steps from what is known, plans from the sites they take, and what follows for single sites.
    `exact`: with customers taken whole. The bound is infinite where there is no plan, and the value of the one at
    hand where none is better.
    """
    ends = time.perf_counter() + seconds
    known = first_prices(loc) if known is None else known
    plan, state, prices, best = known.plan, known.state.copy(), known.prices, known.bound
    live = np.flatnonzero(state >= 0)
    tried: set[bytes] = set()
    looks = pace.looks[: SMALL_LOOKS if loc.small else len(pace.looks)]
    best_prices, theta, stalled, step = prices.copy(), pace.theta, 0, 0
    mean = smooth = np.zeros(0)
    for step in range(min(pace.steps, SMALL_STEPS) if loc.small else pace.steps):
        part = _over(loc, live)
        inner = knapsacks(part, prices, exact)
        outer, taken = chosen(part, inner.value, state[live])
        bound = float(prices.sum()) + outer
        if not np.isfinite(bound):
            best = np.inf
            break
        stalled = stalled + 1
        if bound > best + 1e-9 * abs(bound):
            best, best_prices, stalled = bound, prices.copy(), 0
        mean = _full(len(state), live, taken) if not step else 0.9 * mean + 0.1 * _full(len(state), live, taken)
        if step in looks:
            for wish in (_full(len(state), live, taken) > 0.5, mean > 0.5):
                opened = filled(loc, wish, mean, state)
                found = None if opened.tobytes() in tried else planner(loc, opened)
                tried.add(opened.tobytes())
                if found is not None and (plan is None or found.value < plan.value * (1.0 + NEARBY)):
                    found = improver(loc, found, best_prices, min(0.05 * seconds, pace.seconds_an_arc * loc.cost.size))
                    plan = found if plan is None or found.value < plan.value else plan
        if plan is not None and step % 5 == 0 and plan.value - bound < 0.2 * abs(plan.value):
            state[live] = settled(part, inner.value, state[live], prices, plan.value)
            live = np.flatnonzero(state >= 0)
        if plan is not None and best > limit_below(loc, plan.value) - 1e-7 * abs(plan.value):
            break
        slope = 1.0 - (inner.share * taken[:, None]).sum(axis=0)
        smooth = slope if not step else 0.7 * slope + 0.3 * smooth
        if stalled >= pace.patience:
            theta, stalled, prices, smooth = 0.6 * theta, 0, best_prices.copy(), slope
        size = float(smooth @ smooth)
        if theta < 1e-3 or size < 1e-12 or time.perf_counter() > ends:
            break
        target = plan.value if plan is not None else bound + 0.05 * abs(bound)
        prices = prices + theta * max(1.0005 * target - bound, 1e-9) / size * smooth
    if plan is not None and np.isfinite(best):
        inner = knapsacks(_over(loc, live), best_prices, exact)
        state[live] = settled(_over(loc, live), inner.value, state[live], best_prices, plan.value)
    return Priced(
        bound=best if plan is None else min(best, plan.value),
        prices=best_prices,
        state=state,
        plan=plan,
        steps=known.steps + step + 1,
        exact=exact,
        mean=mean if len(mean) else None,
    )


def repriced(loc: Location, priced: Priced, prices: FloatArray) -> Priced:
    """What other prices say beside what is known: the better bound, and further sites that are settled."""
    inner = knapsacks(loc, prices, priced.exact)
    bound = float(prices.sum()) + chosen(loc, inner.value, priced.state)[0]
    better = bound >= priced.bound
    state = priced.state
    if priced.plan is not None:
        state = settled(loc, inner.value, state, prices, priced.plan.value)
    return replace(
        priced,
        bound=max(bound, priced.bound),
        prices=prices if better else priced.prices,
        state=state,
    )


def _over(loc: Location, live: NDArray[np.int64]) -> Location:
    """The problem over the sites that are not closed; what is closed is in no better plan."""
    if len(live) == len(loc.fixed):
        return loc
    return Location(
        fixed=loc.fixed[live],
        capacity=loc.capacity[live],
        demand=loc.demand,
        cost=loc.cost[live],
        most=loc.most,
        whole=loc.whole,
        apart=loc.step,
    )


def _full(count: int, live: NDArray[np.int64], taken: BoolArray) -> FloatArray:
    found = np.zeros(count)
    found[live] = taken
    return found


def filled(loc: Location, wish: BoolArray, liking: FloatArray, state: StateArray) -> BoolArray:
    """The wished sites and others by `liking`, until they have the capacity and reach everybody."""
    opened, need = wish.copy(), float(loc.demand.sum())
    for i in np.argsort(-liking):
        enough = loc.capacity[opened].sum() >= need and np.isfinite(loc.cost[opened]).any(axis=0).all()
        if enough or (loc.most is not None and opened.sum() >= loc.most):
            break
        opened[i] |= state[i] >= 0
    return opened
