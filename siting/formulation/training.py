"""Training clusters: one fabric, one type, one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.formulation.cooling import modules_in_use
from siting.problem import Problem


def add_training(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""W_kig in {0,1}: campus i hosts cluster k on g. U_kl in {0,1}: offer l does. R_klt in {0,1}: a contract of l
    that starts
    in t is reserved for k. N_kg pods, N_kl GPUs of the cluster; window k: its quarters.

    sum_ig W_kig + sum_l U_kl + sum_abg D_kabg = 1       (D: a pair of campuses, `add_split`)
    sum_g W_kig <= Z_i,by;   V_i,by >= sum_g ceil(N_kg e_g / H) W_kig          (halls of the host stand by the date)
    sum_{tau active in t} R_kl,tau >= U_kl   for t in window;   R_klt <= U_kl   (contracts may follow one another)

    What fit-out in shells holds is not rounded up to modules.
    W only where the campus alone could stand the cluster (modules, energized MW, dates): `Problem.host_candidates`.
    Several clusters may share a campus; `add_power` and `add_fleet` hold their sum.
    """
    able = p.host_candidates()
    offers = [(k, li) for k, li in np.argwhere(p.cluster_lease_gpus > 0).tolist() if chain_exists(p, k, li)]
    m.K = pyo.Set(initialize=range(len(p.cluster)))
    m.HW = pyo.Set(dimen=3, initialize=[tuple(entry) for entry in np.argwhere(able).tolist()])
    m.HU = pyo.Set(dimen=2, initialize=offers)
    m.HR = pyo.Set(
        dimen=3,
        initialize=[
            (k, li, t)
            for k, li in offers
            for t in np.flatnonzero(p.lease_start[li]).tolist()
            if t <= p.cluster_until[k] and t + p.lease_term[li] > p.cluster_from[k]
        ],
    )
    m.W = pyo.Var(m.HW, domain=pyo.Binary)
    m.U = pyo.Var(m.HU, domain=pyo.Binary)
    m.R = pyo.Var(m.HR, domain=pyo.Binary)
    by_site: dict[tuple[int, int], list[int]] = {}
    for k, i, g in m.HW:
        by_site.setdefault((k, i), []).append(g)
    m.KI = pyo.Set(dimen=2, initialize=list(by_site))

    @m.Constraint(m.K)
    def hosted_once(m: pyo.ConcreteModel, k: int) -> object:
        hosts = [m.W[key] for key in m.HW if key[0] == k] + [m.U[key] for key in m.HU if key[0] == k]
        hosts += [m.Pair[key] for key in m.KD if key[0] == k]
        return sum(hosts) == 1 if hosts else pyo.Constraint.Infeasible

    @m.Constraint(m.KI)
    def host_is_open(m: pyo.ConcreteModel, k: int, i: int) -> object:
        return sum(m.W[k, i, g] for g in by_site[k, i]) <= m.Z[i, int(p.cluster_from[k])]

    @m.Constraint(m.KI)
    def host_has_halls(m: pyo.ConcreteModel, k: int, i: int) -> object:
        asked = {g: float(p.cluster_pods[k, g] * p.pod_it_mw[g] / p.module_it_mw) for g in by_site[k, i]}
        modules = asked if p.in_shells[i] else {g: float(np.ceil(each - 1e-9)) for g, each in asked.items()}
        return modules_in_use(m, p, i, int(p.cluster_from[k])) >= sum(modules[g] * m.W[k, i, g] for g in by_site[k, i])

    @m.Constraint(m.HU, range(p.quarters))
    def contract_in_force(m: pyo.ConcreteModel, k: int, li: int, t: int) -> object:
        if not p.cluster_from[k] <= t <= p.cluster_until[k]:
            return pyo.Constraint.Skip
        return (
            sum(m.R[k, li, s] for s in range(p.quarters) if (k, li, s) in m.R and 0 <= t - s < p.lease_term[li])
            >= m.U[k, li]
        )

    @m.Constraint(m.HR)
    def reserved_by_host(m: pyo.ConcreteModel, k: int, li: int, t: int) -> object:
        return m.R[k, li, t] <= m.U[k, li]


def chain_exists(p: Problem, k: int, li: int) -> bool:
    """Whether contracts of the offer can be in force in every quarter of the cluster's window."""
    starts = np.flatnonzero(p.lease_start[li])
    return all(
        bool(np.any((starts <= t) & (t < starts + p.lease_term[li])))
        for t in range(int(p.cluster_from[k]), int(p.cluster_until[k]) + 1)
    )


def pods_held(m: pyo.ConcreteModel, p: Problem, i: int, g: int, t: int) -> Any:
    """Pods of g at i that clusters hold in t: sum over k with t in its window of N_kg W_kig and of parts at i."""
    whole = [(k, int(p.cluster_pods[k, g]), m.W[k, i, g]) for k in range(len(p.cluster)) if (k, i, g) in m.HW]
    return sum(
        pods * variable
        for k, pods, variable in [*whole, *m.held_parts.get((i, g), [])]
        if p.cluster_from[k] <= t <= p.cluster_until[k]
    )


def gpus_held(m: pyo.ConcreteModel, p: Problem, li: int, t: int) -> Any:
    """GPUs of offer l that clusters hold in t: sum over k with t in its window, contracts tau active in t, of N_kl
    R_kl,tau.
    """
    return sum(
        int(p.cluster_lease_gpus[k, li]) * m.R[k, li, s]
        for k in range(len(p.cluster))
        if p.cluster_from[k] <= t <= p.cluster_until[k]
        for s in range(max(0, t - int(p.lease_term[li]) + 1), t + 1)
        if (k, li, s) in m.HR
    )


def running_pods(m: pyo.ConcreteModel, p: Problem) -> Iterator[tuple[int, int, int, int, object]]:
    """(i, g, t, pods per unit, variable) of everything that draws power."""
    for (i, g, t), variable in m.Q.items():
        yield i, g, t, 1, variable
    for (k, i, g), variable in m.W.items():
        for t in range(int(p.cluster_from[k]), int(p.cluster_until[k]) + 1):
            yield i, g, t, int(p.cluster_pods[k, g]), variable
    for (i, g), parts in m.held_parts.items():
        for k, pods, variable in parts:
            for t in range(int(p.cluster_from[k]), int(p.cluster_until[k]) + 1):
                yield i, g, t, pods, variable
