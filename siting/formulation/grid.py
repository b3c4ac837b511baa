"""Lines and spare generation that sites share on the transmission network."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.cooling import modules_of_class
from siting.formulation.ledger import merged
from siting.problem import FloatArray, Problem


def add_grid(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""L_it = PUE peak_i x H x V_it: utility MW of the halls that stand in t; T-1 is the last quarter.

    sum_i f_ri L_it <= room_r  of every row r, t = T-1, or every t;    sum_{i in island n} L_i,T-1 <= spare_n

    Halls never go, so where all factors are positive the last quarter is the worst one. Where one is negative (a site
    that relieves the line) what it makes room for may come first: a plan that breaks the row in an earlier quarter
    makes it hold in every t from the next round on (`every_quarter`); the power flow of each round looks at every
    quarter. With the distributed slack nearly every row has a negative factor somewhere, few are broken early: T rows
    each from the start would be twenty times the rows for the same plans.
    Rows hold for every plan that overloads nothing in any quarter, so a bound with them is a bound for such plans.
    On-site generation does not lower L: the grid must carry the site when its own units stand still.
    """
    if p.grid is None:
        return
    grid, last = p.grid, p.quarters - 1
    unit_mw = p.pue_peak * p.module_it_mw

    def standing(factor: FloatArray, room_mw: float, t: int) -> object:
        felt = [i for i in np.flatnonzero(factor).tolist() if (i, t) in m.A]
        if not felt:
            return pyo.Constraint.Skip
        coefficients, variables = merged(
            (float(factor[i] * unit_mw[i]) * count, halls)
            for i in felt
            for count, halls in modules_of_class(m, p, i, t)
        )
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) <= float(room_mw)

    held = [(r, t) for r, every in enumerate(grid.every_quarter) for t in range(0 if every else last, p.quarters)]
    m.GL = pyo.Set(dimen=2, initialize=held)
    m.GI = pyo.Set(initialize=range(len(grid.spare_mw)))

    @m.Constraint(m.GL)
    def line_room(m: pyo.ConcreteModel, r: int, t: int) -> object:
        return standing(grid.factor[r], grid.room_mw[r], t)

    @m.Constraint(m.GI)
    def island_spare(m: pyo.ConcreteModel, n: int) -> object:
        return standing((grid.island == n).astype(np.float64), grid.spare_mw[n], last)
