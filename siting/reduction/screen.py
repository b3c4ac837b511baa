"""Which candidates enter the model. All are priced in closed form; the bound then holds for those kept only.

Screen cost of a candidate: the least present value of opening it for all training clusters that it can stand (one by
one, each with its halls, pods and energy, everything arriving in the cluster's quarter). Kept are the cheapest hosts
of each cluster in turn (a large cluster has few hosts, and they are never the cheapest), candidates that together reach
and power every region in every quarter that anyone can, and the cheapest of every coverage class by the cost of a first
phase filled with the accelerator that is cheapest per H100e. A stated heuristic: what it drops is counted, and no bound
is claimed for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.problem import FloatArray, IntArray, Problem
from siting.reduction.rules import needed_by_rules
from siting.reduction.split import pair_costs_musd, standing_cost_musd


@dataclass(frozen=True, kw_only=True, eq=False)
class Screened:
    """Rows kept, and the price of every candidate."""

    rows: IntArray
    """(N,) rising positions in the full problem."""
    host_cost_musd: FloatArray
    """(I,) least cost of standing the clusters there; NaN where none can stand."""
    serve_cost_musd: FloatArray
    """(I,) cost per H100e served from a full first phase; NaN where nothing can be served."""


def screen(p: Problem, keep: int) -> Screened:
    """Keep about `keep` candidates: at least the cheapest host of each cluster and one server of each region and
    quarter, all when they are few.
    """
    alone = _alone(p)
    by_cluster, serve = _costs(p, alone, alone.modules_first)
    host = _sum_of_found(by_cluster)
    everyone = np.arange(len(p.candidate_id))
    usable = everyone[np.isfinite(host) | np.isfinite(serve)]
    if len(everyone) <= keep:  # halls that nobody needs may pay all the same, or tell one plan from another
        rows = everyone
    elif len(usable) <= keep:
        rows = usable
    else:
        for_hosts = _cheapest_in_turn(by_cluster, keep - keep // 3 if np.isfinite(serve).any() else keep)
        for_hosts = _with_partners(p, for_hosts)
        rows = np.union1d(for_hosts, _covering(p, serve, for_hosts))
        if p.survive_share > 0.0:  # whoever must outlive a loss needs somebody else everywhere
            others = np.where(np.isin(everyone, rows), np.inf, serve)
            rows = np.union1d(rows, _covering(p, others, np.empty(0, dtype=np.int64)))
        rows = np.union1d(rows, _cheapest_by_class(p, serve, keep - len(rows)))
    rows = np.union1d(rows, needed_by_rules(p, host, serve)).astype(np.int64)
    return Screened(rows=p.whole_campuses(rows), host_cost_musd=host, serve_cost_musd=serve)


def cheapest_by_region(p: Problem, hosts: int) -> IntArray:
    """Rising positions of about `hosts` cheapest hosts and of the cheapest server of each region, with whoever is
    needed for every region and quarter that anyone can serve: few candidates, and no region is dear for want of others.

    A server is priced as large as it can be, as a relaxation opens it in part: 40,808 candidates cost 17,661 MUSD over
    those that are cheapest like this, 17,742 over those with the cheapest first phase, and 17,658 over all.
    """
    alone = _alone(p)
    by_cluster, serve = _costs(p, alone, _carried(alone))
    for_hosts = _with_partners(p, _cheapest_in_turn(by_cluster, hosts))
    dear = np.where(p.reach & np.isfinite(serve)[:, None], serve[:, None], np.inf)
    servers = dear.argmin(axis=0)[np.isfinite(dear).any(axis=0)]
    rows = np.union1d(for_hosts, servers).astype(np.int64)
    rows = np.union1d(rows, _covering(p, serve, rows))
    rows = np.union1d(rows, needed_by_rules(p, _sum_of_found(by_cluster), serve)).astype(np.int64)
    return rows if p.annex is None else p.annex.with_annexes(rows)


def host_cost_musd(p: Problem) -> FloatArray:
    """(I,) least present value of standing the clusters a candidate can stand; NaN where it can stand none."""
    return _sum_of_found(_on_campus(p, cluster_costs_musd(_alone(p))))


def _costs(p: Problem, alone: Problem, modules: IntArray | FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K, I) of `cluster_costs_musd` and (I,) of `serve_cost_musd`, of campuses. alone: `_alone` of `p`."""
    return _on_campus(p, cluster_costs_musd(alone)), _on_campus(p, serve_cost_musd(alone, modules))


