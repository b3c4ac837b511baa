"""What a pass of the search aims at, and what the passes before it have reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sense = Literal["minimize", "maximize"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure of a plan that may be an objective."""

    name: str
    """With its unit, as results carry it."""
    sense: Sense

    @property
    def sign(self) -> float:
        """1 where less of it is better, -1 where more is."""
        return 1.0 if self.sense == "minimize" else -1.0


MEASURES: dict[str, Measure] = {
    "npv_cost": Measure(name="npv_cost_musd", sense="minimize"),
    "compute": Measure(name="compute_h100e_quarters", sense="maximize"),
    "carbon": Measure(name="carbon_t", sense="minimize"),
    "latency": Measure(name="latency_ms", sense="minimize"),
    "peak_funding": Measure(name="peak_funding_musd", sense="minimize"),
}
"""Linear measures by the name a study gives them; time_to_compute is a search over dates instead."""
TIME_TO_COMPUTE = "time_to_compute_quarters"
"""Quarters from the study's start to the first in which the cluster runs."""
ROUNDING = 1e-6
"""Least room, relative, that a pass leaves to later ones: else rounding alone could make them infeasible."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A measure that may not become worse than a limit."""

    objective: str
    limit: float


def kept(objective: str, value: float, tolerance: float) -> Goal:
    """The goal that keeps what a pass reached, within its tolerance (a share)."""
    room = max(tolerance, ROUNDING) * max(abs(value), 1e-6)
    return Goal(objective=objective, limit=value + room if MEASURES[objective].sense == "minimize" else value - room)
