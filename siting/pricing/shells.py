r"""What a module of fit-out costs where halls are shells: its own cost and its part of a shell that need not be whole.

With r modules to a shell, c_t the reduced cost of a shell that stands from t on and h_t that of a module that is live
from t on, shells that may be divided, N_t >= V_t / r, make every module of a campus a matter of its own: its part of
a shell stands from some tau <= t on, so a module that is live from t on costs at least

    h_t + min_{tau <= t} c_tau / r

and a part of a shell that holds nothing earns max(0, max_tau -c_tau) / r at most, which is above nothing only where
shells pay (`idle`). A whole shell costs no less than its parts, so a bound stays one.
"""

from __future__ import annotations

import numpy as np

from siting.pricing.money import Money, building_deductions
from siting.problem import FloatArray, Problem


def shell_costs(p: Problem, money: Money) -> FloatArray:
    """(I, T) reduced cost of a module's part of a shell that stands from t on; 0 where modules are whole."""
    if p.shells is None:
        return np.zeros((len(p.candidate_id), p.quarters))
    shells = p.shells
    each = money.weights.npv_cost * p.npv_shell_musd + shells.cost_musd[:, None] * (shells.cash_profile @ money.paid)
    if money.taxed(p):
        assert p.income_tax is not None
        saved = building_deductions(p, money) * shells.cash_profile.sum(axis=1)
        each = each - shells.cost_musd[:, None] * saved[p.income_tax.group]
    return np.asarray(each / shells.modules)


def by_then(p: Problem, cost: FloatArray) -> FloatArray:
    """(I, T) the least of `cost` (I, T) from the first quarter in which halls can stand up to t; 0 before it."""
    live = np.arange(p.quarters)[None, :] >= p.live_from[:, None]
    return np.where(live, np.minimum.accumulate(np.where(live, cost, np.inf), axis=1), 0.0)
