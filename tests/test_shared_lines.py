"""Sites that fit a line alone and not together, on a planner's own network of three buses: from files to report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_networks import three_bus_case
from small_studies import H100, small_study

from siting.explanation.price import limit_prices
from siting.plan import Plan
from siting.report.write import report_html
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.units import hours_in
from siting.verification import verify
from siting.whatif.before import before

HEADER = "candidate,lat,lon,tenure,utility_mw,usd_per_mwh,bus_id\n"
SITES = HEADER + "a,32.45,-99.73,own,80,40,20\nb,32.46,-99.74,own,80,41,30\nc,32.44,-99.72,own,40,60,10\n"
"""Three places near Abilene, at the far, the farther and the generator's bus; power is dearest at the generator."""
LINE = "line:branch row 1 (10-20)"
BUSES = "bus_id,lat,lon,name\n10,32.44,-99.72,plant\n20,32.45,-99.73,middle\n30,32.46,-99.74,end\n"


def study(folder: Path, rate_mw: float = 100.0, **grid: Any) -> Study:
    """Bus 10 generates for 10 MW at bus 20; 10-20 is rated `rate_mw`, 20-30 200 MW: what 20 and 30 draw passes 10-20.

    45,000 H100e of inference take about 107 MW at the meter, more than the 90 MW that the line has left.
    """
    bus = [[10, 3, 0], [20, 1, 10], [30, 1, 0]]
    rest = [0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9]
    three_bus_case(
        folder,
        [[*row, *rest] for row in bus],
        [[10, 10, 0, 0, 0, 1, 100, 1, 1000, 0]],
        [
            [10, 20, 0, 0.05, 0, rate_mw, 0, 0, 0, 0, 1, -360, 360],
            [20, 30, 0, 0.05, 0, 200, 0, 0, 0, 0, 1, -360, 360],
        ],
        base=100,
    )
    (folder / "buses.csv").write_text(BUSES)
    made = small_study(
        folder,
        clusters=[],
        connection={"line_km": "0 km", "substation_musd": "0 MUSD", "land_acres": "0 acre"},
        halls={"module_it_mw": "2 MW", "first_phase_it_mw": "2 MW", "construction_quarters": 2},
        accelerators=[
            {
                "name": H100,
                "price_usd": "40000 USD",
                "price_includes": ["accelerator", "server", "network", "storage"],
                "pod_accelerators": 64,
                "lead_quarters": 1,
            }
        ],
        inference={
            "peak_h100e_bf16": 45000,
            "first_quarter": "2025-Q2",
            "regions": 1,
            "rtt_target_ms": "200 ms",
            "rtt_basis": "backbone",
        },
        grid={"network": "three.m", "buses": "buses.csv", **grid},
        search={"gap": 1e-4, "time_limit_s": "30 s", "threads": 1},
    )
    (folder / "sites.csv").write_text(SITES)
    return made


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("three")


@pytest.fixture(scope="module")
def plan(folder: Path, tables: Tables) -> Plan:
    """The plan with the line as a limit."""
    return solve(study(folder), tables=tables)


@pytest.fixture(scope="module")
def careless(folder: Path, tables: Tables) -> Plan:
    """The plan of a study that looks at no line."""
    return solve(study(folder, joint="off"), tables=tables)


def behind(plan: Plan) -> float:
    """MW at the meter at the two buses behind the line."""
    sites = plan.sites.set_index("candidate")["utility_mw"]
    return float(sites.reindex(["a", "b"]).sum())


def test_the_line_holds_and_is_named(plan: Plan, careless: Plan) -> None:
    """Without the line a and b carry it all; with it 90 MW at most, and the dear site at the generator opens."""
    assert behind(careless) > 90.0 and set(careless.sites["candidate"]) == {"a", "b"}
    assert careless.facts["grid_check"]["status"] == "not_checked" and "grid_limits" not in careless.tables
    assert 80.0 < behind(plan) <= 90.0 + 1e-6 and "c" in set(plan.sites["candidate"])
    assert plan.facts["verification"]["ok"] and plan.facts["grid_check"]["status"] == "passed"
    assert [one["overloads"] for one in plan.facts["grid"]["rounds"]] == [1, 0]
    line = plan.tables["grid_limits"].set_index("kind").loc["line"]
    assert (line["branch_id"], line["limit_mw"], line["base_mw"]) == (1, 100.0, 10.0)
    assert line["new_mw"] == pytest.approx(behind(plan))
    assert any("branch row 1 (10-20)" in limit and "LP price" in limit for limit in plan.facts["binding"])
    assert plan.npv_cost_musd > careless.npv_cost_musd


