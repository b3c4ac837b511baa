"""Every region is served whole from one campus or one offer."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem import Problem


def add_single_source(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Serves_cjt in {0,1}: source c serves region j in t, and nobody else does.

    F_cjt = D_jt Serves_cjt;    sum_c Serves_cjt = 1

    Every campus (with the halls of both its cooling classes) and every offer is a class of its own then
    (`coverage_classes`). The source of a region may change from quarter to quarter.
    """
    if not p.single_source:
        return
    m.Serves = pyo.Var(m.FT, domain=pyo.Binary)
    sources: dict[tuple[int, int], list[Any]] = {}
    for (_, j, t), variable in m.Serves.items():
        sources.setdefault((j, t), []).append(variable)
    m.SJ = pyo.Set(dimen=2, initialize=list(sources))

    @m.Constraint(m.FT)
    def served_whole(m: pyo.ConcreteModel, c: int, j: int, t: int) -> object:
        return m.F[c, j, t] == float(p.demand_h100e[j, t]) * m.Serves[c, j, t]

    @m.Constraint(m.SJ)
    def one_source(m: pyo.ConcreteModel, j: int, t: int) -> object:
        return sum(sources[j, t]) == 1
