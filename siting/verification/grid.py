"""All sites of a plan on the whole network at once, in every quarter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.grid.chosen import study_network
from siting.grid.network import Network
from siting.grid.powerflow import joint_check
from siting.study import Study
from siting.tables.read import Tables
from siting.units import quarter_label
from siting.verification.decisions import Read
from siting.verification.halls import standing
from siting.verification.outages import broken_after_loss, losses
from siting.verification.places import Places

MOST_NAMED = 10
"""Overloaded lines that become faults of their own; the rest are counted."""
MOST_PAIRS = 100
"""Pairs of line and outage that are listed."""
MW = 1e-3
"""Rounding of flows and limits kept in single precision."""


def meter_mw(sites: pd.DataFrame, study: Study, places: Places, read: Read) -> NDArray[np.float64]:
    """(S, T) MW at the meter, at the peak PUE, of the halls of each row of `sites` that stand in each quarter."""
    found = np.zeros((len(sites), study.quarters))
    for s, row in enumerate(sites.itertuples()):
        place = places.get(str(row.candidate))
        pue = float(row.pue_peak) if place is None else place.pue_peak
        for t in range(study.quarters):
            found[s, t] = standing(study, read, str(row.candidate), t) * study.halls.module_it_mw * pue
    return found


def at_buses(
    sites: pd.DataFrame, mw: NDArray[np.float64], study: Study, tables: Tables
) -> tuple[pd.DataFrame, NDArray[np.float64], list[str]]:
    """Sites and standing MW (S, T) that the network can be asked about, and a fault for all that it cannot.

    A plan may have been altered: a bus that is none counts as no bus, MW below 0 or without a number as 0 MW.
    """
    unfit = ~(np.isfinite(mw) & (mw >= 0.0))
    faults = [
        f"grid, {sites['candidate'].iloc[s]}, {quarter_label(study.start + int(unfit[s].argmax()))}: "
        f"{mw[s, unfit[s].argmax()]:.3f} MW is no load from 0"
        for s in np.flatnonzero(unfit.any(axis=1))
    ]
    mw = np.where(unfit, 0.0, mw)
    given = sites["bus_id"].notna().to_numpy(bool)
    if not given.any() or not study.grid.checked:
        return sites, mw, faults
    bus = pd.to_numeric(sites["bus_id"], errors="coerce").astype("Float64")
    known = bus.isin(study_network(study, tables.data_dir).network.bus_id).to_numpy(bool)
    for row in sites[given & ~known].itertuples():
        faults.append(f"grid, {row.candidate}: the network has no bus {row.bus_id}")
    return sites.assign(bus_id=bus.where(known).astype("Int64")), mw, faults


def grid_check(sites: pd.DataFrame, mw: NDArray[np.float64], study: Study, tables: Tables) -> dict[str, Any]:
    """DC power flow with every site's standing MW (S, T) at its bus, after outages too where the study asks for it.

    Sites without a bus are not checked and are named; with `grid.joint = "off"` none is.
    """
    tied = sites["bus_id"].notna().to_numpy(bool)
    unchecked = sites.loc[~tied, "candidate"].tolist()
    if not tied.any() or not study.grid.checked:
        named = unchecked if study.grid.checked else sites["candidate"].tolist()
        return {"status": "not_checked", "overloads": [], "islands": [], "not_checked": named}
    network = study_network(study, tables.data_dir).network
    bus_id, mw = sites.loc[tied, "bus_id"].to_numpy("int64"), mw[tied]
    found: dict[str, Any] = {"joint": study.grid.joint, **_in_service(network, bus_id, mw, study)}
    holds = not found["overloads"] and all(i["load_mw"] <= i["spare_gen_mw"] + MW for i in found["islands"])
    if study.grid.joint == "n1":
        found |= _after_losses(network, bus_id, mw, study)
        holds = holds and not found["pairs_over"]
    return {"status": "passed" if holds else "failed", **found, "not_checked": unchecked}


def _in_service(network: Network, bus_id: NDArray[Any], mw: NDArray[np.float64], study: Study) -> dict[str, Any]:
    """Overloaded lines and island balances with every line in service, each in its worst quarter."""
    lines: dict[int, dict[str, Any]] = {}
    islands: dict[str, dict[str, Any]] = {}
    last: NDArray[np.float64] | None = None
    for t in range(mw.shape[1]):
        if last is not None and (mw[:, t] == last).all():
            continue
        last = mw[:, t]
        check = joint_check(network, bus_id, last)
        for line in check.overloads:
            if line.excess_mw > lines.get(line.branch_id, {"excess_mw": 0.0})["excess_mw"]:
                lines[line.branch_id] = {
                    "branch_id": int(line.branch_id),
                    "flow_mw": float(line.flow_mw),
                    "rate_mw": float(line.rate_mw),
                    "excess_mw": float(line.excess_mw),
                    "quarter": quarter_label(study.start + t),
                }
        for one in check.islands:
            if one.load_mw > islands.get(one.island, {"load_mw": 0.0})["load_mw"]:
                islands[one.island] = {
                    "island": str(one.island),
                    "load_mw": float(one.load_mw),
                    "spare_gen_mw": float(one.spare_gen_mw),
                }
    return {
        "overloads": sorted(lines.values(), key=lambda line: -line["excess_mw"]),
        "islands": list(islands.values()),
    }


def _after_losses(network: Network, bus_id: NDArray[Any], mw: NDArray[np.float64], study: Study) -> dict[str, Any]:
    """Pairs of line and outage that do not hold, the worst of them listed."""
    wish = study.grid
    broken = broken_after_loss(network, network.bus_position(bus_id), mw, wish.emergency_share, wish.least_factor)
    return {
        "least_factor": wish.least_factor,
        "outages": len(losses(network)),
        "pairs_over": len(broken),
        "outage_overloads": [
            {
                "branch_id": int(network.branch_id[one.line]),
                "outage_branch_id": int(network.branch_id[one.lost]),
                "flow_mw": one.flow_mw,
                "limit_mw": one.limit_mw,
                "excess_mw": abs(one.flow_mw) - one.limit_mw,
                "quarter": quarter_label(study.start + one.quarter),
            }
            for one in broken[:MOST_PAIRS]
        ],
    }


def grid_faults(grid: dict[str, Any]) -> Iterator[str]:
    """What the sites together do to the network that it does not bear."""
    for line in grid["overloads"][:MOST_NAMED]:
        carries = f"grid: branch {line['branch_id']} carries {abs(line['flow_mw']):.3f} MW"
        yield f"{carries} in {line['quarter']}, rated {line['rate_mw']:.3f}"
    if (more := len(grid["overloads"]) - MOST_NAMED) > 0:
        yield f"grid: {more} more branches are overloaded"
    for line in grid.get("outage_overloads", [])[:MOST_NAMED]:
        loss = f"in {line['quarter']} after the loss of branch {line['outage_branch_id']}"
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
