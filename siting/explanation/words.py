"""An explanation in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from siting.printed import of_all
from siting.termination import Termination

if TYPE_CHECKING:
    from siting.explanation.changes import Change
    from siting.explanation.infeasible import Explanation


def in_words(found: Explanation) -> str:
    """Some sentences, one a line."""
    return "\n".join(_sentences(found))


def _sentences(found: Explanation) -> Iterator[str]:
    over = f"over {of_all(found.candidates, found.of, 'candidate')}" if found.candidates < found.of else ""
    if found.plan is not None:
        hosts = ", ".join(found.plan.hosts)
        yield f"{found.study}: there is a plan{f' (hosts: {hosts})' if hosts else ''}. Nothing to explain; solve it."
        return
    if found.termination is Termination.NO_PLAN_FOUND and not found.conflict:
        known = found.looked is Termination.INFEASIBLE
        what = "there is no plan; which limits are the reason was" if known else "whether there is a plan was"
        yield f"{found.study}: {what} not decided in time."
        return
    if found.proof:
        yield f"{found.study}: there is no plan over any of its {found.of:,} candidates; {found.proof}."
        yield f"What follows holds over {found.candidates:,} of them."
    elif found.looked is Termination.INFEASIBLE:
        yield f"{found.study}: there is no plan{f' {over}' if over else ''}."
    else:
        yield f"{found.study}: no plan was found in time, and there is none {over}; over more that is not decided."
    if found.first_pass != "npv_cost":
        yield f"The pass for {found.first_pass} has none, so no later one has."
    if not found.conflict:
        yield "No limit that is named here is the reason: there is no plan even without any of them."
        return
    if not found.minimal:
        yield "Not every search was decided in time: the set cannot hold together, but may be larger than need be."
    yield _together(found)
    yield from _least(found)
    yield "One of these alone is enough for a plan:" if _some(found) else "No single change of one of them was found."
    yield from (f"  - {_change(change)}" for change in found.changes if change.amount is not None)
    none = [change for change in found.changes if change.amount is None]
    yield from (f"  - {change.limit.name}: {change.words}" for change in none)
    if any(change.decided for change in none):
        yield (
            "Where no change is enough, even the largest that means anything leaves no plan: as a rule limits outside "
            "this set are in the way as well."
        )
    if found.wide:
        yield from _over_all(found)
    if found.in_fractions:
        names = ", ".join(limit.name for limit in found.in_fractions)
        yield f"That there is a plan without one of these is shown with fractions of pods only: {names}."
    if found.left_out:
        yield f"Places that cannot be used at all were not looked at, nor what keeps them out: {found.left_out}."
    if found.two_classes:
        yield "MW of places were not looked at as limits: halls are of two cooling classes."
    if found.wide:
        yield "Places are named together and round trips kept as they are: there are many candidates."


def _over_all(found: Explanation) -> Iterator[str]:
    """What prices show beyond the candidates that were looked at."""
    same = ", ".join(change.limit.name for change in found.changes if change.over_all)
    if same:
        yield f"By prices this holds over all {found.of:,} candidates: no other change, or no smaller one, of {same}."
    needed = [
        f"{said_amount(change.nowhere, change.unit)} for {change.limit.name}"
        for change in found.changes
        if change.nowhere is not None and not change.over_all and change.amount is not None
    ]
    if needed:
        yield f"By prices the change is more than this over all {found.of:,} candidates: {'; '.join(needed)}."


def _some(found: Explanation) -> bool:
    return any(change.amount is not None for change in found.changes)


def _together(found: Explanation) -> str:
    names = [limit.name for limit in found.conflict]
    if len(names) == 1:
        return f"One limit cannot be met, whatever becomes of all others: {names[0]}."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{len(names)} limits cannot hold together, whatever becomes of all others: {listed}."


def _least(found: Explanation) -> Iterator[str]:
    parts = [f"{v.limit.name} ({said_amount(v.amount, v.unit)})" for v in found.violations]
    if not parts or found.least is None:
        return
    text = f"The least that gives way in sum: {'; '.join(parts)}"
    if found.least.termination is not Termination.OPTIMAL:
        share, bound = sum(v.share for v in found.violations), found.least.bound or 0.0
        text += (
            f": {share:.2g} as a share of what is stated, a year as 1; the least is proved to be {bound:.2g} or more"
        )
    yield f"{text}."


def said_amount(amount: float, unit: str) -> str:
    """Four digits, without an exponent; one quarter is not two."""
    rounded = float(f"{amount:.4g}")
    number = f"{rounded:,.0f}" if rounded == round(rounded) else f"{rounded:,.4g}"
    return f"{number} {'quarter' if unit == 'quarters' and rounded == 1.0 else unit}".rstrip()


def _change(change: Change) -> str:
    plan, text = change.plan, change.words
    if plan is not None:
        parts = [f"hosts {', '.join(dict.fromkeys(plan.hosts))}"] if plan.hosts else []
        others = [site for site in plan.sites if site not in plan.hosts]
        parts += [f"sites {', '.join(others)}"] if others else []
        text += f" ({'; '.join(parts) or 'no site'})"
    return text if change.smaller_fails else f"{text}; less may be enough"
