"""Shells in the listing: shells are listed, in modules that they hold; fit-out by quarter is a column of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


class ShellsListing(ListingPart):
    """Columns v[i, t]: modules that are fitted out and live from t on, in the shells that stand by then."""

    name = "shells"

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.v = listing.new(len(self.p.candidate_id), self.p.quarters)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.shells is not None

    def _pairs(self) -> list[tuple[int, int]]:
        assert self.p.shells is not None
        return list(itertools.product(np.flatnonzero(self.p.shells.built).tolist(), range(self.p.quarters)))

    def write(self) -> None:
        p, row = self.p, self.listing.row
        for i, t in self._pairs():
            by_now = self.v[i, : t + 1]
            row(("halls", i, t))[by_now] = -p.module_it_mw
            row(("fitted", i, t))[by_now] = 1.0
            row(("first fit-out", i, t))[by_now] = -1.0
            for live in range(p.quarters):
                row(("money", t))[self.v[i, live]] = self._module_musd(i)[live, : t + 1].sum()

    def _module_musd(self, i: int) -> np.ndarray:
        """(T, T) paid for one module by [live, payment]."""
        return sum(self.p.module_cash_factor[i, part] * self.p.module_cash_profile[part] for part in range(3))

    def _shell_npv(self, i: int, t: int) -> float:
        p, shells = self.p, self.p.shells
        paid = shells.cost_musd[i] * shells.cash_profile[t]
        return float(paid @ p.discount - paid.sum() * shells.left[t] * (1.0 + p.rate) ** (-p.quarters / 4.0))

    def price(self, cost: np.ndarray) -> None:
        if self.p.objective == "npv_cost":
            cost[self.v] = self.p.npv_module_musd

    def bound(self, bounds: np.ndarray) -> None:
        bounds[self.v[~self.p.shells.built], 1] = 0.0

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p, number, standing = self.p, self.listing.number, modules.cumsum(axis=1)
        for i, t in self._pairs():
            right[number["halls", i, t]] = 0.0
            right[number["fitted", i, t]] = standing[i, t]
            right[number["first fit-out", i, t]] = -p.modules_first[i] if money and standing[i, t] else 0.0
        if money:
            instead = np.zeros(p.quarters)
            for i, t in self._pairs():
                instead += modules[i, t] * self._module_musd(i)[t]
                instead -= modules[i, t] / p.shells.modules * p.shells.cost_musd[i] * p.shells.cash_profile[t]
            for t in range(p.quarters):
                right[number["money", t]] += instead[: t + 1].sum()

    def fixed_cost(self, modules: np.ndarray) -> float:
        p = self.p
        return sum(
            modules[i, t] * (self._shell_npv(i, t) / p.shells.modules - p.npv_module_musd[i, t])
            for i, t in self._pairs()
        )
