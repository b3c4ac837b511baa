"""Which row counts on which day."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from siting.tables.catalog import (
    accelerator,
    accelerator_price,
    co2_kg_per_mwh,
    colocation_rents_on,
    construction_musd_per_it_mw,
    dated_after,
    lead_time_weeks,
    lease_offers_on,
    nearest,
    not_later,
    power_price_usd_per_mwh,
    property_tax_pct,
    residual_share,
    state_tax,
)
from siting.tables.read import Tables, read_tables

MAY_2024 = dt.date(2024, 5, 27)
H100 = "H100 SXM 80GB"


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


FRAME = pd.DataFrame(
    {
        "key": ["a", "a", "a", "b", "b", "c"],
        "date": ["2024-01-01", "2024-06-01", "2023-01-01", "2024-07-01", "", "2024-05-27"],
        "value": [1, 2, 3, 4, 5, 6],
    }
)


def test_not_later_takes_the_newest_known_and_never_the_future() -> None:
    """a: January, not June; b: only a later and an undated row, so none; c: the day itself counts."""
    assert not_later(FRAME, ["key"], MAY_2024)["value"].tolist() == [1, 6]
    assert not_later(FRAME, ["key"], dt.date(2024, 5, 26))["value"].tolist() == [1]


def test_nearest_may_lie_after_the_day() -> None:
    """a: 1 June is 5 days off, January 147; b: July."""
    assert nearest(FRAME, ["key"], MAY_2024)["value"].tolist() == [2, 4, 6]


def test_of_two_equally_near_the_earlier_counts() -> None:
    """Ten days before against ten days after."""
    frame = pd.DataFrame({"key": ["a", "a"], "date": ["2024-06-06", "2024-05-17"], "value": [1, 2]})
    assert nearest(frame, ["key"], MAY_2024)["value"].tolist() == [2]


def test_rows_dated_after_the_study_are_listed() -> None:
    """June and July; an undated row is not after anything."""
    assert dated_after(FRAME, MAY_2024)["value"].tolist() == [2, 4]


def test_power_price_by_state_in_the_order_asked(tables: Tables) -> None:
    """2023: Texas 6.60 cents = 66 USD/MWh, Virginia 89.2; Wyoming's industrial price is blank, an unknown state too."""
    prices = power_price_usd_per_mwh(tables, ["VA", "TX", "VA", "WY", "PR"], MAY_2024)
    assert prices["state"].tolist() == ["VA", "TX", "VA", "WY", "PR"]
    assert prices["usd_per_mwh"].tolist()[:3] == pytest.approx([89.2, 66.0, 89.2])
    assert prices["usd_per_mwh"].isna().tolist() == [False, False, False, True, True]
    assert prices["date"].tolist() == ["2023-12-31"] * 4 + [""]
    commercial = power_price_usd_per_mwh(tables, ["TX"], MAY_2024, "commercial")
    assert commercial["usd_per_mwh"].tolist() == pytest.approx([88.2])


def test_no_power_price_before_the_data_year_ended(tables: Tables) -> None:
    """On 30 December 2023 the price of 2023 did not count yet: blank, so the caller refuses."""
    assert power_price_usd_per_mwh(tables, ["TX"], dt.date(2023, 12, 30))["usd_per_mwh"].isna().all()


def test_lease_offers_of_may_2024(tables: Tables) -> None:
    """Reserved: Lambda 36 months at 1.89 (of 15 April), DataCrunch 6 and 24 months; nothing that came later."""
    offers = lease_offers_on(tables, MAY_2024)
    assert set(zip(offers["provider"], offers["term_months"], offers["usd_per_gpu_h"], strict=True)) == {
        ("Lambda", 36.0, 1.89),
        ("DataCrunch (Verda)", 6.0, 3.68),
        ("DataCrunch (Verda)", 24.0, 2.45),
    }
    assert (offers["date_first"] <= "2024-05-27").all()


def test_lease_offers_by_kind_and_accelerator(tables: Tables) -> None:
    """On demand in May 2024: Lambda's H100 of 13 May at 3.49, not the 2.59 of January; PCIe cards are another thing."""
    offers = lease_offers_on(tables, MAY_2024, ["on_demand"], [H100])
    lambda_offers = offers[offers["provider"] == "Lambda"]
    assert lambda_offers["usd_per_gpu_h"].tolist() == [3.49]
    assert set(offers["accelerator"]) == {H100}


