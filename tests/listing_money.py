"""Caps, debt and income tax for the optimum by listing, written from the words of their rules over increments."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


def fixed_cash(p: Problem, modules: np.ndarray) -> dict[str, np.ndarray]:
    """(T,) musd by item that follow from openings and modules."""
    paid = {item: np.zeros(p.quarters) for item in ("opening", *p.module_item)}
    for i in np.flatnonzero(modules.sum(axis=1)).tolist():
        opens = int(np.flatnonzero(modules[i])[0])
        paid["opening"][opens - p.opening_lag[i]] += p.opening_cash_musd[i, opens]
        for f, d in itertools.product(range(len(p.module_item)), range(p.quarters)):
            paid[p.module_item[f]] += modules[i, d] * p.module_cash_factor[i, f] * p.module_cash_profile[f, d]
    return paid


def held_energy(p: Problem, held: np.ndarray) -> np.ndarray:
    """(T,) musd of energy of the pods that clusters hold."""
    return np.asarray((held * p.npv_run_musd / p.discount).sum(axis=(0, 1)))


class CapsListing(ListingPart):
    """Equipment, halls and openings against one cap; energy, upkeep, tax, rent and leases by year against another."""

    @staticmethod
    def used(p: Problem) -> bool:
        return p.caps is not None

    def write(self) -> None:
        p, at = self.p, self.listing
        buy, operate, assess = p.pod_cash_profile
        row = at.row(("capital",))
        for i, g, d in itertools.product(*map(range, at.b.shape)):
            row[at.b[i, g, d]] = p.pod_price_musd[g] * (1.0 + p.sales_tax[i, d]) * buy[g, d].sum()
        for year in sorted(set(p.caps.year.tolist())):
            inside = p.caps.year == year
            row = at.row(("running", year))
            for i, g, d in itertools.product(*map(range, at.b.shape)):
                upkeep = operate[g, d, inside].sum() + p.property_tax[i] * assess[g, d, inside].sum()
                row[at.b[i, g, d]] = p.pod_price_musd[g] * upkeep
            for i, g, t in itertools.product(*map(range, at.b.shape)):
                if inside[t]:
                    row[at.q[i, g, t]] = p.npv_run_musd[i, g, t] / p.discount[t]
            for li, s in itertools.product(*map(range, at.x.shape)):
                row[at.x[li, s]] = p.lease_cash_musd[li, s, inside].sum()

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p, number = self.p, self.listing.number
        paid, energy = fixed_cash(p, modules), held_energy(self.p, held)
        capital = paid["opening"].sum() + paid["halls"].sum()
        right[number[("capital",)]] = p.caps.capital_musd - capital if money else np.inf
        for year in sorted(set(p.caps.year.tolist())):
            inside = p.caps.year == year
            running = (paid["hall_om"] + paid["rent"] + energy)[inside].sum()
            right[number["running", year]] = p.caps.operating_musd - running if money else np.inf


class DebtListing(ListingPart):
    """Every draw a column: money in, then what is owed, balance by balance; no more than a share of the equipment."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.d = listing.new(len(self.p.debt.name), self.p.quarters)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.debt is not None

    def payments(self, n: int) -> list[float]:
        """What is paid in the quarters after a draw of one."""
        debt, owed, paid = self.p.debt, 1.0, []
        rate, left = float(debt.quarterly_rate[n]), int(debt.tenor[n])
        level = 1.0 / sum((1.0 + rate) ** -(s + 1) for s in range(left))
        while left:
            due = owed * (1.0 + rate) if left == 1 else owed * rate if debt.bullet[n] else level
            paid.append(due)
            owed, left = owed * (1.0 + rate) - due, left - 1
        return paid

    def equipment(self, row: np.ndarray, t: int, share: float) -> None:
        """Less a share of what is paid for accelerators in t, on a row."""
        p, at = self.p, self.listing
        for i, g, delivered in itertools.product(*map(range, at.b.shape)):
            price = p.pod_price_musd[g] * (1.0 + p.sales_tax[i, delivered])
            row[at.b[i, g, delivered]] -= share * price * p.pod_cash_profile[0, g, delivered, t]

    def write(self) -> None:
        p, at, debt = self.p, self.listing, self.p.debt
        for n, t in itertools.product(*map(range, self.d.shape)):
            row = at.row(("advance", n, t))
            row[self.d[n, t]] = 1.0
            self.equipment(row, t, float(debt.advance[n]))
            for later in range(t, p.quarters):
                owed = sum(self.payments(n)[: later - t])
                at.row(("money", later))[self.d[n, t]] += owed - 1.0
        for t in range(p.quarters):
            row = at.row(("pledged", t))
            row[self.d[:, t]] = 1.0
            self.equipment(row, t, 1.0)
        for n in range(len(debt.name)):
            at.row(("facility", n))[self.d[n]] = 1.0

    def price(self, cost: np.ndarray) -> None:
        for n, t in itertools.product(*map(range, self.d.shape)):
            due = sum(musd * worth(self.p, t + 1 + s) for s, musd in enumerate(self.payments(n)))
            cost[self.d[n, t]] = due - worth(self.p, t)

    def bound(self, bounds: np.ndarray) -> None:
        for n, t in itertools.product(*map(range, self.d.shape)):
            if not self.p.debt.first[n] <= t <= self.p.debt.last[n]:
                bounds[self.d[n, t], 1] = 0.0

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        for n, most in enumerate(self.p.debt.most_musd.tolist()):
            right[self.listing.number["facility", n]] = most


class RevenueListing(ListingPart):
    """Constants: musd by quarter that come in whatever is decided."""

    @staticmethod
    def used(p: Problem) -> bool:
        return p.revenue is not None

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        if self.p.revenue.counts_as_funding:
            for t in range(self.p.quarters):
                right[self.listing.number["money", t]] += self.p.revenue.musd[: t + 1].sum()

    def fixed_cost(self, modules: np.ndarray) -> float:
        return -sum(musd * worth(self.p, t) for t, musd in enumerate(self.p.revenue.musd.tolist()))


def worth(p: Problem, quarter: int) -> float:
    """Present value of one paid in a quarter, beyond the horizon too."""
    yearly = float(p.discount[0]) ** -8.0
    return float(yearly ** (-(quarter + 0.5) / 4.0))
