"""A first plan over the sites that are open in a relaxation: never better than the optimum, and there as a rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from model_optimum import optimum
from tiny_problems import hand_problem, random_problem

from siting.problem import Problem
from siting.solver.highs import Options
from siting.solver.start import Start, open_sites
from siting.solver.wide import search_wide

QUICK = Options(gap=0.0, threads=1, time_limit_s=10.0)


def started(p: Problem) -> list[Start]:
    """The plans found one after the other."""
    wide = search_wide(p, QUICK)
    return [] if wide is None else list(wide.plans)


def test_one_site_that_pays_its_opening() -> None:
    """250 H100e in two quarters: 3 pods, of which 2.5 run, in a module of the cheaper site.

    10 opening + 5 module + 3 x 2 pods + 2 quarters x 2.5 x 0.1 energy = 21.5 musd.
    """
    found = started(hand_problem(demand_h100e=np.array([[250.0, 250.0]])))
    assert found[-1].rows.tolist() == [0]
    assert found[-1].decisions.modules.tolist() == [[1, 0]]
    assert found[-1].decisions.pods.sum() == 3
    assert np.isclose(found[-1].value, 21.5)


def test_the_likeliest_host_is_among_the_sites() -> None:
    """A problem with a cluster and no region: nothing serves, and the host is there all the same."""
    p = hand_problem(demand_h100e=np.array([[250.0, 250.0]]))
    wide = search_wide(p, QUICK)
    assert wide is not None
    assert open_sites(p, wide.everyone, share=2.0).tolist() == []
    hosted = replace(p, cluster=np.array(["one"], dtype=object))
    assert len(open_sites(hosted, wide.everyone, share=2.0)) == min(2, len(wide.everyone.rows))


def test_they_are_plans_of_the_problem() -> None:
    """Never cheaper than the least cost, each cheaper than the one before; found for some problems, near it for most
    of these."""
    there = found = near = 0
    for seed in range(60):
        p = random_problem(seed)
        least = optimum(p).value
        plans = started(p)
        if not np.isfinite(least):
            assert not plans, seed
            continue
        there += 1
        values = [one.value for one in plans]
        assert values == sorted(values, reverse=True)
        if values:
            found += 1
            assert values[-1] >= least - 1e-6 * max(1.0, abs(least)), seed
            near += values[-1] <= least + 0.05 * abs(least)
    assert there >= 25
    assert found >= 10  # problems of one to three sites: many have their plan in offers alone, which is no start
    assert near >= 0.8 * found
