"""Caps, debt and income tax for the optimum by listing, written from the words of their rules over increments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_cooling import opened
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


def fixed_cash(p: Problem, modules: np.ndarray) -> dict[str, np.ndarray]:
    """(T,) musd by item that follow from openings and modules."""
    paid = {item: np.zeros(p.quarters) for item in ("opening", *p.module_item)}
    for i, opens in opened(p, modules).items():
        paid["opening"][opens - p.opening_lag[i]] += p.opening_cash_musd[i, opens]
    for i in np.flatnonzero(modules.sum(axis=1)).tolist():
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
        for part in at.parts:
            for _, column, t, musd in part.capital_costs():
                row[column] += musd if t < p.quarters else 0.0
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
            for part in at.parts:
                for _, column, t, musd in part.running_costs():
                    if t < p.quarters and inside[t]:
                        row[column] += musd

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p, number = self.p, self.listing.number
        paid, energy = fixed_cash(p, modules), held_energy(self.p, held)
        energy = energy + sum(part.held_costs(held).sum(axis=0) for part in self.listing.parts)
        capital = paid["opening"].sum() + paid["halls"].sum()
        for part in self.listing.parts:
            capital += sum(musd for kind, _, _, musd in part.listed_costs(modules) if kind == "collateral")
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


class IncomeTaxListing(ListingPart):
    """Used deductions are columns; until any year no more is used than has been deducted, in a year no more than the
    income. Deductions by increments, year by year and quarter by quarter."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.u = listing.new(len(self.p.income_tax.rate), self.p.income_tax.years)

    @staticmethod
    def used(p: Problem) -> bool:
        return p.income_tax is not None

    def year(self, quarter: int) -> int:
        return min((self.p.income_tax.offset + quarter) // 4, self.p.income_tax.years - 1)

    def straight(self, quarter: int) -> np.ndarray:
        """(Y,) a sixth of the basis each quarter, as `building_quarters` says."""
        shares, life = np.zeros(self.p.income_tax.years), int(self.p.income_tax.building_quarters)
        for n in range(life):
            if (self.p.income_tax.offset + quarter + n) // 4 < len(shares):
                shares[self.year(quarter + n)] += 1.0 / life
        return shares

    def deducted(self, rate: int) -> np.ndarray:
        """(columns, Y) deductions of a unit of every column at a rate."""
        p, at, tax = self.p, self.listing, self.p.income_tax
        found = np.zeros((at.columns, tax.years))
        buy, operate, assess = p.pod_cash_profile
        for i, g, d in itertools.product(*map(range, at.b.shape)):
            if tax.group[i] == rate:
                basis = p.pod_price_musd[g] * (1.0 + p.sales_tax[i, d]) * buy[g, d].sum()
                found[at.b[i, g, d]] += basis * tax.pod_share[g, d]
                for t in range(d, p.quarters):
                    upkeep = operate[g, d, t] + p.property_tax[i] * assess[g, d, t]
                    found[at.b[i, g, d], self.year(t)] += p.pod_price_musd[g] * upkeep
                found[at.q[i, g, d], self.year(d)] += p.npv_run_musd[i, g, d] / p.discount[d]
        for part in at.parts:
            for i, column, t, musd in part.running_costs():
                if rate == (tax.home if i < 0 else tax.group[i]):
                    found[column, self.year(t)] += musd
            for i, column, t, musd in part.written_off():
                if rate == tax.group[i]:
                    found[column] += musd * self.straight(t)
        if rate == tax.home:
            for li, s in itertools.product(*map(range, at.x.shape)):
                for t in range(p.quarters):
                    found[at.x[li, s], self.year(t)] += p.lease_cash_musd[li, s, t]
                found[at.x[li, s]] += tax.lease_after_musd[li, s]
            for part in at.parts:
                if isinstance(part, DebtListing):
                    for n, t in itertools.product(*map(range, part.d.shape)):
                        owed = 1.0
                        for later, due in enumerate(part.payments(n), start=1):
                            interest = owed * float(p.debt.quarterly_rate[n])
                            found[part.d[n, t], self.year(t + later)] += interest
                            owed += interest - due
        return found

    def write(self) -> None:
        tax, at = self.p.income_tax, self.listing
        for rate in range(len(tax.rate)):
            deducted = self.deducted(rate).cumsum(axis=1)
            for y in range(tax.years):
                row = at.row(("deducted", rate, y))
                row[:] = -deducted[:, y]
                row[self.u[rate, : y + 1]] += 1.0
        for y in range(tax.years):
            at.row(("income", y))[self.u[:, y]] = 1.0
            if (quarter := 4 * y + 3 - tax.offset) < self.p.quarters:
                for later in range(quarter, self.p.quarters):
                    at.row(("money", later))[self.u[:, y]] -= tax.rate

    def price(self, cost: np.ndarray) -> None:
        tax = self.p.income_tax
        for y in range(tax.years):
            cost[self.u[:, y]] = -tax.rate * worth(self.p, 4 * y + 3 - tax.offset)

    def taxes(self) -> Iterator[tuple[int, int, float]]:
        tax = self.p.income_tax
        for (rate, y), column in np.ndenumerate(self.u):
            yield int(column), 4 * y + 3 - tax.offset, -float(tax.rate[rate])

    def listed_costs(self, modules: np.ndarray) -> Iterator[tuple[str, int, int, float]]:
        tax = self.p.income_tax
        for y, musd in enumerate((tax.rate[tax.home] * self.earned()).tolist()):
            yield "tax", -1, 4 * y + 3 - tax.offset, musd

    def earned(self) -> np.ndarray:
        """(Y,) revenue by year."""
        found = np.zeros(self.p.income_tax.years)
        for t, musd in enumerate(self.p.revenue.musd.tolist() if self.p.revenue is not None else []):
            found[self.year(t)] += musd
        return found

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p, tax, number = self.p, self.p.income_tax, self.listing.number
        fixed = np.zeros((len(tax.rate), tax.years))
        for i, f in itertools.product(range(len(p.candidate_id)), range(len(p.module_item))):
            for d in range(p.quarters):
                paid = modules[i, d] * p.module_cash_factor[i, f] * p.module_cash_profile[f, d]
                if p.module_item[f] == "halls":
                    fixed[tax.group[i]] += paid.sum() * self.straight(d)
                else:
                    for t in range(p.quarters):
                        fixed[tax.group[i], self.year(t)] += paid[t]
                fixed[tax.group[i]] += modules[i, d] * p.module_cash_factor[i, f] * tax.module_after[f, d]
        for i in np.flatnonzero(modules.sum(axis=1)).tolist():
            opens = int(np.flatnonzero(modules[i])[0])
            fixed[tax.group[i]] += tax.opening_basis_musd[i, opens] * self.straight(opens)
            for t in range(p.quarters):
                energy = (held[i, :, t] * p.npv_run_musd[i, :, t]).sum() / p.discount[t]
                fixed[tax.group[i], self.year(t)] += energy
        for part in self.listing.parts:
            for kind, i, t, musd in part.listed_costs(modules):
                if kind == "operating":
                    fixed[tax.group[i], self.year(t)] += musd
            for (i, t), musd in np.ndenumerate(part.held_costs(held)):
                fixed[tax.group[i], self.year(t)] += musd
        for (rate, y), musd in np.ndenumerate(fixed.cumsum(axis=1)):
            right[number["deducted", rate, y]] = musd if money else np.inf
        for y, musd in enumerate((tax.income_musd + self.earned()).tolist()):
            right[number["income", y]] = musd
        for y, musd in enumerate((tax.rate[tax.home] * self.earned()).tolist()):
            for later in range(4 * y + 3 - tax.offset, p.quarters):
                right[number["money", later]] -= musd

    def fixed_cost(self, modules: np.ndarray) -> float:
        tax = self.p.income_tax
        due = tax.rate[tax.home] * self.earned()
        return float(sum(musd * worth(self.p, 4 * y + 3 - tax.offset) for y, musd in enumerate(due.tolist())))
