"""Halls of a second cooling class: they open with their campus, and works make them halls of its own class."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.problem import Problem


def add_cooling(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""C_at integer: modules of annex a that are halls of its campus i's own class by t. c quarters of works.

    Z_at <= Z_it;    C_a,t-1 <= C_at;    C_at <= V_a,t-c;    V_it + C_at <= n_i

    The campus holds H (V_it + C_at), the annex H (V_at - C_a,t+c): a hall stands empty during the works. At the meter
    it counts with the annex until they are done. Each conversion is paid like a hall and counts like one at the
    horizon. The first phase of the campus counts both kinds (`add_sites`).
    """
    m.converted = {}  # (annex, quarter) -> variable
    if p.annex is None:
        return
    annex, works = p.annex, p.annex.conversion_quarters
    m.CA = pyo.Set(dimen=2, initialize=[(i, t) for i, t in m.A if annex.main[i] >= 0])
    m.CK = pyo.Set(
        dimen=2, initialize=[(i, t) for i, t in m.CA if annex.conversion_musd is not None and (i, t - works) in m.CA]
    )
    m.Converted = pyo.Var(m.CK, domain=pyo.NonNegativeIntegers, bounds=lambda m, i, t: (0, int(p.modules_max[i])))
    m.converted = {key: m.Converted[key] for key in m.CK}

    @m.Constraint(m.CA)
    def annex_with_campus(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.Z[i, t] <= m.Z[int(annex.main[i]), t]

    @m.Constraint(m.CK)
    def conversions_stay(m: pyo.ConcreteModel, i: int, t: int) -> object:
        earlier = m.converted.get((i, t - 1))
        return pyo.Constraint.Skip if earlier is None else earlier <= m.Converted[i, t]

    @m.Constraint(m.CK)
    def converted_stood(m: pyo.ConcreteModel, i: int, t: int) -> object:
        return m.Converted[i, t] <= m.V[i, t - works]

    @m.Constraint(m.CK)
    def converted_within_site(m: pyo.ConcreteModel, i: int, t: int) -> object:
        campus = int(annex.main[i])
        return m.V[campus, t] + m.Converted[i, t] <= int(p.modules_max[campus])

    if annex.conversion_musd is not None:
        for (i, t), variable in m.converted.items():
            for begun, sign in ((variable, 1.0), (m.converted.get((i, t - 1)), -1.0)):
                if begun is not None:
                    for paid in range(t + 1):
                        m.ledger.pay("halls", paid, sign * float(annex.conversion_musd[t, paid]), begun, i)
                    m.ledger.credit("residual_halls", sign * float(annex.conversion_left_musd[t]), begun, i)


def modules_of_class(m: pyo.ConcreteModel, p: Problem, i: int, t: int) -> list[tuple[float, Any]]:
    """(modules per unit, variable) of halls of i's class that stand in t; halls in works count with their annex."""
    terms = [(1.0, m.V[i, t])]
    if p.annex is not None:
        gained = m.converted.get((p.annex.of_main.get(i), t))
        lost = m.converted.get((i, t))
        terms += [(1.0, gained)] if gained is not None else []
        terms += [(-1.0, lost)] if lost is not None else []
    return terms


def modules_in_use(m: pyo.ConcreteModel, p: Problem, i: int, t: int) -> Any:
    """Modules of i's class that can hold accelerators in t: those that stand, less those in works."""
    if p.annex is not None and p.annex.main[i] >= 0:
        begun = m.converted.get((i, min(t + p.annex.conversion_quarters, p.quarters - 1)))
        return m.V[i, t] - begun if begun is not None else m.V[i, t]
    return sum(count * variable for count, variable in modules_of_class(m, p, i, t))
