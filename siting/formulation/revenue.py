"""What the served demand earns."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo

from siting.problem import Problem


def add_revenue(m: pyo.ConcreteModel, p: Problem) -> None:
    """Earned = 1: the demand is served in every plan, so what it earns is a constant of each quarter.

    Where it is no funding, the rows of money leave it out; it counts in the value and in the tax.
    """
    if p.revenue is None:
        return
    m.Earned = pyo.Var(bounds=(1.0, 1.0))
    for t in np.flatnonzero(p.revenue.musd).tolist():
        m.ledger.pay("revenue", t, -float(p.revenue.musd[t]), m.Earned)
    if not p.revenue.counts_as_funding:
        m.ledger.unfunded.add("revenue")
