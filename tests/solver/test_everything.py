"""The model against the list with every part of a study switched on at random, in all combinations."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_everything import everything, makers
from tiny_problems import random_problem

CHUNKS, EACH = 10, 52
"""520 problems in all."""


def _seeds(chunk: int) -> list[int]:
    """Seeds whose plain problem has a plan: the parts then have something to bind."""
    found: list[int] = []
    seed = 1000 * chunk
    while len(found) < EACH:
        if np.isfinite(optimum(random_problem(seed), whole=False).value):
            found.append(seed)
        seed += 1
    return found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_model_agrees_with_the_list(chunk: int) -> None:
    """Values agree to 1e-6, no plan included; plans exist in many, with nearly every part among them."""
    plans: Counter[str] = Counter()
    for seed in _seeds(chunk):
        p, applied = everything(seed)
        found, (listed, _) = optimum(p, whole=False).value, cheapest_by_listing(p)
        agree = found == listed or abs(found - listed) <= 1e-6 * max(1.0, abs(listed))
        assert agree, f"seed {seed} with {', '.join(applied)}: model {found}, list {listed}"
        if np.isfinite(listed):
            plans.update(["all", *applied])
    assert plans["all"] >= EACH // 4, plans
    assert len(set(makers()) - set(plans)) <= 2, plans
