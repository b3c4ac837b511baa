"""Study and arrays -> the best plan found and what is proved of it: dates, search, lines, bound over all candidates.

Which way a search goes, tried in this order; the bound of the search covers what it searched, that over all candidates
comes with it or after it (`_proved`).

======================  ======================================  ======================  ==============================
way                     when                                    searched                over all candidates
======================  ======================================  ======================  ==============================
`_from_known`           a plan for other inputs is at hand      its model, what looks   as for any plan, or by
                                                                best now                `whatif.warm`
`_over_open_sites`      cost alone, more flows than a search    a dozen or two that     prices first, by place of the
                        gets anywhere with (`is_wide`)          prices open             cluster too; then crowds
`_over_one_site`        cost alone, one cluster, prices open    half a dozen            prices first, then crowds
                        one site and the proof closes the gap
`_screened_search`      else; several objectives in order       those that pass the     cost alone: prices and crowds
                                                                screen, four times as   afterwards; else prices of
                                                                many before "none"      each pass before it
======================  ======================================  ======================  ==============================

Before them `_dated` finds the earliest date where that is the first priority; around them `_in_rounds` makes limits of
the lines that all sites of a plan overload together, and searches again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from siting.aims import aims_of, cost_alone, options_of, proof_asked
from siting.assembly import Assembled
from siting.grid.joint import GridRow
from siting.joint import Planned, in_rounds
from siting.plan import Plan
from siting.pricing import parts_without_price
from siting.problem import IntArray, Problem
from siting.problem.goals import MEASURES
from siting.progress import Clock
from siting.reduction.screen import Screened, screen
from siting.solver.budget import PRICED_A_SECOND, Budget, affordable, built_in_s
from siting.solver.everyone import Everyone
from siting.solver.held import held_in
from siting.solver.one_site import LIKELY, search_one_site
from siting.solver.passes import OverAll, earliest_quarter, run_aims_over
from siting.solver.prove import Proof, certificate, prove
from siting.solver.search import Searched, nothing_found, search
from siting.solver.start import Start, is_wide
from siting.solver.wide import search_wide
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import PassResult, Termination, tightened

FOR_THE_PROOF = 0.1
"""Share of what is left of the time limit that a search leaves to the bound over all candidates."""
FOR_ONE_SITE = 0.4
"""Share of the time that is left for a search of the best few, before more are searched."""
FOR_ONE_ROUND = 0.5
"""The same for a round of searching and looking at all sites on the network together, while others may follow."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """One search and the problem that it was about."""

    assembled: Assembled
    screened: Screened
    problem: Problem
    passes: tuple[PassResult, ...]
    searched: Searched
    rounds: tuple[dict[str, Any], ...] = ()
    """A line each: what the plan of the round overloaded."""
    overloads: int = 0
    """Lines that the plan still overloads."""
    everyone: dict[str, Any] = field(default_factory=dict)
    """What holds for all candidates, where it was asked for and can be proved."""
    priced: Everyone | None = None
    """All candidates priced, where that came before the search."""
    proof: Proof | None = None
    """What is proved over all candidates, where that came with the search."""
    over_all: tuple[OverAll, ...] = ()
    """Prices of all candidates for each of several passes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """Where a search for the least cost may begin: a plan that was made for other inputs."""

    rows: IntArray
    """Candidates of the problem that are searched."""
    plan: Plan


def seek(
    study: Study, tables: Tables, assembled: Assembled, clock: Clock, budget: Budget, known: Known | None = None
) -> Found:
    """The best plan found inside the budget, with what is proved of it. Raises SolverError when HiGHS fails.

    known: where to begin; for a study that aims at the cost alone.
    """
    return _proved(study, _in_rounds(study, tables, assembled, clock, budget, known), clock, budget)


