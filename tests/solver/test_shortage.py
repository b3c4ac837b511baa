"""A shortage of what candidates share is a proof that there is no plan, and is claimed of nothing that has one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_mix import mixed_problem

from siting.assembly import assemble
from siting.formulation.build import build_model
from siting.pricing import Multipliers, parts_without_price
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.everyone import Everyone
from siting.solver.highs import Options, solve_matrix
from siting.solver.shortage import LEAST, short_of_everyone, shortage
from siting.study import read_study
from siting.tables.read import read_tables
from siting.termination import Termination

SEEDS, CHUNKS = 120, 6
OPTIONS = Options(threads=1)


def has_plan(p: Problem) -> bool:
    """By the whole model."""
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return False
    return solve_matrix(matrix, OPTIONS).termination is not Termination.INFEASIBLE


def short(p: Problem) -> Everyone | None:
    return short_of_everyone(p, np.arange(len(p.candidate_id)), OPTIONS)


def drawn(p: Problem, found: Multipliers, seed: int) -> Multipliers:
    """Prices of limits at random, far larger and smaller than those found."""
    r = np.random.default_rng([11, seed])
    size = 10.0 ** r.uniform(-4, 3)
    return replace(
        found,
        funding=found.funding + r.uniform(0.0, size, found.funding.shape),
        host=found.host + r.uniform(-size, size, found.host.shape),
        served=found.served + r.uniform(0.0, size, found.served.shape),
        supply=np.where(np.isfinite(p.supply), r.uniform(0.0, size, found.supply.shape), 0.0),
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_that_has_a_plan_is_short(chunk: int) -> None:
    """Random problems, each with its own funding and with a random share of it: where prices, those found or any
    others, leave a shortage, the whole model has no plan; some shortage is proved in every lot."""
    proved = 0
    for seed in range(chunk, SEEDS, CHUNKS):
        p = mixed_problem(seed)
        if parts_without_price(p):
            continue
        share = float(np.random.default_rng([12, seed]).choice([1.0, 0.5, 0.1]))
        p = replace(p, funding_musd=share * p.funding_musd)
        found = short(p)
        if found is None:
            continue
        claimed = max(shortage(p, found.multipliers), shortage(p, drawn(p, found.multipliers, seed)))
        if claimed > LEAST:
            assert not has_plan(p), seed
            proved += 1
    assert proved


def test_the_tiny_study_is_short_of_money_alone() -> None:
    """With all its money there is a plan and nothing is short; with a tenth of it every plan lacks money, by what the
    whole model says of the least that must be added; halves of that gap are still short."""
    p = assemble(read_study("models/tiny.toml"), read_tables()).problem
    rich = short(p)
    assert has_plan(p) and rich is not None and rich.bound.least <= LEAST
    poor = replace(p, funding_musd=0.1 * p.funding_musd)
    found = short(poor)
    assert found is not None and found.bound.least > 1e-2 and not has_plan(poor)
    lacking = found.bound.least / found.multipliers.funding.sum()  # musd from the first quarter on, at the least
    for share in (0.5, 0.99):
        less = replace(poor, funding_musd=poor.funding_musd + share * lacking)
        assert shortage(less, found.multipliers) > LEAST and not has_plan(less)
