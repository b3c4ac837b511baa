"""The curated rows themselves: figures that the design names, blanks that stay blank, what is said of each file."""

from __future__ import annotations

import pandas as pd
import pytest

from siting.places import shipped
from siting.tables.read import NAMES, Tables, read_table, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables, read once."""
    return read_tables()


@pytest.fixture(scope="module")
def chips(tables: Tables) -> pd.DataFrame:
    """Accelerators by name."""
    return tables.accelerators.set_index("accelerator")


def test_every_catalogue_row_carries_source_date_and_confidence(tables: Tables) -> None:
    """Source and confidence on every row; a date on every row that states a figure."""
    for name in NAMES:
        if name in ("sources", "grid_substations"):
            continue
        frame = getattr(tables, name)
        assert {"source", "date", "confidence"} <= set(frame.columns), name
        figures = frame.select_dtypes("number").drop(columns=["min_gpus", "lat", "lon", "size_low_mw"], errors="ignore")
        figures = figures.drop(columns=["size_high_mw", "upfront_share"], errors="ignore")
        undated = frame[(frame["date"] == "") & figures.notna().any(axis=1)]
        assert undated.empty, f"{name}: {undated.to_dict('records')[:2]}"


def test_every_file_of_data_has_its_row_in_sources(tables: Tables) -> None:
    """All tables of the folder, each with a licence (which may be `unknown`) and known faults."""
    files = {p.name for p in shipped("data").iterdir() if p.suffix in (".csv", ".parquet", ".json")}
    assert files - {"sources.csv"} == set(tables.sources["file"])
    for column in ("licence", "columns_with_units", "known_faults", "confidence", "sha256"):
        assert (tables.sources[column] != "").all(), column
    grid = tables.sources[tables.sources["file"].str.startswith("grid_")]
    assert grid["known_faults"].str.startswith("SYNTHETIC").all()


def test_critical_it_power_of_the_chips(chips: pd.DataFrame) -> None:
    """H100: 10.2 kW / 8 = 1.275, with network x 140 / 127.5 = 1.40; GB200 and GB300 are whole already (factor 1)."""
    assert chips.loc["H100 SXM 80GB", "it_kw_per_accelerator"] == 10.2 / 8
    assert chips.loc["H100 SXM 80GB", "network_storage_factor"] == pytest.approx(140 / 127.5, abs=1e-6)
    assert chips.loc["H100 SXM 80GB", "it_kw_with_network"] * 100_000 / 1000 == pytest.approx(140)
    whole = chips.loc[["GB200 NVL72 (per GPU)", "GB300 NVL72 (per GPU)"]]
    assert whole["it_kw_with_network"].tolist() == [1.91, 2.0]
    assert whole["network_storage_factor"].tolist() == [1, 1]
    known = chips["it_kw_with_network"].notna()
    product = chips["it_kw_per_accelerator"] * chips["network_storage_factor"]
    assert product[known].tolist() == pytest.approx(chips.loc[known, "it_kw_with_network"].tolist(), rel=1e-3)


def test_h100_equivalents_by_dense_bf16(chips: pd.DataFrame) -> None:
    """Dense BF16 over 989.4: H100 1, GB200 2500 / 989.4 = 2.527; by 8-bit the MI355X is another figure."""
    assert chips.loc["H100 SXM 80GB", "h100e_bf16"] == 1
    assert chips["h100e_bf16"].tolist() == pytest.approx((chips["bf16_dense_tflops"] / 989.4).tolist(), rel=1e-5)
    assert chips.loc["MI355X", "h100e_bf16"] == pytest.approx(2.5436, abs=1e-4)
    assert chips.loc["MI355X", "h100e_8bit"] == pytest.approx(4600 / 1978.9, abs=1e-4)


def test_what_nobody_sells_cannot_be_bought(chips: pd.DataFrame) -> None:
    """TPU, Trainium and every Dojo row; what can be bought has a pod."""
    lease_only = chips.index[~chips["buyable"]]
    assert {name.split()[0] for name in lease_only} == {"TPU", "Trainium2", "Tesla", "Dojo"}
    assert chips.loc[chips["buyable"], "pod_accelerators"].notna().all()
    assert chips.loc["GB200 NVL72 (per GPU)", "pod_accelerators"] == 72
    assert chips.loc["H100 SXM 80GB", "pod_accelerators"] == 256


def test_blank_where_the_source_is_blank(tables: Tables, chips: pd.DataFrame) -> None:
    """No AMD server power, no GB300 lease price, no Columbus rent, no Wyoming industrial price was invented."""
    assert chips.loc[["MI300X", "MI325X", "MI355X"], "it_kw_with_network"].isna().all()
    offers = tables.lease_offers
    assert offers.loc[offers["accelerator"].str.startswith("GB"), "usd_per_gpu_h"].isna().all()
    rents = tables.colocation_rents
    assert rents.loc[rents["market"].isin(["Columbus", "Atlanta"]), "usd_per_kw_month_low"].isna().all()
    prices = tables.power_prices
    assert prices.loc[prices["usd_per_mwh_industrial"].isna(), "state"].tolist() == ["WY"]


def test_a_mid_value_between_a_range_says_how_it_came_about(tables: Tables) -> None:
    """Where it says arithmetic mean, it is."""
    rents, prices = tables.colocation_rents, tables.accelerator_prices
    kw = "usd_per_kw_month"
    for frame, low, mid, high in (
        (rents, f"{kw}_low", f"{kw}_mid", f"{kw}_high"),
        (prices, "usd_low", "usd_mid", "usd_high"),
        (tables.connection_costs, "low", "mid", "high"),
        (tables.accelerator_lead_times, "weeks_low", "weeks_mid", "weeks_high"),
    ):
        mean = frame[frame["mid_basis"].str.startswith("arithmetic mean")]
        assert len(mean)
        assert mean[mid].tolist() == pytest.approx(((mean[low] + mean[high]) / 2).tolist(), rel=1e-5)


def test_dates_follow_the_stated_rule(tables: Tables) -> None:
    """A month from its first day, a quarter and a year from the last, a range from the first day to the last."""
    offers = tables.lease_offers.set_index("date_stated")

    def span(stated: str) -> set[tuple[str, str]]:
        rows = offers.loc[[stated]]
        return set(zip(rows["date_first"], rows["date_last"], strict=True))

    assert span("2024-12") == {("2024-12-01", "2024-12-01")}
    assert span("2026-Q1") == {("2026-03-31", "2026-03-31")}
    assert span("2026") == {("2026-12-31", "2026-12-31")}
    assert span("2023-08 to 2025-05") == {("2023-08-01", "2025-05-31")}
    assert (tables.lease_offers["date"] == tables.lease_offers["date_first"]).all()


def test_the_lease_table_has_every_row_of_its_source(tables: Tables) -> None:
    """139 rows; indices and market ranges are no offers; Voltage Park's maximum of 1,016 is the only stated one."""
    offers = tables.lease_offers
    assert len(offers) == 139
    assert sorted(set(offers.loc[~offers["is_offer"], "provider"])) == [
        "Silicon Data spot index", "market index (1-y contract)", "market index (early retail)",
        "market index (list, US)", "market range",
    ]  # fmt: skip
    stated = offers[offers["max_gpus"].notna()]
    assert set(stated["provider"]) == {"Voltage Park"} and set(stated["max_gpus"]) == {1016}


