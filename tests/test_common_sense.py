"""What a planner knows without a solver: one part of the study at a time, and the plan moves the way it must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onsite_studies import ENGINE, onsite_study
from test_tenures import RETROFIT

from siting import run
from siting.plan import Plan
from siting.study import read_study
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def answer(tables: Tables, changes: dict[str, Any]) -> Plan:
    """The plan of the tiny study on own places only, with some fields changed."""
    fixed = {"money.lease": False, "search.date_curve": False, "search.gap": 1e-6}
    return run.solve(read_study("models/tiny.toml").update({**fixed, **changes}), tables=tables)


def npv(plan: Plan) -> float:
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    return plan.npv_cost_musd


@pytest.mark.parametrize(
    "neutral",
    [
        {"money.funding": [{"quarter": "2024-Q2", "amount_musd": "0.25 GUSD", "status": "closed", "note": "example"}]},
        {"money.capex_cap_musd": "9 GUSD", "money.opex_cap_musd_per_year": "9 GUSD/y"},
        {"debt": [{"name": "nil", "rate": "1 %/y", "tenor_quarters": 4, "advance_rate": "1 %", "max_musd": "2 USD"}]},
        {"power.large_load": {"term_years": 3}},
        {"power.contracts": [{"name": "dear", "kind": "tariff", "price_usd_per_mwh": "900 USD/MWh"}]},
        {"carbon": {"cap_t_per_year": "1000000 t"}, "limits": [{"name": "far", "expr": "sum(it_mw) <= 900 MW"}]},
        {"rules": {"min_sites": 1, "max_sites": 3, "min_distance_km": "1 km"}},
        {"taxes.income": {"taxable_musd_per_year": "0 MUSD/y", "state": False}},
        {"priorities": [{"objective": "npv_cost", "tolerance": "5 %"}]},
        {"power.curtailable": {"hours_per_year": 88, "lost_output_usd_per_it_mwh": "9000 USD/MWh"}},
        {"clusters.0.split": {"campuses": 2, "within_km": "1 km"}},
        {"onsite": [{**ENGINE, "candidates": ["abilene"], "gas_usd_per_mmbtu": "90 USD/MMBtu"}]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_says_nothing_changes_nothing(neutral, tables):
    """Money in other units, caps far away, offers nobody takes, a tax without income: the same value."""
    assert npv(answer(tables, neutral)) == pytest.approx(npv(answer(tables, {})), rel=2e-6)


def test_a_loan_is_worth_its_rate(tables):
    """At 2 % against a discount rate of 10 % it lowers the cost; at 30 % nobody who has the money draws it."""
    loan = {"name": "bank", "tenor_quarters": 12, "advance_rate": "80 %"}
    plain = npv(answer(tables, {}))
    assert npv(answer(tables, {"debt": [{**loan, "rate": "2 %/y"}]})) < plain - 1.0
    dear = answer(tables, {"debt": [{**loan, "rate": "30 %/y"}]})
    assert npv(dear) == pytest.approx(plain, rel=2e-6)
    assert "debt_drawn" not in dear.tables["cash"]


def test_a_price_of_carbon_costs_its_tonnes(tables):
    """50 USD/t raises the cost by the present value of 50 USD for every tonne of the old plan, or less."""
    plain = answer(tables, {})
    priced = npv(answer(tables, {"carbon": {"usd_per_t": "50 USD/t", "also_where_priced": True}}))
    tonnes = plain.tables["power"].groupby("quarter")["co2_t"].sum()
    quarters = plain.tables["cash"]["quarter"].tolist()
    due = sum(50e-6 * t * 1.1 ** (-(quarters.index(quarter) + 0.5) / 4) for quarter, t in tonnes.items())
    assert npv(plain) < priced <= (npv(plain) + due) * (1 + 2e-6)
    assert priced == pytest.approx(npv(plain) + due, rel=0.01)


def test_a_cap_below_the_need_is_infeasible_and_says_so(tables):
    """2,048 at 48,000 USD are 98 MUSD: with 90 for all there is no plan; the cap is named, and then the figures."""
    plan = answer(tables, {"money.capex_cap_musd": "90 MUSD"})
    assert plan.npv_cost_musd is None
    assert plan.facts["reasons"] == [
        "money: capex_cap_musd, 90.0 MUSD: no plan keeps it; without it there are plans",
        "money: accelerators of first cluster alone take 98.3 MUSD; capex_cap_musd is 90.0 MUSD",
    ]


def test_one_in_reserve_is_one_more(tables, tmp_path):
    """12,000 H100 in the quarter in which 8 MW flow: N+1 stands one engine more than N."""
    stands = []
    for reserve in (0, 1):
        engine = {**ENGINE, "reserve_units": reserve, "gas_usd_per_mmbtu": "20 USD/MMBtu"}
        study = onsite_study(tmp_path, engine, gpus=12_000)
        plan = run.solve(study.update({"search.date_curve": False, "search.gap": 1e-6}), tables=tables)
        npv(plan)
        stands.append(int(plan.tables["onsite"]["active"].max()))
    assert stands[1] == stands[0] + 1


def test_the_cheaper_building_is_taken(tables, tmp_path: Path):
    """Two places beside one another: the old building where its refit is cheap, the field where it is dear."""
    rows = ["field,32.45,-99.73,own,12,40,2024-Q3", "factory,32.45,-99.73,retrofit,12,40,2024-Q3"]
    header = "candidate,lat,lon,tenure,utility_mw,usd_per_mwh,energization"
    (tmp_path / "sites.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    for cost, taken in (("2 MUSD/MW", "factory"), ("40 MUSD/MW", "field")):
        refit = {**RETROFIT, "cost_musd_per_it_mw": cost, "purchase_musd": "2 MUSD"}
        plan = answer(tables, {"candidates.file.path": str(tmp_path / "sites.csv"), "retrofit": refit})
        npv(plan)
        assert plan.tables["sites"]["candidate"].tolist() == [taken]
