"""Random caps and prices of carbon and water on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.yearly import Yearly


def with_yearly(p: Problem, rng: np.random.Generator) -> Problem:
    """Two years; each flow is there by chance, with a cap in one year, both or none, and a price that differs by site
    and quarter. Rates differ by site; what is
    burnt on a campus may have a price of its own."""
    i, t = len(p.candidate_id), p.quarters
    year = np.where(np.arange(t) < rng.integers(1, t), 2024, 2025)
    p = dataclasses.replace(p, co2_t_per_mwh=rng.uniform(0.05, 0.9, i))
    flows = {
        item: Yearly(
            item=item,
            year=year,
            cap={y: float(rng.uniform(*scale)) for y in (2024, 2025) if rng.random() < 0.6},
            usd_per_unit=rng.uniform(0.0, 1500.0, (i, t)),
            per_it_mw=None if item == "carbon" else rng.uniform(200.0, 900.0, (i, t)),
        )
        for item, scale in (("carbon", (200.0, 2000.0)), ("water", (300.0, 1500.0)))
        if rng.random() < 0.7
    }
    if "carbon" in flows and rng.random() < 0.5:
        flows["carbon"] = dataclasses.replace(flows["carbon"], fuel_usd_per_unit=rng.uniform(0.0, 1500.0, t))
    return dataclasses.replace(p, carbon=flows.get("carbon"), water=flows.get("water"))
