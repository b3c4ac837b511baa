"""Energy by contract: what a site takes from which, and what a PPA binds to pay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import merged
from siting.formulation.power import running_it_mw
from siting.formulation.shortfall import at_most_owed, spending_is_sought
from siting.problem import Problem
from siting.problem.supply import Contracts

Terms = list[tuple[float, Any]]


def grid_gwh(m: pyo.ConcreteModel, p: Problem) -> dict[tuple[int, int], Terms]:
    """(i, t) -> (GWh for one unit, variable) of energy from the grid: what runs, less what the campus generates."""
    found: dict[tuple[int, int], Terms] = {}
    for (i, t), running in running_it_mw(m, p).items():
        each = float(p.mwh_per_it_mw[i, t]) / 1e3
        generated = [(-mwh / 1e3, variable) for mwh, variable in m.onsite_mwh.get((i, t), [])]
        found[i, t] = [*((mw * each, variable) for mw, variable in running), *generated]
    return found


def most_grid_gwh(p: Problem, i: int, t: int) -> float:
    """GWh that candidate i can draw from the grid in t at most: full halls, or all power that flows."""
    it_mw = min(float(p.modules_max[i]) * p.module_it_mw, float(p.most_power_mw[i, t] / p.pue_peak[i]))
    return it_mw * float(p.mwh_per_it_mw[i, t]) / 1e3


def add_contracts(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""N_ict >= 0: GWh that site i takes under contract c in t. P_c in [0, P max]: MW signed. U_ct >= 0: GWh paid and
    not taken.

    sum_c N_ict <= g_it;    a_c g <= N <= b_c g   for N_ict and g_it, or both summed over the covered sites
    sum_i N_ict <= y_ct P_c;    U_ct >= m_c y_ct P_c - sum_i N_ict

    g_it GWh from the grid (`grid_gwh`), a and b shares, y GWh of a signed MW, m minimum take. N pays its price less
    that of the grid, U its price less resale; after the horizon nothing is taken: m_c y_ct P_c is paid to the end of
    the term. Where a limit asks for spending, U is no more than what is due (`at_most_owed`).
    """
    s = p.contracts
    if s is None:
        return
    grid = grid_gwh(m, p)
    m.CN = pyo.Set(
        dimen=3,
        initialize=[(i, c, t) for i, t in grid for c in np.flatnonzero(s.covers[i] & s.runs[:, t]).tolist()],
    )
    m.ContractGwh = pyo.Var(m.CN, domain=pyo.NonNegativeReals)
    signed = np.flatnonzero(np.isfinite(s.mw_max)).tolist()
    m.CP = pyo.Set(initialize=signed)
    m.ContractMw = pyo.Var(m.CP, domain=pyo.NonNegativeReals, bounds=lambda m, c: (0.0, float(s.mw_max[c])))
    here = {(c, t) for _, c, t in m.CN}
    m.CT1 = pyo.Set(dimen=2, initialize=sorted(here))
    m.CPT = pyo.Set(
        dimen=2, initialize=[(c, t) for c in signed for t in np.flatnonzero(s.runs[c, : p.quarters]).tolist()]
    )
    m.CU = pyo.Set(dimen=2, initialize=[(c, t) for c, t in m.CPT if s.min_take[c] > 0])
    m.UntakenGwh = pyo.Var(m.CU, domain=pyo.NonNegativeReals)
    sites: dict[tuple[int, int], list[int]] = {}
    for i, c, t in m.CN:
        sites.setdefault((c, t), []).append(i)

    def taken(c: int, t: int) -> Terms:
        return [(1.0, m.ContractGwh[i, c, t]) for i in sites.get((c, t), [])]

    def limit(share: float, gwh: Terms, of: Iterable[tuple[int, int]]) -> Any:
        """Row of `gwh` less a share of the grid energy of sites and quarters."""
        return _sum([*gwh, *((-share * each, variable) for at in of for each, variable in grid[at])])

    served: dict[tuple[int, int], list[int]] = {}
    for i, c, t in m.CN:
        served.setdefault((i, t), []).append(c)
    m.CI = pyo.Set(dimen=2, initialize=list(served))

    @m.Constraint(m.CI)
    def contracts_within_load(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return limit(1.0, [(1.0, m.ContractGwh[i, c, t]) for c in served[i, t]], [(i, t)]) <= 0.0

    @m.Constraint(m.CN)
    def site_share_at_most(m: pyo.ConcreteModel, i: int, c: int, t: int) -> object:
        if s.of_plan[c] or s.max_share[c] >= 1.0:
            return pyo.Constraint.Skip
        return limit(float(s.max_share[c]), [(1.0, m.ContractGwh[i, c, t])], [(i, t)]) <= 0.0

    @m.Constraint(m.CN)
    def site_share_at_least(m: pyo.ConcreteModel, i: int, c: int, t: int) -> object:
        if s.of_plan[c] or s.min_share[c] <= 0.0:
            return pyo.Constraint.Skip
        return limit(float(s.min_share[c]), [(1.0, m.ContractGwh[i, c, t])], [(i, t)]) >= 0.0

    @m.Constraint(m.CT1)
    def plan_share_at_most(m: pyo.ConcreteModel, c: int, t: int) -> object:
        if not s.of_plan[c] or s.max_share[c] >= 1.0:
            return pyo.Constraint.Skip
        return limit(float(s.max_share[c]), taken(c, t), [(i, t) for i in sites[c, t]]) <= 0.0

    @m.Constraint(m.CT1)
    def plan_share_at_least(m: pyo.ConcreteModel, c: int, t: int) -> object:
        if not s.of_plan[c] or s.min_share[c] <= 0.0:
            return pyo.Constraint.Skip
        return limit(float(s.min_share[c]), taken(c, t), [(i, t) for i in sites[c, t]]) >= 0.0

    @m.Constraint(m.CPT)
    def taken_within_signed(m: pyo.ConcreteModel, c: int, t: int) -> object:
        if (c, t) not in here:
            return pyo.Constraint.Skip
        return _sum([*taken(c, t), (-float(s.mwh_per_mw[c, t]) / 1e3, m.ContractMw[c])]) <= 0.0

    @m.Constraint(m.CU)
    def untaken_is_paid(m: pyo.ConcreteModel, c: int, t: int) -> object:
        due = float(s.min_take[c] * s.mwh_per_mw[c, t]) / 1e3
        return _sum([(1.0, m.UntakenGwh[c, t]), *taken(c, t), (-due, m.ContractMw[c])]) >= 0.0

    if spending_is_sought(p):
        yields = {(c, t): float(s.mwh_per_mw[c, t]) / 1e3 for c, t in m.CU}
        owed = {
            (c, t): [(float(s.min_take[c]) * gwh, m.ContractMw[c]), *((-1.0, v) for _, v in taken(c, t))]
            for (c, t), gwh in yields.items()
        }
        full = {(c, t): gwh * float(s.mw_max[c]) for (c, t), gwh in yields.items()}
        most = {(c, t): (float(s.min_take[c]) * gwh, gwh) for (c, t), gwh in full.items()}
        at_most_owed(m, "Untaken", m.UntakenGwh, owed, most)
    _pay(m, p, s)


def _sum(terms: Terms) -> Any:
    coefficients, variables = merged(terms)
    return LinearExpression(linear_coefs=coefficients, linear_vars=variables)


def _pay(m: pyo.ConcreteModel, p: Problem, s: Contracts) -> None:
    for (i, c, t), gwh in m.ContractGwh.items():
        dearer = float(s.usd_per_mwh[c, t] + s.delivery_usd_per_mwh[c] - p.usd_per_mwh[i, t])
        m.ledger.pay("energy", t, dearer / 1e3, gwh, i)
    for (c, t), gwh in m.UntakenGwh.items():
        m.ledger.pay("minimum_take", t, float(s.usd_per_mwh[c, t] - s.resale_usd_per_mwh[c]) / 1e3, gwh)
    for c, mw in m.ContractMw.items():
        for t in np.flatnonzero(s.runs[c])[np.flatnonzero(s.runs[c]) >= p.quarters].tolist():
            due = float(s.min_take[c] * s.mwh_per_mw[c, t])
            m.ledger.pay("minimum_take", t, due * float(s.usd_per_mwh[c, t] - s.resale_usd_per_mwh[c]) / 1e6, mw)
