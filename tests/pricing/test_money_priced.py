"""Revenue, loans and income tax in the bound: never above the optimum, and what they are worth by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import optimum
from random_money import with_debt, with_income_tax, with_revenue
from tiny_problems import random_problem

from siting.pricing import Multipliers, bound_over_all, parts_without_price
from siting.problem import Problem
from siting.solver.highs import Options
from siting.solver.multipliers import part_rows
from siting.solver.relaxation import relaxation

Maker = Callable[[Problem, np.random.Generator], Problem]
MAKERS: dict[str, Maker] = {"revenue": with_revenue, "debt": with_debt, "income tax": with_income_tax}


def multipliers(p: Problem) -> Multipliers | None:
    """Of the relaxation."""
    none = np.zeros((0, len(p.region)), dtype=bool), np.zeros(0, dtype=np.int64)
    found = relaxation(p, Options(threads=1), none)
    return None if found is None else found.multipliers


def others(p: Problem, y: Multipliers, r: np.random.Generator) -> Multipliers:
    """The same with prices of the parts' rows, and of money, that are anything at all."""
    parts = {row: prices * r.uniform(0.0, 2.0, prices.shape) for row, prices in y.parts.items()}
    for row, shape in part_rows(p).items():
        parts[row] = parts.get(row, np.zeros(shape)) + r.uniform(0.0, 0.3, shape) * (r.random() < 0.5)
    return replace(y, parts=parts, funding=y.funding * 0.7 + r.uniform(0.0, 0.02, p.quarters))


@pytest.mark.parametrize("part", list(MAKERS))
def test_no_bound_with_money_lies_above_the_optimum(part: str) -> None:
    """Multipliers of the relaxation and others, on at least 100 random problems."""
    seen, gaps = 0, []
    for seed in range(230):
        r = np.random.default_rng([80, seed])
        p = MAKERS[part](random_problem(seed), r)
        best = optimum(p, whole=False).value
        if not np.isfinite(best):
            continue
        assert parts_without_price(p) == []
        y = multipliers(p)
        assert y is not None, seed
        seen += 1
        room = 1e-6 * max(1.0, abs(best))
        found = bound_over_all(p, y).musd
        gaps.append((best - found) / max(1.0, abs(best)))
        for prices in (y, others(p, y, r), others(p, Multipliers.zero(p), r)):
            assert bound_over_all(p, prices).musd <= best + room, seed
    assert seen >= 100
    print(part, seen, np.median(gaps))
    assert np.median(gaps) <= 0.12
