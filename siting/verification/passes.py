"""The bounds over all candidates of several passes again, each from the prices that the plan states for it.

The bound of a pass holds for plans that keep what the passes before it reached. So the goals stated with it must be
those that the stated values of these passes and the tolerances of the study give, and only the passes before it; the
values themselves are held against the plan by `priorities`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import PassResult
from siting.verification.recomputed import SHORT, bound_again, problem_of

CLOSE = 1e-6
"""Relative difference of a stated and a recomputed bound."""
LEAST_ROOM = 1e-6
"""Relative room that a pass leaves to later ones, whatever its tolerance."""
EXACT = 1e-9
"""Relative difference of a stated limit of a goal and what its pass gives."""


def passes_again(plan: Plan, study: Study, tables: Tables) -> tuple[tuple[str, ...], dict[str, float]]:
    """Faults, and by objective with its unit the bound over all candidates that the stated prices give.

    Raises KeyError, ValueError, IndexError or TypeError for what does not fit the study.
    """
    everyone = plan.facts["everyone"]
    problem = problem_of(plan, study, tables)
    faults, found = [], dict[str, float]()
    if int(everyone["candidates"]) != len(problem.candidate_id):
        faults.append(f"the plan counts {everyone['candidates']} candidates, the study has {len(problem.candidate_id)}")
    for stated in everyone["passes"]:
        name = str(stated["objective"])
        result = next((one for one in plan.passes if one.objective == name), None)
        if result is None or name not in SHORT or name in found:
            faults.append(f"{name} is no pass of the plan, or is stated twice")
            continue
        goals = [(str(goal["objective"]), float(goal["limit"])) for goal in stated["goals"]]
        if fault := _goals_differ(goals, list(_expected(plan, study, name))):
            faults.append(f"{name}: {fault}")
        least = bound_again(
            problem, stated["certificate"], SHORT[name], [(SHORT[goal], at) for goal, at in goals]
        ).least
        found[name] = least if result.sense == "minimize" else -least
        faults += [f"{name}: {text}" for text in _faults(stated, result, found[name])]
    claimed = {str(stated["objective"]): float(stated["bound"]) for stated in everyone["passes"]}
    if everyone.get("bound_musd") != claimed.get("npv_cost_musd"):
        faults.append(f"{everyone.get('bound_musd')} MUSD is not the bound of the pass for the cost")
    return tuple(faults), found


def _expected(plan: Plan, study: Study, name: str) -> Iterator[tuple[str, float]]:
    """Measures, with their unit, and limits that the passes before one leave to it."""
    tolerance = {priority.objective: priority.tolerance for priority in study.priorities}
    for result in plan.passes:
        if result.objective == name:
            return
        if result.objective in SHORT and result.value is not None:
            share = max(tolerance.get(SHORT[result.objective], 0.0), LEAST_ROOM)  # type: ignore[call-overload]
            room = share * max(abs(result.value), 1e-6)
            yield result.objective, result.value + (room if result.sense == "minimize" else -room)


def _goals_differ(stated: list[tuple[str, float]], expected: list[tuple[str, float]]) -> str | None:
    same = [name for name, _ in stated] == [name for name, _ in expected] and all(
        abs(a - b) <= EXACT * max(1.0, abs(b)) for (_, a), (_, b) in zip(stated, expected, strict=True)
    )
    return None if same else f"its goals are stated as {stated}, the passes before it leave {expected}"


def _faults(stated: Mapping[str, Any], result: PassResult, again: float) -> Iterator[str]:
    sign = 1.0 if result.sense == "minimize" else -1.0
    alone, claimed = float(stated["certificate"]["bound"]), float(stated["bound"])
    room = CLOSE * max(1.0, abs(alone))
    if not abs(again - alone) <= room:
        yield f"the plan states {alone:.6f}, its prices give {again:.6f}"
    if not sign * (claimed - alone) >= -room:
        yield f"{claimed:.6f} is less than its prices prove"
    if result.value is None or not sign * (result.value - claimed) >= -CLOSE * max(1.0, abs(result.value)):
        yield f"the bound {claimed:.6f} lies beyond the value {result.value}"
    if result.bound is None or not sign * (result.bound - claimed) >= -room:
        yield f"{claimed:.6f} lies beyond the bound of the search, {result.bound}"
    if not (isinstance(stated["pricing_rounds"], int) and stated["pricing_rounds"] >= 0):
        yield f"pricing_rounds is {stated['pricing_rounds']!r}, which is no count"
    if not (math.isfinite(float(stated["seconds"])) and float(stated["seconds"]) >= 0.0):
        yield f"seconds is {stated['seconds']!r}, which is no time"
