"""Openings and modules, cumulative in time."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.problem import Problem


def add_sites(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Z_it in {0,1}: i is open by t. V_it integer: modules live by t. A: (i, t) from the first quarter a module can
    live. Where halls are shells (`add_shells`), V_it >= 0 is their fit-out, in modules and not whole.

    Z_i,t-1 <= Z_it;  V_i,t-1 <= V_it;  m_i Z_it <= V_it <= n_i Z_it   for all (i, t) in A

    m_i first phase, n_i modules that the final MW carry. Opening before the first module earns nothing, so m_i >= 1
    loses
    no plan; both disaggregated rows are the strongest of their kind. Halls of a second class (`add_cooling`) count in
    the first phase of their campus. A candidate that stands for n places (`Problem.crowd`) has Z_it in {0, ..., n}.
    """
    live = np.arange(p.quarters)[None, :] >= p.live_from[:, None]
    m.A = pyo.Set(dimen=2, initialize=[tuple(pair) for pair in np.argwhere(live).tolist()])
    count = p.count
    m.Z = pyo.Var(m.A, domain=pyo.NonNegativeIntegers, bounds=lambda m, i, t: (0, int(count[i])))
    m.V = pyo.Var(
        m.A,
        domain=lambda m, i, t: pyo.NonNegativeReals if p.in_shells[i] else pyo.NonNegativeIntegers,
        bounds=lambda m, i, t: (0, int(count[i] * p.modules_max[i])),
    )

    @m.Constraint(m.A)
    def stay_open(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.Z[i, t - 1] <= m.Z[i, t] if (i, t - 1) in m.A else pyo.Constraint.Skip

    @m.Constraint(m.A)
    def modules_stay(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.V[i, t - 1] <= m.V[i, t] if (i, t - 1) in m.A else pyo.Constraint.Skip

    @m.Constraint(m.A)
    def modules_within_site(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.V[i, t] <= int(p.modules_max[i]) * m.Z[i, t]

    @m.Constraint(m.A)
    def first_phase(m: pyo.ConcreteModel, i: int, t: int) -> object:
        annex = p.annexes.get(i)
        modules = m.V[i, t] if annex is None else m.V[i, t] + m.V[annex, t]
        return modules >= float(p.modules_first[i]) * m.Z[i, t]