def _in_rounds(
    study: Study, tables: Tables, assembled: Assembled, clock: Clock, budget: Budget, known: Known | None
) -> Found:
    """Search, look at all sites on the network together, search again with the lines they overload as limits."""
    rounds: list[dict[str, Any]] = []
    proof = proof_asked(study) and len(assembled.usable) > study.search.candidates_in_model
    kept = 1.0 - FOR_THE_PROOF * proof
    began = time.perf_counter()

    def look_for(problem: Problem, last: bool) -> tuple[Found, Planned]:
        nonlocal began
        began, all_of_it = time.perf_counter(), replace(assembled, problem=problem)
        share = 1.0 if last else FOR_ONE_ROUND
        found = _found(study, all_of_it, clock, Budget(kept * share * budget.left_s), known)
        if not last and found.searched.result.termination is Termination.NO_PLAN_FOUND:  # there is nothing to look at
            found = _found(study, all_of_it, clock, Budget(kept * budget.left_s), known)
        decisions = found.searched.decisions
        return found, None if decisions is None else (found.problem, decisions)

    def told(found: Found, over: list[GridRow]) -> bool:
        clock.lap("power flow")
        decisions = found.searched.decisions
        assert decisions is not None
        rounds.append(
            {
                "overloads": len(over),
                "largest_excess_mw": max((row.excess_mw for row in over), default=0.0),
                "value_musd": found.searched.measures["npv_cost"],
                "sites": int((decisions.modules.sum(axis=1) > 0).sum()),
                "seconds": time.perf_counter() - began,
            }
        )
        if over and len(rounds) < study.grid.rounds:
            clock.say(f"{len(over)} lines overloaded by all sites together: solved again with them as limits")
        return True

    settled = in_rounds(study, tables, assembled.problem, look_for, told)
    return replace(settled.found, rounds=tuple(rounds), overloads=len(settled.over))


def _proved(study: Study, found: Found, clock: Clock, budget: Budget) -> Found:
    """The same with a bound over all candidates, where that is asked for and not all of them were searched."""
    problem, value = found.assembled.problem, found.searched.measures.get("npv_cost")
    searched_all = len(found.screened.rows) == len(problem.candidate_id)
    if value is None or searched_all or not study.search.prove_all:
        return found
    if unpriced := parts_without_price(problem):
        return replace(found, everyone={"unpriced": unpriced})
    if not cost_alone(study):
        return replace(found, everyone=_of_passes(problem, found))
    if budget.left_s * PRICED_A_SECOND < len(problem.candidate_id):
        return found
    options, rows, proof = budget.of(options_of(study)), found.screened.rows, found.proof
    if proof is None:
        clock.say("a bound over all candidates")
        if (few := affordable(problem, len(rows), options.time_limit_s)) < len(rows):
            rows = screen(problem, few).rows
        proof = prove(problem, rows, value, options, found.priced)
        clock.lap("prove")
    if proof is None:
        return found
    last = tightened(found.passes[-1], proof.bound_musd, options.gap)
    facts = {**proof.as_facts(problem), "certificate": proof.certificate}
    return replace(found, passes=(*found.passes[:-1], last), everyone=facts)


def _of_passes(p: Problem, found: Found) -> dict[str, Any]:
    """What holds for all candidates in each pass, as plain values in the unit and sense of what the pass aims at, with
    the goals that it holds for and the prices that it comes from."""
    reached = {result.objective: result.value for result in found.passes}
    passes: list[dict[str, Any]] = []
    for one in found.over_all:
        measure = MEASURES[one.objective]
        value = reached[measure.name]
        if value is None:
            continue
        sign, everyone = measure.sign, one.everyone
        stated = certificate(replace(p, objective=one.objective, goals=one.goals), everyone)
        alone = float(stated.pop("musd"))
        bound = sign * max(everyone.least, alone)
        passes.append(
            {
                "objective": measure.name,
                "bound": min(bound, value) if measure.sense == "minimize" else max(bound, value),
                "goals": [{"objective": MEASURES[g.objective].name, "limit": g.limit} for g in one.goals],
                "pricing_rounds": everyone.rounds,
                "seconds": everyone.seconds,
                "certificate": {"bound": sign * alone, **stated},
            }
        )
    if not passes:
        return {}
    facts: dict[str, Any] = {"candidates": len(p.candidate_id), "passes": passes}
    of_cost = [one["bound"] for one in passes if one["objective"] == MEASURES["npv_cost"].name]
    return facts | ({"bound_musd": of_cost[0]} if of_cost else {})


