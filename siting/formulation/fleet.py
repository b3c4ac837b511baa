"""Pods bought for a campus, cumulative in time, inside halls that stand and inside what the vendor ships."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.formulation.cooling import modules_in_use
from siting.problem import Problem


def add_fleet(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""B_igt >= 0: pods of g delivered to i by t (continuous; the plan makes them whole). P: (i, g, t) that can exist.
    Of these B_igt - B_ig,t-L stand: L_g is the life of a pod, and what reached it has left the hall.

    B_ig,t-1 <= B_igt;   sum_g e_g (B_igt - B_ig,t-L) <= H V_it;   sum_i a_g (B_igt - B_ig,t-1) <= supply_gt

    e_g critical IT MW of a pod, H of a module, a_g accelerators of a pod. Where halls are of two cooling classes, P has
    only what the class may hold, and V_it are the modules of it that are in use (`modules_in_use`).
    """
    kinds = range(len(p.accelerator))
    may_hold = p.may_hold
    m.P = pyo.Set(
        dimen=3,
        initialize=[(i, g, t) for i, t in m.A for g in kinds if t >= p.deliver_from[g] and may_hold[i, g]],
    )
    m.B = pyo.Var(m.P, domain=pyo.NonNegativeReals)

    @m.Constraint(m.P)
    def pods_stay(m: pyo.ConcreteModel, i: int, g: int, t: int) -> object:
        return m.B[i, g, t - 1] <= m.B[i, g, t] if (i, g, t - 1) in m.P else pyo.Constraint.Skip

    @m.Constraint(m.A)
    def pods_within_halls(m: pyo.ConcreteModel, i: int, t: int) -> object:
        pods = [g for g in kinds if (i, g, t) in m.P]
        if not pods:
            return pyo.Constraint.Skip
        it_mw = sum(float(p.pod_it_mw[g]) * standing_pods(m, p, i, g, t) for g in pods)
        return it_mw <= p.module_it_mw * modules_in_use(m, p, i, t)

    capped = [(g, t) for g, t in np.argwhere(np.isfinite(p.supply)).tolist()]
    sites_at = {(g, t): [i for i in range(len(p.candidate_id)) if (i, g, t) in m.P] for g, t in capped}
    m.C = pyo.Set(dimen=2, initialize=[pair for pair in capped if sites_at[pair]])

    @m.Constraint(m.C)
    def vendor_supply(m: pyo.ConcreteModel, g: int, t: int) -> object:
        arrivals = sum(m.B[i, g, t] - (m.B[i, g, t - 1] if (i, g, t - 1) in m.P else 0.0) for i in sites_at[g, t])
        return int(p.pod_accelerators[g]) * arrivals <= float(p.supply[g, t])


def standing_pods(m: pyo.ConcreteModel, p: Problem, i: int, g: int, t: int) -> Any:
    """Pods of g at i that stand in t: delivered by t, not yet at the end of their life. (i, g, t) in P."""
    gone = (i, g, t - int(p.pod_life[g]))
    return m.B[i, g, t] - m.B[gone] if gone in m.P else m.B[i, g, t]
