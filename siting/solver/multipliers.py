"""Multipliers of the limits that candidates share, from the relaxation over the candidates of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.pricing import Multipliers
from siting.problem import BoolArray, IntArray, Problem
from siting.solver.compile import Matrix


def multipliers_from(
    p: Problem, matrix: Matrix, row_dual: NDArray[np.float64], sets: BoolArray, set_quarter: IntArray
) -> Multipliers:
    """Duals of the shared rows; 0 where the matrix has no such row. Duals of HiGHS are the change of the least cost by
    one more unit of the row's limit. Rows beyond those of the matrix are those of the sets, in their order."""
    zero = Multipliers.zero(p)

    def read(name: str, into: Any, sign: float) -> Any:
        values = np.array(into, dtype=np.float64)
        for index, row in matrix.rows.get(name, {}).items():
            values[index] = sign * row_dual[row]
        return values

    power = np.zeros((len(p.candidate_id), p.quarters))
    for (i, t), row in matrix.rows.get("power_balance", {}).items():
        power[i, t] = -float(p.pue_peak[i]) * row_dual[row]
    return Multipliers(
        power_of=tuple(str(name) for name in p.candidate_id),
        power=power,
        sets=sets,
        set_quarter=set_quarter,
        set_musd=row_dual[len(matrix.row_lower) :],
        funding=read("funding", zero.funding, -1.0),
        supply=read("vendor_supply", zero.supply, -1.0),
        host=read("hosted_once", zero.host, 1.0),
        line=read("line_room", zero.line, -1.0),
        island=read("island_spare", zero.island, -1.0),
        sites=sum(-float(row_dual[row]) for row in matrix.rows.get("most_sites", {}).values()),
    ).signed()
