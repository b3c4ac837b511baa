"""Money against date: the training clusters' date moved by some quarters and the study solved again for each.

Every point is a plan of its own with value, bound, gap and termination, over the candidates that are cheapest for that
date. A later date costs less partly because the clusters then run for fewer quarters inside the same horizon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.problem import IntArray
from siting.reduction.screen import screen
from siting.solver.decisions import Decisions
from siting.solver.highs import Options
from siting.solver.search import search
from siting.study import Study
from siting.termination import PassResult
from siting.units import quarter_label


@dataclass(frozen=True, kw_only=True)
class Point:
    """One date."""

    shift_quarters: int
    """Quarters by which the clusters' date is moved."""
    by: str
    """Quarter in which each cluster runs, in their order."""
    termination: str
    limit: str | None
    value_musd: float | None
    bound_musd: float | None
    gap: float | None
    hosted_by: str
    """Tenures of the hosts."""
    seconds: float


def shifts_inside(study: Study, assembled: Assembled, wished: Iterable[int]) -> Iterator[tuple[int, IntArray]]:
    """(shift, quarters of the clusters) for every wished shift that leaves all clusters inside the horizon."""
    p = assembled.problem
    if not study.clusters:
        return
    for shift in sorted(set(wished)):
        moved = p.cluster_from + shift
        if (moved >= 0).all() and (moved <= p.cluster_until).all():
            yield shift, moved


def point_at(
    study: Study, assembled: Assembled, shift: int, moved: IntArray, candidates: int, options: Options
) -> Point:
    """The cheapest plan found with the clusters' dates moved, over about `candidates` places."""
    other = replace(assembled.problem, cluster_from=moved, objective="npv_cost", goals=())
    rows = screen(other, candidates).rows
    found = search(other.take(rows), options)
    return point_of(study, assembled, shift, moved, found.result, found.decisions, rows)


def point_of(
    study: Study,
    assembled: Assembled,
    shift: int,
    moved: IntArray,
    result: PassResult,
    decisions: Decisions | None,
    rows: IntArray,
) -> Point:
    """What a search over the candidates at `rows` says of one date."""
    tenure_of = assembled.usable["tenure"].to_numpy()
    hosts = decisions.host if decisions is not None else ()
    tenures = {"lease" if kind == "lease" else str(tenure_of[rows[at]]) for kind, at, _ in hosts}
    return Point(
        shift_quarters=shift,
        by=", ".join(quarter_label(study.start + int(t)) for t in moved),
        termination=str(result.termination),
        limit=result.limit,
        value_musd=result.value,
        bound_musd=result.bound,
        gap=result.gap,
        hosted_by=", ".join(sorted(tenures)),
        seconds=result.seconds,
    )


def frame_of(points: Iterable[Point]) -> pd.DataFrame:
    """One row a point, in the order of the dates; numbers that are missing are NaN."""
    columns = list(Point.__dataclass_fields__)
    frame = pd.DataFrame([[getattr(point, name) for name in columns] for point in points], columns=columns)
    numbers = ["value_musd", "bound_musd", "gap"]
    frame[numbers] = frame[numbers].astype(float).replace({None: np.nan})
    return frame
