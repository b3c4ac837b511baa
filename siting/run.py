"""The whole story: a study becomes a plan. The one file that knows every stage."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from siting.aims import aims_of, options_of, proof_asked
from siting.assembly import Assembled, assemble
from siting.assembly.campus import is_annex
from siting.binding import own_limits
from siting.blame import carries_gpus, limits_in_the_way
from siting.curve import frame_of, point_at, point_of, shifts_inside
from siting.errors import Fault, InputError, VerificationError
from siting.findings import NO_SINGLE_LIMIT, binding_limits, figures_used, near_ties, simple_reasons
from siting.grid.chosen import network_facts, study_network
from siting.memory import peak_mb
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.pricing import parts_without_price
from siting.problem import Problem
from siting.problem.goals import MEASURES
from siting.progress import Clock, Listener
from siting.reduction.screen import Screened, screen
from siting.solver.budget import PRICED_A_SECOND, Budget, affordable, built_in_s
from siting.solver.everyone import Everyone
from siting.solver.passes import cost_problem, earliest_quarter, run_aims
from siting.solver.prices import row_prices
from siting.solver.prove import prove
from siting.solver.rounds import Look, overloaded, with_rows
from siting.solver.search import Searched, nothing_found
from siting.solver.start import is_wide, priced_for_start, start_plan
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.tabulate import place_tables, plan_tables
from siting.tabulate.grid import ISLANDS, LINES, grid_limits
from siting.termination import PassResult, Termination, tightened
from siting.verification import Verification, verify

DATE_SHIFTS = (-2, 2, 4)
"""Quarters by which the clusters' date is moved for the curve of money against date."""
FOR_THE_PROOF = 0.1
"""Share of what is left of the time limit that a search leaves to the bound over all candidates."""
FOR_ONE_ROUND = 0.5
"""The same for a round of searching and looking at all sites on the network together, while others may follow."""
CURVE_CANDIDATES, CURVE_SECONDS, CURVE_GAP = 24, 12.0, 0.005


def solve(study: Study, *, progress: Listener | None = None, tables: Tables | None = None) -> Plan:
    """The best plan found for the study, with a bound over the candidates that passed the screen.

    The study's time limit is for everything from the reduction to the proof over all candidates. Reading, assembling,
    what the report looks into (dates, reasons: as long again at most) and verifying come on top.

    An infeasible study or a limit without a plan is a Plan too: look at `termination`. Raises InputError for bad input,
    SolverError when HiGHS fails, VerificationError when the second reading of the plan finds a fault.
    """
    clock = Clock(progress)
    tables = with_own_buses(study, tables or read_tables())
    clock.lap("read")
    assembled = assemble(study, tables)
    clock.lap("assemble")
    budget = Budget(study.search.time_limit_s)
    found = _proved(study, _in_rounds(study, tables, assembled, clock, budget), clock, budget)
    plan = _plan(study, tables, found, clock)
    clock.lap("report")
    if plan.npv_cost_musd is not None:
        checked = verify(plan, study, tables)
        said: dict[str, Any] = {"binding": [*plan.facts["binding"], *own_limits(study, checked.own_limits)]}
        said |= {"verification": _verdict(checked), "grid_check": checked.grid}
        plan = replace(plan, facts={**plan.facts, **said})
        clock.lap("verify")
        if not checked.ok and not (found.overloads and checked.only_grid):
            raise VerificationError("\n".join(checked.faults))
    facts = {**plan.facts, "peak_mb_by_phase": clock.peak_mb}
    return replace(plan, facts=facts, seconds=clock.seconds, peak_mb=peak_mb())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
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


def _in_rounds(study: Study, tables: Tables, assembled: Assembled, clock: Clock, budget: Budget) -> _Found:
    """Search, look at all sites on the network together, search again with the lines they overload as limits."""
    rounds: list[dict[str, Any]] = []
    wish = study.grid
    look = Look(joint=wish.joint, emergency_share=wish.emergency_share, least_factor=wish.least_factor)
    while True:
        began = time.perf_counter()
        last = assembled.problem.grid is None or len(rounds) + 1 == study.grid.rounds
        proof = study.search.prove_all and len(assembled.usable) > study.search.candidates_in_model
        kept = 1.0 - FOR_THE_PROOF * proof
        found = _found(study, assembled, clock, Budget(kept * (1.0 if last else FOR_ONE_ROUND) * budget.left_s))
        if not last and found.searched.result.termination is Termination.NO_PLAN_FOUND:  # there is nothing to look at
            found = _found(study, assembled, clock, Budget(kept * budget.left_s))
        grid, decisions = assembled.problem.grid, found.searched.decisions
        if grid is None or decisions is None:
            return replace(found, rounds=tuple(rounds))
        network = study_network(study, tables.data_dir).network
        rows = overloaded(network, found.problem, decisions, look)
        clock.lap("power flow")
        rounds.append(
            {
                "overloads": len(rows),
                "largest_excess_mw": max((row.excess_mw for row in rows), default=0.0),
                "value_musd": found.searched.measures["npv_cost"],
                "sites": int((decisions.modules.sum(axis=1) > 0).sum()),
                "seconds": time.perf_counter() - began,
            }
        )
        if not rows or len(rounds) == study.grid.rounds:
            return replace(found, rounds=tuple(rounds), overloads=len(rows))
        clock.say(f"{len(rows)} lines overloaded by all sites together: solved again with them as limits")
        problem = replace(assembled.problem, grid=with_rows(grid, network, rows, look))
        assembled = replace(assembled, problem=problem)


