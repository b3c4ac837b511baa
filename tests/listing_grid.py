"""Shared lines in the listing: power on every line from the modules that stand at the end."""

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
        line = [0.0] * len(p.grid.room_mw)
        for i, live in enumerate(modules):
            mw = sum(live) * p.module_it_mw * p.pue_peak[i]
            if p.grid.island[i] >= 0:
                island[int(p.grid.island[i])] += mw
            line = [flow + factor * mw for flow, factor in zip(line, p.grid.factor[:, i], strict=True)]
        short = any(mw > p.grid.spare_mw[n] + 1e-9 for n, mw in island.items())
        return not short and all(flow <= room + 1e-9 for flow, room in zip(line, p.grid.room_mw, strict=True))
