"""A campus serves no region more than it demands: the strong rows of facility location, for relaxations."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.formulation.service import coverage_classes
from siting.problem import Problem


def add_open_service(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""F_cjt <= D_jt sum_{i in c} Z_it   for every class c of campuses alone

    Valid for whole Z: closed campuses serve nothing, one that is open serves at most what is asked for. With Z in part
    open it is stronger than the capacity alone (Balinski 1965): 0.9 % on a national study of 1,000 candidates. A class
    that rented capacity belongs to is left out.
    """
    classes, site_class, lease_class = coverage_classes(p)
    sites = {c: np.flatnonzero(site_class == c).tolist() for c in range(len(classes))}
    rented = set(lease_class.tolist())
    m.OF = pyo.Set(dimen=3, initialize=[(c, j, t) for c, j, t in m.FT if c not in rented])

    @m.Constraint(m.OF)
    def served_by_the_open(m: pyo.ConcreteModel, c: int, j: int, t: int) -> object:
        opened = [m.Z[i, t] for i in sites[c] if (i, t) in m.A]
        return m.F[c, j, t] <= float(p.demand_h100e[j, t]) * sum(opened)
