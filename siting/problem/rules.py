"""Rules of the plan as arrays: counts of open sites, in all and by group, forced sites, places too near each other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteRules:
    """I candidates; N groups (a state, a county) with a limit, D kinds of group. A candidate is in one group a kind."""

    min_sites: int
    max_sites: int | None
    forced_modules: FloatArray
    """(I,) least modules that must stand; 0 where nothing is forced. Whole where modules are."""
    forced_by: IntArray
    """(I,) quarter by which they stand."""
    existing_modules: IntArray
    """(I,) modules that stand at the start; 0 where there is no campus yet."""
    extended_from: IntArray
    """(I,) first quarter in which a module beside these can go live."""
    group: IntArray
    """(D, I) number of the candidate's group; -1 where no limit holds."""
    group_most: IntArray
    """(N,) sites that may be open in the group."""
    lat: FloatArray
    """(I,) degrees."""
    lon: FloatArray
    min_distance_km: float | None

    def take_candidates(self, rows: IntArray) -> Self:
        """The same rules over the candidates at `rows` only."""
        return dataclasses.replace(
            self,
            forced_modules=self.forced_modules[rows],
            forced_by=self.forced_by[rows],
            existing_modules=self.existing_modules[rows],
            extended_from=self.extended_from[rows],
            group=self.group[:, rows],
            lat=self.lat[rows],
            lon=self.lon[rows],
        )
