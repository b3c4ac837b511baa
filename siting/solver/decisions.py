"""The point that the solver found, as arrays over the problem's index sets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.formulation.service import coverage_classes
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.solver.compile import Matrix

FIT_OUT = 1e-7
"""Part of a module that fit-out in shells is told by: a solver's tolerance is less. Rounded up, so that pods fit."""
FIRST = frozenset(["Z", "V", "B", "Q", "X", "Y", "W", "U", "R", "F", "M", "N", "Spend", "Pair", "Part"])
"""Families that every model has; they are read into arrays of their own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """Whole numbers are whole; increments by quarter."""

    modules: FloatArray  # (I, T) that go live in t; not whole where halls are fitted out in shells
    pods: IntArray  # (I, G, T) delivered in t
    running_pods: FloatArray  # (I, G, T) clusters and inference
    lease_gpus: IntArray  # (L, T) of the contract that starts in t
    lease_reserved: BoolArray  # (K, L, T) the contract that starts in t is reserved for cluster k
    host: tuple[tuple[str, int, int], ...]  # (K,) ("campus", i, g), ("lease", l, -1) or ("split", first campus, g)
    parts: tuple[tuple[int, int, int, int], ...]  # (k, i, g, pods) of every cluster on campuses, one or two rows each
    service: tuple[tuple[str, int, int, int, float], ...]  # ("campus" | "lease", source, region, t, H100e)
    posted: tuple[tuple[str, str, int, int, float], ...] = ()
    """(cash | credit, item, candidate, quarter, musd) of what the ledger prices: parts that a study may leave out."""
    extra: Mapping[str, Mapping[Any, float]] = field(default_factory=dict)
    """Values of every family of variables by name and index, for the tables of such parts."""


def decisions_from(p: Problem, matrix: Matrix, x: NDArray[np.float64]) -> Decisions:
    """Decisions at the point x of the compiled model."""
    i_count, g_count, t_count, l_count, k_count, _ = p.size
    modules = np.zeros((i_count, t_count))
    for (i, t), value in matrix.values("V", x).items():
        modules[i, t] = _fit_out(value) if p.in_shells[i] else round(value)
    pods = np.zeros((i_count, g_count, t_count), dtype=np.int64)
    for (i, g, t), value in matrix.values("B", x).items():
        pods[i, g, t] = round(value)
    gpus = np.zeros((l_count, t_count), dtype=np.int64)
    # an existing contract runs whatever is decided: one that costs nothing and that nobody uses is in no row
    for li in np.flatnonzero(p.lease_forced).tolist():
        gpus[li, p.lease_start[li]] = round(float(p.lease_max[li]))
    for (li, t), value in matrix.values("X", x).items():
        gpus[li, t] = round(value)
    reserved = np.zeros((k_count, l_count, t_count), dtype=bool)
    for (k, li, t), value in matrix.values("R", x).items():
        reserved[k, li, t] = value > 0.5
    hosts: list[tuple[str, int, int]] = [("none", -1, -1)] * k_count
    running = np.zeros((i_count, g_count, t_count))
    parts = list(_parts(p, matrix, x))
    for k, i, g, count in parts:
        hosts[k] = ("campus" if count == p.cluster_pods[k, g] else "split", i, g) if hosts[k][1] < 0 else hosts[k]
        running[i, g, p.cluster_from[k] : p.cluster_until[k] + 1] += count
    for (k, li), value in matrix.values("U", x).items():
        if value > 0.5:
            hosts[k] = ("lease", li, -1)
    serving = np.zeros_like(running)
    for (i, g, t), value in matrix.values("Q", x).items():
        serving[i, g, t] = value
    spare_gpus = _spare_gpus(p, gpus, reserved)
    return Decisions(
        modules=np.diff(np.maximum.accumulate(modules, axis=1), axis=1, prepend=0),
        pods=np.diff(pods, axis=2, prepend=0),
        running_pods=running + serving,
        lease_gpus=gpus,
        lease_reserved=reserved,
        host=tuple(hosts),
        parts=tuple(parts),
        service=_split(p, matrix.values("F", x), serving, spare_gpus),
        posted=tuple(
            (entry.kind, entry.item, entry.candidate, entry.quarter, musd)
            for entry, musd in matrix.posted(x)
            if musd != 0.0
        ),
        extra={name: matrix.values(name, x) for name in matrix.columns if name not in FIRST},
    )


def _fit_out(value: float) -> float:
    return math.ceil(value / FIT_OUT - 1e-2) * FIT_OUT


def _parts(p: Problem, matrix: Matrix, x: NDArray[np.float64]) -> Iterator[tuple[int, int, int, int]]:
    """(k, i, g, pods) of the clusters on campuses, by cluster."""
    whole = [(k, i, g, int(p.cluster_pods[k, g])) for (k, i, g), w in matrix.values("W", x).items() if w > 0.5]
    first = matrix.values("Part", x)
    for (k, a, b, g), chosen in matrix.values("Pair", x).items():
        if chosen > 0.5:
            pods = round(first[k, a, b, g])
            whole += [(k, a, g, pods), (k, b, g, int(p.cluster_pods[k, g]) - pods)]
    yield from sorted(whole)


def _spare_gpus(p: Problem, gpus: IntArray, reserved: BoolArray) -> FloatArray:
    """(L, T) GPUs in force that no cluster holds."""
    spare = np.zeros(gpus.shape)
    for li, start in np.argwhere(gpus > 0).tolist():
        active = slice(start, min(start + int(p.lease_term[li]), p.quarters))
        spare[li, active] += gpus[li, start]
        for k in np.flatnonzero(reserved[:, li, start]).tolist():
            held = slice(max(start, int(p.cluster_from[k])), min(active.stop, int(p.cluster_until[k]) + 1))
            spare[li, held] -= p.cluster_lease_gpus[k, li]
    return spare


def _split(
    p: Problem, flows: dict[tuple[int, int, int], float], serving: FloatArray, spare_gpus: FloatArray
) -> tuple[tuple[str, int, int, int, float], ...]:
    """Flows of a class handed to its members in order, each up to its capacity: members are interchangeable."""
    _, site_class, lease_class = coverage_classes(p)
    campus = p.serve_factor * np.einsum("igt,g->it", serving, p.pod_serve)
    rented = p.serve_factor * spare_gpus * p.lease_serve[:, None]
    capacity: dict[tuple[str, int, int], float] = {}
    members: dict[int, list[tuple[str, int]]] = {}
    for kind, classes, able in (("campus", site_class, campus), ("lease", lease_class, rented)):
        for source in np.flatnonzero((classes >= 0) & (able.max(axis=1, initial=0.0) > 1e-9)).tolist():
            members.setdefault(int(classes[source]), []).append((kind, source))
            capacity.update({(kind, source, t): float(able[source, t]) for t in range(p.quarters)})
    served: list[tuple[str, int, int, int, float]] = []
    for (c, j, t), flow in sorted(flows.items()):
        for kind, source in members.get(c, []):
            part = min(flow, capacity[kind, source, t])
            if part > 1e-9:
                served.append((kind, source, j, t, part))
                capacity[kind, source, t] -= part
                flow -= part
    return tuple(served)
