"""Findings of a plan with units on the campus."""

from __future__ import annotations

import pytest
from onsite_studies import ENGINE, onsite_study

from siting import run
from siting.report.shown import plan_tables
from siting.tables import catalog
from siting.tables.read import read_tables


def test_units_enter_what_binds_what_is_used_and_the_cost_of_a_site(tmp_path, monkeypatch) -> None:
    """Engines of the table at the state's price of gas: both figures are listed with their sources; the one campus
    carries the whole cost of the plan; 42.9 of 43 MW run, so power does not bind: the
    8 MW of the grid are not all there is.
    """
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])
    unit = {**ENGINE, "unit": "recip-3mw", "lead_quarters": 1, "gas_usd_per_mmbtu": None}
    plan = run.solve(onsite_study(tmp_path, unit, gpus=25_300), tables=read_tables())
    used = {row["item"]: row for row in plan.facts["sources"]}
    assert used["unit engine"]["value"] == "row recip-3mw"
    assert used["gas price, TN, 2024-04"]["value"] == "2.12 USD/MMBtu"
    assert plan.tables["sites"]["npv_cost_musd"].sum() == pytest.approx(plan.npv_cost_musd, rel=1e-6)
    assert not any(text.startswith("energized power") for text in plan.facts["binding"])


def test_the_report_has_the_units(tmp_path, monkeypatch) -> None:
    """Their table stands beside the power table."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])
    plan = run.solve(onsite_study(tmp_path, ENGINE), tables=read_tables())
    found = {table.title: table.frame for table in plan_tables(plan)}
    assert found["Units on the campus by quarter"]["unit"].unique().tolist() == ["engine"]


def test_least_carbon_counts_the_fuel(tmp_path, monkeypatch) -> None:
    """Gas at 0.477 t a MWh in place of a grid that emits less or more: what carbon reaches is what the verifier reads,
    and no more is generated than the grid leaves over when the grid is the cleaner of the two.
    """
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])
    study = onsite_study(tmp_path, ENGINE, priorities=[{"objective": "carbon"}, {"objective": "npv_cost"}])
    plan = run.solve(study, tables=read_tables())
    power, onsite = plan.tables["power"], plan.tables["onsite"]
    tonnes = power["co2_t"].sum() + onsite["co2_t"].sum()
    assert plan.passes[0].value == pytest.approx(tonnes, rel=1e-4)
    rate = catalog.co2_kg_per_mwh(read_tables(), ["TN"])["co2_kg_per_mwh"].iloc[0] / 1000
    assert rate < 0.477
    first = power[power["quarter"] == "2024-Q3"].iloc[0]
    share = 1 - 8 / first["running_utility_mw"]
    made = onsite[onsite["quarter"] == "2024-Q3"]["generated_mwh"].sum()
    assert made == pytest.approx(share * first["energy_mwh"], rel=1e-4)
