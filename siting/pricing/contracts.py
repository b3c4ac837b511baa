"""The least reduced cost of every lease offer, by dynamic programming over the quarters in which contracts start."""

from __future__ import annotations

import numpy as np

from siting.pricing.money import lease_deductions, money_prices
from siting.pricing.multipliers import Multipliers
from siting.pricing.reduced import NEVER
from siting.pricing.service import lease_worth
from siting.pricing.together import Room, least_over_sets, meeting_sets
from siting.problem import FloatArray, IntArray, Problem


def offer_values(p: Problem, y: Multipliers) -> tuple[FloatArray, FloatArray]:
    """(L,) least reduced cost of each offer, and (K, L) what it costs more to hold a cluster; NEVER where it
    cannot. y: signed.

    One GPU at a time: contracts of an offer follow one another, at most `lease_max` GPUs are in force, and least
    contracts are left out, so every GPU may choose its own chain. A GPU that holds a cluster is in force in every
    quarter of its window and serves nobody then. Contracts that hold a cluster may overlap: the second is another
    GPU's, but what that GPU does before it and what the first one does after its own are together one free chain.
    """
    _, _, quarters, offers, clusters, _ = p.size
    worth = p.serve_factor * p.lease_serve[:, None] * lease_worth(p, y)
    money = money_prices(p, y)
    active = np.minimum(p.lease_term[:, None], quarters - np.arange(quarters)[None, :])
    cost = money.weights.npv_cost * p.npv_lease_musd + p.lease_cash_musd @ money.paid
    cost = cost - money.weights.compute * p.lease_h100e[:, None] * active
    if money.taxed(p):
        cost = cost - lease_deductions(p, money)
    values = np.zeros(offers)
    holding = np.full((clusters, offers), NEVER)
    nobody = np.zeros(quarters, dtype=bool)
    for li in range(offers):
        one = _chain(p, li, cost[li], worth[li], nobody)
        values[li] = p.lease_max[li] * one
        for k in range(clusters):
            if p.cluster_lease_gpus[k, li] > 0:
                window = nobody.copy()
                window[p.cluster_from[k] : p.cluster_until[k] + 1] = True
                held = _chain(p, li, cost[li], worth[li], window)
                if held < NEVER / 2:
                    holding[k, li] = p.cluster_lease_gpus[k, li] * (held - one)
    return values, holding


def _chain(p: Problem, li: int, cost: FloatArray, worth: FloatArray, window: np.ndarray) -> float:
    """Least cost of one GPU over contracts that cover the window; existing contracts start in 0."""
    served = np.where(window, 0.0, worth)
    term, quarters = int(p.lease_term[li]), p.quarters
    begin = int(window.argmax())
    best = np.zeros(quarters + 1)

    def taken(start: int) -> float:
        until = min(start + term, quarters)
        return float(cost[start] - served[start:until].sum() + best[until])

    for t in range(quarters - 1, -1, -1):
        best[t] = NEVER if window[t] else best[t + 1]
        if window[t] and t > begin:  # what held the cluster until now ends: the next may have begun before
            best[t] = min([taken(s) for s in range(max(begin, t - term) + 1, t + 1) if p.lease_start[li, s]] + [NEVER])
        elif p.lease_start[li, t]:
            best[t] = taken(t) if p.lease_forced[li] else min(best[t], taken(t))
    return float(best[0])


def least_on_offers(p: Problem, holding: FloatArray, host: FloatArray) -> FloatArray:
    """(L,) what offers save at most, 0 or less, when clusters whose host is worth `host` (K,) stand there.

    holding: (K, L) of `offer_values`. GPUs that hold one cluster may hold another later, so only what clusters whose
    windows meet cost more is added up; no more GPUs than the offer has are in force at a time.
    """
    able = (holding < NEVER / 2).T
    extra = np.where(able, holding.T, 0.0)

    def value(clusters: tuple[int, ...], at: IntArray) -> FloatArray:
        costs = [extra[at][:, list(found)].sum(axis=1) for found in meeting_sets(p, clusters)]
        return np.asarray(np.max(costs, axis=0) - host[list(clusters)].sum())

    room = Room(has=np.repeat(p.lease_max[:, None], p.quarters, axis=1), takes=p.cluster_lease_gpus.T.astype(float))
    floor = np.minimum(extra, 0.0) - host
    return np.minimum(least_over_sets(p, able, room, floor, value), 0.0)
