"""What each decision costs once every shared limit has its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from siting.pricing.shells import by_then, shell_costs
from siting.problem import FloatArray, Problem

NEVER = 1e12
"""Cost of what cannot be done."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduced:
    """Costs of increments at every candidate, in units of the objective: what is decided in t and all that follows."""

    opening: FloatArray
    """(I, T)"""
    module: FloatArray
    """(I, T) one module that goes live in t, its part of a shell included."""
    idle: FloatArray
    """(I, T) what a module's part of a shell that stands from t on or later earns and holds nothing: 0, unless shells
    pay."""
    pod_per_mw: FloatArray
    """(I, G, T) one MW of pods delivered in t; inf where none can be."""
    run_per_mw: FloatArray
    """(I, G, T) energy of one running MW of pods in t, and what it emits, less what it computes."""
    worth_per_mw: FloatArray
    """(I, G, T) of one running MW that serves, less what running costs; may be negative."""
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


def reduced_costs(p: Problem, y: Multipliers, worth: FloatArray, opened: FloatArray) -> Reduced:
    """Costs of the candidates of `p`. y: signed; worth, opened: (I, T), `capacity_worths` of each candidate.

    Present values count with the weight of the cost (`weights`), a nominal musd paid in s beside that with B_s, the sum
    of the multipliers of cumulative funding from s on. A module carries the price of the lines that it loads from its
    quarter on, and of its island at the end.
    """
    quarters = np.arange(p.quarters)
    money = money_prices(p, y)
    weights, paid = money.weights, money.paid
    cost = weights.npv_cost
    at = quarters[None, :] - p.opening_lag[:, None]
    opening = cost * p.npv_open_musd + p.opening_cash_musd * np.where(at >= 0, paid[np.maximum(at, 0)], 0.0)
    module = cost * p.npv_module_musd + p.module_cash_factor @ (p.module_cash_profile @ paid) + lines_of_modules(p, y)
    shell = shell_costs(p, money)
    price = p.pod_price_musd[:, None]
    operation, assessed = (price * profile for profile in p.pod_cash_profile[1:] @ paid)  # (G, T) each
    purchase = price * (p.pod_cash_profile[0] @ (paid - money.pledged))
    pod = cost * p.npv_pod_musd + (1.0 + p.sales_tax)[:, None, :] * purchase[None] + operation[None]
    pod = pod + p.property_tax[:, None, None] * assessed[None] + (p.pod_accelerators[:, None] * y.supply)[None]
    can = (quarters >= p.live_from[:, None])[:, None, :] & (quarters >= p.deliver_from[:, None])[None]
    energy = (cost + paid / p.discount)[None, :]
    if money.taxed(p):
        assert p.income_tax is not None
        opening = opening - opening_deductions(p, money)
        module = module - module_deductions(p, money)
        pod = pod - pod_deductions(p, money)
        energy = energy - (deductions_of_quarters(p, money) / p.discount)[p.income_tax.group]
    dearer = dearer_gwh(p, y, money)
    units = unit_prices(p, money, dearer)
    beside = p.mwh_per_it_mw / 1e3 * (dearer - (0.0 if units is None else units.cheaper))
    beside = beside + weights.carbon * p.mwh_per_it_mw * np.nan_to_num(p.co2_t_per_mwh)[:, None]  # of a running MW
    run = p.npv_run_musd * energy[:, None, :] + p.pod_it_mw[:, None] * beside[:, None, :]
    run = run - weights.compute * p.pod_h100e[:, None]
    serve = p.serve_factor * p.pod_serve[None, :, None] * worth[:, None, :]
    per_mw = 1.0 / p.pod_it_mw[None, :, None]
    return Reduced(
        opening=opening + y.sites - later(opened),
        module=module + by_then(p, shell),
        idle=np.maximum(best_from(np.where(quarters >= p.live_from[:, None], -shell, 0.0)), 0.0),
        pod_per_mw=np.where(can & p.may_hold[:, :, None], pod * per_mw, np.inf),
        run_per_mw=run * per_mw,
        worth_per_mw=(serve - run) * per_mw,
        units=units,
    )


def lines_of_modules(p: Problem, y: Multipliers) -> FloatArray:
    """(I, T) cost of a module that goes live in t, for the lines and the island that it loads from then on."""
    if p.grid is None:
        return np.zeros((len(p.candidate_id), p.quarters))
    per_mw = p.grid.factor.T @ later(np.where(p.grid.holds(p.quarters), y.line, 0.0))
    located = p.grid.island >= 0
    per_mw[located] += y.island[p.grid.island[located]][:, None]
    return per_mw * (p.pue_peak * p.module_it_mw)[:, None]
