"""The best plan that opens a campus, for one campus after another: what a reduced cost must not pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from siting.formulation.build import build_model
from siting.problem import FloatArray, Problem
from siting.solver.compile import compile_model
from siting.solver.highs import Options, solve_matrix

NEVER_OPEN = 1e11
"""Reduced costs above it are of candidates that cannot open."""


def forced_open(p: Problem, reduced: FloatArray) -> Iterator[tuple[int, float]]:
    """(candidate, least cost with it open at the end), where its reduced cost and the problem let it open."""
    matrix = compile_model(build_model(p))
    for i in range(len(p.candidate_id)):
        column = matrix.columns["Z"].get((i, p.quarters - 1))
        if column is None or reduced[i] > NEVER_OPEN:
            continue
        lower = matrix.lower.copy()
        lower[column] = 1.0
        value = solve_matrix(replace(matrix, lower=lower), Options(gap=1e-9, threads=1)).value
        if value is not None:
            yield i, value