def _found(study: Study, assembled: Assembled, clock: Clock, budget: Budget, known: Known | None) -> Found:
    """One search, over the candidates that pass the screen, at the earliest date where that is what is asked; or from
    what is known, where that gives a plan. Prices of all that open one site come before what is known: the few that
    they name take less time than that and those beside it."""
    dated, assembled = _dated(study, assembled, clock, budget)
    if dated and dated[0].value is None:
        screened = screen(assembled.problem, study.search.candidates_in_model)
        problem = assembled.problem.take(screened.rows)
        return Found(
            assembled=assembled,
            screened=screened,
            problem=problem,
            passes=dated,
            searched=nothing_found(dated[0]),
        )
    for way in (_over_open_sites, _over_one_site):
        if (there := way(study, assembled, clock, budget)) is not None:
            return replace(there, passes=(*dated, *there.passes))
    if known is not None:
        begun = _from_known(study, assembled, clock, budget, known)
        if begun.searched.decisions is not None:
            return begun
    there = _screened_search(study, assembled, clock, budget)
    return replace(there, passes=(*dated, *there.passes))


def _dated(
    study: Study, assembled: Assembled, clock: Clock, budget: Budget
) -> tuple[tuple[PassResult, ...], Assembled]:
    """The earliest quarter of the cluster, where that is the first priority, and everything moved to that date."""
    first, p = study.priorities[0], assembled.problem
    if first.objective != "time_to_compute":
        return (), assembled
    names = [cluster.name for cluster in study.clusters]
    k = 0 if first.cluster is None else names.index(first.cluster)
    wished = study.search.candidates_in_model
    few = affordable(p, wished, 0.5 * budget.left_s)
    clock.say("earliest quarter")
    found = _earliest(study, p, k, few, clock, budget)
    hopeless = found.termination is Termination.INFEASIBLE and few < len(assembled.usable)
    if hopeless and few == wished:  # as for the cost: more of them before it is said that there is no plan
        found = _earliest(study, p, k, 4 * wished, clock, budget)
    elif hopeless:
        found = _unknown(found)
    clock.lap("date")
    if found.value is None:
        return (found,), assembled
    return (found,), replace(assembled, problem=at_date(study, p, int(found.value)))


def _earliest(study: Study, p: Problem, k: int, keep: int, clock: Clock, budget: Budget) -> PassResult:
    options = budget.of(options_of(study), 0.5)
    return earliest_quarter(p, k, options, lambda q: q.take(screen(q, keep).rows), clock.watch)


def at_date(study: Study, p: Problem, earliest: int) -> Problem:
    """The problem with the cluster due in its earliest quarter, where that is the first priority; else as it is.

    earliest: quarters from the start, as the pass for the date found them.
    """
    first = study.priorities[0]
    if first.objective != "time_to_compute":
        return p
    k = 0 if first.cluster is None else [cluster.name for cluster in study.clusters].index(first.cluster)
    begins = p.cluster_from.copy()
    begins[k] = min(int(begins[k]), earliest + first.tolerance_quarters)
    return replace(p, cluster_from=begins)


def as_stated(study: Study, p: Problem) -> Problem:
    """The problem with the clusters due when the study says, whatever date was found for them."""
    return replace(p, cluster_from=np.array([c.by - study.start for c in study.clusters], dtype=np.int64))


def _from_known(study: Study, assembled: Assembled, clock: Clock, budget: Budget, known: Known) -> Found:
    """The best plan over the candidates of a plan that is known and those beside them, from its first stage on."""
    clock.say("from the plan that is known")
    p = replace(assembled.problem, watched=("npv_cost",))
    there = replace(screen(p, 0), rows=known.rows)
    clock.lap("reduce")
    problem, options = p.take(known.rows), budget.of(options_of(study))
    start = held_in(known.plan, problem, int(study.start))
    searched = search(problem, options, clock.watch, strong=is_wide(p, known.rows), start=start)
    clock.add(searched.seconds, searched.peak_mb)
    return Found(assembled=assembled, screened=there, problem=problem, passes=(searched.result,), searched=searched)


