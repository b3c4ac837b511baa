"""What sites share on the transmission network: lines that they load together, and the generation that is to spare."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NO_OUTAGE = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class GridRows:
    """I candidates, N islands, R rows: one line in one direction, with all lines in service or after one outage."""

    bus_id: IntArray
    """(I,) bus at which the candidate draws; -1 where it has none and the network is not checked."""
    island: IntArray
    """(I,) position of its island; -1 without a bus."""
    island_name: tuple[str, ...]
    """(N,)"""
    spare_mw: FloatArray
    """(N,) running generation that the base case leaves unused."""
    factor: FloatArray
    """(R, I) MW on the line, in the row's direction, per utility MW of new load at the candidate; 0 without a bus."""
    room_mw: FloatArray
    """(R,) limit less what the base case carries in that direction."""
    limit_mw: FloatArray
    """(R,) rating, or emergency rating after an outage."""
    branch_id: IntArray
    """(R,)"""
    outage_id: IntArray
    """(R,) branch that is out; NO_OUTAGE where none is."""
    sign: IntArray
    """(R,) 1 from the line's first end to its second, -1 back."""
    every_quarter: NDArray[np.bool_]
    """(R,) whether a plan has broken it before the last quarter: it then holds in every quarter, else in the last."""

    def holds(self, quarters: int) -> NDArray[np.bool_]:
        """(R, T) whether the row holds in the quarter: the last one, or all."""
        last = np.arange(quarters) == quarters - 1
        return np.asarray(self.every_quarter[:, None] | last[None, :])

    def without_rows(self) -> Self:
        """The same islands, and no line."""
        none = slice(0, 0)
        rows = ("factor", "room_mw", "limit_mw", "branch_id", "outage_id", "sign", "every_quarter")
        return dataclasses.replace(self, **{name: getattr(self, name)[none] for name in rows})

    def take_candidates(self, rows: IntArray) -> Self:
        """The same rows over the candidates at `rows` only."""
        return dataclasses.replace(
            self, bus_id=self.bus_id[rows], island=self.island[rows], factor=self.factor[:, rows]
        )
