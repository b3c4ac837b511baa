"""How much the shipped network takes at once: rows added until none is left, against the sum of single caps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from siting.grid.joint import overload_rows
from siting.grid.network import Network
from siting.grid.powerflow import joint_check


def joint_maximum(network: Network, bus_id: np.ndarray, cap_mw: np.ndarray) -> tuple[np.ndarray, int]:
    """Largest total new load over these buses, MW each, and the rounds of rows it took.

    Where one line limits the total, wherever the load stands, ties are many; a preference of 1e-5 breaks them. With
    ties the same maximum takes ten times the rounds.
    """
    sites = len(bus_id)
    bus, prefer = network.bus_position(bus_id), 1.0 - 1e-5 * np.arange(sites) / sites
    left, right = [np.ones(sites)], [network.spare_by_island_mw()[0]]
    for rounds in range(20):
        found = linprog(-prefer, A_ub=np.array(left), b_ub=right, bounds=np.stack([np.zeros(sites), cap_mw], axis=1))
        mw = np.maximum(found.x, 0.0)
        rows = overload_rows(network, bus_id, mw, most=200)
        if not rows:
            return mw, rounds
        left += [row.sign * row.factor[bus] for row in rows]
        right += [row.room_mw for row in rows]
    raise AssertionError("rows without end")


@pytest.mark.parametrize(
    ("island", "sites", "together_gw", "caps_gw"),
    [("Texas", 500, 11.04, 269), ("Western", 500, 19.00, 280), ("Eastern", 200, 15.55, 72)],
)
def test_caps_do_not_add_up(
    network: Network, substations: pd.DataFrame, island: str, sites: int, together_gw: float, caps_gw: float
):
    """Substations drawn from each island: the lines take 11.0 / 19.0 / 15.6 GW, single caps sum to many times that."""
    part = network.part(island)
    drawn = substations[substations["interconnect"] == island].sample(sites, random_state=1)
    cap = drawn["hosting_n0_utility_mw"].to_numpy(dtype=float)
    mw, rounds = joint_maximum(part, drawn["bus_id"].to_numpy(), cap)
    assert mw.sum() / 1000 == pytest.approx(together_gw, abs=0.01)
    assert cap.sum() / 1000 == pytest.approx(caps_gw, abs=1.0)
    assert 1 <= rounds <= 5
    assert mw.sum() < part.spare_by_island_mw()[0]
    assert joint_check(part, drawn["bus_id"], mw).ok
