r"""Cost of a GPU-hour, owned or leased, in closed form: a check on the model, and the report's sensitivities.

    c_own = { C [1 - tau D - RV (1-tau) v^N] / ((1-tau) a) + 12 kW R + 8760 kW PUE lf p + m C } / (8760 A U)
    v = 1/(1+r);  a = (1 - v^N) / r;  D = sum_t dep_t v^t,  dep = bonus in year 1 and 5-year MACRS of the rest
    L(d) = P0 sum_t (1-d)^t v^(t+1/2) / sum_t v^(t+1/2),  t = 0..N-1;  break-even decline d*: c_own = L(d*)

It is the pre-tax revenue that covers all cost, income tax included when tau > 0 (the plan leaves it out: tau = 0).
A take-or-pay lease pays for all hours, so utilisation divides both sides when hours are used hours; on demand is paid
for used hours only.
"""

from __future__ import annotations

import math

from siting.cashflow import crf

HOURS_PER_YEAR = 8760.0
"""Hours of a common year; the model itself counts calendar hours (0.07 % more on average)."""
MACRS_5_YEARS = (0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576)
"""US federal depreciation of computers, half-year convention (IRS Publication 946, table A-1)."""


def own_usd_per_gpu_h(
    *,
    capex_usd: float,
    it_kw: float,
    pue: float,
    rent_usd_per_kw_month: float,
    power_usd_per_mwh: float,
    load_factor: float,
    om_share: float,
    life_years: float,
    rate: float,
    residual_share: float,
    availability: float,
    utilisation: float,
    tax_rate: float = 0.0,
    bonus: float = 0.0,
) -> float:
    """USD per available and used GPU-hour of an owned accelerator; utilisation 1 gives it per available hour.

    capex_usd: all-in per accelerator with network; it_kw: critical IT with network; rent_usd_per_kw_month: of the hall,
    or the annuity of a hall that is owned; om_share, bonus, residual_share, tax_rate: fractions. Raises ValueError when
    the life, availability or utilisation is not above 0, or tax_rate is not in [0, 1).
    """
    if not (availability > 0 and utilisation > 0):
        raise ValueError(f"expected availability and utilisation above 0, found {availability} and {utilisation}")
    if not 0 <= tax_rate < 1:
        raise ValueError(f"expected a tax rate of 0 or more and below 1, found {tax_rate}")
    kept: float = 1.0 - tax_rate
    discounted_residual = residual_share * kept * (1.0 + rate) ** -life_years
    share_to_earn: float = 1.0 - tax_rate * _depreciation_value(rate, bonus) - discounted_residual
    capital_usd_per_y = capex_usd * share_to_earn / kept * crf(rate, life_years)
    rent_usd_per_y = 12.0 * it_kw * rent_usd_per_kw_month
    power_usd_per_y = HOURS_PER_YEAR * it_kw / 1000.0 * pue * load_factor * power_usd_per_mwh
    total_usd_per_y = capital_usd_per_y + rent_usd_per_y + power_usd_per_y + om_share * capex_usd
    return total_usd_per_y / (HOURS_PER_YEAR * availability * utilisation)


def levelised_lease_usd_per_gpu_h(price: float, decline: float, years: float, rate: float) -> float:
    """USD per GPU-hour of one-year leases renewed at a market that falls by `decline` a year (negative: it rises).

    price: USD per GPU-hour of the first year. years: the last lease may run for a part of a year only. Raises
    ValueError when years is not above 0 or decline > 1.
    """
    if not years > 0:
        raise ValueError(f"expected years above 0, found {years}")
    if decline > 1:
        raise ValueError(f"expected a decline of at most 1 (100 %/y), found {decline}")
    spans: list[float] = [min(1.0, years - year) for year in range(math.ceil(years))]
    weights: list[float] = [span * (1.0 + rate) ** -(year + span / 2.0) for year, span in enumerate(spans)]
    paid: float = sum((1.0 - decline) ** year * weight for year, weight in enumerate(weights))
    return price * paid / sum(weights)


def break_even_decline(own: float, price: float, years: int, rate: float) -> float | None:
    """Yearly fall of lease prices at which renting costs what owning does; rent when the market falls faster.

    own, price: USD per GPU-hour, today's lease price in `price`. Negative: rents must rise before owning pays. None:
    no fall of at most 100 %/y and no rise of at most 100 %/y brings the two together. Raises ValueError when years < 2:
    with a single year there is no renewal.
    """
    if years < 2:
        raise ValueError(f"expected at least two years, found {years}: one year has no renewal")
    low, high = -1.0, 1.0  # the levelised price falls strictly with the decline
    if not (
        levelised_lease_usd_per_gpu_h(price, high, years, rate)
        <= own
        <= levelised_lease_usd_per_gpu_h(price, low, years, rate)
    ):
        return None
    for _ in range(60):
        middle = 0.5 * (low + high)
        if levelised_lease_usd_per_gpu_h(price, middle, years, rate) > own:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _depreciation_value(rate: float, bonus: float) -> float:
    """Present value of the depreciation of 1, years counted from purchase."""
    shares = [(1.0 - bonus) * share for share in MACRS_5_YEARS]
    shares[0] += bonus
    return sum(share * (1.0 + rate) ** -year for year, share in enumerate(shares, start=1))
