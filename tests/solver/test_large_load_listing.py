"""Terms of a large load and a demand charge: the model's optimum against the optimum by listing."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_large_load import with_large_load
from random_rules import with_rules
from tiny_problems import changed, random_problem

from siting.problem import Problem

SEEDS, CHUNKS = 120, 6


@cache
def load_problem(seed: int) -> Problem:
    """A random problem of at most two candidates of two modules, with the terms."""
    p = random_problem(5000 + seed)
    p = p.take(np.arange(min(2, len(p.candidate_id))))
    most = np.minimum(p.modules_max, 2)
    p = changed(p, modules_max=most, modules_first=np.minimum(p.modules_first, most))
    return with_large_load(p, np.random.default_rng(seed))


@cache
def modelled(seed: int) -> float:
    """Least present value by the model; infinity without a plan."""
    return optimum(load_problem(seed), whole=False).value


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_model_and_listing_agree(chunk: int) -> None:
    """Both find the same least present value to 1e-6, or both find none."""
    for seed in range(chunk, SEEDS, CHUNKS):
        listed = cheapest_by_listing(load_problem(seed))[0]
        if np.isfinite(listed):
            assert modelled(seed) == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        else:
            assert not np.isfinite(modelled(seed)), seed


def test_campuses_that_stand_agree_too() -> None:
    """With a campus that stands from the start, secured before it, the model and the listing find the same optimum."""
    plans = 0
    for seed in range(40):
        p = load_problem(seed)
        stands = np.zeros(len(p.candidate_id), dtype=np.int64)
        stands[0] = p.modules_first[0]
        live = np.where(stands > 0, 0, p.live_from)
        rules = with_rules(p, np.random.default_rng(seed)).rules
        assert rules is not None
        alone = {"min_sites": 0, "max_sites": None, "forced_modules": 0 * stands, "min_distance_km": None}
        rules = dataclasses.replace(rules, **alone, existing_modules=stands, group=np.full_like(rules.group, -1))
        p = changed(p, rules=rules, live_from=live)
        listed = cheapest_by_listing(p)[0]
        found = optimum(p, whole=False).value
        assert np.isfinite(listed) == np.isfinite(found), seed
        if np.isfinite(listed):
            plans += 1
            assert found == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
    assert plans >= 10


def test_terms_matter_in_many_problems() -> None:
    """At least a third have a plan; in a quarter of all it costs more than with less of the terms, never less."""
    values = np.array([modelled(seed) for seed in range(SEEDS)])
    charged = np.array(
        [optimum(changed(load_problem(seed), large_load=None), whole=False).value for seed in range(SEEDS)]
    )
    owing = np.array(
        [optimum(changed(load_problem(seed), demand_musd_per_mw=None), whole=False).value for seed in range(SEEDS)]
    )
    assert np.isfinite(values).sum() >= SEEDS / 3
    for less in (charged, owing):
        assert (less < values - 1e-6).sum() >= SEEDS / 4
        assert not (less > values + 1e-6).any()
