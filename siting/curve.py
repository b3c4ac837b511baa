"""Money against date: the training clusters' date moved by some quarters and the study solved again for each.

Every point is a search of its own with value, bound, gap and termination, over the candidates that are cheapest for
that date; all sites together are not looked at on the network, and nothing is proved of other candidates. A later date
costs less partly because the clusters then run for fewer quarters inside the same horizon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.aims import cost_alone, options_of
from siting.arguments import checked
from siting.assembly import Assembled, assemble
from siting.errors import Fault, InputError
from siting.problem import IntArray
from siting.problem.goals import MEASURES
from siting.progress import Clock, Listener
from siting.reduction.screen import Screened, screen
from siting.solver.budget import Budget
from siting.solver.decisions import Decisions
from siting.solver.highs import Options
from siting.solver.search import Searched, search
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination
from siting.units import quarter_label

DATE_SHIFTS = (-2, 2, 4)
"""Quarters by which the clusters' date is moved for the report's curve."""
CURVE_CANDIDATES, CURVE_SECONDS, CURVE_GAP = 24, 12.0, 0.005
LEAST_SECONDS = 0.2
"""Below this no date of the report's curve is begun."""
NO_TIME = PassResult(
    objective=MEASURES["npv_cost"].name, termination=Termination.NO_PLAN_FOUND, limit="time_limit", bound=None
)


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


@checked
def money_against_date(
    study: Study,
    shifts: range | Sequence[int] = range(-4, 5),
    *,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> pd.DataFrame:
    """The cost of having the clusters earlier or later: one row for every shift of their date, in quarters.

    Columns: those of `siting.curve.Point`. Each point is one search with the study's number of candidates, gap and time
    limit. Shifts that leave the horizon are left out. Raises InputError for bad input or without clusters.
    """
    clock = Clock(progress)
    assembled = assemble(study, tables or read_tables())
    clock.lap("assemble")
    if not study.clusters:
        fault = Fault(file=str(study.path or study.name), key="clusters", value="none", expected="at least one cluster")
        raise InputError([fault])
    points = []
    for shift, moved in shifts_inside(study, assembled, shifts):
        clock.say(f"cluster date moved by {shift} quarters")
        points.append(point_at(study, assembled, shift, moved, study.search.candidates_in_model, options_of(study)))
    return frame_of(points)


def quick_curve(
    study: Study, assembled: Assembled, screened: Screened, searched: Searched, clock: Clock, left: Budget
) -> list[dict[str, Any]]:
    """The curve over a few dates, quickly: fewer candidates and a wider gap than the plan itself, in the time that is
    left. A date for which there is none has no plan in time."""
    if not study.search.date_curve:
        return []
    points = []
    due = list(shifts_inside(study, assembled, (*DATE_SHIFTS, 0)))
    for number, (shift, moved) in enumerate(due):
        if shift == 0 and cost_alone(study):  # else other points are the least cost, and the plan is not
            found, decisions = searched.result, searched.decisions
            points.append(point_of(study, assembled, shift, moved, found, decisions, screened.rows))
            continue
        clock.say(f"cluster date moved by {shift} quarters")
        seconds = min(CURVE_SECONDS, left.left_s / (len(due) - number))
        if seconds < LEAST_SECONDS:
            points.append(point_of(study, assembled, shift, moved, NO_TIME, None, screened.rows))
            continue
        options = replace(options_of(study), gap=CURVE_GAP, time_limit_s=seconds)
        points.append(point_at(study, assembled, shift, moved, CURVE_CANDIDATES, options))
    return [asdict(point) for point in points]


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
