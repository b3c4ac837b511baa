"""The problem with its limits let go: everything that a later date, more power or a wider target could admit has a
variable. What stands, ships or leases sooner than the study allows is paid from the first quarter on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from siting.assembly.leases import gpus_for
from siting.explanation.question import Question
from siting.formulation.split import pairs
from siting.formulation.training import chain_exists
from siting.problem import FloatArray, IntArray, Problem
from siting.problem.limits import OwnLimits

BEYOND = 1e12
"""Bound of an own limit that holds nothing back."""
DELAYS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Quarters by which clusters are moved where there are many candidates."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The problem let go, and what its clusters stand for."""

    problem: Problem
    copies: tuple[tuple[int, int], ...]
    """(cluster of the study, quarters later) of every cluster of `problem`: one of the copies of each is hosted."""
    modules: IntArray
    """(I,) most modules."""


def bilateral(q: Question) -> dict[int, int]:
    """Position among the offers of the problem -> position in `leases.bilateral`."""
    names = {lease.name: n for n, lease in enumerate(q.study.leases.bilateral)}
    kinds = q.assembled.leases["kind"].tolist()
    return {at: names[name] for at, name in enumerate(q.problem.lease_id.tolist()) if kinds[at] == "bilateral"}


def buyable(q: Question) -> list[int]:
    """Accelerators that somebody sells."""
    return [g for g, kind in enumerate(q.assembled.accelerators) if np.isfinite(kind.price_musd)]


def relaxed(q: Question) -> Relaxed:
    """Every date, MW, target and size let go; caps, money and rules stay as rows."""
    p = q.problem
    modules = p.modules_max if p.annex is not None else p.modules_max + _wanted_modules(p)
    shells = None if p.shells is None else replace(p.shells, cash_profile=_early_halls(p.shells.cash_profile[None])[0])
    power = np.broadcast_to((modules * p.module_it_mw * p.pue_peak)[:, None], p.energized_mw.shape)
    kinds = buyable(q)
    deliver = p.deliver_from.copy()
    deliver[kinds] = 0
    copies = _copies(q)
    looser: dict[str, Any] = {
        "objective": "npv_cost",
        "goals": (),
        "watched": ("npv_cost",),
        "modules_max": modules,
        "shells": shells,
        "live_from": np.zeros_like(p.live_from),
        "energized_mw": np.maximum(power, p.energized_mw),
        "deliver_from": deliver,
        "opening_cash_musd": _early_openings(p.opening_cash_musd, p.opening_lag),
        "module_cash_profile": _early_halls(p.module_cash_profile),
        "pod_cash_profile": _early_pods(p.pod_cash_profile, p.deliver_from, kinds),
        "limits": _without_bounds(p),
        **_reach(q),
        **_leases(q),
    }
    loose = replace(p, **looser)
    some = _copied(loose, copies)
    hosted = [n for n in range(len(copies)) if can_be_hosted(some, n)]
    copies = tuple(copies[n] for n in hosted)
    return Relaxed(problem=_copied(loose, copies), copies=copies, modules=modules)


def can_be_hosted(p: Problem, k: int) -> bool:
    """Whether the cluster has a host of any kind."""
    offers = np.flatnonzero(p.cluster_lease_gpus[k] > 0).tolist()
    alone = any(chain_exists(p, k, at) for at in offers) or bool(p.host_candidates()[k].any())
    return alone or any(pair[0] == k for pair in pairs(p))


def _wanted_modules(p: Problem) -> int:
    """Modules that hold all clusters and all demand on one campus."""
    clusters = (p.cluster_pods * p.pod_it_mw[None, :]).max(axis=1, initial=0.0).sum()
    per_h100e = np.where(p.pod_serve > 0, p.pod_it_mw / np.maximum(p.pod_serve, 1e-12), 0.0).max(initial=0.0)
    served = p.demand_h100e.sum(axis=0).max(initial=0.0) * per_h100e / max(p.serve_factor, 1e-9)
    wished = 0.0 if p.limits is None else max((abs(row.bound) for row in p.limits.rows), default=0.0)
    least = min(wished, 10.0 * (clusters + served) + 1e3)  # a limit may ask for halls that nobody else wants
    wanted_mw = float(clusters + served + least)
    step = 1.0 if p.shells is None else p.shells.modules
    modules = math.ceil(wanted_mw / p.module_it_mw) + math.ceil(float(p.modules_first.max(initial=0.0)))
    return math.ceil(modules / step) * round(step)


def _early_openings(musd: FloatArray, lag: IntArray) -> FloatArray:
    """Campuses that open before construction could end cost what those of the first quarter in which it could do."""
    first = np.minimum(lag, musd.shape[1] - 1)[:, None]
    return np.where(np.arange(musd.shape[1]) < lag[:, None], np.take_along_axis(musd, first, axis=1), musd)