def _over_open_sites(study: Study, assembled: Assembled, clock: Clock, budget: Budget) -> Found | None:
    """The best plan over the sites that are open in a relaxation of all, where the search over those that pass the
    screen were too wide; None where it is not, or nothing is found so."""
    p, options = replace(assembled.problem, watched=("npv_cost",)), options_of(study)
    if not proof_asked(study) or parts_without_price(p):
        return None
    screened = screen(p, study.search.candidates_in_model)
    if not is_wide(p, screened.rows):
        return None
    clock.say("prices of all candidates")

    def tell(plan: Start) -> None:
        clock.say(f"a plan for {plan.value:,.1f} MUSD over {len(plan.rows)} sites")

    wide = search_wide(p, budget.of(options), clock.watch, tell, clock.lap)
    if wide is None or not wide.plans:
        return None
    everyone, best = wide.everyone, wide.plans[-1]
    clock.add(best.searched.seconds, best.searched.peak_mb)
    there = replace(screened, rows=best.rows)
    found = Found(assembled=assembled, screened=there, problem=p.take(best.rows), passes=(), searched=best.searched)
    result = tightened(best.searched.result, everyone.least, options.gap)  # of all holds for some
    return replace(found, passes=(result,), searched=replace(best.searched, result=result), priced=everyone)


def _over_one_site(study: Study, assembled: Assembled, clock: Clock, budget: Budget) -> Found | None:
    """The best plan where prices of all candidates open one site, proved to the gap asked for over all; None where they
    open more, or the gap stays open so."""
    p, options = replace(assembled.problem, watched=("npv_cost",)), budget.of(options_of(study), FOR_ONE_SITE)
    few = len(assembled.usable) <= max(LIKELY, study.search.candidates_in_model)
    slow = options.time_limit_s * PRICED_A_SECOND < 2 * len(p.candidate_id)
    if few or slow or len(p.cluster) != 1 or not proof_asked(study) or parts_without_price(p):
        return None
    screened = screen(p, study.search.candidates_in_model)
    if is_wide(p, screened.rows):
        return None
    clock.say("prices of all candidates")
    one = search_one_site(p, options, clock.watch)
    clock.lap("one site")
    if one is None:
        return None
    clock.add(one.searched.seconds, one.searched.peak_mb)
    there = replace(screened, rows=one.rows)
    found = Found(assembled=assembled, screened=there, problem=p.take(one.rows), passes=(), searched=one.searched)
    return replace(found, passes=(one.searched.result,), priced=one.everyone, proof=one.proof)


def _screened_search(study: Study, assembled: Assembled, clock: Clock, budget: Budget) -> Found:
    """Search over the candidates that pass the screen, and those that prices of all for a pass call for; over four
    times as many before saying infeasible. Fewer come first where the time is short, and where it does not last for
    more, that there is no plan is not said."""
    p, wished = assembled.problem, study.search.candidates_in_model
    few = affordable(p, wished, budget.left_s)
    sizes = list(dict.fromkeys((few, wished, 4 * wished)))
    priced = study.search.prove_all and not cost_alone(study) and not parts_without_price(p)
    for keep, more in zip(sizes, [*sizes[1:], 0], strict=True):
        screened = screen(p, keep)
        clock.lap("reduce")
        price_all = priced and len(screened.rows) < len(p.candidate_id)
        found = run_aims_over(
            p, screened.rows, aims_of(study), budget.of(options_of(study)), clock.watch, price_all=price_all
        )
        clock.add(found.searched.seconds, found.searched.peak_mb)
        here = Found(
            assembled=assembled,
            screened=replace(screened, rows=found.rows),
            problem=p.take(found.rows),
            passes=found.results,
            searched=found.searched,
            over_all=found.over_all,
        )
        last = found.searched.result
        unsure = last.termination is Termination.INFEASIBLE and len(found.rows) < len(assembled.usable)
        if not (unsure and more):
            break
        if built_in_s(p, min(more, len(assembled.usable))) > budget.left_s:
            return replace(
                here,
                passes=(*found.results[:-1], _unknown(last)),
                searched=replace(found.searched, result=_unknown(last)),
            )
        clock.say("infeasible over the screened candidates: more of them")
    return here


def _unknown(infeasible: PassResult) -> PassResult:  # over some candidates, and no time to look at more
    return replace(infeasible, termination=Termination.NO_PLAN_FOUND, limit="time_limit")
