"""Cumulative spending inside cumulative funding, and the present value that is minimised."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.problem import FloatArray, Problem


def add_money(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""S_t: musd paid in t. Openings, modules and pods are cumulative variables, so what is paid follows their
    increments.

    S_t = sum_i [ opening_i (dZ_i,t+lag) + sum_tau module_i,tau,t dV_i,tau + sum_g,tau pod_ig,tau,t dB_ig,tau
          + sum_g energy_igt (Q_igt + held_igt) ] + sum_l,tau lease_l,tau,t X_l,tau;   sum_{tau <= t} S_tau <= funding_t

    d is the increment over the quarter before. No residual, deposit or payment after the horizon enters.
    """
    m.T = pyo.Set(initialize=list(range(p.quarters)))
    m.Spend = pyo.Var(m.T, domain=pyo.Reals)
    coefficients: list[list[float]] = [[-1.0] for _ in m.T]
    variables: list[list[object]] = [[m.Spend[t]] for t in m.T]
    for t, coefficient, variable in _payments(m, p):
        coefficients[t].append(coefficient)
        variables[t].append(variable)

    @m.Constraint(m.T)
    def spending(m: pyo.ConcreteModel, t: int) -> object:
        return LinearExpression(linear_coefs=coefficients[t], linear_vars=variables[t]) == 0.0

    @m.Constraint(m.T)
    def funding(m: pyo.ConcreteModel, t: int) -> object:
        return sum(m.Spend[s] for s in range(t + 1)) <= float(p.funding_musd[t])


def add_objective(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""min sum_i [ open_it dZ_it + module_it dV_it + sum_g (pod_igt dB_igt + energy_igt (Q_igt + held_igt)) ] +
    sum_l,t lease_lt X_lt

    Coefficients are present values of all that follows the decision, obligations after the horizon in full, less
    residual values.
    """
    terms: list[tuple[float, object]] = []
    for (i, t), variable in m.Z.items():
        terms.append((_increment(p.npv_open_musd[i], t), variable))
    for (i, t), variable in m.V.items():
        terms.append((_increment(p.npv_module_musd[i], t), variable))
    for (i, g, t), variable in m.B.items():
        terms.append((_increment(p.npv_pod_musd[i, g], t), variable))
    for i, g, t, pods, variable in _running(m, p):
        terms.append((float(p.npv_run_musd[i, g, t]) * pods, variable))
    for (li, t), variable in m.X.items():
        terms.append((float(p.npv_lease_musd[li, t]), variable))
    expression = LinearExpression(linear_coefs=[c for c, _ in terms], linear_vars=[v for _, v in terms])
    m.npv_cost = pyo.Objective(expr=expression, sense=pyo.minimize)


def _increment(by_quarter: FloatArray, t: int) -> float:
    """Coefficient of a cumulative variable at t when its increments cost `by_quarter`: c_t - c_{t+1}, c_T = 0."""
    return float(by_quarter[t] - (by_quarter[t + 1] if t + 1 < len(by_quarter) else 0.0))


def _payments(m: pyo.ConcreteModel, p: Problem) -> Iterator[tuple[int, float, object]]:
    """(payment quarter, musd per unit, variable), zeros left out."""
    for (i, t), variable in m.Z.items():
        lag = int(p.opening_lag[i])
        if p.opening_cash_musd[i, t] != 0.0:
            yield t - lag, float(p.opening_cash_musd[i, t]), variable
        if (i, t - 1) in m.A and p.opening_cash_musd[i, t] != 0.0:
            yield t - lag, -float(p.opening_cash_musd[i, t]), m.Z[i, t - 1]
    for i in sorted({i for i, _ in m.A}):
        yield from _matrix(_drop(p.module_cash_musd(i)), {t: m.V[i, t] for t in m.T if (i, t) in m.A})
    for i, g in sorted({(i, g) for i, g, _ in m.P}):
        yield from _matrix(_drop(p.pod_cash_musd(i, g)), {t: m.B[i, g, t] for t in m.T if (i, g, t) in m.P})
    for i, g, t, pods, variable in _running(m, p):
        if p.npv_run_musd[i, g, t] != 0.0:
            yield t, float(p.npv_run_musd[i, g, t] / p.discount[t]) * pods, variable
    for (li, start), variable in m.X.items():
        for t in np.flatnonzero(p.lease_cash_musd[li, start]).tolist():
            yield t, float(p.lease_cash_musd[li, start, t]), variable


def _drop(cash: FloatArray) -> FloatArray:
    """Cash of a cumulative variable from the cash of its increments: row t less row t + 1."""
    return cash - np.vstack([cash[1:], np.zeros((1, cash.shape[1]))])


def _matrix(cash: FloatArray, variables: dict[int, object]) -> Iterator[tuple[int, float, object]]:
    for decided, paid in np.argwhere(cash != 0.0).tolist():
        if decided in variables:
            yield paid, float(cash[decided, paid]), variables[decided]


def _running(m: pyo.ConcreteModel, p: Problem) -> Iterator[tuple[int, int, int, int, object]]:
    """(i, g, t, pods per unit, variable) of everything that draws power."""
    for (i, g, t), variable in m.Q.items():
        yield i, g, t, 1, variable
    for (k, i, g), variable in m.W.items():
        for t in range(int(p.cluster_from[k]), int(p.cluster_until[k]) + 1):
            yield i, g, t, int(p.cluster_pods[k, g]), variable
