"""Lease against own for a study: the table holds the sensitivities, and its figures follow from the closed form."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from siting.plan import Plan
from siting.report.lease_own import own_usd_per_gpu_h
from siting.report.lease_table import lease_offers, lease_versus_own, own_bases
from siting.study import Study
from siting.tables.read import Tables


def test_every_sensitivity_is_there(plan: Plan, study: Study, tables: Tables):
    """Residual base, low, zero; life 3-6; utilisation 60-100 %; price path +20 to -40 %/y."""
    table = lease_versus_own(plan, study, tables)
    own, lease = table[table["side"] == "own"], table[table["side"] == "lease"]
    assert own.loc[own["varied"] == "residual", "setting"].tolist() == ["base", "low", "zero"]
    assert own.loc[own["varied"] == "life", "life_years"].tolist() == [3, 4, 5, 6]
    assert own.loc[own["varied"] == "utilisation", "setting"].tolist() == ["60 %", "80 %", "100 %"]
    path = lease.loc[(lease["varied"] == "price path") & (lease["offer"] == "servers for 10 GUSD"), "setting"]
    assert path.tolist() == ["+20 %/y", "+10 %/y", "0 %/y", "-10 %/y", "-20 %/y", "-30 %/y", "-40 %/y"]


def test_used_hours_cost_more_by_the_share_idle(plan: Plan, study: Study, tables: Tables):
    """At 60 % a used hour costs 1 / 0.6 of an available one, own and lease alike."""
    table = lease_versus_own(plan, study, tables)
    rows = table[(table["varied"] == "utilisation") & (table["setting"] == "60 %")]
    assert set(rows["side"]) == {"own", "lease"}
    assert (rows["usd_per_used_gpu_h"] * 0.6).tolist() == pytest.approx(rows["usd_per_available_gpu_h"].tolist())


def test_owned_base_row_by_the_closed_form(plan: Plan, study: Study, tables: Tables):
    """48,000 USD, 1.40 kW, the site's PUE, 5 years; the residual is the low curve at age 5: 0.30 x (0.30/0.45)^2."""
    basis = own_bases(plan, study, tables)[0]
    assert (basis.capex_usd, basis.it_kw) == pytest.approx((48_000, 1.40))
    assert basis.pue == pytest.approx(1.1234567)
    by_hand = own_usd_per_gpu_h(
        capex_usd=48_000,
        it_kw=1.40,
        pue=1.1234567,
        rent_usd_per_kw_month=basis.rent_usd_per_kw_month,
        power_usd_per_mwh=basis.power_usd_per_mwh,
        load_factor=0.8,
        om_share=0.03,
        life_years=5,
        rate=0.10,
        residual_share=0.30 * (0.30 / 0.45) ** 2,
        availability=0.95,
        utilisation=1.0,
    )
    table = lease_versus_own(plan, study, tables)
    base = table[(table["side"] == "own") & (table["varied"] == "base")]["usd_per_available_gpu_h"].iloc[0]
    assert base == pytest.approx(by_hand)


def test_power_costs_what_the_site_pays_for_it(plan: Plan, study: Study, tables: Tables):
    """62 USD/MWh at the plan's site, whatever the average of Texas is; of two sites the mean by their MW. Without a
    site the states of the candidates have the word."""
    basis = own_bases(plan, study, tables)[0]
    assert basis.power_usd_per_mwh == 62.0
    assert any("power 62.0 USD/MWh (at the plan's sites" in words for words in basis.words)
    sites = pd.concat([plan.sites, plan.sites.assign(usd_per_mwh=92.0, it_mw=plan.sites["it_mw"] / 2.0)])
    two = replace(plan, tables={**plan.tables, "sites": sites})
    assert own_bases(two, study, tables)[0].power_usd_per_mwh == pytest.approx((2 * 62.0 + 92.0) / 3)
    none = replace(plan, tables={**plan.tables, "sites": plan.sites.iloc[:0]})
    assert any("median of states" in words for words in own_bases(none, study, tables)[0].words)


