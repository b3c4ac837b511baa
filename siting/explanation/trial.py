"""Is there a plan? Asked of a study as it stands, and of one that is edited as a planner would edit it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from siting.aims import options_of
from siting.assembly import Assembled, assemble
from siting.errors import InputError
from siting.explanation.limits import Edit
from siting.explanation.question import Question
from siting.grid.chosen import study_network
from siting.problem import IntArray, Problem
from siting.problem.grid_rows import GridRows
from siting.reduction.screen import screen
from siting.solver.budget import Budget
from siting.solver.passes import ANY_PLAN
from siting.solver.rounds import Look, overloaded, with_rows
from siting.solver.search import Searched, search
from siting.study import Study
from siting.tables.planner_files import read_candidates
from siting.tables.read import Tables
from siting.termination import Termination

EDITED = "places.csv"


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanFound:
    """Any plan: it was searched for its being there, not for its cost."""

    npv_cost_musd: float | None
    bound_musd: float | None
    termination: Termination
    sites: tuple[str, ...]
    hosts: tuple[str, ...]
    """Host of each cluster."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """Whether there is a plan, and over how many candidates."""

    termination: Termination
    """FEASIBLE, INFEASIBLE or NO_PLAN_FOUND, where the time ended."""
    plan: PlanFound | None
    candidates: int
    grid: GridRows | None = None
    """Lines that plans on the way overloaded, over all candidates."""


def any_plan(
    study: Study, tables: Tables, assembled: Assembled, options_s: Budget, rows: Callable[[Problem], IntArray]
) -> Answer:
    """Whether the problem has a plan over the candidates that `rows` picks; lines are looked at as in a solve."""
    wish = study.grid
    look = Look(joint=wish.joint, emergency_share=wish.emergency_share, least_factor=wish.least_factor)
    problem = assembled.problem
    for n in range(wish.rounds if problem.grid is not None else 1):
        at = rows(problem)
        part, options = problem.take(at), options_s.of(replace(options_of(study), gap=ANY_PLAN))
        found = search(replace(part, goals=(), objective="npv_cost", watched=("npv_cost",)), options)
        grid, decisions = problem.grid, found.decisions
        over = []
        if grid is not None and decisions is not None:
            network = study_network(study, tables.data_dir).network
            over = overloaded(network, part, decisions, look)
        if not over:
            break
        if n + 1 == wish.rounds:  # what the last plan overloads leaves the question open
            return Answer(termination=Termination.NO_PLAN_FOUND, plan=None, candidates=len(at), grid=problem.grid)
        assert grid is not None
        problem = replace(problem, grid=with_rows(grid, network, over, look))
    if found.decisions is not None:
        plan = _sketch(part, found)
        return Answer(termination=Termination.FEASIBLE, plan=plan, candidates=len(at), grid=problem.grid)
    return Answer(termination=found.result.termination, plan=None, candidates=len(at), grid=problem.grid)


def _sketch(p: Problem, found: Searched) -> PlanFound:
    decisions = found.decisions
    assert decisions is not None
    opened = np.flatnonzero(decisions.modules.sum(axis=1) > 0)
    names = {"lease": p.lease_id, "campus": p.candidate_id, "split": p.candidate_id}
    return PlanFound(
        npv_cost_musd=found.measures.get("npv_cost"),
        bound_musd=found.result.bound,
        termination=found.result.termination,
        sites=tuple(str(p.candidate_id[i]) for i in opened.tolist()),
        hosts=tuple(str(names[kind][at]) for kind, at, _ in decisions.host if kind in names),
    )


def tried(q: Question, edit: Edit, budget: Budget, keep: int) -> Answer | None:
    """The study with the edit, assembled and searched; None where the study refuses the edit.

    keep: candidates that are looked at where there are more, those of the question always among them.
    """
    try:
        with edited(q, edit) as study:
            assembled = assemble(study, q.tables)
    except (ValidationError, InputError, KeyError):
        return None
    problem = assembled.problem if edit.arrays is None else edit.arrays(assembled)
    if q.problem.grid is not None and problem.grid is not None and edit.arrays is None:
        problem = _on_known_lines(q, problem)
    asked = set(q.problem.candidate_id.tolist())

    def rows(p: Problem) -> IntArray:
        if len(p.candidate_id) <= keep:
            return np.arange(len(p.candidate_id))
        known = np.flatnonzero([name in asked for name in p.candidate_id.tolist()])
        return np.union1d(known, screen(p, keep).rows).astype(np.int64)

    return any_plan(study, q.tables, replace(assembled, problem=problem), budget, rows)


def _on_known_lines(q: Question, p: Problem) -> Problem:
    """Lines that were found before are limits from the start, where the candidates are the same."""
    known = q.assembled.problem.grid
    same = known is not None and q.assembled.problem.candidate_id.tolist() == p.candidate_id.tolist()
    return replace(p, grid=known) if same else p


@contextmanager
def edited(q: Question, edit: Edit) -> Iterator[Study]:
    """The study with the edit; its file of places, where a row changes, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="siting-") as folder:
        fields = dict(edit.fields)
        if edit.cells:
            stated = q.study.candidates.file
            assert stated is not None
            frame = read_candidates(q.study.folder / stated.path).astype(object)
            frame = frame.where(frame.notna(), "")
            for candidate, column, cell in edit.cells:
                frame.loc[frame["candidate"] == candidate, column] = cell
            frame.to_csv(Path(folder) / EDITED, index=False, encoding="utf-8")
            fields["candidates.file.path"] = str(Path(folder) / EDITED)
        yield q.study.update(fields)
