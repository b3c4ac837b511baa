"""What each decision costs once every shared limit has its price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from siting.pricing.energy import dearer_gwh
from siting.pricing.money import (
    deductions_of_quarters,
    module_deductions,
    money_prices,
    opening_deductions,
    pod_deductions,
)
from siting.pricing.multipliers import Multipliers
from siting.pricing.onsite import Units, unit_prices
from siting.problem import BoolArray, FloatArray, IntArray, Problem

NEVER = 1e12
"""musd of what cannot be done."""


LIKEST = 6
"""Known coverage classes that are tried for one that is not known."""


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
    units: Units | None = None
    """Power units on the campus."""


def later(x: FloatArray) -> FloatArray:
    """Sum over this and all later quarters, along the last axis."""
    return np.cumsum(x[..., ::-1], axis=-1)[..., ::-1]


def best_from(x: FloatArray) -> FloatArray:
    """Largest value of this and all later quarters, along the last axis."""
    return np.maximum.accumulate(x[..., ::-1], axis=-1)[..., ::-1]


def over_life(x: FloatArray, life: int) -> FloatArray:
    """Sum over this quarter and the life - 1 after it, along the last axis."""
    total = later(x)
    gone = np.zeros_like(total)
    gone[..., : max(0, x.shape[-1] - life)] = total[..., life:]
    return total - gone


def reach_classes(p: Problem) -> tuple[BoolArray, IntArray]:
    """(C, J) distinct rows of `p.reach`, and (I,) the row of each candidate."""
    packed = np.packbits(p.reach, axis=1)
    _, first, member = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return p.reach[first], member.reshape(-1)


def most_worth(reach: BoolArray, y: Multipliers) -> FloatArray:
    """(C, T) worth of one H100e of capacity that reaches these regions and serves the dearest of them."""
    worth = np.zeros((len(reach), y.served.shape[1]))
    for c, regions in enumerate(reach):
        worth[c] = y.served[regions].max(axis=0, initial=0.0)
    return worth


def capacity_worths(
    reach: BoolArray, y: Multipliers, demand_h100e: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Several (C, T) worths of one H100e of capacity of a campus that reaches these regions, musd, each with the (C, T)
    worth of being open.

    Regions ask for `demand_h100e` (J, T). With x_jt what the campus serves of region j, worth `served` each, Q_t its
    capacity and Z_t whether it is open, x_jt <= D_jt Z_t and sum_j x_jt <= Q_t. For any theta_t >= 0

        sum_j served_jt x_jt <= theta_t Q_t + sum_j D_jt max(0, served_jt - theta_t) Z_t

    so both are prices that keep the bound valid (the dual of a continuous knapsack). With theta_t the dearest region
    the second part is 0 and nothing is asked of being open; a theta_t below it tells a campus by what its regions
    demand. theta: `y.capacity` of the class; elsewhere as much of the dearest region as in the known class whose
    dearest regions are likest, then in the second of these, and so on, at last the dearest region itself.
    """
    most = most_worth(reach, y)
    if y.reach_of is not None and y.capacity is not None and len(y.reach_of):
        known_most = most_worth(y.reach_of, y)
        share = np.where(known_most > 0.0, np.minimum(y.capacity, known_most) / np.maximum(known_most, 1e-12), 1.0)
        near = np.argsort(cdist(most, known_most, "cityblock"), axis=1, kind="stable")[:, :LIKEST]
        key = {regions.tobytes(): n for n, regions in enumerate(y.reach_of)}
        for c, regions in enumerate(reach):
            near[c, 0] = key.get(regions.tobytes(), near[c, 0])
        for like in near.T:
            theta = most * share[like]
            opened = np.zeros_like(most)
            for c, regions in enumerate(reach):
                beyond = np.maximum(y.served[regions] - theta[c], 0.0)
                opened[c] = (demand_h100e[regions] * beyond).sum(axis=0)
            yield theta, opened
    yield most, np.zeros_like(most)


def reduced_costs(p: Problem, y: Multipliers, worth: FloatArray, opened: FloatArray) -> Reduced:
    """Costs of the candidates of `p`. y: signed; worth, opened: (I, T), `capacity_worths` of each candidate.

    A nominal musd paid in s counts beside its present value with B_s, the sum of the multipliers of cumulative funding
    from s on. A module carries the price of the lines that it loads from its quarter on, and of its island at the end.
    """
    quarters = np.arange(p.quarters)
    money = money_prices(p, y)
    paid = money.paid
    at = quarters[None, :] - p.opening_lag[:, None]
    opening = p.npv_open_musd + p.opening_cash_musd * np.where(at >= 0, paid[np.maximum(at, 0)], 0.0)
    module = p.npv_module_musd + p.module_cash_factor @ (p.module_cash_profile @ paid) + lines_of_modules(p, y)
    price = p.pod_price_musd[:, None]
    operation, assessed = (price * profile for profile in p.pod_cash_profile[1:] @ paid)  # (G, T) each
    purchase = price * (p.pod_cash_profile[0] @ (paid - money.pledged))
    pod = p.npv_pod_musd + (1.0 + p.sales_tax)[:, None, :] * purchase[None] + operation[None]
    pod = pod + p.property_tax[:, None, None] * assessed[None] + (p.pod_accelerators[:, None] * y.supply)[None]
    can = (quarters >= p.live_from[:, None])[:, None, :] & (quarters >= p.deliver_from[:, None])[None]
    energy = (1.0 + paid / p.discount)[None, :]
    if money.taxed(p):
        assert p.income_tax is not None
        opening = opening - opening_deductions(p, money)
        module = module - module_deductions(p, money)
        pod = pod - pod_deductions(p, money)
        energy = energy - (deductions_of_quarters(p, money) / p.discount)[p.income_tax.group]
    dearer = dearer_gwh(p, y, money)
    units = unit_prices(p, money, dearer)
    beside = p.mwh_per_it_mw / 1e3 * (dearer - (0.0 if units is None else units.cheaper))  # musd of a running MW
    run = p.npv_run_musd * energy[:, None, :] + p.pod_it_mw[:, None] * beside[:, None, :]
    serve = p.serve_factor * p.pod_serve[None, :, None] * worth[:, None, :]
    per_mw = 1.0 / p.pod_it_mw[None, :, None]
    return Reduced(
        opening=opening + y.sites - later(opened),
        module=module,
        pod_per_mw=np.where(can & p.may_hold[:, :, None], pod * per_mw, np.inf),
        run_per_mw=run * per_mw,
        worth_per_mw=(serve - run) * per_mw,
        units=units,
    )


def lines_of_modules(p: Problem, y: Multipliers) -> FloatArray:
    """(I, T) musd of a module that goes live in t, for the lines and the island that it loads from then on."""
    if p.grid is None:
        return np.zeros((len(p.candidate_id), p.quarters))
    per_mw = p.grid.factor.T @ later(np.where(p.grid.holds(p.quarters), y.line, 0.0))
    located = p.grid.island >= 0
    per_mw[located] += y.island[p.grid.island[located]][:, None]
    return per_mw * (p.pue_peak * p.module_it_mw)[:, None]
