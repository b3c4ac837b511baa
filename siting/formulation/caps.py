"""Caps on capital spending over the horizon and on running costs and leases by calendar year."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import Posting, merged
from siting.items import KIND
from siting.problem import Problem


def add_caps(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""sum of capital postings inside the horizon <= capital cap;
    sum of operating and lease postings of the quarters of year y <= operating cap, for every y

    What is sent back (a unit resold, collateral) is a negative posting and makes room.
    """
    if p.caps is None:
        return
    caps = p.caps
    capital = [entry for entry in m.ledger.cash() if KIND[entry.item] == "capital"]
    yearly: dict[int, list[Posting]] = {}
    for entry in m.ledger.cash():
        if KIND[entry.item] in ("operating", "lease"):
            yearly.setdefault(int(caps.year[entry.quarter]), []).append(entry)
    if np.isfinite(caps.capital_musd) and capital:
        m.capital_spending = pyo.Constraint(expr=_sum(capital) <= caps.capital_musd)
    if np.isfinite(caps.operating_musd):
        m.CapYear = pyo.Set(initialize=sorted(yearly))

        @m.Constraint(m.CapYear)
        def running_costs(m: pyo.ConcreteModel, year: int) -> object:
            return _sum(yearly[year]) <= caps.operating_musd


def _sum(entries: Iterable[Posting]) -> Any:
    coefficients, variables = merged((entry.musd, entry.variable) for entry in entries)
    return LinearExpression(linear_coefs=coefficients, linear_vars=variables)
