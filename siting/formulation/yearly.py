"""Carbon and water: capped by calendar year, paid by quarter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.carbon import co2_terms
from siting.formulation.ledger import merged
from siting.formulation.power import running_it_mw
from siting.problem import Problem
from siting.problem.yearly import Yearly


def add_yearly(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""sum over i and the quarters of year y of units_it <= cap_y, for carbon and for water; each unit pays its price;
    a tonne of fuel burnt on the campus that of fuel, where there is one.

    units: tonnes of `co2_terms`, or m3 per running IT MW x running IT MW.
    """
    flows = {flow.item: flow for flow in (p.carbon, p.water) if flow is not None}
    by_year: dict[tuple[str, int], list[tuple[float, Any]]] = {}
    for item, flow in flows.items():
        for i, t, units, variable in units_of(m, p, flow):
            year = int(flow.year[t])
            if year in flow.cap:
                by_year.setdefault((item, year), []).append((units, variable))
            m.ledger.pay(item, t, units * float(flow.usd_per_unit[i, t]) / 1e6, variable, i)
        if flow.fuel_usd_per_unit is not None:
            for (i, t), burnt in m.fuel_co2.items():
                dearer = float(flow.fuel_usd_per_unit[t] - flow.usd_per_unit[i, t])
                for tonnes, variable in burnt:
                    m.ledger.pay(item, t, tonnes * dearer / 1e6, variable, i)
    if not flows:
        return
    m.YC = pyo.Set(dimen=2, initialize=sorted(by_year))

    @m.Constraint(m.YC)
    def yearly_cap(m: pyo.ConcreteModel, item: str, year: int) -> object:
        coefficients, variables = merged(by_year[item, year])
        if not variables:
            return pyo.Constraint.Skip
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) <= float(flows[item].cap[year])


def units_of(m: pyo.ConcreteModel, p: Problem, flow: Yearly) -> Iterator[tuple[int, int, float, Any]]:
    """(i, t, units of one unit, variable)."""
    if flow.per_it_mw is None:
        yield from co2_terms(m, p)
        return
    for (i, t), terms in running_it_mw(m, p).items():
        yield from ((i, t, it_mw * float(flow.per_it_mw[i, t]), variable) for it_mw, variable in terms)
