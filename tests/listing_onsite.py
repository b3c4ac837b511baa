"""Units on the campus, for the optimum by listing: deliveries and departures by quarter, whole; energy in GWh."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from listing_cooling import powered
from listing_parts import ListingPart
from listing_shared import places

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Listing


class ListedOnsite(ListingPart):
    """A bridge must have left in the quarter in which it is over: its last departures are columns of that quarter."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        assert self.p.onsite is not None
        self.o = self.p.onsite
        self.shape = (len(self.p.candidate_id), len(self.o.unit), self.p.quarters)
        self.come, self.go, self.any, self.gwh = (listing.new(*self.shape) for _ in range(4))

    @staticmethod
    def used(p: Problem) -> bool:
        return p.onsite is not None

    def cells(self) -> Iterator[tuple[int, int, int]]:
        return itertools.product(*map(range, self.shape))

    def stand(self, row: np.ndarray, i: int, u: int, t: int, each: float) -> None:
        row[self.come[i, u, : t + 1]] += each
        row[self.go[i, u, : t + 1]] -= each

    def load_gwh(self, i: int, t: int) -> np.ndarray:
        """(G,) GWh of a running pod."""
        return self.p.pod_it_mw * self.p.mwh_per_it_mw[i, t] / 1000.0

    def grid_gwh_per_mw(self, i: int, t: int) -> float:
        return float(self.p.mwh_per_it_mw[i, t] / self.p.pue_peak[i]) / 1000.0

    def write(self) -> None:
        row, o = self.listing.row, self.o
        for i, u, t in self.cells():
            row(("onsite permit", i, u, t))[self.come[i, u, : t + 1]] = 1.0
            self.stand(row(("onsite gone", i, u, t)), i, u, t, -1.0)
            self.stand(row(("onsite over", i, u, t)), i, u, t, 1.0)
            if o.reserve[u]:
                least, none = row(("onsite reserve", i, u, t)), row(("onsite none", i, u, t))
                self.stand(least, i, u, t, -1.0)
                least[self.any[i, u, t]] = float(o.reserve[u])
                self.stand(none, i, u, t, 1.0)
                none[self.any[i, u, t]] = -float(o.most[u])
            if o.firm[u]:
                power = row(("power", i, t))
                self.stand(power, i, u, t, -float(o.unit_mw[u]))
                power[self.any[i, u, t]] = float(o.unit_mw[u] * o.reserve[u])
            units = row(("onsite energy", i, u, t))
            units[self.gwh[i, u, t]] = 1.0
            self.stand(units, i, u, t, -float(o.most_mwh[u, t]) / 1000.0)
        for i, t in itertools.product(range(self.shape[0]), range(self.shape[2])):
            load, rest = row(("onsite load", i, t)), row(("onsite rest", i, t))
            load[self.gwh[i, :, t]], load[self.listing.q[i, :, t]] = 1.0, -self.load_gwh(i, t)
            rest[self.gwh[i, :, t]], rest[self.listing.q[i, :, t]] = -1.0, self.load_gwh(i, t)
        for column, quarter, musd, _ in self.paid():
            for t in range(quarter, self.p.quarters):
                row(("money", t))[column] += musd
        self._beside_other_parts()

    def _beside_other_parts(self) -> None:
        """Entries of units in the rows of other parts; parts of energy from the grid ask for `gwh` themselves."""
        p, row = self.p, self.listing.row
        if p.shared is not None:
            for (place, members), t in itertools.product(places(p).items(), range(p.quarters)):
                for i, u in itertools.product(members, np.flatnonzero(self.o.firm).tolist()):
                    power = row(("place", place, t))
                    self.stand(power, i, u, t, -float(self.o.unit_mw[u]))
                    power[self.any[i, u, t]] = float(self.o.unit_mw[u] * self.o.reserve[u])
                if self.o.firm.any():
                    rest = row(("place rest", place, t))
                    for i in members:
                        rest[self.listing.q[i, :, t]] = p.pue_peak[i] * p.pod_it_mw
                        rest[self.gwh[i, :, t]] = -1.0 / self.grid_gwh_per_mw(i, t)
        if p.carbon is not None:
            for year in p.carbon.cap:
                for i, u, t in self.cells():
                    if p.carbon.year[t] == year:
                        row((p.carbon.item, year))[self.gwh[i, u, t]] = self.tonnes(i, u)
        if p.limits is not None:
            self._limits()

    def _limits(self) -> None:
        for n, limit in enumerate(self.p.limits.rows):
            for sign in {"<=": (1.0,), ">=": (-1.0,), "=": (1.0, -1.0)}[limit.sense]:
                row = self.listing.row(("own", n, sign))
                for part in limit.sums:
                    if part.quantity == "co2_t":
                        for i, u, t in self.cells():
                            if part.sites[i] and part.quarters[t]:
                                row[self.gwh[i, u, t]] += sign * part.factor * self.tonnes(i, u)

    def tonnes(self, i: int, u: int) -> float:
        """Carbon of a GWh, less that of the grid which it replaces."""
        return float(self.o.co2_t_per_mwh[u] - self.p.co2_t_per_mwh[i]) * 1000.0

    def paid(self) -> Iterator[tuple[int, int, float, str]]:
        """(column, quarter, musd, kind) of everything that is paid or received."""
        o, p = self.o, self.p
        for i, u, t in self.cells():
            if t >= o.lead[u]:
                yield int(self.come[i, u, t]), t - int(o.lead[u]), float(o.capex_musd[i, u]), "capital"
            yield int(self.go[i, u, t]), t, -float(o.resale_musd[i, u]), "capital"
            for later in range(t, p.quarters):
                each = float(o.rent_musd[u] + o.fixed_om_musd[u])
                yield int(self.come[i, u, t]), later, each, "operating"
                yield int(self.go[i, u, t]), later, -each, "operating"
            usd = o.fuel_usd_per_mwh[i, u, t] + o.var_om_usd_per_mwh[u] - p.usd_per_mwh[i, t]
            yield int(self.gwh[i, u, t]), t, float(usd) * 1000.0 / 1e6, "operating"
            if p.carbon is not None:
                price = float(p.carbon.usd_per_unit[i, t])
                musd = self.tonnes(i, u) * price / 1e6
                if p.carbon.fuel_usd_per_unit is not None:
                    burnt_t = 1000.0 * float(o.co2_t_per_mwh[u])
                    musd += burnt_t * (float(p.carbon.fuel_usd_per_unit[t]) - price) / 1e6
                yield int(self.gwh[i, u, t]), t, musd, "operating"

    def capital_costs(self) -> Iterator[tuple[int, int, int, float]]:
        yield from self._by_site("capital")

    def running_costs(self) -> Iterator[tuple[int, int, int, float]]:
        yield from self._by_site("operating")

    def _by_site(self, kind: str) -> Iterator[tuple[int, int, int, float]]:
        site = {int(c): i for columns in (self.come, self.go, self.gwh) for (i, _, _), c in np.ndenumerate(columns)}
        yield from ((site[c], c, quarter, musd) for c, quarter, musd, of in self.paid() if of == kind)

    def price(self, cost: np.ndarray) -> None:
        p, o = self.p, self.o
        end = (1.0 + p.rate) ** (-p.quarters / 4.0)
        for column, quarter, musd, _ in self.paid():
            cost[column] += musd * (1.0 + p.rate) ** (-(quarter + 0.5) / 4.0)
        for i, u, t in self.cells():
            stays = o.residual_musd[i, u, t] + (o.resale_musd[i, u] if o.may_leave[u] else 0.0)
            cost[self.come[i, u, t]] -= float(stays) * end
            cost[self.go[i, u, t]] += float(o.resale_musd[i, u]) * end

    def bound(self, bounds: np.ndarray) -> None:
        for i, u, t in self.cells():
            early = t < max(self.o.lead[u], self.p.live_from[i])
            if early or not self.o.admitted[i, u] or t >= self.o.gone_by[i, u]:
                bounds[self.come[i, u, t], 1] = 0.0
            if not self.o.may_leave[u]:
                bounds[self.go[i, u, t], 1] = 0.0
            bounds[self.any[i, u, t], 1] = 1.0 if self.o.reserve[u] else 0.0

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        standing = powered(self.p, modules)
        for key, n in self.listing.number.items():
            match key:
                case ("onsite permit", i, u, t):
                    right[n] = float(self.o.most[u]) if standing[i, t] else 0.0
                case ("onsite over", i, u, t):
                    right[n] = 0.0 if t >= self.o.gone_by[i, u] else np.inf
                case ("onsite load", i, t):
                    right[n] = float(self.load_gwh(i, t) @ held[i, :, t])
                case ("place rest", place, t):
                    assert self.p.shared is not None
                    members = places(self.p)[place]
                    clusters = sum(self.p.pue_peak[i] * float(self.p.pod_it_mw @ held[i, :, t]) for i in members)
                    right[n] = self.p.shared.energized_mw[members[0], t] - clusters
                case ("onsite rest", i, t):
                    flows = self.p.energized_mw[i, t] if standing[i, t] else 0.0
                    right[n] = self.grid_gwh_per_mw(i, t) * flows - float(self.load_gwh(i, t) @ held[i, :, t])

    def count(self, counted: np.ndarray) -> None:
        for columns in (self.come, self.go, self.any):
            counted[columns] = 1
