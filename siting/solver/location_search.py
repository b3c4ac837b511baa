"""Facility location solved: prices first, then nodes bounded by prices, or what is left to HiGHS."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from siting.problem import BoolArray, FloatArray, Problem
from siting.solver.decisions import Decisions
from siting.solver.highs import Options, Watcher, solve_matrix
from siting.solver.knapsacks import countable, knapsacks
from siting.solver.lagrangian import ALONE, BRIEF, Pace, Priced, arcs_left, filled, priced_bound, repriced
from siting.solver.location import Location, Sites
from siting.solver.location_core import Core, beyond_opening, core_of, plan_at, sites_at, used_pools
from siting.solver.location_moves import improved
from siting.solver.location_patterns import branched_whole
from siting.solver.location_plans import plan_over
from siting.solver.location_tree import Tree, branched

MARGIN = 1.5
"""Arcs up to so many times a customer's price are columns of the first core."""
POOL_FROM = 5000
"""Arcs from which on dear ones are pooled: below, solving twice takes longer than solving with all."""
FEW, FEW_GAP = 4, 1e-3
"""Sites of each customer in a small search for a plan, and its gap."""
LIKELY = 0.01
"""Sites that are open by more than this in the LP are in that search."""
TAIL = 1e-5
"""Relative gain of the LP by further strong rows below which they are left to the search."""
EXACT = tuple(Pace(steps=steps, looks=ALONE.looks[:2], theta=0.8) for steps in (20, 130))
"""Further steps with customers taken whole, where that can be counted out."""
SMALL_FROM = 0.007
"""Gap from which on nodes of whole customers take the place of the core; or these customers and the small search come
before it, where sites are counted."""
PATTERN_CELLS = 1e6
"""Sites x customers x units of capacity up to which nodes are bounded by whole customers: where customers are many for
each site, whole ones bound little better than divided ones, and each look at them takes long. Measured on random
problems of 30 sites: 100 customers are three times as fast by nodes, 200 take longer."""
STEPS_SHARE = 0.5
"""Of the time limit that the prices may take."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What was found and proved. Without a plan and without a limit there is none."""

    plan: Sites | None
    bound: float | None
    limit: str | None
    nodes: int = 0
    rows: int = 0
    columns: int = 0
    nonzeros: int = 0


def solve_location(loc: Location, options: Options, watch: Watcher | None = None) -> Solved:
    """The cheapest plan. The time limit covers everything."""
    began = time.perf_counter()

    def left() -> float:
        return max(0.5, options.time_limit_s - (time.perf_counter() - began))

    reached = np.isfinite(loc.cost).any(axis=0)
    if not reached.all() or loc.capacity.sum() < loc.demand.sum() * (1.0 - 1e-12):
        return Solved(plan=None, bound=None, limit=None)
    if loc.covering:
        return _core_solved(loc, _nothing_known(loc), options, left(), watch)
    by_tree = not (loc.whole or loc.small)
    priced = priced_bound(loc, plan_over, improved, seconds=STEPS_SHARE * left(), pace=BRIEF if by_tree else ALONE)
    if watch is not None and priced.plan is not None:
        watch(priced.plan.value, priced.bound, time.perf_counter() - began)
    if priced.plan is not None:
        bound = min(_rounded_up(loc, priced.bound), priced.plan.value)
        if _open_gap(priced.plan.value, bound) <= options.gap:
            return Solved(plan=priced.plan, bound=bound, limit=None)
    if loc.most is None and countable(loc, PATTERN_CELLS) and _still_open(priced) > SMALL_FROM:
        return _of_tree(loc, branched_whole(loc, priced, replace(options, time_limit_s=left()), watch))
    if by_tree:
        return _of_tree(loc, branched(loc, priced, replace(options, time_limit_s=left()), watch))
    return _core_solved(loc, priced, options, left(), watch)


def _of_tree(loc: Location, tree: Tree) -> Solved:
    """A plan that the nodes lost is no better than the one at hand."""
    bound: float | None = _rounded_up(loc, tree.bound)
    if tree.plan is not None:
        bound = min(_rounded_up(loc, tree.bound), tree.plan.value)
    elif not np.isfinite(tree.bound):
        bound = None
    return Solved(plan=tree.plan, bound=bound, limit=tree.limit, nodes=tree.nodes)


def _nothing_known(loc: Location) -> Priced:
    prices, state = np.zeros(len(loc.demand)), np.zeros(len(loc.fixed), dtype=np.int8)
    return Priced(bound=-np.inf, prices=prices, state=state, plan=None, steps=0)