def test_the_lp_price_is_that_of_the_energy(plan: Plan, folder: Path) -> None:
    """1 MW more at the line moves 1 MW at peak from c to b: 19 USD/MWh less for 0.8 of its hours at the mean PUE, from
    2025-Q2 to 2027-Q1, at 10 % a year. All else is alike: one county, and opening costs
    nothing."""
    made, site = study(folder), plan.sites.iloc[0]
    worth = sum(hours_in(made.start + t) * 1.1 ** (-(t + 0.5) / 4) for t in range(4, 12))
    musd = 19.0 * 0.8 * site["pue_mean"] / site["pue_peak"] * worth / 1e6
    price = plan.tables["grid_limits"].set_index("kind").loc["line", "lp_price_musd_per_mw"]
    assert price == pytest.approx(musd, rel=1e-4)


def test_a_plan_that_overloads_the_line_is_refused(careless: Plan, folder: Path, tables: Tables) -> None:
    """The careless plan under the study that looks at lines, and with one site's MW raised in the plan's table."""
    made = study(folder)
    found = verify(replace(careless, study_digest=made.digest(), data_hashes=hashes(made, tables)), made, tables)
    assert any(f.startswith("grid: branch 1 carries") and "rated 100.000" in f for f in found.faults)
    assert found.only_grid


def hashes(made: Study, tables: Tables) -> dict[str, str]:
    """Of the shipped tables and of the planner's network."""
    from siting.networks import with_own_buses

    return dict(with_own_buses(made, tables).hashes)


def test_the_network_is_part_of_the_plan(plan: Plan, folder: Path, tables: Tables) -> None:
    """Its files are hashed: another rating is another table. Nothing in the report is called synthetic."""
    assert {"grid: three.m", "grid: buses.csv"} <= set(plan.data_hashes)
    page = report_html(plan, study(folder), tables)
    assert "three.m" in page and "synthetic" not in page.lower()
    assert before(plan, tables).problem is not None
    other = study(folder, rate_mw=120.0)
    try:
        assert before(plan, tables).why == "no longer as it was made with them: grid: three.m"
        found = verify(replace(plan, study_digest=other.digest()), other, tables)
    finally:
        study(folder)
    assert found.faults[0] == "table grid: three.m: not the one the plan was made from"
    assert "limit_mw: the plan says 100.0, recomputed 120.0" in found.faults[1]


def test_more_room_never_costs_more(plan: Plan, careless: Plan, tmp_path: Path, tables: Tables) -> None:
    """10 MW more on the line, then a line that holds nothing up."""
    cost = [solve(study(tmp_path, rate_mw=rate), tables=tables).npv_cost_musd for rate in (110.0, 300.0)]
    assert plan.npv_cost_musd >= cost[0] >= cost[1] - 0.1
    assert cost[1] == pytest.approx(careless.npv_cost_musd, rel=2e-4)


def test_a_search_that_may_not_go_on_says_failed(tmp_path: Path, tables: Tables) -> None:
    """One round: the plan is kept as it is, the line is named, and the check says failed."""
    plan = solve(study(tmp_path, rounds=1), tables=tables)
    assert plan.facts["grid_check"]["status"] == "failed" and plan.facts["grid"]["overloads"] == 1
    assert not plan.facts["verification"]["ok"] and behind(plan) > 90.0


def test_more_room_on_the_line_saves_what_a_solve_of_its_own_says(
    plan: Plan, folder: Path, tmp_path: Path, tables: Tables
) -> None:
    """10 MW more at once: the price is the difference between the plans of two networks, the line rated 100 and 110
    MW, over 10, inside what is proved; half a MW has no more than the plan's own dual value beside it."""
    (price,) = limit_prices(plan, [LINE], step=10.0, tables=tables).prices
    wider = solve(study(tmp_path, rate_mw=110.0), tables=tables)
    assert plan.npv_cost_musd is not None and wider.npv_cost_musd is not None
    saved = (plan.npv_cost_musd - wider.npv_cost_musd) / 10.0
    assert price.price is not None and price.price.point is not None
    open_ = 2e-4 * plan.npv_cost_musd / 10.0  # the gaps of both solves
    assert saved > 0.0 and price.price.low - open_ <= saved <= price.price.high + open_
    assert price.price.point == pytest.approx(saved, abs=open_)
    dual = plan.tables["grid_limits"].set_index("kind").loc["line", "lp_price_musd_per_mw"]
    (one,) = limit_prices(plan, [LINE], step=0.5, tables=tables).prices
    assert one.lp_musd == pytest.approx(dual, rel=1e-3)
