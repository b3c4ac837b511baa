"""Parts of a study that make something cheaper or larger than the pricing of candidates knows.

A limit that the pricing does not know may be left out: leaving out a limit lowers a bound and keeps it valid. What may
not be left out is anything that saves money, or gives megawatts or halls, that the closed form does not count.
"""

from __future__ import annotations

import numpy as np

from siting.pricing.energy import pays_for_nothing
from siting.problem import Problem


def parts_without_price(p: Problem) -> list[str]:
    """Names of parts, in words of the study, for which no bound over all candidates is claimed; empty: it is valid."""
    found = {
        "energy contracts that pay for what is not taken": pays_for_nothing(p),
        "terms of large loads that pay": p.large_load is not None
        and (p.rate < 0.0 or bool((p.large_load.usd_per_mwh < 0.0).any())),
        "income tax at a discount rate below zero": p.income_tax is not None and p.rate < 0.0,
        "halls of two cooling classes beside parts that no study has there": p.annex is not None and _not_beside(p),
        "one of several clusters on two campuses": _splits(p) and len(p.cluster) > 1,
        "a cluster on two campuses beside halls of two cooling classes or shells": _splits(p)
        and (p.annex is not None or p.shells is not None),
    }
    return [name for name, there in found.items() if there]


def _splits(p: Problem) -> bool:
    return p.split is not None and bool(np.isfinite(p.split.within_km).any())


def _not_beside(p: Problem) -> bool:
    """Whether there is a part that halls of a second class have in no study: tax, connections, shells, own units."""
    assert p.annex is not None
    units = p.onsite is not None and bool(p.onsite.admitted[p.annex.main >= 0].any())
    return units or any(part is not None for part in (p.income_tax, p.curtailable, p.shells))
