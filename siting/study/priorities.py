"""What the plan is judged by, in order of importance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Share

Objective = Literal["time_to_compute", "npv_cost", "compute", "carbon", "latency", "peak_funding"]


class Priority(Strict):
    """One pass of a lexicographic search: the best of this objective, kept within the tolerance by all later passes."""

    objective: Objective
    """time_to_compute: earliest quarter in which the cluster stands on one fabric. npv_cost: present value of all cost.
    compute: most H100e-quarters that run, leased ones counted. carbon: t of CO2 of all energy. latency: mean round trip
    of the served demand, ms. peak_funding: largest cumulative spending, musd."""
    tolerance: Share = 0.0
    """How much worse a later pass may make it, as a share of the best; for time_to_compute see the next field."""
    tolerance_quarters: Annotated[int, Field(ge=0, le=80)] = 0
    """How many quarters later the cluster may stand than it could (only with time_to_compute)."""
    cluster: str | None = None
    """Which training cluster time_to_compute speaks of; its `by` is the latest quarter that is acceptable. None: the
    only one."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._fits,)

    def _fits(self) -> Iterator[Clash]:
        on_time = self.objective == "time_to_compute"
        if on_time and self.tolerance:
            yield Clash("tolerance", f"{self.tolerance:.3%}", "tolerance_quarters for time_to_compute")
        if not on_time and self.tolerance_quarters:
            yield Clash("tolerance_quarters", f"{self.tolerance_quarters}", "tolerance, a share, for this objective")
        if not on_time and self.cluster is not None:
            yield Clash("cluster", repr(self.cluster), "nothing: only time_to_compute speaks of one cluster")