def test_a_stated_range_that_ended_has_lapsed(tables: Tables) -> None:
    """AWS 12.29 held from 2023-08 to 2025-05: there in May 2025, gone in July, though no newer row stands yet."""

    def aws(day: dt.date) -> list[float]:
        offers = lease_offers_on(tables, day, ["on_demand"], [H100])
        return offers.loc[(offers["provider"] == "AWS") & (offers["region"] == "us-east-1"), "usd_per_gpu_h"].tolist()

    assert aws(dt.date(2023, 7, 31)) == []
    assert aws(dt.date(2025, 5, 31)) == [12.29]
    assert aws(dt.date(2025, 7, 1)) == []
    assert aws(dt.date(2026, 11, 1)) == [6.88]


def test_a_bare_quarter_or_year_counts_from_its_last_day(tables: Tables) -> None:
    """AWS 12 months "2026-Q1": from 31 March; 36 months "2026": from 31 December."""

    def terms(day: dt.date) -> set[float]:
        offers = lease_offers_on(tables, day, ["reserved"], [H100])
        return set(offers.loc[offers["provider"] == "AWS", "term_months"])

    assert terms(dt.date(2026, 3, 30)) == set()
    assert terms(dt.date(2026, 3, 31)) == {12.0}
    assert terms(dt.date(2026, 12, 31)) == {12.0, 36.0}


def test_an_index_is_no_offer_and_two_networks_are_two_offers(tables: Tables) -> None:
    """No market row is ever offered; Voltage Park's Ethernet and InfiniBand prices both stand."""
    offers = lease_offers_on(tables, dt.date(2027, 1, 1), ["reserved", "on_demand", "spot", "capacity_block"])
    assert not offers["provider"].str.contains("market|index").any()
    park = offers[offers["provider"] == "Voltage Park"].set_index("interconnect")["usd_per_gpu_h"].to_dict()
    assert park == {"Ethernet": 1.99, "InfiniBand 3.2 Tb/s": 2.49}
    assert offers["usd_per_gpu_h"].notna().all()


def test_accelerator_price_by_date_and_parts(tables: Tables) -> None:
    """H100 in May 2024: all in 40/48/52 kUSD (case A), server 33,625 of May 2023; the 38,750 of August not yet."""
    whole = accelerator_price(tables, H100, MAY_2024)
    assert (whole.low, whole.value, whole.high) == (40_000, 48_000, 52_000)
    assert whole.includes == ("accelerator", "server", "network", "storage")
    server = accelerator_price(tables, H100, MAY_2024, ["server", "accelerator"])
    assert server.value == 33_625
    assert accelerator_price(tables, H100, dt.date(2024, 9, 1), ["accelerator", "server"]).value == 38_750
    assert accelerator_price(tables, H100, dt.date(2024, 9, 1)).value == 49_000


def test_a_blank_price_stays_blank(tables: Tables) -> None:
    """MI355X has no price; H100 with parts nobody priced neither: NaN, no source, the caller refuses."""
    assert math.isnan(accelerator_price(tables, "MI355X", dt.date(2026, 12, 1)).value)
    picked = accelerator_price(tables, H100, MAY_2024, ["accelerator", "network"])
    assert math.isnan(picked.value) and picked.source == ""


def test_accelerator_by_name_or_a_list_of_names(tables: Tables) -> None:
    """The H100 row; an unknown name is answered with the known ones."""
    assert accelerator(tables, H100)["it_kw_with_network"] == 1.4
    with pytest.raises(KeyError, match="H100 SXM 80GB"):
        accelerator(tables, "H100")


def test_lead_time_of_may_2024(tables: Tables) -> None:
    """8-12 weeks (April 2024), not the 36-52 of November 2023; GB200 is blank."""
    weeks = lead_time_weeks(tables, H100, MAY_2024)
    assert (weeks.low, weeks.value, weeks.high) == (8, 10, 12)
    assert lead_time_weeks(tables, H100, dt.date(2023, 11, 15)).high == 52
    assert math.isnan(lead_time_weeks(tables, "GB200 NVL72 (per GPU)", dt.date(2026, 12, 1)).value)


