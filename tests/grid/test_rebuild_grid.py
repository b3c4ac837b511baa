"""How the grid tables are made: each trap of the source on a network of a few buses, and the figures of the package.

The last tests read the package itself when SITING_PACKAGES names the folder that holds it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import shapely

from siting.places import shipped


def load(name: str) -> ModuleType:
    """A script of the data folder as a module."""
    spec = importlib.util.spec_from_file_location(name, shipped("data") / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


rebuild = load("rebuild_grid")


def source(**columns):
    """Buses 1-4 in substations 0 and 1; 100 MW load at 3; a tie brings 20 MW to 2; losses of 2 MW on branch 1."""
    plant = {
        "bus_id": [1, 1, 2],
        "Pg": [82.0, 50.0, 0.0],
        "Pmax": [100.0, 90.0, 0.0],
        "status": [1, 0, 1],
    } | {k: v for k, v in columns.items() if k in ("Pg", "Pmax", "status")}
    branch = {
        "branch_id": [1, 2, 3],
        "from_bus_id": [1, 2, 1],
        "to_bus_id": [2, 3, 4],
        "x": [0.1, 0.2, -0.01],
        "rateA": [100.0, 90.0, 0.0],
        "ratio": [0.0, 1.05, 0.0],
        "angle": [0.0, 0.0, 0.0],
        "status": [1, 1, 1],
        "Pf": [82.0, 100.0, 0.0],
        "Pt": [-80.0, -100.0, 0.0],
    }
    bus = {
        "bus_id": [1, 2, 3, 4],
        "Pd": [0.0, 0.0, 100.0, 0.0],
        "baseKV": columns.get("baseKV", [230.0, 230.0, 115.0, 1.0]),
        "interconnect": ["Texas"] * 4,
    }
    sub = {
        "sub_id": [0, 1],
        "name": ["DALLAS 1", "AT SEA"],
        "lat": [32.78, 28.0],
        "lon": [-96.8, -94.0],
        "interconnect": ["Texas"] * 2,
    }
    links = {"bus_id": [1, 2, 3, 4], "sub_id": [0, 0, 1, 0]}
    return rebuild.Source(*(pd.DataFrame(d) for d in (bus, branch, plant, sub, links)))


def test_tie_is_read_off_the_recorded_flows():
    """At bus 2, 80 MW come in and 100 MW leave: 20 MW come over a tie that no table of ties states rightly."""
    np.testing.assert_allclose(rebuild.tie_injection_mw(source()), [0, 20, 0, 0])


def test_generation_is_scaled_to_balance_without_losses():
    """82 MW generated with 2 MW of losses become 80: 80 + 20 - 100 = 0."""
    np.testing.assert_allclose(rebuild.bus_table(source())["inj_mw"], [80, 20, -100, 0])


def test_units_that_do_not_run_have_nothing_to_spare():
    """18 MW to spare of the running unit; the 40 MW of the other do not count."""
    assert rebuild.bus_table(source())["spare_gen_mw"].tolist() == [18.0, 0.0, 0.0, 0.0]


def test_spare_is_clipped_at_zero():
    """A unit recorded above its maximum (82 of 75 MW) has 0 to spare, not -7."""
    table = rebuild.bus_table(source(Pmax=[75.0, 90.0, 0.0]))
    assert table["spare_gen_mw"].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_tap_is_folded_into_x_and_ratio_zero_means_one():
    """x = 0.1 at ratio 0 stays; 0.2 at ratio 1.05 is 0.21; a negative x stays negative."""
    buses = rebuild.bus_table(source())
    branches = rebuild.branch_table(source(), buses)
    assert branches["x_pu"].tolist() == pytest.approx([0.1, 0.21, -0.01])
    assert branches["base_flow_mw"].tolist() == pytest.approx([80.0, 100.0, 0.0], abs=1e-6)


def test_what_is_monitored():
    """80 on 100 MW is monitored; 100 on 90 MW starts overloaded and is not; rating 0 is unlimited and is not."""
    branches = rebuild.branch_table(source(), rebuild.bus_table(source()))
    assert branches["monitored"].tolist() == [True, False, False]


def test_load_is_put_at_the_highest_voltage_and_largest_rating():
    """Buses 1 and 2 are both 230 kV: 190 MW of rating meet at 2, 100 at 1. The star point 4 never counts."""
    table = rebuild.substation_table(source(), rebuild.bus_table(source()))
    assert table["bus_id"].tolist() == [2, 3]
    table = rebuild.substation_table(source(baseKV=[138.0, 69.0, 115.0, 1.0]), rebuild.bus_table(source()))
    assert table["bus_id"].tolist() == [1, 3]


def test_substations_at_sea_are_dropped_and_places_go_by_polygon():
    """A nation that is a disc of 100 km round Dallas: the substation in the Gulf goes, Dallas is in county 48113."""
    table = rebuild.substation_table(source(), rebuild.bus_table(source()))
    dallas = shapely.Point(-75_000.0, 1_088_000.0).buffer(100_000.0)  # EPSG:5070, metres
    kept = rebuild.place(table, dallas, shipped("data"))
    assert kept[["name", "state", "county_fips", "county"]].to_numpy().tolist() == [
        ["DALLAS 1", "TX", "48113", "Dallas"]
    ]


PACKAGES = Path(os.environ.get("SITING_PACKAGES", "packages"))
with_package = pytest.mark.skipif(
    not (PACKAGES / rebuild.GRID).is_file(), reason="SITING_PACKAGES names no folder that holds the grid package"
)


@pytest.fixture(scope="module")
def package():
    """The tables of the package."""
    return rebuild.read_source(PACKAGES / rebuild.GRID)


@with_package
def test_figures_of_the_package(package):
    """The faults as they were counted in powersimdata 0.5.5; a new version that differs must be looked at again."""
    plant, branch, bus = package.plant, package.branch, package.bus
    off = plant["status"] == 0
    assert (off.sum(), round(plant.loc[off, "Pmax"].sum() / 1000, 1)) == (2_944, 158.6)
    assert ((plant["Pg"] > plant["Pmax"]) & ~off).sum() == 2_632
    assert ((branch["rateA"] == 0).sum(), (branch["x"] < 0).sum()) == (22_052, 1_558)
    assert not branch[["rateB", "rateC"]].to_numpy().any()
    assert (bus["baseKV"] == rebuild.STAR_POINT_KV).sum() == 2_400


@with_package
def test_exactly_18_buses_carry_a_tie(package):
    """Out of balance by more than 1 MW: 18 buses, each by 98 MW or more, so that the threshold is not in doubt."""
    tie = rebuild.tie_injection_mw(package)
    assert (tie != 0).sum() == 18
    assert np.abs(tie[tie != 0]).min() > 98


@with_package
def test_shipped_buses_and_branches_come_out_again(package, buses, branches):
    """The shipped tables from the package, and flows that correlate above 0.99 with the recorded AC ones."""
    made = rebuild.bus_table(package)
    pd.testing.assert_frame_equal(made, buses, check_dtype=False)
    again = rebuild.branch_table(package, made)
    pd.testing.assert_frame_equal(again, branches, check_dtype=False)
    for name in ("Eastern", "Texas", "Western"):
        here = package.branch["interconnect"] == name
        assert np.corrcoef(package.branch.loc[here, "Pf"], again.loc[here, "base_flow_mw"])[0, 1] > 0.99, name


@with_package
def test_shipped_places_come_out_again(package, substations, tmp_path):
    """86 substations are dropped; bus, state and county of the rest are the shipped ones."""
    nation = rebuild.write_counties(PACKAGES / rebuild.ATLAS, tmp_path)
    made = rebuild.place(rebuild.substation_table(package, rebuild.bus_table(package)), nation, tmp_path)
    pd.testing.assert_frame_equal(made, substations[made.columns], check_dtype=False)
