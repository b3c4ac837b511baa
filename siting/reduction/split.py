"""What a pair of campuses costs for a cluster that one of them alone cannot stand."""

from __future__ import annotations

import numpy as np

from siting.geo.distance import geodesic_km
from siting.problem import FloatArray, IntArray, Problem

CHEAPEST_PARTS = 600
"""So many cheapest campuses are paired with one another: 360,000 distances take a third of a second."""


def standing_cost_musd(p: Problem, k: int, g: int, pods: FloatArray) -> FloatArray:
    """(I,) present value of opening each campus for `pods` (I,) of cluster k on g, everything in the cluster's first
    quarter, pods bought again at the end of every life.
    """
    begin, end = int(p.cluster_from[k]), int(p.cluster_until[k]) + 1
    modules = np.maximum(p.modules_for(pods * p.pod_it_mw[g]), p.modules_first)
    return np.asarray(
        p.npv_open_musd[:, begin]
        + p.npv_halls_musd(modules)[:, begin]
        + pods * p.npv_pod_musd[:, g, begin : end : int(p.pod_life[g])].sum(axis=1)
        + pods * p.npv_run_musd[:, g, begin:end].sum(axis=1)
    )


def pair_costs_musd(p: Problem, k: int) -> tuple[FloatArray, IntArray]:
    """(I,) least present value of standing cluster k on a campus and one near it, half of it on each or what there is
    room for; (I,) the other campus. NaN and -1 where there is no pair.

    Only the cheapest parts are paired, by the cost of half the cluster in proportion to the room.
    """
    cost, partner = np.full(len(p.candidate_id), np.nan), np.full(len(p.candidate_id), -1, dtype=np.int64)
    if p.split is None or np.isnan(p.split.within_km[k]):
        return cost, partner
    room = p.part_pods(k)
    for g in np.flatnonzero(p.cluster_pods[k] >= 2).tolist():
        half = np.ceil(p.cluster_pods[k, g] / 2.0)
        pods = np.minimum(room[:, g], half)
        part = np.where(pods >= 1, standing_cost_musd(p, k, g, pods) * half / np.maximum(pods, 1.0), np.inf)
        rows = np.argsort(part, kind="stable")[: min(CHEAPEST_PARTS, int(np.isfinite(part).sum()))]
        if not len(rows):
            continue
        lat, lon, here = p.split.lat[rows], p.split.lon[rows], room[rows, g]
        fits = geodesic_km(lat, lon, lat, lon) <= p.split.within_km[k] + 1e-9
        fits &= here[:, None] + here[None, :] >= p.cluster_pods[k, g]
        fits &= p.campus[rows][:, None] != p.campus[rows][None, :]
        both = np.where(fits, part[rows][:, None] + part[rows][None, :], np.inf)
        best = both.argmin(axis=1)
        least = both[np.arange(len(rows)), best]
        better = np.isfinite(least) & ~(least >= cost[rows])
        cost[rows[better]], partner[rows[better]] = least[better], rows[best[better]]
    return cost, partner
