"""What a saved plan costs under another study: its decisions held, the rest decided again."""

from __future__ import annotations

from dataclasses import replace

from siting.aims import options_of
from siting.assembly import Assembled, assemble
from siting.errors import Fault, InputError
from siting.plan import Plan
from siting.solver.held import Strength, held_in, site_rows
from siting.solver.highs import Options
from siting.solver.repriced import Repriced, reprice
from siting.study import Study
from siting.tables.read import Tables, read_tables


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
    alone is aimed at. Lines that sites overload together are not looked at: `rounds.overloaded` does. Raises
    InputError for bad input or a plan without sites and contracts.
    """
    if plan.npv_cost_musd is None:
        name = str(plan.study.get("name", ""))
        raise InputError([Fault(file=name, key="plan", value=str(plan.termination), expected="a plan to hold")])
    p = (assembled or assemble(study, tables or read_tables())).problem
    p = replace(p, objective="npv_cost", goals=(), watched=("npv_cost",))
    few = p.take(site_rows(plan, p))
    return reprice(few, held_in(plan, few, int(study.start)), strength, options or options_of(study))
