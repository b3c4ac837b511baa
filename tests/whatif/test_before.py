"""What holds over all candidates for a plan under other inputs, where nothing is known from before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from model_optimum import least_cost
from tiny_problems import random_problem

from siting.plan import Plan
from siting.solver.highs import Options
from siting.whatif.before import Before, everyone_now

QUICK = Options(gap=1e-6, threads=1, time_limit_s=10.0)


@pytest.mark.parametrize("seed", [48, 58])
def test_crowds_close_what_prices_leave_open(seed: int) -> None:
    """Prices alone stay more than 2 % below the optimum; up to a gap of 0.01 % the search over crowds goes on, and up
    to one of 100 % there is none."""
    p = random_problem(seed)
    best = least_cost(p)
    assert best is not None
    base = Before(plan=cast(Plan, SimpleNamespace(facts={}, npv_cost_musd=None)), problem=None)

    def bounds(enough: float) -> dict[str, Any]:
        return everyone_now(base, p, p.whole_campuses(p.campus[:1]), best, QUICK, enough)

    rough, fine = bounds(1.0), bounds(1e-4)
    assert rough["rounds"] == 0 and rough["bound_musd"] == rough["priced_musd"] < 0.98 * best
    assert fine["rounds"] >= 1
    assert best * (1.0 - 1e-4) - 1e-9 <= fine["bound_musd"] <= best * (1.0 + 1e-9)
    assert fine["certificate"]["musd"] <= fine["bound_musd"]
