"""The bound over all candidates again, from the prices that the plan states: numpy alone, no Pyomo, no HiGHS.

Any multipliers give a valid bound, so all that can be wrong is the number itself: it must be what they give
(`recomputed`). That holds of prices by place of the cluster too (`siting.pricing.places`): each set of them is computed
for every place, so that the places they cover are all of them has not to be believed, and where a set is missing the
number is one that the rest do not give. A study with several priorities has a bound for each of its passes (`passes`).

**Recomputed:** `certificate` (a multiplier that is altered without altering the bound proves the same), `candidates`,
and, unless lines found during the search had prices, `priced_musd` and `too_dear`.

**Stated only:** `bound_musd`, as far as it lies above what the multipliers give. The search over crowds that proved it
is a branch and bound of HiGHS, which nothing short of another one repeats. It must lie between the recomputed bound and
the bound of the last pass, which is nowhere above the cost. Who takes nobody's word has the recomputed one: it comes
with every verification, as `bound_all_recomputed` in JSON, and the report says which is whose.

**Looked at for sense, and no more:** `alone`, `crowds`, `rounds`, `host_groups`, `pricing_rounds`, `seconds`,
`relaxed_musd` tell how the bound was found. No claim about the plan rests on them, so there is nothing to recompute
them from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.verification.passes import passes_again
from siting.verification.recomputed import bound_again, problem_of

CLOSE = 1e-6
"""Relative difference of the stated and the recomputed bound."""
OVER_ALL = "bound over all candidates"
COUNTS, AMOUNTS = (
    ("too_dear", "alone", "crowds", "rounds", "host_groups", "pricing_rounds"),
    ("seconds", "relaxed_musd"),
)


@dataclass(frozen=True)
class BoundOverAll:
    """What the second reading of the bound over all candidates found."""

    faults: tuple[str, ...] = ()
    recomputed_musd: float | None = None
    """What the stated multipliers give; None where the plan states none that fit."""


@dataclass(frozen=True)
class _Recomputed:
    musd: float
    candidates: int
    too_dear: tuple[int, int]
    """Candidates that no better plan opens, at least and at most: those on the edge may be rounded either way."""


def read_bound(plan: Plan, study: Study, tables: Tables) -> BoundOverAll:
    """The bound over all candidates recomputed, and what is wrong with it; nothing when the plan states none."""
    everyone = plan.facts.get("everyone", {})
    if "certificate" not in everyone and "passes" not in everyone:
        if "bound_musd" in everyone:
            return BoundOverAll((f"{OVER_ALL}: the plan states one, and no multipliers that give it",))
        return BoundOverAll()
    try:
        if "passes" in everyone:
            texts, by_pass = passes_again(plan, study, tables)
            return BoundOverAll(tuple(f"{OVER_ALL}: {text}" for text in texts), by_pass.get("npv_cost_musd"))
        found = _recomputed(plan, study, tables)
        faults = tuple(f"{OVER_ALL}: {text}" for text in _faults(plan, everyone, found))
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        return BoundOverAll((f"{OVER_ALL}: its multipliers do not fit the study ({error})",))
    return BoundOverAll(faults, found.musd)


def _faults(plan: Plan, everyone: Mapping[str, Any], found: _Recomputed) -> Iterator[str]:
    certificate = everyone["certificate"]
    stated, claimed = float(certificate["musd"]), float(everyone["bound_musd"])
    room = CLOSE * max(1.0, abs(stated))
    if not abs(found.musd - stated) <= room:
        yield f"the plan states {stated:.6f} MUSD, its multipliers give {found.musd:.6f}"
    for musd in (stated, claimed):
        if plan.npv_cost_musd is not None and musd > plan.npv_cost_musd + CLOSE * max(1.0, abs(plan.npv_cost_musd)):
            yield f"{musd:.6f} MUSD lies above the value {plan.npv_cost_musd:.6f}"
    if not claimed >= stated - room:
        yield f"{claimed:.6f} MUSD is less than its multipliers give"
    if plan.bound_musd is not None and claimed > plan.bound_musd + room:
        yield f"{claimed:.6f} MUSD lies above the bound of the search, {plan.bound_musd:.6f}"
    if int(everyone["candidates"]) != found.candidates:
        yield f"the plan counts {everyone['candidates']} candidates, the study has {found.candidates}"
    yield from _how(plan, everyone, found)


def _how(plan: Plan, everyone: Mapping[str, Any], found: _Recomputed) -> Iterator[str]:
    """What is wrong with what the plan says of how the bound was found."""
    for name in COUNTS:
        if not (isinstance(everyone[name], int) and everyone[name] >= 0):
            yield f"{name} is {everyone[name]!r}, which is no count"
    for name in AMOUNTS:
        if name in everyone and not math.isfinite(float(everyone[name])):
            yield f"{name} is {everyone[name]!r}, which is no amount"
    priced, claimed = float(everyone["priced_musd"]), float(everyone["bound_musd"])
    room = CLOSE * max(1.0, abs(found.musd))
    if not priced <= claimed + room:
        yield f"prices alone are said to give {priced:.6f} MUSD, more than the whole proof, {claimed:.6f}"
    if len(plan.facts.get("grid", {}).get("rounds", ())) > 1:  # lines that were found had prices, and are left out
        return
    if not abs(priced - found.musd) <= room:
        yield f"prices alone are said to give {priced:.6f} MUSD, they give {found.musd:.6f}"
    least, most = found.too_dear
    if not least <= everyone["too_dear"] <= most:
        yield f"{everyone['too_dear']} candidates are said to be too dear for any better plan, these are {most}"


def _recomputed(plan: Plan, study: Study, tables: Tables) -> _Recomputed:
    """The bound that the stated prices give over every candidate of the study."""
    problem = problem_of(plan, study, tables)
    found = bound_again(problem, plan.facts["everyone"]["certificate"])
    value = math.inf if plan.npv_cost_musd is None else plan.npv_cost_musd
    edge = CLOSE * max(1.0, abs(found.least))
    dear = [int(np.sum(problem.is_campus & (found.least + found.if_open >= value + off))) for off in (edge, -edge)]
    return _Recomputed(found.least, int(problem.is_campus.sum()), (dear[0], dear[1]))