def _proved(study: Study, found: _Found, clock: Clock, budget: Budget) -> _Found:
    """The same with a bound over all candidates, where the cost alone is aimed at and not all of them were searched."""
    problem, value = found.assembled.problem, found.searched.measures.get("npv_cost")
    searched_all = len(found.screened.rows) == len(problem.candidate_id)
    if value is None or searched_all or not proof_asked(study):
        return found
    if unpriced := parts_without_price(problem):
        return replace(found, everyone={"unpriced": unpriced})
    if budget.left_s * PRICED_A_SECOND < len(problem.candidate_id):
        return found
    clock.say("a bound over all candidates")
    options, rows = budget.of(options_of(study)), found.screened.rows
    if (few := affordable(problem, len(rows), options.time_limit_s)) < len(rows):
        rows = screen(problem, few).rows
    proof = prove(problem, rows, value, options, found.priced)
    clock.lap("prove")
    if proof is None:
        return found
    last = tightened(found.passes[-1], proof.bound_musd, options.gap)
    facts = proof.as_facts(problem)
    if study.priorities[0].objective != "time_to_compute":  # else the clusters' dates are those that its pass found
        facts["certificate"] = proof.certificate
    return replace(found, passes=(*found.passes[:-1], last), everyone=facts)


def _found(study: Study, assembled: Assembled, clock: Clock, budget: Budget) -> _Found:
    """One search, over the candidates that pass the screen, at the earliest date where that is what is asked."""
    dated, assembled = _dated(study, assembled, clock, budget)
    if dated and dated[0].value is None:
        screened = screen(assembled.problem, study.search.candidates_in_model)
        problem = assembled.problem.take(screened.rows)
        return _Found(
            assembled=assembled,
            screened=screened,
            problem=problem,
            passes=dated,
            searched=nothing_found(dated[0]),
        )
    if (wide := _over_open_sites(study, assembled, clock, budget)) is not None:
        return replace(wide, passes=(*dated, *wide.passes))
    screened, problem, passes, searched = _screened_search(study, assembled, clock, budget)
    return _Found(assembled=assembled, screened=screened, problem=problem, passes=(*dated, *passes), searched=searched)


def _dated(
    study: Study, assembled: Assembled, clock: Clock, budget: Budget
) -> tuple[tuple[PassResult, ...], Assembled]:
    """The earliest quarter of the cluster, where that is the first priority, and everything moved to that date."""
    first, p = study.priorities[0], assembled.problem
    if first.objective != "time_to_compute":
        return (), assembled
    names = [cluster.name for cluster in study.clusters]
    k = 0 if first.cluster is None else names.index(first.cluster)
    options = budget.of(options_of(study), 0.5)
    keep = affordable(p, study.search.candidates_in_model, options.time_limit_s)
    clock.say("earliest quarter")
    found = earliest_quarter(p, k, options, lambda q: q.take(screen(q, keep).rows), clock.watch)
    clock.lap("date")
    if found.value is None:
        few = keep < study.search.candidates_in_model and found.termination is Termination.INFEASIBLE
        return (_unknown(found) if few else found,), assembled
    begins = p.cluster_from.copy()
    begins[k] = min(int(begins[k]), int(found.value) + first.tolerance_quarters)
    return (found,), replace(assembled, problem=replace(p, cluster_from=begins))


def _over_open_sites(study: Study, assembled: Assembled, clock: Clock, budget: Budget) -> _Found | None:
    """The best plan over the sites that are open in a relaxation of all, where the search over those that pass the
    screen were too wide; None where it is not, or nothing is found so."""
    p, options = replace(assembled.problem, watched=("npv_cost",)), options_of(study)
    if not proof_asked(study) or parts_without_price(p):
        return None
    screened = screen(p, study.search.candidates_in_model)
    if not is_wide(p, screened.rows):
        return None
    clock.say("prices of all candidates")
    everyone = priced_for_start(p, budget.of(options))
    clock.lap("price")
    if everyone is None or not (plans := start_plan(p, everyone, budget.of(options), clock.watch)):
        return None
    best = plans[-1]
    clock.add(best.searched.seconds, best.searched.peak_mb)
    there = replace(screened, rows=best.rows)
    found = _Found(assembled=assembled, screened=there, problem=p.take(best.rows), passes=(), searched=best.searched)
    return replace(found, passes=(best.searched.result,), priced=everyone)


