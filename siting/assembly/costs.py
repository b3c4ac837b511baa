"""What one decision costs, nominal by quarter and as present value: profiles over (decision quarter, payment quarter).

Flows fall at mid-quarter: a payment in quarter t is worth (1+r)^-((t+1/2)/4). Values at the end of the horizon are
worth
(1+r)^-(T/4). Escalators grow prices as (1+e)^(t/4) from the study's start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.problem import FloatArray
from siting.study import Study
from siting.units import hours_in


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """Quarters of a study: discounting, hours, growth. `span` may reach beyond the horizon."""

    quarters: int
    start: int
    rate: float

    def discount(self, span: int) -> FloatArray:
        """(span,) present value of one paid at mid-quarter."""
        return np.asarray((1.0 + self.rate) ** (-(np.arange(span) + 0.5) / 4.0))

    def hours(self, span: int) -> FloatArray:
        """(span,) hours of each quarter."""
        return np.array([hours_in(self.start + t) for t in range(span)])

    @property
    def end_discount(self) -> float:
        """Present value of one received at the end of the horizon."""
        return float((1.0 + self.rate) ** (-self.quarters / 4.0))


def clock_of(study: Study) -> Clock:
    """The study's clock."""
    return Clock(quarters=study.quarters, start=study.start, rate=study.money.discount_rate)


def growth(change: float, quarters: int) -> FloatArray:
    """(quarters,) price level of each quarter, 1 in the first."""
    return np.asarray((1.0 + change) ** (np.arange(quarters) / 4.0))


def construction_profile(lag: int, escalator: float, quarters: int) -> FloatArray:
    """(T, T) share of a module's cost paid in [live quarter, payment quarter]: evenly over the `lag` quarters before
    it.
    """
    level, profile = growth(escalator, quarters), np.zeros((quarters, quarters))
    for live in range(lag, quarters):
        paid = slice(live - lag, live) if lag else slice(live, live + 1)
        profile[live, paid] = level[paid] / max(lag, 1)
    return profile


def standing_profile(quarters: int, escalator: float = 0.0) -> FloatArray:
    """(T, T) price level from the live quarter to the horizon."""
    return np.asarray(np.triu(np.ones((quarters, quarters))) * growth(escalator, quarters))


def rent_profile(term_quarters: int, escalator: float, quarters: int) -> FloatArray:
    """(T, T + term) rent of one unit by [hand-over, quarter]: yearly steps, to the horizon or the term's end, the
    later.
    """
    span = quarters + term_quarters
    age = np.arange(span)[None, :] - np.arange(quarters)[:, None]
    due = (age >= 0) & ((np.arange(span)[None, :] < quarters) | (age < term_quarters))
    return np.asarray(np.where(due, (1.0 + escalator) ** np.maximum(age // 4, 0), 0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class PodProfiles:
    """Multiples of an accelerator's price today, for one accelerator."""

    cash: FloatArray
    """(3, T, T) purchase, operation, assessed value / 4 by [delivery, payment]."""
    residual: FloatArray
    """(T,) value at the horizon by delivery quarter."""


def pod_profiles(study: Study, lead: int, worth: FloatArray, life: int, level: FloatArray) -> PodProfiles:
    """Profiles of one accelerator. `worth` (T, T): value at the horizon over today's price by [delivery, order];
    `life`: quarters after which it is gone, with no upkeep, tax or value; `level` (T,): price by order quarter over
    today's.
    """
    quarters, buy = study.quarters, study.purchase
    upkeep = growth(study.money.escalators.accelerator_om, quarters)
    cash, residual = np.zeros((3, quarters, quarters)), np.zeros(quarters)
    age = (np.arange(quarters) + 0.5) / 4.0
    assessed = np.maximum(0.0, 1.0 - age / study.taxes.equipment_life_years) / 4.0
    for delivery in range(lead, quarters):
        price = level[delivery - lead]
        cash[0, delivery, delivery - lead] += buy.order_share * price
        cash[0, delivery, delivery] += (1.0 - buy.order_share) * price
        stands = slice(delivery, min(delivery + life, quarters))
        cash[1, delivery, stands] = buy.om_share / 4.0 * price * upkeep[: stands.stop - delivery]
        cash[2, delivery, stands] = assessed[: stands.stop - delivery] * price
        if delivery + life > quarters:
            residual[delivery] = worth[delivery, delivery - lead]
    return PodProfiles(cash=cash, residual=residual)


def straight_line_left(life_years: float, quarters: int) -> FloatArray:
    """(T,) share of value left at the horizon of what began in each quarter."""
    return np.maximum(0.0, 1.0 - (quarters - np.arange(quarters)) / (4.0 * life_years))
