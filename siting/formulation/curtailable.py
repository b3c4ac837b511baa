"""Curtailable connections: sooner and cheaper power that inference may not rely on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import merged
from siting.formulation.power import running_it_mw
from siting.formulation.shortfall import spending_is_sought
from siting.formulation.supply import Terms, grid_gwh
from siting.problem import Problem


def add_curtailable(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""C_i in {0,1}: i signs a curtailable connection. O_it >= 0: it does and opens in t.

    O_it <= Z_it - Z_i,t-1;   sum_t O_it = C_i

    C_i adds to `power_balance` the MW that flow sooner; O_it saves a share of the connection.
    """
    s = p.curtailable
    if s is None:
        return
    m.CC = pyo.Set(initialize=sorted({i for i, _ in m.A if s.admitted[i]}))
    m.Curtailable = pyo.Var(m.CC, domain=pyo.Binary)
    m.CO = pyo.Set(dimen=2, initialize=[(i, t) for i, t in m.A if i in m.CC])
    m.OpensCurtailable = pyo.Var(m.CO, domain=pyo.NonNegativeReals)

    @m.Constraint(m.CO)
    def curtailable_opening(m: pyo.ConcreteModel, i: int, t: int) -> object:
        before = m.Z[i, t - 1] if (i, t - 1) in m.A else 0.0
        return m.OpensCurtailable[i, t] <= m.Z[i, t] - before

    @m.Constraint(m.CC)
    def curtailable_opens_once(m: pyo.ConcreteModel, i: int) -> object:
        return sum(m.OpensCurtailable[i, t] for t in range(p.quarters) if (i, t) in m.A) == m.Curtailable[i]

    for i, t in m.CO:
        opens = m.OpensCurtailable[i, t]
        if musd := float(s.saved_cash_musd[i, t]):
            m.ledger.pay("opening", t - int(p.opening_lag[i]), -musd, opens, i)
        m.ledger.credit("residual_connection", -float(s.saved_back_musd[i, t]), opens, i)
        if s.earlier_mw[i, t] > 0:
            sooner = (float(s.earlier_mw[i, t]), m.Curtailable[i])
            m.extra_supply.setdefault((i, t), []).append(sooner)


def add_curtailed(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""X_it >= 0: utility MW that run and stop in curtailed hours. A_it >= 0: GWh from the grid at a price adder.

    PUE_i sum_g e_g Q_igt <= b_it + M_it (1 - C_i);    X_it >= PUE_i (MW IT that run) - b_it - M_it (1 - C_i)
    adder > 0: A_it >= g_it - G_it (1 - C_i);          adder < 0: A_it <= g_it, A_it <= G_it C_i
    (both where a limit asks for spending: A_it is what is taken, no more and no less)

    b firm MW of units on the campus and of batteries, M and G the most that can run and be drawn, g GWh from the grid.
    X costs what the stopped output is worth: in the value, not in cash.
    """
    s = p.curtailable
    if s is None:
        return
    running, grid = running_it_mw(m, p), grid_gwh(m, p)
    most = np.minimum(p.most_power_mw, (p.modules_max * p.module_it_mw * p.pue_peak)[:, None])
    m.CX = pyo.Set(dimen=2, initialize=[(i, t) for i, t in running if i in m.CC])
    m.CI_ = pyo.Set(dimen=2, initialize=sorted({(i, t) for i, _, t in m.S if i in m.CC}))
    m.StoppedMw = pyo.Var(m.CX, domain=pyo.NonNegativeReals)
    m.AddedGwh = pyo.Var(m.CX if s.adder_usd_per_mwh else [], domain=pyo.NonNegativeReals)

    exact = s.adder_usd_per_mwh != 0 and spending_is_sought(p)
    bounded = s.adder_usd_per_mwh < 0 or exact

    def cover(i: int, t: int) -> Terms:
        return [(-mw, variable) for firm in (m.onsite_firm, m.firming) for mw, variable in firm.get((i, t), [])]

    @m.Constraint(m.CI_)
    def inference_is_firm(m: pyo.ConcreteModel, i: int, t: int) -> object:
        pods = [g for g in range(len(p.accelerator)) if (i, g, t) in m.S]
        served = [(float(p.pue_peak[i] * p.pod_it_mw[g]), m.Q[i, g, t]) for g in pods]
        free = float(most[i, t])
        return _sum([*served, *cover(i, t), (free, m.Curtailable[i])]) <= free

    @m.Constraint(m.CX)
    def training_stops(m: pyo.ConcreteModel, i: int, t: int) -> object:
        drawn = [(float(p.pue_peak[i]) * mw, variable) for mw, variable in running[i, t]]
        free = float(most[i, t])
        return _sum([*drawn, *cover(i, t), (free, m.Curtailable[i]), (-1.0, m.StoppedMw[i, t])]) <= free

    @m.Constraint(m.CX)
    def added_at_least(m: pyo.ConcreteModel, i: int, t: int) -> object:
        if s.adder_usd_per_mwh <= 0 and not exact:
            return pyo.Constraint.Skip
        free = _most_gwh(p, most, i, t)
        return _sum([*grid[i, t], (free, m.Curtailable[i]), (-1.0, m.AddedGwh[i, t])]) <= free

    @m.Constraint(m.CX)
    def rebate_within_grid(m: pyo.ConcreteModel, i: int, t: int) -> object:
        if not bounded:
            return pyo.Constraint.Skip
        return _sum([(1.0, m.AddedGwh[i, t]), *((-gwh, variable) for gwh, variable in grid[i, t])]) <= 0.0

    @m.Constraint(m.CX)
    def rebate_if_curtailable(m: pyo.ConcreteModel, i: int, t: int) -> object:
        if not bounded:
            return pyo.Constraint.Skip
        return m.AddedGwh[i, t] <= _most_gwh(p, most, i, t) * m.Curtailable[i]

    for (i, t), gwh in m.AddedGwh.items():
        m.ledger.pay("energy", t, s.adder_usd_per_mwh / 1e3, gwh, i)
    end = (1.0 + p.rate) ** (-p.quarters / 4.0)
    for (i, t), mw in m.StoppedMw.items():
        lost = float(s.lost_musd_per_it_mw[t] / p.pue_peak[i])
        m.ledger.credit("lost_output", -lost * m.ledger.discount(t) / end, mw, i)


def _most_gwh(p: Problem, most: Any, i: int, t: int) -> float:
    return float(most[i, t] / p.pue_peak[i] * p.mwh_per_it_mw[i, t]) / 1e3


def _sum(terms: Terms) -> Any:
    coefficients, variables = merged(terms)
    return LinearExpression(linear_coefs=coefficients, linear_vars=variables)
