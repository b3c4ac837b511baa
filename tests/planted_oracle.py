"""Whether a planted study has a plan, with limits let go or with a change made, without the code that explains."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from planted_conflicts import Planted, collapsed

from siting.aims import options_of
from siting.assembly import assemble
from siting.explanation.limits import Edit
from siting.solver.search import search
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import Termination


def has_plan(study: Study, tables: Tables) -> bool:
    """Over all its places; a search that ends undecided is an error."""
    found = search(assemble(study, tables).problem, replace(options_of(study), gap=0.9))
    assert found.decisions is not None or found.result.termination is Termination.INFEASIBLE
    return found.decisions is not None


def holds(planted: Planted, edit: Edit, folder: Path, tables: Tables) -> bool:
    """Whether the study has a plan after the edit; cells are written to its own file of places."""
    assert edit.arrays is None
    changed = copy.deepcopy(planted)
    for candidate, column, cell in edit.cells:
        next(place for place in changed.places if place["candidate"] == candidate)[column] = cell
    return has_plan(changed.study(folder).update(dict(edit.fields)), tables)


def is_minimal(
    planted: Planted, names: frozenset[str], named: Iterable[str], folder: Path, tables: Tables, *, every: bool = True
) -> bool:
    """Whether the study has no plan with all limits but `names` let go, and one with any part of `names` in force.

    every: all parts are tried; else those that lack one limit, which hold all smaller ones.
    """
    others = collapsed(frozenset(named) - names)
    if funding := [
        name for name in names if name.startswith("funding by")
    ]:  # spending never falls: earlier ones follow
        planted, others = planted.funded_after(funding[0].removeprefix("funding by ")), others - {"funding"}

    def plan_under(kept: frozenset[str]) -> bool:
        let_go = planted
        for name in sorted(others | (names - kept)):
            let_go = let_go.without(name)
        return has_plan(let_go.study(folder), tables)

    sizes = range(len(names)) if every else [len(names) - 1]
    parts = [frozenset(part) for size in sizes for part in combinations(sorted(names), size)]
    return not plan_under(names) and all(plan_under(part) for part in parts)
