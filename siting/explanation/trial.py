"""Is there a plan? Asked of a study as it stands, and of one that is edited as a planner would edit it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from siting.aims import options_of
from siting.assembly import Assembled, assemble
from siting.errors import InputError
from siting.explanation.limits import Edit
from siting.explanation.question import Question
from siting.formulation.build import build_model
from siting.joint import Planned, in_rounds
from siting.problem import IntArray, Problem
from siting.problem.goals import MEASURES
from siting.problem.grid_rows import GridRows
from siting.reduction.screen import screen
from siting.solver.budget import Budget
from siting.solver.columns import columns_of
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.decisions import decisions_from
from siting.solver.highs import Options, solve_matrix
from siting.solver.regions import shared_out, with_alike_regions_as_one
from siting.solver.search import Searched, nothing_found, search
from siting.study import Study
from siting.tables.planner_files import read_candidates
from siting.tables.read import Tables
from siting.termination import PassResult, Termination

EDITED = "places.csv"
NPV = MEASURES["npv_cost"].name


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanFound:
    """A plan, as far as it is told here; `bound_musd` is None where it was searched for its being there, not for its
    cost."""

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
    proof: str = ""
    """Why there is none over any candidate, where that is proved."""


def any_plan(
    study: Study,
    tables: Tables,
    assembled: Assembled,
    budget: Budget,
    rows: Callable[[Problem], IntArray],
    look_for: Callable[[Problem, Options], Searched] | None = None,
) -> Answer:
    """Whether the problem has a plan over the candidates that `rows` picks; lines are looked at as in a solve.

    look_for: the search. None: for any plan, whatever it costs.
    """
    seek = look_for or first_plan
    at: IntArray = np.zeros(0, dtype=np.int64)

    def searched(problem: Problem, _: bool) -> tuple[tuple[Problem, Searched], Planned]:
        nonlocal at
        at = rows(problem)
        part = replace(problem.take(at), goals=(), objective="npv_cost", watched=("npv_cost",))
        found = seek(part, budget.of(options_of(study)))
        return (part, found), None if found.decisions is None else (part, found.decisions)

    settled = in_rounds(study, tables, assembled.problem, searched)
    part, found = settled.found
    termination, plan = found.result.termination, None
    if settled.over:  # what the last plan overloads leaves the question open
        termination = Termination.NO_PLAN_FOUND
    elif found.decisions is not None:
        termination, plan = Termination.FEASIBLE, _sketch(part, found)
    return Answer(termination=termination, plan=plan, candidates=len(at), grid=settled.problem.grid)


def first_plan(p: Problem, options: Options) -> Searched:
    """Any whole plan of the model, without an objective: several times quicker than a search that weighs cost."""
    began = time.perf_counter()
    few, member = with_alike_regions_as_one(p)
    try:
        matrix = compile_model(build_model(few))
    except InfeasibleRowError:
        return nothing_found(PassResult(objective=NPV, termination=Termination.INFEASIBLE))
    whole = matrix.integer | columns_of(matrix, ("B", "X"))
    left = Budget(options.time_limit_s, began).of(options)
    found = solve_matrix(replace(matrix, cost=np.zeros(len(matrix.cost)), integer=whole), left)
    if found.x is None:
        return nothing_found(PassResult(objective=NPV, termination=found.termination, limit=found.limit))
    value = float(matrix.cost @ found.x + matrix.offset)
    decisions = decisions_from(few, matrix, found.x)
    decisions = replace(decisions, service=shared_out(p, member, decisions.service))
    result = PassResult(objective=NPV, termination=Termination.FEASIBLE, limit="first_plan", value=value)
    return replace(nothing_found(result), decisions=decisions, measures={"npv_cost": value})


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """The study with a change, assembled."""

    question: Question
    study: Study
    assembled: Assembled
    keep: int
    """Candidates that are looked at where there are more, those of the question always among them."""

    def answer(self, budget: Budget, *, weigh: bool = False) -> Answer:
        """Whether there is a plan. weigh: the one of least cost."""
        q = self.question
        return any_plan(self.study, q.tables, self.assembled, budget, self.rows, search if weigh else None)

    def names(self, few: int | None = None) -> frozenset[str]:
        """Candidates that are looked at, by id; few: about so many of the screen instead."""
        p = self.assembled.problem
        rows = self.rows(p) if few is None else screen(p, few).rows
        return frozenset(str(name) for name in p.candidate_id[rows])

    @property
    def divides(self) -> bool:
        """Whether a candidate can be left out without another: no place is shared, no contract covers many."""
        p = self.assembled.problem
        return p.shared is None and p.contracts is None

    def rows(self, p: Problem) -> IntArray:
        """Candidates of its problem that are looked at: rising positions."""
        if len(p.candidate_id) <= self.keep:
            return np.arange(len(p.candidate_id))
        asked = set(self.question.problem.candidate_id.tolist())
        known = np.flatnonzero([name in asked for name in p.candidate_id.tolist()])
        return np.union1d(known, screen(p, self.keep).rows).astype(np.int64)


def trial_of(q: Question, edit: Edit, keep: int, among: frozenset[str] | None = None) -> Trial | None:
    """The trial of an edit; None where the study refuses it. among: these candidates alone, where that is enough for
    the study: several times quicker where there are thousands."""
    try:
        with edited(q, edit) as study:
            assembled = assemble(study, q.tables, among)
    except InputError:
        return None if among is None else trial_of(q, edit, keep)
    problem = assembled.problem if edit.arrays is None else edit.arrays(assembled)
    if q.problem.grid is not None and problem.grid is not None and edit.arrays is None:
        problem = _on_known_lines(q, problem)
    return Trial(question=q, study=study, assembled=replace(assembled, problem=problem), keep=keep)


def _on_known_lines(q: Question, p: Problem) -> Problem:
    """Lines that were found before are limits from the start, where the candidates are among those of the question."""
    known = q.assembled.problem
    at = {name: n for n, name in enumerate(known.candidate_id.tolist())}
    rows = [at.get(name, -1) for name in p.candidate_id.tolist()]
    if known.grid is None or -1 in rows:
        return p
    return replace(p, grid=known.grid.take_candidates(np.array(rows, dtype=np.int64)))


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
