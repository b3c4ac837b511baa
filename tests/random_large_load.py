"""Random terms of a large load, and a demand charge, on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.supply import LargeLoad


def with_large_load(p: Problem, rng: np.random.Generator) -> Problem:
    """Minimum takes between half and all of the energy of a full module, terms that end inside or after the horizon,
    energization inside or after it; money and power such that campuses stand in many plans."""
    i, t = len(p.candidate_id), p.quarters
    term = int(rng.integers(1, 4))
    span = t + term + 1
    begin = rng.integers(0, t + 1, i)
    mwh = rng.uniform(4000, 16000, (i, 1)) * np.ones((1, t))
    price = rng.uniform(40, 80, (i, 1)) * np.ones((1, span))
    flows = np.arange(span)[None, :] >= begin[:, None]
    owed = rng.uniform(0.5, 1.0, (i, 1)) * mwh[:, [0]] * p.module_it_mw * np.ones((1, span))
    load = LargeLoad(
        owed_mwh=np.where(flows & (rng.random((i, 1)) < 0.85), owed, 0.0),
        usd_per_mwh=price,
        contracted_from=begin,
        term=term,
        collateral_musd=rng.choice([0.0, 0.5], i),
    )
    run = (mwh * price[:, :t] / 1e6 * p.discount)[:, None, :] * p.pod_it_mw[None, :, None]
    return dataclasses.replace(
        p,
        large_load=load,
        demand_musd_per_mw=rng.uniform(0.0, 0.4) * np.ones(t),
        usd_per_mwh=price[:, :t],
        mwh_per_it_mw=mwh,
        npv_run_musd=run,
        npv_lease_musd=5.0 * p.npv_lease_musd,
        lease_cash_musd=5.0 * p.lease_cash_musd,
        funding_musd=2.0 * p.funding_musd,
        energized_mw=np.maximum(1.5 * p.energized_mw, 1.5),
    )
