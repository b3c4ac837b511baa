"""A saved plan and the problem that it was made for: assembled again, and used only where it is still the same."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from siting.aims import aims_of
from siting.errors import InputError
from siting.plan import Plan
from siting.pricing import Bound, parts_without_price
from siting.problem import IntArray, Problem
from siting.run import assembled_again, study_of
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone, price_everyone
from siting.solver.highs import Options
from siting.solver.prove import certificate, prove
from siting.study import Study
from siting.tables.read import Tables
from siting.whatif.carried import Carried, by_multipliers, carried, other_sets
from siting.whatif.loosened import dearer, loosened

WORSE = 1.5
"""Times as far from the plan as they were that saved multipliers may be before new ones are looked for."""
LINES = ("joint", "emergency_share", "least_factor", "network", "buses", "hosting")
"""What a study says of lines."""
PROGRAMS = ("siting", "highspy")
"""Versions that must be those of today for a bound to be taken over."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Before:
    """A plan, and the problem of its study as it is assembled today."""

    plan: Plan
    problem: Problem | None
    """None where it cannot be said to be the one that the plan was made for."""
    why: str = ""
    """Why not."""


def before(plan: Plan, tables: Tables) -> Before:
    """The plan with its problem. What it was made with must be found again: versions, tables, files."""
    if any(plan.versions.get(name) != version(name) for name in PROGRAMS):
        return Before(plan=plan, problem=None, why="another version of siting or of the solver made it")
    try:
        _, _, assembled = assembled_again(plan, tables)
    except InputError as error:
        files = ", ".join(dict.fromkeys(Path(fault.file).name for fault in error.faults))
        return Before(plan=plan, problem=None, why=f"no longer as it was made with them: {files}")
    except OSError:
        return Before(plan=plan, problem=None, why="its study can no longer be read")
    return Before(plan=plan, problem=assembled.problem)


def on_lines_of(known: Before, study: Study) -> Before:
    """The same for a changed study; without its problem where that holds lines to other limits. Lines that were found
    overloaded are in what was proved, and in no problem as it is assembled."""
    if known.problem is None or known.problem.grid is None:
        return known
    then, now = study_of(known.plan).grid, study.grid
    if all(getattr(then, name) == getattr(now, name) for name in LINES):
        return known
    return replace(known, problem=None, why="lines are held to other limits than before")


def why_cold(plan: Plan, study: Study) -> str:
    """Why nothing of the plan helps with the study; empty where something may."""
    if plan.npv_cost_musd is None:
        return "there was no plan before"
    for name, asked in (("the first study", study_of(plan)), ("the study", study)):
        if [aim.objective for aim in aims_of(asked)] != ["npv_cost"] or len(asked.priorities) > 1:
            return f"{name} has objectives in order, and what is known is of the cost alone"
        if asked.priorities[0].objective != "npv_cost":
            return f"{name} asks for the earliest date first"
    return ""


def carried_over(base: Before, new: Problem, rows: IntArray, value_musd: float | None, options: Options) -> Carried:
    """The best bound for the new problem over `rows` that follows from what was proved for the plan, for a
    plan of `value_musd` there."""
    saved = _certificate(base.plan)
    few = new.take(rows)
    if base.problem is None:
        multiplied = by_multipliers(few, saved)
        musd = None if multiplied is None else multiplied.least
        return Carried(bound_musd=musd, rule="" if musd is None else "multipliers", looser=(base.why,))
    position = {str(name): n for n, name in enumerate(base.problem.candidate_id)}
    names = few.candidate_id.astype(str).tolist()
    frame = base.plan.tables["candidates"]
    modelled = set(frame.loc[frame["in_model"].astype(bool), "candidate"].astype(str))
    outside = [name for n, name in enumerate(names) if names[int(few.campus[n])] not in modelled]
    if outside or any(name not in position for name in names):
        multiplied = by_multipliers(few, saved)
        musd = None if multiplied is None else multiplied.least
        return Carried(bound_musd=musd, rule="" if musd is None else "multipliers", looser=("candidates",))
    old = base.problem.take(np.array([position[name] for name in names], dtype=np.int64))
    old, few = (replace(p, watched=("npv_cost",), goals=()) for p in (old, few))
    return carried(old, few, base.plan.bound_musd, saved, options, value_musd)


