"""Location problems as siting problems of one quarter, and how their answers are read.

A site is a campus of one module, its fixed cost that of the opening; a customer is a demand region that asks for as
many H100e as its demand; an accelerator of 1 MW serves 1 H100e and costs nothing. Capacities are energized MW, costs
of arcs are transit, who reaches whom is coverage, at most p sites is a rule of the plan.

- lscp: the fewest sites that reach everybody: each costs 1, arcs inside the radius nothing.
- mclp: p sites that reach the most demand: one site beside them, which is free and reaches everybody, serves nobody
  at a cost of 1 for each unit of demand. The least cost is what stays uncovered. One more customer, whom only that
  site reaches, keeps it open, so that it takes none of the p.
- pcenter: the least radius at which p sites reach everybody, by bisection over the distances that occur.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from location_files import Instance, uncapacitated

from siting.problem import Problem
from siting.problem.rules import SiteRules
from siting.problem.transit import Transit
from siting.solver.highs import Options
from siting.solver.search import search

PROBLEMS = ("cflp", "uflp", "sscflp", "pmedian", "pcenter", "lscp", "mclp")
Solver = Callable[[Problem, Options], tuple[float | None, float | None]]
"""(value, bound) of a problem; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is printed. `gap` is relative to the value."""

    value: float | None
    bound: float | None
    gap: float | None
    seconds: float


def by_search(p: Problem, options: Options) -> tuple[float | None, float | None]:
    """The road of every study."""
    result = search(p, options).result
    return result.value, result.bound


def solved(
    instance: Instance,
    problem: str,
    options: Options,
    *,
    p: int | None = None,
    radius: float | None = None,
    solver: Solver = by_search,
) -> Answer:
    """The answer to one of `PROBLEMS`. Raises ValueError where p, a radius, distances or capacities are missing."""
    began = time.perf_counter()
    p = instance.p if p is None else p
    if problem in ("pmedian", "pcenter", "mclp") and p is None:
        raise ValueError(f"{problem} needs p")
    if problem in ("lscp", "mclp") and radius is None:
        raise ValueError(f"{problem} needs a radius")
    if problem in ("lscp", "mclp", "pcenter") and instance.distance is None:
        raise ValueError(f"{problem} needs distances, which this format does not have")
    if problem in ("cflp", "sscflp") and not np.isfinite(instance.capacity).all():
        raise ValueError(f"{problem} needs capacities, which this format does not have")
    value, bound = _asked(instance, problem, options, p, radius, solver)
    seconds = time.perf_counter() - began
    gap = None if value is None or bound is None else abs(value - bound) / max(abs(value), 1e-9)
    return Answer(value=value, bound=bound, gap=gap, seconds=seconds)


def _asked(
    instance: Instance, problem: str, options: Options, p: int | None, radius: float | None, solver: Solver
) -> tuple[float | None, float | None]:
    if problem == "cflp":
        return solver(problem_of(instance), options)
    if problem == "uflp":
        return solver(problem_of(uncapacitated(instance)), options)
    if problem == "sscflp":
        return solver(replace(problem_of(instance), single_source=True), options)
    if problem == "pmedian":
        return solver(problem_of(uncapacitated(instance), most=p), options)
    if problem == "pcenter":
        assert p is not None
        return _center(instance, options, p, solver)
    assert radius is not None
    near = _within(instance, radius)
    if problem == "lscp":
        return _rounded_up(*solver(problem_of(near), options))
    assert p is not None
    missed, bound = solver(problem_of(with_nobody(near), most=p + 1), options)
    everyone = float(instance.demand.sum())
    return None if missed is None else everyone - missed, None if bound is None else everyone - bound


def _within(instance: Instance, radius: float) -> Instance:
    """Sites that cost 1 each and reach, for nothing, what lies inside the radius."""
    assert instance.distance is not None
    m = len(instance.fixed)
    cost = np.where(instance.distance <= radius * (1.0 + 1e-12), 0.0, np.nan)
    return replace(instance, fixed=np.ones(m), capacity=np.full(m, np.inf), cost=cost)


def with_nobody(instance: Instance) -> Instance:
    """Sites are free; one more of them, always open, reaches everybody at a cost of 1 for each unit of demand."""
    m, n = instance.cost.shape
    cost = np.full((m + 1, n + 1), np.nan)
    cost[:m, :n], cost[m, :n], cost[m, n] = instance.cost, instance.demand, 0.0
    return replace(
        instance,
        fixed=np.zeros(m + 1),
        capacity=np.append(instance.capacity, np.inf),
        demand=np.append(instance.demand, 1.0),
        cost=cost,
    )


def _rounded_up(value: float | None, bound: float | None) -> tuple[float | None, float | None]:
    """Counts are whole, and so is the least of them."""
    return None if value is None else float(round(value)), None if bound is None else float(np.ceil(bound - 1e-6))


def _center(instance: Instance, options: Options, p: int, solver: Solver) -> tuple[float | None, float | None]:
    """Bisection: which distance is the first at which p sites are enough. All radii below the bound are proved not to
    be; a search that ends between them leaves the bound where it is.
    """
    assert instance.distance is not None
    ends = time.perf_counter() + options.time_limit_s
    radii = np.unique(instance.distance[np.isfinite(instance.distance)])
    low, high, proved = 0, len(radii) - 1, 0
    value: float | None = None
    while low <= high:
        middle = (low + high) // 2
        left = max(0.5, ends - time.perf_counter())
        near = _within(instance, float(radii[middle]))
        found, bound = None, None
        if np.isfinite(near.cost).any(axis=0).all():
            found, bound = _rounded_up(*solver(problem_of(near), replace(options, time_limit_s=left)))
        hopeless = not np.isfinite(near.cost).any(axis=0).all() or (bound is not None and bound > p)
        if found is not None and found <= p:
            value, high = float(radii[middle]), middle - 1
        else:
            low = middle + 1
            proved = max(proved, low) if hopeless else proved
        if time.perf_counter() > ends:
            break
    return value, float(radii[min(proved, len(radii) - 1)])


def problem_of(instance: Instance, most: int | None = None) -> Problem:
    """The arrays of a study of one quarter. `most` sites may be open."""
    m, n = instance.cost.shape
    everything = float(instance.demand.sum())
    capacity = np.minimum(instance.capacity, everything)
    reach = np.isfinite(instance.cost)
    rate = np.where(reach, instance.cost, 0.0) / np.where(instance.demand > 0.0, instance.demand, 1.0)
    dearest = np.where(reach, instance.cost, 0.0).max(axis=0).sum()
    rules = None if most is None else _at_most(most, m)
    return Problem(
        quarters=1,
        module_it_mw=float(np.ceil(everything) + 1.0),
        **_sites(instance.fixed, capacity),
        **_pods(m),
        **_no_offers_nor_clusters(n),
        reach=reach,
        region=np.array([f"r{j}" for j in range(n)], dtype=object),
        demand_h100e=instance.demand[:, None].astype(float),
        serve_factor=1.0,
        discount=np.ones(1),
        funding_musd=np.array([2.0 * (instance.fixed.sum() + dearest) + 1.0]),
        transit=Transit(usd_per_h=rate, lease_usd_per_h=np.zeros((0, n)), hours=np.array([1e6])),
        rules=rules,
    )


def _sites(fixed: np.ndarray, capacity: np.ndarray) -> dict[str, Any]:
    m = len(fixed)
    one = np.ones(m, dtype=np.int64)
    return {
        "candidate_id": np.array([f"s{i}" for i in range(m)], dtype=object),
        "pue_peak": np.ones(m),
        "modules_max": one,
        "modules_first": one,
        "live_from": 0 * one,
        "energized_mw": capacity[:, None].astype(float),
        "mwh_per_it_mw": np.zeros((m, 1)),
        "usd_per_mwh": np.zeros((m, 1)),
        "co2_t_per_mwh": np.zeros(m),
        "npv_open_musd": fixed[:, None].astype(float),
        "npv_module_musd": np.zeros((m, 1)),
        "opening_cash_musd": fixed[:, None].astype(float),
        "opening_lag": 0 * one,
        "module_cash_factor": np.zeros((m, 3)),
        "module_cash_profile": np.zeros((3, 1, 1)),
    }


def _pods(m: int) -> dict[str, Any]:
    return {
        "npv_pod_musd": np.zeros((m, 1, 1)),
        "npv_run_musd": np.zeros((m, 1, 1)),
        "pod_price_musd": np.zeros(1),
        "sales_tax": np.zeros((m, 1)),
        "property_tax": np.zeros(m),
        "pod_cash_profile": np.zeros((3, 1, 1, 1)),
        "accelerator": np.array(["unit"], dtype=object),
        "pod_accelerators": np.ones(1, dtype=np.int64),
        "pod_it_mw": np.ones(1),
        "pod_h100e": np.ones(1),
        "pod_serve": np.ones(1),
        "deliver_from": np.zeros(1, dtype=np.int64),
        "pod_life": np.ones(1, dtype=np.int64),
        "supply": np.full((1, 1), np.inf),
    }


def _no_offers_nor_clusters(n: int) -> dict[str, Any]:
    numbers = ("lease_h100e", "lease_serve", "lease_min", "lease_max")
    return {
        **{name: np.zeros(0) for name in numbers},
        "lease_id": np.array([], dtype=object),
        "lease_term": np.zeros(0, dtype=np.int64),
        "lease_start": np.zeros((0, 1), dtype=bool),
        "lease_forced": np.zeros(0, dtype=bool),
        "lease_reach": np.zeros((0, n), dtype=bool),
        "npv_lease_musd": np.zeros((0, 1)),
        "lease_cash_musd": np.zeros((0, 1, 1)),
        "cluster": np.array([], dtype=object),
        "cluster_pods": np.zeros((0, 1), dtype=np.int64),
        "cluster_lease_gpus": np.zeros((0, 0), dtype=np.int64),
        "cluster_from": np.zeros(0, dtype=np.int64),
        "cluster_until": np.zeros(0, dtype=np.int64),
    }


def _at_most(most: int, m: int) -> SiteRules:
    none = np.zeros(m, dtype=np.int64)
    return SiteRules(
        min_sites=0,
        max_sites=most,
        forced_modules=none,
        forced_by=none,
        existing_modules=none,
        extended_from=none,
        group=np.zeros((0, m), dtype=np.int64),
        group_most=np.zeros(0, dtype=np.int64),
        lat=np.zeros(m),
        lon=np.zeros(m),
        min_distance_km=None,
    )
