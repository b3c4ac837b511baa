"""Random curtailable connections on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.curtailable import Curtailable


def with_curtailable(p: Problem, rng: np.random.Generator) -> Problem:
    """Firm power late, curtailable power of the same final MW up to two quarters sooner and cheaper, with an adder or
    a rebate and a price of what stops; some sites are not admitted."""
    i, t = len(p.candidate_id), p.quarters
    final = np.maximum(1.5 * p.energized_mw[:, -1], 2.0)
    begin = rng.integers(0, t + 1, i)
    sooner = np.where(rng.random(i) < 0.7, 0, np.maximum(begin - rng.integers(0, 3, i), 0))
    firm = final[:, None] * (np.arange(t)[None, :] >= begin[:, None])
    early = final[:, None] * (np.arange(t)[None, :] >= sooner[:, None])
    admitted = rng.random(i) < 0.85
    saved = p.opening_cash_musd * rng.uniform(0.0, 0.6, (i, 1)) * admitted[:, None]
    mwh = rng.uniform(4000, 16000, (i, 1)) * np.ones((1, t))
    terms = Curtailable(
        admitted=admitted,
        earlier_mw=(early - firm) * admitted[:, None],
        saved_cash_musd=saved,
        saved_back_musd=0.3 * saved,
        adder_usd_per_mwh=float(rng.choice([0.0, 12.0, -12.0, -20.0])),
        lost_musd_per_it_mw=rng.choice([0.05, 0.3, 2.0]) * np.ones(t),
    )
    run = (mwh * p.usd_per_mwh / 1e6 * p.discount)[:, None, :] * p.pod_it_mw[None, :, None]
    return dataclasses.replace(
        p,
        curtailable=terms,
        energized_mw=firm,
        mwh_per_it_mw=mwh,
        npv_run_musd=run,
        npv_lease_musd=5.0 * p.npv_lease_musd,
        lease_cash_musd=5.0 * p.lease_cash_musd,
        funding_musd=4.0 * p.funding_musd,
        supply=np.maximum(p.supply, 6.0),
    )
