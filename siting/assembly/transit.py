"""Cost of carrying service, from the distances of a study's sources to its regions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.geo.distance import geodesic_km
from siting.problem import FloatArray
from siting.problem.transit import Transit
from siting.study import Study
from siting.units import hours_in


def transit_of(study: Study, usable: pd.DataFrame, leases: pd.DataFrame, regions: pd.DataFrame) -> Transit | None:
    """Rates of every arc; None when carrying is free. A source without a place reaches nothing and counts 0."""
    ask = study.inference
    if ask is None or not ask.transit_usd_per_h100e_h_per_1000km:
        return None
    rate = ask.transit_usd_per_h100e_h_per_1000km

    def usd_per_h(sources: pd.DataFrame) -> FloatArray:
        ends = (frame[name].to_numpy(float) for frame in (sources, regions) for name in ("lat", "lon"))
        return np.nan_to_num(rate * geodesic_km(*ends) / 1000.0)

    return Transit(
        usd_per_h=usd_per_h(usable),
        lease_usd_per_h=usd_per_h(leases),
        hours=np.array([hours_in(study.start + t) for t in range(study.quarters)]),
    )
