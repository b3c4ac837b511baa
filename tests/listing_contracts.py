"""Energy by contract, for the optimum by listing: MWh taken by site, contract and quarter, MW signed, MWh unused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart, counts_spending, generated

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing

K = 1000.0
"""Columns are in GWh: one size with the others."""


class ListedContracts(ListingPart):
    """Every rule in its own row; what clusters draw is on the right hand side."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        assert self.p.contracts is not None
        self.s = self.p.contracts
        self.sites, self.number = len(self.p.candidate_id), len(self.s.contract)
        self.take = listing.new(self.sites, self.number, self.p.quarters)
        self.size = listing.new(self.number)
        self.unused, self.any = (listing.new(self.number, self.p.quarters) for _ in range(2))
        self.exact = counts_spending(self.p)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.contracts is not None

    def each(self) -> Iterator[tuple[int, int]]:
        return itertools.product(range(self.number), range(self.p.quarters))

    def group(self, c: int) -> list[list[int]]:
        """Sites whose energy a share counts together."""
        covered = [i for i in range(self.sites) if self.s.covers[i, c]]
        return [covered] if self.s.of_plan[c] else [[i] for i in covered]

    def pod_gwh(self, i: int, t: int) -> np.ndarray:
        return self.p.pod_it_mw * self.p.mwh_per_it_mw[i, t] / K

    def write(self) -> None:
        row, s = self.listing.row, self.s
        self.own = generated(self.listing)
        for i, t in itertools.product(range(self.sites), range(self.p.quarters)):
            load = row(("energy load", i, t))
            load[self.take[i, :, t]] = 1.0
            load[self.listing.q[i, :, t]] = -self.pod_gwh(i, t)
            load[self.own[i, :, t]] = 1.0
        for c, t in self.each():
            for n, members in enumerate(self.group(c)):
                most, least = row(("energy most", c, t, n)), row(("energy least", c, t, n))
                for i in members:
                    most[self.take[i, c, t]], least[self.take[i, c, t]] = 1.0, -1.0
                    most[self.listing.q[i, :, t]] = -s.max_share[c] * self.pod_gwh(i, t)
                    least[self.listing.q[i, :, t]] = s.min_share[c] * self.pod_gwh(i, t)
                    most[self.own[i, :, t]], least[self.own[i, :, t]] = s.max_share[c], -s.min_share[c]
            if np.isfinite(s.mw_max[c]):
                plant, due = row(("energy plant", c, t)), row(("energy due", c, t))
                plant[self.take[:, c, t]], due[self.take[:, c, t]] = 1.0, -1.0
                plant[self.size[c]] = -s.mwh_per_mw[c, t] / K
                due[self.size[c]] = s.min_take[c] * s.mwh_per_mw[c, t] / K
                due[self.unused[c, t]] = -1.0
                if self.exact:  # unused is 0, or what is due less what is taken
                    none, more = row(("energy unused", c, t)), row(("energy more", c, t))
                    none[self.unused[c, t]], none[self.any[c, t]] = 1.0, -s.min_take[c] * self.most(c, t)
                    more += -due
                    more[self.any[c, t]] = self.most(c, t)
        for column, quarter, musd in self.paid():
            for t in range(quarter, self.p.quarters):
                row(("money", t))[column] += musd

    def most(self, c: int, t: int) -> float:
        """GWh of the largest size."""
        return float(self.s.mwh_per_mw[c, t] * self.s.mw_max[c]) / K

    def count(self, counted: np.ndarray) -> None:
        counted[self.any] = self.exact

    def paid(self) -> Iterator[tuple[int, int, float]]:
        """(column, quarter, musd), quarters after the horizon too."""
        s, p = self.s, self.p
        for (c, t), i in itertools.product(self.each(), range(self.sites)):
            if s.runs[c, t]:
                usd = s.usd_per_mwh[c, t] + s.delivery_usd_per_mwh[c] - p.usd_per_mwh[i, t]
                yield int(self.take[i, c, t]), t, float(usd) * K / 1e6
        for c in np.flatnonzero(np.isfinite(s.mw_max)).tolist():
            for t in np.flatnonzero(s.runs[c]).tolist():
                net = float(s.usd_per_mwh[c, t] - s.resale_usd_per_mwh[c]) / 1e6
                if t < p.quarters:
                    yield int(self.unused[c, t]), t, net * K
                else:
                    yield int(self.size[c]), t, net * float(s.min_take[c] * s.mwh_per_mw[c, t])

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        site = {int(column): i for (i, _, _), column in np.ndenumerate(self.take)}
        yield from ((site.get(column, -1), column, quarter, musd) for column, quarter, musd in self.paid())

    def price(self, cost: np.ndarray) -> None:
        for column, quarter, musd in self.paid():
            cost[column] += musd * (1.0 + self.p.rate) ** (-(quarter + 0.5) / 4.0)

    def bound(self, bounds: np.ndarray) -> None:
        bounds[self.size, 1] = np.where(np.isfinite(self.s.mw_max), self.s.mw_max, 0.0)
        bounds[self.any, 1] = float(self.exact)
        for c, t in self.each():
            if not self.s.runs[c, t]:
                bounds[self.take[:, c, t], 1] = 0.0
                bounds[self.unused[c, t], 1] = 0.0
            bounds[self.take[~self.s.covers[:, c], c, t], 1] = 0.0

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        drawn = np.einsum("igt,g->it", held, self.p.pod_it_mw) * self.p.mwh_per_it_mw / K
        for key, n in self.listing.number.items():
            match key:
                case ("energy more", c, t):
                    right[n] = self.most(c, t)
                case ("energy load", i, t):
                    right[n] = drawn[i, t]
                case ("energy most", c, t, which):
                    right[n] = self.s.max_share[c] * sum(drawn[i, t] for i in self.group(c)[which])
                case ("energy least", c, t, which):
                    least = self.s.min_share[c] * sum(drawn[i, t] for i in self.group(c)[which])
                    right[n] = -least if self.s.runs[c, t] else np.inf
