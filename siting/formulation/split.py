"""One fabric over two campuses: a cluster whose pods are divided between a pair within the fibre distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.geo.distance import geodesic_km
from siting.problem import Problem

Pair = tuple[int, int, int, int]
"""Cluster, first campus, second campus, accelerator."""


def pairs(p: Problem) -> list[Pair]:
    """Every pair of campuses that together could stand a cluster by its date, each with a pod at least."""
    if p.split is None:
        return []
    km, found = geodesic_km(p.split.lat, p.split.lon, p.split.lat, p.split.lon), []
    for k in np.flatnonzero(np.isfinite(p.split.within_km)).tolist():
        room = p.part_pods(k)
        near = np.triu((km <= p.split.within_km[k] + 1e-9) & (p.campus[:, None] != p.campus[None, :]), 1)
        for g in np.flatnonzero(p.cluster_pods[k] >= 2).tolist():
            able = room[:, g] >= 1
            together = room[:, None, g] + room[None, :, g] >= p.cluster_pods[k, g]
            both = np.argwhere(near & able[:, None] & able[None, :] & together)
            found += [(k, a, b, g) for a, b in both.tolist()]
    return found


def add_split(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""D_kabg in {0,1}: cluster k stands on campuses a and b with g. P_kabg integer: its pods at a; N_kg - P at b.

    D_kabg <= P_kabg <= min(n_a, N_kg - 1) D_kabg;    N_kg D_kabg - P_kabg <= min(n_b, N_kg - 1) D_kabg
    sum_bg D_kabg <= Z_a,by  for each campus of a pair

    n most pods of the cluster that a campus holds. One host in all: `add_training`. Nothing where no cluster may split.
    """
    m.KD = pyo.Set(dimen=4, initialize=pairs(p))
    m.Pair = pyo.Var(m.KD, domain=pyo.Binary)
    m.Part = pyo.Var(m.KD, domain=pyo.NonNegativeIntegers)
    sites: dict[tuple[int, int], list[Pair]] = {}
    for key in m.KD:
        for campus in key[1:3]:
            sites.setdefault((key[0], campus), []).append(key)
    most = {k: p.part_pods(k) for k in {key[0] for key in m.KD}}
    m.KS = pyo.Set(dimen=2, initialize=list(sites))
    m.held_parts = _held(m, p)

    @m.Constraint(m.KD)
    def part_at_first(m: pyo.ConcreteModel, k: int, a: int, b: int, g: int) -> object:
        return m.Part[k, a, b, g] >= m.Pair[k, a, b, g]

    @m.Constraint(m.KD)
    def part_fits_first(m: pyo.ConcreteModel, k: int, a: int, b: int, g: int) -> object:
        room = min(int(most[k][a, g]), int(p.cluster_pods[k, g]) - 1)
        return m.Part[k, a, b, g] <= room * m.Pair[k, a, b, g]

    @m.Constraint(m.KD)
    def rest_fits_second(m: pyo.ConcreteModel, k: int, a: int, b: int, g: int) -> object:
        room = min(int(most[k][b, g]), int(p.cluster_pods[k, g]) - 1)
        return int(p.cluster_pods[k, g]) * m.Pair[k, a, b, g] - m.Part[k, a, b, g] <= room * m.Pair[k, a, b, g]

    @m.Constraint(m.KS)
    def pair_is_open(m: pyo.ConcreteModel, k: int, i: int) -> object:
        return sum(m.Pair[key] for key in sites[k, i]) <= m.Z[i, int(p.cluster_from[k])]


def _held(m: pyo.ConcreteModel, p: Problem) -> dict[tuple[int, int], list[tuple[int, int, Any]]]:
    """(campus, accelerator) -> (cluster, pods per unit, variable) of what split clusters hold there in their window."""
    held: dict[tuple[int, int], list[tuple[int, int, Any]]] = {}
    for k, a, b, g in m.KD:
        first, pair = m.Part[k, a, b, g], m.Pair[k, a, b, g]
        held.setdefault((a, g), []).append((k, 1, first))
        held.setdefault((b, g), []).extend([(k, int(p.cluster_pods[k, g]), pair), (k, -1, first)])
    return held
