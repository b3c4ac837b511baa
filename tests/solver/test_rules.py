"""Rules of the plan: the model agrees with listing, and the rules bind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_rules import with_rules
from tiny_problems import random_problem

SEEDS, CHUNKS = 80, 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_model_agrees_with_listing(chunk):
    """To 1e-6 on every draw; a third have a plan, and in a fifth of those the rules cost something."""
    feasible = binding = 0
    for seed in range(1000 + chunk, 1000 + SEEDS, CHUNKS):
        p = with_rules(random_problem(seed), np.random.default_rng(seed))
        listed, _ = cheapest_by_listing(p)
        found = optimum(p, whole=False).value
        assert found == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        if np.isfinite(listed):
            feasible += 1
            binding += optimum(dataclasses.replace(p, rules=None), whole=False).value < listed - 1e-6
    assert feasible >= SEEDS / CHUNKS / 3
    assert binding >= feasible / 5
