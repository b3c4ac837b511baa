"""Shuffled candidates, one thread or two, other seeds of the solver: results differ by no more than the stated gap."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from one_by_one import truth_of
from random_mix import mixed_problem
from random_whole import study_of, whole_tree

from siting.plan import Plan
from siting.pricing import parts_without_price
from siting.problem import Problem
from siting.reduction.screen import screen
from siting.run import solve
from siting.solver.highs import Options
from siting.solver.prove import prove
from siting.solver.search import search
from siting.tables.read import read_tables
from siting.termination import Termination

GAP = 5e-3
WAYS = [Options(gap=GAP, threads=threads, seed=seed, time_limit_s=30.0) for threads in (1, 2) for seed in (0, 17)]


def shuffled(p: Problem, seed: int) -> Problem:
    """The candidates in another order; those that share something, or an annex, stay."""
    if p.shared is not None or p.annex is not None:
        return p
    return p.take(np.random.default_rng(seed).permutation(len(p.candidate_id)))


@pytest.mark.parametrize("seed", range(1, 120, 4))
def test_answers_differ_by_no_more_than_the_gap(seed: int) -> None:
    """Of every order, number of threads and seed: value within the gap of the optimum, search's bound and that of the
    proof over all from a shortlist of one on not above it."""
    p = mixed_problem(seed)
    truth = truth_of(p)
    for n, options in enumerate(WAYS):
        q = shuffled(p, n)
        found = search(q, options).result
        if np.isinf(truth):
            assert found.termination is Termination.INFEASIBLE
            continue
        assert found.value is not None and found.bound is not None
        room = 1e-5 * max(1.0, abs(truth))
        assert truth - room <= found.value <= truth + GAP * abs(found.value) + room
        assert found.bound <= truth + room
        rows = screen(q, 1).rows
        proof = None if parts_without_price(q) else prove(q, rows, found.value, options)
        assert proof is None or proof.bound_musd <= truth + room


def solved(seed: int, folder: Path, threads: int, solver_seed: int, order: int) -> Plan:
    """The plan of a whole study with the lines of its file in another order."""
    tree, rows = whole_tree(seed)
    tree["search"] = {**tree["search"], "gap": GAP, "threads": threads, "seed": solver_seed}
    random.Random(order).shuffle(rows)
    return solve(study_of(tree, rows, folder), tables=read_tables())


@pytest.mark.parametrize("seed", [1003, 1012, 1030, 1060])
def test_whole_studies_differ_by_no_more_than_the_gap(seed: int, tmp_path: Path) -> None:
    """From the file to the verified plan: every value lies no more than the gap above every bound."""
    plans = [solved(seed, tmp_path, *way) for way in ((1, 0, 0), (2, 5, 1), (1, 9, 2))]
    values = [plan.npv_cost_musd for plan in plans]
    bounds = [plan.bound_musd for plan in plans]
    assert all(value is not None for value in values) and all(bound is not None for bound in bounds)
    scale = max(1.0, max(abs(value) for value in values))
    assert max(bounds) <= min(values) + 1e-6 * scale
    assert max(values) - min(values) <= GAP * scale + 1e-6
