"""Why a search stopped and what it proved; the two travel together."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Literal


class Termination(enum.StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NO_PLAN_FOUND = "no_plan_found"


@dataclass(frozen=True, kw_only=True)
class PassResult:
    """One priority of the search."""

    objective: str
    """Name with unit: `npv_cost_musd`."""
    termination: Termination
    limit: str | None = None
    """Which limit stopped it; set exactly for FEASIBLE and NO_PLAN_FOUND."""
    bound: float | None = None
    """No plan does better; None when nothing was proved."""
    value: float | None = None
    """Value of the plan found; None without one."""
    seconds: float = 0.0
    sense: Literal["minimize", "maximize"] = "minimize"
    """With maximize the bound lies above the value."""

    def __post_init__(self) -> None:
        stopped = self.termination in (Termination.FEASIBLE, Termination.NO_PLAN_FOUND)
        if stopped != (self.limit is not None):
            raise ValueError(f"{self.termination} and limit {self.limit!r} contradict each other")
        found = self.termination in (Termination.OPTIMAL, Termination.FEASIBLE)
        if found != (self.value is not None):
            raise ValueError(f"{self.termination} and value {self.value!r} contradict each other")
        if self.value is not None and self.bound is not None:
            slack = 1e-6 * max(1.0, abs(self.value))
            if self._open < -slack:
                side = "above" if self.sense == "minimize" else "below"
                raise ValueError(f"bound {self.bound} lies {side} the value {self.value}")

    @property
    def _open(self) -> float:
        """Distance from the bound to the value in the sense of the objective."""
        assert self.value is not None and self.bound is not None
        return self.value - self.bound if self.sense == "minimize" else self.bound - self.value

    @property
    def gap(self) -> float | None:
        """Distance of value and bound over |value|, never negative; None without a plan or a bound."""
        if self.value is None or self.bound is None:
            return None
        if self.value == self.bound:
            return 0.0
        return relative_gap(self._open, self.value)


def relative_gap(distance: float, value: float) -> float:
    """Distance of a bound from a value over |value|, never negative."""
    return max(0.0, distance) / max(abs(value), 1e-9)


def tightened(result: PassResult, bound: float, gap: float) -> PassResult:
    """The same pass with a bound that was proved beside the search, in its own sense, where it is the better one."""
    tighter = max if result.sense == "minimize" else min
    if result.value is None or (result.bound is not None and tighter(bound, result.bound) == result.bound):
        return result
    within = min if result.sense == "minimize" else max
    found = replace(result, bound=within(bound, result.value))
    proved = found.gap is not None and found.gap <= gap
    return replace(found, termination=Termination.OPTIMAL, limit=None) if proved else found


def reached(result: PassResult, value: float, gap: float) -> PassResult:
    """The same pass where a plan that a later one found does better in it, in its own sense."""
    better = min if result.sense == "minimize" else max
    if result.value is None or better(value, result.value) == result.value:
        return result
    bound = None if result.bound is None else better(result.bound, value)
    found = replace(result, value=value, bound=bound)
    proved = found.gap is not None and found.gap <= gap
    return replace(found, termination=Termination.OPTIMAL, limit=None) if proved else found
