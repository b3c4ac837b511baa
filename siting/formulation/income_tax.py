"""Income tax: deductions by year and rate, used up to the income there is, the rest carried forward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import NOWHERE, merged
from siting.items import KIND, UNFUNDED
from siting.problem import FloatArray, Problem
from siting.problem.income_tax import IncomeTax

BY_DATE = ("accelerators", "halls", "opening", "collateral")
"""Capital that is deducted from the quarter in which it is put to use, or (collateral) not at all; other capital from
the quarter in which it is paid."""
Terms = dict[tuple[int, int], list[tuple[float, Any]]]


def add_income_tax(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Used_ry, Carried_ry >= 0: deductions at rate r used in year y, and left for later. Built_rt: musd of building
    put to use in t. D_ry deductions of the year, R_y revenue, income_y as stated.

    Built_rt = sum_{i in r} (halls_it dV_it + opening_it dZ_it + shell_it dN_it)
    Carried_ry = Carried_r,y-1 + D_ry - Used_ry;    sum_r Used_ry <= income_y + R_y
    tax of y = home rate R_y - sum_r rate_r Used_ry, in the last quarter of y

    D_ry: pods by delivery, Built on a straight line, what is paid to run, rent and lease, interest.
    """
    if p.income_tax is None:
        return
    tax = p.income_tax
    _add_buildings(m, p, tax)
    deducted = _deductions(m, p, tax)
    rates = sorted({r for r, _ in deducted})
    m.TaxYear = pyo.Set(initialize=range(tax.years))
    m.TaxRate = pyo.Set(initialize=rates)
    m.Used = pyo.Var(m.TaxRate, m.TaxYear, domain=pyo.NonNegativeReals)
    m.Carried = pyo.Var(m.TaxRate, m.TaxYear, domain=pyo.NonNegativeReals)

    @m.Constraint(m.TaxRate, m.TaxYear)
    def carried_forward(m: pyo.ConcreteModel, r: int, y: int) -> object:
        before = [(-1.0, m.Carried[r, y - 1])] if y else []
        terms = [(1.0, m.Carried[r, y]), (1.0, m.Used[r, y]), *before]
        coefficients, variables = merged([*terms, *((-musd, variable) for musd, variable in deducted.get((r, y), []))])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) == 0.0

    earned = np.zeros(tax.years)
    for t, musd in enumerate(p.revenue.musd.tolist() if p.revenue is not None else []):
        earned[tax.year_of(t)] += musd

    @m.Constraint(m.TaxYear)
    def taxable_income(m: pyo.ConcreteModel, y: int) -> object:
        used = [m.Used[r, y] for r in rates]
        return sum(used) <= float(tax.income_musd[y] + earned[y]) if used else pyo.Constraint.Skip

    for r, y in m.Used:
        m.ledger.pay("income_tax", tax.paid_in(y), -float(tax.rate[r]), m.Used[r, y])
    for y in np.flatnonzero(earned).tolist():
        m.ledger.pay("income_tax", tax.paid_in(y), float(tax.rate[tax.home] * earned[y]), m.Earned)


def _add_buildings(m: pyo.ConcreteModel, p: Problem, tax: IncomeTax) -> None:
    """Built_rt: one column a rate and quarter, so that forty years of straight lines do not repeat every site."""
    halls = np.zeros((len(p.candidate_id), p.quarters))
    for f, item in enumerate(p.module_item):
        if item == "halls":
            halls += p.module_cash_factor[:, [f]] * p.module_cash_profile[f].sum(axis=1)
    built = [(halls, "V"), (tax.opening_basis_musd, "Z")]
    if p.shells is not None:
        built.append((p.shells.cost_musd[:, None] * p.shells.cash_profile.sum(axis=1), "Shells"))
    put: Terms = defaultdict(list)
    for basis, name in built:
        variables = m.component(name)
        for (i, t), variable in variables.items():
            if basis[i, t]:
                entry = put[int(tax.group[i]), t]
                entry.append((float(basis[i, t]), variable))
                if (i, t - 1) in m.A:
                    entry.append((-float(basis[i, t]), variables[i, t - 1]))
    if p.curtailable is not None:  # a cheaper connection is less to write off
        for (i, t), opens in m.OpensCurtailable.items():
            if musd := float(p.curtailable.saved_cash_musd[i, t]):
                put[int(tax.group[i]), t].append((-musd, opens))
    m.BuiltAt = pyo.Set(dimen=2, initialize=sorted(put))
    m.Built = pyo.Var(m.BuiltAt, domain=pyo.NonNegativeReals)

    @m.Constraint(m.BuiltAt)
    def put_to_use(m: pyo.ConcreteModel, r: int, t: int) -> object:
        coefficients, variables = merged([(-1.0, m.Built[r, t]), *put[r, t]])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) == 0.0


def _deductions(m: pyo.ConcreteModel, p: Problem, tax: IncomeTax) -> Terms:
    """(rate, year) -> (musd for one unit, variable)."""
    found: Terms = defaultdict(list)
    for (r, t), variable in m.Built.items():
        _spread(found, r, tax.straight(t), variable)
    for posting in m.ledger.postings:
        r = tax.home if posting.candidate == NOWHERE else int(tax.group[posting.candidate])
        if posting.kind != "cash" or posting.item in UNFUNDED:
            continue
        if KIND[posting.item] in ("operating", "lease"):
            found[r, tax.year_of(posting.quarter)].append((posting.musd, posting.variable))
        elif KIND[posting.item] == "capital" and posting.item not in BY_DATE:
            _spread(found, r, posting.musd * tax.straight(posting.quarter), posting.variable)
    for i, g in sorted({(i, g) for i, g, _ in m.P}):
        basis = p.pod_price_musd[g] * (1.0 + p.sales_tax[i]) * p.pod_cash_profile[0, g].sum(axis=1)
        for t, shares in enumerate(_dropped(basis[:, None] * tax.pod_share[g])):
            if (i, g, t) in m.P:
                _spread(found, int(tax.group[i]), shares, m.B[i, g, t])
    for i in sorted({i for i, _ in m.A}):
        after = np.tensordot(p.module_cash_factor[i], tax.module_after, axes=1)
        for t, shares in enumerate(_dropped(after)):
            if (i, t) in m.A:
                _spread(found, int(tax.group[i]), shares, m.V[i, t])
    for (li, t), variable in m.X.items():
        _spread(found, tax.home, tax.lease_after_musd[li, t], variable)
    if p.debt is not None:
        for (n, t), variable in m.Drawn.items():
            for later, musd in enumerate(p.debt.service(n)[1].tolist(), start=1):
                found[tax.home, tax.year_of(t + later)].append((musd, variable))
    return found


def _spread(found: Terms, r: int, by_year: FloatArray, variable: Any) -> None:
    for y in np.flatnonzero(by_year).tolist():
        found[r, y].append((float(by_year[y]), variable))


def _dropped(by_quarter: FloatArray) -> Iterator[FloatArray]:
    """Rows of a cumulative variable from those (T, Y) of its increments; a rest of rounding is zero."""
    after = np.vstack([by_quarter[1:], np.zeros((1, by_quarter.shape[1]))])
    rest = by_quarter - after
    yield from np.where(np.abs(rest) > 1e-12 * np.maximum(np.abs(by_quarter), np.abs(after)), rest, 0.0)
