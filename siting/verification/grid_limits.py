"""The plan's table of shared lines and islands, again from the network and the sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from siting.grid.chosen import ChosenNetwork, study_network
from siting.grid.powerflow import base_flows_mw, load_factors
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables
from siting.verification.outages import line_after_loss, losses

Array = np.ndarray[Any, Any]
MW = 1e-3
"""Rounding of flows and limits kept in single precision."""
BRANCHES = {"island": (False, False), "line": (True, False), "outage": (True, True)}
"""Kind of a limit -> whether it names a branch, and a branch that is lost."""


def grid_limit_faults(plan: Plan, sites: pd.DataFrame, mw: Array, study: Study, tables: Tables) -> Iterator[str]:
    """Rows whose name, limit, flow before the sites, flow that they add or rest the network does not give.

    sites, mw (S, T): as `at_buses` gives them, MW at the meter of each row of the sites by quarter. A line's row looks
    one way, which its two flows tell.
    Whether a further module fits, and the price in the relaxation, are the model's words.
    """
    frame = plan.tables.get("grid_limits")
    if frame is None or not len(frame):
        return
    if not study.grid.checked:
        yield "table grid_limits: the study has no limits of lines"
        return
    chosen = study_network(study, tables.data_dir)
    tied = sites["bus_id"].notna().to_numpy(bool)
    bus = chosen.network.bus_position(sites.loc[tied, "bus_id"].to_numpy("int64")) if tied.any() else np.zeros(0, int)
    looking = _Looking(chosen, study, bus, mw[tied])
    for row in frame.itertuples():
        named = (not pd.isna(row.branch_id), not pd.isna(row.outage_branch_id))
        if named != BRANCHES.get(str(row.kind)):
            yield f"grid_limits, {row.name}: branches {row.branch_id}, {row.outage_branch_id} do not go with {row.kind}"
            continue
        again = looking.island(str(row.name)) if row.kind == "island" else looking.line(row)
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


class _Looking:
    """The network under the sites' MW (S, T) at bus positions (S,)."""

    def __init__(self, chosen: ChosenNetwork, study: Study, bus: Array, mw: Array) -> None:
        self._chosen, self._network, self._grid = chosen, chosen.network, study.grid
        self._all_bus, self._all_mw = bus, mw
        met = chosen.network.spare_by_island_mw()[chosen.network.island[bus]] > 0
        self._bus, self._mw = bus[met], mw[met]
        self._before, self._each = base_flows_mw(chosen.network), load_factors(chosen.network, self._bus)

    def island(self, name: str) -> dict[str, Any] | None:
        """Its spare generation against the most that its sites draw in a quarter."""
        known = {f"spare generation of {island}": n for n, island in enumerate(self._network.island_names)}
        if name not in known:
            return None
        here = known[name]
        new = self._all_mw[self._network.island[self._all_bus] == here].sum(axis=0).max(initial=0.0)
        return {"limit_mw": float(self._network.spare_by_island_mw()[here]), "base_mw": 0.0, "new_mw": float(new)}

    def line(self, row: Any) -> dict[str, Any] | None:
        """With every line in service, or after the loss that the row names, in the direction of the row."""
        line, lost = self._at(row.branch_id), self._at(row.outage_branch_id)
        if line is None or (row.kind == "outage" and (lost in (None, line) or lost not in losses(self._network))):
            return None
        name, share = self._chosen.line(int(row.branch_id)), 1.0
        base, each = float(self._before[line]), self._each[line]
        if lost is not None:
            base, each = line_after_loss(self._network, line, lost, self._bus, self._grid.least_factor)
            name += f" after the loss of {self._chosen.line(int(row.outage_branch_id))}"
            share = self._grid.emergency_share
        limit, added = share * float(self._network.rate_mw[line]), each @ self._mw
        ways: list[dict[str, Any]] = [
            {"name": name, "limit_mw": limit, "base_mw": way * base, "new_mw": float((way * added).max())}
            for way in (1.0, -1.0)
        ]
        return min(ways, key=lambda way: sum(abs(float(getattr(row, c)) - way[c]) for c in ("base_mw", "new_mw")))

    def _at(self, branch_id: Any) -> int | None:
        at = np.flatnonzero(self._network.branch_id == (-1 if pd.isna(branch_id) else int(branch_id)))
        return int(at[0]) if len(at) else None
