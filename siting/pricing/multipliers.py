"""What a unit of each limit that candidates share is held to be worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from siting.problem import BoolArray, FloatArray, Problem

FAR = 1e9
"""musd, largest price of a host: beyond it sums lose their last digits. Any price is as valid as any other."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Multipliers:
    """Any values give a valid bound, those of the relaxation's optimum a good one. Below 0 is read as 0, except `host`.

    Units of the objective (present musd where the cost is aimed at) for one unit of the limit.
    """

    served: FloatArray
    """(J, T) serving one H100e of the demand of a region in a quarter."""
    funding: FloatArray
    """(T,) one nominal musd of cumulative funding."""
    supply: FloatArray
    """(G, T) one accelerator that the vendor ships."""
    host: FloatArray
    """(K,) standing a cluster somewhere; free of sign."""
    line: FloatArray
    """(R, T) one MW of room on a line in a quarter; empty without rows."""
    island: FloatArray
    """(N,) one MW of spare generation; empty without islands."""
    sites: float = 0.0
    """One more site where the study states a most."""
    power_of: tuple[str, ...] = ()
    """(n,) candidates whose energized power has a price of its own; that of all others is chosen by rule."""
    power: FloatArray | None = None
    """(n, T) one energized MW of IT at these, in each quarter."""
    reach_of: BoolArray | None = None
    """(C, J) regions of the coverage classes of which `capacity` is known; others take that of the likest."""
    capacity: FloatArray | None = None
    """(C, T) one H100e of capacity of campuses that reach these regions. What a region is worth beyond it counts for
    being open there: a campus serves no region more than its demand."""
    parts: Mapping[str, FloatArray] = field(default_factory=dict)
    """Of rows of parts that a study may leave out, by the name of the row (`of`)."""

    def of(self, row: str, shape: tuple[int, ...]) -> FloatArray:
        """Prices of a part's rows at 0 or more, 0 where none are known. Raises ValueError for another shape."""
        found = np.maximum(self.parts.get(row, np.zeros(shape)), 0.0)
        if found.shape != shape:
            raise ValueError(f"prices of {row}: {found.shape} instead of {shape}")
        return np.asarray(found)

    @classmethod
    def zero(cls, p: Problem) -> Self:
        """Multipliers of nothing: the bound that costs alone give."""
        _, g, t, _, k, j = p.size
        rows, islands = (0, 0) if p.grid is None else (len(p.grid.room_mw), len(p.grid.spare_mw))
        return cls(
            served=np.zeros((j, t)),
            funding=np.zeros(t),
            supply=np.zeros((g, t)),
            host=np.zeros(k),
            line=np.zeros((rows, t)),
            island=np.zeros(islands),
        )

    def signed(self) -> Self:
        """The same with what must not be negative at 0 or more, and prices of hosts within FAR."""
        return type(self)(
            served=np.maximum(self.served, 0.0),
            funding=np.maximum(self.funding, 0.0),
            supply=np.maximum(self.supply, 0.0),
            host=np.clip(self.host, -FAR, FAR),
            line=np.maximum(self.line, 0.0),
            island=np.maximum(self.island, 0.0),
            sites=max(self.sites, 0.0),
            power_of=self.power_of,
            power=None if self.power is None else np.maximum(self.power, 0.0),
            reach_of=self.reach_of,
            capacity=None if self.capacity is None else np.maximum(self.capacity, 0.0),
            parts=self.parts,
        )

    def as_lists(self) -> dict[str, Any]:
        """Plain values that a file can hold; regions that a class reaches are the list of their numbers."""
        signed = self.signed()
        return {
            "served": signed.served.tolist(),
            "funding": signed.funding.tolist(),
            "supply": signed.supply.tolist(),
            "host": signed.host.tolist(),
            "line": signed.line.tolist(),
            "island": signed.island.tolist(),
            "sites": signed.sites,
            "power_of": list(signed.power_of),
            "power": [] if signed.power is None else signed.power.tolist(),
            "reach_of": [] if signed.reach_of is None else [np.flatnonzero(one).tolist() for one in signed.reach_of],
            "capacity": [] if signed.capacity is None else signed.capacity.tolist(),
            "parts": {row: prices.tolist() for row, prices in signed.parts.items()},
        }

    @classmethod
    def from_lists(cls, lists: Mapping[str, Any], regions: int, quarters: int) -> Self:
        """What `as_lists` gave. Raises KeyError, ValueError or IndexError for lists that do not fit."""
        reach_of = np.zeros((len(lists["reach_of"]), regions), dtype=bool)
        for n, members in enumerate(lists["reach_of"]):
            reach_of[n, members] = True
        served = np.array(lists["served"], dtype=np.float64).reshape(regions, quarters)
        return cls(
            served=served,
            funding=np.array(lists["funding"], dtype=np.float64),
            supply=np.array(lists["supply"], dtype=np.float64).reshape(-1, quarters),
            host=np.array(lists["host"], dtype=np.float64),
            line=np.array(lists["line"], dtype=np.float64).reshape(-1, quarters),
            island=np.array(lists["island"], dtype=np.float64),
            sites=float(lists["sites"]),
            power_of=tuple(lists["power_of"]),
            power=np.array(lists["power"], dtype=np.float64).reshape(-1, quarters),
            reach_of=reach_of,
            capacity=np.array(lists["capacity"], dtype=np.float64).reshape(len(reach_of), quarters),
            parts={str(row): np.array(prices, dtype=np.float64) for row, prices in lists["parts"].items()},
        )
