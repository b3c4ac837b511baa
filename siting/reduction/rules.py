"""Candidates that rules of the plan need, whatever the screen thinks of their price.

Forced ones stay. Where a least number of sites is asked for, the cheapest that may be open together are kept beside
them, taken one after the other: a heuristic that finds so many wherever the limits by state, county and distance leave
much room.
"""

from __future__ import annotations

import numpy as np

from siting.geo.distance import geodesic_km
from siting.problem import FloatArray, IntArray, Problem
from siting.problem.rules import SiteRules


def needed_by_rules(p: Problem, host_musd: FloatArray, serve_musd: FloatArray) -> IntArray:
    """Rising positions of candidates that must stay in the problem."""
    forced = np.flatnonzero(p.always_kept)
    if p.rules is None or not p.rules.min_sites:
        return forced
    opening = p.npv_open_musd.max(axis=1, initial=0.0) + p.modules_first * p.npv_module_musd.max(axis=1, initial=0.0)
    tier = np.where(np.isfinite(host_musd), 0, np.where(np.isfinite(serve_musd), 1, 2))
    price = np.where(tier == 0, host_musd, np.where(tier == 1, serve_musd, opening))
    chosen = forced.tolist()
    for i in np.lexsort((price, tier)).tolist():
        if len(chosen) >= p.rules.min_sites:
            break
        if p.live_from[i] < p.quarters and i not in chosen and _may_join(p.rules, i, chosen):
            chosen.append(i)
    return np.array(sorted(chosen), dtype=np.int64)


def _may_join(rules: SiteRules, i: int, chosen: list[int]) -> bool:
    """Whether the site may be open beside those chosen."""
    for kind in rules.group:
        if kind[i] >= 0 and (kind[chosen] == kind[i]).sum() >= rules.group_most[kind[i]]:
            return False
    if rules.min_distance_km is None or not chosen:
        return True
    km = geodesic_km([rules.lat[i]], [rules.lon[i]], rules.lat[chosen], rules.lon[chosen])
    return bool((km >= rules.min_distance_km).all())
