"""A named limit: what a study states, how it is let go, and how it is loosened by an amount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siting.assembly import Assembled
from siting.problem import Problem

QUARTERS_OF_ONE = 4.0
"""A date counts by the year: four quarters weigh as much as the whole of a quantity."""
RowEdit = tuple[str, str, str]
"""Candidate, column and new cell of the planner's file of places."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Edit:
    """A change as a planner makes it: fields of the study, cells of the file of places. What no field states is a
    change of the arrays, and said to be one."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """Value by dotted key of the study."""
    cells: tuple[RowEdit, ...] = ()
    arrays: Callable[[Assembled], Problem] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """One way of loosening a limit by an amount."""

    unit: str
    """`quarters`, `MUSD`, `MW` ...; empty for a count."""
    one: float
    """Amount that weighs 1 when violations of different limits are added: the whole of a quantity, a year of a date."""
    amount: tuple[tuple[int, float], ...]
    """Columns of the elastic matrix and what one unit of each adds to the amount. Empty: not measured there."""
    edit: Callable[[float], Edit]
    """The change that loosens the limit by so much."""
    said: Callable[[float], str]
    """The same in words."""
    whole: bool = False
    """Amounts are whole."""
    most: float = float("inf")
    """Largest amount that means anything."""
    switch: bool = False
    """The change is one and the same for every amount."""
    also: tuple[int, ...] = ()
    """Columns that are free beside those of the amount."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedLimit:
    """A limit of the study, in words."""

    name: str
    keys: tuple[str, ...]
    """Fields of the study, or column of the file of places, that state it."""
    release: tuple[int, ...]
    """Columns of the elastic matrix that are free when the limit is not there."""
    ways: tuple[Way, ...]
