"""What the second reading found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Faults in words, the value recomputed, and the joint power flow."""

    faults: tuple[str, ...]
    """Each names the limit, the place, the quarter, what was found and what is allowed. Empty: the plan holds."""
    npv_cost_musd: float
    """Present value recomputed from the plan's decisions, the study and the tables."""
    largest_cash_difference_musd: float
    """Largest difference between a payment of the plan and the same payment recomputed."""
    grid: dict[str, Any]
    """status passed | failed | not_checked, overloaded lines, islands; their faults begin with `grid: `."""
    own_limits: dict[str, float] = field(default_factory=dict)
    """Left side of each of the planner's own limits, by its name."""

    bound_over_all_musd: float | None = None
    """What the multipliers of the plan's certificate give over all candidates; None where it has none."""

    @property
    def ok(self) -> bool:
        """Whether every limit holds and every payment agrees."""
        return not self.faults

    @property
    def only_grid(self) -> bool:
        """Whether nothing is wrong but what the sites do to the network together."""
        return all(fault.startswith("grid: ") for fault in self.faults)
