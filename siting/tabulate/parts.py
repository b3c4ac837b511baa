"""What the table of a part that a study may leave out is made from."""

from __future__ import annotations

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
