"""Why is there no plan? Named limits that no plan keeps together, and the smallest change of each that is enough.

    siting.explain(study)

Three steps: the least total violation over all limits (the elastic pass), a minimal set by deletion, and for each of
its members the smallest single change, found on the study itself. Every "no plan" is confirmed by HiGHS without
presolve; every "there is one" rests on a plan that was found. What no search decided in its time is said to be so.
Where there are many candidates, pods and leased GPUs of the plans behind the set may be fractions while it is looked
for; then a whole plan is looked for without each limit of it, and where none is found, that is said.

Limits are the same in every pass of a study with several priorities: a pass keeps what the plan of the one before it
reached, and that plan keeps the goals of all. So the first pass has no plan, and what it asks for is in the limits: the
quarter by which time_to_compute has to be is the date of its cluster.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.aims import options_of
from siting.arguments import checked
from siting.assembly import Assembled, assemble
from siting.assembly.candidates import left_out
from siting.errors import not_above_zero, raise_if_any
from siting.explanation.changes import Change, Smallest
from siting.explanation.conflict import Conflict, Judge, Least, Violation
from siting.explanation.elastic import Elastic
from siting.explanation.limits import Edit, NamedLimit
from siting.explanation.nowhere import proved_short
from siting.explanation.of_accelerators import limits_of_accelerators
from siting.explanation.of_clusters import limits_of_clusters
from siting.explanation.of_demand import limits_of_demand
from siting.explanation.of_money import limits_of_money, own_limits
from siting.explanation.of_network import Lines
from siting.explanation.of_places import limits_of_places
from siting.explanation.of_rules import limits_of_rules
from siting.explanation.question import LOOKED_AT, NAMED, Question, question_of
from siting.explanation.relaxed import can_be_hosted, relaxed
from siting.explanation.trial import Answer, PlanFound, any_plan, trial_of
from siting.explanation.words import in_words
from siting.formulation.build import build_model
from siting.networks import with_own_buses
from siting.printed import in_width
from siting.problem import IntArray, Problem
from siting.progress import Clock, Listener
from siting.reduction.screen import screen
from siting.solver.budget import Budget, affordable
from siting.solver.compile import compile_model
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination

FOR_THE_QUESTION = 0.25
"""Share of the time for whether there is a plan at all."""
FOR_THE_PRICES = 0.5
"""Share of that for a proof by prices that there is none."""
FOR_AMOUNTS, TURNS = 0.8, 2
"""Share of what is left after the set for how large the changes are, before what their plans cost; turns at it."""
FOR_ALL_PLACES = 0.4
"""Share of what is left then, in a wide study, for how much of them is enough over no candidate."""
FOR_WHOLE_PLANS = 0.15
"""Share of what is left of it in a wide study for whole plans without one limit of the set."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Why a study has no plan, or that it has one."""

    study: str
    termination: Termination
    """INFEASIBLE: no plan, explained; FEASIBLE: there is one; NO_PLAN_FOUND: not decided in the time."""
    plan: PlanFound | None
    """Where there is one."""
    violations: tuple[Violation, ...]
    """The elastic pass: which limits give way, where all give way least in sum."""
    least: Least | None
    conflict: tuple[NamedLimit, ...]
    """The minimal set."""
    minimal: bool
    """Whether every search that the set rests on was decided."""
    changes: tuple[Change, ...]
    """One for each limit of the set, in its order."""
    named: tuple[str, ...]
    """Every limit that was looked at."""
    looked: Termination
    """Whether there is a plan over the candidates that a solve would look at: more than those of the explanation."""
    candidates: int
    """Candidates over which this holds."""
    of: int
    """Usable candidates of the study."""
    first_pass: str
    """Objective of the pass that has no plan."""
    searches: int
    seconds: float
    proof: str = ""
    """Why there is no plan over any usable candidate; empty where that is not proved without a search."""
    in_fractions: tuple[NamedLimit, ...] = ()
    """Limits of the set of which it is known only from a plan with fractions of pods that there is one without them."""
    two_classes: bool = False
    """Whether halls are of two cooling classes: MW of places are then no limits that are looked at."""
    wide: bool = False
    """Whether places were named together and round trips kept as they are."""
    left_out: str = ""
    """How many places cannot be used at all, by reason: they are not looked at, and what keeps them out is no limit."""

    @property
    def words(self) -> tuple[str, ...]:
        """The answer line by line."""
        return tuple(in_words(self).splitlines())

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each limit of the set: limit, stated_by, change, amount, unit, npv_cost_musd, bound_musd,
        termination, sites, hosts, smaller_fails, enough_nowhere."""
        rows = [_row(change) for change in self.changes]
        return pd.DataFrame(rows, columns=COLUMNS)

    @property
    def violated(self) -> pd.DataFrame:
        """The elastic pass: limit, amount, unit, share of the stated quantity (of a year, for a date)."""
        rows = [(v.limit.name, v.amount, v.unit, v.share) for v in self.violations]
        return pd.DataFrame(rows, columns=["limit", "amount", "unit", "share"])

    def __str__(self) -> str:
        if not self.changes:
            return in_words(self)
        found = self.frame
        shown = pd.DataFrame({"limit changed alone": found["limit"]})
        for name, heading in (("npv_cost_musd", "plan, MUSD"), ("bound_musd", "bound")):
            shown[heading] = found[name].astype(float).map("{:,.1f}".format).replace("nan", "-")
        return f"{in_words(self)}\n\n{in_width(shown)}"


COLUMNS = [
    "limit",
    "stated_by",
    "change",
    "amount",
    "unit",
    "npv_cost_musd",
    "bound_musd",
    "termination",
    "sites",
    "hosts",
    "smaller_fails",
    "enough_nowhere",
]


def _row(change: Change) -> dict[str, Any]:
    plan = change.plan
    return {
        "limit": change.limit.name,
        "stated_by": "; ".join(change.limit.keys),
        "change": change.words,
        "amount": change.amount,
        "unit": change.unit,
        "npv_cost_musd": None if plan is None else plan.npv_cost_musd,
        "bound_musd": None if plan is None else plan.bound_musd,
        "termination": "" if plan is None else str(plan.termination),
        "sites": "" if plan is None else ", ".join(plan.sites),
        "hosts": "" if plan is None else ", ".join(plan.hosts),
        "smaller_fails": change.smaller_fails,
        "enough_nowhere": change.nowhere,
    }


@checked
def explain(
    study: Study,
    *,
    time_limit_s: float | None = None,
    tables: Tables | None = None,
    progress: Listener | None = None,
) -> Explanation:
    """Why the study has no plan, and what is enough for one; or that there is a plan.

    time_limit_s: seconds for all of it; None: the study's. A limit is a result: what was not decided is said. progress:
    told what is looked at. Raises InputError for bad input and SolverError when HiGHS fails, as `solve` does.
    """
    raise_if_any(not_above_zero("the question", {"time_limit_s": time_limit_s}))
    began, clock = time.perf_counter(), Clock(progress)
    tables = with_own_buses(study, tables or read_tables())
    assembled = assemble(study, tables)
    budget = Budget(study.search.time_limit_s if time_limit_s is None else time_limit_s)
    clock.say(f"whether there is a plan, over {len(assembled.usable):,} candidates")
    answer = _answer(study, tables, assembled, Budget(FOR_THE_QUESTION * budget.left_s))
    first = study.priorities[0].objective
    said: dict[str, Any] = {"study": study.name, "of": len(assembled.usable), "first_pass": first}
    if answer.plan is not None:
        return _nothing_to_explain(said, answer, began)
    if not budget.left_s:  # to write the limits down takes seconds where candidates are many
        return replace(_nothing_to_explain(said, answer, began), termination=Termination.NO_PLAN_FOUND)
    q = question_of(study, tables, assembled, answer.grid)
    found = _explained(q, budget, clock)
    if not found["conflict"] and not found["minimal"] and budget.left_s:
        # there may be a plan among candidates that only looser limits brought in
        here = trial_of(q, Edit(), LOOKED_AT)
        if here is not None and (again := here.answer(budget)).plan is not None:
            return _nothing_to_explain(said, again, began)
    looked = answer.termination
    if looked is not Termination.INFEASIBLE and len(q.rows) < len(q.assembled.usable):
        found["termination"] = looked
    elif found["minimal"]:  # over all candidates
        looked = Termination.INFEASIBLE
    said |= {"looked": looked, "candidates": len(q.rows), "proof": answer.proof, "wide": q.wide}
    said |= {"two_classes": q.problem.annex is not None, "left_out": left_out(q.assembled.candidates)}
    return Explanation(**said, **found, seconds=time.perf_counter() - began)


def _answer(study: Study, tables: Tables, assembled: Assembled, budget: Budget) -> Answer:
    """Whether there is a plan: for all candidates that there is none; else over the candidates that a solve would look
    at, and four times as many after "no"."""
    if proof := _none_at_all(study, assembled.problem, budget):
        number = len(assembled.usable)
        return Answer(termination=Termination.INFEASIBLE, plan=None, candidates=number, proof=proof)
    wished = study.search.candidates_in_model
    few = affordable(assembled.problem, wished, budget.left_s)
    for keep in dict.fromkeys((few, wished, 4 * wished)):
        answer = any_plan(study, tables, assembled, budget, lambda p, keep=keep: _kept(p, keep))  # type: ignore[misc]
        if answer.termination is not Termination.INFEASIBLE or answer.candidates == len(assembled.usable):
            break
    return answer


def _none_at_all(study: Study, p: Problem, budget: Budget) -> str:
    """Why no plan over any candidate is there, where there are many and that can be proved without a search: a cluster
    has no host, or prices of the limits that they share prove it. Else empty."""
    if len(p.candidate_id) <= NAMED:
        return ""
    alone = p.split is None  # to list the pairs of thousands of campuses takes longer than a search
    homeless = [str(name) for k, name in enumerate(p.cluster) if alone and not can_be_hosted(p, k)]
    if homeless:
        return f"none of them, and no lease, can stand {', '.join(homeless)} in time"
    short = proved_short(p, options_of(study), budget, FOR_THE_PRICES)
    return "" if short is None else "prices of the limits that they share prove it"


def _kept(p: Problem, keep: int) -> IntArray:
    return np.arange(len(p.candidate_id)) if len(p.candidate_id) <= keep else screen(p, keep).rows


def _nothing_to_explain(said: dict[str, Any], answer: Answer, began: float) -> Explanation:
    return Explanation(
        **said,
        termination=answer.termination,
        plan=answer.plan,
        violations=(),
        least=None,
        conflict=(),
        minimal=False,
        changes=(),
        named=(),
        looked=answer.termination,
        candidates=answer.candidates,
        searches=1,
        seconds=time.perf_counter() - began,
    )


def _explained(q: Question, budget: Budget, clock: Clock) -> dict[str, Any]:
    """The three steps."""
    judge = judge_of(q, budget, clock)
    least = judge.least()
    conflict = judge.minimal(least.first)
    if conflict is None:
        conflict = Conflict(members=(), decided=True)
    members, minimal = conflict.members, conflict.decided
    changes = _changes(q, judge, members, budget, clock)
    least = _no_more_than(least, changes)
    in_fractions = _in_fractions(judge, changes, budget) if q.wide else ()
    return {
        "termination": Termination.INFEASIBLE if minimal else Termination.NO_PLAN_FOUND,
        "plan": None,
        "violations": tuple(sorted(least.violations, key=lambda violation: -violation.share)),
        "least": least,
        "conflict": members,
        "minimal": minimal,
        "changes": tuple(changes),
        "in_fractions": in_fractions,
        "named": tuple(limit.name for limit in judge.limits),
        "searches": judge.searches,
    }


def _changes(q: Question, judge: Judge, members: Sequence[NamedLimit], budget: Budget, clock: Clock) -> list[Change]:
    """The smallest change of each in an equal share of the time, what is still open in what the others left of theirs;
    then the plans that they give. Those that the elastic matrix rules out come last, all of them in the share of one:
    a change that helps is worth more than the proof that another does not."""
    for_all = Budget((1.0 - FOR_WHOLE_PLANS * q.wide) * budget.left_s)
    sought = [Smallest(q, judge, limit, LOOKED_AT // 3, clock) for limit in members]
    amounts = Budget(FOR_AMOUNTS * for_all.left_s)
    for _ in range(TURNS):
        hopeful = [one for one in sought if one.hopeful and not one.decided]
        others = [one for one in sought if not one.hopeful and not one.decided]
        for n, one in enumerate(hopeful):
            one.seek(Budget(amounts.left_s / (len(hopeful) - n + bool(others))))
        for n, one in enumerate(others):
            one.seek(Budget(amounts.left_s / (len(others) - n)))
    everywhere = Budget(FOR_ALL_PLACES * for_all.left_s)
    for n, one in enumerate(sought):
        if q.wide:
            one.look_everywhere(Budget(everywhere.left_s / (len(sought) - n)))
    return [one.change(Budget(for_all.left_s / (len(sought) - n))) for n, one in enumerate(sought)]


def _in_fractions(judge: Judge, changes: Sequence[Change], budget: Budget) -> tuple[NamedLimit, ...]:
    """Limits of the set without which no plan in whole pods was found, be it one that a change of the limit gives."""
    open_ = [change.limit for change in changes if change.plan is None]
    left, members = [], [change.limit for change in changes]
    for n, limit in enumerate(open_):
        seconds = budget.left_s / (len(open_) - n)
        if not judge.has_whole_plan([other for other in members if other is not limit], seconds):
            left.append(limit)
    return tuple(left)


def _no_more_than(least: Least, changes: Iterable[Change]) -> Least:
    """The least violation, or that of one change where the elastic pass was not done and it is smaller."""
    before = sum(violation.share for violation in least.violations) if least.violations else math.inf
    best = min(changes, key=lambda change: change.share, default=None)
    if least.termination is Termination.OPTIMAL or best is None or best.amount is None or best.share >= before:
        return least
    alone = Violation(limit=best.limit, amount=best.amount, unit=best.unit, share=best.share)
    return replace(least, violations=(alone,), termination=Termination.FEASIBLE)


def judge_of(q: Question, budget: Budget, clock: Clock | None = None) -> Judge:
    """The elastic matrix of the question, and every limit that it names."""
    loose = relaxed(q)
    elastic = Elastic(compile_model(build_model(loose.problem)), whole=not q.wide)
    limits = [
        *limits_of_places(q, loose, elastic),
        *limits_of_accelerators(q, loose, elastic),
        *limits_of_clusters(q, loose, elastic),
        *limits_of_demand(q, loose, elastic),
        *limits_of_rules(q, elastic),
        *own_limits(q, elastic),
        *limits_of_money(q, elastic),
    ]
    lines = None if q.problem.grid is None else Lines(q, loose, elastic)
    return Judge(elastic, limits, lines, budget, options_of(q.study), clock)
