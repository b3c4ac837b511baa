"""Limits of what is bought and leased: delivery, vendor supply, offers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.explanation.elastic import Elastic
from siting.explanation.limits import QUARTERS_OF_ONE, Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.relaxed import Relaxed, bilateral, buyable
from siting.units import quarter_label


def limits_of_accelerators(q: Question, relaxed: Relaxed, e: Elastic) -> Iterator[NamedLimit]:
    """Delivery and vendor of every accelerator, date and size of every bilateral offer."""
    for g in buyable(q):
        yield from _delivery(q, relaxed, e, g)
        yield from _vendor(q, e, g)
    for at, n in bilateral(q).items():
        yield from _offer_date(q, relaxed, e, at, n)
        yield from _offer_size(q, e, at, n)
    if q.leases_ruled_out:
        yield _no_leases(q, relaxed, e)


def _delivery(q: Question, relaxed: Relaxed, e: Elastic, g: int) -> Iterator[NamedLimit]:
    p, kind, stated = q.problem, q.assembled.accelerators[g], q.study.accelerators[g]
    since = 0 if kind.available is None else max(0, int(kind.available) - int(q.study.start))
    first = max(kind.lead_quarters, since)
    if not first:
        return
    steps = e.steps(first)
    most = float(np.ceil(relaxed.modules.sum() * p.module_it_mw / p.pod_it_mw[g]))
    for t in range(min(first, p.quarters)):
        if (g, t) in e.variables("N"):
            e.row([(e.variables("N")[g, t], 1.0), (steps[first - t - 1], -most)], upper=0.0)

    def edit(n: float) -> Edit:
        when = first - round(n)
        fields: dict[str, object] = {}
        if stated.lead_quarters > when:
            fields[f"accelerators.{g}.lead_quarters"] = when
        if since > when:
            fields[f"accelerators.{g}.available"] = quarter_label(q.quarter(when))
        return Edit(fields=fields)

    way = Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=tuple((column, 1.0) for column in steps),
        edit=edit,
        said=lambda n: (
            f"{kind.name} delivered from {quarter_label(q.quarter(first - round(n)))} on instead of "
            f"{quarter_label(q.quarter(first))}"
        ),
        whole=True,
        most=first,
    )
    keys = [f"accelerators.{g}.lead_quarters"] if kind.lead_quarters == first else []
    keys += [f"accelerators.{g}.available"] if since == first else []
    yield NamedLimit(name=f"delivery of {kind.name}", keys=tuple(keys), release=steps, ways=(way,))


def _vendor(q: Question, e: Elastic, g: int) -> Iterator[NamedLimit]:
    rows = {t: row for (kind, t), row in e.family("vendor_supply").items() if kind == g}
    if not rows:
        return
    name, stated = f"vendor supply of {q.assembled.accelerators[g].name}", q.study.accelerators[g]
    if not stated.allocation:
        had = stated.supply_per_quarter or 0
        column = e.column()
        for row in rows.values():
            e.loosen(row, column)
        key = f"accelerators.{g}.supply_per_quarter"
        way = Way(
            unit="accelerators a quarter",
            one=max(1.0, float(had)),
            amount=((column, 1.0),),
            edit=lambda n: Edit(fields={key: had + round(n)}),
            said=lambda n: f"{had + round(n):,} {stated.name} a quarter instead of {had:,}",
            whole=True,
        )
        yield NamedLimit(name=name, keys=(key,), release=(column,), ways=(way,))
        return
    total = float(sum(entry.accelerators for entry in stated.allocation))
    columns = {t: e.column() for t in rows}
    for t, row in rows.items():
        e.loosen(row, columns[t])
    ways = [_more_in(q, g, n, columns, total) for n in range(len(stated.allocation))]
    found = tuple(way for way in ways if way is not None)
    key = f"accelerators.{g}.allocation"
    yield NamedLimit(name=name, keys=(key,), release=tuple(columns.values()), ways=found)


def _more_in(q: Question, g: int, n: int, columns: dict[int, int], total: float) -> Way | None:
    """More in a quarter that the vendor names."""
    stated = q.study.accelerators[g]
    entry = stated.allocation[n]
    column = columns.get(int(entry.quarter) - int(q.study.start))
    if column is None:
        return None
    return Way(
        unit="accelerators",
        one=max(1.0, total),
        amount=((column, 1.0),),
        edit=lambda more: Edit(
            fields={f"accelerators.{g}.allocation.{n}.accelerators": entry.accelerators + round(more)}
        ),
        said=lambda more: (
            f"{entry.accelerators + round(more):,} {stated.name} allotted in {quarter_label(entry.quarter)} "
            f"instead of {entry.accelerators:,}"
        ),
        whole=True,
    )


def _offer_date(q: Question, relaxed: Relaxed, e: Elastic, at: int, n: int) -> Iterator[NamedLimit]:
    offer, first = q.study.leases.bilateral[n], int(np.flatnonzero(q.problem.lease_start[at])[0])
    if not first:
        return
    steps, most = e.steps(first), float(relaxed.problem.lease_max[at])
    for t in range(first):
        if (at, t) in e.variables("X"):
            e.row([(e.variables("X")[at, t], 1.0), (steps[first - t - 1], -most)], upper=0.0)
    key = f"leases.bilateral.{n}.deliver_from"
    way = Way(
        unit="quarters",
        one=QUARTERS_OF_ONE,
        amount=tuple((column, 1.0) for column in steps),
        edit=lambda sooner: Edit(fields={key: quarter_label(q.quarter(first - round(sooner)))}),
        said=lambda sooner: (
            f"{offer.name} delivered from {quarter_label(q.quarter(first - round(sooner)))} on instead of "
            f"{quarter_label(q.quarter(first))}"
        ),
        whole=True,
        most=first,
    )
    yield NamedLimit(name=f"delivery of the lease {offer.name}", keys=(key,), release=steps, ways=(way,))


def _offer_size(q: Question, e: Elastic, at: int, n: int) -> Iterator[NamedLimit]:
    """GPUs on offer; and on one fabric, by `limits_of_clusters`."""
    p, offer = q.problem, q.study.leases.bilateral[n]
    column = e.column()
    for t in range(p.quarters):
        active = [(e.variables("X")[at, s], 1.0) for s in range(t + 1) if _in_force(q, e, at, s, t)]
        if active:
            e.row([*active, (column, -1.0)], upper=float(p.lease_max[at]))
    key = f"leases.bilateral.{n}.gpus"
    way = Way(
        unit="GPUs",
        one=float(offer.gpus),
        amount=((column, 1.0),),
        edit=lambda more: Edit(fields={key: offer.gpus + round(more)}),
        said=lambda more: f"{offer.gpus + round(more):,} GPUs on offer by {offer.name} instead of {offer.gpus:,}",
        whole=True,
    )
    yield NamedLimit(name=f"size of the lease {offer.name}", keys=(key,), release=(column,), ways=(way,))


def _in_force(q: Question, e: Elastic, at: int, s: int, t: int) -> bool:
    return (at, s) in e.variables("X") and t - s < q.problem.lease_term[at]


def _no_leases(q: Question, relaxed: Relaxed, e: Elastic) -> NamedLimit:
    """`money.lease = false`, where there are offers."""
    switch = e.column(1.0, whole=True)
    for (at, _), column in e.variables("X").items():
        if not q.problem.lease_forced[at]:
            e.row([(column, 1.0), (switch, -float(relaxed.problem.lease_max[at]))], upper=0.0)
    way = Way(
        unit="",
        one=1.0,
        amount=((switch, 1.0),),
        edit=lambda _: Edit(fields={"money.lease": True}),
        said=lambda _: "money.lease = true",
        whole=True,
        most=1,
    )
    return NamedLimit(name="no lease", keys=("money.lease",), release=(switch,), ways=(way,))
