"""Each site's figures read again: ids of substations and markets, megawatts left, the first matching wait for power."""

from __future__ import annotations

import pytest
from small_studies import H100, small_study

from siting import run
from siting.verification import verify
from siting.verification.cash import offers_of
from siting.verification.places import Places

PARTS = ["accelerator", "server", "network", "storage"]


def test_substation_less_what_others_hold(make_study, tables):
    """Hosting 300 MW less 20 and 30 that others hold is 250; less 280 it is under the least and ruled out."""
    subs = tables.grid_substations
    row = subs[(subs["hosting_n1_utility_mw"] > 100) & (subs["state"] == "TX")].iloc[0]
    sub, hosting = str(int(row["sub_id"])), float(row["hosting_n1_utility_mw"])
    held = {
        "candidates__grid": {"min_utility_mw": "40 MW"},
        "candidates__committed_utility_mw_by_county": {str(row["county_fips"]): "30 MW"},
    }
    for mw, allowed in ((20.0, True), (hosting - 60.0, False)):
        study = make_study(**held, candidates__committed_utility_mw_by_substation={sub: f"{mw} MW"})
        place = Places(study, tables).get(f"sub-{sub}")
        assert place.final_utility_mw == pytest.approx(min(hosting - mw - 30.0, 500.0))
        assert place.allowed is allowed and place.bus_id == int(row["bus_id"]) and place.tenure == "own"
    assert Places(study, tables).get("sub-99999999") is None


def test_market_by_its_slug(make_study, tables):
    """Dallas-Ft. Worth is colo-dallas-ft-worth; 4 MW IT at a peak PUE of 1.25 are 5 MW at the meter."""
    study = make_study(candidates__colocation={"available_it_mw": "4 MW", "ready": "2024-Q3"})
    place = Places(study, tables).get("colo-dallas-ft-worth")
    assert (place.tenure, place.state, place.power_from) == ("colocation", "TX", 2)
    assert place.final_utility_mw == pytest.approx(5.0)
    # the newest row not later than January 2024 is June 2023: 95 to 115 USD, 105 between them
    assert place.rent_usd_per_kw_month == pytest.approx(105.0)
    assert Places(study, tables).get("colo-atlantis") is None


def test_public_offers_by_their_id(make_study, tables):
    """An admitted offer starts any quarter, at most 1,024 GPUs where no maximum is stated, on no single fabric."""
    bought = [item.model_dump(mode="json", exclude_unset=True) for item in make_study().accelerators]
    study = make_study(
        prices_on="2024-05-27",
        accelerators=[*bought, {"name": "H100 SXM 80GB"}],
        leases__public={"kinds": ["reserved"], "accelerators": ["H100 SXM 80GB"]},
    )
    found = {name: offer for name, offer in offers_of(study, tables).items() if name.startswith("public:")}
    assert found
    for name, offer in found.items():
        months = int(name.split("|")[3])
        assert offer.term == max(1, round(months / 3)) and offer.fabric == 0
        assert (offer.first, offer.last, offer.existing) == (0, 3, False)


def test_a_ramp_that_began_before_the_study(tmp_path, tables):
    """Power since 2023-Q4, two quarters before the start: by 8, 50 and 150 MW after 0, 2 and 4 quarters 50 MW flow at
    the start and 150 two quarters later; the plan's table of power says the same."""
    ramp = [{"after_quarters": n, "utility_mw": f"{mw} MW"} for n, mw in ((0, 8), (2, 50), (4, 150))]
    wait = [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}]
    study = small_study(
        tmp_path,
        rows="old,32.45,-99.73,own,150,,62,2023-Q4,,\n",
        power={"time_to_power": wait, "ramp": ramp},
        halls={"construction_quarters": 0, "cost_musd_per_it_mw": "8 MUSD/MW"},
        accelerators=[{"name": H100, "price_usd": "40000 USD", "price_includes": PARTS, "lead_quarters": 0}],
        clusters=[{"name": "first", "gpus": 10240, "accelerators": [H100], "by": "2024-Q2"}],
    )
    place = Places(study, tables).get("old")
    assert (place.power_from, place.flowed_before) == (0, 2)
    plan = run.solve(study, tables=tables)
    assert verify(plan, study, tables).faults == ()
    assert plan.tables["power"]["energized_utility_mw"].tolist() == [50.0] * 2 + [150.0] * 10
