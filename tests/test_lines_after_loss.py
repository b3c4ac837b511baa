"""N-1 of all sites together, on a planner's own network of two parallel lines: from files to report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_networks import three_bus_case
from test_shared_lines import BUSES, SITES, behind, hashes
from test_shared_lines import study as one_line

from siting.grid.chosen import study_network
from siting.grid.network import Network
from siting.grid.powerflow import base_flows_mw, joint_flows_mw, load_at_buses
from siting.plan import Plan
from siting.report.answer import grid_check
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify

REST = [0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9]


def study(folder: Path, **grid: Any) -> Study:
    """The study of one line of 100 MW, with two such lines side by side: after the loss of one the other is that line.

    No more than its rating after an outage, so that the same 90 MW are left to what stands behind it."""
    made = one_line(folder, joint="n1", emergency_share=1.0)
    three_bus_case(
        folder,
        [[10, 3, 0, *REST], [20, 1, 10, *REST], [30, 1, 0, *REST]],
        [[10, 10, 0, 0, 0, 1, 100, 1, 1000, 0]],
        [
            [10, 20, 0, 0.05, 0, 100, 0, 0, 0, 0, 1, -360, 360],
            [20, 30, 0, 0.05, 0, 200, 0, 0, 0, 0, 1, -360, 360],
            [10, 20, 0, 0.05, 0, 100, 0, 0, 0, 0, 1, -360, 360],
        ],
        base=100,
    )
    return made.update({f"grid.{key}": value for key, value in grid.items()}) if grid else made


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parallel")


@pytest.fixture(scope="module")
def plan(folder: Path, tables: Tables) -> Plan:
    """The plan that survives the loss of either line."""
    return solve(study(folder), tables=tables)


@pytest.fixture(scope="module")
def careless(folder: Path, tables: Tables) -> Plan:
    """The plan of a study that looks at lines in service only."""
    return solve(study(folder, joint="n0"), tables=tables)


def worst_after_any_loss(network: Network, plan: Plan) -> float:
    """Largest flow over rating once each of the parallel lines is taken out of the network, all sites at once."""
    worst = 0.0
    for out in np.flatnonzero(np.isin(network.branch_id, [1, 3])):
        keep = np.arange(len(network.branch_id)) != out
        per_branch = ("branch_id", "from_bus", "to_bus", "x_pu", "shift_deg", "rate_mw", "monitored")
        rest = replace(network, **{name: getattr(network, name)[keep] for name in per_branch})
        flow = joint_flows_mw(
            rest, load_at_buses(rest, plan.sites["bus_id"].to_numpy("int64"), plan.sites["utility_mw"])
        )
        worst = max(worst, float((np.abs(flow) / rest.rate_mw).max()))
    return worst


def test_the_pair_binds_and_is_named(plan: Plan, careless: Plan, folder: Path, tables: Tables) -> None:
    """In service two lines carry 200 MW and hold nothing up; after a loss 100 MW: the dear site opens. By networks
    without the line the plan holds, the careless one does not."""
    network = study_network(study(folder), tables.data_dir).network
    assert behind(careless) > 90.0 and careless.facts["grid_check"]["status"] == "passed"
    assert 80.0 < behind(plan) <= 90.0 + 1e-6 and "c" in set(plan.sites["candidate"])
    assert worst_after_any_loss(network, plan) <= 1.0 + 1e-6 < worst_after_any_loss(network, careless)
    assert plan.facts["verification"]["ok"] and plan.facts["grid_check"]["status"] == "passed"
    assert plan.facts["grid_check"]["outages"] == 2 and plan.facts["grid_check"]["least_factor"] == 0.05
    assert [one["overloads"] for one in plan.facts["grid"]["rounds"]] == [2, 0]
    pairs = plan.tables["grid_limits"].query("kind == 'outage'").set_index("branch_id")
    assert pairs["outage_branch_id"].to_dict() == {1: 3, 3: 1}
    assert pairs["limit_mw"].tolist() == [100.0, 100.0] and pairs["base_mw"].tolist() == pytest.approx([10.0, 10.0])
    assert pairs["new_mw"].tolist() == pytest.approx([behind(plan)] * 2)
    assert base_flows_mw(network)[0] == pytest.approx(5.0)
    named = [limit for limit in plan.facts["binding"] if "after the loss of" in limit]
    assert len(named) == 2 and all("branch row 1 (10-20)" in limit for limit in named)
    assert any("LP price" in limit for limit in named)  # one of two equal rows carries it


def test_what_is_left_after_the_loss_is_the_study_of_one_line(plan: Plan, tmp_path: Path, tables: Tables) -> None:
    """One line of 100 MW that is never lost limits the same 90 MW: the same cost and the same sites."""
    alone = solve(one_line(tmp_path), tables=tables)
    assert plan.npv_cost_musd == pytest.approx(alone.npv_cost_musd, rel=1e-4)
    assert behind(plan) == pytest.approx(behind(alone))


def test_a_higher_emergency_rating_never_costs_more(plan: Plan, careless: Plan, folder: Path, tables: Tables) -> None:
    """110 MW after a loss, then 300 MW, where only what is in service limits."""
    cost = [solve(study(folder, emergency_share=share), tables=tables).npv_cost_musd for share in (1.1, 3.0)]
    assert plan.npv_cost_musd is not None and cost[0] is not None and cost[1] is not None
    assert plan.npv_cost_musd > cost[0] >= cost[1] - 0.1
    assert cost[1] == pytest.approx(careless.npv_cost_musd, rel=2e-4)


def test_a_plan_that_breaks_a_pair_is_refused(careless: Plan, folder: Path, tables: Tables) -> None:
    """The plan of the study that loses no line, under the study that does: both pairs are named."""
    made = study(folder)
    found = verify(replace(careless, study_digest=made.digest(), data_hashes=hashes(made, tables)), made, tables)
    assert found.only_grid and found.grid["pairs_over"] == 2
    assert any("branch 1 carries" in f and " MW in 20" in f and "after the loss of branch 3" in f for f in found.faults)


@pytest.mark.parametrize("column", ["new_mw", "base_mw", "limit_mw", "spare_mw", "outage_branch_id"])
def test_an_altered_row_of_a_pair_is_refused(column: str, plan: Plan, folder: Path, tables: Tables) -> None:
    """One figure of the pair raised by one."""
    frame = plan.tables["grid_limits"]
    at = frame.index[frame["kind"] == "outage"][0]
    altered = frame.copy()
    altered.loc[at, column] = altered.loc[at, column] + 1
    found = verify(replace(plan, tables={**plan.tables, "grid_limits": altered}), study(folder), tables)
    assert any(fault.startswith("grid_limits, ") for fault in found.faults)


def test_the_report_says_what_counts(plan: Plan, careless: Plan) -> None:
    """The share below which a site is held not to load a line stands beside the verdict; N-0 has none."""
    said = grid_check(plan)
    assert "nor beyond its emergency rating after the loss of any one" in said
    assert "moves the line by less than 5.0 % of its MW is held not to load it" in said
    assert "held not to" not in grid_check(careless)


FOURTH = "40,32.44,-99.72,side\n"


def with_a_side_bus(folder: Path, **grid: Any) -> Study:
    """The dear site stands at bus 40 instead, beside the generator and tied to bus 20 by a long line as well: 2.4 % of
    its MW come round by bus 20 (0.05 / (0.05 + 2 + 0.05) after the loss of a line)."""
    made = study(folder, **grid)
    three_bus_case(
        folder,
        [[10, 3, 0, *REST], [20, 1, 10, *REST], [30, 1, 0, *REST], [40, 1, 0, *REST]],
        [[10, 10, 0, 0, 0, 1, 100, 1, 1000, 0]],
        [
            [10, 20, 0, 0.05, 0, 100, 0, 0, 0, 0, 1, -360, 360],
            [20, 30, 0, 0.05, 0, 200, 0, 0, 0, 0, 1, -360, 360],
            [10, 20, 0, 0.05, 0, 100, 0, 0, 0, 0, 1, -360, 360],
            [10, 40, 0, 0.05, 0, 500, 0, 0, 0, 0, 1, -360, 360],
            [40, 20, 0, 2.0, 0, 500, 0, 0, 0, 0, 1, -360, 360],
        ],
        base=100,
    )
    (folder / "buses.csv").write_text(BUSES + FOURTH)
    (folder / "sites.csv").write_text(SITES.replace(",40,60,10", ",40,60,40"))
    return made


def test_a_site_below_the_least_factor_does_not_load_the_pair(tmp_path: Path, tables: Tables) -> None:
    """Counted from 1 % on the site beside the generator loads the pair, and the plan says so; from 5 % on it does
    not."""
    factor = {"a": 2.05 / 2.1, "b": 2.05 / 2.1, "c": 0.05 / 2.1}
    for least in (0.01, 0.05):
        made = with_a_side_bus(tmp_path, least_factor=f"{100 * least:g} %")
        plan = solve(made, tables=tables)
        assert plan.facts["verification"]["ok"]
        pair = plan.tables["grid_limits"].query("kind == 'outage'").iloc[0]
        mw = plan.sites.set_index("candidate")["utility_mw"]
        counted = sum(f * mw.get(name, 0.0) for name, f in factor.items() if f >= least)
        assert mw["c"] > 10.0 and pair["new_mw"] == pytest.approx(counted)


def test_a_site_below_the_least_factor_is_a_fault_for_who_counts_it(tmp_path: Path, tables: Tables) -> None:
    """The row that 5 % gives is not the row that 1 % gives: the plan is refused under the other study."""
    plan = solve(with_a_side_bus(tmp_path), tables=tables)
    made = with_a_side_bus(tmp_path, least_factor="1 %")
    found = verify(replace(plan, study_digest=made.digest(), data_hashes=hashes(made, tables)), made, tables)
    assert any("after the loss of" in fault and "new_mw" in fault for fault in found.faults)
