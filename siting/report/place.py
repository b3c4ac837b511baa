"""Whether the data decide the place: by how many places cost nearly the same, and by what other figures give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan import Plan
from siting.printed import plural
from siting.report.numbers import listed, number, percent


def place_decided(plan: Plan) -> tuple[bool, str]:
    """Whether this data decides the place, and the sentences that say so: by how many places cost nearly the same, and
    by what other figures give, where that was tried."""
    by_cost, sentence = _decided_by_cost(plan)
    tried: Mapping[str, Any] = plan.facts.get("other_figures") or {}
    if not tried:
        return by_cost, sentence
    told = _with_other_figures(tried)
    if tried["decided"] or not by_cost:
        return by_cost, f"{sentence} {told}"
    return False, f"Place not decided: {told[0].lower()}{told[1:]} At the figures as they stand: {sentence}"


def _with_other_figures(tried: Mapping[str, Any]) -> str:
    """What the trials with other figures of MW, price and dates give."""
    states, count, same = [str(state) for state in tried["states"]], int(tried["trials"]), int(tried["same"])
    rows = [row for row in tried["by_state"] if (states or [""]) != [row["state"]]]
    others = [f"{row['state'] or 'leases alone'} ({percent(row['share'], 0)})" for row in rows]
    where = f"builds in {listed(states)} alone" if states else "builds nothing"
    beside = f"; others, in so many of all: {listed(others, 6)}" if others else ""
    without = f"; {tried['without_plan']} have no plan" if tried["without_plan"] else ""
    without += f"; {tried['not_in_time']} found none in time" if tried["not_in_time"] else ""
    return (
        f"With other figures ({tried['figures']}; seed {tried['seed']}: assumptions, not measured errors) the plan "
        f"{where} in {same} of {count} trials ({percent(tried['share'], 0)}){beside}{without}."
    )


def _decided_by_cost(plan: Plan) -> tuple[bool, str]:
    ties: Mapping[str, Any] = plan.facts.get("near_ties") or {}
    if not ties:
        return False, "How far the place is decided was not worked out for this plan."
    if ties.get("nothing_built"):
        return True, "Nothing new is built, so there is no place to decide."
    count, states = int(ties["count"]), [str(state) for state in ties["states"]]
    within = percent(ties.get("within_share", 0.005))
    usable = number(plan.facts.get("candidates_usable", len(plan.tables["candidates"])))
    of = f"{plural(count, 'candidate')} of {usable}"
    if ties["decided"]:
        if count <= 1 and usable == "1":
            return True, "Place given: the study has one usable candidate."
        if count <= 1:
            return True, f"Place decided: no other of {usable} candidates comes within {within} of the best plan."
        said = (
            f"Place decided as far as the state: {of} cost within {within} of the best plan, all in {listed(states)}."
        )
        return True, f"{said} Which of them is not decided by this data."
    return False, (
        f"Place not decided: {of} cost within {within} of the best plan, and they lie in {len(states)} states "
        f"({listed(states, 12)}). The site named here is one of many equals for this data; choose among them by what "
        "the data does not hold: the utility's own answer, land, water, permits, people."
    )
