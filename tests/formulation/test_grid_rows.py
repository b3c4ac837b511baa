"""Rows of lines and islands that sites share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from listing import cheapest_by_listing
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem

from siting.formulation.grid import add_grid
from siting.formulation.sites import add_sites
from siting.problem.grid_rows import NO_OUTAGE, GridRows


def grid(factor: list[list[float]], room_mw: list[float], **changes: Any) -> GridRows:
    """Rows over three candidates, the first two in the west, the third in the east."""
    count = len(room_mw)
    values: dict[str, Any] = {
        "bus_id": np.array([1, 2, 3]),
        "island": np.array([0, 0, 1]),
        "island_name": ("west", "east"),
        "spare_mw": np.array([70.0, 30.0]),
        "factor": np.array(factor).reshape(count, 3),
        "room_mw": np.array(room_mw),
        "limit_mw": np.array(room_mw),
        "branch_id": np.arange(count),
        "outage_id": np.full(count, NO_OUTAGE),
        "sign": np.ones(count, dtype=np.int64),
        "every_quarter": np.zeros(count, dtype=bool),
    }
    return GridRows(**{**values, **changes})


def model(block: GridRows | None) -> pyo.ConcreteModel:
    """Three candidates, two quarters; a module of 10 MW IT is 12.5 MW at the meter."""
    p = changed(hand_problem(candidates=3), grid=block)
    m = pyo.ConcreteModel()
    add_sites(m, p)
    add_grid(m, p)
    return m


@rows_of(add_grid, "line_room")
def test_a_line_takes_what_stands_at_the_end():
    """0.4 of candidate 0 less 0.2 of candidate 1 within 15 MW: 5 and -2.5 MW a module in quarter 1, the last. A row
    that no candidate loads is left out."""
    m = model(grid([[0.4, -0.2, 0.0], [0.0, 0.0, 0.0]], [15.0, 9.0]))
    assert rows(m, "line_room") == {(0, 1): ({"V01": 5.0, "V11": -2.5}, "<=", 15.0)}


def test_a_row_broken_early_holds_in_every_quarter():
    """The same row marked: 15 MW in quarter 0 as in quarter 1."""
    m = model(grid([[0.4, -0.2, 0.0]], [15.0], every_quarter=np.array([True])))
    first, last = ({"V00": 5.0, "V10": -2.5}, "<=", 15.0), ({"V01": 5.0, "V11": -2.5}, "<=", 15.0)
    assert rows(m, "line_room") == {(0, 0): first, (0, 1): last}


@rows_of(add_grid, "island_spare")
def test_an_island_takes_what_it_has_to_spare():
    """70 MW in the west for the first two, 30 MW in the east for the third; a candidate without a bus loads nothing."""
    m = model(grid([], []))
    west = ({"V01": 12.5, "V11": 12.5}, "<=", 70.0)
    assert rows(m, "island_spare") == {0: west, 1: ({"V21": 12.5}, "<=", 30.0)}
    away = model(grid([], [], island=np.array([0, -1, -1])))
    assert rows(away, "island_spare") == {0: ({"V01": 12.5}, "<=", 70.0)}


def test_without_a_network_no_row_is_written():
    """A study that looks at none has the model it always had."""
    m = model(None)
    assert m.component("line_room") is None and m.component("island_spare") is None


def test_rows_follow_the_candidates_that_are_kept():
    """Candidates 2 and 0 in that order: their buses, islands and factors."""
    kept = grid([[0.4, -0.2, 0.1]], [15.0]).take_candidates(np.array([2, 0]))
    assert kept.bus_id.tolist() == [3, 1] and kept.island.tolist() == [1, 0]
    assert kept.factor.tolist() == [[0.1, 0.4]]


def test_a_full_line_moves_the_site():
    """4,000 H100e are 40 MW IT: four modules at candidate 0 cost 10 + 20. A line that takes 0.5 of each of its MW and
    has 19 MW leaves three modules there (18.75 MW): all four stand at candidate 1, whose opening is 20 dearer."""
    demand = np.full((1, 2), 4000.0)
    free = optimum(changed(hand_problem(candidates=3), demand_h100e=demand))
    held = optimum(changed(hand_problem(candidates=3), demand_h100e=demand, grid=grid([[0.5, 0.0, 0.0]], [19.0])))
    assert free.plan.modules.sum(axis=1).tolist() == [4, 0, 0]
    assert held.plan.modules.sum(axis=1).tolist() == [0, 4, 0]
    assert round(held.value - free.value, 6) == 20.0


def test_what_relieves_a_line_is_there_in_time():
    """4,000 H100e at first and 8,000 then are four and eight modules. 25 MW of candidate 0 alone pass 19 MW; later
    candidate 1, which opens for 20 instead of 30, takes as much off the line. Held at the end only the plan waits for
    that; held in every quarter candidate 1 opens at once, for 10 more, and three modules stand at 0 (18.75 - 6.25)."""
    opening = np.array([[10.0, 10.0], [30.0, 20.0], [90.0, 90.0]])
    changes = {"demand_h100e": np.array([[4000.0, 8000.0]]), "npv_open_musd": opening}
    line = {"factor": [[0.5, -0.5, 0.0]], "room_mw": [19.0], "spare_mw": np.array([999.0, 999.0])}
    at_the_end, always = (
        changed(hand_problem(candidates=3), grid=grid(**line, every_quarter=np.array([every])), **changes)
        for every in (False, True)
    )
    assert optimum(at_the_end).plan.modules.tolist() == [[4, 0], [0, 4], [0, 0]]
    held = optimum(always)
    assert (0.5 * 12.5 * held.plan.modules.cumsum(axis=1) * [[1], [-1], [0]]).sum(axis=0).max() <= 19.0
    assert round(held.value - optimum(at_the_end).value, 6) == 10.0
    assert round(held.value, 6) == round(cheapest_by_listing(always)[0], 6)
