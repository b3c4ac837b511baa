"""The bound over all candidates again, from the multipliers that the plan states: numpy alone, no Pyomo, no HiGHS.

Decision: this is the one module of the verifier that reads the coefficients of the study as the model does
(`siting.assembly`). A bound speaks of every candidate that was not chosen, so there is no plan to read it from; what
the coefficients of the chosen ones are worth is recomputed apart from the model by `cash` and `limits`. Any multipliers
give a valid bound, so all that can be wrong is the number itself: it must be what they give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables

CLOSE = 1e-6
"""Relative difference of the stated and the recomputed bound."""


def certificate_faults(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    """What is wrong with the bound over all candidates; nothing when the plan states none."""
    everyone = plan.facts.get("everyone", {})
    certificate = everyone.get("certificate")
    if certificate is None:
        if "bound_musd" in everyone and plan.passes[0].objective == "npv_cost_musd":
            yield "bound over all candidates: the plan states one, and no multipliers that give it"
        return
    try:
        found, candidates = _recomputed(certificate, study, tables)
        stated, claimed = float(certificate["musd"]), float(everyone["bound_musd"])
        counted = int(everyone["candidates"])
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        yield f"bound over all candidates: its multipliers do not fit the study ({error})"
        return
    if not abs(found - stated) <= CLOSE * max(1.0, abs(stated)):
        yield f"bound over all candidates: the plan states {stated:.6f} MUSD, its multipliers give {found:.6f}"
    for musd in (stated, claimed):
        if plan.npv_cost_musd is not None and musd > plan.npv_cost_musd + CLOSE * max(1.0, abs(plan.npv_cost_musd)):
            yield f"bound over all candidates: {musd:.6f} MUSD lies above the value {plan.npv_cost_musd:.6f}"
    if not claimed >= stated - CLOSE * max(1.0, abs(stated)):
        yield f"bound over all candidates: {claimed:.6f} MUSD is less than its multipliers give"
    if counted != candidates:
        yield f"bound over all candidates: the plan counts {counted} candidates, the study has {candidates}"


def _recomputed(certificate: Mapping[str, Any], study: Study, tables: Tables) -> tuple[float, int]:
    """The bound that the stated multipliers give over every candidate of the study, musd, and how many these are."""
    from siting.assembly import assemble  # only here and only now: the rest of the verifier never loads these
    from siting.pricing import Multipliers, bound_over_all, parts_without_price

    problem = assemble(study, tables).problem
    if unpriced := parts_without_price(problem):
        raise ValueError(f"no price for {', '.join(unpriced)}")
    multipliers = Multipliers.from_lists(certificate["multipliers"], len(problem.region), problem.quarters)
    found = bound_over_all(problem, replace(multipliers, line=multipliers.line[:0])).musd
    return found, len(problem.candidate_id)
