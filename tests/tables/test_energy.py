"""Gas by state and day, on-site units by name, and what a unit costs where."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest

from siting.tables.energy import ONSITE_KINDS, gas_usd_per_mmbtu, onsite_capex_multiplier, onsite_unit
from siting.tables.read import Tables, read_tables

MAY_2024 = dt.date(2024, 5, 27)


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


def test_gas_in_california_on_a_day_of_may_2024(tables: Tables) -> None:
    """2.98 USD/mcf of May 2024 / 1.036 = 2.876 USD/MMBtu; the month counts from its first day, not a day before."""
    found = gas_usd_per_mmbtu(tables, "CA", MAY_2024)
    assert found.value == pytest.approx(2.98 / 1.036, abs=5e-4)
    assert (found.date, found.row) == ("2024-05-01", "CA, 2024-05")
    assert gas_usd_per_mmbtu(tables, "CA", dt.date(2024, 5, 1)).date == "2024-05-01"
    assert gas_usd_per_mmbtu(tables, "CA", dt.date(2024, 4, 30)).date == "2024-04-01"


def test_gas_of_a_withheld_month_is_the_last_published_one_and_says_so(tables: Tables) -> None:
    """Florida ends in December 2024 (4.92 USD/mcf): a day in 2026 gets that month, with its date."""
    found = gas_usd_per_mmbtu(tables, "FL", dt.date(2026, 6, 30))
    assert found.value == pytest.approx(4.92 / 1.036, abs=5e-4)
    assert found.date == "2024-12-01"


@pytest.mark.parametrize(("state", "day"), [("DC", MAY_2024), ("CA", dt.date(2023, 12, 31)), ("XX", MAY_2024)])
def test_gas_without_a_month_is_nan(tables: Tables, state: str, day: dt.date) -> None:
    """Never published in the District of Columbia; nothing before January 2024; no such state."""
    found = gas_usd_per_mmbtu(tables, state, day)
    assert math.isnan(found.value)
    assert found.date == ""


def test_absurd_months_of_gas_are_blank_with_the_reason(tables: Tables) -> None:
    """Arizona was published at -0.19 and Washington at 18.49 for April 2026; eleven months of New Mexico are low."""
    rows = tables.gas_prices.set_index(["state", "date"])
    assert math.isnan(rows.loc[("AZ", "2026-04-01"), "usd_per_mmbtu"])
    assert "-0.19" in rows.loc[("AZ", "2026-04-01"), "note"]
    assert "18.49" in rows.loc[("WA", "2026-04-01"), "note"]
    published = rows[rows["note"].str.startswith("published")]
    assert len(published) == 13
    assert published["usd_per_mcf"].isna().all()
    assert (rows["usd_per_mcf"].dropna() > 0.5).all()


def test_every_blank_month_of_gas_says_why(tables: Tables) -> None:
    """A price or a reason, never neither, never both; 52 places of 30 months, MMBtu and mcf blank together."""
    gas = tables.gas_prices
    assert len(gas) == 52 * 30
    assert (gas["usd_per_mcf"].isna() == (gas["note"] != "")).all()
    assert (gas["usd_per_mcf"] / gas["usd_per_mmbtu"]).dropna().to_numpy() == pytest.approx(1.036, rel=1e-3)


def test_an_onsite_unit_by_name(tables: Tables) -> None:
    """8,425 Btu/kWh is 8.425 MMBtu/MWh; 117.03 lb of CO2 a MMBtu is 53.08 kg; 2,350 USD/kW at 3 MW."""
    engine = onsite_unit(tables, "recip-3mw")
    assert engine["heat_rate_mmbtu_per_mwh_hhv"] == 8.425
    assert engine["co2_kg_per_mmbtu"] == pytest.approx(117.03 * 0.45359237, abs=0.01)
    assert engine[["unit_mw", "capex_usd_per_kw_low", "capex_usd_per_kw"]].tolist() == [3, 2000, 2350]
    assert engine[["lead_months_low", "lead_months_mid", "lead_months_high"]].tolist() == [12, 15, 18]


def test_what_is_not_published_of_a_unit_is_nan(tables: Tables) -> None:
    """No price of a trailer, no heat rate of a frame turbine, no size of a battery; dollars of 2019 are said."""
    assert math.isnan(onsite_unit(tables, "gt-aero-trailer-34mw")["capex_usd_per_kw"])
    assert math.isnan(onsite_unit(tables, "gt-frame-240mw")["heat_rate_mmbtu_per_mwh_hhv"])
    assert math.isnan(onsite_unit(tables, "battery")["unit_mw"])
    assert onsite_unit(tables, "gt-frame-240mw")["dollars_of"] == 2019
    assert math.isnan(onsite_unit(tables, "recip-3mw")["dollars_of"])


def test_an_unknown_unit_or_kind_lists_the_known_ones(tables: Tables) -> None:
    """A spelling mistake is not met with a default."""
    with pytest.raises(KeyError, match=r"unknown on-site unit 'recip'; known: recip-3mw, .*diesel"):
        onsite_unit(tables, "recip")
    with pytest.raises(KeyError, match=r"unknown kind of on-site unit 'engine'"):
        onsite_capex_multiplier(tables, "engine", "TX")


def test_a_multiplier_is_the_mean_over_the_cities_of_a_state(tables: Tables) -> None:
    """Frame turbines in California: (1.17 + 1.18 + 1.18 + 1.19 + 1.32) / 5 = 1.208; New York State 1.06 and 1.44."""
    assert onsite_capex_multiplier(tables, "turbine_frame", "CA") == pytest.approx(1.208)
    assert onsite_capex_multiplier(tables, "turbine_frame", "NY") == pytest.approx(1.25)
    assert onsite_capex_multiplier(tables, "turbine_frame", "NM") == pytest.approx(0.98)


@pytest.mark.parametrize(("kind", "state"), [("recip", "AK"), ("recip", "HI"), ("turbine_industrial", "CA")])
def test_a_place_or_kind_that_is_not_listed_costs_the_national_price(tables: Tables, kind: str, state: str) -> None:
    """Exactly 1, since nothing is known."""
    assert onsite_capex_multiplier(tables, kind, state) == 1.0


def test_every_kind_has_a_unit(tables: Tables) -> None:
    """Ten kinds, each with at least one row; the middle of a range is its mean where the row says so."""
    units: pd.DataFrame = tables.onsite_units
    assert set(units["kind"]) == set(ONSITE_KINDS)
    for basis, low, mid, high in (
        ("mid_basis", "capex_usd_per_kw_low", "capex_usd_per_kw", "capex_usd_per_kw_high"),
        ("lead_mid_basis", "lead_months_low", "lead_months_mid", "lead_months_high"),
    ):
        mean = units[units[basis].str.startswith("arithmetic mean")]
        assert len(mean)
        assert mean[mid].tolist() == pytest.approx(((mean[low] + mean[high]) / 2).tolist())
