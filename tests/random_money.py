"""Random caps, debt, revenue and income tax on a random tiny problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.caps import Caps
from siting.problem.finance import Debt, Revenue
from siting.problem.income_tax import IncomeTax


def with_caps(p: Problem, rng: np.random.Generator) -> Problem:
    """Caps near what such a problem spends; its first year ends after one or two quarters."""
    return dataclasses.replace(
        p,
        caps=Caps(
            capital_musd=float(rng.choice([np.inf, rng.uniform(10.0, 50.0)])),
            operating_musd=float(rng.choice([np.inf, rng.uniform(0.5, 12.0)])),
            year=2024 + (np.arange(p.quarters) >= int(rng.integers(1, 3))),
        ),
    )


def with_debt(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two facilities, cheap and dear, level and bullet, some that outlive the horizon; money is short."""
    n, t = int(rng.integers(1, 3)), p.quarters
    first = rng.integers(0, 2, n)
    return dataclasses.replace(
        p,
        funding_musd=p.funding_musd * rng.uniform(0.6, 1.0),
        debt=Debt(
            name=np.array([f"d{k}" for k in range(n)], dtype=object),
            quarterly_rate=rng.choice([0.0, 0.01, 0.03], n),
            tenor=rng.integers(1, 5, n),
            advance=rng.uniform(0.3, 0.9, n),
            first=first,
            last=np.minimum(first + rng.integers(0, t, n), t - 1),
            most_musd=rng.choice([3.0, 8.0, np.inf], n),
            bullet=rng.random(n) < 0.5,
        ),
    )


def with_revenue(p: Problem, rng: np.random.Generator) -> Problem:
    """Up to 8 musd a quarter, as funding by chance; money is short."""
    return dataclasses.replace(
        p,
        funding_musd=p.funding_musd * rng.uniform(0.4, 1.0),
        revenue=Revenue(musd=rng.uniform(0.0, 8.0, p.quarters), counts_as_funding=bool(rng.random() < 0.7)),
    )


def with_income_tax(p: Problem, rng: np.random.Generator) -> Problem:
    """One or two rates, little income, a horizon that crosses a year, loans and revenue by chance, buildings of six
    quarters, leases and rent that go on after the horizon."""
    t, years, rates = p.quarters, 4, int(rng.integers(1, 3))
    share = np.zeros((len(p.accelerator), t, years))
    offset = int(rng.integers(0, 4))
    for g in range(len(p.accelerator)):
        for d in range(t):
            bonus, first = rng.choice([0.0, 0.6, 1.0]), (offset + d) // 4
            share[g, d, first] += bonus
            share[g, d, first : first + 2] += (1.0 - bonus) * np.array([0.7, 0.3])
    if rng.random() < 0.4:
        p = with_debt(p, rng)
    if rng.random() < 0.4:
        p = with_revenue(p, rng)
    after = np.zeros((len(p.lease_id), t, years))
    after[:, :, 2] = rng.uniform(0.0, 0.5, (len(p.lease_id), t))
    module_after = np.zeros((len(p.module_item), t, years))
    module_after[2, :, 2] = np.arange(t)
    return dataclasses.replace(
        p,
        income_tax=IncomeTax(
            first_year=2024,
            offset=offset,
            rate=np.array([0.21, 0.3])[:rates],
            group=rng.integers(0, rates, len(p.candidate_id)),
            home=int(rng.integers(0, rates)),
            income_musd=rng.choice([0.0, 2.0, 6.0, 50.0], years),
            pod_share=share,
            opening_basis_musd=0.8 * p.opening_cash_musd,
            building_quarters=6.0,
            lease_after_musd=after,
            module_after=module_after,
        ),
    )
