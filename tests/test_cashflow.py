"""Time value of money against published worked examples, to the printed digit."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from siting.cashflow import crf, npv, payment, xnpv


def test_annuity_of_homer_example():
    """7 %, 5 years: 0.2439 (homerenergy.com prints 243.90 a year for 1,000: the rounded factor; exact 243.8907)."""
    assert round(crf(0.07, 5), 9) == 0.243890694
    assert round(payment(0.07, 5, 1000), 4) == 243.8907


def test_annuity_of_ten_years_at_ten_percent():
    """10 %, 10 years: 0.163 (Wikipedia), 0.162745 with more digits."""
    assert round(crf(0.10, 10), 6) == 0.162745


def test_the_factor_is_never_rounded_inside():
    """4 %, 5 years, 50,000: 11,231.36 exact, 11,230 with a factor rounded to 0.2246."""
    assert round(payment(0.04, 5, 50_000), 2) == 11_231.36
    assert round(round(crf(0.04, 5), 4) * 50_000, 2) == 11_230.00


@pytest.mark.parametrize(
    ("years", "printed"),
    [(15, (0.09634, 0.09963, 0.10296)), (20, (0.08024, 0.08368, 0.08718)), (30, (0.06505, 0.06881, 0.07265))],
)
def test_annuity_table_of_an_energy_textbook(years, printed):
    """5, 5.5 and 6 % over 15, 20, 30 years, five digits."""
    assert tuple(round(crf(rate, years), 5) for rate in (0.05, 0.055, 0.06)) == printed


def test_first_flow_of_npv_stands_at_time_zero():
    """-40,000, 5,000, 8,000, 12,000, 30,000 at 8 %: 3,065.22; Excel's NPV() says 3,065.22/1.08 = 2,838.17."""
    value = npv(0.08, [-40_000, 5_000, 8_000, 12_000, 30_000])
    assert value == pytest.approx(3065.2226681795, abs=1e-9)
    assert round(value / 1.08, 2) == 2838.17


def test_xnpv_counts_actual_days_over_365():
    """Excel's reference example: 2,086.647602031535 at 9 %; it vanishes at the printed XIRR."""
    flows = [-10_000, 2_750, 4_250, 3_250, 2_750]
    days = [dt.date(2008, 1, 1), dt.date(2008, 3, 1), dt.date(2008, 10, 30), dt.date(2009, 2, 15), dt.date(2009, 4, 1)]
    assert xnpv(0.09, flows, days) == pytest.approx(2086.647602031535, abs=1e-9)
    assert abs(xnpv(0.37336253351883, flows, days)) < 1e-8


def test_annuity_at_its_edges():
    """Rate 0 over 20: 0.05; 7 % for ever: 0.07; rate 0 for ever: 0; no lifetime: refused (PyPSA's own cases)."""
    assert crf(0.0, 20) == pytest.approx(0.05)
    assert crf(0.07, math.inf) == pytest.approx(0.07)
    assert crf(0.0, math.inf) == 0.0
    with pytest.raises(ValueError, match="lifetime"):
        crf(0.07, 0)
    with pytest.raises(ValueError, match="rate"):
        crf(-1.0, 5)


def test_tiny_rates_join_the_zero_rate():
    """At a rate of 1e-12 the annuity over 20 periods is still 0.05."""
    assert crf(1e-12, 20) == pytest.approx(0.05, rel=1e-10)


@pytest.mark.parametrize(
    ("charge", "capital", "fixed", "kwh", "printed"),
    [
        (0.09606382995843887, 34_900_000, 280_000, 40_179_104, 90.4108679),
        (0.09750580787658691, 81_360_000, 2_448_000, 241_593_264, 42.9692134),
    ],
)
def test_levelised_cost_of_reV_follows_from_its_charge_rate(charge, capital, fixed, kwh, printed):
    """NREL reV, PV and wind: (FCR x C + FOM) / AEP in USD/MWh; an endless annuity at the FCR is that rate."""
    yearly = payment(charge, math.inf, capital) + fixed
    assert round(yearly / kwh * 1000, 7) == printed


