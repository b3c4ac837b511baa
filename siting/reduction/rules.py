"""Candidates that rules of the plan need, whatever the screen thinks of their price.

Forced ones stay, and the cheapest few of every sum that a limit of the planner's own wants large. Where a least number
of sites is asked for, the cheapest that may be open together are kept beside them, taken one after the other: a
heuristic that finds so many wherever the limits by state, county and distance leave much room.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.geo.distance import geodesic_km
from siting.problem import FloatArray, IntArray, Problem
from siting.problem.rules import SiteRules

EACH = 12
"""Candidates kept for each sum of a limit."""


def needed_by_rules(p: Problem, host_musd: FloatArray, serve_musd: FloatArray) -> IntArray:
    """Rising positions of candidates that must stay in the problem."""
    halls = p.npv_halls_musd(p.modules_first)
    opening = p.npv_open_musd.max(axis=1, initial=0.0) + halls.max(axis=1, initial=0.0)
    tier = np.where(np.isfinite(host_musd), 0, np.where(np.isfinite(serve_musd), 1, 2))
    price = np.where(tier == 0, host_musd, np.where(tier == 1, serve_musd, opening))
    order = np.lexsort((price, tier))
    order = order[p.is_campus[order]]  # halls of a second cooling class come with their campus
    kept = [np.flatnonzero(p.always_kept), *_asked_for(p, order)]
    if p.rules is not None and p.rules.min_sites:
        kept.append(_open_together(p, p.rules, order, kept[0]))
    return np.unique(np.concatenate(kept)).astype(np.int64)


def _asked_for(p: Problem, order: IntArray) -> Iterator[IntArray]:
    """The cheapest candidates of every sum that a limit of the planner's own wants large."""
    openable = p.live_from < p.quarters
    for row in p.limits.rows if p.limits is not None else ():
        for part in row.sums:
            if row.sense == "=" or (row.sense == ">=") == (part.factor > 0):
                yield order[(part.sites & openable)[order]][:EACH]


def _open_together(p: Problem, rules: SiteRules, order: IntArray, forced: IntArray) -> IntArray:
    """The forced and then the cheapest candidates that may be open together, as many as must be."""
    chosen = forced.tolist()
    for i in order.tolist():
        if len(chosen) >= rules.min_sites:
            break
        if p.live_from[i] < p.quarters and i not in chosen and _may_join(rules, i, chosen):
            chosen.append(i)
    return np.array(chosen, dtype=np.int64)


def _may_join(rules: SiteRules, i: int, chosen: list[int]) -> bool:
    """Whether the site may be open beside those chosen."""
    for kind in rules.group:
        if kind[i] >= 0 and (kind[chosen] == kind[i]).sum() >= rules.group_most[kind[i]]:
            return False
    if rules.min_distance_km is None or not chosen:
        return True
    km = geodesic_km([rules.lat[i]], [rules.lon[i]], rules.lat[chosen], rules.lon[chosen])
    return bool((km >= rules.min_distance_km).all())
