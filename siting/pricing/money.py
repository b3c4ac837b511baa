r"""What loans, income tax and revenue make of a payment: prices of money, one for each quarter, item and tax rate.

Revenue. The demand is served in every plan, so what it earns is a constant: it adds to the value, to the funding where
it counts as such, and to the taxable income.

Income tax. With nu_y >= 0 for the taxable income of a year, w_ry = rate_r (worth of a musd in the quarter in which
the tax of y is paid) - nu_y, and mu_ry = max(0, w_ry', y' >= y), the tax that deductions save is

    sum w_ry Used_ry <= sum mu_ry Used_ry = sum mu_ry (Carried_r,y-1 - Carried_ry + D_ry) <= sum mu_ry D_ry

as mu falls from year to year and is never below 0; beside it, sum_y nu_y income_y. So a deduction at rate r in year y
is worth mu_ry and nothing else of the tax is left: every payment is cheaper by what it deducts. Payments that the
pricing leaves out (those of large loads among them) are never below 0, nor are they less their deductions: these come
with the payment or later, a musd is worth less later, and a rate is below 1.

Loans. A draw of facility n in t costs v_nt, its service less itself and less the interest that is deducted. With
b_t >= 0 for `pledged_once` and c_n >= 0 for the size of a facility, a_nt = max(0, -(v_nt + b_t + c_n)) for its advance
is the least with which no draw pays: a musd paid for accelerators in t is cheaper by sum_n advance_n a_nt + b_t, and
the limits give -sum_n c_n most_n. Any b and c are valid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.items import KIND
from siting.pricing.multipliers import Multipliers
from siting.pricing.weights import Weights, cumulative_prices, weights_of
from siting.problem import FloatArray, Problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Money:
    """Prices of a nominal musd, in units of the objective."""

    weights: Weights
    worth: FloatArray
    """(T,) paid in t: its present value as far as the cost counts, and what funding makes of it."""
    paid: FloatArray
    """(T,) of that the multipliers of cumulative funding."""
    pledged: FloatArray
    """(T,) that a musd paid for accelerators in t is cheaper for what is lent against it."""
    saved: FloatArray
    """(R, Y) tax that a musd deducted at a rate in a year saves; (0, 0) without income tax."""
    constant: float
    """What limits and constants of these parts add to the bound."""

    def taxed(self, p: Problem) -> bool:
        """Whether deductions are worth anything."""
        return p.income_tax is not None and bool(self.saved.any())


def money_prices(p: Problem, y: Multipliers) -> Money:
    """Prices for the multipliers. y: signed."""
    weights = weights_of(p, y)
    paid = np.cumsum(cumulative_prices(p, y, weights)[::-1])[::-1]
    worth = weights.npv_cost * p.discount + paid
    saved, taxes = _tax(p, y, weights, worth)
    pledged, loans = _debt(p, y, weights, worth, saved)
    return Money(
        weights=weights,
        worth=worth,
        paid=paid,
        pledged=pledged,
        saved=saved,
        constant=taxes + loans + _revenue(p, weights, paid),
    )


def worth_in(p: Problem, weights: Weights, worth: FloatArray, quarter: int) -> float:
    """Of a nominal musd in a quarter, which may lie beyond the horizon: no funding covers that. worth: (T,)."""
    if quarter < p.quarters:
        return float(worth[quarter])
    return weights.npv_cost * float((1.0 + p.rate) ** (-(quarter + 0.5) / 4.0))


def _revenue(p: Problem, weights: Weights, paid: FloatArray) -> float:
    if p.revenue is None:
        return 0.0
    covers = paid if p.revenue.counts_as_funding else np.zeros(p.quarters)
    return float(-p.revenue.musd @ (weights.npv_cost * p.discount + covers))


def _tax(p: Problem, y: Multipliers, weights: Weights, worth: FloatArray) -> tuple[FloatArray, float]:
    tax = p.income_tax
    if tax is None:
        return np.zeros((0, 0)), 0.0
    nu = y.of("taxable_income", (tax.years,))
    when = np.array([worth_in(p, weights, worth, tax.paid_in(year)) for year in range(tax.years)])
    saved = np.maximum(tax.rate[:, None] * when - nu, 0.0)
    earned = np.zeros(tax.years)
    for t, musd in enumerate(p.revenue.musd.tolist() if p.revenue is not None else []):
        earned[tax.year_of(t)] += musd
    constant = float(tax.rate[tax.home] * (earned @ when) - nu @ (tax.income_musd + earned))
    return np.maximum.accumulate(saved[:, ::-1], axis=1)[:, ::-1], constant


def _debt(
    p: Problem, y: Multipliers, weights: Weights, worth: FloatArray, saved: FloatArray
) -> tuple[FloatArray, float]:
    debt, pledged = p.debt, np.zeros(p.quarters)
    if debt is None:
        return pledged, 0.0
    once, size = y.of("pledged_once", (p.quarters,)), y.of("facility_size", (len(debt.name),))
    capped = np.isfinite(debt.most_musd)
    size = np.where(capped, size, 0.0)
    for n in range(len(debt.name)):
        service, interest = debt.service(n)
        for t in range(int(debt.first[n]), min(int(debt.last[n]), p.quarters - 1) + 1):
            value = -worth_in(p, weights, worth, t)
            for later, (musd, part) in enumerate(zip(service.tolist(), interest.tolist(), strict=True), start=1):
                value += musd * worth_in(p, weights, worth, t + later)
                if p.income_tax is not None:
                    value -= part * saved[p.income_tax.home, p.income_tax.year_of(t + later)]
            pledged[t] += float(debt.advance[n]) * max(0.0, -(value + once[t] + size[n]))
    return pledged + once, -float(size @ np.where(capped, debt.most_musd, 0.0))


def deductions_of_quarters(p: Problem, money: Money) -> FloatArray:
    """(R, T) tax that a musd deducted in a quarter saves."""
    assert p.income_tax is not None
    years = [p.income_tax.year_of(t) for t in range(p.quarters)]
    return money.saved[:, years]


def building_deductions(p: Problem, money: Money) -> FloatArray:
    """(R, T) tax that a musd of building put to use in a quarter saves."""
    assert p.income_tax is not None
    straight = np.stack([p.income_tax.straight(t) for t in range(p.quarters)])  # (T, Y)
    return money.saved @ straight.T


def opening_deductions(p: Problem, money: Money) -> FloatArray:
    """(I, T) tax that an opening in t saves."""
    assert p.income_tax is not None
    return p.income_tax.opening_basis_musd * building_deductions(p, money)[p.income_tax.group]


def module_deductions(p: Problem, money: Money) -> FloatArray:
    """(I, T) tax that a module that goes live in t saves."""
    tax = p.income_tax
    assert tax is not None
    by_rate = np.einsum("fty,ry->rft", tax.module_after, money.saved)
    quarters = deductions_of_quarters(p, money)
    for f, item in enumerate(p.module_item):
        if item == "halls":
            by_rate[:, f] += building_deductions(p, money) * p.module_cash_profile[f].sum(axis=1)
        elif KIND[item] in ("operating", "lease"):
            by_rate[:, f] += quarters @ p.module_cash_profile[f].T
        elif item not in ("accelerators", "opening", "collateral"):
            straight = np.stack([tax.straight(t) for t in range(p.quarters)])
            by_rate[:, f] += money.saved @ (p.module_cash_profile[f] @ straight).T
    return np.asarray(np.einsum("if,ift->it", p.module_cash_factor, by_rate[tax.group]))


def pod_deductions(p: Problem, money: Money) -> FloatArray:
    """(I, G, T) tax that a pod delivered in t saves."""
    tax = p.income_tax
    assert tax is not None
    quarters = deductions_of_quarters(p, money)
    price = p.pod_price_musd[:, None]
    written = price * p.pod_cash_profile[0].sum(axis=2) * np.einsum("gty,ry->rgt", tax.pod_share, money.saved)
    operation, assessed = (np.einsum("gtu,ru->rgt", profile, quarters) * price for profile in p.pod_cash_profile[1:])
    found = (1.0 + p.sales_tax)[:, None, :] * written[tax.group] + operation[tax.group]
    return np.asarray(found + p.property_tax[:, None, None] * assessed[tax.group])


def lease_deductions(p: Problem, money: Money) -> FloatArray:
    """(L, T) tax that one GPU of a contract that starts in t saves."""
    tax = p.income_tax
    assert tax is not None
    now = p.lease_cash_musd @ deductions_of_quarters(p, money)[tax.home]
    return np.asarray(now + tax.lease_after_musd @ money.saved[tax.home])
