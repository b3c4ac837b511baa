"""`siting why-not` and `siting price`: questions to a saved plan, answered in words or as one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from siting.cli.edge import print_json, read_verified
from siting.cli.told import told
from siting.explanation.exclusion import why_not
from siting.explanation.price import limit_prices


def run_why_not(plan: Path, place: str, *, changes: bool, time_limit_s: float, as_json: bool) -> None:
    """Print the answer for one place. Raises InputError."""
    saved, _ = read_verified(plan)
    with told() as tell:
        found = why_not(saved, place, changes=changes, time_limit_s=time_limit_s, progress=tell)
    if not as_json:
        print(found)
        return
    print_json(
        {
            "asked": place,
            "candidate": found.spot.candidate,
            "name": found.spot.name,
            "km": found.spot.km,
            "in_plan": found.in_plan,
            "excluded": found.excluded,
            "near_tie": found.near_tie,
            "limits": [asdict(bar) for bar in found.limits],
            "unit": "musd",
            "cost": None if found.cost is None else asdict(found.cost),
            "hosting": {name: asdict(cost) for name, cost in found.hosting},
            "hosting_nothing": found.hosting_nothing,
            "hosting_open": found.hosting_open,
            "changes": [asdict(change) for change in found.changes],
            "figures": _rows(found.figures),
            "candidates": found.candidates,
            "candidates_usable": found.usable,
            "low_over_all": found.low_over_all,
            "improved": found.improved_musd,
            "seconds": found.seconds,
        }
    )


def run_price(plan: Path, limits: Sequence[str], *, step: float, time_limit_s: float, as_json: bool) -> None:
    """Print the prices of limits. Raises InputError."""
    saved, _ = read_verified(plan)
    with told() as tell:
        found = limit_prices(saved, limits, step=step, time_limit_s=time_limit_s, progress=tell)
    if not as_json:
        print(found)
        return
    print_json(
        {
            "unit": "musd",
            "value": found.value_musd,
            "bound": found.bound_musd,
            "candidates": found.candidates,
            "candidates_usable": found.usable,
            "prices": _rows(found.frame),
            "seconds": found.seconds,
        }
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows
