"""Candidates of one place in the listing: what stands by count, what runs by one more row a place and quarter."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host


def places(p: Problem) -> dict[int, list[int]]:
    """Candidates by place; one that has a place for itself shares nothing."""
    assert p.shared is not None
    found: dict[int, list[int]] = defaultdict(list)
    for i, place in enumerate(p.shared.place):
        if place >= 0:
            found[int(place)].append(i)
    return {place: members for place, members in found.items() if len(members) > 1}


class SharedListing(ListingPart):
    """Rows of running pods; standing modules are listed."""

    name = "shared"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.shared is not None

    def write(self) -> None:
        p = self.p
        for place, members in places(p).items():
            for t in range(p.quarters):
                row = self.listing.row(("place", place, t))
                for i in members:
                    row[self.listing.q[i, :, t]] = p.pue_peak[i] * p.pod_it_mw

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        p = self.p
        assert p.shared is not None
        for place, members in places(p).items():
            for t in range(p.quarters):
                clusters = sum(p.pue_peak[i] * float(p.pod_it_mw @ held[i, :, t]) for i in members)
                flows = p.shared.energized_mw[members[0], t]
                right[self.listing.number["place", place, t]] = flows - clusters

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        assert p.shared is not None
        for members in places(p).values() if p.annex is None else ():  # halls that are converted move: a row each
            stands = sum(modules[i].sum() * p.module_it_mw * p.pue_peak[i] for i in members)
            if stands > p.shared.standing_mw[members[0]] + 1e-9:
                return False
        return True
