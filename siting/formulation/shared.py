"""Candidates of one place share what may stand there and what flows there."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from siting.formulation.cooling import modules_of_class
from siting.formulation.ledger import merged
from siting.formulation.power import running_it_mw
from siting.problem import Problem


def add_shared(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""sum_{i in q} PUE_i H V_i,T-1 <= S_q;   sum_{i in q} PUE_i (MW IT that run at i in t) <= E_qt + firm MW of q in t
    sum_{i in q} PUE_i (MW IT that run at i in t - GWh generated at i in t / w_it) <= E_qt + other MW of q in t

    q a place with two candidates or more, S_q and E_qt the most that one of them states. Modules stay, so what stands
    in the last quarter is the most that ever stands. Each candidate keeps its own limits and pays its own opening.
    Where q is one campus, with its halls of two cooling classes, S_q and E_qt count as far as it is open: x Z_it.
    Where halls are converted to another cooling class, V are the modules of i's class and the row holds in every
    quarter.
    The last row, where units on the campus give firm MW: w GWh of a running critical IT MW, so that what the grid of
    the place gives in the shape of the load carries what is not generated; `rest_within_grid` says it of one candidate.
    """
    if p.shared is None:
        return
    groups, last, shared = p.shared.groups(), p.quarters - 1, p.shared
    running = running_it_mw(m, p)
    m.Place = pyo.Set(initialize=range(len(groups)))

    def opened(q: int, t: int) -> Any:
        """The opening of the campus that the place is; 1 where it may be several."""
        campuses = {int(p.campus[i]) for i in groups[q]}
        return m.Z[campuses.pop(), t] if len(campuses) == 1 else 1.0

    def standing_in(q: int, t: int) -> object:
        halls = [
            float(p.pue_peak[i] * p.module_it_mw) * count * variable
            for i in groups[q]
            if (i, t) in m.A
            for count, variable in modules_of_class(m, p, i, t)
        ]
        return sum(halls) <= float(shared.standing_mw[groups[q][0]]) * opened(q, t) if halls else pyo.Constraint.Skip

    @m.Constraint(m.Place)
    def place_standing(m: pyo.ConcreteModel, q: int) -> object:
        return standing_in(q, last)

    @m.Constraint(m.Place, range(last if m.converted else 0))
    def place_standing_before(m: pyo.ConcreteModel, q: int, t: int) -> object:
        return standing_in(q, t)

    @m.Constraint(m.Place, range(p.quarters))
    def place_power(m: pyo.ConcreteModel, q: int, t: int) -> object:
        draws = [float(p.pue_peak[i]) * mw * variable for i in groups[q] for mw, variable in running.get((i, t), [])]
        firm = sum(mw * variable for i in groups[q] for mw, variable in m.extra_supply.get((i, t), []))
        flows = float(shared.energized_mw[groups[q][0], t])
        return sum(draws) <= flows * opened(q, t) + firm if draws else pyo.Constraint.Skip

    @m.Constraint(m.Place, range(p.quarters))
    def place_energy(m: pyo.ConcreteModel, q: int, t: int) -> object:
        if not any((i, t) in m.onsite_firm for i in groups[q]):
            return pyo.Constraint.Skip  # place_power says as much
        terms = [(float(p.pue_peak[i]) * mw, variable) for i in groups[q] for mw, variable in running.get((i, t), [])]
        if not terms:
            return pyo.Constraint.Skip
        for i in groups[q]:
            drawn_mw = float(p.pue_peak[i] / p.mwh_per_it_mw[i, t])  # by a MWh in the quarter, in the shape of the load
            terms += [(-mwh * drawn_mw, variable) for mwh, variable in m.onsite_mwh.get((i, t), [])]
            own = {id(variable) for _, variable in m.onsite_firm.get((i, t), [])}
            other = m.extra_supply.get((i, t), [])
            terms += [(-mw, variable) for mw, variable in other if id(variable) not in own]
        coefficients, variables = merged(terms)
        row = LinearExpression(linear_coefs=coefficients, linear_vars=variables)
        return row <= float(shared.energized_mw[groups[q][0], t]) * opened(q, t)
