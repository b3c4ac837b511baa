"""A public case in place of the synthetic grid, and a plain table of hosting: candidates, check, ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from peer_cases import peer_case
from small_networks import three_bus_case
from small_studies import small_study

from siting.errors import InputError
from siting.networks import with_own_buses
from siting.run import assemble_only, solve
from siting.study import Study
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


def case39(folder: Path, **grid: object) -> Study:
    """The 39 buses of New England's test case with made-up places in Texas, 0.05 degrees apart: no real network."""
    _, solved, slack = peer_case("case39")
    bus, unit, branch = (np.real(solved[k]) for k in ("bus", "gen", "branch"))
    rows, units, lines = bus[:, :13].copy(), unit[:, :10].copy(), branch[:, :13].copy()
    made = np.bincount(units[:, 0].astype(int), units[:, 1], len(bus)) - bus[:, 2] - bus[:, 4]
    units[np.flatnonzero(units[:, 0] == slack)[0], 1] -= made.sum()
    units[:, 8] = 1.2 * np.abs(units[:, 1]) + 100.0  # room to generate more
    for numbers in (rows[:, :1], units[:, :1], lines[:, :2]):
        numbers += 1  # buses are counted from 1 in the case
    three_bus_case(folder, rows, units, lines, base=solved["baseMVA"]).rename(folder / "case39.m")
    places = [f"{n},{31.0 + 0.05 * (n % 7)},{-99.0 + 0.05 * (n // 7)},made-up place {n}," for n in range(1, 40)]
    places[2] += "0"  # of bus 3 its owner says that nothing is left
    (folder / "buses.csv").write_text("\n".join(["bus_id,lat,lon,name,hosting_utility_mw", *places]))
    chosen = {"grid": {"min_utility_mw": "5 MW"}, "hosting": "n0"}
    return small_study(folder, candidates=chosen, grid={"network": "case39.m", "buses": "buses.csv", **grid})


def test_a_public_case_is_solved_and_verified(tmp_path: Path, tables: Tables) -> None:
    """1,024 H100 at a bus of case39: `bus-<id>`, a Texas county by polygon, one power flow, verified."""
    plan = solve(case39(tmp_path), tables=tables)
    site = plan.sites.iloc[0]
    assert site["candidate"] == f"bus-{site['bus_id']}" and site["state"] == "TX" and site["interconnect"] == "Texas"
    assert plan.facts["verification"]["ok"] and plan.facts["grid_check"]["status"] == "passed"
    assert plan.facts["network"]["name"] == "case39.m" and len(plan.facts["grid"]["rounds"]) == 1
    assert "bus-3" not in set(plan.tables["candidates"]["candidate"])
    assert site["utility_mw"] <= site["final_utility_mw"]


def test_stated_hosting_stands_alone(tmp_path: Path, tables: Tables) -> None:
    """Two buses of 40 and 3 MW in a plain table: the first is a candidate of 40 MW, and no sites are checked."""
    (tmp_path / "hosting.csv").write_text("bus_id,lat,lon,hosting_utility_mw\n7,31,-99,40\n8,31.1,-99,3\n")
    study = small_study(
        tmp_path, candidates={"grid": {"min_utility_mw": "5 MW"}}, grid={"hosting": "hosting.csv", "joint": "n1"}
    )
    usable = assemble_only(study, tables).usable
    assert usable["candidate"].tolist() == ["bus-7"] and usable["final_utility_mw"].tolist() == [40.0]
    assert not usable["grid_checked"].any() and assemble_only(study, tables).problem.grid is None
    assert "grid: hosting.csv" in with_own_buses(study, tables).hashes


def test_the_planners_places_tie_to_the_nearest_own_bus(tmp_path: Path, tables: Tables) -> None:
    """Abilene is 5 km from bus 7; Dallas and Chicago are farther than 25 km from it and have no bus."""
    (tmp_path / "hosting.csv").write_text("bus_id,lat,lon,hosting_utility_mw\n7,32.45,-99.68,40\n")
    usable = assemble_only(small_study(tmp_path, grid={"hosting": "hosting.csv"}), tables).usable.set_index("candidate")
    assert usable.loc["abilene", "bus_id"] == 7 and usable.loc[["dallas", "chicago"], "bus_id"].isna().all()
    assert usable["interconnect"].to_dict() == {"abilene": "Texas", "dallas": "Texas", "chicago": "Eastern"}


def test_what_is_wrong_with_the_files_is_said(tmp_path: Path, tables: Tables) -> None:
    """A file that is not there, a bus at sea; and fields that need each other."""
    with pytest.raises(InputError, match=r"none\.csv"):
        with_own_buses(small_study(tmp_path, grid={"hosting": "none.csv"}), tables)
    (tmp_path / "hosting.csv").write_text("bus_id,lat,lon,hosting_utility_mw\n7,25,-90,40\n")
    with pytest.raises(InputError, match="bus 7"):
        with_own_buses(small_study(tmp_path, grid={"hosting": "hosting.csv"}), tables)
    for grid in ({"network": "a.m"}, {"buses": "b.csv"}, {"network": "a.m", "buses": "b.csv", "hosting": "h.csv"}):
        with pytest.raises(ValueError, match="grid"):
            small_study(tmp_path, grid=grid)
