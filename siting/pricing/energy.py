r"""What contracts make of the energy of a site: the best mix of them for every GWh, and what signing is worth.

Prices, each at 0 or more, of rows that sites share: alpha_ct and beta_ct of a share of the plan at least and at most,
tau_ct of taking no more than what is signed, upsilon_ct of paying what is not taken (signed contracts alone). With v_it
the worth of a musd paid for energy at i in t (present value, funding, less the tax that it saves), a GWh of contract c
at site i costs beside the grid's price

    rho_ict = v_it (price_ct + delivery_c - grid_it) + tau_ct - upsilon_ct + beta_ct - alpha_ct

(alpha and beta of contracts with shares of the plan). A site chooses shares n_c of its energy, sum_c n_c <= 1, inside
the shares of the site: least shares first, then what is below 0, the cheapest first, which is the exact optimum. Each
GWh of a covered site gives a_c alpha_ct - b_c beta_ct beside, and

    sum_c mw_max_c min(0, -sum_t y_ct tau_ct + sum_t m_c y_ct upsilon_ct + what is due after the horizon)

is what signing is worth, P in [0, mw_max]. U_ct >= 0 costs v_t (price - resale) - upsilon_ct, so upsilon may be no
more than that: U is then 0 in the least. Rows that need one price each are relaxed, so any prices give a valid bound.
"""

from __future__ import annotations

import numpy as np

from siting.pricing.money import Money, deductions_of_quarters, worth_in
from siting.pricing.multipliers import Multipliers
from siting.problem import FloatArray, Problem

ROWS = ("plan_share_at_least", "plan_share_at_most", "taken_within_signed", "untaken_is_paid")
"""Rows of contracts that sites share, each with a price by contract and quarter."""


def dearer_gwh(p: Problem, y: Multipliers, money: Money) -> FloatArray:
    """(I, T) musd that a GWh costs beside the grid's price when its site chooses the best contracts; 0 without any.
    y: signed."""
    s = p.contracts
    if s is None:
        return np.zeros((len(p.candidate_id), p.quarters))
    t = p.quarters
    least, most, signed, untaken = _prices(p, y, money)
    there = s.covers[:, :, None] & s.runs[None, :, :t]  # (I, C, T)
    worth = money.worth[None, :] * np.ones((len(p.candidate_id), 1))
    if money.taxed(p):
        assert p.income_tax is not None
        worth = worth - deductions_of_quarters(p, money)[p.income_tax.group]
    price = (s.usd_per_mwh[:, :t] + s.delivery_usd_per_mwh[:, None])[None] - p.usd_per_mwh[:, None, :]
    rho = worth[:, None, :] * price / 1e3 + (signed - untaken + most - least)[None]
    own = ~s.of_plan
    low = np.where(there, np.where(own, s.min_share, 0.0)[None, :, None], 0.0)
    high = np.where(there, np.where(own, np.maximum(s.max_share, s.min_share), 1.0)[None, :, None], 0.0)
    found = (low * rho).sum(axis=1)
    order = np.argsort(rho, axis=1, kind="stable")
    room = np.take_along_axis(np.minimum(high, 1.0) - low, order, axis=1)
    before = np.cumsum(room, axis=1) - room
    rest = np.maximum(1.0 - low.sum(axis=1), 0.0)[:, None, :]
    filled = np.clip(rest - before, 0.0, np.maximum(room, 0.0))
    found += (filled * np.minimum(np.take_along_axis(rho, order, axis=1), 0.0)).sum(axis=1)
    share = s.min_share[:, None] * least - s.max_share[:, None] * most
    return np.asarray(found + (there * share[None]).sum(axis=1))


def signing_musd(p: Problem, y: Multipliers, money: Money) -> float:
    """What signing adds to the bound, 0 or less. y: signed."""
    s = p.contracts
    if s is None:
        return 0.0
    t, total = p.quarters, 0.0
    _, _, signed, untaken = _prices(p, y, money)
    for c in np.flatnonzero(np.isfinite(s.mw_max)).tolist():
        gwh = s.mwh_per_mw[c, :t] * s.runs[c, :t] / 1e3
        value = float(s.min_take[c] * (gwh @ untaken[c]) - gwh @ signed[c])
        for quarter in range(t, s.runs.shape[1]):
            if s.runs[c, quarter]:
                due = float(s.min_take[c] * s.mwh_per_mw[c, quarter] / 1e6)
                musd = due * float(s.usd_per_mwh[c, quarter] - s.resale_usd_per_mwh[c])
                value += musd * (worth_in(p, money.weights, money.worth, quarter) - _saved_at_home(p, money, quarter))
        total += float(s.mw_max[c]) * min(0.0, value)
    return total


def pays_for_nothing(p: Problem) -> bool:
    """Whether a contract pays for energy that is not taken: no price of it bounds how much that is."""
    s = p.contracts
    if s is None:
        return False
    binding = np.isfinite(s.mw_max) & (s.min_take > 0.0)
    below = s.usd_per_mwh[:, : p.quarters] < s.resale_usd_per_mwh[:, None]
    return bool((binding[:, None] & s.runs[:, : p.quarters] & below).any())


def _prices(p: Problem, y: Multipliers, money: Money) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """(C, T) each: of a least and of a most share of the plan, of what is signed, of what is not taken."""
    s = p.contracts
    assert s is not None
    t = p.quarters
    least, most, signed, untaken = (y.of(row, (len(s.contract), t)) * s.runs[:, :t] for row in ROWS)
    plan, bound = s.of_plan[:, None], np.isfinite(s.mw_max)[:, None]
    saved = np.array([_saved_at_home(p, money, quarter) for quarter in range(t)])
    due = (s.usd_per_mwh[:, :t] - s.resale_usd_per_mwh[:, None]) / 1e3 * (money.worth - saved)
    untaken = np.minimum(untaken, np.maximum(due, 0.0)) * (bound & (s.min_take > 0.0)[:, None])
    return least * plan, most * plan, signed * bound, untaken


def _saved_at_home(p: Problem, money: Money, quarter: int) -> float:
    """Tax that a musd deducted in a quarter saves where what belongs to no place is taxed."""
    if p.income_tax is None:
        return 0.0
    return float(money.saved[p.income_tax.home, p.income_tax.year_of(quarter)])