def _carried(p: Problem) -> FloatArray:
    """(I,) modules that power ever carries, the first phase at least."""
    carried = np.floor(p.most_power_mw.max(axis=1, initial=0.0) / (p.pue_peak * p.module_it_mw) + 1e-9)
    return np.asarray(np.clip(carried, p.modules_first, np.maximum(p.modules_max, p.modules_first)))


def _alone(p: Problem) -> Problem:
    """Halls of a second cooling class as campuses that open for themselves: their price without the campus's own."""
    if p.annex is None:
        return p
    campus = p.campus
    return replace(p, npv_open_musd=p.npv_open_musd[campus], modules_first=p.modules_first[campus])


def _on_campus(p: Problem, cost: FloatArray) -> FloatArray:
    """(..., I) the cheaper of a campus and its annex at the campus; NaN at annexes, which are kept with it."""
    if p.annex is None:
        return cost
    annexes = np.flatnonzero(p.annex.main >= 0)
    found, mains = cost.copy(), p.annex.main[annexes]
    found[..., mains] = np.fmin(cost[..., mains], cost[..., annexes])
    found[..., annexes] = np.nan
    return found


def _sum_of_found(by_cluster: FloatArray) -> FloatArray:
    found = np.isfinite(by_cluster)
    return np.where(found.any(axis=0), np.where(found, by_cluster, 0.0).sum(axis=0), np.nan)


def cluster_costs_musd(p: Problem) -> FloatArray:
    """(K, I) least present value of standing one cluster at a candidate; NaN where it cannot stand. A candidate that
    holds only a part of a cluster has the cost of the cheapest pair that it belongs to.
    """
    able = p.host_candidates()
    total = np.full((len(p.cluster), len(p.candidate_id)), np.nan)
    for k in range(len(p.cluster)):
        best = np.full(len(p.candidate_id), np.inf)
        for g in np.flatnonzero(p.cluster_pods[k]).tolist():
            cost = standing_cost_musd(p, k, g, np.full(len(p.candidate_id), float(p.cluster_pods[k, g])))
            best = np.where(able[k, :, g], np.minimum(best, cost), best)
        total[k] = np.where(np.isfinite(best), best, pair_costs_musd(p, k)[0])
    return total


def _with_partners(p: Problem, rows: IntArray) -> IntArray:
    """The rows and the other campus of the cheapest pair of each, for clusters that may stand on two."""
    others = [pair_costs_musd(p, k)[1][rows] for k in range(len(p.cluster))]
    return np.unique(np.concatenate([rows, *(other[other >= 0] for other in others)]))


