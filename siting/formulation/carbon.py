"""Carbon of what runs, one term after another: of grid energy, and what other families post to `m.co2`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyomo.environ as pyo

from siting.formulation.power import running_it_mw
from siting.problem import Problem


def co2_terms(m: pyo.ConcreteModel, p: Problem) -> Iterator[tuple[int, int, float, Any]]:
    """(i, t, tonnes of one unit, variable): MWh at the meter x rate of the state's grid, and `m.co2`: (i, t) -> terms
    (tonnes of one unit, variable), negative where energy does not come from the grid.
    """
    for (i, t), terms in running_it_mw(m, p).items():
        for it_mw, variable in terms:
            yield i, t, it_mw * float(p.mwh_per_it_mw[i, t] * p.co2_t_per_mwh[i]), variable
    for (i, t), posted in m.co2.items():
        for tonnes, variable in posted:
            yield i, t, tonnes, variable
