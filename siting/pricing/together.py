"""Sets of clusters at one place: which cannot use the same hardware one after the other, and which set is best there.

A pod, or the place of a GPU in an offer, may hold one cluster and then another. What it costs to have it there is
then paid once, so the costs of two clusters may be added up only where their quarters meet: what holds one of them
then does not hold the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from siting.pricing.reduced import NEVER
from siting.problem import BoolArray, FloatArray, IntArray, Problem

MOST_TOGETHER = 3
"""Clusters of a set that is priced by itself; sets that hold more are bounded by the first of theirs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Room:
    """What clusters that run at the same time take from each of n places."""

    has: FloatArray
    """(n, T)"""
    takes: FloatArray
    """(n, K)"""


def least_over_sets(
    p: Problem,
    able: BoolArray,
    room: Room,
    floor: FloatArray,
    value: Callable[[tuple[int, ...], IntArray], FloatArray],
) -> FloatArray:
    r"""(n,) least value of a set of at least one cluster at each of n places; NEVER where none can stand.

    able: (n, K) whether the cluster can stand there alone. value: of a set at the places of these numbers, less what
    its hosts are worth. floor: (n, K) what a cluster adds at least to whatever set, less what its host is worth.

    Sets S grow in the order of their clusters, where the room of every quarter carries all of them (a limit that
    every plan keeps). With T the first clusters of S, value(S) >= value(T) + sum_{k in S, not T} floor_k: each
    cluster takes its megawatts in its window whatever else is there, and what it asks for beside is left out. So

    - no set that begins with T is looked at where value(T) + sum_{k > T, able} min(0, floor_k) is not below the least
      value so far: the answer is the same;
    - of sets with more than `MOST_TOGETHER` clusters this sum itself is taken, a bound from below.
    """
    number, clusters = able.shape
    least = np.full(number, NEVER)
    active = np.zeros((clusters, p.quarters))
    for k in range(clusters):
        active[k, p.cluster_from[k] : p.cluster_until[k] + 1] = 1.0

    def grow(found: tuple[int, ...], at: IntArray, left: FloatArray) -> None:
        """Sets that begin with `found`, at places with `left` (len(at), T) of their room."""
        for k in range(found[-1] + 1 if found else 0, clusters):
            after = left - room.takes[at, k][:, None] * active[k]
            fits = able[at, k] & (after >= -1e-6).all(axis=1)
            here, after = at[fits], after[fits]
            if not len(here):
                continue
            now = (*found, k)
            of_set = value(now, here)
            least[here] = np.minimum(least[here], of_set)
            more = np.arange(k + 1, clusters)
            carried = (after[:, None, :] >= room.takes[here][:, more, None] * active[more] - 1e-6).all(axis=2)
            add = np.where(able[here][:, more] & carried, np.minimum(floor[here][:, more], 0.0), 0.0).sum(axis=1)
            larger = of_set + add
            if len(now) == MOST_TOGETHER:
                least[here] = np.minimum(least[here], larger)
                continue
            useful = larger < least[here]
            grow(now, here[useful], after[useful])

    grow((), np.arange(number), room.has)
    return np.where(least < NEVER / 2, least, NEVER)


def meeting_sets(p: Problem, clusters: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Subsets of the clusters of which every two have a quarter in common; the empty one is the first."""
    begin, until = p.cluster_from, p.cluster_until
    subsets = [found for size in range(len(clusters) + 1) for found in combinations(clusters, size)]
    return [
        found
        for found in subsets
        if all(begin[a] <= until[b] and begin[b] <= until[a] for a, b in combinations(found, 2))
    ]


def sets_on_own_pods(p: Problem, clusters: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Of these the subsets whose clusters stand on pods, and places in halls, of their own.

    Where pods go at the end of their life, a hall may hold a type for one cluster, that is carried on elsewhere, and
    then another type for the next: the sets that count are those of one type, or of pods that outlive the horizon.
    """
    kept = []
    for found in meeting_sets(p, clusters):
        kinds = np.flatnonzero((p.cluster_pods[list(found)] > 0).any(axis=0))
        if len(found) < 2 or len(kinds) < 2 or bool((p.pod_life[kinds] >= p.quarters).all()):
            kept.append(found)
    return kept
