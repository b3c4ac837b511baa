"""Many candidates as one that is as good as the best of them in every respect: a smaller problem that costs no more.

Exactness. Of a plan over all candidates, add up the decisions of the members of a crowd. The sums keep every row of
the crowd: Z counts its open sites, V its modules (first phase x Z <= V <= most modules x Z with the least and the most
of the members), pods stand in modules, energized MW <= the largest x Z. They cost no more, as every decision is taken
once and paid at the least cost of the members. A region is reached if any member reaches it; lines and islands are
loaded by what a module of any member loads least, an island that members do not share by nobody; groups and distances
between sites are left out for crowds. So the least cost with crowds is a bound for all plans over their members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.cluster.vq import kmeans2

from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.problem.core import CANDIDATE_ARRAYS
from siting.problem.crowd import Crowd
from siting.problem.shells import Shells

LARGEST = frozenset({"modules_max", "energized_mw", "reach"})
"""Arrays of which the largest is the best; of all others it is the least."""
LEFT_OUT = ("shared", "limits", "large_load", "carbon", "water", "demand_musd_per_mw", "transit", "rtt_ms")
"""Parts that only limit or cost: a bound without them is one."""


def may_crowd(p: Problem) -> bool:
    """Whether one candidate can be as good as the best of several.

    Income tax: what costs least is also what deducts least, and neither site need be the better one. Loans against
    equipment ask for nothing more: a payment is worth more than the loan against it. Contracts: least shares are of
    the energy of the sites that they cover, and a site with cheaper grid energy gains less by them. Units on the
    campus: cheap capital may be with dear fuel. Curtailable connections: what is dear may save most. Halls of two
    cooling classes: an annex is its own campus's. Clusters on two campuses: a pair is near one another. Shells that
    pay: the dearest pay most.
    """
    whole = p.split is None or not bool(np.isfinite(p.split.within_km).any())
    pay = p.shells is not None and bool((p.shells.npv_musd(p.discount, p.end_discount) < 0.0).any())
    parts = (p.income_tax, p.contracts, p.onsite, p.curtailable, p.annex)
    return whole and not pay and all(part is None for part in parts)


def crowds_of(p: Problem, rows: IntArray, at_most: int) -> list[IntArray]:
    """The candidates at `rows` in crowds of alike ones: the same regions and first quarter while these are few, else
    `at_most` clusters of regions, date and place of the meter (k-means of scipy, seeded)."""
    if not len(rows):
        return []
    alike = np.column_stack([p.reach[rows], p.live_from[rows]])
    _, member = np.unique(alike, axis=0, return_inverse=True)
    member = member.reshape(-1)
    if member.max() >= at_most:
        date = p.live_from[rows] / max(1, p.quarters) * np.sqrt(p.reach.shape[1])
        features = np.column_stack([p.reach[rows].astype(float), date])
        _, member = kmeans2(features, at_most, seed=1, minit="++", iter=20)
    return [rows[member == n] for n in np.unique(member).tolist()]


def with_crowds(p: Problem, rows: IntArray, crowds: Sequence[IntArray], may_host: BoolArray) -> Problem:
    """The candidates at `rows` as they are, and one for each of `crowds`, which are positions too.

    may_host: (I, K) False where it is proved that no better plan has the cluster there.
    """
    left_out: dict[str, Any] = dict.fromkeys(LEFT_OUT)
    if not len(crowds):  # then parts that no crowd can have may be there
        alone = Crowd(count=np.ones(len(rows), dtype=np.int64), may_host=may_host[rows])
        del left_out["shared"]  # halls of two cooling classes share their campus
        return replace(p.take(rows), **left_out, crowd=alone, survive_share=0.0, single_source=False)
    everyone = [rows, *crowds]
    order = np.concatenate(everyone).astype(np.int64)
    single = len(rows)
    sizes = np.array([len(c) for c in crowds], dtype=np.int64)
    starts = single + np.cumsum(sizes) - sizes

    def merged(array: Any, largest: bool) -> Any:
        best = np.maximum if largest else np.minimum
        tail = array[order]
        return np.concatenate([tail[:single], best.reduceat(tail, starts, axis=0)])

    values: dict[str, Any] = {"candidate_id": np.concatenate([p.candidate_id[rows], _names(len(crowds))])}
    for name in CANDIDATE_ARRAYS:
        array = getattr(p, name)
        if array is not None and name not in values:
            values[name] = merged(array, name in LARGEST)
    count = np.concatenate([np.ones(single, dtype=np.int64), sizes])
    hosts = np.concatenate([may_host[rows], np.zeros((len(crowds), may_host.shape[1]), dtype=bool)])
    if p.shells is not None:
        values |= _shells(p.shells, merged, values["modules_max"])
    for n, members in enumerate(crowds):
        hosts[single + n] = may_host[members].any(axis=0)
    return replace(
        p,
        **values,
        **left_out,
        crowd=Crowd(count=count, may_host=hosts),
        grid=_grid(p, order, starts, values["pue_peak"]) if p.grid is not None else None,
        rules=_rules(p, rows, len(crowds)) if p.rules is not None else None,
        other_sites=p.other_sites.with_crowds(rows, len(crowds)) if p.other_sites is not None else None,
        survive_share=0.0,
        single_source=False,
    )


def _names(count: int) -> np.ndarray:
    return np.array([f"crowd-{n}" for n in range(count)], dtype=object)


def _shells(shells: Shells, merged: Callable[[Any, bool], Any], modules_max: IntArray) -> dict[str, Any]:
    """Crowds with a member in shells are in shells, at the least cost, which is nothing with a member that is not: its
    modules stand in shells too, as many as hold them."""
    built = merged(shells.built, True)
    whole = (np.ceil(modules_max / shells.modules) * shells.modules).astype(np.int64)
    return {
        "shells": replace(shells, built=built, cost_musd=merged(shells.cost_musd, False)),
        "modules_max": np.where(built, whole, modules_max),
    }


def _grid(p: Problem, order: IntArray, starts: IntArray, pue_peak: FloatArray) -> Any:
    """A module of a crowd loads a line by the least MW of its members: factors below 0 take the largest PUE."""
    assert p.grid is not None
    grid = p.grid
    island, bus, factor = grid.island[order], grid.bus_id[order], grid.factor[:, order]
    single = int(starts[0])
    low, high = np.minimum.reduceat(island, starts), np.maximum.reduceat(island, starts)
    load = factor * p.pue_peak[order]  # (R, n) MW on the line for a MW of IT
    least = np.minimum.reduceat(load, starts, axis=1) if len(load) else load[:, : len(starts)]
    return replace(
        grid,
        bus_id=np.concatenate([bus[:single], np.full(len(starts), -1)]),
        island=np.concatenate([island[:single], np.where(low == high, low, -1)]),
        factor=np.concatenate([factor[:, :single], least / pue_peak[single:]], axis=1),
    )


def _rules(p: Problem, rows: IntArray, crowds: int) -> Any:
    """The rules of single candidates and the number of sites in all; a crowd is in no group and near nobody."""
    assert p.rules is not None
    rules = p.rules.take_candidates(rows)
    nothing, nowhere = np.zeros(crowds, dtype=np.int64), np.full(crowds, np.nan)
    return replace(
        rules,
        forced_modules=np.concatenate([rules.forced_modules, nothing]),
        forced_by=np.concatenate([rules.forced_by, nothing]),
        existing_modules=np.concatenate([rules.existing_modules, nothing]),
        extended_from=np.concatenate([rules.extended_from, nothing]),
        group=np.concatenate([rules.group, np.full((len(rules.group), crowds), -1)], axis=1),
        lat=np.concatenate([rules.lat, nowhere]),
        lon=np.concatenate([rules.lon, nowhere]),
    )
