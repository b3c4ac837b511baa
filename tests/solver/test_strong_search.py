"""The search with strong rows, a start near the relaxation and stages, against the search without."""

from __future__ import annotations

import pytest
from random_mix import mixed_problem

from siting.solver.highs import Options
from siting.solver.search import search


def test_both_ways_find_the_same_optimum() -> None:
    """160 random problems of every kind: a plan in both or in none, of equal value, and no bound on the wrong side."""
    options, planned = Options(gap=1e-6, threads=1, time_limit_s=20.0), 0
    for seed in range(160):
        p = mixed_problem(seed)
        plain, strong = search(p, options).result, search(p, options, strong=True).result
        assert (plain.value is None) == (strong.value is None), seed
        if plain.value is None or strong.value is None:
            continue
        planned += 1
        room = 1e-5 * max(1.0, abs(plain.value))
        assert strong.value == pytest.approx(plain.value, abs=room), seed
        sign = 1.0 if strong.sense == "minimize" else -1.0
        assert strong.bound is not None
        assert sign * (strong.bound - plain.value) <= room, seed
    assert planned >= 60
