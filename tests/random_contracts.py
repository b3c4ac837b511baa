"""Random contracts of energy on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.supply import Contracts


def with_contracts(p: Problem, rng: np.random.Generator) -> Problem:
    """One to three contracts around the grid's price; the rest such that campuses stand in many plans.

    By chance: shares by site or by plan, least shares at a dear price, MW to sign with a term that begins late or ends
    after the horizon, a minimum take, resale, sites that are not covered.
    """
    i, t, c = len(p.candidate_id), p.quarters, int(rng.integers(1, 4))
    grid = rng.uniform(40, 80, (i, 1)) * np.ones((1, t))
    mwh = rng.uniform(4000, 16000, (i, 1)) * np.ones((1, t))
    signed = rng.random(c) < 0.5
    span = t + int(rng.integers(0, 4))
    first = np.where(rng.random(c) < 0.7, 0, rng.integers(0, t, c))
    last = np.where(signed, np.minimum(first + rng.integers(1, span + 1, c), span), rng.integers(t - 1, t + 1, c))
    quarters = np.arange(span)[None, :]
    runs = (quarters >= first[:, None]) & (quarters < last[:, None])
    price = rng.uniform(15, 75, (c, 1)) * rng.uniform(0.9, 1.1, (c, span))
    least = np.where(rng.random(c) < 0.35, rng.uniform(0.05, 0.3, c), 0.0)
    contracts = Contracts(
        contract=np.array([f"e{n}" for n in range(c)], dtype=object),
        covers=rng.random((i, c)) < 0.85,
        runs=runs,
        usd_per_mwh=np.where(runs, price, 0.0),
        delivery_usd_per_mwh=rng.choice([0.0, 8.0], c),
        of_plan=rng.random(c) < 0.4,
        min_share=least,
        max_share=np.where(rng.random(c) < 0.5, 1.0, rng.uniform(0.35, 0.9, c)),
        mw_max=np.where(signed, rng.uniform(0.3, 3.0, c), np.inf),
        mwh_per_mw=np.where(runs, rng.uniform(600, 2200, (c, 1)), 0.0),
        min_take=np.where(signed, rng.choice([0.0, 0.5, 0.9], c), 0.0),
        resale_usd_per_mwh=np.where(signed, rng.choice([0.0, 10.0], c), 0.0),
    )
    run = (mwh * grid / 1e6 * p.discount)[:, None, :] * p.pod_it_mw[None, :, None]
    return dataclasses.replace(
        p,
        contracts=contracts,
        usd_per_mwh=grid,
        mwh_per_it_mw=mwh,
        npv_run_musd=run,
        npv_lease_musd=5.0 * p.npv_lease_musd,
        lease_cash_musd=5.0 * p.lease_cash_musd,
        funding_musd=3.0 * p.funding_musd,
        energized_mw=np.maximum(1.5 * p.energized_mw, 1.5),
        supply=np.maximum(p.supply, 6.0),
    )
