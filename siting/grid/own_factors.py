"""Own transfer factors: of 1 MW sent from end to end of a branch, the MW that take the branch itself, h_kk.

    h_kk = b_k (Z_ff + Z_tt - 2 Z_ft),   Z = inverse of B without its references,   f, t the ends of k.

1 - h_kk is what finds another way, and divides every outage factor of k. The entries of Z that are needed all lie on
the pattern of the factors of B, so a *selected inversion* finds them for every branch at once, without one solve each.
With B = L D L' column j is, from the last to the first, over the rows S below the diagonal of L_j:

    Z_Sj = -Z_SS L_Sj,   Z_jj = 1/d_j - L_Sj' Z_Sj.

Source: Takahashi, Fagan, Chin, "Formation of a sparse bus impedance matrix and its application to short circuit
study", PICA 1973. Measured: 1.8 s for the 88,256 Eastern branches, where one solve each takes minutes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.sparse import csc_array

from siting.grid.network import FloatArray, IntArray, Network
from siting.grid.powerflow import PowerFlow, factorise

COLUMNS = 8
"""Right-hand sides solved together: 8 doubles are one cache line; 64 were slower."""


@lru_cache(maxsize=8)
def own_factors(network: Network) -> FloatArray:
    """MW on each branch per MW sent from its `from_bus` to its `to_bus`, (L,), read-only; 1 where no other way exists.

    Above 1 only where a branch of negative reactance lies beside it.
    """
    found = _by_selected_inverse(factorise(network))
    if found is None:
        found = own_factors_by_solving(network, np.arange(len(network.branch_id)))
    found.setflags(write=False)
    return found


def own_factors_by_solving(network: Network, branch: IntArray) -> FloatArray:
    """The same for some branch positions (K,), one solve each."""
    flow = factorise(network)
    found = np.empty(len(branch))
    for start in range(0, len(branch), COLUMNS):
        some = branch[start : start + COLUMNS]
        found[start : start + COLUMNS] = flow.branch_flows(transfers(network, some))[some, np.arange(len(some))]
    return found


def transfers(network: Network, branch: IntArray) -> FloatArray:
    """1 MW into `from_bus` and out of `to_bus` of each branch position (K,): injections (B, K)."""
    column = np.arange(len(branch))
    injection = np.zeros((len(network.bus_id), len(branch)))
    np.add.at(injection, (network.from_bus[branch], column), 1.0)
    np.subtract.at(injection, (network.to_bus[branch], column), 1.0)
    return injection


def _by_selected_inverse(flow: PowerFlow) -> FloatArray | None:
    """Every own factor, or None where the factors are not symmetric or a cancelled entry has left their pattern."""
    lower = csc_array(flow.lu.L)
    lower.sort_indices()
    start, row = lower.indptr.astype(np.int64), lower.indices.astype(np.int64)
    size = len(start) - 1
    column = np.repeat(np.arange(size), np.diff(start))
    key = column * size + row  # ascending: columns, then rows
    network = flow.network
    place = np.full(len(network.bus_id), -1)
    place[flow.free] = flow.lu.perm_c
    f, t = place[network.from_bus], place[network.to_bus]
    early, late = np.minimum(f, t), np.maximum(f, t)
    # Closed under elimination: what stands below the first entry of a column stands in the column of that entry too.
    parent = row[np.minimum(start[:-1] + 1, len(row) - 1)]
    deep = np.arange(len(row)) > start[column] + 1
    wanted = np.concatenate([parent[column[deep]] * size + row[deep], (early * size + late)[early >= 0]])
    if not np.array_equal(flow.lu.perm_r, flow.lu.perm_c) or not np.isin(wanted, key).all():
        return None
    z = _inverse_on_pattern(start, row, lower.data, flow.lu.U.diagonal())

    def entry(column: IntArray, line: IntArray) -> FloatArray:
        """Z at (line, column), line >= column; 0 at a reference, whose place is -1."""
        inside = column >= 0
        return np.where(inside, z[np.searchsorted(key, np.where(inside, column * size + line, 0))], 0.0)

    return np.asarray(flow.susceptance_mw * (entry(f, f) + entry(t, t) - 2 * entry(early, late)))


def _inverse_on_pattern(start: IntArray, row: IntArray, value: FloatArray, pivot: FloatArray) -> FloatArray:
    """Entries of the inverse of L D L' on the pattern of L, in its order; each column begins with its diagonal."""
    z = np.zeros(len(row))
    for j in range(len(pivot) - 1, -1, -1):
        first, last = start[j], start[j + 1]
        below, factor = row[first + 1 : last], value[first + 1 : last]
        k = len(below)
        if k == 0:
            z[first] = 1.0 / pivot[j]
            continue
        square = np.empty((k, k))
        for c, column in enumerate(below):
            a = start[column]
            at = a + np.searchsorted(row[a : start[column + 1]], below[c:])
            square[c:, c] = square[c, c:] = z[at]
        z[first + 1 : last] = -(square @ factor)
        z[first] = 1.0 / pivot[j] - factor @ z[first + 1 : last]
    return z
