"""What a saved plan costs under another study: its decisions held, the rest decided again, lines looked at."""

from __future__ import annotations

from dataclasses import replace

from siting.aims import options_of
from siting.assembly import Assembled, assemble
from siting.errors import Fault, InputError
from siting.grid.chosen import ChosenNetwork, study_network
from siting.grid.joint import GridRow
from siting.joint import Planned, in_rounds
from siting.plan import Plan
from siting.problem import Problem
from siting.solver.budget import Budget
from siting.solver.held import Held, Strength, held_in, site_rows
from siting.solver.highs import Options
from siting.solver.repriced import Repriced, reprice
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination

NAMED = 3
"""Overloaded lines that are named."""


def reprice_plan(
    plan: Plan,
    study: Study,
    strength: Strength = "first stage",
    *,
    tables: Tables | None = None,
    assembled: Assembled | None = None,
    options: Options | None = None,
) -> Repriced:
    """Least present value, musd, of the plan under a study that may differ from its own, with a bound over all plans
    that keep what is held; INFEASIBLE with reasons where it no longer holds.

    assembled: of the study, where it is at hand. options: else gap, limit, threads and seed of the study. The cost
    alone is aimed at. Raises InputError for bad input or a plan without sites and contracts.
    """
    if plan.npv_cost_musd is None:
        name = str(plan.study.get("name", ""))
        raise InputError([Fault(file=name, key="plan", value=str(plan.termination), expected="a plan to hold")])
    tables = tables or read_tables()
    p = (assembled or assemble(study, tables)).problem
    p = replace(p, objective="npv_cost", goals=(), watched=("npv_cost",))
    few = p.take(site_rows(plan, p))
    held = held_in(plan, few, int(study.start))
    return reprice_on_lines(few, held, strength, options or options_of(study), study, tables)


def reprice_on_lines(
    p: Problem, held: Held, strength: Strength, options: Options, study: Study, tables: Tables
) -> Repriced:
    """`reprice`, then all sites together on the network as a solve looks at them: lines that they overload are limits
    of the next one, `grid.rounds` times at most and in one limit of time. Where every hall is held nothing is left that
    could spare them: the plan does not hold then."""
    budget, lines = Budget(options.time_limit_s), dict[str, None]()

    def look_for(problem: Problem, _: bool) -> tuple[Repriced, Planned]:
        found = reprice(problem, held, strength, budget.of(options))
        return found, None if found.decisions is None else (problem, found.decisions)

    def told(_: Repriced, over: list[GridRow]) -> bool:
        lines.update(dict.fromkeys(_named(over, study_network(study, tables.data_dir))))
        return not held.all_halls

    settled = in_rounds(study, tables, p, look_for, told)
    found, result = settled.found, settled.found.result
    if result.termination is Termination.INFEASIBLE and not found.lost:
        return replace(found, lost=tuple(lines)[:NAMED])
    if not settled.over:
        return found
    if held.all_halls:
        nothing = replace(result, termination=Termination.INFEASIBLE, limit=None, bound=None, value=None)
        return Repriced(result=nothing, lost=tuple(lines)[:NAMED], size=found.size)
    open_still = replace(result, termination=Termination.NO_PLAN_FOUND, limit="grid.rounds", value=None)
    return Repriced(result=open_still, size=found.size)


def _named(over: list[GridRow], chosen: ChosenNetwork) -> tuple[str, ...]:
    """The lines, a sentence each, the largest excess first."""
    worst = sorted(over, key=lambda row: -row.excess_mw)
    return tuple(
        f"{chosen.line(row.branch_id)}: {row.excess_mw:,.1f} MW over its rating with all sites together"
        + ("" if row.outage_branch_id is None else f", after the loss of {chosen.line(row.outage_branch_id)}")
        for row in worst
    )
