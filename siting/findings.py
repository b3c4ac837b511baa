"""What a plan's numbers say: near ties, binding limits, simple reasons for having no plan, sources of the figures
used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.assembly.campus import campus_ids
from siting.assembly.rule_reasons import forbidden_hosts, rule_reasons
from siting.assembly.tenures import in_shells, step_it_mw
from siting.binding import stated_limits
from siting.problem import Problem
from siting.reduction.screen import Screened
from siting.reduction.split import pair_costs_musd
from siting.study import Study
from siting.study.tenures import BUILT
from siting.tables import catalog
from siting.tables.energy import gas_usd_per_mmbtu, onsite_unit
from siting.tables.read import Tables
from siting.units import quarter_label

NEAR = 0.005
"""Candidates whose plan would cost within 0.5 % of the best count as near ties."""


NO_SINGLE_LIMIT = "no single limit explains it by arithmetic: limits that each can be met contradict each other"
"""Said where no simple reason is found."""


def near_ties(
    assembled: Assembled, screened: Screened, plan_tables: dict[str, pd.DataFrame], value: float
) -> dict[str, Any]:
    """How far the place is decided: candidates that could be the host within 0.5 % of the plan's cost.

    Estimated from the screen cost of all usable candidates: value - cost(host) + cost(other) <= 1.005 value. Without
    an own host the measure is the cheapest place to serve from; it says nothing where nothing is built. Empty where
    several sites serve regions together: what another place costs hangs on which regions it reaches.
    """
    hosts = plan_tables["clusters"]
    own = hosts[hosts["tenure"] != "lease"]["host"].tolist()
    built = plan_tables["sites"]["candidate"].tolist()
    ids, campuses = assembled.usable["candidate"].tolist(), campus_ids(assembled.usable)
    if own:
        cost, chosen = screened.host_cost_musd, own[0]
    elif len({campuses.iloc[ids.index(candidate)] for candidate in built}) > 1:
        return {}
    elif built:
        cost, chosen = screened.serve_cost_musd * float(plan_tables["power"]["running_it_mw"].max() or 0.0), built[0]
    else:
        return {"count": 0, "within_share": NEAR, "states": [], "decided": True, "chosen": "", "nothing_built": True}
    chosen = campuses.iloc[ids.index(chosen)]
    here = cost[ids.index(chosen)]
    near = np.isfinite(cost) & (value - here + cost <= (1.0 + NEAR) * value)
    near[ids.index(chosen)] = True
    states = sorted(set(assembled.usable["state"].to_numpy()[near]))
    return {
        "count": int(near.sum()),
        "within_share": NEAR,
        "states": states,
        "decided": len(states) <= 1,
        "chosen": chosen,
        "nothing_built": False,
    }


def binding_limits(study: Study, p: Problem, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Limits that the plan meets with no room, in words. The planner's own limits: `siting.binding.own_limits`."""
    found = []
    cash = tables["cash"]
    room = cash["funding_cumulative"] - cash["cumulative"]
    tight = cash.loc[room <= 1e-3 * cash["funding_cumulative"].clip(lower=1.0), "quarter"].tolist()
    if tight:
        found.append(f"money in {_span(tight)}")
    for site in tables["sites"].itertuples():
        power = tables["power"][tables["power"]["candidate"] == site.candidate]
        firm = power["quarter"].map(_firm_mw(tables, site.candidate)).fillna(0.0)
        full = power[power["running_utility_mw"] >= (power["energized_utility_mw"] + firm) * (1 - 1e-6)]
        full = full[full["running_utility_mw"] > 0]
        if len(full):
            what = "energized power and units on the campus" if firm.any() else "energized power"
            found.append(f"{what} at {site.name} in {_span(full['quarter'].tolist())}")
        step_mw = step_it_mw(study, str(site.tenure)) * site.pue_peak
        kind, full_mw = "module", site.final_utility_mw - step_mw + 1e-6
        if in_shells(study, str(site.tenure)):
            kind, full_mw = "shell", np.floor(site.final_utility_mw / step_mw + 1e-9) * step_mw - 1e-6
        if site.utility_mw > full_mw:
            found.append(f"final MW at {site.name} (no room for another {kind})")
    found += _shared_limits(tables.get("grid_limits"))
    found += stated_limits(study, p, tables)
    for cluster in study.clusters:
        stands = tables["clusters"]
        for host in stands[(stands["cluster"] == cluster.name) & stands["tenure"].isin(BUILT)].to_dict("records"):
            first = tables["sites"].set_index("candidate").loc[host["host"]]
            if first["energization"] == quarter_label(cluster.by):
                found.append(
                    f"time to power at {first['name']}: it is energized in the quarter in which {cluster.name} is due"
                )
    return found


