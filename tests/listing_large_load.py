"""Terms of a large load, for the optimum by listing: MWh owed and not taken, and the largest draw, as columns."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart, counts_spending, generated

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


def under_contract(p: Problem, modules: np.ndarray, i: int, t: int) -> float:
    """Modules of i whose contract runs in t."""
    s = p.large_load
    assert s is not None
    begins = [max(live, int(s.contracted_from[i])) for live in range(p.quarters)]
    return float(sum(n for n, begin in zip(modules[i], begins, strict=True) if begin <= t < begin + s.term))


class ListedLargeLoad(ListingPart):
    """Modules are listed, so what they owe is on the right hand side."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        assert self.p.large_load is not None
        self.s = self.p.large_load
        self.short, self.any = (listing.new(len(self.p.candidate_id), self.p.quarters) for _ in range(2))
        self.exact = counts_spending(self.p)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.large_load is not None

    def each(self) -> itertools.product:
        return itertools.product(range(len(self.p.candidate_id)), range(self.p.quarters))

    def write(self) -> None:
        for i, t in self.each():
            row = self.listing.row(("take", i, t))
            row[self.short[i, t]] = -1.0
            row[self.listing.q[i, :, t]] = -self.p.pod_it_mw * self.p.mwh_per_it_mw[i, t] / 1000.0
            row[generated(self.listing)[i, :, t]] = 1.0
            for later in range(t, self.p.quarters):
                self.listing.row(("money", later))[self.short[i, t]] = self.s.usd_per_mwh[i, t] / 1000.0
            if self.exact:  # short is 0, or what is owed less what is taken
                none, more = self.listing.row(("short any", i, t)), self.listing.row(("short more", i, t))
                none[self.short[i, t]], none[self.any[i, t]] = 1.0, -self.s.owed_mwh[i, t] * self.p.modules_max[i] / 1e3
                more += -row
                more[self.any[i, t]] = self.most(i, t)

    def most(self, i: int, t: int) -> float:
        """GWh of full halls."""
        return float(self.p.modules_max[i] * self.p.module_it_mw * self.p.mwh_per_it_mw[i, t]) / 1000.0

    def count(self, counted: np.ndarray) -> None:
        counted[self.any] = self.exact

    def bound(self, bounds: np.ndarray) -> None:
        bounds[self.any, 1] = float(self.exact)

    def price(self, cost: np.ndarray) -> None:
        for i, t in self.each():
            cost[self.short[i, t]] = self.s.usd_per_mwh[i, t] / 1000.0 * self.p.discount[t]

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        drawn = np.einsum("igt,g->it", held, self.p.pod_it_mw) * self.p.mwh_per_it_mw / 1000.0
        for i, t in self.each():
            owed = under_contract(self.p, modules, i, t) * self.s.owed_mwh[i, t] / 1000.0
            right[self.listing.number["take", i, t]] = drawn[i, t] - owed if money else np.inf
            if self.exact:
                right[self.listing.number["short more", i, t]] = owed - drawn[i, t] + self.most(i, t)
                if not money:
                    right[self.listing.number["short more", i, t]] = np.inf
        for t in range(self.p.quarters):
            right[self.listing.number["money", t]] -= self.secured(modules, t)

    def collateral(self, modules: np.ndarray) -> Iterator[tuple[int, int, float]]:
        """(candidate, quarter of payment, musd) of every module that does not stand from the start."""
        for i, row in enumerate(modules):
            stands = self.p.rules is not None and self.p.rules.existing_modules[i] > 0
            for live, n in enumerate(row):
                if not (stands and live == 0):
                    yield i, max(live - int(self.p.opening_lag[i]), 0), float(n * self.s.collateral_musd[i])

    def secured(self, modules: np.ndarray, t: int) -> float:
        """musd of collateral paid by t."""
        return float(sum(musd for _, paid, musd in self.collateral(modules) if paid <= t))

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        yield from ((i, int(self.short[i, t]), t, float(self.s.usd_per_mwh[i, t]) / 1000.0) for i, t in self.each())

    def listed_costs(self, modules: np.ndarray) -> Iterator[tuple[str, int, int, float]]:
        yield from (("collateral", i, paid, musd) for i, paid, musd in self.collateral(modules))
        for i in range(len(modules)):
            for t in range(self.p.quarters, self.s.owed_mwh.shape[1]):
                usd = under_contract(self.p, modules, i, t) * self.s.owed_mwh[i, t] * self.s.usd_per_mwh[i, t]
                yield "operating", i, t, float(usd) / 1e6

    def fixed_cost(self, modules: np.ndarray) -> float:
        p, s = self.p, self.s
        total = 0.0
        for _, paid, musd in self.collateral(modules):
            total += musd * ((1 + p.rate) ** (-(paid + 0.5) / 4) - (1 + p.rate) ** (-p.quarters / 4))
        for i in range(len(modules)):
            for t in range(p.quarters, s.owed_mwh.shape[1]):
                musd = under_contract(p, modules, i, t) * s.owed_mwh[i, t] * s.usd_per_mwh[i, t] / 1e6
                total += musd * (1 + p.rate) ** (-(t + 0.5) / 4)
        return float(total)


class ListedDemandCharge(ListingPart):
    """The largest draw of every site and quarter is a column as large as what runs."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.draw = listing.new(len(self.p.candidate_id), self.p.quarters)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.demand_musd_per_mw is not None

    def write(self) -> None:
        p = self.p
        assert p.demand_musd_per_mw is not None
        for i, t in itertools.product(range(len(p.candidate_id)), range(p.quarters)):
            row = self.listing.row(("draw", i, t))
            row[self.draw[i, t]] = -1.0
            row[self.listing.q[i, :, t]] = p.pue_peak[i] * p.pod_it_mw
            row[generated(self.listing)[i, :, t]] = -p.pue_peak[i] / p.mwh_per_it_mw[i, t] * 1000.0
            self.listing.row(("draw", i, t, "no more"))[:] = -row
            for later in range(t, p.quarters):
                self.listing.row(("money", later))[self.draw[i, t]] = p.demand_musd_per_mw[t]

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        for (i, t), column in np.ndenumerate(self.draw):
            yield i, int(column), t, float(self.p.demand_musd_per_mw[t])

    def price(self, cost: np.ndarray) -> None:
        assert self.p.demand_musd_per_mw is not None
        cost[self.draw] = self.p.demand_musd_per_mw * self.p.discount

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        drawn = np.einsum("igt,g->it", held, self.p.pod_it_mw) * self.p.pue_peak[:, None]
        for (i, t), mw in np.ndenumerate(drawn):
            right[self.listing.number["draw", i, t]] = -mw
            right[self.listing.number["draw", i, t, "no more"]] = mw
