"""What a plan can be judged by, as linear terms; the objective is one of them, the rest stay within what is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.carbon import co2_terms
from siting.formulation.ledger import merged
from siting.formulation.money import npv_terms
from siting.formulation.service import coverage_classes
from siting.formulation.training import running_pods
from siting.problem import Problem
from siting.problem.goals import MEASURES

Terms = Iterator[tuple[float, Any]]


def add_measures(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Peak >= sum_{tau <= t} S_tau for all t, only where peak funding is weighed; a row for every goal g:

    measure_g <= limit_g   (>= where more is better)

    `m.measures`: name -> (coefficients, variables) of every measure that is weighed.
    """
    if p.weighs("peak_funding"):
        m.Peak = pyo.Var(domain=pyo.NonNegativeReals)

        @m.Constraint(m.T)
        def peak_of_spending(m: pyo.ConcreteModel, t: int) -> object:
            return sum(m.Spend[s] for s in range(t + 1)) <= m.Peak

    m.measures = {name: merged(terms(m, p)) for name, terms in TERMS.items() if p.weighs(name)}
    m.G = pyo.Set(initialize=range(len(p.goals)))

    @m.Constraint(m.G)
    def goal(m: pyo.ConcreteModel, n: int) -> object:
        wanted = p.goals[n]
        measured = _linear(m, wanted.objective)
        less = MEASURES[wanted.objective].sense == "minimize"
        return measured <= wanted.limit if less else measured >= wanted.limit


def add_objective(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""min or max the measure that the pass aims at; `npv_cost`:

    min sum_i [ open_it dZ_it + module_it dV_it + sum_g (pod_igt dB_igt + energy_igt (Q_igt + held_igt)) ] +
    sum_l,t lease_lt X_lt + what the ledger prices

    Its coefficients are present values of all that follows the decision, obligations after the horizon in full, less
    residual values. `compute`: sum_t [ sum_ig h_g (Q_igt + held_igt) + sum_l h_l active X_lt ], H100e-quarters.
    `carbon`: sum of MWh x t/MWh, and `m.co2` beside it. `latency`: sum F_cjt rtt_cj / sum D_jt. `peak_funding`: Peak.
    """
    sense = pyo.minimize if MEASURES[p.objective].sense == "minimize" else pyo.maximize
    m.objective = pyo.Objective(expr=_linear(m, p.objective), sense=sense)


def _linear(m: pyo.ConcreteModel, name: str) -> Any:
    coefficients, variables = m.measures[name]
    return LinearExpression(linear_coefs=coefficients, linear_vars=variables)


def _compute(m: pyo.ConcreteModel, p: Problem) -> Terms:
    for _, g, _, pods, variable in running_pods(m, p):
        yield pods * float(p.pod_h100e[g]), variable
    for (li, start), variable in m.X.items():
        quarters = min(int(p.lease_term[li]), p.quarters - start)
        yield quarters * float(p.lease_h100e[li]), variable


def _carbon(m: pyo.ConcreteModel, p: Problem) -> Terms:
    yield from ((tonnes, variable) for _, _, tonnes, variable in co2_terms(m, p))


def _latency(m: pyo.ConcreteModel, p: Problem) -> Terms:
    assert p.rtt_ms is not None and p.lease_rtt_ms is not None
    _, site_class, lease_class = coverage_classes(p)
    everyone = np.vstack([p.rtt_ms, p.lease_rtt_ms])
    member = np.concatenate([site_class, lease_class])
    rtt_ms = {int(c): everyone[np.flatnonzero(member == c)[0]] for c in np.unique(member) if c >= 0}
    asked = float(p.demand_h100e.sum())
    for (c, j, _), variable in m.F.items():
        yield float(rtt_ms[c][j]) / asked, variable


def _peak(m: pyo.ConcreteModel, p: Problem) -> Terms:
    yield 1.0, m.Peak


TERMS: dict[str, Callable[[pyo.ConcreteModel, Problem], Terms]] = {
    "npv_cost": npv_terms,
    "compute": _compute,
    "carbon": _carbon,
    "latency": _latency,
    "peak_funding": _peak,
}
"""Terms of every linear measure."""
