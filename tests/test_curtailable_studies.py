"""Curtailable connections, from the study to a plan that its second reading accepts, and refuses when changed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from siting import run
from siting.plan import Plan
from siting.run import verify_plan
from siting.study import read_study
from siting.tables.read import Tables, read_tables
from siting.verification import verify

TERMS = {
    "quarters_earlier": 2,
    "connection_cost_share": "60 %",
    "hours_per_year": 200,
    "lost_output_usd_per_it_mwh": "1500 USD/MWh",
    "price_adder_usd_per_mwh": "-5 USD/MWh",
}
ASK = {
    "peak_h100e_bf16": 700,
    "first_quarter": "2026-Q1",
    "regions": 1,
    "rtt_target_ms": "100 ms",
    "rtt_basis": "backbone",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(autouse=True)
def _one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No curve of money against date: each point of it is a solve of its own."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def planned(tables: Tables, **changes: Any) -> Plan:
    """The plan of the tiny study on its own campuses, power late, accepted by its second reading."""
    late = {"money.lease": False, "power.case": "high", "clusters.0.by": "2025-Q1"}
    study = read_study("models/tiny.toml").update(
        {**late, **{name.replace("__", "."): value for name, value in changes.items()}}
    )
    plan = run.solve(study, tables=tables)
    if plan.npv_cost_musd is not None:
        assert plan.facts["verification"]["faults"] == []
    return plan


def connection(plan: Plan) -> dict[str, str]:
    table = plan.tables["connections"]
    return dict(zip(table["candidate"], table["connection"], strict=True))


def test_training_starts_earlier_and_cheaper(tables: Tables) -> None:
    """By 2025-Q1 only the dear campus has firm power; the cheap one is curtailable then: 200 hours a year of its
    2.87 MW IT stop, 65 MWh x 90 days of 24 hours / 8760, at 1,500 USD each, in the value and not in cash."""
    firm, plan = planned(tables), planned(tables, power__curtailable=TERMS)
    assert firm.npv_cost_musd > plan.npv_cost_musd
    assert set(connection(plan).values()) == {"curtailable"}
    table = plan.tables["connections"].set_index("quarter")
    running = plan.tables["power"].set_index("quarter")["running_it_mw"]
    assert table["stopped_it_mw"].tolist() == pytest.approx(running[table.index].tolist())
    first = table.loc["2025-Q1"]
    assert first["lost_it_mwh"] == pytest.approx(2.8672 * 200 / 8760 * 90 * 24)
    assert first["lost_musd"] == pytest.approx(first["lost_it_mwh"] * 1500 / 1e6)
    credit = plan.tables["credits"].set_index("item")["musd"]["lost_output"]
    worth = [1.1 ** (-(3 + n + 0.5) / 4) for n in range(len(table))]
    assert credit == pytest.approx(-(table["lost_musd"] * worth).sum())


def test_a_firm_connection_is_kept_where_output_is_dear(tables: Tables) -> None:
    """At a million dollars a lost MWh nobody is cut off; at nothing, a cheaper connection is signed at once."""
    dear = planned(tables, power__curtailable={**TERMS, "lost_output_usd_per_it_mwh": "1000000 USD/MWh"})
    assert set(connection(dear).values()) == {"firm"}
    by = {"clusters__0__by": "2025-Q4", "power__case": "mid"}
    free = {**TERMS, "lost_output_usd_per_it_mwh": "0 USD/MWh", "quarters_earlier": 0}
    assert set(connection(planned(tables, power__curtailable=free, **by)).values()) == {"curtailable"}


def test_inference_never_relies_on_it(tables: Tables) -> None:
    """The same cheap connection, and inference instead of training: it stays firm."""
    free = {**TERMS, "lost_output_usd_per_it_mwh": "0 USD/MWh"}
    plan = planned(tables, power__curtailable=free, clusters=[], inference=ASK)
    assert set(connection(plan).values()) == {"firm"}
    changed = plan.tables["connections"].assign(connection="curtailable")
    found = verify_plan(replace(plan, tables={**plan.tables, "connections": changed}), tables).faults
    assert any("inference draws" in fault for fault in found)


def test_an_adder_is_paid_on_every_mwh(tables: Tables) -> None:
    """10 USD/MWh between an adder of 5 and a rebate of 5."""
    rebate = planned(tables, power__curtailable=TERMS)
    dearer = planned(tables, power__curtailable={**TERMS, "price_adder_usd_per_mwh": "5 USD/MWh"})
    assert connection(rebate) == connection(dearer)
    gap = dearer.tables["cash"]["energy"].sum() - rebate.tables["cash"]["energy"].sum()
    assert gap == pytest.approx(rebate.tables["power"]["energy_mwh"].sum() * 10 / 1e6)


def test_altered_plans_are_refused(tables: Tables) -> None:
    """Any figure of the table, firm in place of curtailable, a row less, the table away."""
    plan = planned(tables, power__curtailable=TERMS)
    frame = plan.tables["connections"]
    for column in frame.columns:
        wrong = frame.copy()
        value = wrong[column].iloc[0]
        wrong.loc[0, column] = value * 1.1 + 1 if isinstance(value, float) else "firm"
        assert not verify_plan(replace(plan, tables={**plan.tables, "connections": wrong}), tables).ok, column
    for other in (frame.iloc[:-1], frame.assign(connection="firm")):
        assert not verify_plan(replace(plan, tables={**plan.tables, "connections": other}), tables).ok
    without = replace(plan, tables={name: f for name, f in plan.tables.items() if name != "connections"})
    assert any("table connections: missing" in fault for fault in verify_plan(without, tables).faults)


def test_a_campus_that_stands_keeps_its_connection(tables: Tables) -> None:
    """2 MW IT stand at the cheap campus: firm, even where a curtailable connection costs nothing."""
    free = {**TERMS, "lost_output_usd_per_it_mwh": "0 USD/MWh"}
    standing = [{"candidate": "abilene", "it_mw": "2 MW"}]
    by = {"clusters__0__by": "2025-Q4", "power__case": "mid"}
    plan = planned(tables, power__curtailable=free, rules__existing=standing, **by)
    assert connection(plan)["abilene"] == "firm"


def test_everything_of_power_at_once_with_income_tax(tables: Tables) -> None:
    """Curtailable, a tariff, large-load terms: taxed by place; the cheaper connection is written off less."""
    index = {"name": "hub", "kind": "tariff", "price_usd_per_mwh": "40 USD/MWh", "max_share": "60 %"}
    large = {"minimum_take_share": "85 %", "term_years": 3, "collateral_musd_per_utility_mw": "0.5 MUSD/MW"}
    tax = {"taxable_musd_per_year": "40 MUSD/y", "home_state": "NY"}
    plan = planned(
        tables, power__curtailable=TERMS, power__contracts=[index], power__large_load=large, taxes__income=tax
    )
    assert set(connection(plan).values()) == {"curtailable"}
    assert {"supply", "large_load", "connections"} <= set(plan.tables)
    assert plan.tables["cash"]["income_tax"].sum() < 0


def test_batteries_are_firm_as_long_as_they_last(tables: Tables) -> None:
    """Inference on a connection that costs nothing because batteries of four hours carry it through eight: twice the
    MW that it draws. Through sixteen hours they would not: the second reading refuses the plan."""
    cells = {
        "name": "cells",
        "kind": "battery",
        "fuel": "none",
        "unit_utility_mw": "1 MW",
        "battery_hours": "4 hour",
        "capex_usd_per_kw": "1 USD/kW",
        "lead_quarters": 0,
        "fixed_om_usd_per_kw_year": "0 USD/kW/y",
        "max_units_per_site": 20,
    }
    terms = {**TERMS, "connection_cost_share": "0 %", "longest_hours": "8 hour"}
    plan = planned(tables, power__curtailable=terms, clusters=[], inference=ASK, onsite=[cells])
    assert set(connection(plan).values()) == {"curtailable"}
    drawn = plan.tables["power"].groupby("quarter")["running_utility_mw"].sum().max()
    stood = plan.tables["onsite"].groupby("quarter")["active"].sum().max()
    assert stood == math.ceil(2.0 * drawn)
    late = {"money.lease": False, "power.case": "high", "clusters": [], "inference": ASK, "onsite": [cells]}
    study = read_study("models/tiny.toml").update({**late, "power.curtailable": {**terms, "longest_hours": "16 hour"}})
    assert any("inference draws" in fault for fault in verify(plan, study, tables).faults)
