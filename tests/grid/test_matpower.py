"""MATPOWER case files: public cases against pandapower's DC power flow, rules by hand, faults all at once."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from peer_cases import peer_case
from small_networks import BRANCH, BUS, GEN, three_bus_case

from siting.errors import InputError
from siting.grid.hosting import hosting
from siting.grid.matpower import read_matpower
from siting.grid.powerflow import base_flows_mw


def with_cell(rows: list, row: int, column: int, value: object) -> list:
    """The rows with one cell changed."""
    copy = [list(r) for r in rows]
    copy[row][column] = value
    return copy


def test_three_buses_by_hand(tmp_path: Path):
    """x tap = 0.05 a line on 50 MVA is 0.1 on 100; 60 MW (55 and a shunt of 5): 40 straight, 20 around.

    66 MW are scaled to 60; 34 of 100 MW are spare as stated; the unit and the branch of status 0 are not there; the
    straight line, at 40 of 39 MW, is not monitored, nor is the unlimited one.
    """
    own = read_matpower(three_bus_case(tmp_path))
    network = own.network
    np.testing.assert_allclose(network.x_pu, 0.1)
    np.testing.assert_allclose(network.injection_mw, [60, 0, -60])
    np.testing.assert_allclose(network.spare_gen_mw, [34, 0, 0])
    np.testing.assert_allclose(base_flows_mw(network), [20, 20, 40])
    assert network.monitored.tolist() == [True, False, False]
    assert (network.bus_id.tolist(), network.branch_id.tolist()) == ([10, 20, 30], [1, 2, 3])
    assert own.notes == (
        "generation of three times 0.9091, so that it equals load without losses",
        "1 branches above their rating before new load comes are not monitored: branch row 3 (10-30)",
    )


@pytest.mark.parametrize("name", ["case30", "case39", "case118"])
def test_flows_against_pandapower(tmp_path: Path, name: str):
    """Public cases, taps and phase shifts among them, written as .m and read again: every flow as rundcpp finds it."""
    _, solved, slack = peer_case(name)
    bus, unit, branch = (np.real(solved[k]) for k in ("bus", "gen", "branch"))
    number = 7 * bus[:, 0].astype(int) + 3  # not positions
    unit = unit[:, :10].copy()
    at = unit[:, 0].astype(int)
    made = np.bincount(at, unit[:, 1], len(bus)) - bus[:, 2] - bus[:, 4]
    unit[np.flatnonzero(at == slack)[0], 1] -= made.sum()
    unit[:, 0] = number[at]
    branch = branch[:, :13].copy()
    branch[:, :2] = number[branch[:, :2].astype(int)]
    rows = bus[:, :13].copy()
    rows[:, 0] = number
    own = read_matpower(three_bus_case(tmp_path, rows, unit, branch, base=solved["baseMVA"]))
    np.testing.assert_allclose(base_flows_mw(own.network), np.real(solved["branch"][:, 13]), atol=1e-6)
    found = hosting(own.network, np.arange(len(bus)))
    assert found.n0_mw.shape == (len(bus),) and (found.n0_mw >= 0).all()


def test_isolated_buses(tmp_path: Path):
    """A bus of type 4 goes with its load and branch; one without a branch goes if nothing stands there."""
    four = [40, 4, 9, *BUS[0][3:]]
    lone = [50, 1, 0, *BUS[0][3:]]
    own = read_matpower(three_bus_case(tmp_path, [*BUS, four, lone], branch=[*BRANCH, [30, 40, *BRANCH[0][2:]]]))
    assert own.network.bus_id.tolist() == [10, 20, 30]
    assert own.notes[0] == "1 buses of type 4 (isolated) are dropped"
    assert own.notes[1] == "1 buses without a branch in service are dropped: 50"
    with pytest.raises(InputError, match="found 50; expected a branch in service"):
        read_matpower(three_bus_case(tmp_path, [*BUS, [50, 1, 9, *BUS[0][3:]]]))


def test_each_island_is_balanced_alone(tmp_path: Path):
    """Two islands of 60 MW, made by 66 and by 30 MW: times 10/11 and 2. A tie of 10 MW is not scaled."""
    bus = BUS + [[row[0] + 100, *row[1:]] for row in BUS]
    gen = [*GEN, [110, 30, *GEN[0][2:]]]
    branch = BRANCH + [[row[0] + 100, row[1] + 100, *row[2:]] for row in BRANCH]
    network = read_matpower(three_bus_case(tmp_path, bus, gen, branch)).network
    np.testing.assert_allclose(network.injection_mw, [60, 0, -60, 60, 0, -60])
    assert network.island_names == ("three 1", "three 2")
    tie = "mpc.dcline = [\n" + "20 120 1 10 9 0 0 1 1 0 20 0 0 0 0 0 0;\n20 120 0 99 99 0 0 1 1 0 20 0 0 0 0 0 0;\n];\n"
    network = read_matpower(three_bus_case(tmp_path, bus, gen, branch, more=tie)).network
    np.testing.assert_allclose(network.injection_mw, [70, -10, -60, 51, 9, -60])


def test_faults_come_together(tmp_path: Path):
    """A word for a number, a number with a fraction for a bus, and a base of 0: three faults at once."""
    bus, branch = with_cell(BUS, 1, 2, "much"), with_cell(BRANCH, 0, 1, 20.5)
    with pytest.raises(InputError) as caught:
        read_matpower(three_bus_case(tmp_path, bus, branch=branch, base=0))
    assert [fault.key for fault in caught.value.faults] == [
        "mpc.baseMVA",
        "mpc.bus row 2, PD",
        "mpc.branch row 1, T_BUS",
    ]
    assert {fault.file for fault in caught.value.faults} == {"three.m"}


def test_wrong_references_come_together(tmp_path: Path):
    """A unit and a branch at unknown buses, a bus twice, no reactance, a rating below 0."""
    branch = with_cell(with_cell(with_cell(BRANCH, 0, 1, 99), 1, 3, 0), 2, 5, -1)
    with pytest.raises(InputError) as caught:
        read_matpower(three_bus_case(tmp_path, [*BUS, BUS[2]], with_cell(GEN, 0, 0, 98), branch))
    assert [(fault.key, fault.value) for fault in caught.value.faults] == [
        ("buses", "30"),
        ("bus of generation", "98"),
        ("to bus of branches", "99 of branch row 1 (10-99)"),
        ("reactance of branches", "branch row 2 (20-30)"),
        ("rating of branches", "branch row 3 (10-30)"),
    ]


def test_load_that_nothing_meets(tmp_path: Path):
    """No running unit: the island is named with its MW."""
    with pytest.raises(InputError, match="0 MW of generation for 60 MW of load"):
        read_matpower(three_bus_case(tmp_path, gen=GEN[1:]))


def test_a_case_that_computes_is_refused(tmp_path: Path):
    """Ohm to per unit after the matrices: the line is named, since reading the numbers alone would be wrong."""
    more = "mpc.branch(:, [3 4]) = mpc.branch(:, [3 4]) / 52.9;\n"
    with pytest.raises(InputError, match=r"line 2\d.*nothing computed"):
        read_matpower(three_bus_case(tmp_path, more=more))


def test_rows_in_one_line_are_refused(tmp_path: Path):
    """The reader takes a line for a row."""
    path = three_bus_case(tmp_path)
    path.write_text(path.read_text().replace(";\n\t20\t30", "; 20\t30"))
    with pytest.raises(InputError, match=r"mpc\.branch: found several rows in one line"):
        read_matpower(path)


@pytest.mark.parametrize("text", ["", "hello", "function mpc = x\nmpc.baseMVA = 100;\n"])
def test_what_is_no_case(tmp_path: Path, text: str):
    """An empty file, a word, a case without matrices; a file that is not there."""
    path = tmp_path / "none.m"
    path.write_text(text)
    with pytest.raises(InputError, match=r"none\.m"):
        read_matpower(path)
    with pytest.raises(InputError, match=r"gone\.m"):
        read_matpower(tmp_path / "gone.m")


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The refusal says what to install."""
    monkeypatch.setitem(sys.modules, "matpowercaseframes", None)
    with pytest.raises(InputError, match=r"pip install 'siting\[network\]'"):
        read_matpower(three_bus_case(tmp_path))