def _rounded_up(loc: Location, bound: float) -> float:
    """Where all costs are whole, no plan lies between whole numbers."""
    return float(np.ceil(bound - 1e-6)) if loc.step else bound


def _open_gap(value: float, bound: float) -> float:
    return max(0.0, value - bound) / max(abs(value), 1e-9)


def _core_solved(loc: Location, priced: Priced, options: Options, seconds: float, watch: Watcher | None) -> Solved:
    """The core: first as an LP, whose prices are better ones, then whole, with arcs of its pools back as long as a
    point uses them.
    """
    ends = time.perf_counter() + seconds
    nodes, scale = 0, _scale(loc, priced)
    brief = min(0.1 * seconds, ALONE.seconds_an_arc * loc.cost.size)
    every = arcs_left(loc, priced)
    pooling = not loc.integral and priced.plan is not None and every.sum() > POOL_FROM
    arcs = every & (loc.cost <= MARGIN * priced.prices) if pooling else every
    strong = loc.cost + knapsacks(loc, priced.prices).rent[:, None] * loc.demand < priced.prices
    strong |= loc.whole and loc.small  # few rows, which the search over whole customers needs sooner or later

    def rest(gap: float) -> Options:
        return replace(options, gap=gap, time_limit_s=max(0.5, ends - time.perf_counter()))

    before, opened = -np.inf, np.ones(len(loc.fixed))
    while not loc.covering:
        core = core_of(loc, priced.state, arcs, _pools(loc, every, arcs), strong, scale)
        relaxed = replace(core.matrix, integer=np.zeros_like(core.matrix.integer))
        root = solve_matrix(relaxed, rest(options.gap))
        if root.x is None or root.row_dual is None or root.value is None:
            break
        over, again = beyond_opening(core, root.x), used_pools(core, root.x)
        strong[over] = True
        arcs = _with_arcs_of(again, arcs, every)
        prices, opened = root.row_dual[: len(loc.demand)] * scale, sites_at(core, root.x)
        closed = (priced.state != 0).sum()
        priced = repriced(loc, _rounded(loc, priced, prices, opened, brief), prices)
        left = arcs_left(loc, priced)
        arcs, every = arcs & left, every & left
        settles = (priced.state != 0).sum() > closed
        if not (settles or len(again) or (len(over[0]) and root.value > before + TAIL * abs(before))):
            break
        before = root.value
    if loc.whole and countable(loc) and _still_open(priced) > SMALL_FROM:
        priced = _taken_whole(loc, priced, (ends - time.perf_counter()) / 3.0)
    if (loc.whole or pooling) and _still_open(priced) > SMALL_FROM:
        priced = _small_search(loc, priced, opened, strong, scale, rest(FEW_GAP))
        left = arcs_left(loc, priced)
        arcs, every = arcs & left, every & left
    best = priced.plan
    while True:
        core = core_of(loc, priced.state, arcs, _pools(loc, every, arcs), strong, scale)
        found = solve_matrix(core.matrix, rest(options.gap), watch=watch)
        nodes += found.nodes
        plan = None if found.x is None else plan_at(loc, core, found.x)
        if plan is not None and (best is None or plan.value < best.value):
            best = plan
        if found.x is None or plan is not None or found.limit is not None:
            break
        arcs = _with_arcs_of(used_pools(core, found.x), arcs, every)
        priced = repriced(loc, _rounded(loc, priced, priced.prices, sites_at(core, found.x), brief), priced.prices)
        left, best = arcs_left(loc, priced), priced.plan
        arcs, every = arcs & left, every & left
    bound = None if found.bound is None else _rounded_up(loc, found.bound * scale)
    return _answer(core, best, priced, bound, found.limit, nodes)


def _rounded(loc: Location, priced: Priced, prices: FloatArray, opened: FloatArray, seconds: float) -> Priced:
    """The better of the plan at hand and those made from sites that are open (M,) in parts."""
    plan = priced.plan
    for least in (0.5,) if loc.small else (0.3, 0.5, 0.7):
        found = plan_over(loc, filled(loc, opened > least, opened, priced.state))
        if found is not None:
            found = improved(loc, found, prices, seconds)
            plan = found if plan is None or found.value < plan.value else plan
    return replace(priced, plan=plan)


def _still_open(priced: Priced) -> float:
    return np.inf if priced.plan is None else _open_gap(priced.plan.value, priced.bound)


def _taken_whole(loc: Location, priced: Priced, seconds: float) -> Priced:
    """Further steps with customers taken whole: a few, and all of them where these few closed a tenth of the gap."""
    first, rest = EXACT
    few = priced_bound(loc, plan_over, improved, seconds=seconds, known=priced, exact=True, pace=first)
    if _still_open(few) > 0.9 * _still_open(priced):
        return few
    return priced_bound(loc, plan_over, improved, seconds=seconds, known=few, exact=True, pace=rest)


