"""All sites of a plan on the whole network at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from siting.grid.chosen import study_network
from siting.grid.outages import joint_check_n1
from siting.grid.powerflow import joint_check
from siting.study import Study
from siting.tables.read import Tables

MOST_NAMED = 10
"""Overloaded lines that become faults of their own; the rest are counted."""
MW = 1e-3
"""Rounding of flows and limits kept in single precision."""


def grid_check(sites: pd.DataFrame, study: Study, tables: Tables) -> dict[str, Any]:
    """DC power flow with every site's standing MW at its bus, after outages too where the study asks for it.

    Sites without a bus are not checked and are named; with `grid.joint = "off"` none is.
    """
    tied = sites[sites["bus_id"].notna()]
    unchecked = sites.loc[sites["bus_id"].isna(), "candidate"].tolist()
    if not len(tied) or not study.grid.checked:
        named = unchecked if study.grid.checked else sites["candidate"].tolist()
        return {"status": "not_checked", "overloads": [], "islands": [], "not_checked": named}
    network = study_network(study, tables.data_dir).network
    bus_id, utility_mw = tied["bus_id"].to_numpy("int64"), tied["utility_mw"].to_numpy(float)
    check = joint_check(network, bus_id, utility_mw)
    found = {
        "joint": study.grid.joint,
        "overloads": [
            {
                "branch_id": int(line.branch_id),
                "flow_mw": float(line.flow_mw),
                "rate_mw": float(line.rate_mw),
                "excess_mw": float(line.excess_mw),
            }
            for line in check.overloads
        ],
        "islands": [
            {"island": str(i.island), "load_mw": float(i.load_mw), "spare_gen_mw": float(i.spare_gen_mw)}
            for i in check.islands
        ],
        "not_checked": unchecked,
    }
    holds = check.ok
    if study.grid.joint == "n1":
        after = joint_check_n1(
            network, bus_id, utility_mw, emergency_share=study.grid.emergency_share, moved_mw=study.grid.moved_mw
        )
        found["outages"] = after.outages
        found["pairs_over"] = after.pairs_over
        found["outage_overloads"] = [
            {
                "branch_id": line.branch_id,
                "outage_branch_id": line.outage_branch_id,
                "flow_mw": line.flow_mw,
                "limit_mw": line.limit_mw,
                "excess_mw": line.excess_mw,
            }
            for line in after.overloads[:100]
        ]
        holds = holds and after.ok
    return {"status": "passed" if holds else "failed", **found}


def grid_faults(grid: dict[str, Any]) -> Iterator[str]:
    """What the sites together do to the network that it does not bear."""
    for line in grid["overloads"][:MOST_NAMED]:
        yield f"grid: branch {line['branch_id']} carries {abs(line['flow_mw']):.3f} MW, rated {line['rate_mw']:.3f}"
    if (more := len(grid["overloads"]) - MOST_NAMED) > 0:
        yield f"grid: {more} more branches are overloaded"
    for line in grid.get("outage_overloads", [])[:MOST_NAMED]:
        loss = f"after the loss of branch {line['outage_branch_id']}"
        yield (
            f"grid: branch {line['branch_id']} carries {abs(line['flow_mw']):.3f} MW {loss}, "
            f"emergency rating {line['limit_mw']:.3f}"
        )
    if (more := grid.get("pairs_over", 0) - MOST_NAMED) > 0:
        yield f"grid: {more} more pairs of branch and outage are overloaded"
    for island in grid["islands"]:
        if island["load_mw"] > island["spare_gen_mw"] + MW:
            found = f"{island['load_mw']:.3f} MW of new load, {island['spare_gen_mw']:.3f} MW of spare generation"
            yield f"grid: {island['island']} has {found}"
