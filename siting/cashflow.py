"""Time value of money: annuity factor, level payment, present values. Nothing is rounded inside.

Rates are fractions a period, amounts keep the caller's currency. Where published calculators disagree the convention is
fixed here: the first flow of `npv` stands at time 0 (Excel's NPV() discounts it too); `xnpv` counts days over 365.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

DAYS_PER_YEAR = 365.0
"""Day count of `xnpv`: actual/365, leap years too."""


def crf(rate: float, periods: float) -> float:
    """Capital recovery factor: the level payment at each period's end that repays 1 over `periods`.

    r / (1 - (1+r)^-n); 1/n at rate 0; r for an endless life. Raises ValueError unless periods > 0 and rate > -1.
    """
    if not periods > 0:
        raise ValueError(f"expected a lifetime above 0 periods, found {periods}")
    if not rate > -1:
        raise ValueError(f"expected a rate above -1, found {rate}")
    if rate == 0:
        return 0.0 if math.isinf(periods) else 1.0 / periods
    # expm1 and log1p: at rates near 0 the plain difference loses every digit
    return rate / -math.expm1(-periods * math.log1p(rate))


def payment(rate: float, periods: float, principal: float) -> float:
    """Level payment at each period's end for a loan of `principal`, in its currency."""
    return crf(rate, periods) * principal


def npv(rate: float, flows: Sequence[float]) -> float:
    """Present value of flows one period apart, the first at time 0. Raises ValueError unless rate > -1."""
    if not rate > -1:
        raise ValueError(f"expected a rate above -1, found {rate}")
    return math.fsum(flow * (1.0 + rate) ** -period for period, flow in enumerate(flows))


def xnpv(rate: float, flows: Sequence[float], days: Sequence[dt.date]) -> float:
    """Value on the first day of flows on given days, at a yearly rate. Raises ValueError on lengths that differ."""
    if not rate > -1:
        raise ValueError(f"expected a rate above -1, found {rate}")
    return math.fsum(
        flow * (1.0 + rate) ** (-(day - days[0]).days / DAYS_PER_YEAR) for flow, day in zip(flows, days, strict=True)
    )
