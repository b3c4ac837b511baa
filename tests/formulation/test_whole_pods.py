"""With pods and GPUs whole, the optimum of the model is the one that a listing finds: totals cut off no whole plan."""

from __future__ import annotations

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from tiny_problems import random_problem


@pytest.mark.parametrize("chunk", range(5))
def test_model_with_whole_pods_costs_what_listing_finds(chunk: int) -> None:
    """20 problems a chunk agree to 1e-6, those without a plan too; 7 or more of them have one."""
    feasible = 0
    for seed in range(20 * chunk, 20 * chunk + 20):
        p = random_problem(seed)
        listed, _ = cheapest_by_listing(p, whole=True)
        assert optimum(p).value == pytest.approx(listed, rel=1e-6, abs=1e-6), f"seed {seed}"
        feasible += bool(np.isfinite(listed))
    assert feasible >= 7


def test_whole_pods_cost_more_than_fractions_somewhere() -> None:
    """The two readings differ, or the test above would say nothing of whole pods: in 10 of 60 problems at least."""
    dearer = 0
    for seed in range(60):
        p = random_problem(seed)
        fractions, whole = optimum(p, whole=False).value, optimum(p).value
        assert whole >= fractions - 1e-6, f"seed {seed}"
        dearer += bool(fractions + 1e-3 < whole)
    assert dearer >= 10
