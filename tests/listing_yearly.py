"""Carbon and water in the listing: by running pod, capped by year, paid in the quarter in which it runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem


def flows_of(p: Problem) -> list:
    return [flow for flow in (p.carbon, p.water) if flow is not None]


def units(p: Problem, flow) -> np.ndarray:
    """(I, G, T) units of a running pod."""
    carbon = p.mwh_per_it_mw * p.co2_t_per_mwh[:, None]
    each = carbon if flow.per_it_mw is None else flow.per_it_mw
    return each[:, None, :] * p.pod_it_mw[None, :, None]


def flows_musd(p: Problem) -> np.ndarray:
    """(I, G, T) musd of a running pod for what it emits and uses."""
    paid = np.zeros(p.npv_run_musd.shape)
    return paid + sum(units(p, flow) * flow.usd_per_unit[:, None, :] / 1e6 for flow in flows_of(p))


class YearlyListing(ListingPart):
    """Columns of running pods pay more; a row a flow and capped year. What hosts run is fixed by the listed hosts."""

    name = "yearly"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.carbon is not None or p.water is not None

    def _flows(self):
        return flows_of(self.p)

    def _units(self, flow) -> np.ndarray:
        return units(self.p, flow)

    def _paid(self) -> np.ndarray:
        return flows_musd(self.p)

    def _capped(self):
        for flow in self._flows():
            for year, cap in flow.cap.items():
                yield (flow.item, year), flow, flow.year == year, cap

    def write(self) -> None:
        at, paid = self.listing, self._paid()
        for key, flow, inside, _ in self._capped():
            at.row(key)[at.q] = self._units(flow) * inside
        for t in range(self.p.quarters):
            at.row(("money", t))[at.q[:, :, : t + 1]] += paid[:, :, : t + 1]

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        for (i, g, t), musd in np.ndenumerate(self._paid()):
            yield i, int(self.listing.q[i, g, t]), t, float(musd)

    def held_costs(self, held: np.ndarray) -> np.ndarray:
        return np.asarray((held * self._paid()).sum(axis=1))

    def price(self, cost: np.ndarray) -> None:
        cost[self.listing.q] += self._paid() * self.p.discount

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        number, spent = self.listing.number, (held * self._paid()).sum(axis=(0, 1)).cumsum()
        for key, flow, inside, cap in self._capped():
            right[number[key]] = cap - float((held * self._units(flow) * inside).sum())
        for t in range(self.p.quarters):
            right[number["money", t]] -= spent[t]

    def held_cost(self, held: np.ndarray) -> float:
        """Present value of what the pods of clusters emit and use."""
        return float((held * self._paid() * self.p.discount).sum())
