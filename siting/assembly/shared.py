"""Rows of the planner's file that name the same place: what the place carries is the most that one of them states."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import FloatArray
from siting.problem.shared import Shared


def shared_places(usable: pd.DataFrame, energized_mw: FloatArray) -> Shared | None:
    """None when no two usable candidates share a place. Columns: place ("" or blank: alone), final_utility_mw."""
    names = usable["place"].fillna("").astype(str)
    counts = names[names != ""].value_counts()
    numbers = {name: number for number, name in enumerate(sorted(counts.index[counts > 1]))}
    if not numbers:
        return None
    place = np.array([numbers.get(name, -1) for name in names], dtype=np.int64)
    standing, flowing = usable["final_utility_mw"].to_numpy(float).copy(), energized_mw.copy()
    for number in numbers.values():
        rows = np.flatnonzero(place == number)
        standing[rows] = standing[rows].max()
        flowing[rows] = flowing[rows].max(axis=0)
    return Shared(place=place, standing_mw=standing, energized_mw=flowing)
