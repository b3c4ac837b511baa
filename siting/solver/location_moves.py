"""Better plans of facility location nearby: sites dropped, added and exchanged while that pays."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from siting.problem import FloatArray
from siting.solver.knapsacks import knapsacks
from siting.solver.location import Location, Sites
from siting.solver.location_plans import cheapest, plan_over

TRIED = 12
"""Moves of most promise that are tried before a plan with capacities is taken as the best nearby."""


def improved(loc: Location, plan: Sites, prices: FloatArray, seconds: float) -> Sites:
    """The plan after the moves; `prices` of customers say which moves are worth a try."""
    return _exchanged(loc, plan, seconds) if loc.uncapacitated else _moved(loc, plan, prices, seconds)


def _moved(loc: Location, plan: Sites, prices: FloatArray, seconds: float) -> Sites:
    """Sum of prices and of values of the open sites is a bound for plans over these sites: only moves whose bound
    lies below the plan are tried, the lowest first.
    """
    ends, tried = time.perf_counter() + seconds, {plan.open.tobytes()}
    most = TRIED // 4 if loc.small else TRIED
    while True:
        known = prices if plan.prices is None else plan.prices
        value = knapsacks(loc, known).value
        opened, closed = np.flatnonzero(plan.open), np.flatnonzero(~plan.open)
        gone, come = np.append(-value[opened], 0.0), np.append(value[closed], 0.0)
        bound = float(known.sum() + value[opened].sum()) + gone[:, None] + come
        bound[-1, -1] = np.inf
        order = np.argsort(bound, axis=None)[: 20 * TRIED]
        tries, better = 0, None
        for flat in order.tolist():
            out, into = divmod(flat, len(come))
            if bound[out, into] >= plan.value * (1.0 - 1e-9) or tries == most or time.perf_counter() > ends:
                break
            sites = plan.open.copy()
            sites[opened[out : out + 1]] = False
            sites[closed[into : into + 1]] = True
            if sites.tobytes() in tried:
                continue
            tried.add(sites.tobytes())
            found = plan_over(loc, sites)
            if found is None:
                continue
            tries += 1
            if found.value < plan.value * (1.0 - 1e-9):
                better = found
                break
        if better is None:
            return plan
        plan = better
        tried.add(plan.open.tobytes())


def _exchanged(loc: Location, plan: Sites, seconds: float) -> Sites:
    """Sites of a plan without capacities dropped, added and exchanged while that pays."""
    began = time.perf_counter()
    opened = np.flatnonzero(plan.open)
    while time.perf_counter() - began < seconds:
        move = _best_move(loc, opened)
        if move is None:
            break
        opened = move
    return cheapest(loc, opened) or plan


def _best_move(loc: Location, opened: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The best set of sites one drop, addition or exchange away; None when none is better."""
    cost, every = loc.cost, np.arange(loc.cost.shape[1])
    first = cost[opened].argmin(axis=0)
    nearest = cost[opened][first, every]
    others = cost[opened].copy()
    others[first, every] = np.inf
    second = others.min(axis=0)
    now = loc.fixed[opened].sum() + nearest.sum()
    best, move = now * (1.0 - 1e-9), None
    closed = np.setdiff1d(np.arange(len(loc.fixed)), opened)
    if loc.most is None or len(opened) < loc.most:
        added = now + loc.fixed[closed] + np.minimum(cost[closed] - nearest, 0.0).sum(axis=1)
        if len(closed) and added.min() < best:
            best, move = float(added.min()), np.append(opened, closed[int(added.argmin())])
    for place, site in enumerate(opened.tolist()):
        left = np.where(first == place, second, nearest)
        rest = opened[opened != site]
        base = now - loc.fixed[site] - nearest.sum()
        if len(rest) and base + left.sum() < best:
            best, move = float(base + left.sum()), rest
        swapped = base + loc.fixed[closed] + np.minimum(cost[closed], left).sum(axis=1)
        if len(closed) and swapped.min() < best:
            best, move = float(swapped.min()), np.append(rest, closed[int(swapped.argmin())])
    return move
