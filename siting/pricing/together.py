"""Which clusters of one host cannot use the same hardware one after the other.

A pod, or the place of a GPU in an offer, may hold one cluster and then another. What it costs to have it there is
then paid once, so the costs of two clusters may be added up only where their quarters meet: what holds one of them
then does not hold the other.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from siting.problem import Problem


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
