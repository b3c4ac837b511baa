"""Candidates that hold only a part of a cluster stay in the model with the campus that completes them."""

from __future__ import annotations

import numpy as np
from tiny_problems import hand_problem, one_cluster

from siting.problem.split import Split
from siting.reduction.screen import screen
from siting.reduction.split import pair_costs_musd


def test_the_cheapest_pair_is_kept_whole() -> None:
    """30 pods of 1 MW, campuses of 16 MW IT in a row 30 km apart, each dearer than the last: 15 pods on a campus are
    10 + 2 x 5 + 15 x 2.2, so the first two cost 53 + 73 = 126 together. The third to fifth pair with a neighbour on the
    cheaper side.
    """
    i = 5
    split = Split(lat=32.0 + 0.27 * np.arange(i), lon=np.full(i, -97.0), within_km=np.array([35.0]))
    p = hand_problem(i, **one_cluster(30), split=split, energized_mw=np.full((i, 2), 20.0))
    cost, partner = pair_costs_musd(p, 0)
    assert cost.round(6).tolist() == [126, 126, 166, 206, 246]
    assert partner.tolist() == [1, 0, 1, 2, 3]
    assert screen(p, 2).rows.tolist() == [0, 1]


def test_no_pair() -> None:
    """Nothing is near enough: nobody is priced, nobody kept."""
    split = Split(lat=np.array([32.0, 33.0]), lon=np.full(2, -97.0), within_km=np.array([35.0]))
    p = hand_problem(2, **one_cluster(30), split=split, energized_mw=np.full((2, 2), 20.0))
    assert np.isnan(pair_costs_musd(p, 0)[0]).all()
    assert screen(p, 1).rows.tolist() == []
