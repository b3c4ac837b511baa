"""What is owed and not taken, and never a GWh more: where a limit asks for spending, a shortfall is no way to spend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.ledger import merged
from siting.problem import Problem

Terms = list[tuple[float, Any]]


def spending_is_sought(p: Problem) -> bool:
    """Whether a limit of the planner's own may reward a payment, so that no variable of one may be larger than due."""
    return p.limits is not None and p.limits.ask_for_spending


def at_most_owed(
    m: pyo.ConcreteModel, name: str, short: Any, owed: Mapping[Any, Terms], most: Mapping[Any, tuple[float, float]]
) -> None:
    r"""y in {0,1}: the GWh `short` >= 0 are owed. Writes y and two rows, names that begin with `name`:

    short <= a y;    short <= (GWh owed less taken) + b (1 - y)

    `owed`: terms of what is owed less what is taken; a, b: most GWh owed and most taken. With short >= owed less taken
    it is their difference where that is positive and 0 elsewhere.
    """
    m.add_component(f"{name}Any", pyo.Var(list(short), domain=pyo.Binary))
    y = m.component(f"{name}Any")

    def if_owed(m: pyo.ConcreteModel, *at: Any) -> object:
        return short[at] <= most[at][0] * y[at]

    def no_more(m: pyo.ConcreteModel, *at: Any) -> object:
        taken = most[at][1]
        rest = [(-each, variable) for each, variable in owed[at]]
        coefficients, variables = merged([(1.0, short[at]), *rest, (taken, y[at])])
        return LinearExpression(linear_coefs=coefficients, linear_vars=variables) <= taken

    m.add_component(f"{name.lower()}_if_owed", pyo.Constraint(list(short), rule=if_owed))
    m.add_component(f"{name.lower()}_no_more", pyo.Constraint(list(short), rule=no_more))