def _screened_search(
    study: Study, assembled: Assembled, clock: Clock, budget: Budget
) -> tuple[Screened, Problem, tuple[PassResult, ...], Searched]:
    """Search over the candidates that pass the screen; over four times as many before saying infeasible. Fewer come
    first where the time is short, and where it does not last for more, that there is no plan is not said."""
    wished = study.search.candidates_in_model
    few = affordable(assembled.problem, wished, budget.left_s)
    sizes = list(dict.fromkeys((few, wished, 4 * wished)))
    for keep, more in zip(sizes, [*sizes[1:], 0], strict=True):
        screened = screen(assembled.problem, keep)
        problem = assembled.problem.take(screened.rows)
        clock.lap("reduce")
        passes, searched = run_aims(problem, aims_of(study), budget.of(options_of(study)), clock.watch)
        clock.add(searched.seconds, searched.peak_mb)
        unsure = searched.result.termination is Termination.INFEASIBLE and len(screened.rows) < len(assembled.usable)
        if not (unsure and more):
            break
        if built_in_s(assembled.problem, min(more, len(assembled.usable))) > budget.left_s:
            searched = replace(searched, result=_unknown(searched.result))
            return screened, problem, (*passes[:-1], searched.result), searched
        clock.say("infeasible over the screened candidates: more of them")
    return screened, problem, passes, searched


def _unknown(infeasible: PassResult) -> PassResult:  # over some candidates, and no time to look at more
    return replace(infeasible, termination=Termination.NO_PLAN_FOUND, limit="time_limit")


def assemble_only(study: Study, tables: Tables | None = None) -> Assembled:
    """Everything short of the search: raises InputError for what only the tables reveal."""
    return assemble(study, tables or read_tables())


def figures_of(study: Study, assembled: Assembled) -> list[tuple[str, str, str]]:
    """Figures that come from the catalogue, as (what, value, source and date), for every usable candidate."""
    used = figures_used(study, read_tables(), assembled, assembled.usable)
    return [(row["item"], row["value"], f"{row['source']} ({row['date'] or 'undated'})") for row in used]


def study_of(plan: Plan) -> Study:
    """The validated study inside a plan, looking for its files where it did."""
    study = Study.model_validate(dict(plan.study))
    if path := plan.facts.get("study_file"):
        study._path = Path(path)
    return study


def verify_plan(plan: Plan, tables: Tables | None = None) -> Verification:
    """Recompute every limit and every cash flow of a plan from its study and the tables."""
    return verify(plan, study_of(plan), tables or read_tables())


def _plan(study: Study, tables: Tables, found: _Found, clock: Clock) -> Plan:
    assembled, screened, problem, searched = found.assembled, found.screened, found.problem, found.searched
    facts: dict[str, Any] = {
        "study_file": str(study.path.resolve()) if study.path else "",
        "candidates_read": int((~is_annex(assembled.candidates)).sum()),
        "candidates_usable": int((~is_annex(assembled.usable)).sum()),
        "candidates_in_model": int((~is_annex(assembled.usable.iloc[screened.rows])).sum()),
        "rounding_musd": searched.rounding_musd,
        "model": {"rows": searched.rows, "columns": searched.columns, "nonzeros": searched.nonzeros},
        "nodes": searched.nodes,
        "reasons": [],
        "binding": [],
        "network": network_facts(study, tables.data_dir),
        "everyone": found.everyone,
    }
    if searched.decisions is not None:
        facts["npv_cost_musd"] = searched.measures["npv_cost"]
        facts["measures"] = {MEASURES[name].name: value for name, value in searched.measures.items()}
        frames = plan_tables(study, tables, assembled, screened, problem, searched.decisions)
        facts["near_ties"] = near_ties(assembled, screened, frames, facts["npv_cost_musd"])
        if problem.grid is not None:
            frames["grid_limits"] = _grid_limits(study, tables, found)
            facts["grid"] = {"joint": study.grid.joint, "rounds": list(found.rounds), "overloads": found.overloads}
        facts["own_power_dates"] = _own_power_dates(assembled, frames["sites"])
        facts["binding"] = binding_limits(study, problem, frames)
        facts["sources"] = figures_used(study, tables, assembled, frames["sites"])
    else:
        frames = place_tables(study, assembled, screened)
        facts["sources"] = figures_used(study, tables, assembled, assembled.usable.head(0))
        if searched.result.termination == Termination.INFEASIBLE:
            clock.say("which limit leaves no plan")
            facts["reasons"] = _reasons(study, found)
            clock.say("how much the money carries")
            facts["carries_gpus"] = carries_gpus(study, assembled, options_of(study))
    facts["dated_after"] = [row for row in facts["sources"] if row["after_study"]]
    facts["money_against_date"] = _money_against_date(study, assembled, screened, searched, clock)
    return Plan(
        study=study.model_dump(mode="json"),
        study_digest=study.digest(),
        data_hashes=tables.hashes,
        versions=_versions(),
        passes=found.passes,
        tables=frames,
        facts=facts,
    )


