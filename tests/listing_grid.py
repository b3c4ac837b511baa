"""Shared lines in the listing: power on every line from the modules that stand: at the end, or by quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from listing_parts import ListingPart

from siting.problem import Problem

if TYPE_CHECKING:
    from listing import Host


def loads(p: Problem, modules: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MW on every line and in every island that so many modules (I,) put there."""
    island, line = np.zeros(len(p.grid.spare_mw)), np.zeros(len(p.grid.room_mw))
    for i, count in enumerate(modules):
        mw = count * p.module_it_mw * p.pue_peak[i]
        if p.grid.island[i] >= 0:
            island[int(p.grid.island[i])] += mw
        line += p.grid.factor[:, i] * mw
    return line, island


def moments(p: Problem) -> list[tuple[int, int]]:
    """(row, quarter) in which a line is looked at: the last, or every one."""
    last = p.quarters - 1
    return [(r, t) for r in range(len(p.grid.room_mw)) for t in range(last + 1) if t == last or p.grid.every_quarter[r]]


class GridListing(ListingPart):
    """Limits on what is listed; rows only where halls may be converted to another class (`CoolingListing`)."""

    name = "grid"

    @staticmethod
    def used(p: Problem) -> bool:
        return p.grid is not None

    def write(self) -> None:
        if self.p.annex is not None:
            for r, t in moments(self.p):
                self.listing.row(("line", r, t))
            for n in range(len(self.p.grid.spare_mw)):
                self.listing.row(("island", n))

    def right(self, right: np.ndarray, modules: np.ndarray, held: np.ndarray, money: bool) -> None:
        if self.p.annex is None:
            return
        for r, t in moments(self.p):
            mw = self.p.grid.room_mw[r] - loads(self.p, modules[:, : t + 1].sum(axis=1))[0][r]
            right[self.listing.number["line", r, t]] = mw if money else np.inf
        for n, mw in enumerate(self.p.grid.spare_mw - loads(self.p, modules.sum(axis=1))[1]):
            right[self.listing.number["island", n]] = mw if money else np.inf

    @staticmethod
    def allows(p: Problem, modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        assert p.grid is not None
        if p.annex is not None:
            return True
        _, island = loads(p, modules.sum(axis=1))
        at_rest = [(loads(p, modules[:, : t + 1].sum(axis=1))[0][r], p.grid.room_mw[r]) for r, t in moments(p)]
        return bool((island <= p.grid.spare_mw + 1e-9).all()) and all(mw <= room + 1e-9 for mw, room in at_rest)
