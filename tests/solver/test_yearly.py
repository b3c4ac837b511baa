"""Carbon and water: the model agrees with listing, caps and prices cost something."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_yearly import with_yearly
from tiny_problems import random_problem

FOUND, CHUNKS = 60, 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_model_agrees_with_listing(chunk):
    """To 1e-6 on 60 draws that have a plan without them; a third still have one, and of those a fifth pay for it."""
    feasible = binding = 0
    for seed in _with_a_plan(chunk):
        free = random_problem(seed)
        p = with_yearly(free, np.random.default_rng(seed))
        listed, _ = cheapest_by_listing(p)
        found = optimum(p, whole=False).value
        assert found == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        if np.isfinite(listed):
            feasible += 1
            binding += optimum(free, whole=False).value < listed - 1e-6
    assert feasible >= FOUND / CHUNKS / 3
    assert binding >= feasible / 5


def _with_a_plan(chunk):
    seeds = (seed for seed in itertools.count(3000 + chunk, CHUNKS))
    feasible = (seed for seed in seeds if np.isfinite(optimum(random_problem(seed), whole=False).value))
    return itertools.islice(feasible, FOUND // CHUNKS)