def _firm_mw(tables: dict[str, pd.DataFrame], candidate: str) -> dict[str, float]:
    """Quarter -> firm MW of units on the campus."""
    if "onsite" not in tables:
        return {}
    rows = tables["onsite"][tables["onsite"]["candidate"] == candidate]
    return {str(quarter): float(mw) for quarter, mw in rows.groupby("quarter")["firm_mw"].sum().items()}


def _shared_limits(limits: pd.DataFrame | None) -> list[str]:
    """Lines and islands on which no site that loads them has room for another module."""
    if limits is None:
        return []
    found = []
    for row in limits[limits["no_room"]].to_dict("records"):
        text = f"{row['name']} ({row['limit_mw']:,.1f} MW, {max(row['spare_mw'], 0.0):,.1f} MW left"
        if row["lp_price_musd_per_mw"] > 0:
            text += f"; 1 MW more is worth {row['lp_price_musd_per_mw']:,.3f} MUSD, LP price"
        found.append(f"{text})")
    return found


def _span(quarters: list[str]) -> str:
    return quarters[0] if len(quarters) == 1 else f"{len(quarters)} quarters from {quarters[0]} to {quarters[-1]}"


def simple_reasons(study: Study, assembled: Assembled) -> list[str]:
    """Why no plan may exist, by arithmetic on one limit at a time: rules, MW, dates, money."""
    p = assembled.problem
    reasons = list(rule_reasons(study, assembled))
    able = p.host_candidates()
    for k, cluster in enumerate(study.clusters):
        on_lease = assembled.leases[p.cluster_lease_gpus[k] > 0]
        in_time = on_lease[on_lease["first_start"] <= p.cluster_from[k]]
        if not able[k].any() and not len(in_time):
            reasons += _why_no_host(study, assembled, k)
            if cluster.split is not None and (pair_costs_musd(p, k)[1] < 0).all():
                near = f"{cluster.split.within_km:g} km of one another"
                reasons.append(f"power: no two campuses within {near} hold {cluster.name} together by its date")
            reasons += [
                f"time: {lease.lease} is delivered from {quarter_label(study.start + int(lease.first_start))} on, "
                f"{cluster.name} is due in {quarter_label(cluster.by)}"
                for lease in on_lease.itertuples()
            ]
        if not len(on_lease) and len(assembled.leases):
            biggest = assembled.leases["single_fabric_gpus"].max()
            reasons.append(
                f"{cluster.name}: no lease offer holds it on one fabric (the largest states {biggest:,.0f} GPUs)"
            )
    reasons += _money_reasons(study, assembled, able)
    reasons += _cap_reasons(study, assembled)
    return reasons or [NO_SINGLE_LIMIT]


def _why_no_host(study: Study, a: Assembled, k: int) -> list[str]:
    p, cluster = a.problem, study.clusters[k]
    reasons = []
    need = min(
        (float(p.cluster_pods[k, g] * p.pod_it_mw[g]) for g in np.flatnonzero(p.cluster_pods[k])), default=np.nan
    )
    if np.isfinite(need) and (forbidden := forbidden_hosts(a, need)) is not None:
        reasons.append(forbidden)
    if not len(p.candidate_id) or not np.isfinite(need):
        return [
            *reasons,
            f"{cluster.name}: no campus may host it (no usable candidate, or no accelerator that can be bought)",
        ]
    largest = p.modules_max * p.module_it_mw
    if largest.max() < need:
        at = int(largest.argmax())
        reasons.append(
            f"power: {cluster.name} needs {need:,.1f} MW IT on one campus; "
            f"the largest candidate, {p.candidate_id[at]}, "
            f"holds {largest[at]:,.1f} MW IT"
        )
        return reasons
    big = largest >= need
    enough = p.most_power_mw >= need * p.pue_peak[:, None] - 1e-9
    first = np.where(enough.any(axis=1), enough.argmax(axis=1), p.quarters)
    ready = np.maximum(first, p.live_from)[big]
    when = quarter_label(study.start + int(ready.min())) if ready.min() < p.quarters else "never inside the horizon"
    if ready.min() > p.cluster_from[k]:
        reasons.append(
            f"time: {cluster.name} is due in {quarter_label(cluster.by)}; "
            f"the earliest campus with {need:,.1f} MW IT energized "
            f"and standing is ready in {when} (time to power: {study.power.case} case, an assumption)"
        )
    deliver = [int(p.deliver_from[g]) for g in np.flatnonzero(p.cluster_pods[k])]
    if deliver and min(deliver) > p.cluster_from[k]:
        reasons.append(f"time: no admitted accelerator is delivered before {quarter_label(study.start + min(deliver))}")
    return reasons


