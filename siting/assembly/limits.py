"""The planner's own limits: filters looked up among candidates, accelerators and quarters."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from siting.assembly.campus import campus_ids
from siting.assembly.places import study_file
from siting.assembly.rules import unknown_ids
from siting.errors import Fault
from siting.problem import BoolArray
from siting.problem.limits import CountedSum, LimitRow, OwnLimits
from siting.study import Study
from siting.study.expressions import QUANTITIES, Summand

COLUMN = {"state": "state", "county": "county_fips", "interconnect": "interconnect", "tenure": "tenure"}
"""Column of the candidates that a filter looks at."""


def limit_faults(study: Study, frame: pd.DataFrame, counties: Collection[str]) -> Iterator[Fault]:
    """Candidates and counties named in limits that do not exist. counties: FIPS codes of all there are."""
    for n, limit in enumerate(study.limits):
        for part in limit.expression.summands:
            unknown = [name for name in dict(part.filters).get("county", ()) if name not in counties]
            if unknown:
                value, expected = ", ".join(map(repr, unknown)), "a county by its FIPS code of five digits, e.g. 48441"
                yield Fault(file=study_file(study), key=f"limits[{n}].expr", value=value, expected=expected)
        named = [
            (f"limits[{n}].expr", value)
            for part in limit.expression.summands
            for key, values in part.filters
            if key == "candidate"
            for value in values
        ]
        yield from unknown_ids(study, named, frame["candidate"].tolist())


def own_limits(study: Study, usable: pd.DataFrame) -> OwnLimits | None:
    """The limits over the usable candidates; None when the study has none."""
    if not study.limits:
        return None
    rows = []
    for limit in study.limits:
        found = limit.expression
        sums = tuple(_counted(study, usable, part) for part in found.summands)
        rows.append(LimitRow(name=limit.name, sums=sums, sense=found.sense, bound=found.bound))
    return OwnLimits(rows=tuple(rows))


def _counted(study: Study, usable: pd.DataFrame, part: Summand) -> CountedSum:
    sites = np.ones(len(usable), dtype=bool)
    kinds = np.ones(len(study.accelerators), dtype=bool)
    for key, values in part.filters:
        if key == "accelerator":
            kinds &= np.array([kind.name in values for kind in study.accelerators], dtype=bool)
        else:
            column = campus_ids(usable) if key == "candidate" else usable[COLUMN[key]]
            sites &= column.isin(values).to_numpy(bool)
    return CountedSum(
        factor=part.factor,
        quantity=part.quantity,
        sites=sites,
        kinds=kinds,
        quarters=_quarters(study, part),
    )


def _quarters(study: Study, part: Summand) -> BoolArray:
    every = np.arange(study.start, study.end)
    if QUANTITIES[part.quantity].kind == "stock":
        return np.asarray(every == (study.end - 1 if part.quarters is None else part.quarters[0]))
    asked = np.ones(study.quarters, dtype=bool)
    if part.quarters is not None:
        asked &= np.isin(every, part.quarters)
    if part.years is not None:
        asked &= np.isin(every // 4, part.years)
    return asked
