"""Whole shells, fitted out by the megawatt: what steps is the building, not what is built into it."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.problem import Problem


def add_shells(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""N_it integer: shells of i that stand by t. r modules to a shell, n_i modules that the final MW carry in whole
    shells. Only where halls are shells; V_it >= 0 is then the fit-out that is live, in modules.

    N_i,t-1 <= N_it;    V_it <= r N_it;    r N_it <= n_i Z_it

    A shell is paid over the construction quarters before it stands, the fit-out (the cost of a module of such a
    candidate) over those before it is live; each keeps value from its own quarter on. What counts by MW (pods, lines,
    terms of large loads, upkeep) counts the fit-out. The first phase is fit-out too, V_it >= m_i Z_it (`add_sites`):
    it needs as many shells as hold it.
    """
    shells = p.shells
    if shells is None:
        return
    count = p.count
    m.SH = pyo.Set(dimen=2, initialize=[(i, t) for i, t in m.A if shells.built[i]])
    m.Shells = pyo.Var(
        m.SH,
        domain=pyo.NonNegativeIntegers,
        bounds=lambda m, i, t: (0, round(float(count[i] * p.modules_max[i]) / shells.modules)),
    )

    @m.Constraint(m.SH)
    def shells_stay(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.Shells[i, t - 1] <= m.Shells[i, t] if (i, t - 1) in m.SH else pyo.Constraint.Skip

    @m.Constraint(m.SH)
    def fit_out_within_shells(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.V[i, t] <= shells.modules * m.Shells[i, t]

    @m.Constraint(m.SH)
    def shells_within_site(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return shells.modules * m.Shells[i, t] <= float(p.modules_max[i]) * m.Z[i, t]

    left = shells.left_share
    for (i, t), variable in m.Shells.items():
        for built, sign in ((variable, 1.0), (m.Shells[i, t - 1] if (i, t - 1) in m.SH else None, -1.0)):
            if built is None:
                continue
            for paid in np.flatnonzero(shells.cash_profile[t]).tolist():
                m.ledger.pay("halls", paid, sign * float(shells.cost_musd[i] * shells.cash_profile[t, paid]), built, i)
            m.ledger.credit("residual_halls", sign * float(shells.cost_musd[i] * left[t]), built, i)
