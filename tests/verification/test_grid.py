"""All sites at once on the network: a pile of sites fails, one modest site passes, a site without a bus is named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_studies import small_study

from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.units import quarter_label
from siting.verification.grid import at_buses, grid_check, grid_faults

STUDY = small_study(Path(tempfile.mkdtemp()))


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def _sites(tables: Tables, count: int, utility_mw: float) -> pd.DataFrame:
    texas = tables.grid_substations[tables.grid_substations["interconnect"] == "Texas"]
    chosen = texas.sort_values("hosting_n1_utility_mw", ascending=False).head(count)
    return pd.DataFrame(
        {
            "candidate": "sub-" + chosen["sub_id"].astype(str),
            "bus_id": chosen["bus_id"].astype("Int64"),
            "utility_mw": utility_mw,
        }
    )


def checked(sites: pd.DataFrame, study: Study, tables: Tables) -> dict[str, Any]:
    """All sites from the first quarter on."""
    return grid_check(sites, sites[["utility_mw"]].to_numpy(float), study, tables)


def test_one_site_within_its_hosting_passes(tables):
    """50 MW at the strongest Texas substation overload nothing."""
    assert checked(_sites(tables, 1, 50.0), STUDY, tables)["status"] == "passed"


def test_forty_sites_of_300_mw_fail_and_name_the_lines(tables):
    """12,000 MW in forty places exceed what Texas takes (about 11 GW): lines are named, largest excess first."""
    found = checked(_sites(tables, 40, 300.0), STUDY, tables)
    assert found["status"] == "failed"
    excess = [line["excess_mw"] for line in found["overloads"]]
    assert excess and excess[0] > 0 and excess == sorted(excess, reverse=True)
    assert found["islands"][0]["load_mw"] == pytest.approx(12_000.0)
    faults = list(grid_faults(found))
    assert str(found["overloads"][0]["branch_id"]) in faults[0]
    assert f"{len(excess) - 10} more branches are overloaded" in faults[10]


def test_what_the_study_does_not_look_at_is_not_checked(tables):
    """The same pile with grid.joint off: every site is named as not checked, and nothing is a fault."""
    sites = _sites(tables, 40, 300.0)
    found = checked(sites, STUDY.update({"grid.joint": "off"}), tables)
    assert found["status"] == "not_checked" and found["not_checked"] == sites["candidate"].tolist()
    assert not list(grid_faults(found))


def test_a_site_without_a_bus_is_not_checked(tables):
    """A planner's place far from every substation has no bus: named, and never called passed."""
    sites = _sites(tables, 1, 50.0).assign(bus_id=pd.array([pd.NA], dtype="Int64"))
    found = checked(sites, STUDY, tables)
    assert found["status"] == "not_checked" and found["not_checked"] == sites["candidate"].tolist()


def test_loads_and_buses_that_are_none_are_faults(tables):
    """-5 MW, MW without a number, a bus that nobody has: each is named; the rest is looked at as ever."""
    sites = _sites(tables, 3, 50.0)
    sites["bus_id"] = [sites["bus_id"].iloc[0], sites["bus_id"].iloc[1], 987_654_321]
    mw = np.array([[50.0, -5.0], [np.nan, 50.0], [50.0, 50.0]])
    fit, fit_mw, faults = at_buses(sites, mw, STUDY, tables)
    names, (first, second) = sites["candidate"].tolist(), (quarter_label(STUDY.start + t) for t in (0, 1))
    assert faults == [
        f"grid, {names[0]}, {second}: -5.000 MW is no load from 0",
        f"grid, {names[1]}, {first}: nan MW is no load from 0",
        f"grid, {names[2]}: the network has no bus 987654321",
    ]
    assert fit_mw.tolist() == [[50.0, 0.0], [0.0, 50.0], [50.0, 50.0]]
    found = grid_check(fit, fit_mw, STUDY, tables)
    assert found["status"] == "passed" and found["not_checked"] == [names[2]]
