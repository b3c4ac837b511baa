"""The bound over all candidates that stated prices give, from the study and the tables: no Pyomo, no HiGHS.

Decision: this is the one module of the verifier that reads the coefficients of the study as the model does
(`siting.assembly`). A bound speaks of every candidate that was not chosen, so there is no plan to read it from; what
the coefficients of the chosen ones are worth is recomputed apart from the model by `cash` and `limits`. Any prices give
a valid bound, so all that can be wrong is the number itself: it must be what they give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables

SHORT = {
    "npv_cost_musd": "npv_cost",
    "compute_h100e_quarters": "compute",
    "carbon_t": "carbon",
    "latency_ms": "latency",
    "peak_funding_musd": "peak_funding",
}
"""What a study calls the objective of a pass."""


def problem_of(plan: Plan, study: Study, tables: Tables) -> Any:
    """The problem over all candidates, without lines that were found during the search, and with the cluster at the
    date that the plan says it can have, where that is the first priority (`priorities` looks at the date itself).

    Raises ValueError where the study has parts without a price.
    """
    from siting.assembly import assemble  # only here and only now: the rest of the verifier never loads these
    from siting.pricing import parts_without_price

    problem = assemble(study, tables).problem
    if unpriced := parts_without_price(problem):
        raise ValueError(f"no price for {', '.join(unpriced)}")
    if problem.grid is not None:
        problem = replace(problem, grid=problem.grid.without_rows())
    first = study.priorities[0]
    if first.objective != "time_to_compute":
        return problem
    found = plan.passes[0].value
    if plan.passes[0].objective != "time_to_compute_quarters" or found is None:
        raise ValueError("no pass for time_to_compute")
    begins = problem.cluster_from.copy()
    k = [first.cluster in (None, cluster.name) for cluster in study.clusters].index(True)
    begins[k] = min(int(begins[k]), int(found) + first.tolerance_quarters)
    return replace(problem, cluster_from=begins)


def bound_again(
    problem: Any, certificate: Mapping[str, Any], objective: str = "npv_cost", goals: Sequence[tuple[str, float]] = ()
) -> Any:
    """The bound that the stated prices give (`siting.pricing.Bound`) for a pass with the goals of those before it.

    Raises KeyError, ValueError, IndexError or TypeError for prices that do not fit.
    """
    from siting.pricing import Prices, bound_of, in_pass

    prices = Prices.from_lists(certificate, len(problem.region), problem.quarters)
    for multipliers in prices.all:
        parts = [part for part in vars(multipliers).values() if isinstance(part, float | np.ndarray)]
        if not all(np.isfinite(np.asarray(part)).all() for part in (*parts, *multipliers.parts.values())):
            raise ValueError("a price that is no number")
        if len(multipliers.line):
            raise ValueError("prices of lines, which are no part of the study")
    return bound_of(in_pass(problem, objective, goals), prices)
