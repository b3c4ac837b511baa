"""What a question about a saved plan stands on: its study again, over few candidates, and what the least cost there is
known to be.

The candidates are those that the plan opens, those asked about, and the cheapest of the screen. Dates and goals are
those that the passes before the cost reached. Every answer is a search with a value and a bound of its own, on lines
that hold for all sites together; a limit of time ends it with what is known by then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from siting.aims import aims_of, options_of
from siting.assembly import Assembled
from siting.assembly.assemble import with_figures
from siting.joint import Planned, in_rounds
from siting.plan import Plan
from siting.problem import IntArray, Problem
from siting.problem.goals import MEASURES, kept
from siting.progress import Clock
from siting.reduction.screen import screen
from siting.run import assembled_again
from siting.seek import at_date
from siting.solver.budget import Budget
from siting.solver.decisions import Decisions
from siting.solver.highs import Options
from siting.solver.search import Searched, search
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import Termination

FEW = 6
"""Candidates of the screen in every search of a question. On the shipped study (20 quarters, 20 regions) a search of
the plan takes about 3 s with them, 6 s with 12, 10 s with 24."""
SHARPER = 0.2
"""Gap of these searches over that of the study: two of them make one answer."""
AT_ONCE = 0.4
"""Most of the time that is left which one search may take."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LeastCost:
    """What one search found and proved of the least cost."""

    value_musd: float | None
    bound_musd: float | None
    """None: nothing is proved; infinity where no plan exists."""
    decisions: Decisions | None = None

    @property
    def infeasible(self) -> bool:
        """Whether it is proved that there is no plan."""
        return self.value_musd is None and self.bound_musd == math.inf


@dataclass(frozen=True, kw_only=True)
class Difference:
    """musd by which one least cost lies above another: what is known of it."""

    low: float
    point: float | None
    """Of the plans at hand; None where there is none with the change."""
    high: float

    @property
    def open(self) -> bool:
        """Whether it may be nothing."""
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A saved plan's study over few candidates."""

    plan: Plan
    study: Study
    tables: Tables
    everyone: Assembled
    """Over all usable candidates."""
    few: Assembled
    """Over those of the searches."""
    problem: Problem
    """Over those: the cost at the dates and within the goals that earlier passes reached."""
    base: LeastCost
    """The least cost of `problem`: never above the plan at hand."""
    options: Options
    budget: Budget
    clock: Clock

    @property
    def candidates(self) -> int:
        """Campuses that the answers hold over."""
        return int(self.problem.is_campus.sum())

    def row(self, candidate: str) -> int:
        """Position in `problem`."""
        return int(np.flatnonzero(self.problem.candidate_id == candidate)[0])

    def with_figures(self, usable: pd.DataFrame) -> Problem:
        """The problem with other figures of its candidates: rows of `few.usable` in their order."""
        problem = as_asked(self.plan, self.study, with_figures(self.study, self.tables, self.everyone, usable).problem)
        return replace(problem, grid=self.problem.grid)

    def answer(self, p: Problem) -> LeastCost:
        """Value and bound of the least cost of a problem over these candidates. Raises SolverError."""
        return _least_cost(self.study, self.tables, p, self.budget.of(self.options, AT_ONCE))[0]


def ground_of(
    plan: Plan,
    also: Sequence[str] = (),
    *,
    tables: Tables | None = None,
    candidates: int = FEW,
    time_limit_s: float = 120.0,
    clock: Clock | None = None,
) -> Ground:
    """The ground under a plan, its candidates and those of `also` among it, its least cost searched again.

    Raises InputError without a plan, where tables or the planner's files are no longer those of the plan, or for a bad
    study.
    """
    clock = clock or Clock(None)
    study, tables, everyone = assembled_again(plan, tables)
    return ground_over(
        plan, study, tables, everyone, also, candidates=candidates, time_limit_s=time_limit_s, clock=clock
    )


def ground_over(
    plan: Plan,
    study: Study,
    tables: Tables,
    everyone: Assembled,
    also: Sequence[str],
    *,
    candidates: int,
    time_limit_s: float,
    clock: Clock,
) -> Ground:
    """As `ground_of`, of what is assembled."""
    budget, wish = Budget(time_limit_s), options_of(study)
    options = replace(wish, gap=SHARPER * wish.gap)
    whole = as_asked(plan, study, everyone.problem)
    rows = _rows(everyone, whole, [*plan.sites["candidate"], *also], candidates)
    few = with_figures(study, tables, everyone, everyone.usable.iloc[rows])
    problem = as_asked(plan, study, few.problem)
    clock.say(f"the plan again, over {len(rows)} candidates")
    base, problem = _least_cost(study, tables, problem, budget.of(options, AT_ONCE))
    return Ground(
        plan=plan,
        study=study,
        tables=tables,
        everyone=everyone,
        few=few,
        problem=problem,
        base=_with_plan(plan, base),
        options=options,
        budget=budget,
        clock=clock,
    )


