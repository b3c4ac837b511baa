"""Problems that are facility location and nothing else: found, solved by their own structure, read back as decisions.

A problem of one quarter without clusters, offers or parts beside transit, single sources and a count of sites, whose
halls come whole with the opening and whose pods cost nothing, is capacitated facility location: a site costs so much
and serves so much, an arc costs so much. Nothing is lost:

- modules_first = modules_max, so an open site has exactly these modules, whose cost joins that of the opening;
- a pod costs nothing, so B = the whole pods that run: a site serves up to
  s f min(floor(halls / e), energized / (PUE e)), s f H100e served by a running pod, e its MW;
- energy is paid by the running pod, which is by H100e served: it joins the arc;
- money is ample: all openings, all modules and the dearest arc of every region together are inside the funding.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from siting.problem import BoolArray, FloatArray, Problem

SMALL = 6000
"""Arcs of a small problem."""
ALLOWED = frozenset({"transit", "rules"})
"""Parts that facility location has too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Location:
    """M sites, N customers of demand above 0."""

    fixed: FloatArray
    """(M,) cost of an open site."""
    capacity: FloatArray
    """(M,) demand that an open site serves."""
    demand: FloatArray
    """(N,)"""
    cost: FloatArray
    """(M, N) of serving ALL of a customer's demand from a site; inf where the site does not reach it."""
    most: int | None
    """Sites that may be open."""
    whole: bool
    """Whether a customer is served by one site."""
    apart: float | None = None
    """`step` of the problem that this is a part of: the plan at hand may use what the part leaves out."""

    @property
    def uncapacitated(self) -> bool:
        """Whether every site could serve everybody."""
        return bool((self.capacity >= self.demand.sum() * (1.0 - 1e-12)).all())

    @property
    def integral(self) -> bool:
        """Whether customers are served whole in some best plan: asked for, or the cheapest open site has room."""
        return self.whole or self.uncapacitated

    @property
    def small(self) -> bool:
        """Whether HiGHS needs so little time that a long preparation does not pay."""
        return self.cost.size <= SMALL

    @cached_property
    def step(self) -> float:
        """What the costs of two plans differ by at least, when they differ: 1 where all costs are whole, else 0."""
        if self.apart is not None:
            return self.apart
        costs = np.concatenate([self.fixed, self.cost[np.isfinite(self.cost)]])
        return 1.0 if self.integral and not np.any(costs % 1.0) else 0.0

    @property
    def covering(self) -> bool:
        """Whether arcs are free and sites are large: open sites must reach everybody, and nothing else counts."""
        return self.uncapacitated and not np.any(self.cost[np.isfinite(self.cost)])


def location_of(p: Problem) -> Location | None:
    """The problem as facility location; None when it is more than that."""
    parts = {f.name: getattr(p, f.name) for f in fields(p) if f.default is None}
    plain = (
        p.quarters == 1
        and len(p.accelerator) == 1
        and not len(p.lease_id)
        and not len(p.cluster)
        and p.objective == "npv_cost"
        and set(p.watched) <= {"npv_cost"}
        and not p.goals
        and p.survive_share == 0.0
        and all(part is None for name, part in parts.items() if name not in ALLOWED)
    )
    if not plain or not (_only_counted(p) and _halls_with_the_opening(p)):
        return None
    asked = np.flatnonzero(p.demand_h100e[:, 0] > 0.0)
    demand = p.demand_h100e[asked, 0]
    rate = np.zeros(p.reach.shape) if p.transit is None else p.transit.usd_per_h * p.transit.hours[0] / 1e6
    served = float(p.serve_factor * p.pod_serve[0])
    arc = rate * p.discount[0] + p.npv_run_musd[:, 0] / served
    running = p.npv_run_musd[:, 0] / p.discount[0] / served + rate
    cash = p.opening_cash_musd[:, 0] + p.modules_max * (p.module_cash_factor @ p.module_cash_profile[:, 0, 0])
    dearest = (np.where(p.reach, running, 0.0)[:, asked].max(axis=0, initial=0.0) * demand).sum()
    if np.maximum(cash, 0.0).sum() + dearest > p.funding_musd[0]:
        return None
    halls = np.floor(p.modules_max * p.module_it_mw / p.pod_it_mw[0] + 1e-9)
    powered = p.energized_mw[:, 0] / (p.pue_peak * p.pod_it_mw[0])
    open_to = p.reach & (p.live_from == 0)[:, None]
    return Location(
        fixed=p.npv_open_musd[:, 0] + p.modules_max * p.npv_module_musd[:, 0],
        capacity=served * np.minimum(halls, powered),
        demand=demand,
        cost=_whole_again(np.where(open_to, arc, np.inf)[:, asked] * demand),
        most=None if p.rules is None else p.rules.max_sites,
        whole=p.single_source,
    )


def _whole_again(cost: FloatArray) -> FloatArray:
    """Costs that a division by the demand has moved off a whole number by rounding are whole."""
    near = np.round(cost)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(cost - near) <= 1e-12 * np.abs(near), near, cost)


def _only_counted(p: Problem) -> bool:
    """Whether no rule but the largest count of sites speaks."""
    rules = p.rules
    return rules is None or not (
        rules.min_sites
        or rules.forced_modules.any()
        or rules.existing_modules.any()
        or (rules.group >= 0).any()
        or rules.min_distance_km is not None
    )


def _halls_with_the_opening(p: Problem) -> bool:
    free_pods = not p.npv_pod_musd.any() and not p.pod_price_musd.any()
    return bool(
        (p.modules_first == p.modules_max).all()
        and free_pods
        and p.deliver_from[0] == 0
        and np.isinf(p.supply).all()
        and p.may_hold.all()
        and (p.npv_open_musd[:, 0] + p.modules_max * p.npv_module_musd[:, 0] >= 0.0).all()
        and (p.npv_run_musd >= 0.0).all()
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """A plan of a location problem."""

    open: BoolArray
    """(M,)"""
    share: FloatArray
    """(M, N) of a customer's demand that each site serves."""
    value: float
    prices: FloatArray | None = None
    """(N,) what a customer costs at the margin over the same open sites, where that is known."""


def value_of(loc: Location, opened: BoolArray, share: FloatArray) -> float:
    """Cost of a plan."""
    used = share > 0.0
    return float(loc.fixed[opened].sum() + (np.where(used, loc.cost, 0.0) * share).sum())
