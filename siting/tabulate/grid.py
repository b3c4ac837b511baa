"""Lines and islands that hold the plan: limit, what the base case and the sites put on them, price at the margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.grid.chosen import ChosenNetwork
from siting.problem import Problem
from siting.problem.grid_rows import NO_OUTAGE
from siting.solver.decisions import Decisions
from siting.solver.rounds import standing_utility_mw

LINES, ISLANDS = "line_room", "island_spare"
"""Constraints of the model that the table prices."""


def grid_limits(
    chosen: ChosenNetwork, p: Problem, d: Decisions, prices: Mapping[str, Mapping[Any, float]]
) -> pd.DataFrame:
    """One row a limit: kind (line | outage | island), name, branch_id, outage_branch_id, limit_mw, base_mw, new_mw
    (the most that the sites add in a quarter; after an outage those that count), spare_mw (left), no_room (for another
    module at some site that loads it), lp_price_musd_per_mw (fall of the cost for 1 MW more in every quarter, in the
    relaxation; NaN where it was not solved).
    """
    assert p.grid is not None
    grid, load = p.grid, standing_utility_mw(p, d)
    module_mw = np.where(load[:, -1] > 0, p.pue_peak * p.module_it_mw, 0.0)
    worth: dict[tuple[str, int], float] = {}
    for price, each in prices.items():
        for index, musd in each.items():
            limit = index[0] if isinstance(index, tuple) else index
            worth[price, limit] = worth.get((price, limit), 0.0) + musd
    rows: list[dict[str, Any]] = []

    def add(kind: str, index: int, name: str, limit_mw: float, room_mw: float, factor: np.ndarray, price: str) -> None:
        added = float((factor @ load).max())
        rows.append(
            {
                "kind": kind,
                "name": name,
                "branch_id": pd.NA if kind == "island" else int(grid.branch_id[index]),
                "outage_branch_id": int(grid.outage_id[index]) if kind == "outage" else pd.NA,
                "limit_mw": limit_mw,
                "base_mw": limit_mw - room_mw,
                "new_mw": added,
                "spare_mw": room_mw - added,
                "no_room": bool(room_mw - added < (factor * module_mw).max(initial=0.0) - 1e-6),
                "lp_price_musd_per_mw": worth.get((price, index), np.nan),
            }
        )

    for r in range(len(grid.room_mw)):
        outage = int(grid.outage_id[r])
        name = chosen.line(int(grid.branch_id[r]))
        kind = "line" if outage == NO_OUTAGE else "outage"
        name += "" if outage == NO_OUTAGE else f" after the loss of {chosen.line(outage)}"
        add(kind, r, name, float(grid.limit_mw[r]), float(grid.room_mw[r]), grid.factor[r], LINES)
    for n, island in enumerate(grid.island_name):
        here = (grid.island == n).astype(np.float64)
        if (here @ load).max() > 0:
            spare = float(grid.spare_mw[n])
            add("island", n, f"spare generation of {island}", spare, spare, here, ISLANDS)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"branch_id": "Int64", "outage_branch_id": "Int64", "no_room": bool})


COLUMNS = [
    "kind",
    "name",
    "branch_id",
    "outage_branch_id",
    "limit_mw",
    "base_mw",
    "new_mw",
    "spare_mw",
    "no_room",
    "lp_price_musd_per_mw",
]