def _reasons(study: Study, found: _Found) -> list[str]:
    """Why there is no plan: overloaded lines, limits of the study in the way, arithmetic on one limit at a time."""
    known = [*_crowded(found), *limits_in_the_way(study, found.problem, options_of(study))]
    return [*known, *(text for text in simple_reasons(study, found.assembled) if not known or text != NO_SINGLE_LIMIT)]


def _crowded(found: _Found) -> list[str]:
    """Why there is no plan where an earlier round had one: the lines that it overloaded."""
    if not found.rounds:
        return []
    grid = found.problem.grid
    assert grid is not None
    lines = ", ".join(str(branch) for branch in dict.fromkeys(grid.branch_id.tolist()))
    return [f"grid: a plan is there only if sites may overload lines together (branches {lines}; grid.joint)"]


def _grid_limits(study: Study, tables: Tables, found: _Found) -> pd.DataFrame:
    """The table of lines and islands, priced where a line was found or generation is short."""
    grid, decisions = found.problem.grid, found.searched.decisions
    assert grid is not None and decisions is not None
    chosen = study_network(study, tables.data_dir)
    frame = grid_limits(chosen, found.problem, decisions, {})
    if len(grid.room_mw) or frame["no_room"].any():
        priced = cost_problem(found.problem, aims_of(study), found.searched)
        frame = grid_limits(chosen, found.problem, decisions, row_prices(priced, (LINES, ISLANDS), options_of(study)))
    return frame


def _own_power_dates(assembled: Assembled, sites: pd.DataFrame) -> list[str]:
    """Sites whose date of grid power the planner states, in a file of candidates."""
    usable = assembled.usable
    stated = usable.loc[usable["own_energization"].notna(), "candidate"]
    return sorted(set(stated) & set(sites["candidate"]))


def _money_against_date(
    study: Study, assembled: Assembled, screened: Screened, searched: Searched, clock: Clock
) -> list[dict[str, Any]]:
    """The curve over a few dates, quickly: fewer candidates and a wider gap than the plan itself."""
    if not study.search.date_curve:
        return []
    points = []
    seconds = min(CURVE_SECONDS, study.search.time_limit_s / (len(DATE_SHIFTS) + 1))
    options = replace(options_of(study), gap=CURVE_GAP, time_limit_s=seconds)
    for shift, moved in shifts_inside(study, assembled, (*DATE_SHIFTS, 0)):
        if shift == 0 and searched.result.objective == "npv_cost_musd":
            found, decisions = searched.result, searched.decisions
            points.append(point_of(study, assembled, shift, moved, found, decisions, screened.rows))
        else:
            clock.say(f"cluster date moved by {shift} quarters")
            points.append(point_at(study, assembled, shift, moved, CURVE_CANDIDATES, options))
    return [asdict(point) for point in points]


def money_against_date(
    study: Study,
    shifts: Iterable[int] = range(-4, 5),
    *,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> pd.DataFrame:
    """The cost of having the clusters earlier or later: one row for every shift of their date, in quarters.

    Columns: those of `siting.curve.Point`. Each point is searched as a plan is: the study's number of candidates, gap
    and time limit. Shifts that leave the horizon are left out. Raises InputError for bad input or without clusters.
    """
    clock = Clock(progress)
    assembled = assemble(study, tables or read_tables())
    clock.lap("assemble")
    if not study.clusters:
        fault = Fault(file=str(study.path or study.name), key="clusters", value="none", expected="at least one cluster")
        raise InputError([fault])
    points = []
    for shift, moved in shifts_inside(study, assembled, shifts):
        clock.say(f"cluster date moved by {shift} quarters")
        points.append(point_at(study, assembled, shift, moved, study.search.candidates_in_model, options_of(study)))
    return frame_of(points)


def _verdict(checked: Verification) -> dict[str, Any]:
    return {"ok": checked.ok, "faults": list(checked.faults), "npv_cost_musd": checked.npv_cost_musd}


def _versions() -> dict[str, str]:
    names = ("siting", "pyomo", "highspy", "numpy", "pandas", "geopandas", "shapely")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
