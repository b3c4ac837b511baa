"""A bound over every candidate: the relaxation over some, its multipliers, and the closed form over all, in rounds.

Each round solves the relaxation over the candidates at hand, prices others with its multipliers, and takes in those
that would lower it: first out of a pool of the likeliest, and where that has none left, out of all. Every pricing of
all gives a valid bound; the best is kept. Mixing the multipliers with the best before (Wentges 1997) was tried and left
out: the first ones are so far off that mixtures were, too, for longer than it takes to do without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siting.pricing import Bound, Multipliers, Prices, bound_over_all
from siting.pricing.service import reach_classes
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.compile import Matrix
from siting.solver.highs import Options
from siting.solver.relaxation import Relaxed, relaxation, strong_relaxation

TAKEN = 40
"""Candidates taken in at a time, each of other regions than the rest while there are more. Tried: 20 and 30 make a
round more, 60 larger ones."""
NEAR, LEAST = 2e-5, 40
"""Reduced cost, as a share of the bound, up to which a candidate stays in the relaxation; how many stay at least.
Measured on 34,000 candidates, 12 quarters, 100 regions: 3 relaxations of 47 to 80 candidates. Tried without gain: the
basis of the round before, mapped by name (about as many iterations, and no presolve), and other options of the simplex
method."""
SOME = 1e-4
"""Part of a site that counts as open."""
STRONG, NEARER = 60, 1e-3
"""Candidates that the strong relaxation begins with; as NEAR for it, wider, as a class that is left out loses what its
capacity is worth."""
POOL = 3
"""Candidates of each coverage class that are priced between two pricings of all: those likeliest at the last one. Where
latency tells those of a class apart, 30 were tried: the relaxations grew to twice the size for no better bound."""
SLOWER = 1.5
"""Times as long as a candidate of the pool that one of all takes to price, at most: larger arrays are slower ones."""
NOISE = 1e-9
"""Share of the bound below which what a candidate would lower it by is rounding."""
PASS_ROUNDS, WEAKLY = 12, 0.5
"""Of one of several passes: strong relaxations at most, and the share of its time for those with sets of regions."""
CLOSE, CLOSER, STRONG_CLOSER = 1e-6, 0.03, 0.02
"""The rounds end when relaxation and bound differ by less than this, or by this share of the gap asked for; the last is
for the strong relaxation."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ByHost:
    """What prices of their own for groups of places where the cluster may stand add (`hosts`)."""

    bound: Bound
    """By all of these prices."""
    prices: tuple[Multipliers, ...]
    """Those without which the bound were lower."""
    groups: int
    """Groups that were priced by themselves."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Everyone:
    """What holds for all candidates of a problem."""

    bound: Bound
    multipliers: Multipliers
    rows: IntArray
    """Candidates that the last relaxation was solved over: those given and those taken in, less those too dear."""
    relaxed: float
    """Least cost of the relaxation over `rows`; the bound can equal it but not pass it by more than rounding."""
    opened: FloatArray
    """(n, T) part of each of `rows` that is open in the relaxation."""
    modules: FloatArray
    """(n, T) modules of each of `rows` there."""
    rounds: int
    seconds: float
    by_host: ByHost | None = None
    """What holds when places for the cluster are looked at apart, where that was done."""

    @property
    def proved(self) -> Bound:
        """The best bound, by all prices."""
        return self.bound if self.by_host is None else self.by_host.bound

    def open_campuses(self, p: Problem, part: float) -> int:
        """Campuses of `p` that are open in the last relaxation by more than this part."""
        return int((p.is_campus[self.rows] & (self.opened[:, -1] > part)).sum())

    @property
    def least(self) -> float:
        """No plan over any candidate costs less."""
        return self.proved.least

    @property
    def prices(self) -> Prices:
        """What `least` is computed from."""
        return Prices(common=self.multipliers, by_place=() if self.by_host is None else self.by_host.prices)


Relax = Callable[[IntArray, Options], Relaxed | None]
Look = Callable[[IntArray, FloatArray], None]
"""Told of the candidates of a relaxation and the (n, T) part of each that is open, as soon as it is solved."""


def price_everyone(
    p: Problem,
    rows: IntArray,
    options: Options,
    most_rounds: int = 30,
    loosen: Callable[[Matrix], Matrix] | None = None,
) -> Everyone | None:
    """The best bound found over all candidates of `p`, from the relaxation over `rows` on, demand as sets of regions.

    None where the relaxation over the candidates at hand has no solution inside the limit. `p` has no part that is
    without a price (`parts_without_price`). loosen: as in `relaxation`.
    """
    sets: tuple[BoolArray, IntArray] | None = None

    def relax(at: IntArray, left: Options) -> Relaxed | None:
        nonlocal sets
        found = relaxation(p.take(at), left, sets, loosen=loosen)
        if found is not None:
            sets = found.sets
        return found

    return _in_rounds(p, rows, relax, options, most_rounds, NEAR, CLOSER)


def price_pass(p: Problem, rows: IntArray, options: Options) -> Everyone | None:
    """The best bound found over all candidates of `p` for whatever it aims at and the goals it keeps.

    By the relaxation with sets of regions, then by the strong one where several sites open; by that alone where latency
    counts, which sets of regions know nothing of. Never less than prices that need no relaxation give; these alone
    where latency is aimed at and no relaxation is solved in time. Else None as `price_everyone`.
    """
    began, p = time.perf_counter(), replace(p, watched=())
    found = _pass(p, rows, options)
    if found is None and p.objective != "latency":
        return None
    prices = _without_relaxation(p)
    bound = bound_over_all(p, prices)
    if found is None:
        nothing = np.zeros((len(rows), p.quarters))
        return Everyone(
            bound=bound,
            multipliers=prices,
            rows=rows,
            relaxed=bound.least,
            opened=nothing,
            modules=nothing,
            rounds=0,
            seconds=time.perf_counter() - began,
        )
    return found if bound.least <= found.bound.least else replace(found, bound=bound, multipliers=prices)


def _without_relaxation(p: Problem) -> Multipliers:
    """Prices of nothing; where latency is aimed at, serving a region is worth the least round trip that anybody has to
    it, so that the bound is the mean of these."""
    prices = Multipliers.zero(p)
    if p.objective != "latency" or p.rtt_ms is None or p.lease_rtt_ms is None:
        return prices
    opens = p.reach & (p.live_from < p.quarters)[:, None]
    away = np.vstack([np.where(opens, p.rtt_ms, np.inf), np.where(p.lease_reach, p.lease_rtt_ms, np.inf)])
    least = away.min(axis=0, initial=np.inf)
    served = np.where(np.isfinite(least), least, 0.0) / max(float(p.demand_h100e.sum()), 1e-12)
    return replace(prices, served=np.repeat(served[:, None], p.quarters, axis=1))


def _pass(p: Problem, rows: IntArray, options: Options) -> Everyone | None:
    began = time.perf_counter()
    if p.weighs("latency"):
        return _strongly(p, None, rows, options, PASS_ROUNDS, None)
    found = price_everyone(p, rows, replace(options, time_limit_s=WEAKLY * options.time_limit_s))
    left = options.time_limit_s - (time.perf_counter() - began)
    if found is None or left <= 0.0 or not p.demand_h100e.any() or (found.opened[:, -1] > SOME).sum() <= 1:
        return found
    return price_strongly(p, found, replace(options, time_limit_s=left), PASS_ROUNDS)


def price_strongly(
    p: Problem,
    known: Everyone,
    options: Options,
    most_rounds: int = 12,
    look: Look | None = None,
    rows: IntArray | None = None,
) -> Everyone:
    """The same from the relaxation in which an opening in part serves in part (`strong_relaxation`): a better bound
    where several campuses serve regions, at several times the seconds. The bound that is known, where nothing better is
    found, with what is open in the strong relaxation: that is nearer to a plan. rows: to begin with, besides
    `likely_sites`.
    """
    likely = likely_sites(known)
    begun = likely if rows is None else np.union1d(likely, rows).astype(np.int64)
    found = _strongly(p, known, begun, options, most_rounds, look)
    if found is None:
        return known
    if found.bound.least <= known.bound.least:
        found = replace(found, bound=known.bound, multipliers=known.multipliers)
    return replace(found, rounds=known.rounds + found.rounds, seconds=known.seconds + found.seconds)


def likely_sites(known: Everyone) -> IntArray:
    """Candidates that the strong relaxation begins with: those of the last one that cost least to open."""
    return np.sort(known.rows[np.argsort(known.bound.if_open[known.rows], kind="stable")[:STRONG]])


def price_again(
    p: Problem,
    known: Everyone,
    rows: IntArray,
    options: Options,
    most_rounds: int,
    loosen: Callable[[Matrix], Matrix] | None = None,
) -> Everyone | None:
    """A bound over all candidates of a problem with some limits more than that of which `known` is known: by the strong
    relaxation over `rows`, and a few rounds from there. loosen: as in `relaxation`."""
    return _strongly(p, known, rows, options, most_rounds, None, loosen)


def _strongly(
    p: Problem,
    known: Everyone | None,
    rows: IntArray,
    options: Options,
    most_rounds: int,
    look: Look | None,
    loosen: Callable[[Matrix], Matrix] | None = None,
) -> Everyone | None:
    def relax(at: IntArray, left: Options) -> Relaxed | None:
        found = strong_relaxation(p.take(at), left, loosen)
        if found is not None and look is not None:
            look(at, found.opened)
        return found

    pool = None
    if known is not None:
        pool = _likeliest(reach_classes(p)[1], known.bound.if_open - known.bound.gain)
    return _in_rounds(p, rows, relax, options, most_rounds, NEARER, STRONG_CLOSER, pool)


def _in_rounds(
    p: Problem,
    rows: IntArray,
    relax: Relax,
    options: Options,
    most_rounds: int,
    near: float,
    closer: float,
    pool: IntArray | None = None,
) -> Everyone | None:
    """pool: candidates to price until all are; None: all are priced in the first round."""
    began = time.perf_counter()
    best: tuple[Bound, Multipliers] | None = None
    last: tuple[IntArray, Relaxed] | None = None
    priced = True
    """Whether all were priced with the multipliers of the last relaxation."""
    rounds, for_all_s = 0, 0.0
    _, member = reach_classes(p)
    rows = p.whole_campuses(rows)
    pool = None if pool is None else p.whole_campuses(np.union1d(pool, rows))

    def over_all(multipliers: Multipliers) -> Bound:
        nonlocal best, for_all_s, pool
        start = time.perf_counter()
        bound = bound_over_all(p, multipliers)
        if best is None or bound.least > best[0].least:
            best = bound, multipliers
        pool = p.whole_campuses(_likeliest(member, bound.if_open - bound.gain))
        for_all_s = time.perf_counter() - start
        return bound

    while rounds < most_rounds:
        left = options.time_limit_s - (time.perf_counter() - began) - (0.0 if priced else for_all_s)
        found = relax(rows, replace(options, time_limit_s=left)) if left > 0 else None
        if found is None:
            break
        rounds += 1
        last, own, priced = (rows, found), found.multipliers, pool is None
        close = max(CLOSE, closer * options.gap) * abs(found.least)
        if pool is not None:
            start = time.perf_counter()
            bound = bound_over_all(p.take(pool), own)
            for_all_s = max(for_all_s, SLOWER * (time.perf_counter() - start) * len(p.candidate_id) / len(pool))
            better = _improving(p, pool, bound, rows)
            kept = _kept(bound, rows, np.searchsorted(pool, rows), found.opened, near)
            priced = not len(better) or found.least - bound.least <= close
        if priced:  # nobody in the pool is missing, or hardly anybody: look at all
            bound = over_all(own)
            better = _improving(p, np.arange(len(p.candidate_id)), bound, rows)
            kept = _kept(bound, rows, rows, found.opened, near)
        if not len(better) or (best is not None and found.least - best[0].least <= close):
            break
        rows = p.whole_campuses(np.union1d(kept, better))
        pool = rows if pool is None else np.union1d(pool, rows).astype(np.int64)
    if last is None:
        return None
    if not priced:
        over_all(last[1].multipliers)
    assert best is not None
    return Everyone(
        bound=best[0],
        multipliers=best[1],
        rows=last[0],
        relaxed=float(last[1].least),
        opened=last[1].opened,
        modules=last[1].modules,
        rounds=rounds,
        seconds=time.perf_counter() - began,
    )


def _likeliest(member: IntArray, order_musd: FloatArray) -> IntArray:
    """The first few candidates of every class (I,) by rising musd (I,)."""
    order = np.lexsort((order_musd, member))
    starts = np.r_[0, np.flatnonzero(np.diff(member[order])) + 1]
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return np.sort(order[rank < POOL])


def _kept(bound: Bound, rows: IntArray, at: IntArray, opened: FloatArray, near: float) -> IntArray:
    """Candidates of the relaxation that are open in it, or nearly so: the others would only make it slow.

    at: positions of `rows` in the bound. opened: (n, T) part that is open. near: share of the bound.
    """
    kept = bound.if_open[at] <= near * abs(bound.least)
    kept[np.argsort(bound.if_open[at], kind="stable")[:LEAST]] = True
    return rows[kept | (opened[:, -1] > SOME)]


def _improving(p: Problem, among: IntArray, bound: Bound, rows: IntArray) -> IntArray:
    """TAKEN candidates of `among`, outside `rows`, that lower the relaxation most, one of each coverage class."""
    gain = bound.gain
    outside = np.flatnonzero((gain > NOISE * abs(bound.least)) & ~np.isin(among, rows))
    order = among[outside[np.argsort(-gain[outside], kind="stable")]]
    if len(order) <= TAKEN:
        return np.asarray(order)
    _, first = np.unique(np.packbits(p.reach[order], axis=1), axis=0, return_index=True)
    apart = np.sort(first)[:TAKEN]
    return np.asarray(order[apart])
