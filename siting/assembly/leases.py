"""Lease offers and existing contracts as one frame, and what one GPU of each costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from siting.assembly.costs import Clock
from siting.problem import FloatArray
from siting.study import Study
from siting.study.assets import LeaseContract
from siting.tables import catalog
from siting.tables.read import Tables

PUBLIC_MAX_GPUS = 1024.0
"""Assumed most that a public list price is good for, where the row has no maximum (Voltage Park states 1,016)."""

_COLUMNS = """
lease provider region accelerator lat lon usd_per_gpu_h total_musd gpus min_gpus term_quarters first_start last_start
prepay single_fabric_gpus kind existing billed_share price_escalator note
"""
COLUMNS = _COLUMNS.split()


def lease_frame(study: Study, tables: Tables) -> pd.DataFrame:
    """One row a contract or offer; first_start and last_start are quarters of the horizon, 0 for existing contracts."""
    rows = [_existing(study, lease) for lease in study.leases.existing]
    if study.money.lease:
        rows += [_bilateral(study, lease) for lease in study.leases.bilateral]
        rows += _public(study, tables)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["price_escalator"] = np.where(frame["existing"].astype(bool), 0.0, study.leases.price_escalator)
    return frame[frame["first_start"] <= frame["last_start"]].reset_index(drop=True)


def _existing(study: Study, lease: LeaseContract) -> dict[str, object]:
    assert lease.ends is not None
    return {
        **_common(lease),
        "min_gpus": 0.0,
        "term_quarters": lease.ends - study.start + 1,
        "first_start": 0,
        "last_start": 0,
        "kind": "existing",
        "existing": True,
    }


def _bilateral(study: Study, lease: LeaseContract) -> dict[str, object]:
    assert lease.deliver_from is not None
    last = study.end - 1 if lease.start_until is None else min(lease.start_until, study.end - 1)
    return {
        **_common(lease),
        "min_gpus": float(lease.gpus if lease.min_gpus is None else lease.min_gpus),
        "term_quarters": lease.term_quarters,
        "first_start": lease.deliver_from - study.start,
        "last_start": last - study.start,
        "kind": "bilateral",
        "existing": False,
    }


def _common(lease: LeaseContract) -> dict[str, object]:
    return {
        "lease": lease.name,
        "provider": lease.name,
        "region": lease.region,
        "accelerator": lease.accelerator,
        "lat": lease.lat,
        "lon": lease.lon,
        "usd_per_gpu_h": lease.usd_per_gpu_h,
        "total_musd": lease.total_musd,
        "gpus": float(lease.gpus),
        "prepay": lease.prepay,
        "single_fabric_gpus": lease.single_fabric_gpus,
        "billed_share": 1.0,
        "note": lease.note,
    }


def _public(study: Study, tables: Tables) -> list[dict[str, object]]:
    choice = study.leases.public
    if choice is None:
        return []
    wanted = choice.accelerators or tuple(item.name for item in study.accelerators)
    offers = catalog.lease_offers_on(tables, study.price_day, choice.kinds, wanted)
    offers = offers[offers["term_months"].notna()].sort_values("usd_per_gpu_h")
    rows = []
    for offer in offers.itertuples():
        name = f"public:{offer.provider}|{offer.region}|{offer.accelerator}|{int(offer.term_months)}|{offer.kind}"
        flexible = offer.kind in ("on_demand", "spot")
        rows.append(
            {
                "lease": name,
                "provider": offer.provider,
                "region": f"{offer.provider} {offer.region}",
                "accelerator": offer.accelerator,
                "lat": offer.lat,
                "lon": offer.lon,
                "usd_per_gpu_h": offer.usd_per_gpu_h,
                "total_musd": None,
                "gpus": PUBLIC_MAX_GPUS if pd.isna(offer.max_gpus) else float(offer.max_gpus),
                "min_gpus": 0.0 if pd.isna(offer.min_gpus) else float(offer.min_gpus),
                "term_quarters": max(1, round(offer.term_months / 3.0)),
                "first_start": 0,
                "last_start": study.quarters - 1,
                "prepay": 0.0,
                "single_fabric_gpus": 0,
                "kind": offer.kind,
                "existing": False,
                "billed_share": study.operation.billed_share_on_demand if flexible else 1.0,
                "note": f"{offer.source} ({offer.date_stated})",
            }
        )
    # one offer a name: where only the interconnect differs the cheapest stands (rows are sorted by price)
    return list({row["lease"]: row for row in reversed(rows)}.values())


def lease_costs(study: Study, frame: pd.DataFrame, clock: Clock) -> tuple[FloatArray, FloatArray]:
    """(L, T, T) cash of one GPU by [start, payment] inside the horizon; (L, T) present value over the whole term,
    credit off.
    """
    quarters = study.quarters
    cash, npv = np.zeros((len(frame), quarters, quarters)), np.zeros((len(frame), quarters))
    for number, row in enumerate(frame.itertuples()):
        term = int(row.term_quarters)
        span = quarters + term
        hours, discount = clock.hours(span), clock.discount(span)
        for start in range(int(row.first_start), int(row.last_start) + 1):
            due = bill_musd(row, start, hours)
            active = slice(start, start + term)
            after = np.arange(span) >= quarters
            in_force = np.zeros(span)
            in_force[active] = 1.0
            credit = study.leases.value_after_horizon_usd_per_gpu_h * hours * in_force * after / 1e6
            cash[number, start] = due[:quarters]
            npv[number, start] = ((due - credit) * discount).sum()
    return cash, npv


def bill_musd(row: Any, start: int, hours: FloatArray) -> FloatArray:
    """(len(hours),) what one GPU of a contract from `start` on costs by quarter; `row` of `lease_frame`."""
    due, active = np.zeros(len(hours)), slice(start, start + int(row.term_quarters))
    if pd.isna(row.usd_per_gpu_h):
        due[active] = float(row.total_musd) / int(row.term_quarters) / float(row.gpus)
    else:
        due[active] = float(row.usd_per_gpu_h) * hours[active] * float(row.billed_share) / 1e6
    due[active] *= start_price_level(row, start)
    whole = due.sum()
    due[active] *= 1.0 - float(row.prepay)
    if not row.existing:  # what an existing contract was prepaid is spent already
        due[start] += float(row.prepay) * whole
    return due


def start_price_level(row: Any, start: int) -> float:
    """Price of a contract that starts in a quarter over that of one at the study's start; `row` of `lease_frame`."""
    return float((1.0 + row.price_escalator) ** (start / 4.0))


def gpus_for(size_gpus: int | None, size_h100e: float | None, h100e_per_gpu: float) -> int:
    """GPUs a training cluster takes on a lease."""
    if size_gpus is not None:
        return size_gpus
    assert size_h100e is not None
    return math.ceil(size_h100e / h100e_per_gpu - 1e-9)
