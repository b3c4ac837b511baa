r"""A better bound over all candidates: prices of their own for each group of places where the cluster may stand.

Exactness. Every plan holds the cluster at exactly one campus or on one offer. Divide these places into groups: each
plan belongs to one, so the least of the groups' bounds is a bound for all plans. Within a group the problem is the
same with the cluster kept away from all other places, so every price is valid there as it is for the whole. At given
prices a plan that holds the cluster at i costs at least the bound plus `host_musd` of i: places beyond the aim by the
prices of the whole, or of the group they were in before, need no prices again.

In the relaxation a cluster stands in parts at several campuses, each open for a small part; apart, each is open whole.
On a national study (1,000 candidates, 11 places near the best): 17,988 to 18,002 musd with two groups, 9 s each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from siting.pricing import bound_over_all
from siting.pricing.reduced import NEVER
from siting.problem import FloatArray, IntArray, Problem
from siting.problem.crowd import Crowd
from siting.solver.budget import Budget
from siting.solver.everyone import ByHost, Everyone, likely_sites, price_again
from siting.solver.highs import Options

ROUNDS = 2
"""Relaxations of a group."""
TAKEN = 8
"""Places of a group that are in its relaxation from the start."""


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Campuses, and whether offers are among the places."""

    campuses: tuple[int, ...]
    offers: bool = False


def price_by_host(p: Problem, known: Everyone, aim_musd: float, options: Options) -> Everyone:
    """What is known, and the bound with places for the cluster apart: at least `aim_musd` if time allows.

    As it was with several clusters or none.
    """
    if len(p.cluster) != 1 or p.crowd is not None or known.proved_musd >= aim_musd:
        return known
    budget = Budget(options.time_limit_s)
    floor, offers = _known(p, known)
    near = np.flatnonzero(floor < aim_musd)
    near = near[np.argsort(floor[near], kind="stable")]
    groups = [_Group(campuses=(), offers=True)] if offers < aim_musd else []
    groups += [_Group(campuses=part) for part in _parts(near)]
    priced = 0
    while groups and budget.left_s > 0.0:
        least = [offers if group.offers else float(floor[list(group.campuses)].min()) for group in groups]
        if min(least) >= aim_musd:
            break
        group = groups.pop(int(np.argmin(least)))
        alone = among(p, np.array(group.campuses, dtype=np.int64), group.offers)
        rows = np.union1d(likely_sites(known), np.array(group.campuses[:TAKEN], dtype=np.int64)).astype(np.int64)
        found = price_again(alone, known, rows, budget.of(options), ROUNDS)
        if found is None:  # no time, or nothing is feasible there without others: both prove nothing
            break
        priced += 1
        if group.offers:
            offers = max(offers, found.bound.musd)
            continue
        at = np.array(group.campuses, dtype=np.int64)
        floor[at] = np.maximum(floor[at], found.bound.musd + found.bound.host_musd[at])
        still = at[floor[at] < aim_musd]
        if len(still) and len(at) == 1:  # a place by itself comes no further, so nobody else need
            aim_musd = float(floor[at[0]])
            continue
        groups += [_Group(campuses=part) for part in _parts(still[np.argsort(floor[still], kind="stable")])]
    musd = min(offers, float(floor.min(initial=NEVER)))
    return replace(known, by_host=ByHost(musd=musd, host_musd=floor, groups=priced))


def among(p: Problem, campuses: IntArray, offers: bool) -> Problem:
    """The problem in which its cluster stands at one of `campuses`, or on an offer where `offers` says so."""
    here = np.zeros((len(p.candidate_id), 1), dtype=bool)
    here[campuses] = True
    crowd = Crowd(count=np.ones(len(here), dtype=np.int64), may_host=here)
    return replace(p, crowd=crowd, cluster_lease_gpus=p.cluster_lease_gpus * int(offers))


def _known(p: Problem, known: Everyone) -> tuple[FloatArray, float]:
    """(I,) what a plan with the cluster at each candidate costs at least, and one with it on an offer."""
    host = known.bound.host_musd
    floor = np.where(host < NEVER / 2, known.bound.musd + host, NEVER)
    if known.by_host is not None:
        floor = np.maximum(floor, known.by_host.host_musd)
    nowhere = among(p, np.empty(0, dtype=np.int64), offers=True)
    return floor, bound_over_all(nowhere, known.multipliers).musd


def _parts(near: IntArray) -> list[tuple[int, ...]]:
    """The likeliest place by itself, and the others."""
    return [part for part in (tuple(near[:1].tolist()), tuple(near[1:].tolist())) if part]
