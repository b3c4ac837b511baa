"""Published worked examples through the parts of the program that bill, lend, rent and compare.

The primitives alone (annuity, NPV, XNPV, levelised cost) are held against their printed digits in tests/test_cashflow;
here the same sources are held against the study's own path: a loan, a lease, a shell, a verdict.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from small_studies import H100, small_study

from siting.assembly.costs import clock_of
from siting.assembly.finance import debt_of
from siting.assembly.leases import bill_musd, lease_frame
from siting.cashflow import crf, npv, payment
from siting.report.lease_own import own_usd_per_gpu_h
from siting.tables.read import read_tables
from siting.units import hours_in, parse_quarter


def offer(folder: Path, **terms: Any) -> tuple[Any, np.ndarray]:
    """The row of one bilateral offer from 2025-Q1 over 16 quarters, and the hours of 28 quarters from 2024-Q2."""
    lease = {
        "name": "offer",
        "accelerator": H100,
        "gpus": 4096,
        "term_quarters": 16,
        "deliver_from": "2025-Q1",
        **terms,
    }
    study = small_study(folder, leases={"bilateral": [lease]})
    return next(lease_frame(study, read_tables()).itertuples()), clock_of(study).hours(28)


def whole_bill_musd(row: Any, hours: np.ndarray) -> float:
    """All that the contract costs from its first quarter on, all its GPUs."""
    return float(bill_musd(row, int(row.first_start), hours).sum() * row.gpus)


def loan(folder: Path, rate: str, tenor_quarters: int, **terms: Any) -> tuple[np.ndarray, np.ndarray]:
    """Payments and interest within them for one musd drawn under the study's debt."""
    facility = {
        "name": "loan",
        "rate": rate,
        "tenor_quarters": tenor_quarters,
        "advance_rate": "70 %",
        **terms,
    }
    debt = debt_of(small_study(folder, debt=[facility]))
    assert debt is not None
    return debt.service(0)


def test_a1_to_a4_a_loan_pays_the_annuity(tmp_path: Path) -> None:
    """A yearly rate is effective: twenty quarters at 7 % are worth what five yearly annuities of 0.243890694 are."""
    paid, _ = loan(tmp_path, "7 %/y", 20)
    quarterly = 1.07**0.25 - 1.0
    grown_to_the_years_end = paid[:4] @ (1.0 + quarterly) ** np.arange(3, -1, -1)
    assert round(float(grown_to_the_years_end), 9) == 0.243890694


def test_a6_the_first_payment_of_a_study_is_at_mid_quarter(tmp_path: Path) -> None:
    """The convention that spreadsheets disagree on, fixed: flows of a year apart are 1.08 apart, the first at 1/8."""
    study = small_study(
        tmp_path, money={**dict(small_study(tmp_path).money.model_dump(mode="json")), "discount_rate": "8 %/y"}
    )
    weights = clock_of(study).discount(17)[::4]
    flows = [-40_000, 5_000, 8_000, 12_000, 30_000]
    assert float(weights @ flows) == pytest.approx(3065.2226681795 / 1.08**0.125, abs=1e-8)


def test_a9_no_rate_and_no_life() -> None:
    """At rate 0 the annuity is 1/n; no lifetime is refused in words."""
    assert crf(0.0, 20) == 0.05
    with pytest.raises(ValueError, match="lifetime"):
        payment(0.07, 0, 1.0)


def test_b5_forty_years_without_discounting(tmp_path: Path) -> None:
    """Temoa prints 409,037.657 for 100,000 at 10 % over 40 years; yearly instalments, so quarterly ones pay less."""
    assert 40 * payment(0.10, 40, 100_000) == pytest.approx(409_037.657657, abs=1e-6)
    paid, interest = loan(tmp_path, "10 %/y", 120)
    assert paid.sum() == pytest.approx(1.0 + interest.sum())
    assert paid.sum() < 30 * payment(0.10, 30, 1.0)


def test_c1_saves_money_and_has_a_negative_value() -> None:
    """64 accelerators: 490,903 saved undiscounted, -9,440.47 at 10 %; break-even 59.05 % of use, return 0.2557."""
    capex, running, price = 1_920_000.0, 728_680.4, 2.00
    full = 64 * 8760 * 4 * price
    cloud = 0.70 * full
    assert cloud - running - capex == pytest.approx(490_903.6, abs=0.1)
    assert npv(0.10, [-capex, *[(cloud - running) / 4] * 4]) == pytest.approx(-9_440.47, abs=0.5)
    assert round((capex + running) / full, 4) == 0.5905
    assert round((cloud - running - capex) / capex, 4) == 0.2557


def test_c2_hours_times_price_as_the_study_bills(tmp_path: Path) -> None:
    """16,000 H100 at 9.40 over four years: 5,270,016,000 for 35,040 h; the calendar has a leap day, 35,064 h."""
    row, hours = offer(tmp_path, gpus=16_000, usd_per_gpu_h="9.40 USD/GPU/h")
    assert hours[3:19].sum() == 35_064
    assert whole_bill_musd(row, hours) == pytest.approx(5_270.016 * 35_064 / 35_040)


