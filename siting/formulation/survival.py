"""Inference that outlives the loss of any one campus or lease region, by coverage class."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.formulation.service import capacity_by_member, coverage_classes
from siting.problem import Problem


def add_survival(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Largest_ct >= what any one member of class c alone can serve in t; Able_ct what all members can.
    R_sdjt >= 0: H100e that class d serves to region j after loss s: of the largest member of class s, or, for a lease
    region u whose offers are members of several classes, of u (s = C + u).

    Largest_ct >= capacity_ut  for u in c alone;    Able_ct = sum_{u in c} capacity_uct
    sum_d R_sdjt >= rho D_jt;    sum_j R_sdjt <= Able_dt - lost_sdt     for every loss s

    lost_sdt = Largest_dt for d = s, capacity_udt for s = C + u, else 0; rho the share that must survive. Exact: members
    of a class are interchangeable, and who outlives the loss of the largest outlives that of any other. What stands by
    must run: it draws power all the time.
    """
    if p.survive_share <= 0.0:
        return
    classes, *_ = coverage_classes(p)
    members = capacity_by_member(m, p)
    alone, spread = _by_reach(members)
    m.LT = pyo.Set(dimen=2, initialize=sorted(members))
    m.LA = pyo.Set(dimen=2, initialize=sorted({(c, t) for c, t, _ in alone}))
    m.LM = pyo.Set(dimen=3, initialize=alone)
    m.Able = pyo.Var(m.LT, domain=pyo.NonNegativeReals)
    m.Largest = pyo.Var(m.LA, domain=pyo.NonNegativeReals)
    losses = [*m.LA, *((len(classes) + u, t) for u, t in spread)]
    asked = {t: [j for j, at in m.JT if at == t] for t in {at for _, at in m.JT}}
    flows = [
        (s, d, j, t)
        for s, t in losses
        for d in sorted({other for other, at in m.LT if at == t})
        for j in asked.get(t, [])
        if classes[d, j]
    ]
    m.LF = pyo.Set(dimen=4, initialize=flows)
    m.Reroute = pyo.Var(m.LF, domain=pyo.NonNegativeReals)
    into: dict[tuple[int, int, int], list[Any]] = {}
    out: dict[tuple[int, int, int], list[Any]] = {}
    for s, d, j, t in flows:
        into.setdefault((s, j, t), []).append(m.Reroute[s, d, j, t])
        out.setdefault((s, d, t), []).append(m.Reroute[s, d, j, t])
    m.LJ = pyo.Set(dimen=3, initialize=[(s, j, t) for s, t in losses for j in asked.get(t, [])])
    m.LD = pyo.Set(dimen=3, initialize=list(out))

    @m.Constraint(m.LT)
    def class_capacity(m: pyo.ConcreteModel, c: int, t: int) -> object:
        return m.Able[c, t] == sum(members[c, t].values())

    @m.Constraint(m.LM)
    def largest_member(m: pyo.ConcreteModel, c: int, t: int, u: int) -> object:
        return m.Largest[c, t] >= members[c, t][u]

    @m.Constraint(m.LJ)
    def demand_after_loss(m: pyo.ConcreteModel, s: int, j: int, t: int) -> object:
        flows = into.get((s, j, t))
        due = float(p.survive_share * p.demand_h100e[j, t])
        return sum(flows) >= due if flows else pyo.Constraint.Infeasible

    @m.Constraint(m.LD)
    def capacity_after_loss(m: pyo.ConcreteModel, s: int, d: int, t: int) -> object:
        lost = members[d, t].get(s - len(classes), 0.0)
        return sum(out[s, d, t]) <= m.Able[d, t] - (m.Largest[d, t] if s == d else lost)


def _by_reach(members: dict[tuple[int, int], dict[int, Any]]) -> tuple[list[Any], list[Any]]:
    """(class, quarter, member) of members that are in one class then; (member, quarter) of those in several."""
    found: dict[tuple[int, int], list[int]] = {}
    for (c, t), alike in members.items():
        for member in alike:
            found.setdefault((member, t), []).append(c)
    alone = sorted((inside[0], t, member) for (member, t), inside in found.items() if len(inside) == 1)
    return alone, sorted(key for key, inside in found.items() if len(inside) > 1)
