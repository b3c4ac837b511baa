"""Goals of earlier passes, and the peak of spending as an objective, for the optimum by listing."""

from __future__ import annotations

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem


class GoalPart(ListingPart):
    """A row a goal (compute and carbon: nothing of them is fixed by the modules), and the peak as a column."""

    name = "goals"

    def __init__(self, listing) -> None:
        super().__init__(listing)
        self.peak = listing.new(1)[0]

    @staticmethod
    def used(p: Problem) -> bool:
        return bool(p.goals) or p.objective == "peak_funding"

    def write(self) -> None:
        for n, goal in enumerate(self.p.goals):
            row = self.listing.row(("goal", n))
            row[self.listing.q] = self.listing.per_pod(goal.objective)
            row[self.listing.x] = self.listing.per_gpu(goal.objective)
        for t in range(self.p.quarters):
            row = self.listing.row(("peak", t))
            row += self.listing.row(("money", t))
            row[self.peak] = -1.0

    def price(self, cost: np.ndarray) -> None:
        cost[self.peak] = float(self.p.objective == "peak_funding")

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        number, p = self.listing.number, self.p
        for n, goal in enumerate(p.goals):
            limit = -goal.limit if goal.objective == "compute" else goal.limit
            right[number["goal", n]] = limit - (held * self.listing.per_pod(goal.objective)).sum()
        for t in range(p.quarters):
            spare = right[number["money", t]]
            right[number["peak", t]] = spare - p.funding_musd[t] if np.isfinite(spare) else np.inf
