"""Halls of two cooling classes: the model's least cost is the least over all decisions listed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_cooling import with_cooling
from tiny_problems import random_problem


def test_two_classes_agree_with_the_list() -> None:
    """80 problems of one or two campuses: more than a third have a plan; halls of the second class stand in many,
    some are converted, and classes cost money in many.
    """
    plans = stood = converted = dearer = 0
    seeds = [seed for seed in range(200) if len(random_problem(seed).candidate_id) < 3][:80]
    assert len(seeds) == 80
    for seed in seeds:
        p = with_cooling(random_problem(seed), np.random.default_rng(seed))
        assert p.annex is not None
        found, listed = optimum(p, whole=False), cheapest_by_listing(p)[0]
        assert found.value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        if found.decisions is None:
            continue
        plans += 1
        stood += bool(found.plan.modules[p.annex.main >= 0].any())
        converted += any(count > 0.5 for count in found.plan.extra.get("Converted", {}).values())
        anything = replace(p, annex=replace(p.annex, allowed=np.ones_like(p.annex.allowed)))
        dearer += found.value > optimum(anything, whole=False).value + 1e-6
    assert plans >= 27, plans
    assert stood >= 10, stood
    assert converted >= 3, converted
    assert dearer >= 5, dearer
