"""The planner's own limits in the listing: every sum written over increments of pods, pods that run, and contracts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from listing_cooling import opened
from listing_money import fixed_cash, held_energy
from listing_parts import ListingPart

from siting.problem import Problem
from siting.problem.limits import CountedSum


class LimitsListing(ListingPart):
    """A row a limit, two where it is an equation; what follows from modules and hosts is on the right hand side."""

    name = "limits"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.limits is not None

    def _signs(self):
        for n, row in enumerate(self.p.limits.rows):
            for sign in {"<=": (1.0,), ">=": (-1.0,), "=": (1.0, -1.0)}[row.sense]:
                yield ("own", n, sign), row, sign

    def write(self) -> None:
        p, at = self.p, self.listing
        purchase, operate, assess = p.pod_cash_profile
        for key, row, sign in self._signs():
            entries = at.row(key)
            for part in row.sums:
                factor = sign * part.factor
                for i, g, d in itertools.product(*map(range, at.b.shape)):
                    if part.quantity in ("accelerators", "h100e") and part.sites[i] and part.kinds[g]:
                        (t,) = np.flatnonzero(part.quarters)
                        each = p.pod_accelerators[g] if part.quantity == "accelerators" else p.pod_h100e[g]
                        entries[at.b[i, g, d]] += factor * each * (d <= t < d + p.pod_life[g])
                    if part.quantity in ("capex_musd", "spend_musd"):
                        paid = (1.0 + p.sales_tax[i, d]) * purchase[g, d]
                        if part.quantity == "spend_musd":
                            paid = paid + operate[g, d] + p.property_tax[i] * assess[g, d]
                        entries[at.b[i, g, d]] += factor * p.pod_price_musd[g] * paid[part.quarters].sum()
                entries[at.q] += factor * self._per_running_pod(part)
                if part.quantity == "spend_musd":
                    entries[at.x] += factor * p.lease_cash_musd[:, :, part.quarters].sum(axis=2)
                for column, t, musd in self._paid_by_parts(part.quantity):
                    if t < p.quarters and part.quarters[t]:
                        entries[column] += factor * musd

    def _paid_by_parts(self, quantity: str) -> Iterator[tuple[int, int, float]]:
        """(column, quarter, musd) of other parts in a sum of cash."""
        for part in self.listing.parts:
            if quantity in ("capex_musd", "spend_musd"):
                yield from ((column, t, musd) for _, column, t, musd in part.capital_costs())
            if quantity == "spend_musd":
                yield from ((column, t, musd) for _, column, t, musd in part.running_costs())
                yield from part.taxes()

    def _per_running_pod(self, part: CountedSum) -> np.ndarray:
        """(I, G, T)"""
        p = self.p
        if part.quantity == "spend_musd":
            return p.npv_run_musd / p.discount * part.quarters
        if part.quantity not in ("energy_mwh", "co2_t"):
            return np.zeros(p.npv_run_musd.shape)
        mwh = p.mwh_per_it_mw * part.sites[:, None] * part.quarters[None, :]
        if part.quantity == "co2_t":
            mwh = mwh * p.co2_t_per_mwh[:, None]
        return mwh[:, None, :] * p.pod_it_mw[None, :, None]

    def _fixed(self, part: CountedSum, modules: np.ndarray, held: np.ndarray) -> float:
        """What follows from modules and hosts."""
        p, paid = self.p, fixed_cash(self.p, modules)
        if part.quantity == "capex_musd":
            return float((paid["opening"] + paid["halls"])[part.quarters].sum()) + self._listed(part, modules)
        if part.quantity == "spend_musd":
            beside = sum(other.held_costs(held).sum(axis=0) for other in self.listing.parts)
            total = sum(paid.values()) + held_energy(p, held) + beside
            return float(total[part.quarters].sum()) + self._listed(part, modules)
        if part.quantity in ("energy_mwh", "co2_t"):
            return float((held * self._per_running_pod(part)).sum())
        if part.quantity in ("accelerators", "h100e"):
            return 0.0
        (t,) = np.flatnonzero(part.quarters)
        stands = modules[:, : t + 1].sum(axis=1) * part.sites
        campuses = np.array([i in opened(p, modules[:, : t + 1]) for i in range(len(stands))]) * part.sites
        each = {"sites": campuses, "it_mw": stands, "utility_mw": stands * p.pue_peak}[part.quantity]
        return float(each.sum() * (1.0 if part.quantity == "sites" else p.module_it_mw))

    def _listed(self, part: CountedSum, modules: np.ndarray) -> float:
        """musd of other parts that follow from the modules."""
        found = 0.0
        for other in self.listing.parts:
            for kind, _, t, musd in other.listed_costs(modules):
                asked = kind == "collateral" or part.quantity == "spend_musd"
                if asked and t < self.p.quarters and part.quarters[t]:
                    found += musd
        return found

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        for key, row, sign in self._signs():
            fixed = sum(part.factor * self._fixed(part, modules, held) for part in row.sums)
            right[self.listing.number[key]] = sign * (row.bound - fixed) if money else np.inf