def test_power_prices_say_what_they_hold(tables: Tables) -> None:
    """Demand charges everywhere, carbon in California, Washington and the RGGI states of 2023 (Virginia left later)."""
    prices = tables.power_prices.set_index("state")
    assert prices["includes"].str.contains("demand_charges").all()
    carbon = set(prices.index[prices["includes"].str.contains("carbon")])
    assert carbon == {"CA", "WA", "CT", "DE", "ME", "MD", "MA", "NH", "NJ", "NY", "RI", "VT", "VA"}
    assert prices.loc["TX", ["year", "date", "released"]].tolist() == [2023, "2023-12-31", "2024-10-17"]
    assert len(prices) == 51


def test_construction_takes_nothing_that_the_connection_table_has(tables: Tables) -> None:
    """What a construction row excludes is not among what it includes, and land and connection are excluded."""
    for row in tables.construction.to_dict("records"):
        includes, excludes = set(row["includes"].split(";")), set(row["excludes"].split(";"))
        assert not includes & excludes
        assert {"land", "connection", "network"} <= excludes


def test_connection_figures_that_a_study_takes_by_default(tables: Tables) -> None:
    """230 kV line 0.97-1.89 and new substation 5.73-17.53 MUSD, land 244,000 USD an acre, parcel 224 acres."""
    costs = tables.connection_costs
    line = costs[(costs["item"] == "line") & costs["condition"].str.startswith("230 kV")].iloc[0]
    station = costs[(costs["item"] == "substation_new") & (costs["condition"] == "230 kV")].iloc[0]
    assert line[["low", "mid", "high"]].tolist() == pytest.approx([0.97, 1.43, 1.89])
    assert station[["low", "mid", "high"]].tolist() == pytest.approx([5.73, 11.63, 17.53])
    by_item = costs.set_index("item")["mid"]
    assert (by_item["land"], by_item["land_parcel"]) == (244_000, 224)


def test_every_county_tax_row_found_its_polygon(tables: Tables) -> None:
    """736 rows of nine states, each with a FIPS code of its own state's counties."""
    counties = tables.county_property_taxes
    assert len(counties) == 736
    assert counties["county_fips"].str.len().eq(5).all()
    assert counties["county_fips"].is_unique
    assert counties.loc[counties["state"] == "TX", "county_fips"].str.startswith("48").all()


def test_regions_are_metros_without_boroughs(tables: Tables) -> None:
    """New York first, falling population, no borough, no two centres within 50 km, at least 20 of them."""
    regions = tables.regions
    assert regions["region"].iloc[:3].tolist() == ["New York NY", "Los Angeles CA", "Chicago IL"]
    assert regions["population"].is_monotonic_decreasing
    assert not set(regions["city"]) & {"Brooklyn", "Queens", "Manhattan", "The Bronx", "Staten Island"}
    assert len(regions) >= 20


def test_temperatures_are_degrees_celsius_and_one_county_is_blank() -> None:
    """Phoenix (Maricopa) is hot in July, Falls Church blank, 3,142 counties of the 50 states and DC."""
    table = read_table(shipped("data") / "county_temperature.csv").set_index("county_fips")
    assert len(table) == 3142
    assert 30 < table.loc["04013", "t07_c"] < 38
    assert table.index[table["t01_c"].isna()].tolist() == ["51610"]
