"""Curtailable connections, for the optimum by listing: signed or not as a whole column, what follows as others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart, counts_spending, generated

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing

LARGE = 100.0
"""More than any tiny campus draws, in MW and in GWh."""


class ListedCurtailable(ListingPart):
    """Rules that bind a curtailable site alone are loosened by a large number at a firm one."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        assert self.p.curtailable is not None
        self.s = self.p.curtailable
        shape = (len(self.p.candidate_id), self.p.quarters)
        self.signed = listing.new(shape[0])
        self.exact = counts_spending(self.p)
        self.saves, self.stops, self.added = (listing.new(*shape) for _ in range(3))

    @staticmethod
    def used(p: Problem) -> bool:
        return p.curtailable is not None

    def cells(self) -> itertools.product:
        return itertools.product(range(len(self.p.candidate_id)), range(self.p.quarters))

    def cover(self, row: np.ndarray, i: int, t: int) -> None:
        """Units and batteries of the campus, as far as the problem has them."""
        for part in self.listing.parts:
            if hasattr(part, "gwh"):
                for u in range(len(part.o.unit)):
                    mw = float(part.o.unit_mw[u] if part.o.firm[u] else part.o.firming_mw[u])
                    if mw:
                        part.stand(row, i, u, t, -mw)
                        row[part.any[i, u, t]] += mw * float(part.o.reserve[u])

    def write(self) -> None:
        p, row = self.p, self.listing.row
        for i, t in self.cells():
            row(("power", i, t))[self.signed[i]] = -self.s.earlier_mw[i, t]
            if ("onsite rest", i, t) in self.listing.number:  # what the grid cannot give is generated
                shape = p.mwh_per_it_mw[i, t] / p.pue_peak[i] / 1e3
                row(("onsite rest", i, t))[self.signed[i]] = -shape * self.s.earlier_mw[i, t]
            row(("saves", i, t))[self.saves[i, t]] = 1.0
            row(("saved", i))[self.saves[i, t]] = 1.0
            row(("saved", i))[self.signed[i]] = -1.0
            row(("saved all", i))[self.saves[i, t]] = -1.0
            row(("saved all", i))[self.signed[i]] = 1.0
            row(("signs", i))[self.signed[i]] = 1.0
            served, stopped = row(("firm", i, t)), row(("stops", i, t))
            served[self.listing.q[i, :, t]] = stopped[self.listing.q[i, :, t]] = p.pue_peak[i] * p.pod_it_mw
            served[self.signed[i]] = stopped[self.signed[i]] = LARGE
            stopped[self.stops[i, t]] = -1.0
            self.cover(served, i, t)
            self.cover(stopped, i, t)
            gwh, own = p.pod_it_mw * p.mwh_per_it_mw[i, t] / 1e3, generated(self.listing)[i, :, t]
            if self.s.adder_usd_per_mwh > 0 or self.exact:
                most = row(("added", i, t))
                most[self.listing.q[i, :, t]], most[own] = gwh, -1.0
                most[self.added[i, t]], most[self.signed[i]] = -1.0, LARGE
            if self.s.adder_usd_per_mwh <= 0 or self.exact:
                grid, only = row(("rebate", i, t)), row(("rebate if", i, t))
                grid[self.listing.q[i, :, t]], grid[own], grid[self.added[i, t]] = -gwh, 1.0, 1.0
                only[self.added[i, t]], only[self.signed[i]] = 1.0, -LARGE
            paid = max(t - int(p.opening_lag[i]), 0)
            for later in range(p.quarters):
                money = row(("money", later))
                money[self.saves[i, t]] = -self.s.saved_cash_musd[i, t] if later >= paid else 0.0
                money[self.added[i, t]] = self.s.adder_usd_per_mwh / 1e3 if later >= t else 0.0

    def capital_costs(self) -> Iterator[tuple[int, int, int, float]]:
        for i, t in self.cells():
            paid = max(t - int(self.p.opening_lag[i]), 0)
            yield i, int(self.saves[i, t]), paid, -float(self.s.saved_cash_musd[i, t])

    def written_off(self) -> Iterator[tuple[int, int, int, float]]:
        """As much less of the connection is put to use, in the quarter of the opening."""
        for i, t in self.cells():
            yield i, int(self.saves[i, t]), t, -float(self.s.saved_cash_musd[i, t])

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        yield from ((i, int(self.added[i, t]), t, self.s.adder_usd_per_mwh / 1e3) for i, t in self.cells())

    def price(self, cost: np.ndarray) -> None:
        p, s = self.p, self.s
        end = (1 + p.rate) ** (-p.quarters / 4)
        for i, t in self.cells():
            signed = (1 + p.rate) ** (-(max(t - int(p.opening_lag[i]), 0) + 0.5) / 4)
            cost[self.saves[i, t]] = -s.saved_cash_musd[i, t] * signed + s.saved_back_musd[i, t] * end
            cost[self.stops[i, t]] = s.lost_musd_per_it_mw[t] / p.pue_peak[i] * p.discount[t]
            cost[self.added[i, t]] = s.adder_usd_per_mwh / 1e3 * p.discount[t]

    def bound(self, bounds: np.ndarray) -> None:
        bounds[self.signed, 1] = self.s.admitted

    def count(self, counted: np.ndarray) -> None:
        counted[self.signed] = 1

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        it_mw = np.einsum("igt,g->it", held, self.p.pod_it_mw)
        drawn = it_mw * self.p.mwh_per_it_mw / 1e3
        number = self.listing.number
        for i, t in self.cells():
            opens = modules[i].any() and int(np.flatnonzero(modules[i])[0]) == t
            right[number["saves", i, t]] = float(opens if money else modules[i].any())
            right[number["signs", i]] = float(modules[i].any())
            right[number["firm", i, t]] = LARGE
            right[number["stops", i, t]] = LARGE - self.p.pue_peak[i] * it_mw[i, t]
            if ("added", i, t) in number:
                right[number["added", i, t]] = LARGE - drawn[i, t]
            if ("rebate", i, t) in number:
                right[number["rebate", i, t]] = drawn[i, t]
