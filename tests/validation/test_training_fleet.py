"""models/training-fleet.toml: more than twice 35,000 H100 within a year, and a chip of one's own that nobody sells."""

from __future__ import annotations

from pathlib import Path

import pytest

import siting
from siting.plan import Plan
from siting.study import Study
from siting.tables.catalog import accelerator
from siting.tables.read import read_tables
from siting.termination import Termination

DOJO = "Dojo training tile (25 D1)"
H100 = "H100 SXM 80GB"


@pytest.fixture(scope="module")
def study() -> Study:
    return siting.read_study(Path(__file__).parents[2] / "models" / "training-fleet.toml")


def host(plan: Plan) -> tuple[str, str, int, str]:
    """Where and on what the cluster stands, how many accelerators, from which quarter on."""
    row = plan.tables["clusters"].iloc[0]
    return row["host"], row["accelerator"], int(row["gpus"]), row["by"]


def test_doubled_within_the_year_in_a_hall_of_its_own(study: Study) -> None:
    """36,096 more H100 at Austin from 2024-Q4, two quarters from the start; the 35,000 run on: 71,096."""
    plan = siting.solve(study)
    assert host(plan) == ("austin", H100, 36_096, "2024-Q4")
    held = plan.tables["leases"].set_index("lease").loc["35,000 in use", "gpus"]
    assert held + 36_096 > 2 * 35_000
    assert [one.objective for one in plan.passes] == ["time_to_compute_quarters", "npv_cost_musd"]
    assert float(plan.sites["utility_mw"].iloc[0]) == pytest.approx(67.25, abs=0.1)


def test_own_chip_is_too_few_until_it_is_made_faster(study: Study) -> None:
    """36,000 H100e are 3,936 tiles in whole cabinets; 360 a quarter from 2024-Q4 on are 720 by the date. At 4,000 a
    quarter the tile wins at 250,000 USD and loses at 500,000, both without any value at the end: nobody buys it."""
    many = study.update({"accelerators.1.supply_per_quarter": 4000, "purchase.residual": "zero"})
    assert host(siting.solve(many)) == ("austin", DOJO, 3_936, "2024-Q4")
    dear = many.update({"accelerators.1.price_usd": "500000 USD"})
    assert host(siting.solve(dear))[1] == H100


def test_own_chip_draws_more_for_the_same_arithmetic(study: Study) -> None:
    """16.67 kW for 9.15 H100e: 1.82 kW an H100e against 1.40."""
    tile = study.accelerators[1]
    h100e = float(accelerator(read_tables(), DOJO)["h100e_bf16"])
    assert tile.it_kw is not None
    assert tile.it_kw / h100e == pytest.approx(1.82, abs=0.01)


def test_the_catalogue_sells_no_own_chip(study: Study) -> None:
    """Without the study's price nobody sells the tile: no plan, and the reason says so."""
    tile = {"name": DOJO, "it_kw": "16.67 kW", "pod_accelerators": 12}
    cluster = {"name": "second fleet", "h100e_bf16": 36_000, "accelerators": [DOJO], "by": "2025-Q1"}
    plan = siting.solve(study.update({"accelerators": [tile], "clusters": [cluster], "leases": {}}))
    assert plan.passes[-1].termination is Termination.INFEASIBLE
    assert "no accelerator that can be bought" in plan.facts["reasons"][0]
