r"""A better bound over all candidates: prices of their own for groups of places where the cluster may stand.

Exactness: `siting.pricing.places`. A plan holds the cluster at one campus or on one offer, and any prices bound what it
costs at each of them; the least place of the greatest bounds all plans. Prices are found for a group of places, as
those of the same problem with the cluster kept away from all others, and count wherever they are better. Places that
are beyond the aim by prices of the whole, or of another group, need none of their own. With the cluster at these places
the candidates at hand may not be able to keep every limit that all share, or nobody may: limits give way at a price
there (`given_way`), which calls for more candidates in the one case and takes the places beyond the aim in the other.

In the relaxation a cluster stands in parts at several campuses, each open for a small part; apart, each is open whole.
On a national study (1,000 candidates, 11 places near the best): 17,991 to 18,001 musd with one group, 12 s.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siting.pricing import bound_over_all
from siting.pricing.places import needed, place_floors, raised
from siting.problem import IntArray, Problem
from siting.problem.crowd import Crowd
from siting.solver.budget import Budget
from siting.solver.everyone import ByHost, Everyone, likely_sites, price_again
from siting.solver.highs import Options
from siting.solver.shortage import given_way, shares_of

ROUNDS = 2
"""Relaxations of a group."""
TAKEN = 8
"""Places of a group that are in its relaxation from the start."""


def price_by_host(p: Problem, known: Everyone, aim_musd: float, options: Options) -> Everyone:
    """What is known, and the bound with places for the cluster apart: at least `aim_musd` if time allows.

    As it was with several clusters or none.
    """
    if len(p.cluster) != 1 or p.crowd is not None or known.least >= aim_musd:
        return known
    budget = Budget(options.time_limit_s)
    several, floors = [known.multipliers], [place_floors(known.bound)]
    floor = floors[0]
    offers = len(p.candidate_id)  # the last place; the others are candidates
    worth = {row: max(1.0, abs(known.least)) * share for row, share in shares_by_place(p).items()}

    def apart(places: IntArray) -> list[IntArray]:
        """Those below the aim in groups of their own: offers, the likeliest campus by itself, the others."""
        near = places[floor[places] < aim_musd]
        near = near[np.argsort(floor[near], kind="stable")]
        campuses = near[near < offers]
        return [part for part in (near[near == offers], campuses[:1], campuses[1:]) if len(part)]

    groups = apart(np.arange(offers + 1))
    while groups and budget.left_s > 0.0:
        least = [float(floor[group].min()) for group in groups]
        if min(least) >= aim_musd:
            break
        group = groups.pop(int(np.argmin(least)))
        campuses = group[group < offers]
        alone = among(p, campuses, offers=bool((group == offers).any()))
        rows = np.union1d(likely_sites(known), campuses[:TAKEN]).astype(np.int64)
        found = price_again(alone, known, rows, budget.of(options), ROUNDS, lambda matrix: given_way(matrix, worth))
        if found is not None:
            several.append(found.multipliers)
            floors.append(place_floors(bound_over_all(p, found.multipliers)))
            floor = np.maximum(floor, floors[-1])
        if len(group) == 1:  # a place by itself comes no further, so nobody else need
            aim_musd = min(aim_musd, float(floor[group[0]]))
        else:
            groups += apart(group)
    kept = [several[n] for n in needed(floors)[1:]]
    return replace(known, by_host=ByHost(bound=raised(known.bound, floor), prices=tuple(kept), groups=len(several) - 1))


def shares_by_place(p: Problem) -> dict[str, float]:
    """As `shares_of`, of the limits that may give way with the cluster at given places: demand too, but a host."""
    shares = {**shares_of(p), "demand_served": 1.0 / max(1.0, float(p.demand_h100e.max(initial=0.0)))}
    return {row: share for row, share in shares.items() if row != "hosted_once"}


def among(p: Problem, campuses: IntArray, offers: bool) -> Problem:
    """The problem in which its cluster stands at one of `campuses`, or on an offer where `offers` says so."""
    here = np.zeros((len(p.candidate_id), 1), dtype=bool)
    here[campuses] = True
    crowd = Crowd(count=np.ones(len(here), dtype=np.int64), may_host=here)
    return replace(p, crowd=crowd, cluster_lease_gpus=p.cluster_lease_gpus * int(offers))
