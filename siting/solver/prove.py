"""How good a plan is among all candidates, not only those that were searched.

1. A candidate whose opening costs more than the plan at hand beyond the bound over all is in no better plan
   (reduced-cost fixing; weak duality, whatever the solver's tolerances).
2. The others are put into crowds, each as good as the best of its members in every respect (`with_crowds`), beside
   the likeliest hosts of a cluster. What the search proves of that small problem holds for all.
3. Where the search opens a crowd, the crowd is divided and the cheapest of its members stand for themselves; again
   until the gap is closed or the time is up. With parts for which no candidate is as good as several (`may_crowd`) the
   bound is that of the pricing.

Only bounds come out of this: a crowd is no place, so it gives no plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from siting.formulation.build import build_model
from siting.pricing import bound_of
from siting.pricing.crowds import crowds_of, may_crowd, with_crowds
from siting.problem import IntArray, Problem
from siting.solver.budget import built_in_s
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.everyone import Everyone, price_everyone, price_strongly
from siting.solver.highs import Options, Outcome, solve_matrix
from siting.solver.search import totals_of

PRICING = 0.5
"""Share of the time that the pricing of all candidates may take."""
PARTLY = 0.02
"""Part of a site that is open in the relaxation: where there is but one, the strong relaxation gives no more."""
SIZES = ((1, 3), (30, 60))
"""Possible hosts of a cluster that stand for themselves, and crowds of the other possible hosts and of the rest, at
most each: of a first search, and where that opens a crowd, of the next. Measured on the shipped study of one campus:
5 s where 10 hosts and 32 crowds take 17, with the same bound."""
COARSE = 0.3
"""Share of the time that is left for the first of these searches."""
LARGEST = 200
"""Candidates and crowds of a search, at most: more would take longer than they are worth."""
AS_LONG = 8.0
"""Times as long as a model takes to build that must be left for its search: the first steps of HiGHS look at no clock,
and on the shipped study they ran for 3 s beyond a limit of 10 s."""
SINGLED, PARTS = 4, 3
"""Members of an opened crowd that stand for themselves from then on, and parts into which the rest is divided."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Proof:
    """What is proved over all candidates."""

    bound_musd: float
    """No plan over any of them costs less."""
    priced_musd: float
    """The bound by prices alone, those by place of the cluster among them."""
    too_dear: int
    """Candidates that no better plan opens."""
    alone: int
    """Candidates that stood for themselves in the last search."""
    crowds: int
    rounds: int
    host_groups: int
    """Groups of places for the cluster that had prices of their own."""
    seconds: float
    everyone: Everyone
    certificate: dict[str, Any]
    """Prices and the bound that they give, for whoever wants to compute it again (`certificate`)."""

    def as_facts(self, p: Problem) -> dict[str, Any]:
        """What is kept with a plan: counts and bounds as plain values."""
        plain = {name: value for name, value in self.__dict__.items() if name not in ("everyone", "certificate")}
        return {
            **plain,
            "candidates": int(p.is_campus.sum()),
            "relaxed_musd": self.everyone.relaxed,
            "pricing_rounds": self.everyone.rounds,
        }


def certificate(p: Problem, everyone: Everyone) -> dict[str, Any]:
    """Prices and the bound that they give over all candidates of `p`, for whoever wants to compute it again.

    Rows of lines that were found during the search are left out: the bound is that without them, valid too. It is
    mostly a little lower; where opening and modules are whole it may also be higher.
    """
    musd, prices = everyone.least, everyone.prices
    if p.grid is not None and len(prices.common.line):
        prices = prices.without_lines()
        musd = bound_of(replace(p, grid=p.grid.without_rows()), prices).least
    return {"musd": musd, **prices.as_lists()}


