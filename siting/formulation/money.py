"""What is paid when, cumulative spending inside cumulative funding, and what it is all worth today."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import Ledger, merged
from siting.formulation.training import running_pods
from siting.problem import FloatArray, Problem


def add_payments(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Posts what openings, modules, pods, energy and leases pay to `m.ledger`; their present values are arrays.

    Openings, modules and pods are cumulative variables, so what is paid follows their increments d:
    opening_i dZ_i,t+lag;  module_i,tau,t dV_i,tau;  pod_ig,tau,t dB_ig,tau;  energy_igt (Q_igt + held_igt);
    lease_l,tau,t X_l,tau.
    """
    ledger: Ledger = m.ledger
    for (i, t), variable in m.Z.items():
        musd, signed = float(p.opening_cash_musd[i, t]), max(t - int(p.opening_lag[i]), 0)
        if musd != 0.0:
            ledger.pay("opening", signed, musd, variable, i, priced=False)
            if (i, t - 1) in m.A:
                ledger.pay("opening", signed, -musd, m.Z[i, t - 1], i, priced=False)
    for i in sorted({i for i, _ in m.A}):
        live = {t: m.V[i, t] for t in range(p.quarters) if (i, t) in m.A}
        for item, cash in p.module_cash_musd(i).items():
            for paid, musd, variable in _matrix(_drop(cash), live):
                ledger.pay(item, paid, musd, variable, i, priced=False)
    for i, g in sorted({(i, g) for i, g, _ in m.P}):
        pods = {t: m.B[i, g, t] for t in range(p.quarters) if (i, g, t) in m.P}
        for item, cash in p.pod_cash_musd(i, g).items():
            for paid, musd, variable in _matrix(_drop(cash), pods):
                ledger.pay(item, paid, musd, variable, i, priced=False)
    for i, g, t, count, variable in running_pods(m, p):
        ledger.pay("energy", t, float(p.npv_run_musd[i, g, t] / p.discount[t]) * count, variable, i, priced=False)
    for (li, start), variable in m.X.items():
        item = "existing_lease" if p.lease_forced[li] else "lease"
        for t in np.flatnonzero(p.lease_cash_musd[li, start]).tolist():
            ledger.pay(item, t, float(p.lease_cash_musd[li, start, t]), variable, priced=False)


def add_money(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""S_t: musd paid in t, the sum of the ledger.

    S_t = sum of the postings of t;     sum_{tau <= t} S_tau <= funding_t

    No residual, deposit or payment after the horizon enters, and no item that is worth something but pays nobody.
    """
    m.T = pyo.Set(initialize=list(range(p.quarters)))
    m.Spend = pyo.Var(m.T, domain=pyo.Reals)
    paid: dict[int, list[tuple[float, object]]] = {t: [(-1.0, m.Spend[t])] for t in m.T}
    for posting in m.ledger.cash():
        if posting.item not in m.ledger.unfunded:
            paid[posting.quarter].append((posting.musd, posting.variable))

    @m.Constraint(m.T)
    def spending(m: pyo.ConcreteModel, t: int) -> object:
        coefficients, variables = merged(paid[t])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) == 0.0

    @m.Constraint(m.T)
    def funding(m: pyo.ConcreteModel, t: int) -> object:
        return sum(m.Spend[s] for s in range(t + 1)) <= float(p.funding_musd[t])


def npv_terms(m: pyo.ConcreteModel, p: Problem) -> Iterator[tuple[float, object]]:
    """(musd of present value for one unit, variable) of everything that costs; a variable may come twice."""
    for (i, t), variable in m.Z.items():
        yield _increment(p.npv_open_musd[i], t), variable
    for (i, t), variable in m.V.items():
        yield _increment(p.npv_module_musd[i], t), variable
    for (i, g, t), variable in m.B.items():
        yield _increment(p.npv_pod_musd[i, g], t), variable
    for i, g, t, count, variable in running_pods(m, p):
        yield float(p.npv_run_musd[i, g, t]) * count, variable
    for (li, t), variable in m.X.items():
        yield float(p.npv_lease_musd[li, t]), variable
    yield from m.ledger.priced()


def _increment(by_quarter: FloatArray, t: int) -> float:
    """Coefficient of a cumulative variable at t when its increments cost `by_quarter`: c_t - c_{t+1}, c_T = 0."""
    return float(by_quarter[t] - (by_quarter[t + 1] if t + 1 < len(by_quarter) else 0.0))


def _drop(cash: FloatArray) -> FloatArray:
    """Cash of a cumulative variable from the cash of its increments: row t less row t + 1."""
    return cash - np.vstack([cash[1:], np.zeros((1, cash.shape[1]))])


def _matrix(cash: FloatArray, variables: dict[int, object]) -> Iterator[tuple[int, float, object]]:
    for decided, paid in np.argwhere(cash != 0.0).tolist():
        if decided in variables:
            yield paid, float(cash[decided, paid]), variables[decided]
