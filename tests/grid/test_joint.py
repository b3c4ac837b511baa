"""Rows of lines that loads overload together: by hand on a triangle, as columns of factors, as the joint check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_networks import ring, triangle

from siting.errors import InputError
from siting.grid.joint import line_factors, overload_rows, room_mw
from siting.grid.network import Network
from siting.grid.powerflow import joint_check, load_factors


def test_row_of_the_straight_line():
    """All spare at 10: a MW at bus 30 sends 2/3 straight, at bus 20 1/3, at bus 10 nothing; base 40 of 60 MW."""
    np.testing.assert_allclose(line_factors(triangle(), np.array([2])), [[0, 1 / 3, 2 / 3]], atol=1e-12)
    np.testing.assert_allclose(room_mw(triangle(), np.array([2])), [[20, 100]])


def test_rows_are_the_columns_of_load_factors():
    """Every line and bus of a meshed network; a solve for a line and one for a bus meet in the same number."""
    network = ring()
    lines, buses = np.arange(6), np.arange(5)
    np.testing.assert_allclose(line_factors(network, lines), load_factors(network, buses), atol=1e-12)


def test_rows_of_the_shipped_network(network: Network):
    """25 lines of all islands at once against 40 buses: also 0 across islands, whatever the reference."""
    rng = np.random.default_rng(5)
    lines, buses = rng.choice(len(network.branch_id), 25), rng.choice(len(network.bus_id), 40)
    np.testing.assert_allclose(line_factors(network, lines)[:, buses], load_factors(network, buses)[lines], atol=1e-9)


def test_a_row_tells_when_its_line_overloads():
    """33 MW at bus 30 put 62 on 60 MW: 2/3 P <= 20; the row is broken by just the excess."""
    (row,) = overload_rows(triangle(), [30], [33.0])
    assert (row.branch_id, row.outage_branch_id, row.sign) == (3, None, 1)
    assert (row.room_mw, row.excess_mw) == pytest.approx((20.0, 2.0))
    assert row.sign * row.factor @ [0, 0, 33.0] - row.room_mw == pytest.approx(row.excess_mw)
    assert overload_rows(triangle(), [30], [30.0]) == []


def test_a_line_overloaded_backwards_has_the_other_sign():
    """The same line drawn from 30 to 10 carries -62 MW: sign -1, and the row holds the same loads."""
    turned = triangle(from_bus=np.array([0, 1, 2]), to_bus=np.array([1, 2, 0]))
    (row,) = overload_rows(turned, [30], [33.0])
    assert (row.sign, row.room_mw, row.excess_mw) == (-1, pytest.approx(20.0), pytest.approx(2.0))
    np.testing.assert_allclose(row.sign * row.factor, [0, 1 / 3, 2 / 3], atol=1e-12)


def test_lines_that_are_not_watched_have_room_and_no_row():
    """Take the watch off line 3: no row whatever the load, and its room has no end."""
    unwatched = triangle(monitored=np.array([True, True, False]))
    assert 3 not in [row.branch_id for row in overload_rows(unwatched, [30], [40.0])]
    assert np.isinf(room_mw(unwatched, np.array([2]))).all()


def test_rows_are_the_overloads_of_the_joint_check(network: Network, substations: pd.DataFrame):
    """Ten Texas sites of 400 MW: the same lines with the same excess, worst first; `most` cuts the tail."""
    chosen = substations[substations["interconnect"] == "Texas"].sample(10, random_state=1)
    check = joint_check(network, chosen["bus_id"], [400.0] * 10)
    rows = overload_rows(network, chosen["bus_id"], [400.0] * 10, most=10_000)
    assert [row.branch_id for row in rows] == [line.branch_id for line in check.overloads]
    assert [row.excess_mw for row in rows] == pytest.approx([line.excess_mw for line in check.overloads])
    at = network.bus_position(chosen["bus_id"])
    for row in rows:
        assert row.sign * row.factor[at].sum() * 400.0 - row.room_mw == pytest.approx(row.excess_mw, abs=1e-6)
    assert len(overload_rows(network, chosen["bus_id"], [400.0] * 10, most=2)) == 2 < len(rows)


def test_an_island_without_spare_generation():
    """Nothing meets new load there: no row, since its balance says so; a row that is asked for is refused."""
    network = triangle(spare_gen_mw=np.zeros(3))
    assert overload_rows(network, [30], [500.0]) == []
    with pytest.raises(ValueError, match=r"no spare generation .* in one"):
        line_factors(network, np.array([2]))


def test_bad_input_is_refused():
    """An unknown bus, and a load below 0."""
    with pytest.raises(InputError, match="99"):
        overload_rows(triangle(), [99], [1.0])
    with pytest.raises(ValueError, match="0 MW or more"):
        overload_rows(triangle(), [30], [-1.0])
