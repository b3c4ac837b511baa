"""Inference that outlives the loss of any one campus or lease offer, by coverage class."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.formulation.service import capacity_by_member, coverage_classes
from siting.problem import Problem


def add_survival(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Largest_ct >= what any one member of class c can serve in t; Able_ct what all of them can.
    R_cdjt >= 0: H100e that class d serves to region j after the largest member of class c is lost.

    Largest_ct >= capacity_it  for i in c;    Able_ct = sum_{i in c} capacity_it
    sum_d R_cdjt >= rho D_jt;    sum_j R_cdjt <= Able_dt - [d = c] Largest_ct     for every class c that has members

    rho the share that must survive. Exact: members of a class are interchangeable, and who outlives the loss of the
    largest outlives that of any other. What stands by must run: it draws power all the time.
    """
    if p.survive_share <= 0.0:
        return
    classes, *_ = coverage_classes(p)
    members = capacity_by_member(m, p)
    lost = sorted(members)
    m.LT = pyo.Set(dimen=2, initialize=lost)
    m.LM = pyo.Set(dimen=3, initialize=[(c, t, n) for c, t in lost for n in range(len(members[c, t]))])
    m.Able = pyo.Var(m.LT, domain=pyo.NonNegativeReals)
    m.Largest = pyo.Var(m.LT, domain=pyo.NonNegativeReals)
    asked = {t: [j for j, at in m.JT if at == t] for t in {at for _, at in m.JT}}
    flows = [
        (c, d, j, t)
        for c, t in lost
        for d in sorted({other for other, at in lost if at == t})
        for j in asked.get(t, [])
        if classes[d, j]
    ]
    m.LF = pyo.Set(dimen=4, initialize=flows)
    m.Reroute = pyo.Var(m.LF, domain=pyo.NonNegativeReals)
    into: dict[tuple[int, int, int], list[Any]] = {}
    out: dict[tuple[int, int, int], list[Any]] = {}
    for c, d, j, t in flows:
        into.setdefault((c, j, t), []).append(m.Reroute[c, d, j, t])
        out.setdefault((c, d, t), []).append(m.Reroute[c, d, j, t])
    m.LJ = pyo.Set(dimen=3, initialize=[(c, j, t) for c, t in lost for j in asked.get(t, [])])
    m.LD = pyo.Set(dimen=3, initialize=list(out))

    @m.Constraint(m.LT)
    def class_capacity(m: pyo.ConcreteModel, c: int, t: int) -> object:
        return m.Able[c, t] == sum(members[c, t])

    @m.Constraint(m.LM)
    def largest_member(m: pyo.ConcreteModel, c: int, t: int, n: int) -> object:
        return m.Largest[c, t] >= members[c, t][n]

    @m.Constraint(m.LJ)
    def demand_after_loss(m: pyo.ConcreteModel, c: int, j: int, t: int) -> object:
        flows = into.get((c, j, t))
        due = float(p.survive_share * p.demand_h100e[j, t])
        return sum(flows) >= due if flows else pyo.Constraint.Infeasible

    @m.Constraint(m.LD)
    def capacity_after_loss(m: pyo.ConcreteModel, c: int, d: int, t: int) -> object:
        left = m.Able[d, t] - (m.Largest[c, t] if d == c else 0.0)
        return sum(out[c, d, t]) <= left
