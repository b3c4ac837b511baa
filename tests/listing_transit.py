"""Costs of carrying service, and one source a region, for the optimum by listing: source by source, never by class."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


def transit_musd(p: Problem) -> np.ndarray:
    """(I + L, J, T) musd of one H100e served; 0 where carrying is free."""
    if p.transit is None:
        return np.zeros((len(p.candidate_id) + len(p.lease_id), len(p.region), p.quarters))
    rate = np.concatenate([p.transit.usd_per_h, p.transit.lease_usd_per_h])
    return rate[:, :, None] * p.transit.hours / 1e6


class TransitListing(ListingPart):
    """Columns of service cost, in value and in money; nobody is sent more than is asked."""

    @staticmethod
    def used(p: Problem) -> bool:
        return p.transit is not None

    def write(self) -> None:
        at, paid = self.listing, transit_musd(self.p)
        for t in range(self.p.quarters):
            at.row(("money", t))[at.f[:, :, : t + 1]] += paid[:, :, : t + 1]
        for j, t in itertools.product(range(len(self.p.region)), range(self.p.quarters)):
            at.row(("sent", j, t))[at.f[:, j, t]] = 1.0

    def price(self, cost: np.ndarray) -> None:
        if self.p.objective == "npv_cost":
            cost[self.listing.f] += transit_musd(self.p) * self.p.discount

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        for (source, j, t), musd in np.ndenumerate(transit_musd(self.p)):
            yield -1, int(self.listing.f[source, j, t]), t, float(musd)

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        for j, t in itertools.product(range(len(self.p.region)), range(self.p.quarters)):
            right[self.listing.number["sent", j, t]] = self.p.demand_h100e[j, t]


class SingleSourceListing(ListingPart):
    """A whole column for every campus or offer, region and quarter: one of them is 1, and no other sends anything."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        i, _, t, offers, _, j = self.p.size
        self.y = listing.new(i + offers, j, t)
        self.home = [*self.p.campus.tolist(), *range(i, i + offers)]

    @staticmethod
    def used(p: Problem) -> bool:
        return p.single_source

    def write(self) -> None:
        at, p = self.listing, self.p
        for j, t in itertools.product(range(len(p.region)), range(p.quarters)):
            at.row(("one", j, t))[self.y[:, j, t]] = 1.0
            for source, home in enumerate(self.home):
                row = at.row(("only", home, j, t))
                row[at.f[source, j, t]] = 1.0
                row[self.y[home, j, t]] = -p.demand_h100e[j, t]

    def count(self, counted: np.ndarray) -> None:
        counted[self.y] = 1

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        for key, n in self.listing.number.items():
            if key[0] == "one":
                right[n] = 1.0
