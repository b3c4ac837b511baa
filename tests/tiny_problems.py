"""Random tiny problems, small enough that every integer decision can be listed."""

from __future__ import annotations

import numpy as np

from siting.problem import Problem


def random_problem(seed: int) -> Problem:
    """1-3 candidates, 2-3 quarters, 1-2 accelerators, 0-2 offers, 0-1 clusters, 0-2 regions."""
    r = np.random.default_rng(seed)
    i, t, g = int(r.integers(1, 4)), int(r.integers(2, 4)), int(r.integers(1, 3))
    n_leases, n_clusters, n_regions = int(r.integers(0, 3)), int(r.integers(0, 2)), int(r.integers(0, 3))
    if not n_clusters and not n_regions:
        n_clusters = 1
    disc = 1.1 ** (-(np.arange(t) + 0.5) / 4)
    upper = np.triu(np.ones((t, t)))
    lag = r.integers(0, 2, i)
    opening = np.where(np.arange(t)[None, :] >= lag[:, None], r.uniform(1, 8, (i, 1)) * 1.02 ** np.arange(t), 0.0)
    paid_at = np.maximum(np.arange(t)[None, :] - lag[:, None], 0)
    npv_open = opening * disc[paid_at] - 0.3 * opening * disc[-1]
    factor = np.column_stack([r.uniform(2, 8, i), r.uniform(0, 0.3, i), r.uniform(0, 0.6, i)])
    build = np.eye(t)
    profile = np.stack([build, upper, upper * 1.01])
    module_cash = np.einsum("if,ftu->itu", factor, profile)
    npv_module = module_cash @ disc - 0.4 * factor[:, [0]] * disc[-1]
    lead = r.integers(0, 2, g)
    price = r.uniform(3, 9, g)
    purchase = np.zeros((g, t, t))
    for kind in range(g):
        for d in range(lead[kind], t):
            purchase[kind, d, d - lead[kind]] += 0.25
            purchase[kind, d, d] += 0.75
    operation = np.broadcast_to(upper * 0.02, (g, t, t)) * (np.arange(t)[None, :, None] >= lead[:, None, None])
    assessed = operation * 5.0
    pod_profile = np.stack([purchase, operation, assessed])
    sales, ptax = r.choice([0.0, 0.06], (i, 1)) * np.ones((1, t)), r.choice([0.0, 0.1], i)
    pod_cash = price[None, :, None, None] * (
        (1 + sales)[:, None, :, None] * purchase[None] + operation[None] + ptax[:, None, None, None] * assessed[None]
    )
    npv_pod = pod_cash @ disc - 0.3 * price[None, :, None] * disc[-1]
    term = r.integers(1, 3, n_leases)
    lease_price = r.uniform(0.2, 1.2, n_leases)
    forced = r.random(n_leases) < 0.3
    start = np.ones((n_leases, t), dtype=bool)
    lease_max = r.integers(3, 25, n_leases).astype(float)
    lease_min = np.where(r.random(n_leases) < 0.5, np.maximum(np.minimum(9, lease_max), 1), 0.0)
    for li in np.flatnonzero(forced):
        start[li] = np.arange(t) == 0
        term[li] = min(term[li], t)
        lease_min[li] = 0.0
    lease_cash = np.zeros((n_leases, t, t))
    npv_lease = np.zeros((n_leases, t))
    for li in range(n_leases):
        for s in np.flatnonzero(start[li]):
            for u in range(s, s + term[li]):
                npv_lease[li, s] += lease_price[li] * 1.1 ** (-(u + 0.5) / 4)
                if u < t:
                    lease_cash[li, s, u] = lease_price[li]
    reach = r.random((i, n_regions)) < 0.75
    lease_reach = r.random((n_leases, n_regions)) < 0.5
    demand = np.zeros((n_regions, t))
    if n_regions:
        demand[:, int(r.integers(0, t)) :] = r.uniform(0.5, 5, (n_regions, 1))
    pods_needed = np.where(r.random((n_clusters, g)) < 0.8, r.integers(2, 5, (n_clusters, g)), 0)
    if n_clusters and not pods_needed.any():
        pods_needed[0, 0] = 2
    modules_first = r.integers(1, 3, i)
    modules_max = modules_first + r.integers(0, 3, i)
    pue = r.uniform(1.1, 1.4, i)
    power_from = r.integers(0, t, i)
    energized = np.where(
        np.arange(t)[None, :] >= power_from[:, None], (modules_max * pue * r.uniform(0.5, 1.0, i))[:, None], 0.0
    )
    cluster_from = r.integers(min(1, t - 1), t, n_clusters)
    return Problem(
        quarters=t,
        module_it_mw=1.0,
        candidate_id=np.array([f"c{n}" for n in range(i)], dtype=object),
        pue_peak=pue,
        modules_max=modules_max,
        modules_first=modules_first,
        live_from=np.maximum(r.integers(0, 2, i), lag),
        energized_mw=energized,
        reach=reach,
        npv_open_musd=npv_open,
        npv_module_musd=npv_module,
        npv_pod_musd=npv_pod,
        npv_run_musd=np.broadcast_to(r.uniform(0.05, 0.4, (i, 1, 1)) * disc[None, None, :], (i, g, t)).copy(),
        opening_cash_musd=opening,
        opening_lag=lag,
        module_cash_factor=factor,
        module_cash_profile=profile,
        pod_price_musd=price,
        sales_tax=sales,
        property_tax=ptax,
        pod_cash_profile=pod_profile,
        accelerator=np.array([f"g{n}" for n in range(g)], dtype=object),
        pod_accelerators=np.full(g, 2, dtype=np.int64),
        pod_it_mw=r.uniform(0.3, 0.9, g),
        pod_h100e=r.uniform(2, 5, g),
        deliver_from=np.maximum(lead, r.integers(0, 2, g)),
        supply=np.where(r.random(g) < 0.3, 6.0, np.inf),
        lease_id=np.array([f"l{n}" for n in range(n_leases)], dtype=object),
        lease_h100e=r.uniform(0.8, 1.2, n_leases),
        lease_min=lease_min,
        lease_max=lease_max,
        lease_term=term,
        lease_start=start,
        lease_forced=forced,
        lease_reach=lease_reach,
        npv_lease_musd=npv_lease,
        lease_cash_musd=lease_cash,
        cluster=np.array([f"k{n}" for n in range(n_clusters)], dtype=object),
        cluster_pods=pods_needed,
        cluster_lease_gpus=np.where(
            r.random((n_clusters, n_leases)) < 0.7, np.minimum(6, lease_max)[None, :], 0
        ).astype(np.int64),
        cluster_from=cluster_from,
        cluster_until=np.full(n_clusters, t - 1),
        region=np.array([f"r{n}" for n in range(n_regions)], dtype=object),
        demand_h100e=demand,
        serve_factor=0.76,
        discount=disc,
        funding_musd=np.cumsum(r.uniform(10, 60, t)),
    )