def _small_search(
    loc: Location, priced: Priced, opened: FloatArray, strong: BoolArray, scale: float, options: Options
) -> Priced:
    """A better plan from the sites that are open in parts and the few of them that suit each customer best."""
    likely = (priced.state == 1) | (opened > LIKELY)
    if priced.plan is not None:
        likely |= priced.plan.open
    arcs = arcs_left(loc, priced) & likely[:, None]
    rent = knapsacks(loc, priced.prices).rent
    dearer = np.where(arcs, loc.cost - priced.prices + rent[:, None] * loc.demand, np.inf)
    few = arcs & (np.argsort(np.argsort(dearer, axis=0), axis=0) < FEW)
    state = np.where(likely, priced.state, -1).astype(np.int8)
    core = core_of(loc, state, few, np.full(len(loc.demand), np.inf), strong, scale)
    found = solve_matrix(core.matrix, replace(options, time_limit_s=0.1 * options.time_limit_s))
    plan = None if found.x is None else plan_over(loc, sites_at(core, found.x) > 0.5)
    plans = [p for p in (priced.plan, plan, None if found.x is None else plan_at(loc, core, found.x)) if p is not None]
    best = min(plans, key=lambda p: p.value, default=None)
    return priced if best is priced.plan else repriced(loc, replace(priced, plan=best), priced.prices)


def _answer(
    core: Core, best: Sites | None, priced: Priced, bound: float | None, limit: str | None, nodes: int
) -> Solved:
    """Plans that the reductions lost are no better than the plan they were made with, so the bound is at most that."""
    known = [priced.bound] if np.isfinite(priced.bound) else []
    if bound is not None:
        known.append(bound)
    elif best is not None and limit is None:
        known.append(best.value)
    proved = max(known) if known else None
    matrix = core.matrix
    return Solved(
        plan=best,
        bound=proved if best is None or proved is None else min(proved, best.value),
        limit=limit,
        nodes=nodes,
        rows=len(matrix.row_lower),
        columns=len(matrix.cost),
        nonzeros=int(matrix.a.nnz),
    )


def _scale(loc: Location, priced: Priced) -> float:
    """So that a plan costs about ten thousand: HiGHS's absolute tolerances then fit costs of any size. Whole costs stay
    whole where they are small: HiGHS then knows that values are."""
    size = float(loc.fixed.sum()) if priced.plan is None else priced.plan.value
    return 1.0 if loc.covering or (loc.step and size < 1e6) else max(abs(size), 1e-9) / 1e4


def _pools(loc: Location, every: BoolArray, arcs: BoolArray) -> FloatArray:
    """(N,) cost of the cheapest arc that is no column."""
    return np.asarray(np.where(every & ~arcs, loc.cost, np.inf).min(axis=0))


def _with_arcs_of(customers: np.ndarray, arcs: BoolArray, every: BoolArray) -> BoolArray:
    back = arcs.copy()
    back[:, customers] = every[:, customers]
    return back


def location_decisions(p: Problem, plan: Sites) -> Decisions:
    """The plan in the words of the problem: sites that stay closed have no modules, pods are whole."""
    i = len(p.candidate_id)
    asked = np.flatnonzero(p.demand_h100e[:, 0] > 0.0)
    served = plan.share * p.demand_h100e[asked, 0]
    running = served.sum(axis=1) / (p.serve_factor * p.pod_serve[0])
    arcs = np.argwhere(served > 1e-9).tolist()
    return Decisions(
        modules=np.where(plan.open, p.modules_max, 0)[:, None],
        pods=np.ceil(running - 1e-9).astype(np.int64).reshape(i, 1, 1),
        running_pods=running.reshape(i, 1, 1),
        lease_gpus=np.zeros((0, 1), dtype=np.int64),
        lease_reserved=np.zeros((0, 0, 1), dtype=bool),
        host=(),
        parts=(),
        service=tuple(("campus", source, int(asked[n]), 0, float(served[source, n])) for source, n in arcs),
        posted=_transit_posted(p, asked, served),
    )


def _transit_posted(p: Problem, asked: np.ndarray, served: FloatArray) -> tuple[tuple[str, str, int, int, float], ...]:
    if p.transit is None:
        return ()
    musd = float((served * p.transit.usd_per_h[:, asked]).sum() * p.transit.hours[0] / 1e6)
    return (("cash", "transit", -1, 0, musd),) if musd else ()