def less(changed: LeastCost, base: LeastCost) -> Difference:
    """The least cost of `base` less that of `changed`, whose plans all those of `base` are among, at no more cost."""
    assert base.value_musd is not None
    value = base.value_musd if changed.value_musd is None else min(changed.value_musd, base.value_musd)
    low = 0.0 if base.bound_musd is None else max(0.0, base.bound_musd - value)
    high = math.inf if changed.bound_musd is None else max(low, base.value_musd - changed.bound_musd)
    return Difference(low=low, point=base.value_musd - value, high=high)


def more(changed: LeastCost, base: LeastCost) -> Difference:
    """The least cost of `changed` less that of `base`, whose plans all those of `changed` are among."""
    assert base.value_musd is not None
    low = 0.0 if changed.bound_musd is None else max(0.0, changed.bound_musd - base.value_musd)
    if changed.value_musd is None:
        return Difference(low=low, point=None, high=math.inf)
    high = math.inf if base.bound_musd is None else max(low, changed.value_musd - base.bound_musd)
    return Difference(low=low, point=max(0.0, changed.value_musd - base.value_musd), high=high)


def apart(changed: LeastCost, base: LeastCost) -> Difference:
    """The least cost of `base` less that of `changed`, of which neither need have the plans of the other."""
    assert base.value_musd is not None
    value, least = changed.value_musd, base.bound_musd
    low = -math.inf if value is None or least is None else least - value
    high = math.inf if changed.bound_musd is None else base.value_musd - changed.bound_musd
    return Difference(low=low, point=None if value is None else base.value_musd - value, high=high)


def _with_plan(plan: Plan, found: LeastCost) -> LeastCost:
    """What is known of the least cost, the plan at hand and its bound over all candidates counted."""
    result = plan.npv_pass
    assert result is not None and result.value is not None
    value = min(musd for musd in (result.value, found.value_musd) if musd is not None)
    bounds = [found.bound_musd, plan.facts.get("everyone", {}).get("bound_musd")]
    known = [min(float(musd), value) for musd in bounds if musd is not None]
    return LeastCost(value_musd=value, bound_musd=max(known) if known else None, decisions=found.decisions)


def as_asked(plan: Plan, study: Study, p: Problem) -> Problem:
    """The cost pass: the dates and goals that the passes before it reached."""
    reached = {result.objective: result.value for result in plan.passes if result.value is not None}
    aims = aims_of(study)
    before = aims[: [aim.objective for aim in aims].index("npv_cost")]
    goals = tuple(kept(aim.objective, float(reached[MEASURES[aim.objective].name]), aim.tolerance) for aim in before)
    watched = tuple(dict.fromkeys([*p.watched, "npv_cost", *(aim.objective for aim in aims)]))
    if study.priorities[0].objective == "time_to_compute":
        p = at_date(study, p, int(plan.passes[0].value or 0))
    return replace(p, objective="npv_cost", goals=goals, watched=watched)


def _rows(a: Assembled, p: Problem, named: Sequence[str], keep: int) -> IntArray:
    """Rising positions of the candidates named, of about `keep` of the screen, and of all that these need."""
    at = {name: n for n, name in enumerate(a.usable["candidate"])}
    rows = np.union1d([at[name] for name in named], screen(p, keep).rows).astype(np.int64)
    place = a.usable["place"].fillna("").astype(str)
    shared = place.isin(set(place.iloc[rows]) - {""}).to_numpy()
    rows = np.union1d(rows, np.flatnonzero(shared)).astype(np.int64)
    rows = p.whole_campuses(rows)
    if p.contracts is not None:
        bare = ~p.contracts.covers[rows].any(axis=0)
        rows = np.union1d(rows, p.contracts.covers[:, bare].argmax(axis=0)).astype(np.int64)
    return rows


def _least_cost(study: Study, tables: Tables, p: Problem, options: Options) -> tuple[LeastCost, Problem]:
    """Value and bound, and the problem with the lines that its plans overloaded on the way."""
    budget = Budget(options.time_limit_s)

    def look_for(problem: Problem, _: bool) -> tuple[Searched, Planned]:
        found = search(problem, budget.of(options))
        return found, None if found.decisions is None else (problem, found.decisions)

    settled = in_rounds(study, tables, p, look_for)
    found, result = settled.found, settled.found.result
    bound = math.inf if result.termination is Termination.INFEASIBLE else result.bound
    if settled.over and not settled.known:  # lines that are known may have a limit of their own in the question
        return LeastCost(value_musd=None, bound_musd=bound), settled.problem
    return LeastCost(value_musd=result.value, bound_musd=bound, decisions=found.decisions), settled.problem
