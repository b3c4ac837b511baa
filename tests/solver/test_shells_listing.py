"""Shells with continuous fit-out: the model's least cost is the least over all shells listed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_shells import built_as_shells
from tiny_problems import random_problem

from siting.problem import Problem
from siting.problem.shells import Shells

SEEDS = 120


def drawn(seed: int) -> Problem:
    return built_as_shells(random_problem(seed), np.random.default_rng(seed))


def test_shells_agree_with_the_list() -> None:
    """120 problems of one to three campuses: more than a third have a plan, in many with a fit-out that is no whole
    number of modules and less than its shells hold.
    """
    plans = parts = 0
    for seed in range(SEEDS):
        p = drawn(seed)
        found, listed = optimum(p, whole=False), cheapest_by_listing(p)[0]
        assert found.value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        if found.decisions is None:
            continue
        plans += 1
        fitted = found.decisions.modules.sum(axis=1)[p.in_shells]
        parts += bool((np.abs(fitted - np.round(fitted)) > 1e-3).any())
    assert plans >= 40, plans
    assert parts >= 20, parts


def as_shells(p: Problem, share: float, modules: float) -> Problem:
    """Every campus as shells of so many modules with the same construction cost, nothing else that modules cost, and a
    first phase of a tenth of a module."""
    factor = p.module_cash_factor.copy()
    factor[:, 1:] = 0.0
    whole = factor[:, 0].copy()
    paid = p.module_cash_profile[0]
    kept = 0.4 * p.discount[-1]
    factor[:, 0] *= 1.0 - share
    return replace(
        p,
        modules_first=np.full(len(whole), 0.1),
        module_cash_factor=factor,
        npv_module_musd=factor[:, [0]] * (paid @ p.discount - kept),
        shells=Shells(
            modules=modules,
            built=np.ones(len(whole), dtype=bool),
            cost_musd=share * whole * modules,
            cash_profile=paid.copy(),
            left=np.full(p.quarters, kept * (1.0 + p.rate) ** (p.quarters / 4.0)),
        ),
    )


def test_shells_that_are_the_whole_cost_are_whole_modules() -> None:
    """With fit-out for nothing the least cost is that of whole modules of the same size; with shells for next to
    nothing it is no more than that of whole modules of any size; between them it lies between."""
    plans = cheaper = 0
    for seed in range(60):
        p = random_problem(seed)
        one = np.ones(len(p.candidate_id), dtype=np.int64)
        all_shell = as_shells(p, 1.0, 1.0)
        nothing = replace(all_shell.shells, cost_musd=np.zeros(len(p.candidate_id)))
        whole = replace(as_shells(p, 0.0, 1.0), shells=None, modules_first=one)
        value = optimum(whole, whole=False).value
        larger = replace(
            whole,
            module_it_mw=2.0 * p.module_it_mw,
            modules_max=p.modules_max // 2,
            module_cash_factor=2.0 * whole.module_cash_factor,
            npv_module_musd=2.0 * whole.npv_module_musd,
        )
        assert optimum(all_shell, whole=False).value == pytest.approx(value, rel=1e-6, abs=1e-6), seed
        part = optimum(as_shells(p, 0.35, 1.0), whole=False).value
        bare = optimum(replace(as_shells(p, 0.0, 1.0), shells=nothing), whole=False).value
        assert bare <= part + 1e-6 and part <= value + 1e-6, seed
        assert bare <= optimum(larger, whole=False).value + 1e-6, seed
        if np.isfinite(value):
            plans += 1
            cheaper += bare < value - 1e-6
    assert plans >= 20, plans
    assert cheaper >= 15, cheaper
