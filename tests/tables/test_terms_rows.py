"""Terms of money, power and carbon, lease prices by month and round trips between continents: the rows themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from siting.tables.catalog import colocation_rents_on
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


NEW = (
    "gas_prices", "onsite_units", "onsite_location", "federal_tax", "state_income_taxes", "finance_terms",
    "power_contracts", "carbon_water", "lease_price_trend", "rtt_intercontinental",
)  # fmt: skip


@pytest.mark.parametrize("name", NEW)
def test_every_column_of_the_table_is_named_in_sources(tables: Tables, name: str) -> None:
    """A row in `sources.csv` whose list of columns holds every column but source, date and confidence."""
    row = tables.sources.set_index("file").loc[f"{name}.csv"]
    columns = set(getattr(tables, name).columns) - {"source", "date", "confidence"}
    listed = {word.strip("();,") for word in row["columns_with_units"].split()}
    assert columns <= listed


def test_debt_of_one_borrower_by_day(tables: Tables) -> None:
    """SOFR + 6.00 to 6.50 in May 2024, + 2.25 in March 2026 for an investment-grade customer, + 4.50 without."""
    spreads = tables.finance_terms[tables.finance_terms["item"] == "debt_spread"]
    assert (spreads["reference"] == "SOFR").all()
    by_day = spreads.groupby("date")["low"].min()
    assert by_day["2024-05-16"] == 6.0
    assert (by_day["2026-03-31"], by_day["2026-05-18"]) == (2.25, 4.5)


def test_what_has_no_cited_figure_stays_blank(tables: Tables) -> None:
    """Cost of capital, demand charges, realised rates of large loads, water use, carbon prices of 2026."""
    terms, power, carbon = tables.finance_terms, tables.power_contracts, tables.carbon_water
    assert terms.loc[terms["item"] == "cost_of_capital", ["low", "mid", "high"]].isna().all(axis=None)
    open_items = power[power["item"].isin(["demand_charge", "realised_rate"])]
    assert len(open_items) == 2
    assert open_items[["low", "mid", "high"]].isna().all(axis=None)
    assert carbon.loc[(carbon["item"] == "wue") | (carbon["condition"] == "2026"), "value"].isna().all()
    for frame, figure in ((terms, "low"), (power, "low"), (carbon, "value")):
        blank = frame[frame["confidence"] == "blank"]
        assert len(blank)
        assert blank[figure].isna().all()


def test_the_two_co2_factors_of_gas_agree(tables: Tables) -> None:
    """117.03 lb/MMBtu = 53.08 kg; 0.18058 t/MWh / 3.412142 MMBtu/MWh = 52.92 kg: within half a percent."""
    value = tables.carbon_water.set_index("item")["value"]
    pounds, tonnes = value["gas_co2e"] * 0.45359237, value["gas_co2"] * 1000 / 3.412142
    assert (pounds, tonnes) == pytest.approx((53.08, 52.92), abs=0.01)
    assert tables.onsite_units["co2_kg_per_mmbtu"].max() == pytest.approx(pounds, abs=0.01)


def test_minimum_billing_of_a_large_load(tables: Tables) -> None:
    """AEP Ohio bills 85 % of the contract; Dominion 85 % of wires and 60 % of generation from 2027."""
    power = tables.power_contracts
    billed = power[power["item"] == "minimum_billing"].set_index("place")["low"]
    assert billed["AEP Ohio"] == 85
    assert sorted(billed["Dominion VA GS-5"]) == [60, 85]


def test_lease_prices_of_may_2024(tables: Tables) -> None:
    """H100: index 4.3257, on demand 3.75, reserved 2.24 USD/GPU-h."""
    trend = tables.lease_price_trend
    may = trend[(trend["accelerator_class"] == "H100") & (trend["date"] == "2024-05-01")]
    assert dict(zip(may["series"], may["usd_per_gpu_h"], strict=True)) == {
        "list_index": 4.3257, "on_demand_median": 3.75, "reserved_median": 2.24,
    }  # fmt: skip
    assert trend["usd_per_gpu_h"].notna().all()


def test_round_trips_cross_an_ocean_and_stay_slower_than_light(tables: Tables) -> None:
    """North America at one end, another continent at the other; no pair is faster than light in glass (102 km/ms)."""
    pairs = tables.rtt_intercontinental
    assert len(pairs) == 127
    assert pairs["lat_a"].between(25, 50).all()
    assert pairs["lon_a"].between(-125, -70).all()
    assert set(pairs["continent_b"]) == {"Africa", "Asia", "Europe", "Oceania", "South America"}
    assert (pairs["rtt_ms"] > pairs["km"] / 102).all()
    assert pairs.groupby("network")["statistic"].unique().map(list).to_dict() == {
        "Azure": ["p95"], "IBM Cloud": ["mean"],
    }  # fmt: skip


def test_a_powered_shell_keeps_its_own_unit(tables: Tables) -> None:
    """24 USD a square foot and year; no rent of IT power, hence never among the rents that a lease may take."""
    rents = tables.colocation_rents
    shell = rents[rents["tenure"] == "powered_shell"]
    assert shell["usd_per_sqft_year_mid"].tolist() == [24]
    assert shell["usd_per_kw_month_low"].isna().all()
    assert rents.loc[rents["tenure"] != "powered_shell", "usd_per_sqft_year_mid"].isna().all()
    assert "powered_shell" not in set(colocation_rents_on(tables, dt.date(2027, 6, 1))["tenure"])
