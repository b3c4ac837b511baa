"""The planner's own linear limits on named quantities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.carbon import co2_terms
from siting.formulation.cooling import modules_of_class
from siting.formulation.ledger import merged
from siting.formulation.power import running_it_mw
from siting.formulation.yearly import units_of
from siting.items import KIND
from siting.problem import Problem
from siting.problem.limits import CountedSum
from siting.study.expressions import CASH_KINDS

Terms = Iterator[tuple[float, Any]]


def add_limits(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""sum_q factor_q sum of quantity q over its candidates, accelerators and quarters  <=, >= or =  bound

    it_mw H V_it;  utility_mw PUE_i H V_it;  sites Z_it;  accelerators a_g, h100e h_g x standing pods;
    energy_mwh, co2_t, water_m3 of what runs;  capex_musd, spend_musd postings of the ledger
    """
    if p.limits is None:
        return
    wanted = p.limits.rows
    m.RL = pyo.Set(initialize=range(len(wanted)))

    @m.Constraint(m.RL)
    def own_limit(m: pyo.ConcreteModel, n: int) -> object:
        row = wanted[n]
        terms = ((part.factor * c, v) for part in row.sums for c, v in TERMS[part.quantity](m, p, part))
        coefficients, variables = merged(terms)
        if not variables:
            holds = {"<=": row.bound >= 0, ">=": row.bound <= 0, "=": row.bound == 0}[row.sense]
            return pyo.Constraint.Skip if holds else pyo.Constraint.Infeasible
        total = LinearExpression(linear_coefs=coefficients, linear_vars=variables)
        if row.sense == "=":
            return total == row.bound
        return total <= row.bound if row.sense == "<=" else total >= row.bound


def _stands(name: str) -> Callable[[pyo.ConcreteModel, Problem, CountedSum], Terms]:
    """Terms of halls that stand."""

    def terms(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
        for i, t in _pairs(part):
            if (i, t) in m.A:
                if name == "sites":
                    if p.campus[i] == i:
                        yield 1.0, m.Z[i, t]
                else:
                    mw = p.module_it_mw * (float(p.pue_peak[i]) if name == "utility_mw" else 1.0)
                    yield from ((mw * count, variable) for count, variable in modules_of_class(m, p, i, t))

    return terms


def _installed(per_pod: str) -> Callable[[pyo.ConcreteModel, Problem, CountedSum], Terms]:
    """Terms of pods that stand, each counting so much."""

    def terms(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
        each = getattr(p, per_pod)
        for i, t in _pairs(part):
            for g in np.flatnonzero(part.kinds).tolist():
                if (i, g, t) in m.P:
                    gone = (i, g, t - int(p.pod_life[g]))
                    yield float(each[g]), m.B[i, g, t]
                    if gone in m.P:
                        yield -float(each[g]), m.B[gone]

    return terms


def _energy(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
    for (i, t), terms in running_it_mw(m, p).items():
        if part.sites[i] and part.quarters[t]:
            yield from ((mw * float(p.mwh_per_it_mw[i, t]), variable) for mw, variable in terms)


def _co2(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
    return ((tonnes, v) for i, t, tonnes, v in co2_terms(m, p) if part.sites[i] and part.quarters[t])


def _water(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
    assert p.water is not None, "a study that limits water states its use"
    return ((m3, v) for i, t, m3, v in units_of(m, p, p.water) if part.sites[i] and part.quarters[t])


def _cash(name: str) -> Callable[[pyo.ConcreteModel, Problem, CountedSum], Terms]:
    """Terms of postings of some kinds."""

    def terms(m: pyo.ConcreteModel, p: Problem, part: CountedSum) -> Terms:
        for entry in m.ledger.cash():
            if part.quarters[entry.quarter] and KIND[entry.item] in CASH_KINDS[name]:
                yield entry.musd, entry.variable

    return terms


def _pairs(part: CountedSum) -> list[tuple[int, int]]:
    return [(i, t) for t in np.flatnonzero(part.quarters).tolist() for i in np.flatnonzero(part.sites).tolist()]


TERMS: dict[str, Callable[[pyo.ConcreteModel, Problem, CountedSum], Terms]] = {
    "it_mw": _stands("it_mw"),
    "utility_mw": _stands("utility_mw"),
    "sites": _stands("sites"),
    "accelerators": _installed("pod_accelerators"),
    "h100e": _installed("pod_h100e"),
    "energy_mwh": _energy,
    "co2_t": _co2,
    "water_m3": _water,
    "capex_musd": _cash("capex_musd"),
    "spend_musd": _cash("spend_musd"),
}
"""Terms of one unit of every quantity."""
