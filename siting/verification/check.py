"""Verify a plan: limits, payments, value, bound, identity."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from siting.items import CASH
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.units import parse_quarter, quarter_label
from siting.verification.cash import Book, Bookkeeper, offers_of
from siting.verification.certificate import read_bound
from siting.verification.decisions import missing_columns, read_decisions
from siting.verification.grid import at_buses, grid_check, grid_faults, meter_mw
from siting.verification.grid_limits import grid_limit_faults
from siting.verification.limits import Limits, over
from siting.verification.own_limits import OwnLimitsPart
from siting.verification.parts import Context
from siting.verification.places import Places
from siting.verification.registry import PARTS
from siting.verification.result import Verification
from siting.verification.stated import stated_faults

CASH_MUSD = 1e-3
"""A payment of the plan may differ by so much from the payment recomputed."""


def verify(plan: Plan, study: Study, tables: Tables) -> Verification:
    """Recompute every limit, payment and value of a plan from the study, the tables and the plan's decisions.

    Shares no coefficient with the model. A plan without decisions (infeasible, none found) has nothing to verify.
    """
    tables = with_own_buses(study, tables)
    identity = list(_identity(plan, study, tables))
    if plan.npv_cost_musd is None:
        return Verification(
            faults=tuple(identity),
            npv_cost_musd=math.nan,
            largest_cash_difference_musd=0.0,
            grid={"status": "not_checked"},
        )
    if lost := missing_columns(plan, study):
        return Verification(
            faults=(*identity, *lost),
            npv_cost_musd=math.nan,
            largest_cash_difference_musd=math.nan,
            grid={"status": "not_checked"},
        )
    read = read_decisions(plan, study)
    places, offers = Places(study, tables), offers_of(study, tables)
    keeper = Bookkeeper(study, tables, places, offers)
    book = keeper.book(read)
    limits = Limits(study, tables, places, offers, read)
    context = Context(
        plan=plan, study=study, tables=tables, places=places, offers=offers, read=read, limits=limits, book=book
    )
    parts = [part(context) for part in PARTS]
    for part in parts:
        part.post()
        limits.parts.append(part)
    stated = plan.tables["sites"]
    sites, drawn_mw, unfit = at_buses(stated, meter_mw(stated, study, places, read), study, tables)
    value, grid = keeper.npv_cost_musd(book), grid_check(sites, drawn_mw, study, tables)
    difference, cash_faults = _cash(plan, study, book)
    over_all = read_bound(plan, study, tables)
    faults = [
        *identity,
        *read.faults,
        *(fault for part in parts for fault in part.faults()),
        *limits.faults(),
        *stated_faults(plan, study, tables, places, offers, read, limits),
        *cash_faults,
        *_funding(study, book),
        *_value(plan, value),
        *unfit,
        *grid_faults(grid),
        *grid_limit_faults(plan, sites, drawn_mw, study, tables),
        *over_all.faults,
    ]
    return Verification(
        faults=tuple(faults),
        npv_cost_musd=value,
        largest_cash_difference_musd=difference,
        own_limits=OwnLimitsPart(context).found(),
        bound_over_all_musd=over_all.recomputed_musd,
        grid=grid,
    )


def _identity(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    if plan.study_digest != study.digest():
        yield f"study: the plan was made from {plan.study_digest[:12]}, this study is {study.digest()[:12]}"
    for name in sorted({*plan.data_hashes, *tables.hashes}):
        if tables.hashes.get(name) != plan.data_hashes.get(name):
            yield f"table {name}: not the one the plan was made from"


def _value(plan: Plan, value: float) -> Iterator[str]:
    stated = plan.npv_cost_musd
    assert stated is not None
    if not math.isfinite(value) or abs(value - stated) > 1e-6 * max(1.0, abs(stated)):
        yield f"value: the plan states {stated:.6f} MUSD, recomputed {value:.6f}"
    if plan.bound_musd is not None and plan.bound_musd > value + 1e-6 * max(1.0, abs(value)):
        yield f"bound: {plan.bound_musd:.6f} MUSD lies above the recomputed value {value:.6f}"


def _funding(study: Study, book: Book) -> Iterator[str]:
    spent = raised = 0.0
    for t in range(study.quarters):
        spent += book.to_cover(t)
        raised += sum(item.amount_musd for item in study.money.funding if item.quarter - study.start == t)
        if over(spent, raised):
            yield f"money, {quarter_label(study.start + t)}: {spent:,.3f} MUSD spent by then, {raised:,.3f} raised"
    for item, paid in book.paid.items():
        if early := [t for t, musd in paid.items() if t < 0 and musd]:
            yield f"money: {item} is paid in {quarter_label(study.start + min(early))}, before the study starts"


def _cash(plan: Plan, study: Study, book: Book) -> tuple[float, list[str]]:
    """Largest difference, and a fault for every payment, total or obligation that does not agree."""
    faults, largest = [], 0.0
    cash = plan.tables["cash"]
    quarters = range(study.quarters)
    if [str(q) for q in cash["quarter"]] != [quarter_label(study.start + t) for t in quarters]:
        faults.append("table cash: not one row a quarter of the horizon")
        return math.nan, faults
    raised = spent = 0.0
    for t, row in zip(quarters, cash.to_dict("records"), strict=True):
        spent += book.to_cover(t)
        raised += sum(item.amount_musd for item in study.money.funding if item.quarter - study.start == t)
        again = {item: book.paid[item].get(t, 0.0) for item in CASH}
        again |= {"total": book.total(t), "cumulative": spent, "funding_cumulative": raised}
        for item, musd in again.items():
            gap = abs(float(row.get(item, 0.0)) - musd)
            largest = max(largest, gap) if not np.isnan(gap) else math.nan
            if not gap <= CASH_MUSD + 1e-9 * abs(musd):
                where = f"cash, {quarter_label(study.start + t)}, {item}"
                faults.append(f"{where}: the plan says {row.get(item, 0.0):.4f} MUSD, recomputed {musd:.4f}")
    faults += _after(plan, study, book)
    return largest, faults


def _beyond(book: Book, item: str, quarters: int) -> bool:
    return any(t >= quarters for t in book.paid[item])


def _after(plan: Plan, study: Study, book: Book) -> list[str]:
    found: list[str] = []
    items = [item for item in CASH if item in plan.tables["after_horizon"] or _beyond(book, item, study.quarters)]
    stated: dict[str, dict[int, float]] = {item: defaultdict(float) for item in items}
    for row in plan.tables["after_horizon"].to_dict("records"):
        try:
            quarter = parse_quarter(str(row["quarter"])) - study.start
        except ValueError:
            found.append(f"after the horizon: {row['quarter']!r} is no quarter")
            continue
        for item in items:
            stated[item][quarter] += float(row.get(item, 0.0))
    for item in items:
        again = {t: musd for t, musd in book.paid[item].items() if t >= study.quarters}
        for t in sorted({*again, *stated[item]}):
            says, musd = stated[item][t], again.get(t, 0.0)
            if not abs(musd - says) <= CASH_MUSD + 1e-9 * abs(musd):
                where = f"after the horizon, {quarter_label(study.start + t)}, {item}"
                found.append(f"{where}: the plan says {says:.4f} MUSD, recomputed {musd:.4f}")
    credited = float(plan.tables["credits"]["musd"].sum())
    if not abs(credited - book.credited_musd) <= CASH_MUSD + 1e-9 * abs(credited):
        found.append(f"credits: the plan says {credited:.4f} MUSD present value, recomputed {book.credited_musd:.4f}")
    return found
