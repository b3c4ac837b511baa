"""A plan to start from, where a search over many candidates finds none for long: over the sites that are open in a
relaxation.

The strong relaxation (`strong_relaxation`) opens few sites, most of them whole: on a national study of 1,000
candidates 16 of 94 at all and 13 of them by a seventh or more, where the weak one opens dozens by a few hundredths, as
a megawatt there pays but its share of an opening. What is open in good part, and the likeliest hosts of clusters, are
searched with the strong rows. A plan for the whole problem; no bound comes out of this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.problem import FloatArray, IntArray, Problem
from siting.solver.decisions import Decisions
from siting.solver.everyone import Everyone
from siting.solver.highs import Options, Watcher
from siting.solver.search import Searched, search

SHARES = (0.15, 0.04)
"""Part of a site that must be open to be searched; the second where there is more time."""
MOST_SITES, HOSTS = 24, 2
"""Sites that are searched at most; likeliest hosts of clusters that are among them."""
FLOWS = 12_000
"""Flows of service (coverage class, region, quarter) of a model, up to which a search without a start is as good: with
8,000 on the shipped study it proves 0.05 % in 40 s, with 17,000 on a national one it has no plan after 150 s."""
HURRIED = 0.03
"""Gap, to the relaxation near which it looks, at which the first plan of all is good enough."""


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


def first_plan(
    p: Problem, weakly: Everyone, rows: IntArray, opened: FloatArray, options: Options, watch: Watcher | None = None
) -> Start | None:
    """A plan as soon as one is there, over what is open in a first relaxation with strong rows: (n, T) `opened` of the
    candidates `rows`. None where none is found in time.

    Measured on the national study: 1.3 % above the bound 8 s after that relaxation, with 13 of 1,000 candidates.
    """
    at = _open(p, rows, opened[:, -1], weakly.bound.if_host[rows], SHARES[0])
    return _searched(p, at, replace(options, gap=HURRIED), watch, rough=True) if len(at) else None


def plan_over_open_sites(
    p: Problem, everyone: Everyone, share: float, options: Options, watch: Watcher | None = None
) -> Start | None:
    """The best plan found over the candidates that are open by `share` or more; None where none is found in time."""
    at = open_sites(p, everyone, share)
    return _searched(p, at, options, watch) if len(at) else None


def open_sites(p: Problem, everyone: Everyone, share: float) -> IntArray:
    """Candidates that are open by `share` or more at the end, the likeliest hosts where there are clusters, and those
    that are in every plan."""
    return _open(p, everyone.rows, everyone.opened[:, -1], everyone.bound.if_host[everyone.rows], share)


def _open(p: Problem, rows: IntArray, opened: FloatArray, host_musd: FloatArray, share: float) -> IntArray:
    at = np.argsort(-opened, kind="stable")
    at = at[opened[at] >= share][:MOST_SITES]
    likely = np.argsort(host_musd, kind="stable")[: HOSTS if len(p.cluster) else 0]
    found = rows[np.concatenate([at, likely])]
    return p.whole_campuses(np.union1d(found, np.flatnonzero(p.always_kept)))


def _searched(
    p: Problem, rows: IntArray, options: Options, watch: Watcher | None, *, rough: bool = False
) -> Start | None:
    found = search(p.take(rows), options, watch, strong=True, rough=rough)
    if found.result.value is None or found.decisions is None:
        return None
    return Start(rows=rows, decisions=found.decisions, value=found.result.value, searched=found)