def test_residual_share_is_linear_between_points_and_geometric_after_the_last(tables: Tables) -> None:
    """Low: 1, .65, .45, .30, then x 2/3 a year: .20 at 4 years, .30 x (2/3)^2 = .1333 at 5. Base at 1.5: .69."""
    assert residual_share(tables, "low", [0, 1, 2, 3, 4, 5]) == pytest.approx([1, 0.65, 0.45, 0.30, 0.20, 0.4 / 3])
    assert residual_share(tables, "base", [1.5, 4.0]) == pytest.approx([0.69, 0.35])
    assert residual_share(tables, "low", np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(KeyError, match="base, low"):
        residual_share(tables, "high", [1.0])
    with pytest.raises(ValueError, match="0 years"):
        residual_share(tables, "low", [-0.1])


def test_construction_by_market_and_level(tables: Tables) -> None:
    """US 9.3 / 11.7 / 15.0 MUSD per IT MW; a market with one figure gives it at every level and says so."""
    assert [construction_musd_per_it_mw(tables, "US", at).value for at in ("low", "mid", "high")] == [9.3, 11.7, 15.0]
    reno = construction_musd_per_it_mw(tables, "Reno", "low")
    assert reno.value == 15.0 and reno.row == "Reno (one figure)"
    assert reno.includes == ("shell", "critical_load")
    with pytest.raises(KeyError, match="San Antonio"):
        construction_musd_per_it_mw(tables, "Dallas")


def test_colocation_rents_of_may_2024(tables: Tables) -> None:
    """The CBRE figures of March 2024 (Northern Virginia 135-160), not those of 2023, and no lease signed in 2025."""
    rents = colocation_rents_on(tables, MAY_2024)
    virginia = rents[rents["market"] == "Northern Virginia"].iloc[0]
    assert (virginia["usd_per_kw_month_low"], virginia["usd_per_kw_month_high"]) == (135, 160)
    assert virginia["usd_per_kw_month_mid"] == 147.5
    assert not rents["market"].str.contains("Ellendale|Lake Mariner").any()
    assert rents["usd_per_kw_month_low"].notna().all()


def test_exemption_holds_inside_its_dates_and_outside_a_pause(tables: Tables) -> None:
    """Arizona: yes in 2024, paused 2026 to June 2029, yes after; Illinois paused from 1 July 2026 without end."""

    def status(state: str, day: dt.date) -> str:
        return str(state_tax(tables, [state], day)["exemption"].iloc[0])

    assert [status("AZ", d) for d in (MAY_2024, dt.date(2026, 7, 1), dt.date(2029, 6, 30), dt.date(2029, 7, 1))] == [
        "yes", "paused", "paused", "yes",
    ]  # fmt: skip
    assert [status("IL", d) for d in (dt.date(2026, 6, 30), dt.date(2026, 7, 1), dt.date(2040, 1, 1))] == [
        "yes", "paused", "paused",
    ]  # fmt: skip
    assert [status("VA", d) for d in (dt.date(2035, 12, 31), dt.date(2036, 1, 1))] == ["yes", "none"]
    assert [status("LA", d) for d in (MAY_2024, dt.date(2025, 1, 1))] == ["none", "yes"]
    assert [status(s, MAY_2024) for s in ("CA", "OH", "CO", "KS", "TX")] == [
        "none",
        "unknown",
        "none",
        "unknown",
        "yes",
    ]


def test_sales_tax_by_state_in_the_order_asked(tables: Tables) -> None:
    """California 7.25, Oregon 0, unknown state blank."""
    found = state_tax(tables, ["CA", "OR", "PR"], MAY_2024)
    assert found["sales_tax_pct"].tolist()[:2] == [7.25, 0.0]
    assert math.isnan(found["sales_tax_pct"].iloc[2])


def test_property_tax_falls_back_in_the_stated_order(tables: Tables) -> None:
    """Iowa does not tax equipment (0); Dallas county its own rate; a California place without county the state's
    median 1.10; Ohio has neither: blank."""
    found = property_tax_pct(tables, ["IA", "TX", "CA", "OH"], ["19001", "48113", "", "39001"])
    assert found["basis"].tolist() == ["not_levied", "county", "state_median", "blank"]
    dallas = tables.county_property_taxes.set_index("county_fips").loc["48113", "eff_rate_pct"]
    assert found["pct"].tolist()[:3] == pytest.approx([0.0, float(dallas), 1.1])
    assert math.isnan(found["pct"].iloc[3])
    assert (found["source"] != "").tolist() == [True, True, True, False]


def test_co2_by_state(tables: Tables) -> None:
    """Alabama 323.85 kg/MWh (713.976 lb x 0.45359237)."""
    assert co2_kg_per_mwh(tables, ["AL"])["co2_kg_per_mwh"].tolist() == pytest.approx([713.976 * 0.45359237], abs=0.01)


def test_pickers_leave_the_tables_alone(tables: Tables) -> None:
    """A picked frame can be changed without changing the catalogue."""
    before = tables.lease_offers.copy()
    offers = lease_offers_on(tables, MAY_2024)
    offers.loc[:, "usd_per_gpu_h"] = 0.0
    pd.testing.assert_frame_equal(tables.lease_offers, before)
