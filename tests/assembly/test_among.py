"""Assembled over some candidates, a study is the problem that these make among all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_whole import whole_study

from siting.assembly import assemble
from siting.errors import InputError
from siting.formulation.build import build_model
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, compile_model
from siting.solver.highs import Options, solve_matrix
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def relaxed_musd(p: Problem) -> float | None:
    """Least cost where nothing need be whole; None without a plan."""
    try:
        matrix = compile_model(build_model(p))
    except InfeasibleRowError:
        return None
    return solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), Options(threads=1)).value


@pytest.mark.parametrize("seed", range(14))
def test_some_candidates_are_as_among_all(seed: int, tmp_path: Path, tables: Tables) -> None:
    """Random studies with every part switched on at random: without one candidate that nothing asks for by name, the
    relaxation costs what it does over all less this candidate."""
    study = whole_study(seed, tmp_path).update({"grid.joint": "off"})
    try:
        everyone = assemble(study, tables)
    except InputError:
        pytest.skip("the study is refused")
    p = everyone.problem
    names, place = everyone.usable["candidate"].tolist(), everyone.usable["place"].fillna("").tolist()
    free = [n for n in range(len(names)) if not p.always_kept[n] and not place[n]]
    if p.annex is not None or p.contracts is not None or not free:
        pytest.skip("nobody can be left out")
    kept = [n for n in range(len(names)) if n != free[0]]
    try:
        part = assemble(study, tables, {names[n] for n in kept}).problem
    except InputError:
        pytest.skip("without it nothing is left, or nobody reaches a region")
    assert part.candidate_id.tolist() == [names[n] for n in kept]
    expected = relaxed_musd(p.take(np.array(kept, dtype=np.int64)))
    assert relaxed_musd(part) == (None if expected is None else pytest.approx(expected, rel=1e-7))
