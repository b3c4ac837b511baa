"""A changed study, answered from a plan that is there: first whether that plan is still good enough, then a search.

1. The plan is held under the new inputs (`held`): its first stage, the rest decided again.
2. What was proved before is carried over (`carried`). Where the two are within the gap asked for, the same plan is the
   answer, and no tree was searched. That speaks of the candidates of the plan's model; where a bound over all is asked
   for, that must be as close as the gap, or as it was for the plan, too: places outside may have become better.
   Wide studies (`wide`) begin with that bound, and where it leaves the plan at hand open end in a search of their own.
3. Else the few sites are searched that prices of all candidates name, where these open one (`siting.solver.one_site`);
   or the search begins with the candidates of the plan and those that look best now, ends as soon as the plan at hand
   is proved to the gap, and never answers with a dearer one. Where these are too many for one search, it stays with the
   candidates of the plan, and all others are looked at in a search of its own if the bound over all is left open.

A study in which the plan does not hold, and one with objectives in order or a date as the first, are searched from the
beginning: what is known is of the cost alone, and a plan that does not hold led a search astray.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from siting.aims import options_of, proof_asked
from siting.arguments import checked
from siting.assembly import Assembled, assemble
from siting.memory import peak_mb
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.pricing import parts_without_price
from siting.problem import IntArray, Problem
from siting.progress import Clock, Listener
from siting.reduction.screen import Screened, screen
from siting.run import finished, solve, study_of
from siting.seek import Found, Known, seek
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone
from siting.solver.held import held_in, site_rows
from siting.solver.repriced import Repriced
from siting.solver.search import Searched
from siting.solver.start import is_wide
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination, relative_gap, tightened
from siting.whatif.before import (
    Before,
    as_it_was,
    before,
    carried_over,
    everyone_now,
    facts_by,
    on_lines_of,
    why_cold,
)
from siting.whatif.carried import Carried, in_model
from siting.whatif.repriced import reprice_on_lines
from siting.whatif.variation import Variation
from siting.whatif.wide import priced_now, sure_enough

FOR_THE_SAME = 0.3
"""Share of the time limit for each of holding the plan and carrying its bound over."""
FOR_THE_PROOF = 0.5
"""The same for what is proved over all candidates before a search: the search over crowds needs a few seconds in one
piece, and on a busy machine had them not with a share of 0.3."""
FOR_THE_OTHERS = 0.5
"""Share of what is left that a search of the plan's own candidates may take where others may have to be looked at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Held:
    """The plan under the new inputs, over the candidates of its model."""

    rows: IntArray
    repriced: Repriced

    @property
    def value(self) -> float | None:
        """musd; None where the plan does not hold."""
        return self.repriced.result.value


