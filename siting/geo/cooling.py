"""Power usage effectiveness from cooling class and climate.

Three labelled classes with a linear climate tilt (`data/pue_classes.csv`): assumptions, held against what 58 AI
campuses disclose. The annual mean bills energy; the peak, in the warmest month, sizes power. Monthly means hide hot
hours, so the peak's reference level is a disclosed *peak* PUE, not a physical one at the monthly mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MONTHS = 12


def pue(temps_c: ArrayLike, cooling_row: Mapping[Any, Any] | Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Annual-mean PUE (N,) and peak PUE (N,), utility MW per critical IT MW.

    temps_c: monthly mean temperature in deg C, (N, 12). cooling_row: a row of `pue_classes`, by column name.
    mean = average over months of mean_ref + mean_tilt (T - mean_ref_c), each month within [mean_min, mean_max];
    peak = peak_ref + peak_tilt (max T - peak_ref_c) within [peak_min, peak_max], and never below the mean.
    A place with any month blank gets NaN in both. Raises ValueError for another shape.
    """
    temperature = np.asarray(temps_c, dtype=np.float64)
    if temperature.ndim != 2 or temperature.shape[1] != MONTHS:
        raise ValueError(f"expected temperatures of shape (N, {MONTHS}), found {temperature.shape}")

    def at(kind: str, celsius: NDArray[np.float64]) -> NDArray[np.float64]:
        ref, tilt, ref_c = (float(cooling_row[f"{kind}_{part}"]) for part in ("ref_pue", "tilt_per_c", "ref_c"))
        low, high = float(cooling_row[f"{kind}_min_pue"]), float(cooling_row[f"{kind}_max_pue"])
        return np.clip(ref + tilt * (celsius - ref_c), low, high)

    mean = at("mean", temperature).mean(axis=1)
    peak = np.maximum(at("peak", temperature.max(axis=1)), mean)
    return mean, peak
