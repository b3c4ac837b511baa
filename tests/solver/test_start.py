"""A first plan where sites pay for their opening whole: never better than the optimum, and there as a rule."""

from __future__ import annotations

import numpy as np
from model_optimum import optimum
from tiny_problems import hand_problem, random_problem

from siting.solver.highs import Options
from siting.solver.start import start_plan

QUICK = Options(gap=0.0, threads=1, time_limit_s=10.0)


def test_one_site_that_pays_its_opening() -> None:
    """250 H100e in two quarters: 3 pods, of which 2.5 run, in a module of the cheaper site.

    10 opening + 5 module + 3 x 2 pods + 2 quarters x 2.5 x 0.1 energy = 21.5 musd.
    """
    p = hand_problem(demand_h100e=np.array([[250.0, 250.0]]))
    found = start_plan(p, QUICK)
    assert found is not None
    assert found.rows.tolist() == [0]
    assert found.decisions.modules.tolist() == [[1, 0]]
    assert found.decisions.pods.sum() == 3
    assert np.isclose(found.value, 21.5)


def test_it_is_a_plan_of_the_problem() -> None:
    """Never cheaper than the least cost, on problems that have a plan; found for some of them, near it for a part."""
    there = found = near = 0
    for seed in range(60):
        p = random_problem(seed)
        least = optimum(p).value
        start = start_plan(p, QUICK)
        if not np.isfinite(least):
            assert start is None, seed
            continue
        there += 1
        if start is not None:
            found += 1
            assert start.value >= least - 1e-6 * max(1.0, abs(least)), seed
            near += start.value <= least + 0.05 * abs(least)
    assert there >= 25
    assert found >= 10  # problems of one to three sites: many have their plan in offers alone, which is no start
    assert near >= 5
