"""Lines and spare generation that sites share on the transmission network."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.cooling import modules_of_class
from siting.formulation.ledger import merged
from siting.problem import FloatArray, Problem


def add_grid(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""L_i = PUE peak_i x H x V_i,T-1: utility MW of the halls that stand at the end of the horizon.

    sum_i f_ri L_i <= room_r  of every row r;    sum_{i in island n} L_i <= spare_n  of every island n

    Halls never go, so where a factor is positive the last quarter is the worst one. Where it is negative (a site that
    relieves the line) the row speaks of the final state alone: a site may come later than what it makes room for.
    Rows hold for every plan that overloads nothing at the end, so a bound with them is a bound for such plans.
    On-site generation does not lower L: the grid must carry the site when its own units stand still.
    """
    if p.grid is None:
        return
    grid, last = p.grid, p.quarters - 1
    there = [i for i in range(len(p.candidate_id)) if (i, last) in m.A]
    unit_mw = p.pue_peak * p.module_it_mw

    def standing(factor: FloatArray, room_mw: float) -> object:
        felt = [i for i in there if factor[i]]
        if not felt:
            return pyo.Constraint.Skip
        coefficients, variables = merged(
            (float(factor[i] * unit_mw[i]) * count, halls)
            for i in felt
            for count, halls in modules_of_class(m, p, i, last)
        )
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) <= float(room_mw)

    m.GL = pyo.Set(initialize=range(len(grid.room_mw)))
    m.GI = pyo.Set(initialize=range(len(grid.spare_mw)))

    @m.Constraint(m.GL)
    def line_room(m: pyo.ConcreteModel, r: int) -> object:
        return standing(grid.factor[r], grid.room_mw[r])

    @m.Constraint(m.GI)
    def island_spare(m: pyo.ConcreteModel, n: int) -> object:
        return standing((grid.island == n).astype(np.float64), grid.spare_mw[n])
