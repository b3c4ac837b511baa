"""Verify a plan: limits, payments, value, bound, identity."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.units import parse_quarter, quarter_label
from siting.verification.cash import ITEMS, Book, Bookkeeper, offers_of
from siting.verification.decisions import Read, missing_columns, read_decisions
from siting.verification.grid import grid_check
from siting.verification.limits import Limits, over
from siting.verification.places import Places
from siting.verification.result import Verification

CASH_MUSD = 1e-3
"""A payment of the plan may differ by so much from the payment recomputed."""


def verify(plan: Plan, study: Study, tables: Tables) -> Verification:
    """Recompute every limit, payment and value of a plan from the study, the tables and the plan's decisions.

    Shares no coefficient with the model. A plan without decisions (infeasible, none found) has nothing to verify.
    """
    identity = list(_identity(plan, study, tables))
    if plan.npv_cost_musd is None:
        return Verification(
            faults=tuple(identity),
            npv_cost_musd=math.nan,
            largest_cash_difference_musd=0.0,
            grid={"status": "not_checked"},
        )
    if lost := missing_columns(plan):
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
    value = keeper.npv_cost_musd(book)
    difference, cash_faults = _cash(plan, study, book)
    faults = [
        *identity,
        *read.faults,
        *Limits(study, tables, places, offers, read).faults(),
        *_site_rows(plan, study, places, read),
        *cash_faults,
        *_funding(study, book),
        *_value(plan, value),
    ]
    return Verification(
        faults=tuple(faults),
        npv_cost_musd=value,
        largest_cash_difference_musd=difference,
        grid=grid_check(plan.tables["sites"], tables),
    )


def _identity(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    if plan.study_digest != study.digest():
        yield f"study: the plan was made from {plan.study_digest[:12]}, this study is {study.digest()[:12]}"
    for name, digest in plan.data_hashes.items():
        if tables.hashes.get(name) != digest:
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
        spent += book.total(t)
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
    quarters = [parse_quarter(str(q)) - study.start for q in cash["quarter"]]
    if quarters != list(range(study.quarters)):
        faults.append("table cash: not one row a quarter of the horizon")
        return math.nan, faults
    raised = spent = 0.0
    for t, row in zip(quarters, cash.to_dict("records"), strict=True):
        spent += book.total(t)
        raised += sum(item.amount_musd for item in study.money.funding if item.quarter - study.start == t)
        again = {item: book.paid[item].get(t, 0.0) for item in ITEMS}
        again |= {"total": book.total(t), "cumulative": spent, "funding_cumulative": raised}
        for item, musd in again.items():
            gap = abs(float(row[item]) - musd)
            largest = max(largest, gap) if not np.isnan(gap) else math.nan
            if not gap <= CASH_MUSD + 1e-9 * abs(musd):
                where = f"cash, {quarter_label(study.start + t)}, {item}"
                faults.append(f"{where}: the plan says {row[item]:.4f} MUSD, recomputed {musd:.4f}")
    faults += _after(plan, study, book)
    return largest, faults


def _after(plan: Plan, study: Study, book: Book) -> list[str]:
    stated = dict.fromkeys(("rent", "lease", "existing_lease"), 0.0)
    for row in plan.tables["after_horizon"].to_dict("records"):
        for item in stated:
            stated[item] += float(row[item])
    found = []
    for item, musd in stated.items():
        again = sum(paid for t, paid in book.paid[item].items() if t >= study.quarters)
        if abs(again - musd) > CASH_MUSD + 1e-9 * abs(again):
            found.append(f"after the horizon, {item}: the plan says {musd:.4f} MUSD, recomputed {again:.4f}")
    credited = float(plan.tables["credits"]["musd"].sum())
    if abs(credited - book.credited_musd) > CASH_MUSD + 1e-9 * abs(credited):
        found.append(f"credits: the plan says {credited:.4f} MUSD present value, recomputed {book.credited_musd:.4f}")
    return found


def _site_rows(plan: Plan, study: Study, places: Places, read: Read) -> Iterator[str]:
    """The sites, power and clusters tables say what the decisions say."""
    sites = plan.tables["sites"]
    built = {c for c, modules in read.modules.items() if sum(modules.values()) > 0}
    if set(sites["candidate"].astype(str)) != built or sites["candidate"].duplicated().any():
        yield "table sites: not one row for every campus with modules"
    for row in sites.itertuples():
        place, modules = places.get(str(row.candidate)), read.modules.get(str(row.candidate), {})
        if place is None or not modules:
            continue
        it_mw = sum(modules.values()) * study.halls.module_it_mw
        again = {
            "state": place.state,
            "tenure": place.tenure,
            "open_quarter": quarter_label(study.start + min(t for t, n in modules.items() if n > 0)),
            "energization": quarter_label(study.start + place.power_from),
        }
        for column, value in again.items():
            if str(getattr(row, column)) != value:
                yield f"sites, {row.candidate}, {column}: the plan says {getattr(row, column)}, recomputed {value}"
        numbers = {
            "it_mw": it_mw,
            "utility_mw": it_mw * place.pue_peak,
            "final_utility_mw": place.final_utility_mw,
            "lat": place.lat,
            "lon": place.lon,
        }
        for column, number in numbers.items():
            if not abs(float(getattr(row, column)) - number) <= 1e-6 * max(1.0, abs(number)):
                yield f"sites, {row.candidate}, {column}: the plan says {getattr(row, column)}, recomputed {number}"
