"""Rows of a constraint as plain dictionaries, and the register of which test reads which family."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

Row = tuple[dict[str, float], str, float]


def rows_of(family: Callable[..., None], *constraints: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Marks a test that reads every row of these constraints of a family; `registered` finds the mark in the source."""
    return lambda test: test


def registered() -> dict[str, set[str]]:
    """Family -> constraints that a test under tests/formulation reads in full."""
    found: dict[str, set[str]] = {}
    for path in (Path(__file__).parent / "formulation").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "rows_of":
                family, *names = node.args
                assert isinstance(family, ast.Name)
                found.setdefault(family.id, set()).update(n.value for n in names if isinstance(n, ast.Constant))
    return found


def coefficients(expression: Any) -> tuple[dict[str, float], float]:
    """({variable: coefficient}, constant) of a linear expression; names such as B001 for B[0,0,1]."""
    linear = generate_standard_repn(expression, compute_values=True)
    assert linear.is_linear()
    found: dict[str, float] = {}
    for variable, coefficient in zip(linear.linear_vars, linear.linear_coefs, strict=True):
        name = variable.parent_component().local_name + "".join(filter(str.isdigit, str(variable.index())))
        found[name] = found.get(name, 0.0) + coefficient
    return {name: round(value, 9) for name, value in found.items() if abs(value) > 1e-12}, float(linear.constant)


def rows(m: pyo.ConcreteModel, name: str) -> dict[Any, Row]:
    """All rows of a constraint as (coefficients, "<=" or "==", right hand side); >= turned round."""
    found: dict[Any, Row] = {}
    for index, row in m.component(name).items():
        entries, constant = coefficients(row.body)
        if row.equality:
            sign = 1.0 if pyo.value(row.upper) - constant > 0 or entries[min(entries)] > 0 else -1.0
            right, sense = pyo.value(row.upper) - constant, "=="
        elif row.upper is not None:
            assert row.lower is None
            sign, right, sense = 1.0, pyo.value(row.upper) - constant, "<="
        else:
            sign, right, sense = -1.0, pyo.value(row.lower) - constant, "<="
        found[index] = ({v: sign * c for v, c in entries.items()}, sense, round(sign * right, 9) + 0.0)
    return found
