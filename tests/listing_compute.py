"""Survival of a loss for the optimum by listing: one campus or lease region after the other is lost, never by class."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


class SurvivalListing(ListingPart):
    """Columns g[lost, source, region, quarter]: H100e served by the source when another is lost."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        i, _, t, offers, _, j = self.p.size
        self.g = listing.new(i + offers, i + offers, j, t)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.survive_share > 0.0

    def _same(self, one: int, other: int) -> bool:
        """Whether two sources are lost together: halls of two cooling classes on one campus, offers in one region."""
        i, leases = len(self.p.candidate_id), len(self.p.lease_id)
        regions = range(leases) if self.p.lease_region is None else self.p.lease_region.tolist()
        unit = [*self.p.campus.tolist(), *(i + region for region in regions)]
        return bool(unit[one] == unit[other])

    def write(self) -> None:
        """What a source serves after a loss has the entries of its capacity in the row of its service."""
        for lost, source, t in itertools.product(range(len(self.g)), range(len(self.g)), range(self.p.quarters)):
            if self._same(lost, source):
                continue
            usual, row = self.listing.row(("serve", source, t)), self.listing.row(("outlives", lost, source, t))
            row += usual
            row[self.listing.f[source, :, t]] = 0.0
            row[self.g[lost, source, :, t]] = 1.0
        for lost, j, t in itertools.product(range(len(self.g)), range(len(self.p.region)), range(self.p.quarters)):
            row = self.listing.row(("after", lost, j, t))
            row[[self.g[lost, source, j, t] for source in range(len(self.g)) if not self._same(lost, source)]] = -1.0

    def bound(self, bounds: np.ndarray) -> None:
        """Nobody serves beyond the round trip target, nor after its own loss."""
        reach = np.vstack([self.p.reach, self.p.lease_reach])
        for lost, source in itertools.product(range(len(self.g)), repeat=2):
            for j in range(len(self.p.region)):
                if self._same(lost, source) or not reach[source, j]:
                    bounds[self.g[lost, source, j], 1] = 0.0

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        number = self.listing.number
        for key, n in number.items():
            match key:
                case ("outlives", _, source, t):
                    right[n] = right[number["serve", source, t]]
                case ("after", _, j, t):
                    right[n] = -self.p.survive_share * self.p.demand_h100e[j, t]