def test_c4_a_month_is_no_number_of_hours(tmp_path: Path) -> None:
    """5,898,240 a month is 2.00 USD/h by 720 h and 1.9726 by 730 h: refused. Hours are those of the quarter."""
    with pytest.raises(ValidationError, match="a month has no fixed number of hours"):
        offer(tmp_path, usd_per_gpu_h="1440 USD/GPU/month")
    row, hours = offer(tmp_path, usd_per_gpu_h="2.00 USD/GPU/h")
    first = bill_musd(row, 3, hours)[3] * 4096
    assert first == pytest.approx(5.898240 * 3 * hours_in(parse_quarter("2025-Q1")) / (3 * 720))


def test_c6_a_page_that_contradicts_itself() -> None:
    """Its own formula makes owning cheaper by 2,857.01 a month; it says that the cloud is. Its break-even of 137.2
    months counts the capital twice; counted once it is 35.6."""
    capex = 8 * 35_000 * 1.4
    amortised, power = capex / 48, 8 * 0.7 * 1.4 * 0.12 * 400
    owned, cloud = amortised + power + 3_000, 8 * 4.50 * 400
    assert (capex, round(amortised, 2), round(power, 2)) == (392_000, 8_166.67, 376.32)
    assert (round(owned, 2), cloud) == (11_542.99, 14_400)
    assert round(cloud - owned, 2) == 2_857.01  # the page's verdict is the other way round
    assert round(capex / (cloud - owned), 1) == 137.2
    assert round(capex / (cloud - power - 3_000), 1) == 35.6


def test_c7_a_financed_purchase(tmp_path: Path) -> None:
    """70 musd at 15 % nominal over 36 months: 2,426,573 a month. The study lends at yearly effective rates by quarter:
    three such months, grown to the quarter's end, are its payment. The page's 'cheaper by 16-73M' is none of its own
    savings of 68 to 98 musd."""
    monthly = payment(0.15 / 12, 36, 70.0)
    assert round(monthly, 5) == 2.42657
    effective = 1.0125**12 - 1.0
    paid, interest = loan(tmp_path, f"{100 * effective:.12f} %/y", 12)
    assert 70 * paid == pytest.approx(np.full(12, monthly * (1.0125**3 - 1) / 0.0125))
    assert paid.sum() == pytest.approx(1.0 + interest.sum())
    out = 30 + 36 * monthly + 3 * 18.3
    assert round(out, 5) == 172.25663
    rent = 2.50 * 8760 * 3 * 10_000 / 3 / 1e6
    assert rent == pytest.approx(219)
    saved = [rent - out + 100 * (1 - decline) ** 3 for decline in (0.20, 0.25, 0.33, 0.40)]
    assert [round(musd, 2) for musd in saved] == [97.94, 88.93, 76.82, 68.34]


@pytest.mark.parametrize(("years", "price"), [(3, 3.805), (4, 2.854), (5, 2.283)])
def test_c8_a_contract_by_its_total(tmp_path: Path, years: int, price: float) -> None:
    """10 GUSD for 100,000 H100 are billed in full whatever the term: 3.805, 2.854 or 2.283 USD/h of 8,760 h a year."""
    row, hours = offer(tmp_path, gpus=100_000, total_musd="10 GUSD", term_quarters=4 * years)
    assert whole_bill_musd(row, hours) == pytest.approx(10_000)
    assert round(whole_bill_musd(row, hours) * 1e6 / (100_000 * 8760 * years), 3) == price


def test_d1_where_the_money_goes() -> None:
    """Hamilton 2010: 3,517,372 a month with the network at 8 %: 56.8 / 8.0 / 17.8 / 3.9 / 13.5 %."""
    rate = 0.05 / 12
    servers = payment(rate, 36, 1_450 * 45_978)
    plant, shell = payment(rate, 120, 72e6 * 0.82), payment(rate, 120, 72e6 * 0.18)
    power = 8_000 * 0.8 * 1.45 * 0.07 * 730
    total = (servers + plant + shell + power) / 0.92
    assert round(total) == 3_517_372
    shares = [servers, 0.08 * total, plant, shell, power]
    assert [round(100 * share / total, 1) for share in shares] == [56.8, 8.0, 17.8, 3.9, 13.5]


def test_d3_d5_rent_of_a_hall_by_the_hour() -> None:
    """137.5 USD/kW-month on 1.40 kW are 0.2637 USD per H100-hour; a hall of 11.7 musd/MW over 15 years at 10 % is worth
    128.19, Lake Mariner's 154.17."""
    terms = {"capex_usd": 0.0, "it_kw": 1.40, "pue": 1.2, "power_usd_per_mwh": 0.0, "load_factor": 0.8, "om_share": 0.0}
    more = {"life_years": 5.0, "rate": 0.10, "residual_share": 0.0, "availability": 1.0, "utilisation": 1.0}
    assert round(own_usd_per_gpu_h(rent_usd_per_kw_month=137.5, **terms, **more), 4) == 0.2637
    assert round(payment(0.10, 15, 11.7) * 1e3 / 12, 2) == 128.19
    assert round(3.7e9 / (10 * 12 * 200_000), 2) == 154.17
