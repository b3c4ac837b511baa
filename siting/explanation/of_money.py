"""Limits of money, carbon and water, and the planner's own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.explanation.elastic import Elastic
from siting.explanation.limits import Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.study.expressions import Expression
from siting.units import quarter_label


def limits_of_money(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    """Funding by quarter, caps."""
    yield from _funding(q, e)
    rows = list(e.family("capital_spending").values())
    if rows:
        yield _capped(q, e, "capex cap", "money.capex_cap_musd", "MUSD", rows)
    if rows := list(e.family("running_costs").values()):
        yield _capped(q, e, "opex cap", "money.opex_cap_musd_per_year", "MUSD/y", rows)
    for (item, year), row in e.family("yearly_cap").items():
        if item == "carbon":
            yield _carbon(q, e, int(year), row)
    if rows := [row for (item, _), row in e.family("yearly_cap").items() if item == "water"]:
        yield _capped(q, e, "water cap", "water.cap_m3_per_year", "m3", rows)


def _funding(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    """Money that is short by a quarter. Let go is the row of the quarter alone, as if bridged for so long; what is
    added comes in then and stays."""
    musd, rows = q.problem.funding_musd, e.family("funding")
    stated = [entry.model_dump(mode="json") for entry in q.study.money.funding]
    for t, row in sorted(rows.items()):
        bridge, added = e.column(), e.column()
        e.loosen(row, bridge)
        for later, at in rows.items():
            if later >= t:
                e.loosen(at, added)
        label = quarter_label(q.quarter(t))

        def edit(more: float, label: str = label) -> Edit:
            extra = {"quarter": label, "amount_musd": f"{more:.12g} MUSD", "status": "assumed"}
            return Edit(fields={"money.funding": [*stated, extra]})

        def said(more: float, label: str = label) -> str:
            return f"+{_musd(more)} of funding in {label}"

        one = max(1.0, float(musd[-1]))
        way = Way(unit="MUSD", one=one, amount=((added, 1.0),), edit=edit, said=said)
        yield NamedLimit(name=f"funding by {label}", keys=("money.funding",), release=(bridge,), ways=(way,))


def _musd(musd: float) -> str:
    return f"{musd / 1e3:,.4g} GUSD" if musd >= 1e3 else f"{musd:,.4g} MUSD"


def _capped(q: Question, e: Elastic, name: str, key: str, unit: str, rows: list[int]) -> NamedLimit:
    """A cap of one field, whatever rows it has."""
    section, field = key.split(".")
    had, column = float(getattr(getattr(q.study, section), field)), e.column()
    for row in rows:
        e.loosen(row, column)
    way = Way(
        unit=unit,
        one=max(1.0, had),
        amount=((column, 1.0),),
        edit=lambda more: Edit(fields={key: f"{had + more:.12g} {unit}"}),
        said=lambda more: f"{name} of {had + more:,.5g} {unit} instead of {had:,.5g}",
    )
    return NamedLimit(name=name, keys=(key,), release=(column,), ways=(way,))


def _carbon(q: Question, e: Elastic, year: int, row: int) -> NamedLimit:
    assert q.problem.carbon is not None
    had, column, stated = float(q.problem.carbon.cap[year]), e.column(), q.study.carbon.cap_t
    e.loosen(row, column)
    kept = {name: f"{tonnes:.15g} t" for name, tonnes in stated.items()}
    way = Way(
        unit="t",
        one=max(1.0, had),
        amount=((column, 1.0),),
        edit=lambda more: Edit(fields={"carbon.cap_t": {**kept, str(year): f"{had + more:.12g} t"}}),
        said=lambda more: f"carbon cap of {had + more:,.5g} t in {year} instead of {had:,.5g}",
    )
    key = f"carbon.cap_t.{year}" if str(year) in stated else "carbon.cap_t_per_year"
    return NamedLimit(name=f"carbon cap of {year}", keys=(key,), release=(column,), ways=(way,))


def own_limits(q: Question, e: Elastic) -> Iterator[NamedLimit]:
    """The planner's own, each loosened in its sense; an equality in both."""
    rows = e.family("own_limit")
    for n, limit in enumerate(q.study.limits):
        sense, bound = limit.expression.sense, limit.expression.bound
        lower, upper = (-np.inf if sense == "<=" else bound), (np.inf if sense == ">=" else bound)
        row = rows.get(n)
        if row is None:  # it counts nothing that is there
            row = e.row([], lower=lower, upper=upper)
        e.bound(row, lower=lower, upper=upper)
        ways = []
        for admitted, sign in ((sense != ">=", 1.0), (sense != "<=", -1.0)):
            if admitted:
                column = e.column()
                e.put(row, column, -sign)
                ways.append(_own(n, limit.name, limit.expr, limit.expression, sign, column))
        release = tuple(column for way in ways for column, _ in way.amount)
        yield NamedLimit(name=f"own limit {limit.name}", keys=(f"limits.{n}.expr",), release=release, ways=tuple(ways))


def _own(n: int, name: str, text: str, read: Expression, sign: float, column: int) -> Way:
    """The same expression with another number."""
    left = text[: text.rindex(read.sense)]

    def rewritten(more: float) -> str:
        return f"{left}{read.sense} {read.bound + sign * more:.12g} {read.unit}".strip()

    return Way(
        unit=read.unit,
        one=max(1.0, abs(read.bound)),
        amount=((column, 1.0),),
        edit=lambda more: Edit(fields={f"limits.{n}.expr": rewritten(more)}),
        said=lambda more: f"{name}: {rewritten(more)}",
    )
