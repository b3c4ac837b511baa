"""Rounds of searching: a plan, all its sites together on the network, the lines that they overload as limits, again.

One loop for every search of a study: a solve, a question about a plan, a trial of an explanation, a plan held in
another study. What is searched and what is said at the end is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from siting.aims import look_of
from siting.grid.chosen import study_network
from siting.grid.joint import GridRow
from siting.problem import Problem
from siting.problem.grid_rows import GridRows
from siting.solver.decisions import Decisions
from siting.solver.rounds import overloaded, with_rows
from siting.study import Study
from siting.tables.read import Tables

Found = TypeVar("Found")
Planned = tuple[Problem, Decisions] | None
"""A plan and the problem that it is of, over some candidates of the whole one; None where there is no plan."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Settled(Generic[Found]):
    """The last search of the rounds."""

    found: Found
    problem: Problem
    """With every line that was a limit of this search."""
    over: tuple[GridRow, ...]
    """Lines that its plan still overloads."""
    known: bool
    """Whether all of these were limits of the search: what the problem says of them is not what the network says."""


def in_rounds(
    study: Study,
    tables: Tables,
    problem: Problem,
    search: Callable[[Problem, bool], tuple[Found, Planned]],
    told: Callable[[Found, list[GridRow]], bool] = lambda *_: True,
) -> Settled[Found]:
    """Search until the plan overloads nothing new, `grid.rounds` times at most.

    search: of a problem over all candidates, and whether no round can follow. told: of every plan that was looked at
    with what it overloads; False ends the rounds.
    """
    look, n = look_of(study), 0
    while True:
        n += 1
        last = problem.grid is None or n >= study.grid.rounds
        found, planned = search(problem, last)
        if problem.grid is None or planned is None:
            return Settled(found=found, problem=problem, over=(), known=True)
        network = study_network(study, tables.data_dir).network
        over = overloaded(network, *planned, look)
        held = with_rows(problem.grid, network, over, look)
        known = _same(held, problem.grid)
        if not told(found, over) or known or last:
            return Settled(found=found, problem=problem, over=tuple(over), known=known)
        problem = replace(problem, grid=held)


def _same(held: GridRows, before: GridRows) -> bool:
    return len(held.branch_id) == len(before.branch_id) and np.array_equal(held.every_quarter, before.every_quarter)
