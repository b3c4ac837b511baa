"""Problems small enough to be listed: random ones by seed, and one with round numbers to be changed by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from siting.problem import FloatArray, IntArray, Problem


def random_problem(seed: int) -> Problem:
    """1-3 candidates, 2-3 quarters, 1-2 accelerators, 0-2 offers, 0-2 clusters, 0-2 regions.

    By chance: contracts of one quarter that must follow one another, least contracts above and below what is asked,
    vendors that ship few, power that ramps, money that is short, regions that nothing reaches.
    """
    r, apart = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    i, t, g = int(r.choice([1, 2, 3], p=[0.3, 0.5, 0.2])), int(r.integers(2, 4)), int(r.integers(1, 3))
    offers, clusters, regions = (
        int(r.integers(0, 3)),
        int(r.choice([0, 1, 2], p=[0.3, 0.5, 0.2])),
        int(r.integers(0, 3)),
    )
    if not clusters and not regions:
        clusters = 1
    discount = 1.1 ** (-(np.arange(t) + 0.5) / 4)
    sites = _sites(r, i, t, discount)
    fleet = _fleet(r, apart, g, t)
    tax = {
        "sales_tax": r.choice([0.0, 0.06], (i, 1)) * np.ones((1, t)),
        "property_tax": r.choice([0.0, 0.1], i),
    }
    purchase, operation, assessed = fleet["pod_cash_profile"]
    multiple = (1 + tax["sales_tax"])[:, None, :, None] * purchase + operation
    paid = fleet["pod_price_musd"][:, None, None] * (multiple + tax["property_tax"][:, None, None, None] * assessed)
    outlives = np.arange(t)[None, :] + fleet["pod_life"][:, None] >= t
    leases = _leases(r, apart, offers, regions, t, discount)
    pods = np.where(r.random((clusters, g)) < 0.85, r.integers(1, 4, (clusters, g)), 0)
    takes = np.where(r.random((clusters, offers)) < 0.8, np.minimum(6, leases["lease_max"])[None, :], 0)
    since = r.choice(t, clusters, p=np.array([0.5, 3.0, 1.0][:t]) / sum([0.5, 3.0, 1.0][:t]))
    demand = np.zeros((regions, t))
    if regions:
        demand[:, int(r.integers(0, t)) :] = r.uniform(0.5, 5, (regions, 1))
    return Problem(
        quarters=t,
        module_it_mw=1.0,
        reach=r.random((i, regions)) < 0.9,
        mwh_per_it_mw=np.full((i, t), 2000.0),
        usd_per_mwh=np.full((i, t), 60.0),
        co2_t_per_mwh=np.full(i, 0.4),
        npv_pod_musd=paid @ discount - 0.3 * fleet["pod_price_musd"][None, :, None] * discount[-1] * outlives,
        npv_run_musd=np.broadcast_to(r.uniform(0.05, 0.4, (i, 1, 1)) * discount, (i, g, t)).copy(),
        cluster=_names("k", clusters),
        cluster_pods=pods.astype(np.int64),
        cluster_lease_gpus=takes.astype(np.int64),
        cluster_from=since,
        cluster_until=np.minimum(since + r.integers(0, t, clusters), t - 1),
        region=_names("r", regions),
        demand_h100e=demand,
        serve_factor=0.76,
        discount=discount,
        funding_musd=r.uniform(20, 100) * np.linspace(r.uniform(0.4, 1.0), 1.0, t),
        **sites,
        **fleet,
        **tax,
        **leases,
    )


def _names(letter: str, count: int) -> Any:
    return np.array([f"{letter}{n}" for n in range(count)], dtype=object)


def _sites(r: np.random.Generator, i: int, t: int, discount: FloatArray) -> dict[str, Any]:
    quarters = np.arange(t)
    lag = r.integers(0, 2, i)
    opening = np.where(quarters >= lag[:, None], r.uniform(1, 8, (i, 1)) * 1.02**quarters, 0.0)
    factor = np.column_stack([r.uniform(2, 8, i), r.uniform(0, 0.3, i), r.uniform(0, 0.6, i)])
    running_on = np.triu(np.ones((t, t)))
    profile = np.stack([np.eye(t), running_on, running_on * 1.01])
    first = r.choice([1, 2], i, p=[0.7, 0.3])
    most = first + r.integers(0, 3, i)
    pue = r.uniform(1.1, 1.4, i)
    ramp = np.clip((quarters - r.integers(0, t, i)[:, None] + 1) * r.choice([0.5, 1.0], (i, 1)), 0.0, 1.0)
    module_cash = np.einsum("if,ftu->itu", factor, profile)
    return {
        "candidate_id": _names("c", i),
        "pue_peak": pue,
        "modules_max": most,
        "modules_first": first,
        "live_from": np.maximum(r.integers(0, 2, i), lag),
        "energized_mw": ramp * (most * pue * r.uniform(0.7, 1.1, i))[:, None],
        "npv_open_musd": opening * discount[np.maximum(quarters - lag[:, None], 0)] - 0.3 * opening * discount[-1],
        "npv_module_musd": module_cash @ discount - 0.4 * factor[:, [0]] * discount[-1],
        "opening_cash_musd": opening,
        "opening_lag": lag,
        "module_cash_factor": factor,
        "module_cash_profile": profile,
    }


def _fleet(r: np.random.Generator, apart: np.random.Generator, g: int, t: int) -> dict[str, Any]:
    lead = r.integers(0, 2, g)
    purchase = np.zeros((g, t, t))
    for kind in range(g):
        for d in range(lead[kind], t):
            purchase[kind, d, d - lead[kind]] += 0.25
            purchase[kind, d, d] += 0.75
    able = (np.arange(t)[None, :] >= lead[:, None])[:, :, None]
    life = np.where(apart.random(g) < 0.3, apart.integers(1, 3, g), t)
    age = np.arange(t)[None, :] - np.arange(t)[:, None]
    operation = 0.02 * able * ((age >= 0) & (age < life[:, None, None]))
    fleet: dict[str, Any] = {
        "pod_price_musd": r.uniform(3, 9, g),
        "pod_cash_profile": np.stack([purchase, operation, operation * 5.0]),
        "accelerator": _names("g", g),
        "pod_accelerators": np.full(g, 2, dtype=np.int64),
        "pod_it_mw": r.uniform(0.3, 0.9, g),
        "pod_h100e": r.uniform(2, 5, g),
        "deliver_from": np.maximum(lead, r.integers(0, 2, g)),
    }
    shipped = np.repeat(r.choice([2.0, 4.0, np.inf], g, p=[0.15, 0.2, 0.65])[:, None], t, axis=1)
    return {
        **fleet,
        "pod_life": np.minimum(life, t),
        "pod_serve": fleet["pod_h100e"] * apart.choice([0.7, 1.0, 1.4], g),
        "supply": np.where(apart.random((g, t)) < 0.15, apart.choice([0.0, 2.0, 6.0], (g, t)), shipped),
    }


def _leases(
    r: np.random.Generator, apart: np.random.Generator, offers: int, regions: int, t: int, discount: FloatArray
) -> dict[str, Any]:
    term: IntArray = r.choice([1, 2], offers, p=[0.65, 0.35])
    price = r.uniform(0.3, 2.5, offers)
    forced = r.random(offers) < 0.25
    most = r.integers(6, 25, offers).astype(float)
    least = np.where(r.random(offers) < 0.5, np.minimum(9.0, most), 0.0)
    start = np.ones((offers, t), dtype=bool)
    start[forced] = np.arange(t) == 0
    term[forced] = np.minimum(term[forced] + 1, t)
    least[forced] = 0.0
    cash = np.zeros((offers, t, t))
    npv = np.zeros((offers, t))
    for li, s in np.argwhere(start).tolist():
        for u in range(s, s + int(term[li])):
            npv[li, s] += price[li] * 1.1 ** (-(u + 0.5) / 4)
            if u < t:
                cash[li, s, u] = price[li]
    h100e = r.uniform(0.8, 1.2, offers)
    return {
        "lease_id": _names("l", offers),
        "lease_h100e": h100e,
        "lease_serve": h100e * apart.choice([0.7, 1.0, 1.4], offers),
        "lease_min": least,
        "lease_max": most,
        "lease_term": term,
        "lease_start": start,
        "lease_forced": forced,
        "lease_reach": r.random((offers, regions)) < 0.7,
        "npv_lease_musd": npv,
        "lease_cash_musd": cash,
    }


def hand_problem(candidates: int = 2, quarters: int = 2, **changes: Any) -> Problem:
    """Round numbers, no discounting, everything paid in the quarter of its decision; a demand of nothing.

    Candidate n: opening 10 + 20 n musd, 5 musd a module of 10 MW IT, at most 4 modules, at least 1, from quarter 0;
    PUE 1.25 and 50 MW at the meter. Accelerator "chip": a pod of 64 draws 1 MW IT, gives 100 H100e, costs 2 musd and
    0.1 musd a running quarter. One region that all reach, serve factor 1. No offer, no cluster. 1,000 musd at once.
    `changes` replace arrays.
    """
    i, t = candidates, quarters
    now = np.eye(t)
    nothing = np.zeros((t, t))
    opening = (10.0 + 20.0 * np.arange(i))[:, None] * np.ones((1, t))
    values: dict[str, Any] = {
        "quarters": t,
        "module_it_mw": 10.0,
        "candidate_id": _names("c", i),
        "pue_peak": np.full(i, 1.25),
        "mwh_per_it_mw": np.full((i, t), 2000.0),
        "usd_per_mwh": np.full((i, t), 60.0),
        "co2_t_per_mwh": np.full(i, 0.4),
        "modules_max": np.full(i, 4),
        "modules_first": np.full(i, 1),
        "live_from": np.zeros(i, dtype=np.int64),
        "energized_mw": np.full((i, t), 50.0),
        "reach": np.ones((i, 1), dtype=bool),
        "npv_open_musd": opening,
        "npv_module_musd": np.full((i, t), 5.0),
        "npv_pod_musd": np.full((i, 1, t), 2.0),
        "npv_run_musd": np.full((i, 1, t), 0.1),
        "opening_cash_musd": opening,
        "opening_lag": np.zeros(i, dtype=np.int64),
        "module_cash_factor": np.tile([5.0, 0.0, 0.0], (i, 1)),
        "module_cash_profile": np.stack([now, nothing, nothing]),
        "pod_price_musd": np.array([2.0]),
        "sales_tax": np.zeros((i, t)),
        "property_tax": np.zeros(i),
        "pod_cash_profile": np.stack([now[None], nothing[None], nothing[None]]),
        "accelerator": np.array(["chip"], dtype=object),
        "pod_accelerators": np.array([64]),
        "pod_it_mw": np.array([1.0]),
        "pod_h100e": np.array([100.0]),
        "pod_serve": np.array([100.0]),
        "deliver_from": np.array([0]),
        "pod_life": np.array([t]),
        "supply": np.full((1, t), np.inf),
        **no_offers(t),
        "cluster": _names("k", 0),
        "cluster_pods": np.zeros((0, 1), dtype=np.int64),
        "cluster_lease_gpus": np.zeros((0, 0), dtype=np.int64),
        "cluster_from": np.zeros(0, dtype=np.int64),
        "cluster_until": np.zeros(0, dtype=np.int64),
        "region": np.array(["town"], dtype=object),
        "demand_h100e": np.zeros((1, t)),
        "serve_factor": 1.0,
        "discount": np.ones(t),
        "funding_musd": np.full(t, 1000.0),
    }
    return Problem(**{**values, **changes})


def no_offers(quarters: int) -> dict[str, Any]:
    """Lease arrays without an offer."""
    t = quarters
    return {
        "lease_id": _names("l", 0),
        "lease_h100e": np.zeros(0),
        "lease_serve": np.zeros(0),
        "lease_min": np.zeros(0),
        "lease_max": np.zeros(0),
        "lease_term": np.zeros(0, dtype=np.int64),
        "lease_start": np.zeros((0, t), dtype=bool),
        "lease_forced": np.zeros(0, dtype=bool),
        "lease_reach": np.zeros((0, 1), dtype=bool),
        "npv_lease_musd": np.zeros((0, t)),
        "lease_cash_musd": np.zeros((0, t, t)),
    }


def one_offer(
    quarters: int,
    *,
    price_musd: float,
    most: float,
    least: float = 0.0,
    term: int = 1,
    starts: tuple[int, ...] = (0, 1),
    forced: bool = False,
    h100e: float = 1.0,
    reaches: bool = True,
) -> dict[str, Any]:
    """Lease arrays of one offer: `price_musd` a GPU and quarter, paid as it runs."""
    t = quarters
    cash = np.zeros((1, t, t))
    npv = np.zeros((1, t))
    for s in starts:
        cash[0, s, s : s + term] = price_musd
        npv[0, s] = price_musd * term
    return {
        "lease_id": np.array(["offer"], dtype=object),
        "lease_h100e": np.array([h100e]),
        "lease_serve": np.array([h100e]),
        "lease_min": np.array([least]),
        "lease_max": np.array([most]),
        "lease_term": np.array([term]),
        "lease_start": np.isin(np.arange(t), starts)[None, :],
        "lease_forced": np.array([forced]),
        "lease_reach": np.array([[reaches]]),
        "npv_lease_musd": npv,
        "lease_cash_musd": cash,
    }


def one_cluster(pods: int, *, gpus: int | None = None, since: int = 0, until: int = 1) -> dict[str, Any]:
    """Cluster arrays of one cluster: its pods on the chip, and its GPUs on the only offer (None: there is no offer)."""
    return {
        "cluster": np.array(["cluster"], dtype=object),
        "cluster_pods": np.array([[pods]]),
        "cluster_lease_gpus": np.zeros((1, 0), dtype=np.int64) if gpus is None else np.array([[gpus]]),
        "cluster_from": np.array([since]),
        "cluster_until": np.array([until]),
    }


def changed(p: Problem, **changes: Any) -> Problem:
    """The problem with some arrays replaced."""
    return dataclasses.replace(p, **changes)
