"""Terms of a large load and demand charges, from the study to a plan that its second reading accepts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siting import run
from siting.errors import InputError
from siting.plan import Plan
from siting.run import verify_plan
from siting.study import read_study
from siting.tables.read import Tables, read_tables

TERMS = {"minimum_take_share": "85 %", "term_years": 3, "collateral_musd_per_utility_mw": "0.5 MUSD/MW"}
ENERGY_ONLY = {"power.price_column": "energy_only", "power.usd_per_mwh": "45 USD/MWh"}
CHARGE = {**ENERGY_ONLY, "power.demand_charge_usd_per_kw_month": "12 USD/kW/month"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(autouse=True)
def _one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No curve of money against date: each point of it is a solve of its own."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def planned(tables: Tables, changes: dict[str, Any]) -> Plan:
    """The plan of the tiny study on its own campus, accepted by its second reading."""
    study = read_study("models/tiny.toml").update({"money.lease": False, **changes})
    plan = run.solve(study, tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    return plan


def test_minimum_take_binds_after_the_horizon(tables: Tables) -> None:
    """3 MW IT from 2025-Q4 for three years. A full fleet owes nothing more than it takes; in the six quarters from
    2027-Q2 to 2028-Q3 nothing is taken and 85 % of 3 MW x 0.8 x PUE x hours is due. 0.5 MUSD a MW are deposited at
    signing in 2025-Q1 and come back."""
    plan = planned(tables, {"power.large_load": TERMS})
    site, table = plan.tables["sites"].iloc[0], plan.tables["large_load"].set_index("quarter")
    assert table.loc[:"2027-Q1", "short_mwh"].sum() == 0.0
    after = table.loc["2027-Q2":]
    assert after.index[-1] == "2028-Q3" and len(after) == 6
    assert after["short_mwh"].iloc[0] == pytest.approx(0.85 * 3 * 0.8 * site["pue_mean"] * 91 * 24)
    assert after["musd"].tolist() == pytest.approx(plan.tables["after_horizon"]["minimum_take"].tolist())
    collateral = plan.tables["cash"].set_index("quarter")["collateral"]
    assert collateral["2025-Q1"] == pytest.approx(0.5 * site["utility_mw"]) == pytest.approx(collateral.sum())
    back = plan.tables["credits"].set_index("item")["musd"]["collateral_back"]
    assert back == pytest.approx(collateral.sum() * 1.1**-3)


def test_a_campus_that_stands_owes_what_flows_to_it(tables: Tables) -> None:
    """3 MW IT stand from the start; the ramp begins a year after energization in 2024-Q4. From that quarter on 85 % of
    the share that already flows, 3 MW x PUE of 12 MW at the meter, is owed; nothing runs before 2025-Q4. No collateral:
    it is deposited already."""
    stands = {"rules": {"existing": [{"candidate": "abilene", "it_mw": "3 MW"}], "max_sites": 1}}
    late = {"power.ramp": [{"after_quarters": 4, "share": "100 %"}], "power.large_load": TERMS, **stands}
    plan = planned(tables, late)
    site, table = plan.tables["sites"].iloc[0], plan.tables["large_load"].set_index("quarter")
    share = 3 * site["pue_peak"] / 12
    assert table.index[0] == "2024-Q4"
    assert table.loc["2024-Q4", "contracted_it_mw"] == pytest.approx(3 * share)
    assert table.loc["2024-Q4", "owed_mwh"] == pytest.approx(0.85 * 3 * share * 0.8 * site["pue_mean"] * 92 * 24)
    assert table.loc["2025-Q4", "contracted_it_mw"] == pytest.approx(3)
    assert plan.tables["cash"]["collateral"].sum() == 0.0
    assert plan.tables["credits"].set_index("item")["musd"]["collateral_back"] == 0.0


def test_a_campus_that_idles_pays_for_what_it_does_not_take(tables: Tables) -> None:
    """Twice the halls that run: half of the owed 100 % is short in every quarter."""
    twice = {"power.large_load": {**TERMS, "minimum_take_share": "100 %"}, "halls.first_phase_it_mw": "6 MW"}
    plan = planned(tables, twice)
    table = plan.tables["large_load"].set_index("quarter").loc[:"2027-Q1"]
    taken = plan.tables["power"].set_index("quarter")["energy_mwh"]
    assert (table["owed_mwh"] - table["short_mwh"]).to_numpy() == pytest.approx(taken[table.index].to_numpy())
    assert (table["short_mwh"] > 0).all()


def test_demand_charge_is_paid_on_the_largest_draw(tables: Tables) -> None:
    """12 USD a kW and month on what runs at the meter, three months a quarter; energy alone at 45 USD/MWh."""
    plan = planned(tables, CHARGE)
    power = plan.tables["power"].set_index("quarter")
    paid = plan.tables["cash"].set_index("quarter")
    due = power["running_utility_mw"] * 1e3 * 12 * 3 / 1e6
    assert paid["demand_charge"][due.index].tolist() == pytest.approx(due.tolist())
    assert paid["energy"][due.index].tolist() == pytest.approx((power["energy_mwh"] * 45 / 1e6).tolist())


def test_demand_charge_is_never_counted_twice() -> None:
    """Beside an average revenue, which holds it, it is refused; so is a price of energy beside one, or none at all."""
    study = read_study("models/tiny.toml")
    for changes, said in (
        ({"power.demand_charge_usd_per_kw_month": "12 USD/kW/month"}, "holds demand charges already"),
        ({"power.usd_per_mwh": "45 USD/MWh"}, "exactly when price_column is energy_only"),
        ({"power.price_column": "energy_only"}, "usd_per_mwh: found nothing"),
    ):
        with pytest.raises(InputError, match=said):
            study.update(changes)


def test_altered_plans_are_refused(tables: Tables) -> None:
    """Any figure of the table, a row less, the table away, a demand charge a tenth lower."""
    plan = planned(tables, {"power.large_load": TERMS, **CHARGE})
    frame = plan.tables["large_load"]
    for column in frame.columns:
        wrong = frame.copy()
        value = wrong[column].iloc[-1]
        wrong.loc[wrong.index[-1], column] = value * 1.1 + 1 if isinstance(value, float) else "2024-Q2"
        assert not verify_plan(replace(plan, tables={**plan.tables, "large_load": wrong}), tables).ok, column
    shorter = replace(plan, tables={**plan.tables, "large_load": frame.iloc[:-1]})
    assert not verify_plan(shorter, tables).ok
    without = replace(plan, tables={name: f for name, f in plan.tables.items() if name != "large_load"})
    assert any("table large_load: missing" in fault for fault in verify_plan(without, tables).faults)
    cheaper = plan.tables["cash"].assign(demand_charge=0.9 * plan.tables["cash"]["demand_charge"])
    found = verify_plan(replace(plan, tables={**plan.tables, "cash": cheaper}), tables).faults
    assert any("demand_charge" in fault for fault in found)


CHEAP = {"name": "night", "kind": "tariff", "price_usd_per_mwh": "15 USD/MWh"}
ENDS = {"name": "first cluster", "gpus": 2048, "accelerators": ["H100 SXM 80GB"], "by": "2025-Q4", "until": "2026-Q2"}


def test_accelerators_run_for_nobody_to_take_what_is_owed(tables: Tables) -> None:
    """The cluster ends with 2026-Q2. Beside a tariff at 15 USD/MWh its accelerators run on: taking costs less than
    owing at the grid's price. Without the tariff they stand still and all is owed."""
    terms = {"power.large_load": TERMS, "clusters": [ENDS]}
    idle, still = planned(tables, {**terms, "power.contracts": [CHEAP]}), planned(tables, terms)
    after = ["2026-Q3", "2026-Q4", "2027-Q1"]
    for plan, running, short in ((idle, True, False), (still, False, True)):
        fleet = plan.tables["fleet"].groupby("quarter")["running"].sum().reindex(after, fill_value=0.0)
        owed = plan.tables["large_load"].set_index("quarter").loc[after]
        assert (fleet > 0).tolist() == [running] * 3
        assert (owed["short_mwh"] > 1e-3).tolist() == [short] * 3