def everyone_now(
    base: Before, new: Problem, rows: IntArray, value_musd: float, options: Options, enough: float
) -> dict[str, Any]:
    """What holds for all candidates of the new problem, as facts of a plan; empty where they have no price.

    The saved multipliers; where those are much worse now, new ones, from the relaxation over `rows` on, and where these
    are about as good as they were, the search over crowds that closed the rest then, up to the gap `enough`; or the
    bound of before, where it still holds as it was.
    """
    began, budget = time.perf_counter(), Budget(options.time_limit_s)
    saved = _certificate(base.plan)
    found, facts = by_multipliers(new, saved), dict[str, Any]()
    if saved is not None and found is not None:
        facts = _by_saved(new, found, {**saved, "musd": found.least}, value_musd)
    if not facts or value_musd - facts["priced_musd"] > WORSE * _open_before(base.plan):
        everyone = None if parts_without_price(new) else price_everyone(new, rows, options)
        if everyone is not None and (not facts or everyone.bound.least > facts["priced_musd"]):
            facts = facts_by(new, everyone, value_musd)
            left = value_musd - everyone.bound.least
            if enough * abs(value_musd) < left <= WORSE * _open_before(base.plan):
                wider = replace(budget.of(options), gap=enough)
                proof = prove(new, rows, value_musd, wider, everyone)
                facts |= {} if proof is None else {**proof.as_facts(new), "certificate": proof.certificate}
    if facts:
        facts = as_it_was(base, new, facts, value_musd)
    return {**facts, "seconds": time.perf_counter() - began} if facts else {}


def facts_by(p: Problem, everyone: Everyone, value_musd: float) -> dict[str, Any]:
    """What prices say over all candidates of `p` of a plan of that cost, as facts of a plan."""
    facts = _by_saved(p, everyone.proved, certificate(p, everyone), value_musd)
    groups = 0 if everyone.by_host is None else everyone.by_host.groups
    return facts | {
        "pricing_rounds": everyone.rounds,
        "relaxed_musd": everyone.relaxed,
        "host_groups": groups,
        "seconds": everyone.seconds,
    }


def as_it_was(base: Before, new: Problem, facts: dict[str, Any], value_musd: float) -> dict[str, Any]:
    """The facts with the bound of before, where that still holds for all candidates and is the better one."""
    then = base.plan.facts.get("everyone", {}).get("bound_musd")
    if then is None or base.problem is None or not _still_all(base.problem, new):
        return facts
    return {**facts, "bound_musd": min(value_musd, max(facts["bound_musd"], float(then)))}


def _by_saved(p: Problem, found: Bound, stated: dict[str, Any], value_musd: float) -> dict[str, Any]:
    none = dict.fromkeys(("alone", "crowds", "rounds", "host_groups", "pricing_rounds"), 0)
    return {
        "bound_musd": min(found.least, value_musd),
        "priced_musd": found.least,
        "too_dear": int((p.is_campus & (found.least + found.if_open >= value_musd)).sum()),
        "candidates": int(p.is_campus.sum()),
        "certificate": stated,
        **none,
    }


def _open_before(plan: Plan) -> float:
    """Distance, musd, of the plan from the bound that its own multipliers gave."""
    saved = _certificate(plan)
    return np.inf if saved is None or plan.npv_cost_musd is None else plan.npv_cost_musd - float(saved["musd"])


def _still_all(old: Problem, new: Problem) -> bool:
    """Whether what was proved over all candidates holds as it was."""
    return not other_sets(old, new) and dearer(old, new) and not loosened(old, new)


def _certificate(plan: Plan) -> dict[str, Any] | None:
    found = plan.facts.get("everyone", {}).get("certificate")
    return found if isinstance(found, dict) else None