def serve_cost_musd(p: Problem, modules: IntArray | FloatArray) -> FloatArray:
    """(I,) musd per H100e of so many modules (I,), or of the part of them that ever gets power, all live as early as
    their power and the first demand allow; NaN: serves nothing.
    """
    cost = np.full(len(p.candidate_id), np.nan)
    idle = p.weighs("compute")  # whatever runs counts, whether it serves a region or not
    if not idle and not p.demand_h100e.any():
        return cost
    first = 0 if idle else int(np.argmax(p.demand_h100e.sum(axis=0) > 0))
    flows = p.most_power_mw
    most = flows[:, first:].max(axis=1, initial=0.0)
    drawn_mw = np.minimum(modules * p.module_it_mw * p.pue_peak, most)
    powered = (flows >= drawn_mw[:, None] - 1e-9) & (drawn_mw > 0)[:, None]
    begin = np.maximum(
        np.where(powered.any(axis=1), powered.argmax(axis=1), p.quarters), np.maximum(p.live_from, first)
    )
    usable = (begin < p.quarters) & (p.reach.any(axis=1) | idle)
    rows = np.flatnonzero(usable)
    halls = p.npv_halls_musd(modules)
    per_h100e = np.full((len(rows), len(p.accelerator)), np.inf)
    for g in range(len(p.accelerator)):
        at = np.maximum(begin[rows], p.deliver_from[g])
        fits = at < p.quarters
        at = np.minimum(at, p.quarters - 1)
        pods = drawn_mw[rows] / p.pue_peak[rows] / p.pod_it_mw[g]
        later = np.cumsum(p.npv_run_musd[rows, g][:, ::-1], axis=1)[:, ::-1]
        spent = (
            p.npv_open_musd[rows, at]
            + halls[rows, at]
            + pods * (_renewed(p, rows, g, at) + later[np.arange(len(rows)), at])
        )
        per_h100e[:, g] = np.where(fits & p.may_hold[rows, g], spent / (pods * p.pod_serve[g]), np.inf)
    least = per_h100e.min(axis=1) if len(p.accelerator) else np.full(len(rows), np.inf)
    cost[rows] = np.where(np.isfinite(least), least, np.nan)
    return cost


def _renewed(p: Problem, rows: IntArray, g: int, at: IntArray) -> FloatArray:
    """(N,) present value of a pod of g bought in `at` and again at the end of every life, at each of `rows`."""
    cost = np.zeros(len(rows))
    while (due := at < p.quarters).any():
        cost += np.where(due, p.npv_pod_musd[rows, g, np.minimum(at, p.quarters - 1)], 0.0)
        at = at + int(p.pod_life[g])
    return cost


def _cheapest_in_turn(by_cluster: FloatArray, count: int) -> IntArray:
    """Cheapest hosts, one of each cluster in turn until `count` are kept; at least the cheapest of each."""
    orders = [np.argsort(cost, kind="stable")[: np.isfinite(cost).sum()] for cost in by_cluster]  # NaN sorts last
    kept: dict[int, None] = {}
    for rank in range(max((len(order) for order in orders), default=0)):
        if rank and len(kept) >= count:
            break
        kept.update({int(order[rank]): None for order in orders if rank < len(order)})
    return np.array(list(kept), dtype=np.int64)


def _covering(p: Problem, cost: FloatArray, kept: IntArray) -> IntArray:
    """Candidates beside `kept` so that every region is reached with power in every quarter of demand, as far as all
    candidates together can: again and again the least cost per region and quarter that is new.
    """
    live = np.arange(p.quarters)[None, :] >= p.live_from[:, None]
    powered = ((p.most_power_mw > 0) & live).astype(float)
    reach = p.reach.astype(float)
    missing = ((p.demand_h100e > 0) & ~(reach[kept].T @ powered[kept] > 0)).astype(float)
    rank = np.where(np.isfinite(cost), np.maximum(cost, 1e-9), np.inf)
    chosen: list[int] = []
    while missing.any():
        new = ((reach @ missing) * powered).sum(axis=1)
        best = int(np.argmin(np.where(new > 0, rank / np.maximum(new, 1.0), np.inf)))
        if not (new[best] > 0 and np.isfinite(rank[best])):
            break
        chosen.append(best)
        missing *= 1.0 - np.outer(reach[best], powered[best])
    return np.array(chosen, dtype=np.int64)


def _cheapest_by_class(p: Problem, cost: FloatArray, count: int) -> IntArray:
    """Round robin over coverage classes, cheapest first within each, so that every class has a member while room
    lasts.
    """
    rows = np.flatnonzero(np.isfinite(cost))
    if not len(rows) or count <= 0:
        return np.empty(0, dtype=np.int64)
    _, member = np.unique(p.reach[rows], axis=0, return_inverse=True)
    order = np.lexsort((cost[rows], member))
    starts = np.r_[0, np.flatnonzero(np.diff(member[order])) + 1]
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    chosen = np.lexsort((cost[rows][order], rank))[:count]
    return rows[order][chosen]
