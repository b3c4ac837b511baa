"""Branch and bound over single-source location whose nodes are bounded by prices of whole customers.

A node says of some sites that they are open or closed, and of some arcs that they are not used. Its bound is L(u) with
customers and sets of sites taken whole (`patterns`), at prices that a few subgradient steps and then the linear problem
over the patterns found so far lead to. It branches on a site, then on an arc: only this one for its customer, or not
this one.

**Nothing is lost:** the children of a node are all its plans; what a node gives up (`Whole.reduced`) is in none of its
plans better than the one at hand; a node is given up only when its bound is within the gap of a plan, or when prices
cannot get better and their point is a plan, whose value its bound then is. `bound` is the least of all bounds at which
one was given up. **In floating point:** see `location_tree`; no bound is taken from HiGHS here either.

Measured on Delmaire's 17 files (10-15 sites, 20-30 customers), processor time on a busy machine: 4.4 s, where HiGHS on
the direct model takes 76 s, and the core given to HiGHS took as long. The bound that takes customers and sets whole is
at most 1.7 % below the optimum there, the one with customers divided 1 to 11 %.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, replace

import numpy as np

from siting.problem import FloatArray
from siting.solver.highs import Options, Watcher
from siting.solver.lagrangian import Priced, filled, limit_below
from siting.solver.location import Location, Sites
from siting.solver.location_plans import assigned, plan_over
from siting.solver.location_tree import Tree
from siting.solver.patterns import Look, Part, Patterns, Point, Whole

STEPS, THETA, PATIENCE = 30, 0.3, 5
"""Subgradient steps before the first linear problem, their first length as a part of Polyak's, and steps without gain
after which it is shortened."""
SMOOTH = 0.5
"""How much of the best prices is in the next ones looked at."""
REACH, WIDER = 1.0, 2.0
"""How far prices may first be from the best ones, in gaps over the root of the number of customers, and by which factor
further when the best ones lie there."""
NEAR = 0.1
"""Of the gap to the plan at hand: what better prices may still gain where a node branches."""
WHOLE = 1e-6
"""A share nearer than this to 0 or 1 is one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Node:
    """A part of the plans, the bound of the node above, and prices. After its own prices also whether they are `done`,
    and the point that they lead to."""

    bound: float
    part: Part
    prices: FloatArray
    point: Point | None = None
    done: bool = False


class _Search:
    """The plan at hand, the patterns found so far, and the clock."""

    def __init__(self, loc: Location, priced: Priced, options: Options) -> None:
        self.loc, self.options, self.plan = loc, options, priced.plan
        self.began = time.perf_counter()
        dearest = np.where(np.isfinite(loc.cost), loc.cost, 0.0).max(axis=0).sum()
        self.dear = float(loc.fixed.sum() + dearest) * (1.0 + 1e-9)  # no plan costs more
        self.whole = Whole(loc)
        self.scale = max(self.dear if self.plan is None else abs(self.plan.value), 1e-9) / 1e4
        self.patterns = Patterns(loc, self.scale, replace(options, feasibility=1e-9))
        self.tried: set[bytes] = set()

    @property
    def left_s(self) -> float:
        return self.options.time_limit_s - (time.perf_counter() - self.began)

    @property
    def limit(self) -> float:
        """What a plan that is worth finding costs at most."""
        return self.dear if self.plan is None else limit_below(self.loc, self.plan.value)

    def closed(self, bound: float) -> bool:
        """Whether no plan of this bound is worth finding."""
        if self.plan is None:
            return bound > self.dear
        value = self.plan.value
        return bound >= value - max(self.options.gap * abs(value), self.loc.step * (1.0 - 1e-6))

    def climbed(self, node: _Node, steps: int) -> _Node:
        """The node after its own prices."""
        top, prices = self._stepped(node.part, node.prices, steps)
        best, point = max(node.bound, top), None
        if self.closed(best):
            return replace(node, bound=best, prices=prices, done=True)
        part = self.whole.reduced(node.part, prices, self.limit)
        look = self.whole.look(part, prices)
        self.patterns.add(look, None)  # a set of what is left of the part: without one the linear problem has no point
        best = top = max(best, look.bound)
        reach = REACH * max(self.limit - top, self.scale) / np.sqrt(len(prices))
        done = self.closed(best)
        while self.left_s > 0.0 and not done:
            point = self.patterns.best(part, prices, reach, self.left_s)
            if point is None:
                break
            look, tried, more = self._next_look(part, prices, point)
            gained = look.bound - top > 0.5 * (point.value - top)
            if look.bound > top:
                top, prices = look.bound, tried
            best = max(best, top)
            near = not more or self._near(point, best)
            done = self.closed(best) or (point.free and near)
            reach *= WIDER if not point.free and (gained or near) else 1.0
        return replace(node, bound=best, part=part, prices=prices, point=point, done=done)

    def _next_look(self, part: Part, prices: FloatArray, point: Point) -> tuple[Look, FloatArray, bool]:
        """The better of what prices between the best and those of the point say, and of what those of the point say
        where the former have no new pattern; and whether there was a new one."""
        found: tuple[Look, FloatArray] | None = None
        more = False
        for share in (SMOOTH, 0.0):
            tried = share * prices + (1.0 - share) * point.prices
            look = self.whole.look(part, tried)
            more = self.patterns.add(look, point)
            if found is None or look.bound > found[0].bound:
                found = look, tried
            if more:
                break
        assert found is not None
        return *found, more

    def _near(self, point: Point, bound: float) -> bool:
        """Whether better prices gain little. Where the point is a plan they are looked for to the end."""
        left = point.value - bound
        if left <= 1e-9 * abs(point.value):
            return True
        same = bool(self.loc.step) and np.ceil(point.value - 1e-6) <= np.ceil(bound - 1e-6)
        return not is_plan(point) and (same or left <= NEAR * (self.limit - bound))

    def _stepped(self, part: Part, prices: FloatArray, steps: int) -> tuple[float, FloatArray]:
        """Bound and prices after so many subgradient steps, whose patterns are taken in."""
        best, best_prices, theta, stalled = -np.inf, prices, THETA, 0
        smooth = np.zeros(len(prices))
        for step in range(steps):
            look = self.whole.look(part, prices)
            stalled += 1
            if look.bound > best:
                best, best_prices, stalled = look.bound, prices, 0
            if self.closed(best) or self.left_s <= 0.0:
                break
            self.patterns.add(look, None)
            slope = 1.0 - look.share[look.taken].sum(axis=0)
            smooth = slope if not step else 0.7 * slope + 0.3 * smooth
            if stalled >= PATIENCE:
                theta, stalled, prices, smooth = 0.6 * theta, 0, best_prices, slope
            size = float(smooth @ smooth)
            if size < 1e-12:
                break
            target = self.plan.value if self.plan is not None else best + 0.05 * abs(best)
            prices = prices + theta * max(1.0005 * target - look.bound, 1e-9) / size * smooth
        return best, best_prices

    def plan_near(self, node: _Node) -> None:
        """A plan over the sites that a point opens, if these are new; the point itself where it is one."""
        if node.point is None:
            return
        if is_plan(node.point):
            self._take(assigned(self.loc, node.point.served.argmax(axis=0)))
        opened = filled(self.loc, node.point.opened > 0.5, node.point.opened, node.part.state)
        if opened.tobytes() not in self.tried:
            self.tried.add(opened.tobytes())
            self._take(plan_over(self.loc, opened))

    def _take(self, plan: Sites | None) -> None:
        if plan is not None and (self.plan is None or plan.value < self.plan.value):
            self.plan = plan


