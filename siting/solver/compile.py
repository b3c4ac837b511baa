"""ConcreteModel -> arrays, once: the solver never sees Pyomo, nor the names of users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.common.errors import InfeasibleConstraintException
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array

from siting.formulation.ledger import Posting


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix:
    """min cost x + offset; row_lower <= A x <= row_upper; lower <= x <= upper; integer columns."""

    cost: NDArray[np.float64]
    offset: float
    a: csc_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    columns: dict[str, dict[Any, int]]
    """Position of every variable: family name -> index -> column."""
    rows: dict[str, dict[Any, int]] = field(default_factory=dict)
    """Position of every row: name of the constraint -> index -> row."""
    measures: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Coefficients of every measure that is weighed, by name, in its own sense."""
    postings: tuple[tuple[Posting, int], ...] = ()
    """What the ledger prices, with the column of its variable; postings of variables that occur nowhere are out."""

    def values(self, family: str, x: NDArray[np.float64]) -> dict[Any, float]:
        """Values of one family of variables at the point x; integers whole, no negative zero."""
        found = self.columns.get(family, {})
        return {index: _clean(x[column], bool(self.integer[column])) for index, column in found.items()}

    def measured(self, x: NDArray[np.float64]) -> dict[str, float]:
        """Every measure that is weighed at the point x. The peak is that of what is spent: where another measure is
        aimed at, its variable may lie anywhere up to what an earlier pass left."""
        found = {name: float(row @ x) for name, row in self.measures.items()}
        if "peak_funding" in found:
            spent = [x[column] for _, column in sorted(self.columns["Spend"].items())]
            found["peak_funding"] = max(0.0, float(np.cumsum(spent).max()))
        return found

    def posted(self, x: NDArray[np.float64]) -> Iterator[tuple[Posting, float]]:
        """Every posting that the ledger prices, and its musd at the point x."""
        return ((posting, posting.musd * float(x[column])) for posting, column in self.postings)


class InfeasibleRowError(Exception):
    """A row cannot hold whatever the decisions: its sum is empty. No plan exists."""


def _clean(value: float, integer: bool) -> float:
    return float(round(value)) + 0.0 if integer else max(float(value), 0.0) if value > -1e-6 else float(value)


def compile_model(m: pyo.ConcreteModel) -> Matrix:
    """Matrix of the model. Variables that occur in no row and no objective are left out.

    Raises InfeasibleRowError when a row is false whatever the decisions, e.g. a region that nothing reaches.
    """
    try:
        form = LinearStandardFormCompiler().write(m, mixed_form=True)
    except InfeasibleConstraintException as error:
        raise InfeasibleRowError(str(error)) from error
    sense = np.array([row.bound_type for row in form.rows])
    rhs = np.asarray(form.rhs, dtype=float)
    lower = np.array([-np.inf if v.lb is None else v.lb for v in form.columns])
    upper = np.array([np.inf if v.ub is None else v.ub for v in form.columns])
    columns: dict[str, dict[Any, int]] = {}
    for position, variable in enumerate(form.columns):
        columns.setdefault(variable.parent_component().local_name, {})[variable.index()] = position
    rows: dict[str, dict[Any, int]] = {}
    for position, row in enumerate(form.rows):
        rows.setdefault(row.constraint.parent_component().local_name, {})[row.constraint.index()] = position
    cost = form.c.toarray()[0] if form.c.shape[0] else np.zeros(len(form.columns))
    position_of = {id(variable): n for n, variable in enumerate(form.columns)}
    return Matrix(
        cost=cost,
        offset=float(form.c_offset[0]) if len(form.c_offset) else 0.0,
        a=csc_array(form.A),
        row_lower=np.where(sense == 1, -np.inf, rhs),
        row_upper=np.where(sense == -1, np.inf, rhs),
        lower=lower,
        upper=upper,
        integer=np.array([v.is_integer() or v.is_binary() for v in form.columns], dtype=bool),
        columns=columns,
        rows=rows,
        measures=_measures(m, position_of),
        postings=_priced(m, position_of),
    )


def _measures(m: pyo.ConcreteModel, column: dict[int, int]) -> dict[str, NDArray[np.float64]]:
    found: dict[str, NDArray[np.float64]] = {}
    for name, (coefficients, variables) in getattr(m, "measures", {}).items():
        row = np.zeros(len(column))
        for coefficient, variable in zip(coefficients, variables, strict=True):
            if id(variable) in column:
                row[column[id(variable)]] += coefficient
        found[name] = row
    return found


def _priced(m: pyo.ConcreteModel, column: dict[int, int]) -> tuple[tuple[Posting, int], ...]:
    if not hasattr(m, "ledger"):
        return ()
    found = [(posting, column.get(id(posting.variable))) for posting in m.ledger.postings if posting.priced]
    return tuple((posting, at) for posting, at in found if at is not None)
