"""Transit and single sources: the model's least cost is the least over all decisions listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_transit import with_single_source, with_transit
from tiny_problems import random_problem

from siting.problem import Problem

SERVED = [seed for seed in range(1000, 1400) if len(random_problem(seed).region) == 2][:36]
"""Problems of two regions."""


def both(p: Problem, rng: np.random.Generator) -> Problem:
    """The two parts together."""
    return with_single_source(with_transit(p, rng), rng)


@pytest.mark.parametrize(
    ("part", "without", "least"),
    [
        (with_transit, {"transit": None}, 12),
        (with_single_source, {"single_source": False}, 3),
        (both, {"transit": None}, 9),
    ],
)
def test_the_model_agrees_with_the_list(
    part: Callable[[Problem, np.random.Generator], Problem], without: dict[str, Any], least: int
) -> None:
    """36 problems each: values agree to 1e-6, and the part moves many of them."""
    moved = 0
    for seed in SERVED:
        p = part(random_problem(seed), np.random.default_rng(seed))
        found = optimum(p, whole=False).value
        assert found == pytest.approx(cheapest_by_listing(p)[0], rel=1e-6, abs=1e-6), seed
        moved += found != pytest.approx(optimum(replace(p, **without), whole=False).value, abs=1e-6)
    assert moved >= least
