"""The least reduced cost of every lease offer, by dynamic programming over the quarters in which contracts start."""

from __future__ import annotations

import numpy as np

from siting.pricing.multipliers import Multipliers
from siting.pricing.reduced import later, served_worth
from siting.problem import FloatArray, Problem

NEVER = 1e12


def offer_values(p: Problem, y: Multipliers) -> tuple[FloatArray, FloatArray]:
    """(L,) least reduced cost of each offer, musd, and (K, L) what it costs more to hold a cluster; NEVER where it
    cannot. y: signed.

    One GPU at a time: contracts of an offer follow one another, at most `lease_max` GPUs are in force, and least
    contracts are left out, so every GPU may choose its own chain. A GPU that holds a cluster is in force in every
    quarter of its window and serves nobody then.
    """
    _, _, quarters, offers, clusters, _ = p.size
    worth = p.serve_factor * p.lease_serve[:, None] * served_worth(p.lease_reach, y, quarters)
    cost = p.npv_lease_musd + p.lease_cash_musd @ later(y.funding)
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
    best = np.zeros(quarters + 1)
    for t in range(quarters - 1, -1, -1):
        best[t] = NEVER if window[t] else best[t + 1]
        if p.lease_start[li, t]:
            taken = cost[t] - served[t : t + term].sum() + best[min(t + term, quarters)]
            best[t] = taken if p.lease_forced[li] else min(best[t], taken)
    return float(best[0])
