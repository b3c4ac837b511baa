"""The elastic matrix: the model with every named limit as rows that columns of their own can loosen.

Built from the problem with the limits let go (`relaxed`), it has the plans of a study in which no limit holds; rows put
the limits back. With all the added columns at 0 its plans are those of the study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from siting.problem import FloatArray
from siting.solver.columns import columns_of
from siting.solver.compile import Matrix
from siting.solver.highs import Bounded, Options, Outcome, solve_matrix

WHOLE = ("B", "X")
"""Families that the model leaves continuous and a plan counts in wholes."""


class Elastic:
    """A matrix to which rows and columns are added; the added columns are fixed at 0 unless a solve frees them."""

    def __init__(self, matrix: Matrix, *, whole: bool) -> None:
        """whole: pods and leased GPUs are whole; else fractions of them may stand for a plan."""
        self.whole = whole
        integer = matrix.integer | columns_of(matrix, WHOLE) if whole else matrix.integer
        self._base = replace(matrix, cost=np.zeros(len(matrix.cost)), offset=0.0, integer=integer, measures={})
        self._row_lower, self._row_upper = list(matrix.row_lower), list(matrix.row_upper)
        self._upper: list[float] = []
        self._integer: list[bool] = []
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._entries: list[float] = []
        self._always: list[int] = []
        self._both: dict[tuple[int, int], int] = {}
        self._built: Matrix | None = None
        self._linear: dict[bool, Bounded] = {}

    @property
    def base(self) -> Matrix:
        """The matrix as it was compiled."""
        return self._base

    def family(self, name: str) -> Mapping[Any, int]:
        """Rows of a family of constraints by index."""
        return self._base.rows.get(name, {})

    def variables(self, name: str) -> Mapping[Any, int]:
        """Columns of a family of variables by index."""
        return self._base.columns.get(name, {})

    def column(self, upper: float = np.inf, *, whole: bool = False, always: bool = False) -> int:
        """A new column, from 0 to `upper` where it is free. always: it is, in every solve."""
        self._upper.append(upper)
        self._integer.append(whole)
        at = len(self._base.cost) + len(self._upper) - 1
        if always:
            self._always.append(at)
        return at

    def put(self, row: int, column: int, coefficient: float) -> None:
        """Adds to the coefficient of a row."""
        if coefficient:
            self._rows.append(row)
            self._columns.append(column)
            self._entries.append(coefficient)
            self._built = None

    def loosen(self, row: int, column: int, by: float = 1.0) -> None:
        """One unit of the column loosens the row by so much."""
        self.put(row, column, -by if np.isfinite(self._row_upper[row]) else by)

    def row(self, terms: Iterable[tuple[int, float]], *, lower: float = -np.inf, upper: float = np.inf) -> int:
        """A new row: lower <= sum of the terms (column, coefficient) <= upper."""
        at = len(self._row_lower)
        self._row_lower.append(lower)
        self._row_upper.append(upper)
        self._built = None
        for column, coefficient in terms:
            self.put(at, column, coefficient)
        return at

    def bound(self, row: int, *, lower: float, upper: float) -> None:
        """Other limits of a row."""
        self._row_lower[row], self._row_upper[row] = lower, upper

    def terms_of(self, column: int) -> list[tuple[int, float]]:
        """Rows and coefficients of a column of the compiled matrix."""
        a = self._base.a
        part = slice(a.indptr[column], a.indptr[column + 1])
        return list(zip(a.indices[part].tolist(), a.data[part].tolist(), strict=True))

    def steps(self, count: int) -> tuple[int, ...]:
        """Columns y_1 >= y_2 >= ... in {0, 1}: the first n of them are 1 where something is moved by n steps."""
        columns = tuple(self.column(1.0, whole=True) for _ in range(count))
        for first, then in pairwise(columns):
            self.row([(then, 1.0), (first, -1.0)], upper=0.0)
        return columns

    def both(self, column: int, step: int, most: float) -> int:
        """A column up to another one, which is `most` at most, where the step is taken, and else 0."""
        if (column, step) not in self._both:
            at = self._both[column, step] = self.column(always=True)
            self.row([(at, 1.0), (column, -1.0)], upper=0.0)
            self.row([(at, 1.0), (step, -most)], upper=0.0)
        return self._both[column, step]

    def solve(
        self,
        free: Iterable[int],
        options: Options,
        cost: Mapping[int, float] | None = None,
        most: float | None = None,
        *,
        whole: bool = False,
    ) -> Outcome:
        """Least cost of the added columns, those that are not free at 0; without costs any plan. most: any plan that
        costs no more than this. whole: pods and leased GPUs too, whatever the matrix has."""
        matrix = self._matrix()
        if whole:
            counted = columns_of(self._base, WHOLE)
            integer = matrix.integer | np.pad(counted, (0, len(matrix.cost) - len(counted)))
            matrix = replace(matrix, integer=integer)
        costs = self._costs(cost)
        matrix = replace(matrix, upper=self._freed(free))
        if most is None:
            return solve_matrix(replace(matrix, cost=costs), options)
        return solve_matrix(_with_row(matrix, costs, most), options)

    def relaxed(
        self, free: Iterable[int], options: Options, cost: Mapping[int, float] | None = None
    ) -> tuple[float, FloatArray | None] | None:
        """As `solve` where nothing need be whole, the least cost and a point: infinity and none where there is no plan
        even so, None where that is not decided. One model with other bounds: a small part of the time of `solve`."""
        matrix = self._matrix()
        weighed = cost is not None
        if weighed not in self._linear:  # apart: a basis that is best at some costs is no way to begin without any
            self._linear[weighed] = Bounded(matrix, options)
        return self._linear[weighed].least(self._freed(free), self._costs(cost), options.time_limit_s)

    def _costs(self, cost: Mapping[int, float] | None) -> FloatArray:
        costs = np.zeros(len(self._matrix().cost))
        for column, value in (cost or {}).items():
            costs[column] = value
        return costs

    def _freed(self, free: Iterable[int]) -> FloatArray:
        """Upper bounds: the added columns that are not free at 0."""
        matrix = self._matrix()
        upper = matrix.upper.copy()
        upper[len(self._base.cost) :] = 0.0
        chosen = np.array(sorted({*free, *self._always}), dtype=np.int64)
        upper[chosen] = matrix.upper[chosen]
        return upper

    def _matrix(self) -> Matrix:
        if self._built is None:
            self._linear = {}
            base, added = self._base, len(self._upper)
            shape = len(self._row_lower), len(base.cost) + added
            a = base.a.tocoo()
            entries = np.concatenate([a.data, self._entries])
            at = np.concatenate([a.row, self._rows]), np.concatenate([a.col, self._columns])
            whole = coo_array((entries, (at[0].astype(np.int64), at[1].astype(np.int64))), shape=shape)
            self._built = replace(
                base,
                a=csc_array(whole),
                cost=np.zeros(shape[1]),
                row_lower=np.array(self._row_lower),
                row_upper=np.array(self._row_upper),
                lower=np.concatenate([base.lower, np.zeros(added)]),
                upper=np.concatenate([base.upper, self._upper]),
                integer=np.concatenate([base.integer, np.array(self._integer, dtype=bool)]),
            )
        return self._built


def _with_row(matrix: Matrix, coefficients: FloatArray, upper: float) -> Matrix:
    """The matrix with one row more."""
    return replace(
        matrix,
        a=csc_array(vstack([matrix.a, csr_array(coefficients[None, :])])),
        row_lower=np.append(matrix.row_lower, -np.inf),
        row_upper=np.append(matrix.row_upper, upper),
    )


def total(amount: Iterable[tuple[int, float]], x: FloatArray) -> float:
    """The amount at a point."""
    return float(sum(weight * x[column] for column, weight in amount))
