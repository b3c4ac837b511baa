"""Knapsacks of whole customers, counted out: of all sites side by side, by dynamic programming over room.

least[k, i, t] is the least that customers k, k + 1, ... add to site i when t units of its room are taken already: 0 at
the end, infinite where t is more than the room; a customer is taken or not, whichever is less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.problem import BoolArray, FloatArray

Whole = NDArray[np.int64]


def whole_knapsacks(saving: FloatArray, demand: Whole, room: Whole) -> tuple[FloatArray, BoolArray]:
    """(M,) least sum of savings (M, N; what pays is below 0) of customers who fit together, and (M, N) who they are."""
    (m, n), width = saving.shape, int(room.max(initial=0)) + 1
    least = np.where(np.arange(width) <= room[:, None], 0.0, np.inf)
    takes = np.zeros((n, m, width), dtype=bool)
    paying = (saving < 0.0).any(axis=0) & (demand < width)
    for k in np.flatnonzero(paying)[::-1].tolist():
        d = int(demand[k])
        with_it = least[:, d:] + saving[:, k, None]
        np.less(with_it, least[:, : width - d], out=takes[k, :, : width - d])
        np.minimum(least[:, : width - d], with_it, out=least[:, : width - d])
    share, used, every = np.zeros((m, n), dtype=bool), np.zeros(m, dtype=np.int64), np.arange(m)
    for k in np.flatnonzero(paying).tolist():
        share[:, k] = takes[k, every, used]
        used += share[:, k] * demand[k]
    return least[:, 0].copy(), share


def with_each(saving: FloatArray, demand: Whole, room: Whole) -> FloatArray:
    """(M, N) least sum of savings of customers who fit together and of whom this one is one; infinite where it alone
    does not fit. Customers before it and after it share the room in every way."""
    (m, n), width = saving.shape, int(room.max(initial=0)) + 1
    least = np.empty((n + 1, m, width))
    least[n] = np.where(np.arange(width) <= room[:, None], 0.0, np.inf)
    for k in range(n - 1, -1, -1):
        d = min(int(demand[k]), width)
        least[k] = least[k + 1]
        np.minimum(least[k, :, : width - d], least[k + 1, :, d:] + saving[:, k, None], out=least[k, :, : width - d])
    found, before = np.full((m, n), np.inf), np.zeros((m, width))
    for k in range(n):
        d = int(demand[k])
        if d >= width:
            continue
        found[:, k] = saving[:, k] + (before[:, : width - d] + least[k + 1, :, d:]).min(axis=1)
        before[:, d:] = np.minimum(before[:, d:], before[:, : width - d] + saving[:, k, None])
    return found
