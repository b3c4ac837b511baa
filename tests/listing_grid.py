"""Shared lines in the listing: power on every line from the modules that stand: at the end, or by quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host


class GridListing(ListingPart):
    """Only limits on what is listed: no column, no row."""

    name = "grid"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.grid is not None

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        assert p.grid is not None
        island = dict.fromkeys(range(len(p.grid.island_name)), 0.0)
        for i, live in enumerate(modules):
            if p.grid.island[i] >= 0:
                island[int(p.grid.island[i])] += sum(live) * p.module_it_mw * p.pue_peak[i]
        if any(mw > p.grid.spare_mw[n] + 1e-9 for n, mw in island.items()):
            return False
        for r, room in enumerate(p.grid.room_mw):
            for t in range(p.quarters) if p.grid.every_quarter[r] else [p.quarters - 1]:
                stands = [sum(live[: t + 1]) * p.module_it_mw * p.pue_peak[i] for i, live in enumerate(modules)]
                if sum(f * mw for f, mw in zip(p.grid.factor[r], stands, strict=True)) > room + 1e-9:
                    return False
        return True
