"""The bound over all candidates again, from the prices that the plan states: numpy alone, no Pyomo, no HiGHS.

Decision: this is the one module of the verifier that reads the coefficients of the study as the model does
(`siting.assembly`). A bound speaks of every candidate that was not chosen, so there is no plan to read it from; what
the coefficients of the chosen ones are worth is recomputed apart from the model by `cash` and `limits`. Any multipliers
give a valid bound, so all that can be wrong is the number itself: it must be what they give. That holds of prices by
place of the cluster too (`siting.pricing.places`): each set of them is computed for every place, so that the places
they cover are all of them has not to be believed, and where a set is missing the number is one that the rest do not
give.

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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables

CLOSE = 1e-6
"""Relative difference of the stated and the recomputed bound."""
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
    certificate = everyone.get("certificate")
    if certificate is None:
        if "bound_musd" in everyone and plan.passes[0].objective == "npv_cost_musd":
            return BoundOverAll(("bound over all candidates: the plan states one, and no multipliers that give it",))
        return BoundOverAll()
    try:
        found = _recomputed(certificate, plan.npv_cost_musd, study, tables)
        faults = tuple(f"bound over all candidates: {text}" for text in _faults(plan, everyone, found))
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        return BoundOverAll((f"bound over all candidates: its multipliers do not fit the study ({error})",))
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


def _recomputed(certificate: Mapping[str, Any], value_musd: float | None, study: Study, tables: Tables) -> _Recomputed:
    """The bound that the stated multipliers give over every candidate of the study."""
    from siting.assembly import assemble  # only here and only now: the rest of the verifier never loads these
    from siting.pricing import Prices, bound_of, parts_without_price

    problem = assemble(study, tables).problem
    if unpriced := parts_without_price(problem):
        raise ValueError(f"no price for {', '.join(unpriced)}")
    prices = Prices.from_lists(certificate, len(problem.region), problem.quarters)
    for multipliers in prices.all:
        parts = [part for part in vars(multipliers).values() if isinstance(part, float | np.ndarray)]
        if not all(np.isfinite(np.asarray(part, dtype=np.float64)).all() for part in parts):
            raise ValueError("a price that is no number")
        if len(multipliers.line):
            raise ValueError("prices of lines, which are no part of the study")
    if problem.grid is not None:
        problem = replace(problem, grid=problem.grid.without_rows())
    found = bound_of(problem, prices)
    value = math.inf if value_musd is None else value_musd
    edge = CLOSE * max(1.0, abs(found.musd))
    dear = [int(np.sum(problem.is_campus & (found.musd + found.open_musd >= value + off))) for off in (edge, -edge)]
    return _Recomputed(found.musd, int(problem.is_campus.sum()), (dear[0], dear[1]))
