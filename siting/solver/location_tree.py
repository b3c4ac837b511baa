"""Branch and bound over sites whose nodes are bounded by prices alone.

A node says of some sites that they are open or closed. Its bound is L(u) over the sites that are left, a few dozen
steps from the prices of the node above; the site to branch on is the one that these steps took most nearly half of the
time.

**Nothing is lost:** the two children of a node are all its plans; a node is given up only when its bound is within the
gap of a plan, and `bound` is the least of all bounds at which one was given up. Sites settled in a node are so in every
plan of that node better than the plan at hand. A node without free sites is a transport problem, whose prices give its
bound once more: no bound is taken from HiGHS.

**In floating point:** L(u) is a bound for every u, also for one that a solver has rounded; it is one sum of at most as
many terms as there are arcs, off by 1e-16 of the largest for each, and nothing that is nearer than 1e-9 of a plan is
taken as dearer (`lagrangian.ROOM`).
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siting.problem import FloatArray
from siting.solver.highs import Options, Watcher
from siting.solver.lagrangian import Pace, Priced, filled, priced_bound, repriced
from siting.solver.location import Location, Sites
from siting.solver.location_moves import improved
from siting.solver.location_plans import carried, plan_over

NODE = Pace(steps=30, looks=(), theta=0.5, patience=6)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """What the search found and proved."""

    plan: Sites | None
    bound: float
    """Of every plan; infinite where there is none."""
    nodes: int
    limit: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Node:
    """What is known of it before its steps."""

    bound: float
    state: NDArray[np.int8]
    prices: FloatArray


def branched(loc: Location, priced: Priced, options: Options, watch: Watcher | None = None) -> Tree:
    """The cheapest plan of customers who may be divided: the child that the steps took for the likelier one is looked
    at next, then the open node of the lowest bound. The time limit may be overrun by one node.
    """
    began = told = time.perf_counter()
    plan, lowest, nodes, tried = priced.plan, np.inf, 0, set[bytes]()
    heap = [(priced.bound, 0, _Node(bound=priced.bound, state=priced.state, prices=priced.prices))]
    next_one: _Node | None = None

    def closed(bound: float) -> bool:
        return plan is not None and bound >= plan.value - max(options.gap * abs(plan.value), loc.step * (1.0 - 1e-6))

    while heap or next_one is not None:
        now = time.perf_counter()
        if now - began > options.time_limit_s:
            waiting = [bound for bound, _, _ in heap] + ([] if next_one is None else [next_one.bound])
            return Tree(plan=plan, bound=min(lowest, *waiting), nodes=nodes, limit="time_limit")
        node = heapq.heappop(heap)[2] if next_one is None else next_one
        next_one = None
        if closed(node.bound):
            lowest = min(lowest, node.bound)
            continue
        if watch is not None and now - told > 0.5:
            told = now
            proved = min([node.bound, lowest, *(bound for bound, _, _ in heap[:1])])
            watch(None if plan is None else plan.value, proved, now - began)
        nodes += 1
        found = _climbed(loc, node, plan, options.time_limit_s - (now - began))
        free = np.flatnonzero(found.state == 0)
        better = None
        if found.bound == np.inf:
            continue
        if len(free):
            better = _plan_of(loc, found, tried)
        elif not closed(found.bound):
            found, better, done = _last(loc, found, options.time_limit_s - (time.perf_counter() - began))
            if not done:
                next_one = node
                continue
        if better is not None and (plan is None or better.value < plan.value):
            plan = better
        bound = max(found.bound, node.bound)
        if closed(bound) or not len(free):
            lowest = min(lowest, bound)
            continue
        next_one, other = _children(found, bound, free)
        heapq.heappush(heap, (bound, nodes, other))
    return Tree(plan=plan, bound=lowest, nodes=nodes, limit=None)


def _climbed(loc: Location, node: _Node, plan: Sites | None, seconds: float) -> Priced:
    """The node after its steps: bound, prices and sites that are settled."""
    known = Priced(bound=-np.inf, prices=node.prices, state=node.state, plan=plan, steps=0)
    return priced_bound(loc, plan_over, improved, seconds=max(seconds, 0.0), known=known, pace=NODE)


def _plan_of(loc: Location, found: Priced, tried: set[bytes]) -> Sites | None:
    """A plan over the sites that the steps took, if these are new."""
    mean = _mean(found)
    opened = filled(loc, ((mean > 0.5) & (found.state == 0)) | (found.state == 1), mean, found.state)
    if opened.tobytes() in tried:
        return None
    tried.add(opened.tobytes())
    return plan_over(loc, opened)


def _last(loc: Location, found: Priced, seconds: float) -> tuple[Priced, Sites | None, bool]:
    """A node without free sites: its bound, infinite where it has no plan; its cheapest plan; and whether the time was
    enough. A site that is open and serves nobody costs the node what it does not cost the plan.
    """
    plan, done = carried(loc, found.state == 1, max(seconds, 0.1))
    if plan is None:
        return replace(found, bound=np.inf if done else found.bound), None, done
    if plan.prices is None:
        return replace(found, bound=max(found.bound, plan.value)), plan, True
    return repriced(loc, found, plan.prices), plan, True


def _mean(found: Priced) -> FloatArray:
    return np.zeros(len(found.state)) if found.mean is None else found.mean


def _children(found: Priced, bound: float, free: NDArray[np.int64]) -> tuple[_Node, _Node]:
    """The likelier child first."""
    mean = _mean(found)[free]
    at = int(np.abs(mean - 0.5).argmin())
    nodes = []
    for value in (1, -1):
        state = found.state.copy()
        state[free[at]] = value
        nodes.append(_Node(bound=bound, state=state, prices=found.prices))
    return (nodes[0], nodes[1]) if mean[at] >= 0.5 else (nodes[1], nodes[0])
