"""A plan to start from, where a search over many candidates finds none for long: over the sites that are open in a
relaxation.

The strong relaxation (`strong_relaxation`) opens few sites, most of them whole: on a national study of 1,000
candidates 16 of 94 at all and 13 of them by a seventh or more, where the weak one opens dozens by a few hundredths, as
a megawatt there pays but its share of an opening. What is open in good part, and the likeliest hosts of clusters, are
searched with the strong rows. A plan for the whole problem; no bound comes out of this.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siting.problem import IntArray, Problem
from siting.solver.decisions import Decisions
from siting.solver.everyone import Everyone
from siting.solver.highs import Options
from siting.solver.search import search

SHARES = (0.15, 0.04)
"""Part of a site that must be open: the sites of the first are searched first, those of the second after that."""
MOST_SITES, HOSTS = 24, 2
"""Sites that are searched at most; likeliest hosts of clusters that are among them."""
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
    bound: float | None
    """No plan over `rows` costs less."""


def start_plan(
    p: Problem, everyone: Everyone, options: Options, found_one: Callable[[Start], None] = lambda start: None
) -> list[Start]:
    """Whole plans over few candidates of `p`, each cheaper than the one before; empty when none is found in time.

    found_one: told of every plan as soon as it is there.
    """
    began, found = time.perf_counter(), list[Start]()
    for share, part, gap in zip(SHARES, (FIRST, 1.0), (max(ROUGH, options.gap), options.gap), strict=True):
        rows = open_sites(everyone, len(p.cluster), share)
        left = options.time_limit_s - (time.perf_counter() - began)
        if not len(rows) or left <= 0.0 or (found and np.array_equal(rows, found[-1].rows)):
            continue
        searched = search(p.take(rows), replace(options, gap=gap, time_limit_s=part * left), strong=True)
        value = searched.result.value
        if value is None or searched.decisions is None or (found and value >= found[-1].value):
            continue
        found.append(Start(rows=rows, decisions=searched.decisions, value=value, bound=searched.result.bound))
        found_one(found[-1])
    return found


def open_sites(everyone: Everyone, clusters: int, share: float) -> IntArray:
    """Candidates that are open by `share` or more at the end, and the likeliest hosts where there are clusters."""
    opened, host = everyone.opened[:, -1], everyone.bound.host_musd[everyone.rows]
    at = np.argsort(-opened, kind="stable")
    at = at[opened[at] >= share][:MOST_SITES]
    likely = np.argsort(host, kind="stable")[: HOSTS if clusters else 0]
    return np.unique(everyone.rows[np.concatenate([at, likely])]).astype(np.int64)
