"""Which lease offers stand in one region: what is lost together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.problem import IntArray


def region_numbers(leases: pd.DataFrame) -> IntArray:
    """(L,) number of the region of every row of `lease_frame`: rows of one region's name, or of one place, share it.

    A name or a place that is blank says nothing. Names are compared without case and spaces around.
    """
    rows = np.arange(len(leases))
    names = leases["region"].fillna("").astype(str).str.strip().str.casefold()
    places = leases[["lat", "lon"]].astype(float)
    pairs = []
    for key, blank in ((names, names == ""), (places.apply(tuple, axis=1), places.isna().any(axis=1))):
        for _, same in pd.Series(rows, index=leases.index)[~blank.to_numpy(bool)].groupby(key[~blank].to_numpy()):
            pairs += [(int(same.iloc[0]), int(other)) for other in same]
    first, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(pairs)), (first, other)), shape=(len(leases), len(leases)))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)
