"""A plan to start from, where a search over many candidates finds none for long: over the sites that are open in a
relaxation.

The strong relaxation (`strong_relaxation`) opens few sites, most of them whole: on a national study of 1,000
candidates 16 of 94 at all and 13 of them by a seventh or more, where the weak one opens dozens by a few hundredths, as
a megawatt there pays but its share of an opening. What is open in good part, and the likeliest hosts of clusters, are
searched with the strong rows. A plan for the whole problem; no bound comes out of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siting.problem import IntArray, Problem
from siting.reduction.screen import screen
from siting.solver.budget import Budget
from siting.solver.decisions import Decisions
from siting.solver.everyone import Everyone, price_everyone, price_strongly
from siting.solver.highs import Options, Watcher
from siting.solver.search import Searched, search

SHARES = (0.15, 0.04)
"""Part of a site that must be open: the sites of the first are searched first, those of the second after that."""
MOST_SITES, HOSTS = 24, 2
"""Sites that are searched at most; likeliest hosts of clusters that are among them."""
FLOWS = 12_000
"""Flows of service (coverage class, region, quarter) of a model, up to which a search without a start is as good: with
8,000 on the shipped study it proves 0.05 % in 40 s, with 17,000 on a national one it has no plan after 150 s."""
LIKELY, PRICED = 40, 0.4
"""Candidates that pricing begins with; share of the time that is left for each kind of pricing."""
FIRST, ROUGH = 0.2, 0.005
"""Share of the time for the first of these searches, and the gap at which it is good enough."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A whole plan over some candidates."""

    rows: IntArray
    """Candidates of the problem that were searched."""
    decisions: Decisions
    """Over the problem of these alone."""
    value: float
    searched: Searched
    """All that the search says of these."""


def is_wide(p: Problem, rows: IntArray) -> bool:
    """Whether a search over the candidates at `rows` had more flows of service than it gets anywhere with."""
    classes = np.unique(np.vstack([p.reach[rows], p.lease_reach]), axis=0)
    return int(classes.sum()) * int(p.demand_h100e.any(axis=0).sum()) > FLOWS


def priced_for_start(p: Problem, options: Options) -> Everyone | None:
    """All candidates of `p` priced, from those that look best one at a time on, by the strong relaxation too."""
    budget = Budget(options.time_limit_s)
    weakly = price_everyone(p, screen(p, LIKELY).rows, budget.of(options, PRICED))
    return None if weakly is None else price_strongly(p, weakly, budget.of(options, PRICED))


def start_plan(
    p: Problem,
    everyone: Everyone,
    options: Options,
    watch: Watcher | None = None,
    found_one: Callable[[Start], None] = lambda start: None,
) -> list[Start]:
    """Whole plans over few candidates of `p`, each cheaper than the one before; empty when none is found in time.

    found_one: told of every plan as soon as it is there.
    """
    budget, found = Budget(options.time_limit_s), list[Start]()
    for share, part, gap in zip(SHARES, (FIRST, 1.0), (max(ROUGH, options.gap), options.gap), strict=True):
        rows = np.union1d(open_sites(everyone, len(p.cluster), share), np.flatnonzero(p.always_kept)).astype(np.int64)
        if not len(rows) or not budget.left_s or (found and np.array_equal(rows, found[-1].rows)):
            continue
        searched = search(p.take(rows), budget.of(replace(options, gap=gap), part), watch, strong=True)
        value = searched.result.value
        if value is None or searched.decisions is None or (found and value >= found[-1].value):
            continue
        found.append(Start(rows=rows, decisions=searched.decisions, value=value, searched=searched))
        found_one(found[-1])
    return found


def open_sites(everyone: Everyone, clusters: int, share: float) -> IntArray:
    """Candidates that are open by `share` or more at the end, and the likeliest hosts where there are clusters."""
    opened, host = everyone.opened[:, -1], everyone.bound.host_musd[everyone.rows]
    at = np.argsort(-opened, kind="stable")
    at = at[opened[at] >= share][:MOST_SITES]
    likely = np.argsort(host, kind="stable")[: HOSTS if clusters else 0]
    return np.unique(everyone.rows[np.concatenate([at, likely])]).astype(np.int64)
