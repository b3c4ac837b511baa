"""Energy by contract, from the study to a plan that its second reading accepts, and refuses when it is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_studies import INDEX, PPA

from siting import run
from siting.errors import InputError
from siting.plan import Plan
from siting.run import verify_plan
from siting.study import read_study
from siting.tables.read import Tables, read_tables
from siting.units import hours_in, parse_quarter


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(autouse=True)
def _one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No curve of money against date: each point of it is a solve of its own."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def planned(tables: Tables, *contracts: dict[str, Any]) -> Plan:
    """The plan of the tiny study on its own campus with these contracts, accepted by its second reading."""
    study = read_study("models/tiny.toml")
    plan = run.solve(study.update({"money.lease": False, "power.contracts": list(contracts)}), tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    return plan


def test_a_cheaper_index_is_used_up_to_its_share(tables: Tables) -> None:
    """Hub energy at 40 to 43 USD/MWh against 66 of the grid: 60 % of every quarter, and the bill falls by as much."""
    plan, grid = planned(tables, INDEX), planned(tables)
    supply = plan.tables["supply"].pivot(index="quarter", columns="source", values="mwh")
    assert (supply["hub"] / supply.sum(axis=1)).tolist() == pytest.approx([0.6] * len(supply))
    saved = grid.tables["cash"]["energy"].sum() - plan.tables["cash"]["energy"].sum()
    rows = plan.tables["supply"].assign(price=lambda frame: frame["musd"] / frame["mwh"])
    gap = rows.pivot(index="quarter", columns="source", values="price")
    assert saved == pytest.approx(((gap["grid"] - gap["hub"]) * supply["hub"]).sum())
    assert plan.npv_cost_musd < grid.npv_cost_musd


def test_a_dear_ppa_is_signed_only_when_forced(tables: Tables) -> None:
    """At 300 USD/MWh: nothing without a least share, and with 10 % the MW that give 10 % of the longest quarter."""
    dear = {**PPA, "price_usd_per_mwh": "300 USD/MWh", "min_take_share": "0 %", "resale_usd_per_mwh": "0 USD/MWh"}
    assert planned(tables, dear).tables["power_contracts"].empty
    forced = planned(tables, {**dear, "min_share": "10 %"}).tables
    share = forced["supply"].pivot(index="quarter", columns="source", values="mwh")
    assert (share["wind"] / share.sum(axis=1)).tolist() == pytest.approx([0.1] * len(share))
    most = (share["wind"] / [0.4 * hours_in(parse_quarter(quarter)) for quarter in share.index]).max()
    assert forced["power_contracts"]["signed_mw"].tolist() == pytest.approx([most] * len(share))


def test_a_ppa_binds_to_the_end_of_its_term(tables: Tables) -> None:
    """2 MW at 40 % from 2025-Q3 for four years: the nine quarters after the horizon pay 80 % of it at 30 - 20 USD."""
    plan = planned(tables, PPA)
    after = plan.tables["after_horizon"].set_index("quarter")["minimum_take"]
    assert after.index.tolist() == [f"{q // 4}-Q{q % 4 + 1}" for q in range(8109, 8118)]
    assert after.iloc[0] == pytest.approx(0.8 * 2 * 0.4 * hours_in(8109) * 10 / 1e6)
    assert plan.tables["cash"].set_index("quarter")["minimum_take"]["2025-Q3"] == pytest.approx(0.01413120)


def test_a_contract_serves_where_it_says(tables: Tables) -> None:
    """A contract for the campus by name serves it; one for a state without a candidate is refused."""
    assert set(planned(tables, {**INDEX, "candidates": ["abilene"]}).tables["supply"]["source"]) == {"hub", "grid"}
    with pytest.raises(InputError, match="'hub' covers none of the 3 usable candidates"):
        planned(tables, {**INDEX, "states": ["VT"]})


def altered(plan: Plan, table: str, row: int, column: str, value: Any) -> Plan:
    frame = plan.tables[table].copy()
    frame.loc[frame.index[row], column] = value
    return replace(plan, tables={**plan.tables, table: frame})


def test_altered_plans_are_refused(tables: Tables) -> None:
    """Any figure of the two tables, a row less, a table less."""
    plan = planned(tables, INDEX, PPA)
    assert verify_plan(plan, tables).ok
    for table in ("supply", "power_contracts"):
        frame = plan.tables[table]
        for column in frame.columns:
            at = int(frame[column].notna().argmax())
            value = frame[column].iloc[at]
            wrong = value * 1.1 + 1 if isinstance(value, float) else "2026-Q9" if column == "quarter" else "other"
            assert not verify_plan(altered(plan, table, at, column, wrong), tables).ok, (table, column)
        shorter = replace(plan, tables={**plan.tables, table: frame.iloc[:-1]})
        assert not verify_plan(shorter, tables).ok
        without = replace(plan, tables={name: f for name, f in plan.tables.items() if name != table})
        assert any(f"table {table}: missing" in fault for fault in verify_plan(without, tables).faults)


def test_a_broken_share_or_size_is_named(tables: Tables) -> None:
    """More than 60 % of the hub; two sizes of one PPA; more energy than its MW give."""
    plan = planned(tables, INDEX, PPA)
    supply = plan.tables["supply"]
    hub = int((supply["source"] == "hub").argmax())
    found = "\n".join(verify_plan(altered(plan, "supply", hub, "mwh", 1.2 * supply["mwh"].iloc[hub]), tables).faults)
    assert "contract hub, abilene" in found and "MWh taken, between 0.000 and" in found
    wind = int((plan.tables["power_contracts"]["contract"] == "wind").argmax())
    found = "\n".join(verify_plan(altered(plan, "power_contracts", wind, "signed_mw", 1.0), tables).faults)
    assert "contract wind: signed for [1.0, 2.0] MW" in found
