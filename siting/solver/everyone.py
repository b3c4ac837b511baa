"""A bound over every candidate: the relaxation over some, its multipliers, and the closed form over all, in rounds.

Each round solves the relaxation over the candidates at hand, prices all others with its multipliers, and takes in those
that would lower it. The multipliers of a round are mixed with those of the best bound so far, which keeps them from
swinging (Wentges 1997; Pessoa et al. 2018); where the mixture finds nobody to take in, the round is judged by its own.
Every round gives a valid bound; the best is kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from siting.pricing import Bound, Multipliers, bound_over_all
from siting.problem import IntArray, Problem
from siting.solver.highs import Options
from siting.solver.relaxation import relaxation

STAY = 0.5
"""Share of the best multipliers so far in those that are tried."""
TAKEN, TAKEN_A_CLASS = 120, 2
"""Candidates taken in at a time, in all and of those that reach the same regions."""
NEAR, LEAST = 1e-4, 60
"""Reduced cost, as a share of the bound, up to which a candidate stays in the relaxation; how many stay at least."""
CLOSE = 1e-6
"""Relative difference between relaxation and bound at which the rounds end."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Everyone:
    """What holds for all candidates of a problem."""

    bound: Bound
    multipliers: Multipliers
    rows: IntArray
    """Candidates that the relaxation was solved over: those given and those taken in."""
    relaxed_musd: float
    """Least cost of the relaxation over `rows`; the bound can equal it but not pass it by more than rounding."""
    rounds: int
    seconds: float


def price_everyone(p: Problem, rows: IntArray, options: Options, most_rounds: int = 30) -> Everyone | None:
    """The best bound found over all candidates of `p`, from the relaxation over `rows` on.

    None where the relaxation over the candidates at hand has no solution inside the limit. `p` has no part that is
    without a price (`parts_without_price`).
    """
    began = time.perf_counter()
    best: tuple[Bound, Multipliers] | None = None
    relaxed, rounds, basis = np.nan, 0, None
    sets = np.zeros((0, len(p.region)), dtype=bool), np.zeros(0, dtype=np.int64)
    while rounds < most_rounds:
        left = options.time_limit_s - (time.perf_counter() - began)
        found = relaxation(p.take(rows), replace(options, time_limit_s=left), sets, basis) if left > 0 else None
        if found is None:
            break
        rounds += 1
        relaxed, basis, own = found.musd, found.basis, found.multipliers
        sets = own.sets, own.set_quarter
        bound = bound_over_all(p, own)
        if best is None or bound.musd > best[0].musd:
            best = bound, own
        better = _improving(p, bound, rows)
        if not len(better) or relaxed - best[0].musd <= CLOSE * abs(relaxed):
            break
        rows = np.union1d(_worth_keeping(bound, rows), better).astype(np.int64)
    if best is None:
        return None
    return Everyone(
        bound=best[0],
        multipliers=best[1],
        rows=rows,
        relaxed_musd=float(relaxed),
        rounds=rounds,
        seconds=time.perf_counter() - began,
    )


def _worth_keeping(bound: Bound, rows: IntArray) -> IntArray:
    """Candidates of the relaxation that are open in it or nearly so: the others would only make it slow."""
    near = bound.open_musd[rows] <= NEAR * abs(bound.musd)
    return rows[near] if near.sum() >= LEAST else rows[np.argsort(bound.open_musd[rows], kind="stable")[:LEAST]]


def _improving(p: Problem, bound: Bound, rows: IntArray) -> IntArray:
    """Candidates outside `rows` that lower the relaxation most, a few of each coverage class."""
    outside = np.flatnonzero(bound.gain_musd > 1e-6)
    outside = outside[~np.isin(outside, rows)]
    if not len(outside):
        return outside
    order = outside[np.argsort(-bound.gain_musd[outside], kind="stable")]
    _, member = np.unique(np.packbits(p.reach[order], axis=1), axis=0, return_inverse=True)
    member = member.reshape(-1)
    by_class = np.argsort(member, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(member[by_class])) + 1]
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_class] = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order if len(order) <= TAKEN // 2 else order[rank < TAKEN_A_CLASS][:TAKEN]
