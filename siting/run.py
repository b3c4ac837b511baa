"""The whole story: a study becomes a plan. The one file that knows every stage."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from siting.aims import aims_of, options_of
from siting.arguments import checked
from siting.assembly import Assembled, assemble
from siting.assembly.campus import is_annex
from siting.binding import own_limits
from siting.blame import carries_gpus, limits_in_the_way
from siting.curve import quick_curve
from siting.errors import Fault, InputError, VerificationError, raise_if_any
from siting.findings import NO_SINGLE_LIMIT, binding_limits, figures_used, near_ties, simple_reasons
from siting.grid.chosen import network_facts, study_network
from siting.memory import peak_mb
from siting.networks import with_own_buses
from siting.own_files import own_file_digests
from siting.plan import Plan
from siting.problem.digest import digest_of
from siting.problem.goals import MEASURES
from siting.progress import Clock, Listener
from siting.seek import Found, as_stated, seek
from siting.solver.budget import Budget
from siting.solver.highs import Options
from siting.solver.passes import cost_problem
from siting.solver.prices import row_prices
from siting.study import Study
from siting.study.toml import study_from
from siting.tables.read import Tables, read_tables
from siting.tabulate import place_tables, plan_tables
from siting.tabulate.grid import ISLANDS, LINES, grid_limits
from siting.termination import Termination
from siting.verification import Verification, verify

SHORT = 12
"""Digits of a hash that are shown."""
FOR_REASONS = 0.5
"""Share of the time that is left for limits in the way of a plan; the rest is for how much the money carries."""


@checked
def solve(study: Study, *, progress: Listener | None = None, tables: Tables | None = None) -> Plan:
    """The best plan found for the study, with a bound over the candidates that passed the screen.

    The study's time limit is for everything from the reduction to the proof over all candidates, and for what the
    report looks into after that: other dates, or reasons. Reading, assembling, writing and verifying come on top.

    An infeasible study or a limit without a plan is a Plan too: look at `termination`. Raises InputError for bad input,
    SolverError when HiGHS fails, VerificationError when the second reading of the plan finds a fault.
    """
    clock = Clock(progress)
    tables = with_own_buses(study, tables or read_tables())
    clock.lap("read")
    assembled = assemble(study, tables)
    clock.lap("assemble")
    budget = Budget(study.search.time_limit_s)
    found = seek(study, tables, assembled, clock, budget)
    plan = finished(study, tables, found, clock, budget)
    facts = {**plan.facts, "peak_mb_by_phase": clock.peak_mb}
    return replace(plan, facts=facts, seconds=clock.seconds, peak_mb=peak_mb())


def finished(study: Study, tables: Tables, found: Found, clock: Clock, left: Budget | None = None) -> Plan:
    """The plan of a search, read a second time.

    left: time for searching again, for the report's money against date and for reasons; None: no other dates, and
    reasons within the study's limit.

    Raises VerificationError when the second reading finds a fault.
    """
    plan = _plan(study, tables, found, clock, left)
    clock.lap("report")
    if plan.npv_cost_musd is None:
        return plan
    checked = verify(plan, study, tables)
    said: dict[str, Any] = {"binding": [*plan.facts["binding"], *own_limits(study, checked.own_limits)]}
    said |= {"verification": _verdict(checked), "grid_check": checked.grid}
    clock.lap("verify")
    if not checked.ok and not (found.overloads and checked.only_grid):
        raise VerificationError("\n".join(checked.faults))
    return replace(plan, facts={**plan.facts, **said})


def assemble_only(study: Study, tables: Tables | None = None) -> Assembled:
    """Everything short of the search: raises InputError for what only the tables reveal."""
    return assemble(study, tables or read_tables())


def figures_of(study: Study, assembled: Assembled) -> list[tuple[str, str, str]]:
    """Figures that come from the catalogue, as (what, value, source and date), for every usable candidate."""
    used = figures_used(study, read_tables(), assembled, assembled.usable)
    return [(row["item"], row["value"], f"{row['source']} ({row['date'] or 'undated'})") for row in used]


def study_of(plan: Plan, file: str = "plan.json") -> Study:
    """The validated study inside a plan, looking for its files where it did. Raises InputError, faults of that file."""
    path = plan.facts.get("study_file")
    return study_from(dict(plan.study), file=file, path=Path(path) if path else None)


def assembled_again(plan: Plan, tables: Tables | None = None) -> tuple[Study, Tables, Assembled]:
    """The study of a plan, its tables and all its candidates, for whoever asks more of it.

    Raises InputError where there is no plan, or its tables or the planner's own files are no longer what it was made
    with: old and new figures would be mixed.
    """
    if plan.npv_cost_musd is None:
        ended = str(plan.termination).replace("_", " ")
        raise InputError([Fault(file="plan", key="termination", value=ended, expected="a plan: siting explain STUDY")])
    study = study_of(plan)
    tables = with_own_buses(study, tables or read_tables())
    raise_if_any(_other_tables(plan, tables))
    found = assemble(study, tables)
    if plan.facts.get("problem_digest") != digest_of(found.problem):
        said = "others than the plan was made with: the planner's own files have changed since"
        file = str(study.path or study.name)
        expected = "what the plan was made with, or a new plan"
        unnamed = [Fault(file=file, key="figures of the study", value=said, expected=expected)]
        raise InputError(_other_files(plan, study) or unnamed)
    return study, tables, found


def other_inputs(plan: Plan, study: Study, tables: Tables) -> list[Fault]:
    """Tables and files of the planner's own that are no longer what the plan was made with, so that it cannot be
    recomputed: what differed then would be called wrong. A file that is another one with the same figures is none.

    Raises InputError for files that cannot be read.
    """
    tables = with_own_buses(study, tables)
    if faults := _other_tables(plan, tables):
        return faults
    faults = _other_files(plan, study)
    same = bool(faults) and plan.facts.get("problem_digest") == digest_of(assemble(study, tables).problem)
    return [] if same else faults


def _other_tables(plan: Plan, tables: Tables) -> list[Fault]:
    return [
        _another(name, plan.data_hashes[name], tables.hashes.get(name))
        for name in sorted(plan.data_hashes)
        if tables.hashes.get(name) != plan.data_hashes[name]
    ]


def _other_files(plan: Plan, study: Study) -> list[Fault]:
    """None where the plan does not say which it was made with."""
    now = own_file_digests(study)
    then: dict[str, str] = plan.facts.get("own_files", now)
    names = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    return [_another(str(study.folder / name), then.get(name), now.get(name)) for name in names]


def _another(file: str, then: str | None, now: str | None) -> Fault:
    if now is None:
        value = "no such file"
    elif then is None:
        value = f"a file that the plan was made without ({now[:SHORT]})"
    else:
        value = f"another file than the plan was made with ({now[:SHORT]}, not {then[:SHORT]})"
    return Fault(file=file, key="SHA-256", value=value, expected="what the plan was made with, or a new plan")


@checked
def verify_plan(plan: Plan, tables: Tables | None = None) -> Verification:
    """Recompute every limit and every cash flow of a plan from its study and the tables.

    Raises InputError where tables or the planner's own files are no longer what it was made with.
    """
    study, tables = study_of(plan), tables or read_tables()
    raise_if_any(other_inputs(plan, study, tables))
    return verify(plan, study, tables)


def _plan(study: Study, tables: Tables, found: Found, clock: Clock, left: Budget | None) -> Plan:
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
        "problem_digest": digest_of(as_stated(study, assembled.problem)),
        "own_files": own_file_digests(study),
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
            again = left or Budget(study.search.time_limit_s)
            facts["reasons"] = _reasons(study, found, again.of(options_of(study), FOR_REASONS))
            clock.say("how much the money carries")
            facts["carries_gpus"] = carries_gpus(study, assembled, again.of(options_of(study)))
    facts["dated_after"] = [row for row in facts["sources"] if row["after_study"]]
    clock.lap("tables")
    curve = () if left is None else quick_curve(study, assembled, screened, searched, clock, left)
    facts["money_against_date"] = list(curve)
    clock.lap("other dates")
    return Plan(
        study=study.model_dump(mode="json"),
        study_digest=study.digest(),
        data_hashes=tables.hashes,
        versions=_versions(),
        passes=found.passes,
        tables=frames,
        facts=facts,
    )


def _reasons(study: Study, found: Found, options: Options) -> list[str]:
    """Why there is no plan: overloaded lines, limits of the study in the way, arithmetic on one limit at a time."""
    known = [*_crowded(found), *limits_in_the_way(study, found.problem, options)]
    return [*known, *(text for text in simple_reasons(study, found.assembled) if not known or text != NO_SINGLE_LIMIT)]


def _crowded(found: Found) -> list[str]:
    """Why there is no plan where an earlier round had one: the lines that it overloaded."""
    if not found.rounds:
        return []
    grid = found.problem.grid
    assert grid is not None
    lines = ", ".join(str(branch) for branch in dict.fromkeys(grid.branch_id.tolist()))
    return [f"grid: a plan is there only if sites may overload lines together (branches {lines}; grid.joint)"]


def _grid_limits(study: Study, tables: Tables, found: Found) -> pd.DataFrame:
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


def _verdict(checked: Verification) -> dict[str, Any]:
    return {"ok": checked.ok, "faults": list(checked.faults), "npv_cost_musd": checked.npv_cost_musd}


def _versions() -> dict[str, str]:
    names = ("siting", "pyomo", "highspy", "numpy", "pandas", "geopandas", "shapely")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