def _early_halls(profile: FloatArray) -> FloatArray:
    """Halls that stand before construction could end are paid evenly up to then."""
    found = profile.copy()
    for cash in found:
        for live in np.flatnonzero(cash.sum(axis=1) == 0.0).tolist() if cash.any() else []:
            cash[live, : live + 1] = 1.0 / (live + 1)
    return found


def _early_pods(profile: FloatArray, deliver: IntArray, kinds: list[int]) -> FloatArray:
    """Pods before the first delivery cost what those of the first do, the share at order when they come."""
    found, quarters = profile.copy(), profile.shape[2]
    for g in kinds:
        paid = np.flatnonzero(profile[0, g].any(axis=1))
        first = int(paid[0]) if len(paid) else quarters
        for t in range(min(int(deliver[g]), first)):
            found[0, g, t] = 0.0
            found[0, g, t, t] = profile[0, g, first].sum() if first < quarters else 1.0
            for part in (1, 2):
                if first < quarters:
                    later = profile[part, g, first, first:]
                    found[part, g, t, t:] = np.pad(later, (0, first - t), mode="edge")
    return found


def _without_bounds(p: Problem) -> OwnLimits | None:
    if p.limits is None:
        return None
    bounds = {"<=": BEYOND, ">=": -BEYOND}
    rows = tuple(replace(row, bound=bounds.get(row.sense, row.bound)) for row in p.limits.rows)
    return OwnLimits(rows=rows)


def _reach(q: Question) -> dict[str, Any]:
    """Every arc that exists, classes told apart by how far beyond the target they are."""
    p, demand = q.problem, q.assembled.demand
    if q.wide or not len(p.region):
        return {}
    rtt, lease_rtt = demand.rtt_ms[q.rows], demand.lease_rtt_ms
    beyond = {"rtt_ms": np.where(p.reach, 0.0, rtt), "lease_rtt_ms": np.where(p.lease_reach, 0.0, lease_rtt)}
    return {"reach": np.isfinite(rtt), "lease_reach": np.isfinite(lease_rtt), **beyond}


def _leases(q: Question) -> dict[str, Any]:
    """Bilateral offers from the first quarter on, as large as anybody wants, on one fabric where they state any."""
    p, quarters = q.problem, q.problem.quarters
    start, most, cash = p.lease_start.copy(), p.lease_max.copy(), p.lease_cash_musd.copy()
    gpus = p.cluster_lease_gpus.copy()
    h100e = {kind.name: kind.h100e for kind in q.assembled.accelerators}
    kinds = q.assembled.leases["accelerator"].tolist()
    for at, n in bilateral(q).items():
        first, last = (int(np.flatnonzero(start[at])[end]) for end in (0, -1))
        for t in range(first):
            paid = min(int(p.lease_term[at]), quarters - t)
            cash[at, t, t : t + paid] = cash[at, first, np.minimum(first + np.arange(paid), quarters - 1)]
        start[at, : last + 1] = True
        stated = q.study.leases.bilateral[n].single_fabric_gpus
        for k, cluster in enumerate(q.study.clusters):
            if stated and kinds[at] in (cluster.accelerators or tuple(h100e)):
                gpus[k, at] = gpus_for(cluster.gpus, cluster.h100e, h100e[kinds[at]])
        served = p.demand_h100e.sum(axis=0).max(initial=0.0) / max(p.serve_factor * float(p.lease_serve[at]), 1e-9)
        most[at] = max(most[at], float(gpus[:, at].sum()) + math.ceil(served))
    return {"lease_start": start, "lease_max": most, "lease_cash_musd": cash, "cluster_lease_gpus": gpus}


def _copies(q: Question) -> tuple[tuple[int, int], ...]:
    p = q.problem
    delays = DELAYS if q.wide else range(p.quarters)
    return tuple(
        (k, delay)
        for k in range(len(p.cluster))
        for delay in delays
        if delay == 0 or p.cluster_from[k] + delay <= p.cluster_until[k]
    )


def _copied(p: Problem, copies: tuple[tuple[int, int], ...]) -> Problem:
    """A cluster for each of its dates."""
    k = np.array([cluster for cluster, _ in copies], dtype=np.int64)
    later = np.array([delay for _, delay in copies], dtype=np.int64)
    split = None if p.split is None else replace(p.split, within_km=p.split.within_km[k])
    return replace(
        p,
        cluster=p.cluster[k],
        cluster_pods=p.cluster_pods[k],
        cluster_lease_gpus=p.cluster_lease_gpus[k],
        cluster_from=p.cluster_from[k] + later,
        cluster_until=p.cluster_until[k],
        split=split,
    )
