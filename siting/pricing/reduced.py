"""What each decision costs once every shared limit has its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from siting.pricing.multipliers import Multipliers
from siting.problem import BoolArray, FloatArray, IntArray, Problem

NEVER = 1e12
"""musd of what cannot be done."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduced:
    """Costs of increments at every candidate, present musd: what is decided in t and all that follows from it."""

    opening: FloatArray
    """(I, T)"""
    module: FloatArray
    """(I, T) one module that goes live in t."""
    pod_per_mw: FloatArray
    """(I, G, T) one MW of pods delivered in t; inf where none can be."""
    run_per_mw: FloatArray
    """(I, G, T) energy of one running MW of pods in t."""
    worth_per_mw: FloatArray
    """(I, G, T) of one running MW that serves, less its energy; may be negative."""


def later(x: FloatArray) -> FloatArray:
    """Sum over this and all later quarters, along the last axis."""
    return np.cumsum(x[..., ::-1], axis=-1)[..., ::-1]


def best_from(x: FloatArray) -> FloatArray:
    """Largest value of this and all later quarters, along the last axis."""
    return np.maximum.accumulate(x[..., ::-1], axis=-1)[..., ::-1]


def reach_classes(p: Problem) -> tuple[BoolArray, IntArray]:
    """(C, J) distinct rows of `p.reach`, and (I,) the row of each candidate."""
    packed = np.packbits(p.reach, axis=1)
    _, first, member = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return p.reach[first], member.reshape(-1)


def served_worth(reach: BoolArray, y: Multipliers, quarters: int) -> FloatArray:
    """(C, T) worth of one H100e of capacity that reaches these regions: the sets of regions of which it reaches any.

    Demand of all regions is served exactly if every set S of them has sum of the capacity that reaches any of S >= the
    demand of S, in every quarter (maximum flow, minimum cut; Gale 1957): so no flow needs a variable.
    """
    worth = np.zeros((len(reach), quarters))
    if len(y.sets):
        hit = (reach.astype(np.float32) @ y.sets.T.astype(np.float32)) > 0.5
        for t in np.unique(y.set_quarter).tolist():
            now = y.set_quarter == t
            worth[:, t] = hit[:, now] @ y.set_musd[now]
    return worth


def reduced_costs(p: Problem, y: Multipliers, worth: FloatArray) -> Reduced:
    """Costs of the candidates of `p`. y: signed; worth: (I, T), `served_worth` of each candidate.

    A nominal musd paid in s counts beside its present value with B_s, the sum of the multipliers of cumulative funding
    from s on. A module carries the price of the lines that it loads from its quarter on, and of its island at the end.
    """
    quarters = np.arange(p.quarters)
    paid = later(y.funding)
    at = quarters[None, :] - p.opening_lag[:, None]
    opening = p.npv_open_musd + p.opening_cash_musd * np.where(at >= 0, paid[np.maximum(at, 0)], 0.0)
    module = p.npv_module_musd + p.module_cash_factor @ (p.module_cash_profile @ paid) + _grid(p, y)
    price = p.pod_price_musd[:, None]
    purchase, operation, assessed = (price * profile for profile in p.pod_cash_profile @ paid)  # (G, T) each
    pod = p.npv_pod_musd + (1.0 + p.sales_tax)[:, None, :] * purchase[None] + operation[None]
    pod = pod + p.property_tax[:, None, None] * assessed[None] + (p.pod_accelerators[:, None] * y.supply)[None]
    can = (quarters >= p.live_from[:, None])[:, None, :] & (quarters >= p.deliver_from[:, None])[None]
    run = p.npv_run_musd * (1.0 + paid / p.discount)
    serve = p.serve_factor * p.pod_serve[None, :, None] * worth[:, None, :]
    per_mw = 1.0 / p.pod_it_mw[None, :, None]
    return Reduced(
        opening=opening + y.sites,
        module=module,
        pod_per_mw=np.where(can & p.may_hold[:, :, None], pod * per_mw, np.inf),
        run_per_mw=run * per_mw,
        worth_per_mw=(serve - run) * per_mw,
    )


def _grid(p: Problem, y: Multipliers) -> FloatArray:
    """(I, T) musd of a module that goes live in t, for the lines and the island that it loads from then on."""
    if p.grid is None:
        return np.zeros((len(p.candidate_id), p.quarters))
    per_mw = p.grid.factor.T @ later(np.where(p.grid.holds(p.quarters), y.line, 0.0))
    located = p.grid.island >= 0
    per_mw[located] += y.island[p.grid.island[located]][:, None]
    return per_mw * (p.pue_peak * p.module_it_mw)[:, None]
