"""How compute is counted, and accelerators over time: what the vendor allots, quarter by quarter."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from siting.study.strict import Clash, Strict
from siting.units import Quarter, Unit, quarter_label

Basis = Literal["bf16", "8bit"]
"""Arithmetic by which H100-equivalents are counted, dense: the two differ by half for some accelerators."""


def of_another_basis(part: Any, key: str, stem: str, basis: Basis) -> Iterator[Clash]:
    """A field `<stem>_<basis>` of `part` whose basis is not that of the study."""
    for other in typing.get_args(Basis):
        value = getattr(part, f"{stem}_{other}", None)
        if other != basis and value is not None:
            wanted = f"{stem}_{basis}"
            yield Clash(f"{key}.{stem}_{other}", f"{value:g}", f"{wanted}: compute_basis is {basis!r}")


class Split(Strict):
    """One fabric over several campuses: the cluster's pods are divided between them, on one type of accelerator."""

    campuses: Annotated[int, Field(ge=2, le=2)] = 2
    """Most campuses."""
    within_km: Annotated[float, Field(gt=0), Unit("km")]
    """Most between the two, as the crow flies."""


class Allocation(Strict):
    """What the vendor delivers to this buyer in one quarter, at most. What is not taken is lost, never kept."""

    quarter: Quarter
    """Quarter of delivery."""
    accelerators: Annotated[int, Field(ge=0, le=1_000_000_000)]
    """Most accelerators delivered in it, over all sites together."""


def allotted(allocation: Sequence[Allocation], supply_per_quarter: int | None) -> Iterator[Clash]:
    """One cap a quarter: a list of quarters or one number for all, and no quarter twice."""
    if allocation and supply_per_quarter is not None:
        yield Clash("supply_per_quarter", f"{supply_per_quarter}", "nothing beside allocation: one of the two")
    counts = Counter(entry.quarter for entry in allocation if hasattr(entry, "quarter"))
    for quarter, count in counts.items():
        if count > 1:
            yield Clash("allocation", f"{quarter_label(quarter)} {count} times", "every quarter once")
