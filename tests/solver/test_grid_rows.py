"""Shared lines: the model agrees with listing, the lines bind, and more room never costs more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_grid import with_grid
from tiny_problems import random_problem

SEEDS, CHUNKS = 80, 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_model_agrees_with_listing(chunk):
    """To 1e-6 on every draw; a third have a plan, and in a tenth the lines cost something or leave none."""
    feasible = binding = 0
    for seed in range(1000 + chunk, 1000 + SEEDS, CHUNKS):
        p = with_grid(random_problem(seed), np.random.default_rng(seed))
        listed, _ = cheapest_by_listing(p)
        found = optimum(p, whole=False).value
        assert found == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        feasible += np.isfinite(listed)
        binding += optimum(dataclasses.replace(p, grid=None), whole=False).value < listed - 1e-6
    assert feasible >= SEEDS / CHUNKS / 3
    assert binding >= SEEDS / CHUNKS / 10


@pytest.mark.parametrize("seed", range(2000, 2015))
def test_more_room_never_costs_more(seed):
    """Every line and island with a tenth more."""
    p = with_grid(random_problem(seed), np.random.default_rng(seed))
    assert p.grid is not None
    wider = dataclasses.replace(p.grid, room_mw=1.1 * p.grid.room_mw, spare_mw=1.1 * p.grid.spare_mw)
    tight, wide = optimum(p, whole=False).value, optimum(dataclasses.replace(p, grid=wider), whole=False).value
    assert wide <= tight + 1e-6 or wide == tight
