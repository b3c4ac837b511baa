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

from siting.pricing import Bound, Multipliers, bound_over_all
from siting.pricing.reduced import reach_classes
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.highs import Options
from siting.solver.relaxation import Relaxed, relaxation, strong_relaxation

TAKEN = 40
"""Candidates taken in at a time, each of other regions than the rest while there are more."""
NEAR, LEAST = 2e-5, 40
"""Reduced cost, as a share of the bound, up to which a candidate stays in the relaxation; how many stay at least.
Measured on 40,808 candidates, 12 quarters, 100 regions: 7 relaxations of 40 to 110 candidates, 16 s of them; with
1e-4 and 120 taken in at a time 12 relaxations of up to 420, 140 s."""
SOME = 1e-4
"""Part of a site that counts as open."""
STRONG, NEARER = 60, 1e-3
"""Candidates that the strong relaxation begins with; as NEAR for it, wider, as a class that is left out loses what its
capacity is worth."""
POOL = 3
"""Candidates of each coverage class that are priced between two pricings of all: those likeliest at the last one."""
CLOSE, CLOSER = 1e-6, 0.1
"""The rounds end when relaxation and bound differ by less than this, or by this share of the gap asked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Everyone:
    """What holds for all candidates of a problem."""

    bound: Bound
    multipliers: Multipliers
    rows: IntArray
    """Candidates that the last relaxation was solved over: those given and those taken in, less those too dear."""
    relaxed_musd: float
    """Least cost of the relaxation over `rows`; the bound can equal it but not pass it by more than rounding."""
    opened: FloatArray
    """(n, T) part of each of `rows` that is open in the relaxation."""
    modules: FloatArray
    """(n, T) modules of each of `rows` there."""
    rounds: int
    seconds: float


Relax = Callable[[IntArray, Options], Relaxed | None]


def price_everyone(p: Problem, rows: IntArray, options: Options, most_rounds: int = 30) -> Everyone | None:
    """The best bound found over all candidates of `p`, from the relaxation over `rows` on, demand as sets of regions.

    None where the relaxation over the candidates at hand has no solution inside the limit. `p` has no part that is
    without a price (`parts_without_price`).
    """
    sets: tuple[BoolArray, IntArray] | None = None

    def relax(at: IntArray, left: Options) -> Relaxed | None:
        nonlocal sets
        found = relaxation(p.take(at), left, sets)
        if found is not None:
            sets = found.sets
        return found

    return _in_rounds(p, rows, relax, options, most_rounds, NEAR)


def price_strongly(p: Problem, known: Everyone, options: Options, most_rounds: int = 12) -> Everyone:
    """The same from the relaxation in which an opening in part serves in part (`strong_relaxation`): a better bound
    where several campuses serve regions, at several times the seconds. What is known, where nothing better is found.
    """
    likely = known.rows[np.argsort(known.bound.open_musd[known.rows], kind="stable")[:STRONG]]

    def relax(at: IntArray, left: Options) -> Relaxed | None:
        return strong_relaxation(p.take(at), left)

    found = _in_rounds(p, np.sort(likely), relax, options, most_rounds, NEARER)
    if found is None or found.bound.musd <= known.bound.musd:
        return known
    return replace(found, rounds=known.rounds + found.rounds, seconds=known.seconds + found.seconds)


def _in_rounds(
    p: Problem, rows: IntArray, relax: Relax, options: Options, most_rounds: int, near: float
) -> Everyone | None:
    began = time.perf_counter()
    best: tuple[Bound, Multipliers] | None = None
    last: tuple[IntArray, Relaxed] | None = None
    rounds = 0
    pool: IntArray = rows
    _, member = reach_classes(p)
    while rounds < most_rounds:
        left = options.time_limit_s - (time.perf_counter() - began)
        found = relax(rows, replace(options, time_limit_s=left)) if left > 0 else None
        if found is None:
            break
        rounds += 1
        last, own = (rows, found), found.multipliers
        better = np.empty(0, dtype=np.int64)
        kept = rows
        if best is not None:
            bound = bound_over_all(p.take(pool), own)
            better = _improving(p, pool, bound.gain_musd, rows)
            kept = _kept(bound, rows, np.searchsorted(pool, rows), found.opened, near)
        if not len(better):  # nobody in the pool is missing: look at all
            bound = bound_over_all(p, own)
            if best is None or bound.musd > best[0].musd:
                best = bound, own
            better = _improving(p, np.arange(len(p.candidate_id)), bound.gain_musd, rows)
            kept = _kept(bound, rows, rows, found.opened, near)
            pool = _likeliest(member, bound.open_musd - bound.gain_musd)
        assert best is not None
        if not len(better) or found.musd - best[0].musd <= max(CLOSE, CLOSER * options.gap) * abs(found.musd):
            break
        rows = np.union1d(kept, better).astype(np.int64)
        pool = np.union1d(pool, rows).astype(np.int64)
    if best is None or last is None:
        return None
    return Everyone(
        bound=best[0],
        multipliers=best[1],
        rows=last[0],
        relaxed_musd=float(last[1].musd),
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
    kept = bound.open_musd[at] <= near * abs(bound.musd)
    kept[np.argsort(bound.open_musd[at], kind="stable")[:LEAST]] = True
    return rows[kept | (opened[:, -1] > SOME)]


def _improving(p: Problem, among: IntArray, gain_musd: FloatArray, rows: IntArray) -> IntArray:
    """Candidates of `among`, outside `rows`, that lower the relaxation most, one of each coverage class."""
    outside = np.flatnonzero((gain_musd > 1e-6) & ~np.isin(among, rows))
    order = among[outside[np.argsort(-gain_musd[outside], kind="stable")]]
    if len(order) <= TAKEN:
        return np.asarray(order)
    _, first = np.unique(np.packbits(p.reach[order], axis=1), axis=0, return_index=True)
    apart = np.sort(first)[:TAKEN]
    return np.asarray(order[apart])
