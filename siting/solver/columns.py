"""Columns of a matrix by families of variables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.solver.compile import Matrix


def columns_of(matrix: Matrix, families: tuple[str, ...]) -> NDArray[np.bool_]:
    """Columns of these families of variables."""
    chosen = np.zeros(len(matrix.cost), dtype=bool)
    for family in families:
        chosen[list(matrix.columns.get(family, {}).values())] = True
    return chosen
