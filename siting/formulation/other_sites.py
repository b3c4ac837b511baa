"""Plans with the same sites as one that is known are left out."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.problem import Problem


def add_other_sites(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Z_i = Z_i,T-1 in {0,1}: campus i is open at the end of the horizon. S_n the campuses of the n-th known set.

    sum_{i in S_n} (1 - Z_i) + sum_{i not in S_n} Z_i >= 1   for every n

    Exact: the left side counts the campuses in which a plan differs from S_n, so the row cuts off the plans that open
    S_n and no other (Balas and Jeroslow 1972). A site never closes, so the last quarter says it for all. A set with a
    campus that can never open is no plan's and has no row. A candidate that stands for many (`Problem.crowd`) is in no
    set: any of them that is open makes a difference.
    """
    if p.other_sites is None:
        return
    last = p.quarters - 1
    opened = {i: m.Z[i, last] for i in range(len(p.candidate_id)) if (i, last) in m.A and p.campus[i] == i}
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in p.other_sites.known]
    m.KnownSites = pyo.Set(initialize=[n for n, members in enumerate(sets) if members <= opened.keys()])

    @m.Constraint(m.KnownSites)
    def other_sites(m: pyo.ConcreteModel, n: int) -> object:
        signs = [-1.0 if i in sets[n] else 1.0 for i in opened]
        return LinearExpression(linear_coefs=signs, linear_vars=list(opened.values())) >= 1 - len(sets[n])