def _money_reasons(study: Study, a: Assembled, able: np.ndarray) -> list[str]:
    """The cheapest way to each cluster and the existing contracts, against the money, at the cluster's date."""
    p, reasons = a.problem, []
    forced = p.lease_cash_musd[p.lease_forced, 0] * p.lease_max[p.lease_forced][:, None]
    existing = forced.sum(axis=0).cumsum() if len(forced) else np.zeros(p.quarters)
    for k, cluster in enumerate(study.clusters):
        by = int(p.cluster_from[k])
        ways: list[tuple[float, str, int]] = []
        for i, g in np.argwhere(able[k]).tolist():
            least = 0 if p.annexes else p.modules_first[i]  # halls of another class may fill the first phase for less
            modules = max(p.cluster_pods[k, g] * p.pod_it_mw[g] / p.module_it_mw, least)
            modules = modules if p.in_shells[i] else np.ceil(modules - 1e-9)
            paid = modules * p.module_cash_factor[i] @ p.module_cash_profile[:, by, : by + 1]
            if p.shells is not None and p.in_shells[i]:
                shells = np.ceil(modules / p.shells.modules - 1e-9)
                paid = paid + shells * p.shells.cost_musd[i] * p.shells.cash_profile[by, : by + 1]
            pods = p.cluster_pods[k, g] * p.pod_price_musd[g] * (1.0 + p.sales_tax[i, by])
            ways.append((float(paid.sum() + pods + p.opening_cash_musd[i, by]), f"owning at {p.candidate_id[i]}", by))
            if len(ways) >= 20_000:
                break
        for li in np.flatnonzero(p.cluster_lease_gpus[k]).tolist():
            begin = int(np.flatnonzero(p.lease_start[li])[0])
            whole = p.cluster_lease_gpus[k, li] * p.lease_cash_musd[li, begin].sum()
            ways.append((float(whole), f"leasing from {p.lease_id[li]} to the horizon", p.quarters - 1))
        short = [(cost, name, when) for cost, name, when in ways if cost + existing[when] > p.funding_musd[when] + 1e-6]
        if ways and len(short) == len(ways):
            cost, name, when = min(short)
            reasons.append(
                f"money: the cheapest way to {cluster.name}, {name}, takes {cost:,.0f} MUSD "
                f"by {quarter_label(study.start + when)}"
                f" beside {existing[when]:,.0f} MUSD of existing contracts; funding is {p.funding_musd[when]:,.0f} MUSD"
            )
    over = np.flatnonzero(existing > p.funding_musd + 1e-6)
    if len(over):
        reasons.append(
            f"money: existing contracts alone exceed the funding from {quarter_label(study.start + int(over[0]))}"
        )
    return reasons


def _cap_reasons(study: Study, a: Assembled) -> list[str]:
    """Accelerators alone of a cluster that no lease may hold, delivered when they are cheapest, against the cap."""
    p, reasons = a.problem, []
    if p.caps is None or not len(p.candidate_id):
        return []
    for k, cluster in enumerate(study.clusters):
        last = int(p.cluster_from[k])
        delivered = [(g, t) for g in np.flatnonzero(p.cluster_pods[k]) for t in range(int(p.deliver_from[g]), last + 1)]
        if p.cluster_lease_gpus[k].any() or not delivered:
            continue
        least = min(
            float(p.cluster_pods[k, g] * p.pod_price_musd[g] * p.pod_cash_profile[0, g, t].sum())
            * (1.0 + float(p.sales_tax[:, t].min()))
            for g, t in delivered
        )
        if least > p.caps.capital_musd + 1e-6:
            reasons.append(
                f"money: accelerators of {cluster.name} alone take {least:,.1f} MUSD; "
                f"capex_cap_musd is {p.caps.capital_musd:,.1f} MUSD"
            )
    return reasons