def test_a_hall_costs_what_it_does_where_the_plan_builds(plan: Plan, study: Study, tables: Tables):
    """A campus at San Antonio is built for 9.3 MUSD/MW, the row of that market, as the plan pays it; beside one at
    Abilene of twice the MW, where the 11.7 of the country count, for (9.3 + 2 x 11.7) / 3."""
    there = plan.sites.assign(lat=29.6, lon=-98.5)
    alone = replace(plan, tables={**plan.tables, "sites": there})
    both = pd.concat([there.assign(it_mw=plan.sites["it_mw"] / 2.0), plan.sites])
    two = replace(plan, tables={**plan.tables, "sites": both})
    for found, musd, it_mw in ((alone, 9.3, 150.0), (two, (9.3 + 2 * 11.7) / 3, 112.5)):
        basis = own_bases(found, study, tables)[0]
        assert basis.hall.built_usd_per_kw == pytest.approx(1000.0 * (musd + (2 * 1.43 + 11.63) / it_mw))
    assert (
        "own hall 9.3 million USD per MW IT at the plan's sites, and line"
        in own_bases(alone, study, tables)[0].words[2]
    )


def test_own_hall_as_a_monthly_rent(plan: Plan, study: Study, tables: Tables):
    """11.7 MUSD/MW and (2 x 1.43 + 11.63)/150 of connection over 20 y at 10 % (0.117460), land 54.656 x 10 % / 150."""
    basis = own_bases(plan, study, tables)[0]
    yearly = (11.7 + (2 * 1.43 + 11.63) / 150) * 0.11745962 + 224 * 0.244 * 0.10 / 150
    assert basis.rent_usd_per_kw_month == pytest.approx(yearly * 1000 / 12, rel=1e-6)


def test_offer_over_a_whole_term_is_read_per_hour(study: Study, tables: Tables):
    """10 BUSD for 100,000 GPUs over 16 quarters: 10e9 / (100,000 x 4 x 8760) = 2.854."""
    prices = {offer.name: offer.usd_per_gpu_h for offer in lease_offers("H100 SXM 80GB", study, tables)}
    assert round(prices["servers for 10 GUSD"], 3) == 2.854


def test_break_even_decline_turns_the_verdict(plan: Plan, study: Study, tables: Tables):
    """Owning beats the 2.85 offer; its break-even fall is positive and at it both cost the same."""
    table = lease_versus_own(plan, study, tables)
    base = table[(table["varied"] == "base")]
    offer = base[base["offer"] == "servers for 10 GUSD"].iloc[0]
    own = base[base["side"] == "own"].iloc[0]
    assert own["usd_per_available_gpu_h"] < offer["usd_per_available_gpu_h"]
    assert 0.1 < offer["break_even_decline"] < 0.4


def test_colocation_study_takes_the_markets_rent(plan: Plan, study: Study, tables: Tables):
    """Without own campuses the hall costs what the admitted market asks."""
    rented = study.update(
        {
            "money.own": False,
            "candidates.colocation": {"available_it_mw": "200 MW", "ready": "2025-Q1", "markets": ["Dallas-Ft. Worth"]},
        }
    )
    basis = own_bases(plan, rented, tables)[0]
    rents = tables.colocation_rents[tables.colocation_rents["market"] == "Dallas-Ft. Worth"]["usd_per_kw_month_mid"]
    assert rents.min() <= basis.rent_usd_per_kw_month <= rents.max()


def test_on_demand_is_paid_for_used_hours_only(plan: Plan, study: Study, tables: Tables):
    """3.49 USD a used hour whether 60 or 100 % are used: 2.094 of each available hour at 60 %; reserved 1.89 / 0.6."""
    both = study.update({"leases.public": {"kinds": ["reserved", "on_demand"]}})
    table = lease_versus_own(plan, both, tables)
    at_60 = table[(table["varied"] == "utilisation") & (table["setting"] == "60 %")].set_index("offer")
    demand = at_60.loc["lowest of 4 public on demand offers, paid while used"]
    assert demand["usd_per_used_gpu_h"] == pytest.approx(3.49)
    assert demand["usd_per_available_gpu_h"] == pytest.approx(2.094)
    assert at_60.loc["lowest of 3 public reserved offers", "usd_per_used_gpu_h"] == pytest.approx(3.15)


def test_no_working_hour_gives_no_comparison(plan: Plan, study: Study, tables: Tables):
    """At an availability of 0 a GPU-hour has no cost; the table is empty, with its columns."""
    idle = study.update({"operation.availability": "0 %"})
    table = lease_versus_own(plan, idle, tables)
    assert not len(table)
    assert "usd_per_used_gpu_h" in table
