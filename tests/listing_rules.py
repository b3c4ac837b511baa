"""Rules of the plan in the listing: sentence by sentence on the sites that have modules."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from listing_cooling import opened as opened_in
from listing_parts import ListingPart
from pyproj import Geod

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host


class RulesListing(ListingPart):
    """Only rules on what is listed: no column, no row."""

    name = "rules"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.rules is not None

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        rules = p.rules
        assert rules is not None
        opened = sorted(opened_in(p, modules))
        if len(opened) < rules.min_sites or (rules.max_sites is not None and len(opened) > rules.max_sites):
            return False
        for i, least in enumerate(rules.forced_modules):
            halls = modules[sorted({i, p.annexes.get(i, i)}), : rules.forced_by[i] + 1]
            if halls.sum() < least:
                return False
        for i, stands in enumerate(rules.existing_modules):
            if stands and (modules[i, 0] != stands or modules[i, 1 : rules.extended_from[i]].any()):
                return False
        for group, most in enumerate(rules.group_most):
            if sum(group in rules.group[:, i] for i in opened) > most:
                return False
        if rules.min_distance_km is None:
            return True
        earth = Geod(ellps="WGS84")
        return all(
            earth.inv(rules.lon[a], rules.lat[a], rules.lon[b], rules.lat[b])[2] >= 1000 * rules.min_distance_km
            for a, b in combinations(opened, 2)
        )