def is_plan(point: Point) -> bool:
    """Whether every customer is served whole."""
    served = np.round(point.served)
    return bool((np.abs(point.served - served) <= WHOLE).all() and (served.sum(axis=0) == 1.0).all())


def branched_whole(loc: Location, priced: Priced, options: Options, watch: Watcher | None = None) -> Tree:
    """The cheapest plan of whole customers of whole demands (`knapsacks.countable`) without a count of sites: the
    likelier child is looked at next, then the open node of the lowest bound. The time limit may be overrun by one step
    of a node.
    """
    search = _Search(loc, priced, options)
    root = Part(state=priced.state, arcs=np.isfinite(loc.cost) & (priced.state >= 0)[:, None])
    lowest, nodes, told = np.inf, 0, search.began
    heap: list[tuple[float, int, _Node]] = []
    next_one: _Node | None = _Node(bound=priced.bound, part=root, prices=priced.prices)
    while heap or next_one is not None:
        node = heapq.heappop(heap)[2] if next_one is None else next_one
        next_one = None
        if not search.closed(node.bound):
            node = search.climbed(node, 1 if nodes else STEPS)
            nodes += 1
            search.plan_near(node)
            if not node.done and not search.closed(node.bound):
                waiting = min([lowest, node.bound, *(bound for bound, _, _ in heap)])
                limit = "time_limit" if search.left_s <= 0.0 else "rounding"
                return Tree(plan=search.plan, bound=waiting, nodes=nodes, limit=limit)
        if watch is not None and time.perf_counter() - told > 0.5:
            told = time.perf_counter()
            proved = min([lowest, node.bound, *(bound for bound, _, _ in heap[:1])])
            watch(None if search.plan is None else search.plan.value, proved, told - search.began)
        if search.closed(node.bound) or node.point is None or is_plan(node.point):
            lowest = min(lowest, node.bound if search.plan is not None else np.inf)
            continue
        part = search.whole.reduced(node.part, node.prices, search.limit)
        next_one, *others = (replace(node, part=child, point=None, done=False) for child in _children(part, node.point))
        for other in others:
            heapq.heappush(heap, (other.bound, nodes, other))
    return Tree(plan=search.plan, bound=lowest, nodes=nodes, limit=None)


def _children(part: Part, point: Point) -> list[Part]:
    """The likelier one first: a site open or closed; with all sites whole, an arc alone or not used. The part itself
    where it no longer has what the point divides."""
    opened = np.where(part.state == 0, point.opened, 0.0)
    site = int(np.abs(opened - 0.5).argmin())
    if WHOLE < opened[site] < 1.0 - WHOLE:
        state = np.tile(part.state, (2, 1))
        state[:, site] = 1, -1
        parts = [Part(state=s, arcs=part.arcs & (s >= 0)[:, None]) for s in state]
        return parts if opened[site] >= 0.5 else parts[::-1]
    served = np.where(part.arcs, point.served, 0.0)
    i, j = np.unravel_index(int(np.abs(served - 0.5).argmin()), served.shape)
    if not WHOLE < served[i, j] < 1.0 - WHOLE:
        return [part]
    alone, without, state = part.arcs.copy(), part.arcs.copy(), part.state.copy()
    alone[np.arange(len(alone)) != i, j], without[i, j], state[i] = False, False, 1
    parts = [Part(state=state, arcs=alone), Part(state=part.state, arcs=without)]
    return parts if served[i, j] >= 0.5 else parts[::-1]