def test_plant_finance_of_wisdem():
    """87 turbines of 2,320 kW, 15 % wake loss: 0.04709574488 USD/kWh."""
    aep_kwh = 87 * 9_915_950 * (1 - 0.15)
    assert aep_kwh == pytest.approx(733_284_502.5)
    yearly = payment(0.07921664, math.inf, (1093 + 517) * 2320 * 87) + 43.56 * 2320 * 87
    assert round(yearly / aep_kwh, 11) == 0.04709574488


def test_temoa_loan_without_discounting():
    """100,000 at 10 % over 40 years, 40 payments: 409,037.657657."""
    assert 40 * payment(0.10, 40, 100_000) == pytest.approx(409_037.657657, abs=1e-6)


def test_accelerators_that_save_money_have_a_negative_value():
    """64 accelerators, 4 years: saves 490,903 undiscounted, NPV at 10 % is -9,440.47; payback 3.1855 years."""
    capex, running, cloud = 1_920_000.0, 728_680.0, 64 * 8760 * 4 * 0.70 * 2.00
    assert round(cloud) == 3_139_584
    saved = (cloud - running) / 4
    # the page prints whole dollars: its running cost is 728,680.4 +- 1
    assert sum([-capex, *[saved] * 4]) == pytest.approx(490_903, abs=1.5)
    assert npv(0.10, [-capex, *[saved] * 4]) == pytest.approx(-9_440.47, abs=1.5)
    assert round(capex / saved, 4) == 3.1855


def test_hours_times_price():
    """16,000 H100 x 35,040 h x 9.40 = 5,270,016,000; 4,096 GPUs at 2.00 for a 720 h month = 5,898,240."""
    assert pytest.approx(5_270_016_000) == 16_000 * 35_040 * 9.40
    assert 4_096 * 720 * 2.00 == 5_898_240
    assert round(5_898_240 / (4_096 * 730), 4) == 1.9726


def test_onsite_break_even_counts_capital_once():
    """Capital 392,000 over 14,400 - 3,376.32 a month pays back in 35.6 months."""
    assert round(392_000 / (14_400 - 3_376.32), 1) == 35.6


def test_financed_purchase_payment():
    """70 MUSD at 15 % APR over 36 months: 2,426,573.00 a month, 87,356,627.83 in all."""
    monthly = payment(0.15 / 12, 36, 70_000_000)
    assert round(monthly, 2) == 2_426_573.00
    assert round(36 * monthly, 2) == 87_356_627.83
    cash_out = 30_000_000 + 36 * monthly + 3 * 0.183 * 100_000_000
    assert round(cash_out, 2) == 172_256_627.83


def test_ten_billion_for_100_000_gpus_is_a_price_per_hour():
    """10 BUSD for 100,000 H100 over 3, 4, 5 years at 8,760 h: 3.805, 2.854, 2.283 USD per GPU-hour."""
    assert [round(10e9 / (100_000 * 8760 * years), 3) for years in (3, 4, 5)] == [3.805, 2.854, 2.283]
    assert pytest.approx(350.4e6) == 16_000 * 8760 * 2.50


def test_monthly_cost_of_a_datacentre():
    """Hamilton 2010, 5 %, a month: servers 1,998,102.77 over 3 years, plant 626,210.80 and shell 137,460.91 over 10."""
    rate = 0.05 / 12
    assert round(payment(rate, 36, 1_450 * 45_978), 2) == 1_998_102.77
    assert round(payment(rate, 120, 72e6 * 0.82), 2) == 626_210.80
    assert round(payment(rate, 120, 72e6 * 0.18), 2) == 137_460.91
    assert pytest.approx(474_208.00) == 8000 * 0.8 * 1.45 * 0.07 * 730


def test_rents_per_kilowatt_and_month():
    """TeraWulf: 3.7 BUSD over 10 y and 200 MW is 154.17; a hall of 11.7 MUSD/MW at 10 %, 15 y is 128.19."""
    assert round(3.7e9 / 10 / 12 / 200_000, 2) == 154.17
    assert pytest.approx(314.5e6) == 3.7e9 / 10 * 0.85
    yearly_musd = payment(0.10, 15, 11.7)
    assert round(yearly_musd, 6) == 1.538243
    assert round(yearly_musd * 1e6 / 12 / 1000, 2) == 128.19
    assert round(1.40 * 137.5 / 730, 4) == 0.2637
