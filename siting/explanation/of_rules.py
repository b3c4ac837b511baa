"""Limits of all sites together: counts, forced sites, distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from siting.explanation.elastic import Elastic
from siting.explanation.limits import Edit, NamedLimit, Way
from siting.explanation.question import Question


def limits_of_rules(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    """Every rule that is stated."""
    rules = q.study.rules
    if rows := list(e.family("fewest_sites").values()):
        yield _count(e, "fewest sites", "rules.min_sites", rows, rules.min_sites, -1)
    if (rows := list(e.family("most_sites").values())) and rules.max_sites is not None:
        yield _count(e, "most sites", "rules.max_sites", rows, rules.max_sites, 1)
    yield from _groups(q, e)
    yield from _forced(q, e)
    if (rows := list(e.family("far_apart").values())) and rules.min_distance_km is not None:
        yield _distance(e, rows, rules.min_distance_km)


def _count(e: Elastic, name: str, key: str, rows: list[int], had: int, sign: int) -> NamedLimit:
    column = e.column(whole=True) if sign > 0 else e.column(float(had), whole=True)
    for row in rows:
        e.loosen(row, column)
    way = Way(
        unit="sites",
        one=max(1.0, float(had)),
        amount=((column, 1.0),),
        edit=lambda n: Edit(fields={key: had + sign * round(n)}),
        said=lambda n: f"{name}: {had + sign * round(n)} instead of {had}",
        whole=True,
    )
    return NamedLimit(name=name, keys=(key,), release=(column,), ways=(way,))


def _groups(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    """Most sites per state and per county."""
    rules, site_rules = q.study.rules, q.problem.rules
    if site_rules is None:
        return
    states = set(site_rules.group[0].tolist())
    for name, of_states in (("sites per state", True), ("sites per county", False)):
        rows = [row for n, row in e.family("most_in_group").items() if (n in states) == of_states]
        if not rows:
            continue
        column = e.column(whole=True)
        for row in rows:
            e.loosen(row, column)
        had: dict[str, Any] = {"rules.max_per_county": rules.max_per_county}
        if of_states:
            named = {f"rules.max_per_state.{state}": most for state, most in rules.max_per_state.items()}
            had = {**named, "rules.per_state_max": rules.per_state_max}
        had = {key: most for key, most in had.items() if most is not None}

        def edit(n: float, had: dict[str, int] = had) -> Edit:
            return Edit(fields={key: most + round(n) for key, most in had.items()})

        def said(n: float, name: str = name) -> str:
            return f"{round(n)} more {name} than stated"

        one = max(1.0, float(max(had.values())))
        way = Way(unit="sites", one=one, amount=((column, 1.0),), edit=edit, said=said, whole=True)
        yield NamedLimit(name=name, keys=tuple(had), release=(column,), ways=(way,))


def _forced(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    at = {str(name): i for i, name in enumerate(q.problem.candidate_id.tolist())}
    stated = [entry.model_dump(mode="json") for entry in q.study.rules.forced]
    for n, entry in enumerate(q.study.rules.forced):
        row = e.family("forced_site").get(at[entry.candidate])
        if row is None:
            continue
        assert q.problem.rules is not None
        column = e.column(1.0, whole=True)
        e.loosen(row, column, float(q.problem.rules.forced_modules[at[entry.candidate]]))
        fields = {"rules.forced": [other for m, other in enumerate(stated) if m != n]}

        def edit(_: float, fields: dict[str, Any] = fields) -> Edit:
            return Edit(fields=fields)

        def said(_: float, candidate: str = entry.candidate) -> str:
            return f"{candidate} not forced"

        way = Way(unit="", one=1.0, amount=((column, 1.0),), edit=edit, said=said, whole=True, most=1)
        key = f"rules.forced.{n}"
        yield NamedLimit(name=f"{entry.candidate} forced", keys=(key,), release=(column,), ways=(way,))


def _distance(e: Elastic, rows: list[int], km: float) -> NamedLimit:
    """How many km fewer are enough is found on the study: rows speak of places too near, not of distances."""
    columns = [e.column(whole=True) for _ in rows]
    for row, column in zip(rows, columns, strict=True):
        e.loosen(row, column)
    way = Way(
        unit="km",
        one=km,
        amount=(),
        edit=lambda n: Edit(fields={"rules.min_distance_km": f"{max(km - n, 1e-3):.10g} km"}),
        said=lambda n: f"sites {km - n:,.4g} km apart at least instead of {km:,.4g}",
        most=km,
    )
    return NamedLimit(name="least distance", keys=("rules.min_distance_km",), release=tuple(columns), ways=(way,))
