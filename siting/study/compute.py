"""Accelerators over time: what the vendor allots, quarter by quarter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from siting.study.strict import Clash, Strict
from siting.units import Quarter, quarter_label


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