def prove(
    p: Problem, rows: IntArray, value_musd: float, options: Options, known: Everyone | None = None
) -> Proof | None:
    """A bound over all candidates of `p` for a plan that costs `value_musd`, to the gap of the options if time allows.

    rows: candidates to begin the pricing with. known: what pricing has found before, if it has. None where not even a
    first relaxation was solved in time.
    """
    began = time.perf_counter()
    everyone = _priced(p, rows, value_musd, options) if known is None else known
    if everyone is None:
        return None
    bare = replace(p, watched=("npv_cost",), goals=())
    bound = everyone.proved
    dear = bound.least + bound.if_open >= value_musd
    may_host = (bound.least + bound.if_host < value_musd)[:, None] & np.ones((1, len(p.cluster)), dtype=bool)
    floor = float((bound.least + bound.if_open[dear]).min(initial=np.inf))
    apart = p.always_kept
    if p.other_sites is not None:
        apart = apart | p.other_sites.known.any(axis=0)
    hosts = np.flatnonzero(may_host.any(axis=1) & ~dear & ~apart)
    hosts = hosts[np.argsort(bound.if_host[hosts], kind="stable")]
    rest = np.flatnonzero(~dear & ~may_host.any(axis=1) & ~apart).astype(np.int64)

    def divided(alone: int, crowds: int) -> tuple[IntArray, list[IntArray]]:
        single = p.whole_campuses(np.union1d(hosts[:alone], np.flatnonzero(apart)))
        return single, [*crowds_of(bare, rest, crowds), *crowds_of(bare, np.sort(hosts[alone:]), crowds)]

    later = list(SIZES) if may_crowd(p) else [SIZES[-1]]
    single, crowds = divided(*later.pop(0))
    later = later if crowds else []
    searchable = may_crowd(p) or not crowds
    stated = certificate(p, everyone)
    best, rounds = max(min(bound.least, value_musd), stated["musd"]), 0

    def left() -> float:
        return options.time_limit_s - (time.perf_counter() - began)

    while (
        searchable
        and value_musd - best > options.gap * abs(value_musd)
        and left() > max(1.0, AS_LONG * built_in_s(p, len(single) + len(crowds)))
        and len(single) + len(crowds) <= LARGEST
    ):
        small = with_crowds(bare, single, crowds, may_host)
        part = COARSE if later else 1.0
        found = _searched(small, replace(options, gap=options.gap / 2.0), left, part)
        rounds += 1
        if found is None:  # nothing is cheaper than the plan at hand, or nothing else is possible
            best = max(best, min(floor, value_musd))
            break
        outcome, opened = found
        if outcome.bound is not None:
            best = max(best, min(outcome.bound, floor, value_musd))
        used = [at - len(single) for at in opened if at >= len(single)]
        if not used and outcome.limit is None:
            break
        if later:
            single, crowds = divided(*later.pop(0))
            continue
        if not used:
            break
        single, crowds = _divided(single, crowds, used, bound.if_open)
    return Proof(
        bound_musd=float(best),
        priced_musd=float(bound.least),
        too_dear=int((dear & p.is_campus).sum()),
        alone=int(p.is_campus[single].sum()),
        crowds=len(crowds),
        rounds=rounds,
        host_groups=0 if everyone.by_host is None else everyone.by_host.groups,
        seconds=time.perf_counter() - began,
        everyone=everyone,
        certificate=stated,
    )


def _priced(p: Problem, rows: IntArray, value_musd: float, options: Options) -> Everyone | None:
    """The bound by multipliers; by those of the strong relaxation where it matters and the gap is not closed."""
    everyone = price_everyone(p, rows, replace(options, time_limit_s=PRICING * options.time_limit_s))
    if everyone is None or value_musd - everyone.bound.least <= options.gap * abs(value_musd):
        return everyone
    if everyone.open_campuses(p, PARTLY) <= 1:
        return everyone
    left = PRICING * (options.time_limit_s - everyone.seconds)
    return price_strongly(p, everyone, replace(options, time_limit_s=left))


def _searched(p: Problem, options: Options, left: Callable[[], float], part: float) -> tuple[Outcome, list[int]] | None:
    """The first search of a problem with crowds and the candidates that are open in what it found; None: infeasible.

    left: seconds that are left, asked for once the model stands, of which this is a part.
    """
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return None
    outcome = solve_matrix(totals_of(p, matrix), replace(options, time_limit_s=max(0.5, part * left())))
    if outcome.x is None:
        return None if outcome.limit is None else (outcome, [])
    opened = {i for (i, _), value in matrix.values("Z", outcome.x).items() if value > 0.5}
    return outcome, sorted(opened)


def _divided(
    single: IntArray, crowds: list[IntArray], used: list[int], open_musd: np.ndarray
) -> tuple[IntArray, list[IntArray]]:
    """The same candidates with the crowds at `used` in smaller ones."""
    kept = [members for n, members in enumerate(crowds) if n not in used]
    for n in used:
        order = crowds[n][np.argsort(open_musd[crowds[n]], kind="stable")]
        single = np.union1d(single, order[:SINGLED]).astype(np.int64)
        kept += [part for part in np.array_split(order[SINGLED:], PARTS) if len(part)]
    return single, kept
