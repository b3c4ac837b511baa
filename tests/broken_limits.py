"""Every limit of a problem looked at on the decisions, in plain numpy, and what the decisions cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.problem import FloatArray, Problem
from siting.solver.decisions import Decisions

SLACK = 1e-5


def broken_limits(p: Problem, d: Decisions) -> list[str]:
    """One sentence for every limit that the decisions break."""
    return [*_sites(p, d), *_power(p, d), *_clusters(p, d), *_contracts(p, d), *_service(p, d), *_money(p, d)]


def held_pods(p: Problem, d: Decisions) -> FloatArray:
    """(I, G, T) pods that clusters hold."""
    held = np.zeros(d.running_pods.shape)
    for k, i, g, pods in d.parts:
        whole = d.host[k][0] == "campus"
        held[i, g, p.cluster_from[k] : p.cluster_until[k] + 1] += p.cluster_pods[k, g] if whole else pods
    return held


def active_gpus(p: Problem, d: Decisions) -> FloatArray:
    """(L, T) GPUs under contract."""
    active = np.zeros(d.lease_gpus.shape)
    for li, s in np.argwhere(d.lease_gpus > 0).tolist():
        active[li, s : s + p.lease_term[li]] += d.lease_gpus[li, s]
    return active


def cost_musd(p: Problem, d: Decisions) -> float:
    """Present value of the decisions."""
    cost = (d.modules * p.npv_module_musd).sum() + (d.pods * p.npv_pod_musd).sum()
    cost += (d.running_pods * p.npv_run_musd).sum() + (d.lease_gpus * p.npv_lease_musd).sum()
    return float(cost + sum(p.npv_open_musd[i, t] for i, t in _openings(d)))


def spent_musd(p: Problem, d: Decisions) -> FloatArray:
    """(T,) musd paid."""
    paid = np.zeros(p.quarters)
    for i, t in _openings(d):
        paid[t - p.opening_lag[i]] += p.opening_cash_musd[i, t]
    for i in range(len(p.candidate_id)):
        paid += d.modules[i] @ sum(p.module_cash_musd(i).values())
        for g in range(len(p.accelerator)):
            paid += d.pods[i, g] @ sum(p.pod_cash_musd(i, g).values())
    paid += (d.running_pods * p.npv_run_musd / p.discount).sum(axis=(0, 1))
    return paid + np.einsum("ls,lst->t", d.lease_gpus, p.lease_cash_musd)


def _openings(d: Decisions) -> list[tuple[int, int]]:
    return [(i, int(np.flatnonzero(row)[0])) for i, row in enumerate(d.modules) if row.any()]


def _sites(p: Problem, d: Decisions) -> Iterator[str]:
    standing = d.modules.cumsum(axis=1)
    pods = p.standing_pods(d.pods)
    if (d.modules < 0).any() or (d.pods < 0).any():
        yield "a module or a pod leaves"
    if (standing > p.modules_max[:, None]).any():
        yield "more modules than the site carries"
    if ((standing > 0) & (standing < p.modules_first[:, None])).any():
        yield "less than a first phase"
    quarters = np.arange(p.quarters)
    if d.modules[quarters < p.live_from[:, None]].any():
        yield "a module too early"
    early = quarters < np.maximum(p.live_from[:, None], p.deliver_from)[..., None]
    if d.pods[early].any():
        yield "a pod too early"
    if (np.einsum("igt,g->it", pods, p.pod_it_mw) > standing * p.module_it_mw + SLACK).any():
        yield "more pods than the halls take"
    if (d.pods.sum(axis=0) * p.pod_accelerators[:, None] > p.supply + SLACK).any():
        yield "more accelerators than the vendor ships"


def _power(p: Problem, d: Decisions) -> Iterator[str]:
    standing, pods = d.modules.cumsum(axis=1), p.standing_pods(d.pods)
    if (d.running_pods > pods + SLACK).any():
        yield "more pods run than are installed"
    if (d.running_pods < held_pods(p, d) - SLACK).any():
        yield "a cluster's pods do not run"
    draw = p.pue_peak[:, None] * np.einsum("igt,g->it", d.running_pods, p.pod_it_mw)
    if (draw > np.where(standing > 0, p.energized_mw, 0.0) + SLACK).any():
        yield "more power than flows"


def _clusters(p: Problem, d: Decisions) -> Iterator[str]:
    for k, (kind, source, g) in enumerate(d.host):
        window = range(p.cluster_from[k], p.cluster_until[k] + 1)
        if kind in ("campus", "split"):
            if not p.cluster_pods[k, g]:
                yield f"cluster {k} on a type that it does not admit"
            parts = [part for part in d.parts if part[0] == k]
            if kind == "split" and sum(pods for *_, pods in parts) != p.cluster_pods[k, g]:
                yield f"cluster {k} in parts that do not add up"
            for _, campus, _, pods in parts:
                standing = d.modules[campus, : window[0] + 1].sum() * p.module_it_mw
                if standing < pods * p.pod_it_mw[g] - SLACK:
                    yield f"cluster {k} without halls by its date"
        elif kind == "lease":
            if not p.cluster_lease_gpus[k, source]:
                yield f"cluster {k} on an offer that cannot host it"
            starts = np.flatnonzero(d.lease_reserved[k, source]).tolist()
            if not all(any(s <= t < s + p.lease_term[source] for s in starts) for t in window):
                yield f"cluster {k} without a contract in some quarter"
        else:
            yield f"cluster {k} without a host"


def _contracts(p: Problem, d: Decisions) -> Iterator[str]:
    if d.lease_gpus[~p.lease_start].any():
        yield "a contract outside its window"
    signed = d.lease_gpus > 0
    if (signed & (d.lease_gpus < p.lease_min[:, None])).any():
        yield "a contract below its least"
    if (active_gpus(p, d) > p.lease_max[:, None]).any():
        yield "more GPUs than the offer has"
    reserved = np.einsum("klt,kl->lt", d.lease_reserved, p.cluster_lease_gpus)
    if (reserved > d.lease_gpus).any():
        yield "more GPUs reserved than under contract"
    if (d.lease_gpus[p.lease_forced, :1] != p.lease_max[p.lease_forced, None]).any():
        yield "an existing contract not at its size"


def _service(p: Problem, d: Decisions) -> Iterator[str]:
    i, _, t, offers, _, regions = p.size
    served, campus, rented = np.zeros((regions, t)), np.zeros((i, t)), np.zeros((offers, t))
    for kind, source, j, quarter, h100e in d.service:
        reach = p.reach if kind == "campus" else p.lease_reach
        if not reach[source, j]:
            yield "service beyond the round trip target"
        served[j, quarter] += h100e
        (campus if kind == "campus" else rented)[source, quarter] += h100e
    spare = active_gpus(p, d)
    for k, li, s in np.argwhere(d.lease_reserved).tolist():
        begin, end = max(s, p.cluster_from[k]), min(s + p.lease_term[li] - 1, p.cluster_until[k])
        spare[li, begin : end + 1] -= p.cluster_lease_gpus[k, li]
    able = np.einsum("igt,g->it", d.running_pods - held_pods(p, d), p.pod_serve)
    if (served < p.demand_h100e - SLACK).any():
        yield "demand not served"
    if (campus > p.serve_factor * able + SLACK).any():
        yield "a campus serves more than it runs"
    if (rented > p.serve_factor * spare * p.lease_serve[:, None] + SLACK).any():
        yield "a lease serves more than it holds"


def _money(p: Problem, d: Decisions) -> Iterator[str]:
    if (spent_musd(p, d).cumsum() > p.funding_musd + SLACK).any():
        yield "more money than came in"
