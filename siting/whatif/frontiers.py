"""Frontiers: what one wish costs in another, with points where the plan changes.

A frontier starts with a few points spread evenly over its axis; between two neighbours whose plans choose differently
(sites, tenures, lease contracts, hosts) another is put in the middle, the widest interval first, until neighbours are
one step apart or the budget of points is spent. Two plans of about the same cost may change places inside the gap of
the search: a small gap (`search.gap`) makes the changes that it finds worth more.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.arguments import checked, checked_fields
from siting.errors import Fault, InputError, raise_if_any
from siting.study import Study
from siting.units import quarter_label
from siting.whatif.runner import Runner
from siting.whatif.runs import Run
from siting.whatif.sweeps import Sweep
from siting.whatif.variation import Variation
from siting.whatif.variations import Range

POINTS, BUDGET, STEPS = 5, 25, 64
"""Points to begin with; most points in all; finest parts of an axis that has no natural step."""
CARBON_CAP = "frontier: carbon"


@checked_fields
@dataclass(frozen=True)
class KeyAxis:
    """Cost against a field of the study, MW say: its dotted key, and the range."""

    key: str
    range: Range
    steps: int | None = None
    """Finest parts of the range. None: each whole number or quarter, 64 parts of anything else."""


@checked_fields
@dataclass(frozen=True)
class DateAxis:
    """Money against date: every cluster moved by the same number of quarters, as far as the horizon allows."""

    earlier: int = 4
    later: int = 4


@checked_fields
@dataclass(frozen=True)
class CarbonAxis:
    """Money against carbon: caps on the tonnes of the whole horizon, from those of the cheapest plan down to the least
    possible."""

    steps: int = STEPS


Axis = KeyAxis | DateAxis | CarbonAxis


@dataclass(frozen=True)
class _Line:
    """An axis as whole steps from 0 to `size`."""

    size: int
    at: Callable[[int], Variation]


@checked
def frontier(
    study: Study, axis: Axis, *, folder: str | Path, points: int = POINTS, budget: int = BUDGET, **options: Any
) -> Sweep:
    """The runs along the axis, in its order. `options` are those of `siting.sweep`: executor, workers, run_limit_s, ...

    Raises InputError for an axis that the study does not have, before anything is run.
    """
    if not 2 <= points <= budget:
        expected = "two points or more, and a budget that holds them"
        raise InputError([Fault(file="frontier", key="points", value=f"{points} of {budget}", expected=expected)])
    least = {"earlier": 0, "later": 0, "steps": 1}
    raise_if_any(
        [
            Fault(file="frontier", key=key, value=str(value), expected=f"{least[key]} or more")
            for key, value in vars(axis).items()
            if key in least and value is not None and value < least[key]
        ]
    )
    if isinstance(axis, CarbonAxis):
        return _against_carbon(study, axis, Path(folder), points, budget, options)
    line = _of_key(axis) if isinstance(axis, KeyAxis) else _of_date(study, axis)
    with Runner(study, folder=Path(folder), **options) as runner:
        return _adapted(runner, line, points, budget)


def _adapted(runner: Runner, line: _Line, points: int, budget: int) -> Sweep:
    known = {round(n * line.size / (points - 1)) for n in range(points)}
    while True:
        steps = sorted(known)
        found = runner.run([line.at(step) for step in steps])
        wide = [
            (b - a, (a + b) // 2)
            for (a, b), (left, right) in zip(itertools.pairwise(steps), itertools.pairwise(found.runs), strict=True)
            if b - a > 1 and _changes(left, right)
        ]
        room = budget - len(known)
        if not wide or room <= 0:
            return found
        known |= {middle for _, middle in sorted(wide, key=lambda gap: (-gap[0], gap[1]))[:room]}


def _changes(left: Run, right: Run) -> bool:
    """Whether the plan changes between two runs; unknown, so no, where one of them did not end."""
    ended = left.status == right.status == "done"
    return ended and (left.found, left.choice) != (right.found, right.choice)


def _of_key(axis: KeyAxis) -> _Line:
    """Steps of the range of a field. Raises InputError."""
    try:
        count = axis.range.count  # no two steps may be one value
        size = axis.steps or count or STEPS
        size = size if count is None else min(size, max(1, count))
        if axis.range.step(0, 1) == axis.range.step(1, 1):
            raise ValueError("two ends that differ")
    except ValueError as error:
        said = f"{axis.range.low!r} to {axis.range.high!r}"
        expected = str(error).removeprefix("expected ")
        raise InputError([Fault(file="frontier", key=axis.key, value=said, expected=expected)]) from error

    def at(step: int) -> Variation:
        value = axis.range.step(step, size)
        return Variation(name=f"{axis.key} {value}", edits={axis.key: value})

    return _Line(size, at)


def _of_date(study: Study, axis: DateAxis) -> _Line:
    """Shifts of all clusters' dates inside the horizon. Raises InputError without clusters."""
    dates = [int(cluster.by) for cluster in study.clusters]
    if not dates:
        expected = "at least one cluster, whose date can be moved"
        raise InputError([Fault(file="frontier", key="clusters", value="none", expected=expected)])
    first = max(-axis.earlier, int(study.start) - min(dates))
    last = min(axis.later, study.end - 1 - max(dates))

    def at(step: int) -> Variation:
        shift = first + step
        edits = {f"clusters.{n}.by": quarter_label(date + shift) for n, date in enumerate(dates)}
        return Variation(name=f"{shift:+d} quarters", edits=edits)

    return _Line(last - first, at)


def _against_carbon(study: Study, axis: CarbonAxis, folder: Path, points: int, budget: int, options: Any) -> Sweep:
    tree = study.model_dump(mode="json", exclude_unset=True)
    priorities = [{"objective": "carbon"}, *(p for p in tree.get("priorities", []) if p["objective"] != "carbon")]
    least = Variation(name="least carbon", edits={"priorities": priorities})
    cheapest = Variation(name="no cap on carbon", edits={})
    with Runner(study, folder=folder, **options) as runner:
        ends = runner.run([least, cheapest])
        low, high = ((run.measures or {}).get("carbon_t") for run in ends.runs)
        if low is None or high is None or high <= low:
            return ends  # nothing lies between them, or one of them has no plan
        size = min(axis.steps, max(1, int(high - low)))  # caps are named in whole tonnes

        def at(step: int) -> Variation:
            if step in (0, size):
                return cheapest if step else least
            cap_t = low + (high - low) * step / size
            limits = [*tree.get("limits", []), {"name": CARBON_CAP, "expr": f"sum(co2_t) <= {cap_t:.6f} t"}]
            return Variation(name=f"at most {cap_t:,.0f} t", edits={"limits": limits})

        return _adapted(runner, _Line(size, at), points, budget)
