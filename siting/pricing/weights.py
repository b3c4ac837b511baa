r"""What a unit of every measure counts in the Lagrangian of a pass, in units of the objective of the pass.

A pass aims at one measure and keeps what the passes before it reached as goals. With mu_g >= 0 for the row of goal g,

    L = sum_m omega_m measure_m - sum_g mu_g s_g limit_g,      s_g = 1 where less is better, -1 where more is

where omega of the objective is s, and every goal adds s_g mu_g to that of its measure. So less of a measure of which
less is better costs, and more of `compute` earns, in every pass and with any mu; L is a bound from below on s times
the objective. The measures are sums over the same decisions as the cost, and priced with it:

- `npv_cost`: every present value counts omega times. What funding and tax make of a payment does not: a nominal musd
  paid in t counts omega discount_t + B_t, with B_t the multipliers of cumulative funding from t on (`money`).
- `peak_funding`: with tau_t >= 0 for Peak >= cumulative spending in t, omega Peak + sum_t tau_t (cumulative spending
  in t - Peak) >= sum_t tau_t cumulative spending in t as long as sum_t tau_t <= omega, as Peak >= 0: tau are further
  multipliers of cumulative funding, of which nothing is there. They are scaled down where they sum to more.
- `carbon`: the tonnes of every running MWh at the grid's rate; a GWh that a unit on the campus generates emits its
  own in place of them (`onsite`).
- `compute`: H100e of every pod that runs, for a region, a cluster or nobody, and of every leased GPU in force.
- `latency`: a unit of service from a campus to region j counts rtt_ij over all that is asked for, so a unit of its
  capacity is worth max_j (served_jt - omega rtt_ij / asked), and never less than nothing (`service`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siting.pricing.multipliers import Multipliers
from siting.problem import FloatArray, Problem
from siting.problem.goals import MEASURES, Goal

GOAL, PEAK = "goal", "peak_of_spending"
"""Rows of the passes before, and of the largest cumulative spending, as the model names them."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """|omega| of every measure, 0 or more: units of the objective for one unit of the measure."""

    npv_cost: float = 0.0
    compute: float = 0.0
    carbon: float = 0.0
    latency: float = 0.0
    peak_funding: float = 0.0
    constant: float = 0.0
    """What the limits of the goals add to the bound, in units of the objective."""


def weights_of(p: Problem, y: Multipliers) -> Weights:
    """The weights of the pass that `p` is about. y: signed."""
    found = dict.fromkeys(MEASURES, 0.0)
    found[p.objective] = 1.0
    constant = 0.0
    for goal, mu in zip(p.goals, y.of(GOAL, (len(p.goals),)).tolist(), strict=True):
        found[goal.objective] += mu
        constant -= mu * MEASURES[goal.objective].sign * goal.limit
    return Weights(**found, constant=constant)


def cumulative_prices(p: Problem, y: Multipliers, weights: Weights) -> FloatArray:
    """(T,) of a nominal musd of cumulative spending in a quarter: of funding, and of the peak. y: signed."""
    peak = y.of(PEAK, (p.quarters,))
    total = float(peak.sum())
    within = min(1.0, weights.peak_funding / total) if total > 0.0 else 0.0
    return np.asarray(y.funding + within * peak)


def in_pass(p: Problem, objective: str, goals: Sequence[tuple[str, float]]) -> Problem:
    """The problem in a pass: what it aims at, and measures that the passes before it reached with their limits."""
    return replace(p, objective=objective, goals=tuple(Goal(objective=name, limit=limit) for name, limit in goals))
