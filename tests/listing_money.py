"""Caps, debt and income tax for the optimum by listing, written from the words of their rules over increments."""

from __future__ import annotations

import itertools

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem


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
