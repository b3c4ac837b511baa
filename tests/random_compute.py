"""Clusters on two campuses, and service that outlives the loss of a site, on a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.split import Split


def with_split(p: Problem, rng: np.random.Generator) -> Problem:
    """Campuses on a meridian some 33, 55 or 110 km apart; most clusters of two to four pods, due in the last quarter,
    may stand on two of them within 50 km, where a campus holds a module or two. Money is short for some only.
    """
    i, g, t, _, k, _ = p.size
    most = rng.choice([1, 2], i, p=[0.7, 0.3])
    return dataclasses.replace(
        p,
        modules_max=most,
        modules_first=np.ones(i, dtype=np.int64),
        energized_mw=np.maximum(p.energized_mw, p.pue_peak[:, None] * most[:, None] * rng.choice([0.5, 1.0], (i, 1))),
        funding_musd=p.funding_musd * rng.choice([1.0, 4.0]),
        supply=np.where(rng.random((g, 1)) < 0.8, np.inf, p.supply),
        cluster_from=np.full(k, t - 1),
        cluster_until=np.full(k, t - 1),
        cluster_pods=np.where(p.cluster_pods > 0, rng.integers(2, 5, (k, g)), 0),
        cluster_lease_gpus=np.where(rng.random((k, 1)) < 0.3, p.cluster_lease_gpus, 0),
        split=Split(
            lat=32.0 + np.cumsum(rng.choice([0.3, 0.5, 1.0], i, p=[0.7, 0.15, 0.15])),
            lon=np.full(i, -97.0),
            within_km=np.where(rng.random(k) < 0.9, 50.0, np.nan),
        ),
    )


def with_survival(p: Problem, rng: np.random.Generator) -> Problem:
    """Half to all of every demand survives any one loss, of two offers in one region together by chance; several
    sources reach most regions, and money is ample."""
    i, _, _, offers, _, j = p.size
    return dataclasses.replace(
        p,
        survive_share=float(rng.choice([0.4, 0.7, 1.0])),
        lease_region=rng.integers(0, 2, offers),
        reach=(rng.random((i, j)) < 0.85)[p.campus],  # halls of both classes are where the campus is
        lease_reach=rng.random((offers, j)) < 0.85,
        demand_h100e=p.demand_h100e * rng.uniform(0.4, 1.0, (j, 1)),
        funding_musd=p.funding_musd * 4.0,
        energized_mw=np.maximum(p.energized_mw, p.pue_peak[:, None] * rng.choice([0.5, 1.0], (i, 1))),
        supply=np.full_like(p.supply, np.inf),
    )
