"""Study + tables -> Problem: the one room where frames become arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from siting.assembly.accelerators import Bought, bought_accelerators
from siting.assembly.campus import is_annex
from siting.assembly.candidates import candidate_frame, sales_tax_by_quarter
from siting.assembly.caps import caps_of
from siting.assembly.cooling import annexes_of
from siting.assembly.costs import clock_of, growth, pod_profiles
from siting.assembly.curtailable import curtailable_of
from siting.assembly.demand import Demand, demand_of
from siting.assembly.energized import energized_mw
from siting.assembly.finance import debt_of, revenue_of
from siting.assembly.grid import grid_rows
from siting.assembly.income_tax import income_tax_of
from siting.assembly.lease_regions import region_numbers
from siting.assembly.leases import gpus_for, lease_costs, lease_frame
from siting.assembly.limits import own_limits
from siting.assembly.onsite import onsite_block, onsite_figures
from siting.assembly.prices import price_level, worth_at_horizon
from siting.assembly.rules import existing_modules, site_rules
from siting.assembly.shared import shared_places
from siting.assembly.shells import shells_of
from siting.assembly.supply import contracts_of, demand_charge_of, large_load_of
from siting.assembly.tenures import campus_openings, first_modules, live_from, module_costs, whole_steps
from siting.assembly.transit import transit_of
from siting.assembly.yearly import carbon_of, needs_co2, water_of
from siting.errors import Fault, InputError, raise_if_any
from siting.networks import with_own_buses
from siting.problem import FloatArray, Problem
from siting.problem.split import Split
from siting.study import Study
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import first_day

Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True, eq=False)
class Assembled:
    """The problem over all usable candidates, and the frames that name its rows."""

    problem: Problem
    candidates: pd.DataFrame
    """Every candidate read, usable or not (`excluded_by`)."""
    usable: pd.DataFrame
    """Rows of the problem, in its order."""
    leases: pd.DataFrame
    accelerators: list[Bought]
    demand: Demand


def assemble(study: Study, tables: Tables, among: Container[str] | None = None) -> Assembled:
    """Arrays of the study. Raises InputError with what is blank, unknown, empty or out of reach.

    Faults of accelerators and of candidates come together; demand needs both and is read after them. among: only these
    candidates, by id, are taken on after that; those of one place, halls of one campus, one at least of every energy
    contract, forced and existing ones are to be among them together.
    """
    tables = with_own_buses(study, tables)
    faults: list[Fault] = []
    kinds = _unless_faulty(faults, lambda: bought_accelerators(study, tables))
    candidates = _unless_faulty(faults, lambda: candidate_frame(study, tables))
    if among is not None and candidates is not None:
        candidates = candidates[[name in among for name in candidates["candidate"]]].reset_index(drop=True)
    figures = _unless_faulty(faults, lambda: onsite_figures(study, tables))
    onsite = None
    if candidates is not None and figures is not None:
        onsite = _unless_faulty(faults, lambda: onsite_block(study, tables, figures, candidates))
    raise_if_any(faults)
    assert kinds is not None and candidates is not None
    usable = candidates[candidates["excluded_by"] == ""].reset_index(drop=True)
    leases = lease_frame(study, tables)
    demand = demand_of(study, tables, candidates, leases)
    return Assembled(
        problem=replace(_problem(study, tables, usable, leases, kinds, demand), onsite=onsite),
        candidates=candidates,
        usable=usable,
        leases=leases,
        accelerators=kinds,
        demand=demand,
    )


def with_figures(study: Study, tables: Tables, assembled: Assembled, usable: pd.DataFrame) -> Assembled:
    """The same with other figures of the usable candidates: MW, price, dates. usable: their rows, or some of them,
    changed; round trips stay as they are.

    Of some rows: those of one place, halls of one campus, and one at least of every energy contract are to be kept
    together, forced and existing ones too. A candidate whose MW no longer hold a first phase can never be live. Raises
    InputError as `assemble` does.
    """
    at = {name: n for n, name in enumerate(assembled.usable["candidate"])}
    rows = [at[name] for name in usable["candidate"]]
    usable, demand = usable.reset_index(drop=True), assembled.demand
    demand = replace(demand, rtt_ms=demand.rtt_ms[rows], reach=demand.reach[rows])
    problem = _problem(study, tables, usable, assembled.leases, assembled.accelerators, demand)
    onsite = onsite_block(study, tables, onsite_figures(study, tables), usable)
    small = problem.modules_max < problem.modules_first
    live_from = np.where(small, problem.quarters, problem.live_from)
    problem = replace(problem, onsite=onsite, live_from=live_from)
    return replace(assembled, problem=problem, usable=usable, demand=demand)


def _unless_faulty(faults: list[Fault], make: Callable[[], Part]) -> Part | None:
    """What `make` makes; None when it is refused, its faults added to the others."""
    try:
        return make()
    except InputError as error:
        faults.extend(error.faults)
        return None


def _problem(
    study: Study, tables: Tables, usable: pd.DataFrame, leases: pd.DataFrame, kinds: list[Bought], demand: Demand
) -> Problem:
    module_mw = study.halls.module_it_mw
    pue_peak = usable["pue_peak"].to_numpy(float)
    sales_tax = sales_tax_by_quarter(study, tables, usable, _days(study))
    property_tax = usable["property_tax"].to_numpy(float)
    standing = existing_modules(study, usable)
    flowing = np.maximum(energized_mw(study, usable), (standing * module_mw * pue_peak)[:, None])
    first = np.where(is_annex(usable), 1, first_modules(study, usable["tenure"]))
    energy = _energy(study, tables, usable)
    return Problem(
        quarters=study.quarters,
        module_it_mw=module_mw,
        candidate_id=usable["candidate"].to_numpy(object),
        pue_peak=pue_peak,
        modules_max=whole_steps(study, usable),
        modules_first=np.where(standing > 0, np.minimum(first, standing), first),
        shells=shells_of(study, usable),
        annex=annexes_of(study, usable, [kind.cooling for kind in kinds]),
        live_from=np.where(standing > 0, 0, live_from(study, usable)),
        energized_mw=flowing,
        shared=shared_places(usable, flowing),
        reach=demand.reach,
        **energy,
        lease_reach=demand.lease_reach,
        region=demand.regions["region"].to_numpy(object),
        demand_h100e=demand.h100e,
        serve_factor=study.operation.availability * study.operation.peak_utilisation,
        survive_share=0.0 if study.inference is None else study.inference.survive_share,
        transit=transit_of(study, usable, leases, demand.regions),
        single_source=study.inference is not None and study.inference.single_source,
        discount=clock_of(study).discount(study.quarters),
        funding_musd=_funding(study),
        caps=caps_of(study),
        rules=site_rules(study, usable),
        split=_split(study, usable),
        limits=own_limits(study, usable),
        carbon=carbon_of(study, usable),
        water=water_of(study, usable),
        grid=grid_rows(study, tables.data_dir, usable),
        **_site_costs(study, usable),
        **_weighed(study, demand),
        debt=debt_of(study),
        revenue=revenue_of(study, demand.h100e),
        contracts=contracts_of(study, usable),
        large_load=large_load_of(study, usable),
        curtailable=curtailable_of(study, usable),
        demand_musd_per_mw=demand_charge_of(study),
        income_tax=income_tax_of(study, tables, usable, leases, kinds),
        **_pod_costs(study, tables, energy, kinds, sales_tax, property_tax),
        **_lease_arrays(study, leases, kinds),
        **_cluster_arrays(study, leases, kinds),
    )


def _weighed(study: Study, demand: Demand) -> dict[str, Any]:
    """Which measures are evaluated; and round trips where latency is an objective: candidates that differ in them
    cannot share service variables.
    """
    named = [priority.objective for priority in study.priorities]
    watched = tuple(dict.fromkeys(["npv_cost", *(name for name in named if name != "time_to_compute")]))
    round_trips = {"rtt_ms": demand.rtt_ms, "lease_rtt_ms": demand.lease_rtt_ms} if "latency" in named else {}
    return {"watched": watched, **round_trips}


def _refuse_blank_carbon(study: Study, usable: pd.DataFrame, rates: FloatArray) -> None:
    if not needs_co2(study):
        return
    states = sorted(set(usable["state"].to_numpy()[~np.isfinite(rates)]))
    raise_if_any(
        [
            Fault(
                file="co2_rates.csv",
                key=f"state {state}",
                value="blank",
                expected="a rate, as the plan depends on carbon: name the state in candidates.grid.exclude_states",
            )
            for state in states
        ]
    )


def _split(study: Study, usable: pd.DataFrame) -> Split | None:
    """Where the campuses are, when a cluster may stand on two of them."""
    within = np.array([np.nan if c.split is None else c.split.within_km for c in study.clusters], dtype=float)
    if np.isnan(within).all():
        return None
    return Split(lat=usable["lat"].to_numpy(float), lon=usable["lon"].to_numpy(float), within_km=within)


def _days(study: Study) -> list[Any]:
    return [first_day(study.start + t) for t in range(study.quarters)]


def _funding(study: Study) -> FloatArray:
    inflow = np.zeros(study.quarters)
    for item in study.money.funding:
        if item.quarter < study.end:
            inflow[item.quarter - study.start] += item.amount_musd
    return np.cumsum(inflow)


def _site_costs(study: Study, usable: pd.DataFrame) -> dict[str, Any]:
    clock, opening = clock_of(study), campus_openings(study, usable)
    costs = module_costs(study, usable)
    factor = np.column_stack([cost.musd for cost in costs])
    return {
        "npv_open_musd": opening.npv_musd(clock),
        "npv_module_musd": factor @ np.stack([cost.worth(clock) for cost in costs]),
        "opening_cash_musd": opening.cash_musd,
        "opening_lag": opening.lag,
        "module_cash_factor": factor,
        "module_cash_profile": np.stack([cost.profile[:, : study.quarters] for cost in costs]),
        "module_item": tuple(cost.item for cost in costs),
    }


def _energy(study: Study, tables: Tables, usable: pd.DataFrame) -> dict[str, Any]:
    """Energy, price and carbon of one running critical IT MW by candidate."""
    quarters = study.quarters
    pue_mean, price = (usable[name].to_numpy(float)[:, None] for name in ("pue_mean", "usd_per_mwh"))
    rates = catalog.co2_kg_per_mwh(tables, usable["state"].tolist())["co2_kg_per_mwh"].to_numpy(float)
    _refuse_blank_carbon(study, usable, rates)
    return {
        "mwh_per_it_mw": pue_mean * study.power.load_factor * clock_of(study).hours(quarters)[None, :],
        "usd_per_mwh": price * growth(study.power.escalator, quarters)[None, :],
        "co2_t_per_mwh": rates / 1000.0,
    }


def _pod_costs(
    study: Study,
    tables: Tables,
    energy: dict[str, Any],
    kinds: list[Bought],
    sales_tax: FloatArray,
    property_tax: FloatArray,
) -> dict[str, Any]:
    clock, quarters = clock_of(study), study.quarters
    discount = clock.discount(quarters)
    profiles = []
    for item, kind in zip(study.accelerators, kinds, strict=True):
        level = price_level(study, item, kind.price_musd)
        worth = worth_at_horizon(study, tables, item, kind, level)
        profiles.append(pod_profiles(study, kind.lead_quarters, worth, kind.life_quarters, level))
    price = np.array([np.nan_to_num(kind.price_musd) * kind.pod_accelerators for kind in kinds])
    cash = np.stack([profile.cash for profile in profiles], axis=1)
    worth = cash @ discount  # (3, G, T)
    residual = np.stack([profile.residual for profile in profiles]) * clock.end_discount  # (G, T)
    npv_pod = price[None, :, None] * (
        (1.0 + sales_tax)[:, None, :] * worth[0][None]
        + (worth[1] - residual)[None]
        + property_tax[:, None, None] * worth[2][None]
    )
    pod_mw = np.array([kind.it_kw * kind.pod_accelerators / 1000.0 for kind in kinds])
    run = energy["mwh_per_it_mw"] * energy["usd_per_mwh"] / 1e6 * discount[None, :]
    first = [
        quarters
        if not np.isfinite(kind.price_musd)
        else max(kind.lead_quarters, (kind.available or study.start) - study.start)
        for kind in kinds
    ]
    return {
        "npv_pod_musd": npv_pod,
        "npv_run_musd": run[:, None, :] * pod_mw[None, :, None],
        "pod_price_musd": price,
        "sales_tax": sales_tax,
        "property_tax": property_tax,
        "pod_cash_profile": cash,
        "accelerator": np.array([kind.name for kind in kinds], dtype=object),
        "pod_accelerators": np.array([kind.pod_accelerators for kind in kinds], dtype=np.int64),
        "pod_it_mw": pod_mw,
        "pod_h100e": np.array([kind.h100e * kind.pod_accelerators for kind in kinds]),
        "pod_serve": np.array([kind.inference_h100e * kind.pod_accelerators for kind in kinds]),
        "deliver_from": np.minimum(np.array(first, dtype=np.int64), quarters),
        "pod_life": np.minimum(np.array([kind.life_quarters for kind in kinds], dtype=np.int64), quarters),
        "supply": np.array([kind.supply for kind in kinds]).reshape(len(kinds), quarters),
    }


def _lease_arrays(study: Study, leases: pd.DataFrame, kinds: list[Bought]) -> dict[str, Any]:
    cash, npv = lease_costs(study, leases, clock_of(study))
    per_gpu = {kind.name: kind.h100e for kind in kinds}
    served = {kind.name: kind.inference_h100e for kind in kinds}
    t = np.arange(study.quarters)[None, :]
    window = (t >= leases["first_start"].to_numpy(int)[:, None]) & (t <= leases["last_start"].to_numpy(int)[:, None])
    return {
        "lease_id": leases["lease"].to_numpy(object),
        "lease_region": region_numbers(leases),
        "lease_h100e": leases["accelerator"].map(per_gpu).to_numpy(float),
        "lease_serve": leases["accelerator"].map(served).to_numpy(float),
        "lease_min": leases["min_gpus"].to_numpy(float),
        "lease_max": leases["gpus"].to_numpy(float),
        "lease_term": leases["term_quarters"].to_numpy(np.int64),
        "lease_start": window,
        "lease_forced": leases["existing"].to_numpy(bool),
        "npv_lease_musd": npv,
        "lease_cash_musd": cash,
    }


def _cluster_arrays(study: Study, leases: pd.DataFrame, kinds: list[Bought]) -> dict[str, Any]:
    pods = np.zeros((len(study.clusters), len(kinds)), dtype=np.int64)
    gpus = np.zeros((len(study.clusters), len(leases)), dtype=np.int64)
    h100e = {kind.name: kind.h100e for kind in kinds}
    for k, cluster in enumerate(study.clusters):
        admitted = cluster.accelerators or tuple(h100e)
        for g, kind in enumerate(kinds):
            if kind.name in admitted and np.isfinite(kind.price_musd):
                size = gpus_for(cluster.gpus, cluster.h100e, kind.h100e)
                pods[k, g] = math.ceil(size / kind.pod_accelerators - 1e-9)
        for number, lease in enumerate(leases.itertuples()):
            if lease.accelerator in admitted:
                needed = gpus_for(cluster.gpus, cluster.h100e, h100e[lease.accelerator])
                if needed <= min(lease.single_fabric_gpus, lease.gpus):
                    gpus[k, number] = needed
    last = study.quarters - 1
    return {
        "cluster": np.array([cluster.name for cluster in study.clusters], dtype=object),
        "cluster_pods": pods,
        "cluster_lease_gpus": gpus,
        "cluster_from": np.array([c.by - study.start for c in study.clusters], dtype=np.int64),
        "cluster_until": np.array(
            [last if c.until is None else min(c.until - study.start, last) for c in study.clusters], dtype=np.int64
        ),
    }
