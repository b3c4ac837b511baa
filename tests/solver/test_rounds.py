"""Rounds of rows on a small problem: what is broken in an early quarter becomes a limit of every quarter."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from small_networks import triangle
from tiny_problems import changed, hand_problem

from siting.grid.network import Network
from siting.problem import Problem
from siting.problem.grid_rows import GridRows
from siting.solver.rounds import Look, overloaded, with_rows

N0 = Look(joint="n0", emergency_share=1.0, least_factor=0.05)
N1 = Look(joint="n1", emergency_share=1.0, least_factor=0.05)
MODULE_MW = 12.5


def network(lines: int, rate_mw: float) -> Network:
    """Buses 10 and 20 with as much to spare each and `lines` of one reactance between them; 21 MW flow from 10 to 20.
    A load at 20 puts half of it on the lines, a load at 10 takes half off. Bus 30 is 20's neighbour."""
    ends = np.array([0] * lines + [1]), np.array([1] * lines + [2])
    return triangle(
        injection_mw=np.array([21.0, -21.0, 0.0]),
        spare_gen_mw=np.array([500.0, 500.0, 0.0]),
        branch_id=np.arange(1, lines + 2),
        from_bus=ends[0],
        to_bus=ends[1],
        x_pu=np.full(lines + 1, 0.1),
        shift_deg=np.zeros(lines + 1),
        rate_mw=np.array([rate_mw] * lines + [999.0]),
        monitored=np.ones(lines + 1, dtype=bool),
    )


def problem() -> Problem:
    """Candidate 0 at bus 20, the others at 10; four modules are due at first, eight then; of candidate 1 the opening
    costs 30 musd at first and 20 then."""
    opening = np.array([[10.0, 10.0], [30.0, 20.0], [90.0, 90.0]])
    none = np.zeros(0, dtype=np.int64)
    block = GridRows(
        bus_id=np.array([20, 10, 10]),
        island=np.zeros(3, dtype=np.int64),
        island_name=("one",),
        spare_mw=np.array([1000.0]),
        factor=np.zeros((0, 3)),
        room_mw=np.zeros(0),
        limit_mw=np.zeros(0),
        branch_id=none,
        outage_id=none,
        sign=none,
        every_quarter=np.zeros(0, dtype=bool),
    )
    demand = np.array([[4000.0, 8000.0]])
    return changed(hand_problem(candidates=3), demand_h100e=demand, npv_open_musd=opening, grid=block)


def in_rounds(p: Problem, over: Network, look: Look) -> tuple[Problem, list[list[int]], list[tuple[int, int | None]]]:
    """The problem with its last rows, its plan, and every row that was found."""
    found: list[tuple[int, int | None]] = []
    for _ in range(6):
        plan = optimum(p).plan
        rows = overloaded(over, p, plan, look)
        if not rows:
            return p, plan.modules.tolist(), found
        found += [(row.branch_id, row.outage_branch_id) for row in rows]
        assert p.grid is not None
        p = dataclasses.replace(p, grid=with_rows(p.grid, over, rows, look))
    raise AssertionError("rows without end")


def least_by_hand(room_mw: float) -> float:
    """Cheapest of all ways to place modules, the line within its room in both quarters: openings alone differ."""
    opening, least = [[10.0, 10.0], [30.0, 20.0], [90.0, 90.0]], np.inf
    ways = list(itertools.product(range(5), repeat=3))
    for first, then in itertools.product(ways, repeat=2):
        if sum(first) < 4 or sum(then) < 8 or any(a > b for a, b in zip(first, then, strict=True)):
            continue
        flows = [MODULE_MW * (0.5 * at[0] - 0.5 * at[1] - 0.5 * at[2]) for at in (first, then)]
        if max(flows) > room_mw or min(flows) < -room_mw - 42.0:
            continue
        cost = sum(opening[i][0 if first[i] else 1] for i in range(3) if then[i]) + 5.0 * sum(then)
        least = min(least, cost)
    return least


@pytest.mark.parametrize(("lines", "look", "pair"), [(1, N0, (1, None)), (2, N1, (1, 2))])
def test_a_line_broken_before_what_relieves_it_stands_is_held_in_every_quarter(lines, look, pair):
    """One line of 40 MW, or two of which one is lost: 19 MW are left, 25 come with four modules at bus 20. At the end
    four at bus 10 take as much off, so a look at the end alone would pass the plan. Found in two rounds at most, no
    dearer than listing says."""
    p, modules, found = in_rounds(problem(), network(lines, 40.0), look)
    assert optimum(problem()).plan.modules.tolist() == [[4, 0], [0, 4], [0, 0]]
    assert pair in found and p.grid is not None and p.grid.every_quarter.all()
    line = 0.5 * MODULE_MW * (np.array(modules)[0] - np.array(modules)[1] - np.array(modules)[2]).cumsum()
    assert line.max() <= 19.0
    value = optimum(p).value
    assert value == pytest.approx(cheapest_by_listing(p)[0])
    assert value - optimum(problem()).value == pytest.approx(least_by_hand(19.0) - least_by_hand(np.inf)) == 10.0


def test_a_row_that_is_there_is_not_added_twice():
    """The same line, found again and broken early, is one row that now holds in every quarter."""
    p, over = problem(), network(1, 40.0)
    rows = overloaded(over, p, optimum(p).plan, N0)
    assert p.grid is not None
    late = with_rows(p.grid, over, [dataclasses.replace(row, early=False) for row in rows], N0)
    again = with_rows(late, over, rows, N0)
    assert late.every_quarter.tolist() == [False] and again.every_quarter.tolist() == [True]
    assert again.factor.tolist() == [[0.5, -0.5, -0.5]] and again.room_mw == pytest.approx([19.0])
