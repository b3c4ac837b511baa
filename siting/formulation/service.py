"""Inference served inside the round trip target, by coverage class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.formulation.training import gpus_held
from siting.problem import BoolArray, FloatArray, IntArray, Problem


def coverage_classes(p: Problem) -> tuple[BoolArray, IntArray, IntArray]:
    """(C, J) regions of each class, (I,) class of each candidate, (L,) of each offer; -1 reaches nothing.

    Members of a class are interchangeable in service, so flows are kept by class and split back: exact. What tells
    them apart is part of the class: round trips where latency is weighed, costs of their arcs where carrying costs,
    and whose campus it is where a region has one source.
    """
    everyone = np.vstack([p.reach, p.lease_reach])
    useful = everyone.any(axis=1)
    apart: list[FloatArray] = []
    if p.rtt_ms is not None and p.lease_rtt_ms is not None:
        apart.append(np.nan_to_num(np.vstack([p.rtt_ms, p.lease_rtt_ms]), posinf=-1.0))
    if p.transit is not None:
        apart.append(np.where(everyone, p.transit.everyone_usd_per_h, 0.0))
    if p.single_source:
        offers = len(p.candidate_id) + np.arange(len(p.lease_id))
        apart.append(np.concatenate([p.campus, offers]).astype(float)[:, None])
    alike = np.hstack([everyone, *apart]) if apart else everyone
    _, first, member = np.unique(alike[useful], axis=0, return_index=True, return_inverse=True)
    classes = everyone[useful][first]
    index = np.full(len(everyone), -1, dtype=np.int64)
    index[useful] = member
    return classes, index[: len(p.reach)], index[len(p.reach) :]


def add_service(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""F_cjt >= 0: H100e that class c serves to region j in t; c -> j only inside the target.

    sum_c F_cjt >= D_jt;    sum_j F_cjt <= f (sum_{i in c, g} s_g Q_igt + sum_{l in c} s_l (active X_lt - held by
    clusters))

    f availability x peak utilisation, s H100e of inference that a pod or a GPU serves. A region that nothing reaches
    makes the row infeasible, never true.
    """
    classes, *_ = coverage_classes(p)
    asked = [(j, t) for j, t in np.argwhere(p.demand_h100e > 0).tolist()]
    m.JT = pyo.Set(dimen=2, initialize=asked)
    m.FT = pyo.Set(dimen=3, initialize=[(c, j, t) for j, t in asked for c in np.flatnonzero(classes[:, j]).tolist()])
    m.F = pyo.Var(m.FT, domain=pyo.NonNegativeReals)
    times = sorted({t for _, t in asked})
    m.CT = pyo.Set(dimen=2, initialize=[(c, t) for c in range(len(classes)) for t in times])
    members = capacity_by_member(m, p)

    @m.Constraint(m.JT)
    def demand_served(m: pyo.ConcreteModel, j: int, t: int) -> object:
        flows = [m.F[c, j, t] for c in np.flatnonzero(classes[:, j]).tolist()]
        return sum(flows) >= float(p.demand_h100e[j, t]) if flows else pyo.Constraint.Infeasible

    @m.Constraint(m.CT)
    def service_within_capacity(m: pyo.ConcreteModel, c: int, t: int) -> object:
        flows = sum(m.F[c, j, t] for j in np.flatnonzero(classes[c]).tolist() if (c, j, t) in m.FT)
        if isinstance(flows, (int, float)):
            return pyo.Constraint.Skip
        return flows <= sum(members.get((c, t), {}).values())


def add_capacity(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Cap_ct >= 0: H100e that class c can serve in t, for relaxations that write demand as cuts instead of flows:

    Cap_ct <= f (what `add_service` has on the right side of class c in t);   rows of sets of regions are added later.
    """
    m.JT = pyo.Set(initialize=[tuple(at) for at in np.argwhere(p.demand_h100e > 0).tolist()], dimen=2)
    members = capacity_by_member(m, p)
    m.CT = pyo.Set(dimen=2, initialize=sorted(key for key in members if key[0] >= 0))
    m.Cap = pyo.Var(m.CT, domain=pyo.NonNegativeReals)

    @m.Constraint(m.CT)
    def class_capacity(m: pyo.ConcreteModel, c: int, t: int) -> object:
        return m.Cap[c, t] <= sum(members[c, t].values())


def capacity_by_member(m: pyo.ConcreteModel, p: Problem) -> dict[tuple[int, int], dict[int, Any]]:
    """(class, quarter) -> member -> H100e that it can serve: a campus by its pods for inference, a lease region by the
    GPUs in force of its offers that no cluster holds. Halls of two cooling classes on one campus are one member.

    Campuses are numbered by their candidate, regions from I on. Offers of one region that reach different demand are
    members of several classes under one number.
    """
    _, site_class, lease_class = coverage_classes(p)
    pods: dict[tuple[int, int], Any] = {}
    for i, g, t in m.S:
        at = int(p.campus[i]), t
        pods[at] = pods.get(at, 0.0) + float(p.serve_factor * p.pod_serve[g]) * m.Q[i, g, t]
    found: dict[tuple[int, int], dict[int, Any]] = {}
    for (i, t), capacity in pods.items():
        if site_class[i] >= 0:  # pods may run where no region is reached, for a limit or a priority that asks for it
            found.setdefault((int(site_class[i]), t), {})[i] = capacity
    region = np.arange(len(p.lease_id)) if p.lease_region is None else p.lease_region
    for li in np.flatnonzero(lease_class >= 0).tolist():
        for t in sorted({t for _, t in m.JT}):
            active = [m.X[li, s] for s in range(t + 1) if (li, s) in m.D and t - s < p.lease_term[li]]
            if active:
                free = sum(active) - gpus_held(m, p, li, t)
                alike = found.setdefault((int(lease_class[li]), t), {})
                member = len(p.candidate_id) + int(region[li])
                alike[member] = alike.get(member, 0.0) + float(p.serve_factor * p.lease_serve[li]) * free
    return found
