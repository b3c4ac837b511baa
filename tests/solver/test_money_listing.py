"""Caps, debt, revenue and income tax: the model's least cost is the least over all decisions listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_money import with_caps, with_debt, with_income_tax, with_revenue
from tiny_problems import random_problem

from siting.problem import Problem

SEEDS = range(60)


def compared(part: Callable[[Problem, np.random.Generator], Problem], field: str) -> tuple[int, int]:
    """(plans, plans whose value the part moves) over the seeds; every one agrees with the list."""
    plans = moved = 0
    for seed in SEEDS:
        p = part(random_problem(seed), np.random.default_rng(seed))
        value, listed = optimum(p, whole=False).value, cheapest_by_listing(p)[0]
        assert value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        plans += bool(np.isfinite(value))
        moved += value != pytest.approx(optimum(replace(p, **{field: None}), whole=False).value, abs=1e-6)
    return plans, moved


def test_caps_agree_with_the_list() -> None:
    """60 problems: more than a third have a plan, and a cap moves the value of many."""
    plans, moved = compared(with_caps, "caps")
    assert plans >= 20
    assert moved >= 10


def test_debt_agrees_with_the_list() -> None:
    """60 problems: a loan moves the value of many, and makes plans where money alone gives none."""
    plans, moved = compared(with_debt, "debt")
    assert plans >= 20
    assert moved >= 12


def test_revenue_agrees_with_the_list() -> None:
    """60 problems: what is earned moves the value of every plan."""
    plans, moved = compared(with_revenue, "revenue")
    assert plans >= 20
    assert moved >= plans


def test_income_tax_agrees_with_the_list() -> None:
    """60 problems, some with loans and revenue beside: what is saved moves the value of most plans."""
    plans, moved = compared(with_income_tax, "income_tax")
    assert plans >= 20
    assert moved >= 20
