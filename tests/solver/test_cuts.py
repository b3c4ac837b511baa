"""Sets of regions that lack capacity, against a flow by linear programming."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from siting.solver.cuts import violated_sets


def unserved(reach: np.ndarray, capacity: np.ndarray, demand: np.ndarray) -> float:
    """Least demand that no flow serves, by a linear program over all pairs."""
    pairs = np.argwhere(reach)
    a = np.zeros((len(capacity) + len(demand), len(pairs)))
    for column, (c, j) in enumerate(pairs):
        a[c, column] = 1.0
        a[len(capacity) + j, column] = 1.0
    found = linprog(-np.ones(len(pairs)), A_ub=a, b_ub=np.concatenate([capacity, demand]))
    return float(demand.sum() + found.fun)


def test_what_is_unserved_is_what_a_flow_leaves() -> None:
    """60 random transports of one quarter: the lack equals that of the linear program, and its set shows it."""
    for seed in range(60):
        r = np.random.default_rng(seed)
        classes, regions = int(r.integers(1, 6)), int(r.integers(1, 8))
        reach = r.random((classes, regions)) < 0.5
        capacity, demand = r.uniform(0, 10, (classes, 1)), r.uniform(0, 8, (regions, 1))
        sets, quarter, lack = violated_sets(reach, capacity, demand, 1e-6, 100)
        expected = unserved(reach, capacity[:, 0], demand[:, 0]) if reach.any() else float(demand.sum())
        assert lack == pytest.approx(expected, abs=1e-4)
        assert (quarter == 0).all()
        for regions_of in sets:
            hit = (reach & regions_of).any(axis=1)
            assert demand[regions_of].sum() > capacity[hit].sum()


def test_enough_capacity_breaks_no_set() -> None:
    """One class that reaches both regions and has room: nothing to add."""
    sets, _, lack = violated_sets(np.ones((1, 2), dtype=bool), np.array([[5.0]]), np.array([[2.0], [3.0]]), 1e-6, 9)
    assert len(sets) == 0
    assert lack == 0.0
