"""Carrying service costs by the arc; a region is sent what it asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.formulation.service import coverage_classes
from siting.problem import Problem


def add_transit(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""F_cjt pays a_cj h_t in t: USD an hour of one H100e served on the arc, hours of the quarter.

    sum_c F_cjt <= D_jt;    F_cjt <= D_jt sum_{i in c} Z_it      for classes c without an offer

    The first makes what is served what is asked: nobody is sent more in order to have spent more. The second follows
    from it for every whole plan (a class without an open member serves nothing); it is the strong form, without which
    a fraction of an opening carries a whole region. Members of a class have the same costs (`coverage_classes`). What
    is re-routed after a loss is not billed.
    """
    if p.transit is None:
        return
    _, site_class, lease_class = coverage_classes(p)
    member = np.concatenate([site_class, lease_class])
    rate = {int(c): p.transit.everyone_usd_per_h[np.flatnonzero(member == c)[0]] for c in np.unique(member) if c >= 0}
    for (c, j, t), variable in m.F.items():
        m.ledger.pay("transit", t, float(rate[c][j] * p.transit.hours[t]) / 1e6, variable)
    sent: dict[tuple[int, int], list[Any]] = {}
    for (_, j, t), variable in m.F.items():
        sent.setdefault((j, t), []).append(variable)
    rented = set(lease_class.tolist())
    members = {c: np.flatnonzero(site_class == c).tolist() for c in rate if c not in rented}
    m.TJ = pyo.Set(dimen=2, initialize=list(sent))
    m.TF = pyo.Set(dimen=3, initialize=[key for key in m.FT if key[0] in members])

    @m.Constraint(m.TJ)
    def sent_as_asked(m: pyo.ConcreteModel, j: int, t: int) -> object:
        return sum(sent[j, t]) <= float(p.demand_h100e[j, t])

    @m.Constraint(m.TF)
    def served_when_open(m: pyo.ConcreteModel, c: int, j: int, t: int) -> object:
        opened = [m.Z[i, t] for i in members[c] if (i, t) in m.A]
        return m.F[c, j, t] <= float(p.demand_h100e[j, t]) * sum(opened)
