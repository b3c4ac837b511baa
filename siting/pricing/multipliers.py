"""What a unit of each limit that candidates share is held to be worth."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from siting.problem import FloatArray, Problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Multipliers:
    """Any values give a valid bound, those of the relaxation's optimum a good one. Below 0 is read as 0, except `host`.

    Present musd for one unit of the limit.
    """

    demand: FloatArray
    """(J, T) one H100e served to a region."""
    funding: FloatArray
    """(T,) one nominal musd of cumulative funding."""
    supply: FloatArray
    """(G, T) one accelerator that the vendor ships."""
    host: FloatArray
    """(K,) standing a cluster somewhere; free of sign."""
    line: FloatArray
    """(R,) one MW of room on a line; empty without rows."""
    island: FloatArray
    """(N,) one MW of spare generation; empty without islands."""
    sites: float = 0.0
    """One more site where the study states a most."""

    @classmethod
    def zero(cls, p: Problem) -> Self:
        """Multipliers of nothing: the bound that costs alone give."""
        _, g, t, _, k, j = p.size
        rows, islands = (0, 0) if p.grid is None else (len(p.grid.room_mw), len(p.grid.spare_mw))
        return cls(
            demand=np.zeros((j, t)),
            funding=np.zeros(t),
            supply=np.zeros((g, t)),
            host=np.zeros(k),
            line=np.zeros(rows),
            island=np.zeros(islands),
        )

    def mixed(self, other: Self, share: float) -> Self:
        """`share` of these and the rest of the other: any mixture is as valid as its parts."""
        return type(self)(
            **{
                f.name: share * getattr(self, f.name) + (1.0 - share) * getattr(other, f.name) for f in fields(self)
            }
        )

    def signed(self) -> Self:
        """The same with what must not be negative at 0 or more."""
        values = {f.name: np.maximum(getattr(self, f.name), 0.0) for f in fields(self) if f.name != "host"}
        return type(self)(host=self.host, **(values | {"sites": float(values["sites"])}))
