"""What one type of accelerator is worth by age, where it does not follow the curve of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Clash, Strict
from siting.units import Share

Curve = Literal["low", "base", "zero"]
"""Curves of the table of residual values, and none at all."""


class ResidualPoint(Strict):
    """A point of a curve of value by age."""

    age_years: Annotated[float, Field(ge=0, le=100)]
    """Age."""
    share: Share
    """Of the price as new, before `purchase.bulk_discount`."""


def curve_clashes(curve: Curve | None, points: Sequence[ResidualPoint]) -> Iterator[Clash]:
    """A curve by name or by points, and points that rise in age, fall in value and begin with what is new."""
    if not points:
        return
    if curve is not None:
        yield Clash("residual", repr(curve), "nothing beside residual_points: one of the two")
    known = [point for point in points if isinstance(point, ResidualPoint)]
    if len(known) < len(points):
        return
    if len(known) < 2 or known[0].age_years != 0:
        yield Clash("residual_points", f"{len(known)} points", "two or more, the first at age 0")
    for n, (one, following) in enumerate(pairwise(known), start=1):
        if following.age_years <= one.age_years:
            expected = f"more than {one.age_years:g}"
            yield Clash(f"residual_points[{n}].age_years", f"{following.age_years:g}", expected)
        if following.share > one.share:
            yield Clash(f"residual_points[{n}].share", f"{following.share:.0%}", f"at most {one.share:.0%}, as before")
