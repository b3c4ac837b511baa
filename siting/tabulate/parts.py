"""Tables of the parts that a study may leave out: one function a part, registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from siting.assembly import Assembled
from siting.problem import Problem
from siting.solver.decisions import Decisions
from siting.study import Study
from siting.tables.read import Tables


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """What a table is made from. `places`: frame of the candidates of `p`, in its order."""

    study: Study
    tables: Tables
    assembled: Assembled
    places: pd.DataFrame
    p: Problem
    d: Decisions


MAKERS: tuple[Callable[[Parts], dict[str, pd.DataFrame]], ...] = ()
"""Each gives the tables of its part by name; none when the study does not use it."""


def part_tables(parts: Parts) -> dict[str, pd.DataFrame]:
    """All tables of the parts in use."""
    return {name: frame for make in MAKERS for name, frame in make(parts).items()}
