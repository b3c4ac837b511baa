r"""What power units on a campus are worth to it at most, by the quarter in which it opens.

With S_ut units of u that stand, F_t their firm MW, G_t their GWh, w_t GWh of a running MW of IT, E_t the grid's MW:

    running_t <= E_t / PUE + F_t / PUE;    running_t - G_t / w_t <= E_t / PUE;    G_t <= w_t running_t

Running MW are inside halls too, so E_t / PUE may be cut to what each module carries, as in `sites`. The three rows get
prices per MW of IT: lambda_t - w_t theta_t >= 0, w_t theta_t >= 0, and per GWh psi_t >= 0. A running MW then costs
lambda_t - w_t psi_t beside its energy, what a module carries earns lambda_t, a firm MW (lambda_t - w_t theta_t) / PUE,
and a GWh what it saves at the grid, less fuel and operation, + theta_t - psi_t. Each unit is then for itself: delivered
when it is best, at its capital cost, standing, for rent or upkeep, until it leaves or the bridge is over, or never
there. With a reserve r of n units at most, firm MW of S units are w (S - r Y) <= w S (1 - r / n), as S <= n Y.

Any prices are valid. psi is what the cheapest fuel saves, 0 where no unit pays for itself by that alone. theta is what
the cheapest fuel of a firm unit costs beyond the grid, lambda / w at most, so that what runs beyond the grid is
generated; or all of lambda / w where units earn less so, as they stand ready for more than they generate. Left out:
that units are whole, and the price of carbon, which never pays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.pricing.money import Money, deductions_of_quarters
from siting.problem import FloatArray, Problem
from siting.problem.onsite import Onsite

NOTHING = -1e12
"""What a unit earns where it cannot be."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Prices of the units at the candidates of a problem."""

    p: Problem
    worth: FloatArray
    """(I, T) of a nominal musd paid to run, present value, funding and tax together."""
    end: float
    """Of a musd of residual value at the horizon."""
    capital: FloatArray
    """(I, T) of a nominal musd paid for units."""
    gwh_per_mw: FloatArray
    """(I, T) of a running MW of IT."""
    saving: FloatArray
    """(I, U, T) that a GWh generated saves at the grid, less fuel and operation; below 0 where it costs more."""
    cheaper: FloatArray
    """(I, T) psi: what a GWh costs less for being generated."""

    def gain(self, lam: FloatArray) -> FloatArray:
        """(I, T) most that units earn at a campus that opens in t; lam: (I, T) price of a MW of IT of power."""
        o = _of(self.p)
        stands = o.may_stand(self.p.live_from)
        fires = np.logical_and(o.firm, o.most_mwh.max(axis=1) > 0)
        dearer = np.where(np.logical_and(stands, fires[None, :, None]), -self.saving, np.inf)
        least = dearer.min(axis=1, initial=np.inf)
        most = lam / np.maximum(self.gwh_per_mw, 1e-12)
        by_fuel = self._each(lam, np.clip(np.where(np.isfinite(least), least, 0.0), 0.0, most))
        by_output = self._each(lam, most)
        lower = (o.most[:, None] * (by_output - by_fuel)).sum(axis=1) < 0.0
        each = np.where(lower[:, None, :], by_output, by_fuel)
        return np.asarray((o.most[:, None] * _best_stay(self, each)).sum(axis=1))

    def _each(self, lam: FloatArray, theta: FloatArray) -> FloatArray:
        """(I, U, T) what one unit earns while it stands; theta: (I, T)."""
        o = _of(self.p)
        firm = np.maximum(lam - theta * self.gwh_per_mw, 0.0) / self.p.pue_peak[:, None]
        output = np.maximum(self.saving + (theta - self.cheaper)[:, None, :], 0.0)
        mw = o.unit_mw * o.firm * (1.0 - o.reserve / np.maximum(o.most, 1))
        return np.asarray(mw[:, None] * firm[:, None, :] + o.most_mwh / 1e3 * output)


def unit_prices(p: Problem, money: Money, dearer: FloatArray) -> Units | None:
    """Prices for the multipliers; None without units. dearer: (I, T) musd a GWh of the best contracts beside the
    grid's price."""
    if p.onsite is None:
        return None
    o, worth, capital = p.onsite, *_worths(p, money)
    price = p.usd_per_mwh / 1e3 * worth + dearer
    fuel = (o.fuel_usd_per_mwh + o.var_om_usd_per_mwh[:, None]) / 1e3 * worth[:, None, :]
    stands = o.may_stand(p.live_from) & (o.most_mwh > 0)[None]
    cleaner = 1e3 * money.weights.carbon * (np.nan_to_num(p.co2_t_per_mwh)[:, None] - o.co2_t_per_mwh)
    saving = np.where(stands, price[:, None, :] - fuel + cleaner[:, :, None], NOTHING)
    units = Units(
        p=p,
        worth=worth,
        end=money.weights.npv_cost * float((1.0 + p.rate) ** (-p.quarters / 4.0)),
        capital=capital,
        gwh_per_mw=p.mwh_per_it_mw / 1e3,
        saving=saving,
        cheaper=np.zeros_like(price),
    )
    alone = _best_stay(units, o.most_mwh / 1e3 * np.maximum(saving, 0.0))
    pays = alone.max(axis=(1, 2), initial=0.0) > 0.0
    cheaper = np.where(pays[:, None], np.maximum(saving.max(axis=1, initial=0.0), 0.0), 0.0)
    return Units(**{**units.__dict__, "cheaper": cheaper})


def _of(p: Problem) -> Onsite:
    assert p.onsite is not None
    return p.onsite


def _worths(p: Problem, money: Money) -> tuple[FloatArray, FloatArray]:
    """(I, T) present musd of a nominal musd paid in each quarter to run, and the same paid for units."""
    both = np.repeat(money.worth[None, :], len(p.candidate_id), axis=0)
    if not money.taxed(p):
        return both, both
    assert p.income_tax is not None
    tax = p.income_tax
    straight = np.stack([tax.straight(t) for t in range(p.quarters)])
    return both - deductions_of_quarters(p, money)[tax.group], both - (money.saved @ straight.T)[tax.group]


def _best_stay(units: Units, each: FloatArray) -> FloatArray:
    """(I, U, T) most that one unit earns, 0 or more, when its campus opens in t; each: (I, U, T) while it stands."""
    p, o = units.p, _of(units.p)
    quarters, end = p.quarters, units.end
    stands = o.may_stand(p.live_from)
    upkeep = (o.rent_musd + o.fixed_om_musd)[:, None] * units.worth[:, None, :]
    here = each - upkeep
    after = np.where(o.may_leave, o.resale_musd * end, 0.0)  # (I, U) of a unit that stands to the horizon
    delivered = np.full(here.shape, NOTHING)
    for t in range(quarters - 1, -1, -1):
        sold = o.resale_musd * units.capital[:, [t]]
        over = t + 1 == o.gone_by
        if t + 1 < quarters:
            after = np.where(over, o.resale_musd * units.capital[:, [t + 1]], after)
        stay = here[:, :, t] + after
        kept = np.where(o.may_leave, np.maximum(stay, sold), stay)
        ordered = np.maximum(t - o.lead, 0)
        cost = o.capex_musd * units.capital[:, ordered] - o.residual_musd[:, :, t] * end
        delivered[:, :, t] = np.where(stands[:, :, t], kept - cost, NOTHING)
        after = np.where(stands[:, :, t], kept, 0.0)
    best = np.maximum.accumulate(delivered[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray(np.maximum(best, 0.0))
