"""Terms of a large load: minimum take and collateral by module, demand charge by the largest draw."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import merged
from siting.formulation.shortfall import at_most_owed, spending_is_sought
from siting.formulation.supply import Terms, grid_gwh, most_grid_gwh
from siting.problem import Problem
from siting.problem.supply import LargeLoad


def add_large_load(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""S_it >= 0: GWh that i owes in t and does not take.

    S_it >= o_it c_it - g_it,   c_it = V_it - V_i,t-n from the energization e_i on; until e_i + n: V_it

    o GWh that a contracted module owes, c modules under contract (each for n quarters from the later of its first
    quarter and e_i), g GWh from the grid. S pays the grid's price; after the horizon all that is owed does. Collateral
    is paid where a module is signed and comes back at the horizon; neither for modules that stand at the start. Where a
    limit asks for spending, S is no more than what is owed (`at_most_owed`).
    """
    s = p.large_load
    if s is None:
        return
    grid = grid_gwh(m, p)
    owing = [(i, t) for i, t in m.A if s.owed_mwh[i, t] > 0 and contracted(m, p, s, i, t)]
    m.ShortT = pyo.Set(dimen=2, initialize=owing)
    m.ShortGwh = pyo.Var(m.ShortT, domain=pyo.NonNegativeReals)

    @m.Constraint(m.ShortT)
    def minimum_take(m: pyo.ConcreteModel, i: int, t: int) -> object:
        owed = float(s.owed_mwh[i, t]) / 1e3
        terms = [(-owed * each, variable) for each, variable in contracted(m, p, s, i, t)]
        coefficients, variables = merged([(1.0, m.ShortGwh[i, t]), *terms, *grid.get((i, t), [])])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) >= 0.0

    if spending_is_sought(p):
        owed = {
            (i, t): [
                *((float(s.owed_mwh[i, t]) / 1e3 * each, variable) for each, variable in contracted(m, p, s, i, t)),
                *((-gwh, variable) for gwh, variable in grid.get((i, t), [])),
            ]
            for i, t in m.ShortT
        }
        most = {(i, t): (float(s.owed_mwh[i, t] * p.modules_max[i]) / 1e3, most_grid_gwh(p, i, t)) for i, t in m.ShortT}
        at_most_owed(m, "Short", m.ShortGwh, owed, most)
    for (i, t), short in m.ShortGwh.items():
        m.ledger.pay("minimum_take", t, float(s.usd_per_mwh[i, t]) / 1e3, short, i)
    for i in sorted({i for i, _ in m.A}):
        for t in range(p.quarters, s.owed_mwh.shape[1]):
            for each, variable in contracted(m, p, s, i, t):
                m.ledger.pay("minimum_take", t, each * float(s.owed_mwh[i, t] * s.usd_per_mwh[i, t]) / 1e6, variable, i)
        _secure(m, p, i, float(s.collateral_musd[i]))


def contracted(m: pyo.ConcreteModel, p: Problem, s: LargeLoad, i: int, t: int) -> Terms:
    """(modules for one unit, variable) under contract at i in t, which may lie after the horizon."""
    begin = int(s.contracted_from[i])
    if t < begin:
        return []
    terms: dict[int, float] = {min(t, p.quarters - 1): 1.0}
    if t - begin >= s.term:
        ended = min(t - s.term, p.quarters - 1)
        terms[ended] = terms.get(ended, 0.0) - 1.0
    return [(each, m.V[i, at]) for at, each in terms.items() if each and (i, at) in m.A]


def _secure(m: pyo.ConcreteModel, p: Problem, i: int, musd: float) -> None:
    lag: int = int(p.opening_lag[i])
    stands = p.rules is not None and bool(p.rules.existing_modules[i])
    if stands:  # what stands in the first quarter was secured before it, whatever is decided
        m.ledger.credit("collateral_back", -musd, m.V[i, 0], i)
    for t in range(1 if stands else 0, p.quarters):
        if (i, t) not in m.A:
            continue
        signed = max(t - lag, 0)
        m.ledger.pay("collateral", signed, musd, m.V[i, t], i)
        if (i, t - 1) in m.A:
            m.ledger.pay("collateral", signed, -musd, m.V[i, t - 1], i)
    if (i, p.quarters - 1) in m.A:
        m.ledger.credit("collateral_back", musd, m.V[i, p.quarters - 1], i)


def add_demand_charge(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""d_t PUE_i / w_it x g_it is paid in t: g GWh from the grid, w GWh of a running critical IT MW, so that g PUE / w
    is the largest draw of the quarter from the grid. No row.
    """
    if p.demand_musd_per_mw is None:
        return
    for (i, t), terms in grid_gwh(m, p).items():
        each: Any = float(p.demand_musd_per_mw[t] * p.pue_peak[i] / p.mwh_per_it_mw[i, t]) * 1e3
        for gwh, variable in terms:
            m.ledger.pay("demand_charge", t, each * gwh, variable, i)