@checked
def what_if(
    base: Plan | Study,
    change: Variation | Study | Mapping[str, Any],
    *,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> Plan:
    """The plan of a changed study, from a plan that is there. A study as `base` is solved first.

    change: a variation, edits by dotted name, or the changed study itself. The plan is like any other: whole, read a
    second time, its bound over the candidates in the model; `facts["what_if"]` says how it was answered: `answered_by`
    (same plan | search from the plan | search), `words`, `held_musd` (the first plan under the new inputs),
    `held_lost` (why it no longer holds), `carried_musd`, `carried_by`, `looser`. The curve of dates is left out.
    Raises InputError, SolverError and VerificationError as `solve` does.
    """
    shared = tables or read_tables()
    plan = base if isinstance(base, Plan) else solve(base, tables=shared)
    study, name = _changed(study_of(plan), change)
    clock = Clock(progress)
    tables = with_own_buses(study, shared)
    clock.lap("read")
    assembled = assemble(study, tables)
    clock.lap("assemble")
    budget = Budget(study.search.time_limit_s)
    said: dict[str, Any] = {"of": plan.study_digest, "change": name}
    if why := why_cold(plan, study):
        found = seek(study, tables, assembled, clock, budget)
        said |= {"answered_by": "search", "words": f"Searched from the beginning: {why}."}
        return _written(study, tables, found, clock, said)
    known = on_lines_of(before(plan, shared), study)
    clock.lap("before")
    there = _held(plan, study, tables, assembled, budget)
    clock.lap("hold")
    enough = sure_enough(plan, study.search.gap)
    prices_first = _prices_first(study, assembled.problem, there.rows)
    everyone = _priced(study, plan, assembled.problem, there, enough, budget) if prices_first else None
    clock.lap("price")
    bound = _carried(study, known, assembled.problem, there, everyone, budget)
    clock.lap("carry")
    said |= _facts(there, bound)
    same = _same_plan(study, assembled, there, bound)
    if same is not None and everyone is not None:
        same = _with_prices(study, known, same, everyone)
    elif same is not None and same.searched.result.termination is Termination.OPTIMAL:
        same = _over_all(study, known, same, enough, budget)
    clock.lap("prove")
    beside = _beside(study, assembled.problem, there.rows)
    if same is not None and _good_enough(same, enough, beside):
        said |= {"answered_by": "same plan", "words": _same_words(same, bound)}
        return _written(study, tables, same, clock, said)
    alone = prices_first or there.value is None  # a plan that does not hold leads a search astray
    wide = not alone and is_wide(assembled.problem, there.rows)
    rows = there.rows if wide else beside
    part = Budget(FOR_THE_OTHERS * budget.left_s) if wide else budget
    from_here = None if alone else Known(rows=rows, plan=plan)
    sought = seek(study, tables, assembled, clock, part, from_here)
    from_plan = from_here is not None and sought.proof is None  # else it began with the sites that prices name
    found = _no_worse(sought, same)
    if bound.bound_musd is not None and np.isin(found.screened.rows, there.rows).all():
        found = _bounded(found, bound.bound_musd, study.search.gap)
    if not found.everyone:
        found = _over_all(study, known, found, enough, budget)
    if wide and not _as_sure(found, enough, beside):
        clock.say("the candidates that the plan did not look at")
        found = _no_worse(seek(study, tables, assembled, clock, budget), found)
    way = "search from the plan" if from_plan else "search"
    said |= {"answered_by": way, "words": _searched_words(there, found, from_plan)}
    return _written(study, tables, found, clock, said)


def _written(study: Study, tables: Tables, found: Found, clock: Clock, said: dict[str, Any]) -> Plan:
    plan = finished(study, tables, found, clock)
    facts = {**plan.facts, "what_if": said, "peak_mb_by_phase": clock.peak_mb}
    return replace(plan, facts=facts, seconds=clock.seconds, peak_mb=peak_mb())


def _changed(study: Study, change: Variation | Study | Mapping[str, Any]) -> tuple[Study, str]:
    if isinstance(change, Study):
        return change, change.name
    variation = change if isinstance(change, Variation) else Variation(name="what if", edits=change)
    return variation.of(study), variation.name


def _held(plan: Plan, study: Study, tables: Tables, assembled: Assembled, budget: Budget) -> _Held:
    p = replace(assembled.problem, watched=("npv_cost",))
    rows = np.union1d(in_model(plan, p), site_rows(plan, p)).astype(np.int64)
    few = p.take(rows)
    options = budget.of(options_of(study), FOR_THE_SAME)
    finer = replace(options, gap=options.gap / 10.0)
    held = held_in(plan, few, int(study.start))
    return _Held(rows=rows, repriced=reprice_on_lines(few, held, "first stage", finer, study, tables))


def _same_plan(study: Study, assembled: Assembled, there: _Held, bound: Carried) -> Found | None:
    """The plan at hand under the new inputs with the bound that was carried over; None where it does not hold."""
    repriced = there.repriced
    if repriced.decisions is None or repriced.result.value is None:
        return None
    open_bound = replace(repriced.result, termination=Termination.FEASIBLE, limit="not searched", bound=None)
    result = open_bound if bound.bound_musd is None else tightened(open_bound, bound.bound_musd, study.search.gap)
    problem, rows = assembled.problem, there.rows
    searched = Searched(
        result=result,
        decisions=repriced.decisions,
        rounding_musd=None,
        seconds={},
        peak_mb={},
        rows=repriced.size[0],
        columns=repriced.size[1],
        nonzeros=repriced.size[2],
        nodes=0,
        measures=dict(repriced.measures or {}),
    )
    few = replace(problem, watched=("npv_cost",)).take(rows)
    return Found(
        assembled=assembled,
        screened=_screened(problem, rows),
        problem=few,
        passes=(result,),
        searched=searched,
    )


def _over_all(study: Study, base: Before, same: Found, enough: float, budget: Budget) -> Found:
    """The same with what holds for all candidates, where that is asked for and not all were in the model; to the gap
    `enough`, if that is within reach."""
    problem, rows, value = same.assembled.problem, same.screened.rows, same.searched.result.value
    if value is None or not proof_asked(study) or len(rows) == len(problem.candidate_id):
        return same
    everyone = everyone_now(base, problem, rows, value, budget.of(options_of(study), FOR_THE_PROOF), enough)
    if not everyone:
        return same
    return _bounded(replace(same, everyone=everyone), everyone["bound_musd"], study.search.gap)


def _prices_first(study: Study, p: Problem, rows: IntArray) -> bool:
    """Whether a search of its own would begin with prices of all candidates, as there are many sites and regions."""
    return proof_asked(study) and not parts_without_price(p) and is_wide(p, _beside(study, p, rows))


def _priced(study: Study, plan: Plan, p: Problem, there: _Held, enough: float, budget: Budget) -> Everyone | None:
    """All candidates priced under the new inputs, up to what proves the plan at hand; None where it does not hold, or
    no relaxation is solved in time."""
    if there.value is None:
        return None
    aim = there.value - enough * abs(there.value)
    options = budget.of(options_of(study), FOR_THE_PROOF)
    return priced_now(replace(p, watched=("npv_cost",)), site_rows(plan, p), aim, options)


def _carried(
    study: Study, base: Before, p: Problem, there: _Held, everyone: Everyone | None, budget: Budget
) -> Carried:
    """The bound over the candidates of the plan's model: that over all, where it proves the plan to the gap."""
    if everyone is not None and there.value is not None:
        musd = min(everyone.least, there.value)
        if relative_gap(there.value - musd, there.value) <= study.search.gap:
            return Carried(bound_musd=musd, rule="prices of all candidates", looser=())
    return carried_over(base, p, there.rows, there.value, budget.of(options_of(study), FOR_THE_SAME))


def _with_prices(study: Study, base: Before, same: Found, everyone: Everyone) -> Found:
    """The same with what the prices of all candidates prove of it."""
    problem, value = same.assembled.problem, same.searched.result.value
    assert value is not None
    facts = as_it_was(base, problem, facts_by(problem, everyone, value), value)
    return _bounded(replace(same, everyone=facts, priced=everyone), facts["bound_musd"], study.search.gap)


def _good_enough(same: Found, enough: float, beside: IntArray) -> bool:
    """Whether the plan at hand is the answer: as sure over all candidates, and optimal over those of its model where
    prices of all are not what says so."""
    optimal = same.searched.result.termination is Termination.OPTIMAL
    return (optimal or same.priced is not None) and _as_sure(same, enough, beside)


def _as_sure(found: Found, enough: float, beside: IntArray) -> bool:
    """Whether the gap of the plan over all candidates is small enough; where nothing is proved over all, whether those
    at `beside`, which a search would look at, are among its own."""
    value, musd = found.searched.result.value, found.everyone.get("bound_musd")
    if value is None or musd is None:
        return value is not None and bool(np.isin(beside, found.screened.rows).all())
    return relative_gap(value - float(musd), value) <= enough


def _bounded(found: Found, bound_musd: float, gap: float) -> Found:
    """The same with a bound that holds for its candidates, where that is the better one."""
    result = tightened(found.passes[-1], bound_musd, gap)
    return replace(found, passes=(*found.passes[:-1], result), searched=replace(found.searched, result=result))


def _screened(p: Problem, rows: IntArray) -> Screened:
    return replace(screen(p, 0), rows=rows)


def _beside(study: Study, p: Problem, rows: IntArray) -> IntArray:
    """Candidates of the plan's model and those that pass the screen now."""
    found = np.union1d(rows, screen(p, study.search.candidates_in_model).rows).astype(np.int64)
    return p.whole_campuses(found)


def _no_worse(found: Found, same: Found | None) -> Found:
    """What was found, or the plan at hand where that is cheaper or overloads fewer lines: with the bound of the search
    where that looked at all its candidates."""
    if same is None or same.searched.result.value is None:
        return found
    at_hand, value = same.searched.result, found.searched.result.value
    if value is not None and value <= float(at_hand.value or 0.0) and found.overloads <= same.overloads:
        return found
    bound, looked_at = found.searched.result.bound, np.isin(same.screened.rows, found.screened.rows).all()
    result = at_hand if bound is None or not looked_at else tightened(at_hand, bound, 0.0)
    return replace(same, passes=(result,), searched=replace(same.searched, result=result))


def _facts(there: _Held, bound: Carried) -> dict[str, Any]:
    return {
        "held_musd": there.repriced.result.value,
        "held_lost": list(there.repriced.lost),
        "carried_musd": bound.bound_musd,
        "carried_by": bound.rule,
        "looser": list(bound.looser),
    }


def _same_words(found: Found, bound: Carried) -> str:
    result = found.searched.result
    assert result.gap is not None
    how = "only their bound was searched for" if bound.rule == "a cut, searched" else "no tree was searched"
    return f"The same sites, halls and contracts are still optimal within {result.gap:.2%}; {how}."


def _searched_words(there: _Held, found: Found, from_the_plan: bool) -> str:
    begun = "Searched from the plan at hand" if from_the_plan else "Searched from the beginning"
    held, value = there.repriced.result.value, found.searched.result.value
    if there.repriced.lost:
        return f"The plan at hand no longer holds ({there.repriced.lost[0]}); searched without it."
    if held is None:
        return "The plan at hand keeps not every limit any more; searched without it."
    if value is None:
        return f"{begun}."
    saved = held - value
    if saved <= 1e-6 * max(1.0, abs(held)):
        return f"{begun}: no plan was found that is better than the one at hand."
    return f"{begun}: what was found costs {saved:,.3f} MUSD less than keeping to it."
