"""Loans against equipment: drawn when it is paid, paid back from the next quarter on."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import merged
from siting.problem import Problem


def add_debt(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Drawn_nt >= 0: musd drawn from facility n in t of its window. K_t: musd paid for accelerators in t.

    Drawn_nt <= advance_n K_t;    sum_n Drawn_nt <= K_t;    sum_t Drawn_nt <= most_n

    Received in t, paid back in t + 1 .. t + tenor, beyond the horizon in full.
    """
    if p.debt is None:
        return
    debt, lenders = p.debt, range(len(p.debt.name))
    paid: dict[int, list[tuple[float, object]]] = {}
    for posting in m.ledger.cash():
        if posting.item == "accelerators":
            paid.setdefault(posting.quarter, []).append((posting.musd, posting.variable))
    window = [(n, t) for n in lenders for t in sorted(paid) if debt.first[n] <= t <= debt.last[n]]
    m.DrawnAt = pyo.Set(dimen=2, initialize=window)
    m.Drawn = pyo.Var(m.DrawnAt, domain=pyo.NonNegativeReals)

    def equipment(t: int, share: float) -> LinearExpression:
        coefficients, variables = merged((share * musd, variable) for musd, variable in paid[t])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables)

    @m.Constraint(m.DrawnAt)
    def advance(m: pyo.ConcreteModel, n: int, t: int) -> object:
        return m.Drawn[n, t] - equipment(t, float(debt.advance[n])) <= 0.0

    shared = sorted({t for _, t in window if sum(other == t for _, other in window) > 1})
    m.DrawnTogether = pyo.Set(initialize=shared)

    @m.Constraint(m.DrawnTogether)
    def pledged_once(m: pyo.ConcreteModel, t: int) -> object:
        return sum(m.Drawn[n, t] for n in lenders if (n, t) in m.DrawnAt) - equipment(t, 1.0) <= 0.0

    capped = sorted({n for n, _ in window if np.isfinite(debt.most_musd[n])})
    m.DrawnCapped = pyo.Set(initialize=capped)

    @m.Constraint(m.DrawnCapped)
    def facility_size(m: pyo.ConcreteModel, n: int) -> object:
        return sum(m.Drawn[n, t] for other, t in window if other == n) <= float(debt.most_musd[n])

    for n, t in window:
        m.ledger.pay("debt_drawn", t, -1.0, m.Drawn[n, t])
        for later, musd in enumerate(debt.service(n)[0].tolist(), start=1):
            m.ledger.pay("debt_service", t + later, musd, m.Drawn[n, t])
