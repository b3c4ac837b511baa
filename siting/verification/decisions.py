"""The plan's decisions as plain dictionaries by quarter number; whatever cannot be read is a fault."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from siting.plan import Plan
from siting.study import Study
from siting.units import parse_quarter

COLUMNS = {
    "sites": "candidate name lat lon state county_fips interconnect bus_id tenure open_quarter it_mw utility_mw "
    "final_utility_mw pue_mean pue_peak usd_per_mwh energization grid_checked clusters npv_cost_musd",
    "modules": "candidate quarter modules it_mw",
    "deliveries": "candidate accelerator quarter pods accelerators",
    "fleet": "candidate accelerator quarter installed running",
    "leases": "lease provider accelerator quarter gpus term_quarters usd_per_gpu_h kind existing cluster",
    "power": "candidate quarter standing_it_mw running_it_mw running_utility_mw energized_utility_mw energy_mwh co2_t",
    "service": "source region quarter {h100e} rtt_ms",
    "cash": "quarter accelerators halls hall_om rent opening energy accelerator_om property_tax lease existing_lease "
    "total cumulative funding_cumulative",
    "after_horizon": "quarter rent lease existing_lease",
    "credits": "item musd",
    "clusters": "cluster host tenure accelerator gpus it_mw utility_mw by",
    "regions": "region lat lon population peak_{h100e}",
    "candidates": "candidate name lat lon state tenure final_utility_mw screen_cost_musd in_model excluded_by",
}


@dataclass(kw_only=True)
class Read:
    """Decisions by name and quarter number from the study's start."""

    faults: list[str] = field(default_factory=list)
    modules: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    converted: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    """Modules of the second cooling class that become halls of the first."""
    shells: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    """Shells that stand in a quarter."""
    pods: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    running: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    installed: dict[tuple[str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    contracts: list[tuple[str, int, float, tuple[str, ...]]] = field(default_factory=list)
    """lease, start, GPUs, clusters it is reserved for."""
    service: list[tuple[str, str, int, float]] = field(default_factory=list)
    hosts: dict[str, tuple[str, str, str, float]] = field(default_factory=dict)
    """cluster -> host, tenure, accelerator, GPUs; of a cluster on two campuses the first."""
    parts: dict[str, list[tuple[str, str, str, float]]] = field(default_factory=lambda: defaultdict(list))
    """cluster -> the same of every campus or lease it stands on."""


def missing_columns(plan: Plan, study: Study) -> list[str]:
    """Faults for tables or columns that are not there."""
    found = []
    for table, columns in COLUMNS.items():
        if table not in plan.tables:
            found.append(f"table {table} is missing")
        elif lost := sorted(set(columns.format(h100e=study.h100e_column).split()) - set(plan.tables[table].columns)):
            found.append(f"table {table} lacks {', '.join(lost)}")
    return found


def read_decisions(plan: Plan, study: Study) -> Read:
    """Decisions of the plan; counts that are not whole, quarters outside the horizon and repeated rows are faults."""
    read = Read()
    counted = _whole if study.halls.shell_it_mw is None else _amount  # fit-out in shells is not: see ShellsPart
    for row in _rows(read, plan, study, "modules", ["candidate", "quarter"]):
        read.modules[str(row.candidate)][row.t] = counted(read, f"modules at {row.candidate}", row.modules)
    if study.halls.shell_it_mw is not None and "shells" in plan.tables:
        for row in _rows(read, plan, study, "shells", ["candidate", "quarter"]):
            read.shells[str(row.candidate)][row.t] = _whole(read, f"shells at {row.candidate}", row.shells)
    for second in study.halls.classes:
        for candidate in list(read.modules):  # their campus is open, whether it has modules of its own or not
            read.modules.setdefault(candidate.removesuffix(f"/{second.cooling}"), {})
        if "conversions" in plan.tables:
            for row in _rows(read, plan, study, "conversions", ["candidate", "quarter"]):
                read.converted[str(row.candidate)][row.t] = _whole(read, f"conversions {row.candidate}", row.modules)
    for row in _rows(read, plan, study, "deliveries", ["candidate", "accelerator", "quarter"]):
        key = (str(row.candidate), str(row.accelerator))
        read.pods[key][row.t] = _whole(read, f"pods of {row.accelerator} at {row.candidate}", row.pods)
    for row in _rows(read, plan, study, "fleet", ["candidate", "accelerator", "quarter"]):
        key = (str(row.candidate), str(row.accelerator))
        what = f"{row.accelerator} at {row.candidate}"
        read.running[key][row.t] = _amount(read, f"running {what}", row.running)
        read.installed[key][row.t] = _whole(read, f"installed {what}", row.installed)
    for row in _rows(read, plan, study, "leases", ["lease", "quarter"]):
        reserved = tuple(name for name in str(row.cluster).split("; ") if name)
        read.contracts.append((str(row.lease), row.t, _whole(read, f"GPUs of {row.lease}", row.gpus), reserved))
    for row in _rows(read, plan, study, "service", ["source", "region", "quarter"]):
        served = _amount(read, f"service from {row.source} to {row.region}", getattr(row, study.h100e_column))
        read.service.append((str(row.source), str(row.region), row.t, served))
    for row in plan.tables["clusters"].itertuples():
        host = (str(row.host), str(row.tenure), str(row.accelerator), float(row.gpus))
        read.hosts.setdefault(str(row.cluster), host)
        read.parts[str(row.cluster)].append(host)
    return read


def _rows(read: Read, plan: Plan, study: Study, table: str, key: list[str]) -> Iterable[Any]:
    frame: pd.DataFrame = plan.tables[table]
    if frame.duplicated(key).any():
        read.faults.append(f"table {table}: rows repeat the same {', '.join(key)}")
    frame = frame.assign(t=[_number(read, study, table, text) for text in frame["quarter"]])
    outside = frame[(frame["t"] < 0) | (frame["t"] >= study.quarters)]
    if len(outside):
        read.faults.append(f"table {table}: {len(outside)} rows outside the horizon, e.g. {outside['quarter'].iloc[0]}")
    inside = frame.drop(outside.index)
    return list(inside.itertuples())


def _number(read: Read, study: Study, table: str, text: object) -> int:
    """Quarter number of a label; -1, which is outside the horizon, for what is no quarter."""
    try:
        return parse_quarter(str(text)) - study.start
    except ValueError:
        read.faults.append(f"table {table}: {text!r} is no quarter")
        return -1


def _amount(read: Read, what: str, value: float) -> float:
    """The value; a fault when it is missing or below zero by more than a solver leaves."""
    if not (math.isfinite(value) and value >= -1e-6):
        read.faults.append(f"{what}: {value} is no amount from 0")
    return float(value)


def _whole(read: Read, what: str, value: float) -> float:
    if not (math.isfinite(value) and value == round(value) and value >= 0):
        read.faults.append(f"{what}: {value} is not a whole number from 0")
    return float(value)
