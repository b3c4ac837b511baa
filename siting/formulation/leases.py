"""Accelerators rented by contract: a start, a term, take-or-pay."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.problem import Problem


def add_leases(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""X_lt >= 0: GPUs of the contract of offer l that starts in t. Y_lt in {0,1}: it is signed (only where the
    offer states a least). Existing contracts start in 0 with all their GPUs.

    min_l Y_lt <= X_lt <= max_l Y_lt;   sum_{tau active in t} X_l,tau <= max_l;   sum_k N_kl R_klt <= X_lt
    """
    m.D = pyo.Set(dimen=2, initialize=[tuple(pair) for pair in np.argwhere(p.lease_start).tolist()])
    m.X = pyo.Var(
        m.D,
        domain=pyo.NonNegativeReals,
        bounds=lambda m, li, t: (float(p.lease_max[li]) if p.lease_forced[li] else 0.0, float(p.lease_max[li])),
    )
    m.DY = pyo.Set(dimen=2, initialize=[(li, t) for li, t in m.D if p.lease_min[li] > 0 and not p.lease_forced[li]])
    m.Y = pyo.Var(m.DY, domain=pyo.Binary)

    @m.Constraint(m.DY)
    def least_contract(m: pyo.ConcreteModel, li: int, t: int) -> object:
        return m.X[li, t] >= float(p.lease_min[li]) * m.Y[li, t]

    @m.Constraint(m.DY)
    def most_contract(m: pyo.ConcreteModel, li: int, t: int) -> object:
        return m.X[li, t] <= float(p.lease_max[li]) * m.Y[li, t]

    m.O = pyo.Set(initialize=[li for li in range(len(p.lease_id)) if p.lease_start[li].sum() > 1])

    @m.Constraint(m.O, range(p.quarters))
    def offer_size(m: pyo.ConcreteModel, li: int, t: int) -> object:
        active = [m.X[li, s] for s in range(t + 1) if (li, s) in m.D and t - s < p.lease_term[li]]
        return sum(active) <= float(p.lease_max[li]) if len(active) > 1 else pyo.Constraint.Skip

    reserved: dict[tuple[int, int], list[int]] = {}
    for k, li, t in m.HR:
        reserved.setdefault((li, t), []).append(k)
    m.DR = pyo.Set(dimen=2, initialize=list(reserved))

    @m.Constraint(m.DR)
    def reserved_within_contract(m: pyo.ConcreteModel, li: int, t: int) -> object:
        return sum(int(p.cluster_lease_gpus[k, li]) * m.R[k, li, t] for k in reserved[li, t]) <= m.X[li, t]
