"""Curtailable connections: the model's optimum against the optimum by listing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_curtailable import with_curtailable
from tiny_problems import changed, random_problem

from siting.problem import Problem

SEEDS, CHUNKS = 120, 6


@cache
def curtailable_problem(seed: int) -> Problem:
    """A random problem of at most two candidates of two modules, with curtailable connections."""
    p = random_problem(9000 + seed)
    p = p.take(np.arange(min(2, len(p.candidate_id))))
    most = np.minimum(p.modules_max, 2)
    p = changed(p, modules_max=most, modules_first=np.minimum(p.modules_first, most))
    return with_curtailable(p, np.random.default_rng(seed))


@cache
def modelled(seed: int) -> float:
    """Least present value by the model; infinity without a plan."""
    return optimum(curtailable_problem(seed), whole=False).value


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_model_and_listing_agree(chunk: int) -> None:
    """Both find the same least present value to 1e-6, or both find none."""
    for seed in range(chunk, SEEDS, CHUNKS):
        listed = cheapest_by_listing(curtailable_problem(seed))[0]
        if np.isfinite(listed):
            assert modelled(seed) == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        else:
            assert not np.isfinite(modelled(seed)), seed


def test_connections_matter_in_many_problems() -> None:
    """At least a third have a plan; a curtailable connection makes it cheaper, or possible, in a sixth of all."""
    values = np.array([modelled(seed) for seed in range(SEEDS)])
    firm = np.array(
        [optimum(changed(curtailable_problem(seed), curtailable=None), whole=False).value for seed in range(SEEDS)]
    )
    assert np.isfinite(values).sum() >= SEEDS / 3
    assert (firm > values + 1e-6).sum() >= SEEDS / 6
    assert not (firm < values - 1e-6).any()
