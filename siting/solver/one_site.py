"""Where a relaxation of all candidates opens one site: the best few candidates, searched, and the proof over all.

A search over the hundred or so that look best one at a time decides between sites that prices of all tell apart at
once. So: prices of all candidates, a search over the few that cost least to open at these prices, and the proof over
all for its plan. If that closes the gap, nothing is left to search. On the shipped study of one campus (33,293
candidates, 20 quarters) 3 s of search where 120 candidates take 20 to 50.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.problem import IntArray, Problem
from siting.reduction.screen import screen
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone, price_everyone
from siting.solver.highs import Options, Watcher
from siting.solver.prove import PARTLY, Proof, prove
from siting.solver.search import Searched, search

LIKELY, FEW, HOSTS = 40, 6, 2
"""Candidates that pricing begins with; that are searched; likeliest hosts that are among them."""
PRICED, SEARCHED = 0.25, 0.5
"""Shares of the time that is left for pricing and for the search."""
FINER = 4.0
"""Times as fine as the gap asked for is that of the search: the proof has its own part of it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OneSite:
    """A plan that is proved to the gap asked for over all candidates."""

    rows: IntArray
    """Candidates that were searched."""
    searched: Searched
    proof: Proof
    everyone: Everyone


def search_one_site(p: Problem, options: Options, watch: Watcher | None = None) -> OneSite | None:
    """The plan and its proof; None where the relaxation opens several sites, or the gap stays open this way."""
    budget = Budget(options.time_limit_s)
    everyone = price_everyone(p, screen(p, LIKELY).rows, budget.of(options, PRICED))
    if everyone is None or everyone.open_campuses(p, PARTLY) != 1:
        return None
    rows = _best(p, everyone)
    searched = search(p.take(rows), budget.of(replace(options, gap=options.gap / FINER), SEARCHED), watch)
    value = searched.result.value
    if value is None or searched.decisions is None or not budget.left_s:
        return None
    proof = prove(p, rows, value, budget.of(options), everyone)
    if proof is None or value - proof.bound_musd > options.gap * abs(value):
        return None
    return OneSite(rows=rows, searched=searched, proof=proof, everyone=everyone)


def _best(p: Problem, everyone: Everyone) -> IntArray:
    """Those that cost least to open, the likeliest hosts, and those that are in every plan."""
    campuses = np.flatnonzero(p.is_campus)
    order, hosts = (
        campuses[np.argsort(musd[campuses], kind="stable")[:count]]
        for musd, count in ((everyone.bound.if_open, FEW), (everyone.bound.if_host, HOSTS))
    )
    return p.whole_campuses(np.union1d(np.union1d(order, hosts), np.flatnonzero(p.always_kept)))
