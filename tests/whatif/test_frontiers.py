"""Frontiers: points where the plan changes, ends that are right."""

from __future__ import annotations

import pytest
from small_studies import ABILENE, H100, small_study

from siting.errors import InputError
from siting.whatif.frontiers import CarbonAxis, DateAxis, KeyAxis, frontier
from siting.whatif.variations import Range

OFF = {"grid": {"joint": "off"}}
RENTED = {
    "name": "rented",
    "accelerator": H100,
    "gpus": 1024,
    "usd_per_gpu_h": "2 USD/GPU/h",
    "term_quarters": 8,
    "deliver_from": "2025-Q1",
    "single_fabric_gpus": 1024,
    "note": "assumed",
}


def test_the_change_from_renting_to_building_is_found_by_halving(tmp_path):
    """Rent from 1 to 9 USD in 16 steps: three points, then halves of the one interval with a change, 16 = 2^4: the two
    sides are one step of 0.50 USD apart, and all points but the first three lie inside."""
    study = small_study(tmp_path, leases={"bilateral": [RENTED]}, **OFF)
    key = "leases.bilateral.0.usd_per_gpu_h"
    axis = KeyAxis(key, Range("1 USD/GPU/h", "9 USD/GPU/h"), steps=16)
    found = frontier(study, axis, folder=tmp_path / "sweep", points=3, budget=20)
    rents = [float(run.edits[key].split()[0]) for run in found]
    assert rents == sorted(rents) and len(found) == 3 + 3  # 8 steps, 4, 2, 1
    hosts = [run.clusters[0]["host"] for run in found]
    turn = next(n for n in range(len(found)) if hosts[n] != "rented")
    assert set(hosts[:turn]) == {"rented"} and "rented" not in hosts[turn:]
    assert rents[turn] - rents[turn - 1] == pytest.approx(0.5)
    values = [run.value_musd for run in found]
    assert values[turn:] == pytest.approx([values[turn]] * len(values[turn:]))  # what is not rented has no rent


def test_money_against_carbon_runs_from_the_cheapest_plan_to_the_cleanest(tmp_path):
    """The least carbon first, the cheapest plan last; tonnes rise, money falls, and every cap is kept. Tonnes that the
    search minimised are those of the plan's tables."""
    dear = "chicago,41.88,-87.63,own,60,,300,,,\n"  # Illinois has less carbon in a MWh than Texas
    study = small_study(tmp_path, ABILENE + dear, **OFF)
    found = frontier(study, CarbonAxis(steps=4), folder=tmp_path / "sweep", points=3, budget=4)
    assert found.runs[0].name == "least carbon" and found.runs[-1].name == "no cap on carbon"
    tonnes, money = found.frame["carbon_t"].tolist(), found.frame["value_musd"].tolist()
    assert tonnes == sorted(tonnes) and tonnes[0] < tonnes[-1]
    assert money == sorted(money, reverse=True) and money[0] > money[-1]
    cap = float(found.runs[1].edits["limits"][0]["expr"].split()[-2])
    assert tonnes[1] <= cap * (1 + 1e-6)
    assert found.plans["least carbon"].tables["power"]["co2_t"].sum() == pytest.approx(tonnes[0], rel=1e-6)


def test_dates_stay_inside_the_horizon_and_need_clusters(tmp_path):
    """2024-Q2 and 12 quarters, cluster by 2025-Q4: 9 quarters forward is cut to 6, 9 back to 5."""
    study = small_study(tmp_path, **OFF)
    found = frontier(study, DateAxis(9, 9), folder=tmp_path / "sweep", points=2, budget=2)
    assert [run.name for run in found] == ["-6 quarters", "+5 quarters"]
    assert [run.edits["clusters.0.by"] for run in found] == ["2024-Q2", "2027-Q1"]
    assert [run.termination for run in found] == ["infeasible", "optimal"]  # no power on the first day


def test_more_steps_than_whole_numbers_are_one_run_each(tmp_path):
    """Ten steps from 1 to 3 are three values."""
    study = small_study(tmp_path, **OFF)
    axis = KeyAxis("search.seed", Range(1, 3), steps=10)
    found = frontier(study, axis, folder=tmp_path / "sweep", points=4, budget=9)
    assert [run.edits["search.seed"] for run in found] == [1, 2, 3]


def test_an_axis_that_is_none_is_refused(tmp_path):
    """More points than the budget holds; a range of two units."""
    study = small_study(tmp_path)
    with pytest.raises(InputError, match="found 9 of 4"):
        frontier(study, DateAxis(), folder=tmp_path / "sweep", points=9, budget=4)
    for same in (Range(2, 2), Range("40 USD/MWh", "40 USD/MWh")):
        with pytest.raises(InputError, match="two ends that differ"):
            frontier(study, KeyAxis("search.candidates_in_model", same), folder=tmp_path / "sweep")
    with pytest.raises(InputError, match=r"power\.case: found 'low' to 'high'"):
        frontier(study, KeyAxis("power.case", Range("low", "high")), folder=tmp_path / "sweep")
