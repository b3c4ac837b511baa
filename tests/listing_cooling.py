"""Halls of a second cooling class in the listing: modules of annexes are listed, conversions are whole columns."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from listing_grid import loads
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host, Listing


def opened(p: Problem, modules: np.ndarray) -> dict[int, int]:
    """Campus -> quarter of its first module of either class."""
    found: dict[int, int] = {}
    for i, t in np.argwhere(modules > 0).tolist():
        campus = i if p.annex is None or p.annex.main[i] < 0 else int(p.annex.main[i])
        found[campus] = min(t, found.get(campus, t))
    return found


def powered(p: Problem, modules: np.ndarray) -> np.ndarray:
    """(I, T) candidates that are open: halls of the annex open the campus, not the other way round."""
    standing = modules.cumsum(axis=1) > 0
    for campus, t in opened(p, modules).items():
        standing[campus, t:] = True
    return standing


class CoolingListing(ListingPart):
    """Columns c[a, t]: modules of annex a that are halls of its campus's class from t on."""

    name = "cooling"

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        assert self.p.annex is not None
        self.pairs = [(a, int(campus)) for a, campus in enumerate(self.p.annex.main) if campus >= 0]
        self.c = listing.new(len(self.pairs), self.p.quarters)
        self.places = [] if self.p.shared is None else sorted(set(self.p.shared.place.tolist()) - {-1})

    @staticmethod
    def used(p: Problem) -> bool:
        return p.annex is not None

    def _members(self, place: int) -> list[int]:
        assert self.p.shared is not None
        return np.flatnonzero(self.p.shared.place == place).tolist()

    def write(self) -> None:
        p, row, works = self.p, self.listing.row, self.p.annex.conversion_quarters
        for (n, (a, campus)), t in itertools.product(enumerate(self.pairs), range(p.quarters)):
            by_now, begun = self.c[n, : t + 1], self.c[n, : t + works + 1]
            row(("halls", campus, t))[by_now] -= p.module_it_mw
            row(("halls", a, t))[begun] += p.module_it_mw
            row(("converted", a, t))[by_now] = 1.0
            row(("campus room", a, t))[by_now] = 1.0
            for place in self.places:
                meter = row(("meter", place, t))
                for i, sign in ((campus, 1.0), (a, -1.0)):
                    if i in self._members(place):
                        meter[by_now] += sign * p.pue_peak[i] * p.module_it_mw
            for done, paid in itertools.product(range(p.quarters), range(t + 1)):
                row(("money", t))[self.c[n, done]] += self._musd(done, paid)
        self._in_other_rows()

    def _musd(self, done: int, paid: int) -> float:
        cost = self.p.annex.conversion_musd
        return 0.0 if cost is None else float(cost[done, paid])

    def _in_other_rows(self) -> None:
        """Conversions are capital, count in sums of cash, and move halls from one candidate to the other."""
        for n, (a, campus) in enumerate(self.pairs):
            for done in range(self.p.quarters):
                column = self.c[n, done]
                for key in self.listing.number:
                    entries = self.listing.row(key)
                    match key:
                        case ("capital",):
                            entries[column] += sum(self._musd(done, t) for t in range(self.p.quarters))
                        case ("peak", t):
                            entries[column] = self.listing.row(("money", t))[column]
                        case ("line", r, t):
                            entries[column] = self._moved(a, campus)[0][r] if done <= t else 0.0
                        case ("island", island):
                            entries[column] = self._moved(a, campus)[1][island]
                        case ("own", limit, sign):
                            parts = self.p.limits.rows[limit].sums
                            entries[column] += sign * sum(self._in_sum(s, done, a, campus) for s in parts)

    def _moved(self, a: int, campus: int) -> tuple[np.ndarray, np.ndarray]:
        """MW on every line and in every island by one module of the annex that becomes one of its campus."""
        one = np.zeros(len(self.p.candidate_id))
        one[campus], one[a] = 1.0, -1.0
        return loads(self.p, one)

    def _in_sum(self, part, done: int, a: int, campus: int) -> float:
        if part.quantity in ("capex_musd", "spend_musd"):
            asked = [t for t in range(self.p.quarters) if part.quarters[t]]
            return part.factor * sum(self._musd(done, t) for t in asked)
        if part.quantity not in ("it_mw", "utility_mw") or done > int(np.flatnonzero(part.quarters)[0]):
            return 0.0
        peak = self.p.pue_peak if part.quantity == "utility_mw" else np.ones(len(self.p.pue_peak))
        moved = part.sites[campus] * peak[campus] - part.sites[a] * peak[a]
        return float(part.factor * moved * self.p.module_it_mw)

    def price(self, cost: np.ndarray) -> None:
        p = self.p
        if p.objective != "npv_cost":
            return
        end = (1.0 + p.rate) ** (-p.quarters / 4.0)
        for n, done in itertools.product(*map(range, self.c.shape)):
            paid = sum(self._musd(done, t) * p.discount[t] for t in range(p.quarters))
            cost[self.c[n, done]] = paid - p.annex.conversion_left_musd[done] * end

    def bound(self, bounds: np.ndarray) -> None:
        forbidden = np.argwhere(~self.p.annex.allowed)
        for i, g in forbidden.tolist():
            bounds[self.listing.b[i, g], 1] = 0.0
        if self.p.annex.conversion_musd is None:
            bounds[self.c, 1] = 0.0

    def count(self, counted: np.ndarray) -> None:
        counted[self.c] = 1

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p, number, works = self.p, self.listing.number, self.p.annex.conversion_quarters
        standing, is_open = modules.cumsum(axis=1), powered(p, modules)
        for (a, campus), t in itertools.product(self.pairs, range(p.quarters)):
            right[number["converted", a, t]] = standing[a, t - works] if t >= works else 0.0
            room = p.modules_max[campus] - standing[campus, t]
            right[number["campus room", a, t]] = room if money else np.inf
            if is_open[campus, t] and not standing[campus, t]:  # only halls of the other class stand
                right[number["power", campus, t]] += p.energized_mw[campus, t]
        for place, t in itertools.product(self.places, range(p.quarters)):
            members = self._members(place)
            stands = sum(p.pue_peak[i] * p.module_it_mw * standing[i, t] for i in members)
            most = p.shared.standing_mw[members[0]] - stands
            right[number["meter", place, t]] = most if money and len(members) > 1 else np.inf

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        """The first phase of a campus counts both classes."""
        both = modules.copy()
        for a, campus in enumerate(p.annex.main):
            if campus >= 0:
                both[campus] += modules[a]
        return all(both[i, t] >= p.modules_first[i] for i, t in opened(p, modules).items())
