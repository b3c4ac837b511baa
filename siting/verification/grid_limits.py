"""The plan's table of shared lines and islands, again from the network and the sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from siting.grid.chosen import ChosenNetwork, study_network
from siting.grid.powerflow import base_flows_mw, extra_flows_mw, load_at_buses
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables

MW = 1e-3
"""Rounding of flows and limits kept in single precision."""
BRANCHES = {"island": (False, False), "line": (True, False), "outage": (True, True)}
"""Kind of a limit -> whether it names a branch, and a branch that is lost."""


def grid_limit_faults(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    """Rows whose name, limit, flow before the sites, flow that they add or rest the network does not give.

    Of a line after an outage the flows are left to the power flow of all sites; its own sums are still held together.
    Whether a further module fits, and the price in the relaxation, are the model's words.
    """
    frame = plan.tables.get("grid_limits")
    if frame is None or not len(frame):
        return
    if not study.grid.checked:
        yield "table grid_limits: the study has no limits of lines"
        return
    chosen = study_network(study, tables.data_dir)
    tied = plan.tables["sites"]
    tied = tied[tied["bus_id"].notna()]
    load = load_at_buses(chosen.network, tied["bus_id"].to_numpy("int64"), tied["utility_mw"].to_numpy(float))
    before, added = base_flows_mw(chosen.network), extra_flows_mw(chosen.network, load)
    for row in frame.itertuples():
        named = (not pd.isna(row.branch_id), not pd.isna(row.outage_branch_id))
        if named != BRANCHES.get(str(row.kind)):
            yield f"grid_limits, {row.name}: branches {row.branch_id}, {row.outage_branch_id} do not go with {row.kind}"
            continue
        again = _island(chosen, load, str(row.name)) if row.kind == "island" else _line(chosen, before, added, row)
        if again is None:
            yield f"grid_limits, {row.name}: no such {row.kind} of the network"
            continue
        again["spare_mw"] = float(row.limit_mw) - float(row.base_mw) - float(row.new_mw)
        for column, value in again.items():
            said = getattr(row, column)
            if isinstance(value, str):
                wrong = str(said) != value
            else:
                wrong = bool(pd.isna(said)) or not abs(float(said) - value) <= MW + 1e-5 * abs(value)
            if wrong:
                yield f"grid_limits, {row.name}, {column}: the plan says {said}, recomputed {value}"


def _island(chosen: ChosenNetwork, load: np.ndarray[Any, Any], name: str) -> dict[str, Any] | None:
    network = chosen.network
    known = {f"spare generation of {island}": n for n, island in enumerate(network.island_names)}
    if name not in known:
        return None
    here = known[name]
    new = float(load[network.island == here].sum())
    return {"limit_mw": float(network.spare_by_island_mw()[here]), "base_mw": 0.0, "new_mw": new}


def _line(
    chosen: ChosenNetwork, before: np.ndarray[Any, Any], added: np.ndarray[Any, Any], row: Any
) -> dict[str, Any] | None:
    network = chosen.network
    at = np.flatnonzero(network.branch_id == (-1 if pd.isna(row.branch_id) else int(row.branch_id)))
    if not len(at):
        return None
    if row.kind == "outage":
        lost = int(row.outage_branch_id)
        return {"name": f"{chosen.line(int(row.branch_id))} after the loss of {chosen.line(lost)}"}
    line = int(at[0])
    sign = 1.0 if float(row.base_mw) * before[line] >= 0 else -1.0  # the direction in which the row looks at the line
    return {
        "name": chosen.line(int(row.branch_id)),
        "limit_mw": float(network.rate_mw[line]),
        "base_mw": sign * float(before[line]),
        "new_mw": sign * float(added[line]),
    }