def figures_used(study: Study, tables: Tables, assembled: Assembled, sites: pd.DataFrame) -> list[dict[str, Any]]:
    """Source, date and confidence of the catalogue figures behind the plan, and whether they are dated after the
    study.
    """
    rows: list[dict[str, Any]] = []

    def add(item: str, value: str, source: object, date: object, confidence: object) -> None:
        day = "" if pd.isna(date) else str(date)
        rows.append(
            {
                "item": item,
                "value": value,
                "source": str(source),
                "date": day,
                "confidence": str(confidence),
                "after_study": bool(day) and day[:10] > study.price_day.isoformat(),
            }
        )

    for kind in assembled.accelerators:
        if np.isfinite(kind.price_musd):
            add(
                f"price of {kind.name}",
                f"{kind.price_musd * 1e6:,.0f} USD",
                kind.origin,
                np.nan,
                "stated by the study" if kind.origin == "study" else "see the row",
            )
        row = tables.accelerators[tables.accelerators["accelerator"] == kind.name]
        if len(row):
            add(
                f"power of {kind.name}",
                f"{kind.it_kw:.3g} kW IT",
                row["source"].iloc[0],
                row["date"].iloc[0],
                row["confidence"].iloc[0],
            )
    rows_of_sites = assembled.usable[assembled.usable["candidate"].isin(sites["candidate"])] if len(sites) else sites
    markets = sorted(set(rows_of_sites["construction_market"]) - {""}) if len(sites) else ["US"]
    if study.halls.cost_musd_per_it_mw is None and study.money.own:
        for market in markets:
            picked = catalog.construction_musd_per_it_mw(tables, market, study.halls.cost_level)
            left_out = str(tables.construction.set_index("market").loc[market, "excludes"]).replace(";", ", ")
            known = f" ({picked.low:g}-{picked.high:g})" if np.isfinite(picked.low) and np.isfinite(picked.high) else ""
            span = f"{picked.value:g} MUSD per MW IT{known}, without {left_out.replace('_', ' ')}"
            add(f"construction, {market}", span, picked.source, picked.date, picked.confidence)
    states = sorted(set(sites["state"])) if len(sites) else []
    if states:
        if study.power.price_column == "energy_only":
            add("power price", f"{study.power.usd_per_mwh:.1f} USD/MWh", "study", "", "stated by the study")
        own = rows_of_sites["own_usd_per_mwh"].notna()
        for site in rows_of_sites[own].itertuples():
            stated = f"{site.own_usd_per_mwh:.1f} USD/MWh"
            add(f"power price, {site.name}", stated, "the planner's file", "", "stated by the study")
        billed = sorted(set(rows_of_sites.loc[~own, "state"]))
        for price in _average_revenue(study, tables, billed).itertuples():
            add(f"power price, {price.state}", f"{price.usd_per_mwh:.1f} USD/MWh", price.source, price.date, "high")
        rates = catalog.co2_kg_per_mwh(tables, states)
        for rate in rates.itertuples():
            add(f"CO2, {rate.state}", f"{rate.co2_kg_per_mwh:.0f} kg/MWh", rate.source, rate.date, "high")
    for unit in (unit for unit in study.onsite if unit.unit):
        row = onsite_unit(tables, unit.unit)
        money = f", in dollars of {row['dollars_of']:.0f}" if pd.notna(row["dollars_of"]) else ""
        add(f"unit {unit.name}", f"row {unit.unit}{money}", row["source"], row["date"], row["confidence"])
    if any(unit.gas_usd_per_mmbtu is None and unit.fuel == "gas" for unit in study.onsite):
        for picked in (gas_usd_per_mmbtu(tables, state, study.price_day) for state in states):
            if np.isfinite(picked.value):
                value = f"{picked.value:.2f} USD/MMBtu"
                add(f"gas price, {picked.row}", value, picked.source, picked.date, picked.confidence)
    cooling = tables.pue_classes[tables.pue_classes["cooling"] == study.halls.cooling].iloc[0]
    add(f"PUE, {study.halls.cooling}", str(cooling["label"]), cooling["source"], cooling["date"], cooling["confidence"])
    for item in study.accelerators:
        if item.residual_points:
            ends = item.residual_points[-1]
            add(
                f"residual value, {item.name}",
                f"{ends.share:.0%} at {ends.age_years:g} years",
                "study",
                np.nan,
                "study",
            )
    curves = {item.residual or study.purchase.residual for item in study.accelerators if not item.residual_points}
    for name in sorted(curves - {"zero"}):
        curve = tables.residual_values[tables.residual_values["curve"] == name].iloc[-1]
        add(f"residual value, {name}", "by age", curve["source"], curve["date"], curve["confidence"])
    if study.inference is not None:
        fit = tables.rtt_fit[tables.rtt_fit["used"].astype(bool)].iloc[0]
        line = f"{fit['ms_per_km']:.4g} ms/km + {fit['intercept_ms']:.3g} ms"
        add("round trip", line, fit["source"], fit["date"], fit["confidence"])
    for lease in assembled.leases.itertuples():
        if not str(lease.lease).startswith("public:"):
            price = "whole contract" if pd.isna(lease.usd_per_gpu_h) else f"{lease.usd_per_gpu_h:.2f} USD/GPU/h"
            add(f"lease {lease.lease}", price, lease.note or "study", np.nan, "study")
    return rows


def _average_revenue(study: Study, tables: Tables, states: list[str]) -> pd.DataFrame:
    """Rows of the power price table that the study bills; none where it states the price of energy alone."""
    if study.power.price_column == "energy_only":
        return pd.DataFrame()
    return catalog.power_price_usd_per_mwh(tables, states, study.price_day, study.power.price_column)
