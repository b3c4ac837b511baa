"""Candidates that are one place: different tenures or halves of it share its megawatts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Shared:
    """What a place carries, at least what each of its candidates may draw alone, so that nothing is shared where one of
    them is kept; written at each of them."""

    place: NDArray[np.int64]  # (I,) number of the place, -1 for a candidate that shares with nobody
    standing_mw: NDArray[np.float64]  # (I,) utility MW that may stand at the place
    energized_mw: NDArray[np.float64]  # (I, T) utility MW that flow to the place

    def take_candidates(self, rows: NDArray[np.int64]) -> Self:
        """The same over the candidates at `rows`."""
        return dataclasses.replace(
            self,
            place=self.place[rows],
            standing_mw=self.standing_mw[rows],
            energized_mw=self.energized_mw[rows],
        )

    def groups(self) -> list[list[int]]:
        """Candidates of each place that has two of them or more."""
        found: dict[int, list[int]] = {}
        for i, place in enumerate(self.place.tolist()):
            if place >= 0:
                found.setdefault(place, []).append(i)
        return [members for members in found.values() if len(members) > 1]
