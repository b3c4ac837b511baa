"""The plan's decisions as plain dictionaries by quarter number; whatever cannot be read is a fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from siting.plan import Plan
from siting.study import Study
from siting.units import parse_quarter

COLUMNS = {
    "sites": "candidate name lat lon state tenure open_quarter it_mw utility_mw final_utility_mw energization clusters",
    "modules": "candidate quarter modules it_mw",
    "deliveries": "candidate accelerator quarter pods accelerators",
    "fleet": "candidate accelerator quarter installed running",
    "leases": "lease accelerator quarter gpus term_quarters existing cluster",
    "power": "candidate quarter standing_it_mw running_it_mw running_utility_mw energized_utility_mw energy_mwh",
    "service": "source region quarter h100e_bf16 rtt_ms",
    "cash": "quarter accelerators halls hall_om rent opening energy accelerator_om property_tax lease existing_lease "
    "total cumulative funding_cumulative",
    "after_horizon": "quarter rent lease existing_lease",
    "credits": "item musd",
    "clusters": "cluster host tenure accelerator gpus by",
}


@dataclass(kw_only=True)
class Read:
    """Decisions by name and quarter number from the study's start."""

    faults: list[str] = field(default_factory=list)
    modules: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    pods: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    running: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    installed: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    contracts: list[tuple[str, int, float, tuple[str, ...]]] = field(default_factory=list)
    """lease, start, GPUs, clusters it is reserved for."""
    service: list[tuple[str, str, int, float]] = field(default_factory=list)
    hosts: dict[str, tuple[str, str, str, float]] = field(default_factory=dict)
    """cluster -> host, tenure, accelerator, GPUs."""


def missing_columns(plan: Plan) -> list[str]:
    """Faults for tables or columns that are not there."""
    found = []
    for table, columns in COLUMNS.items():
        if table not in plan.tables:
            found.append(f"table {table} is missing")
        elif lost := sorted(set(columns.split()) - set(plan.tables[table].columns)):
            found.append(f"table {table} lacks {', '.join(lost)}")
    return found


def read_decisions(plan: Plan, study: Study) -> Read:
    """Decisions of the plan; counts that are not whole, quarters outside the horizon and repeated rows are faults."""
    read = Read()
    for row in _rows(read, plan, study, "modules", ["candidate", "quarter"]):
        read.modules[str(row.candidate)][row.t] = _whole(read, f"modules at {row.candidate}", row.modules)
    for row in _rows(read, plan, study, "deliveries", ["candidate", "accelerator", "quarter"]):
        key = (str(row.candidate), str(row.accelerator))
        read.pods[key][row.t] = _whole(read, f"pods of {row.accelerator} at {row.candidate}", row.pods)
    for row in _rows(read, plan, study, "fleet", ["candidate", "accelerator", "quarter"]):
        key = (str(row.candidate), str(row.accelerator))
        read.running[key][row.t] = float(row.running)
        read.installed[key][row.t] = float(row.installed)
    for row in _rows(read, plan, study, "leases", ["lease", "quarter"]):
        reserved = tuple(name for name in str(row.cluster).split("; ") if name)
        read.contracts.append((str(row.lease), row.t, _whole(read, f"GPUs of {row.lease}", row.gpus), reserved))
    for row in _rows(read, plan, study, "service", ["source", "region", "quarter"]):
        read.service.append((str(row.source), str(row.region), row.t, float(row.h100e_bf16)))
    for row in plan.tables["clusters"].itertuples():
        read.hosts[str(row.cluster)] = (str(row.host), str(row.tenure), str(row.accelerator), float(row.gpus))
    return read


def _rows(read: Read, plan: Plan, study: Study, table: str, key: list[str]) -> Iterable[Any]:
    frame: pd.DataFrame = plan.tables[table]
    if frame.duplicated(key).any():
        read.faults.append(f"table {table}: rows repeat the same {', '.join(key)}")
    frame = frame.assign(t=[parse_quarter(str(q)) - study.start for q in frame["quarter"]])
    outside = frame[(frame["t"] < 0) | (frame["t"] >= study.quarters)]
    if len(outside):
        read.faults.append(f"table {table}: {len(outside)} rows outside the horizon, e.g. {outside['quarter'].iloc[0]}")
    inside = frame.drop(outside.index)
    return list(inside.itertuples())


def _whole(read: Read, what: str, value: float) -> float:
    if value != round(value) or value < 0:
        read.faults.append(f"{what}: {value} is not a whole number from 0")
    return float(value)
