"""All sites of a plan on the whole network at once: a warning in this version, not a limit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from siting.grid.network import read_network
from siting.grid.powerflow import joint_check
from siting.tables.read import Tables


def grid_check(sites: pd.DataFrame, tables: Tables) -> dict[str, Any]:
    """DC power flow with every site's standing MW at its bus. Sites without a bus are not checked and are named."""
    tied = sites[sites["bus_id"].notna()]
    unchecked = sites.loc[sites["bus_id"].isna(), "candidate"].tolist()
    if not len(tied):
        return {"status": "not_checked", "overloads": [], "islands": [], "not_checked": unchecked}
    network = read_network(tables.data_dir)
    check = joint_check(network, tied["bus_id"].to_numpy("int64"), tied["utility_mw"].to_numpy(float))
    return {
        "status": "passed" if check.ok else "failed",
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
