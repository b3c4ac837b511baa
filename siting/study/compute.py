"""How compute is counted, and accelerators over time: what the vendor allots, quarter by quarter."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
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


class Intercontinental(Strict):
    """Demand on another continent, served from here over measured round trips only."""

    region: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Cloud region of the table of measured round trips, e.g. West Europe."""
    peak_h100e_bf16: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Its peak in the first quarter of service, H100e by dense BF16; beside the peak that the metros share."""
    peak_h100e_8bit: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """The same by dense 8-bit arithmetic, where compute_basis is 8bit. One of the two."""
    rtt_target_ms: Annotated[float, Field(gt=0), Unit("ms")]
    """Largest round trip p95 that its users accept."""

    @property
    def peak_h100e(self) -> float:
        """The peak by the study's basis."""
        stated = self.peak_h100e_bf16 if self.peak_h100e_bf16 is not None else self.peak_h100e_8bit
        assert stated is not None
        return stated

    def rules(self) -> tuple[Rule, ...]:
        return (self._peak,)

    def _peak(self) -> Iterator[Clash]:
        if (self.peak_h100e_bf16 is None) == (self.peak_h100e_8bit is None):
            found = "none of them" if self.peak_h100e_bf16 is None else "both"
            yield Clash("", found, "exactly one of peak_h100e_bf16 and peak_h100e_8bit")


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
