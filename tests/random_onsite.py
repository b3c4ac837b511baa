"""Random units on the campuses of a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.onsite import Onsite


def with_onsite(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two kinds of units beside grid power cut to 0-40 % of what it was, and half as much money again.

    By chance: reserves, rents, bridges that are over inside or after the horizon, solar, batteries, campuses where a
    kind may not stand.
    """
    i, t, u = len(p.candidate_id), p.quarters, int(rng.integers(1, 3))
    kind = rng.choice(["generator", "solar", "battery"], u, p=[0.7, 0.2, 0.1])
    kind[0] = "generator"
    rented = rng.random(u) < 0.3
    bridge = rng.random(u) < 0.5
    reserve = np.where(kind == "generator", rng.choice([0, 1, 2], u, p=[0.4, 0.4, 0.2]), 0)
    capex = np.where(rented, 0.0, rng.uniform(0.1, 1.0, u)) * rng.uniform(0.9, 1.1, (i, 1))
    over = np.minimum(rng.integers(1, t + 2, (i, u)), t)
    resale = capex * np.where(bridge, rng.choice([0.0, 0.4, 0.9], u), 0.0)
    life = rng.uniform(0.2, 0.9, (1, u, t)) * np.linspace(0.5, 1.0, t)
    unit_mw = rng.uniform(0.4, 1.5, u)
    output = np.select(
        [kind == "generator", kind == "solar"], [rng.uniform(0.75, 1.0, u), rng.uniform(0.2, 0.5, u)], 0.0
    )
    onsite = Onsite(
        unit=np.array([f"u{n}" for n in range(u)], dtype=object),
        unit_mw=unit_mw,
        lead=rng.choice([0, 1], u, p=[0.75, 0.25]),
        most=reserve + rng.integers(1, 4, u),
        reserve=reserve,
        firm=kind == "generator",
        firming_mw=np.where(kind == "battery", unit_mw * rng.choice([1.0, 0.5], u), 0.0),
        may_leave=bridge,
        admitted=rng.random((i, u)) < 0.85,
        gone_by=np.where(bridge[None, :], over, t),
        capex_musd=capex,
        resale_musd=resale,
        residual_musd=np.where(bridge[None, :, None], 0.0, capex[:, :, None] * life),
        rent_musd=np.where(rented, rng.uniform(0.05, 0.3, u), 0.0),
        fixed_om_musd=rng.choice([0.0, 0.02], u),
        most_mwh=(unit_mw * output)[:, None] * rng.uniform(2100, 2300, t)[None, :],
        mmbtu_per_mwh=np.full(u, 9.0),
        fuel_usd_per_mwh=rng.uniform(5, 110, (i, u, 1)) * np.ones((1, 1, t)),
        var_om_usd_per_mwh=rng.uniform(0, 20, u),
        co2_t_per_mwh=np.full(u, 0.48),
    )
    grid = p.energized_mw * max(rng.uniform(-0.1, 0.4), 0.0)
    return dataclasses.replace(p, onsite=onsite, energized_mw=grid, funding_musd=1.5 * p.funding_musd)
