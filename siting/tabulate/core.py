"""Decisions -> the plan's tables. The columns are listed at each function; numbers are the model's own reading of
the cash.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.assembly.campus import is_annex
from siting.assembly.costs import clock_of
from siting.assembly.leases import bill_musd, start_price_level
from siting.assembly.tenures import campus_openings, module_costs
from siting.items import UNFUNDED
from siting.problem import FloatArray, Problem
from siting.reduction.screen import Screened
from siting.solver.decisions import Decisions
from siting.solver.standing import standing_modules
from siting.study import Study
from siting.tables import catalog
from siting.tables.read import Tables
from siting.tabulate.cooling import opened_in
from siting.tabulate.curtailable import sooner_mw
from siting.tabulate.onsite import generated_mwh
from siting.tabulate.parts import Parts
from siting.tabulate.registry import part_tables
from siting.units import quarter_label


def plan_tables(
    study: Study, tables: Tables, assembled: Assembled, screened: Screened, p: Problem, d: Decisions
) -> dict[str, pd.DataFrame]:
    """Every table of a plan. `p` and `d` are over the screened candidates, in the order of `screened.rows`."""
    places = assembled.usable.iloc[screened.rows].reset_index(drop=True)
    cash, after, items = cash_tables(study, assembled, places, p, d)
    parts = Parts(study=study, tables=tables, assembled=assembled, places=places, p=p, d=d)
    return {
        "sites": _sites(study, assembled, places, p, d),
        "modules": _modules(study, p, d),
        "deliveries": _deliveries(study, p, d),
        "fleet": _fleet(study, p, d),
        "leases": _leases(study, assembled, p, d),
        "power": _power(study, tables, places, p, d),
        "service": _service(study, assembled, screened, p, d),
        "cash": cash,
        "after_horizon": after,
        "credits": items,
        "clusters": clusters_table(study, assembled, places, p, d),
        **place_tables(study, assembled, screened),
        **part_tables(parts),
    }


def place_tables(study: Study, assembled: Assembled, screened: Screened) -> dict[str, pd.DataFrame]:
    """`candidates` (all that were read: screen costs, in_model, excluded_by) and `regions`; known without a plan
    too.
    """
    everyone = assembled.candidates
    columns = ["candidate", "name", "lat", "lon", "state", "tenure", "final_utility_mw", "excluded_by"]
    frame = everyone[columns].reset_index(drop=True).copy()
    used = frame["excluded_by"] == ""
    for column, values in (
        ("screen_cost_musd", screened.host_cost_musd),
        ("serve_cost_musd_per_h100e", screened.serve_cost_musd),
    ):
        frame[column] = np.nan
        frame.loc[used, column] = values
    in_model = np.zeros(int(used.sum()), dtype=bool)
    in_model[screened.rows] = True
    frame["in_model"] = False
    frame.loc[used, "in_model"] = in_model
    frame = frame[~is_annex(everyone)].reset_index(drop=True)  # halls of a second class are no candidate of their own
    regions = assembled.demand.regions.drop(columns="share").copy()
    regions[f"peak_{study.h100e_column}"] = assembled.demand.h100e.max(axis=1, initial=0.0)
    return {"candidates": frame, "regions": regions}


def _labels(study: Study) -> list[str]:
    return [quarter_label(study.start + t) for t in range(study.quarters)]


def _long(study: Study, names: dict[str, np.ndarray], values: dict[str, np.ndarray], keep: np.ndarray) -> pd.DataFrame:
    """Long table of the cells of `keep`; the last axis is the quarter, the axes before it are named by `names`."""
    where = np.argwhere(keep)
    frame = pd.DataFrame({name: labels[where[:, axis]] for axis, (name, labels) in enumerate(names.items())})
    frame["quarter"] = np.array(_labels(study), dtype=object)[where[:, -1]]
    for name, array in values.items():
        frame[name] = array[tuple(where.T)]
    return frame


def _sites(study: Study, a: Assembled, places: pd.DataFrame, p: Problem, d: Decisions) -> pd.DataFrame:
    """One row an opened campus, and one for its halls of a second cooling class (annex_of: the campus)."""
    first = opened_in(p, d)
    rows = np.flatnonzero(first < p.quarters)
    sites, opened = places.iloc[rows].reset_index(drop=True), first[rows]
    it_mw = standing_modules(p, d)[rows, -1] * p.module_it_mw
    hosted = {i: [str(p.cluster[k]) for k, campus, *_ in d.parts if campus == i] for i in rows.tolist()}
    cost = (
        p.npv_open_musd[rows, opened]
        + (d.modules[rows] * p.npv_module_musd[rows]).sum(axis=1)
        + (d.pods[rows] * p.npv_pod_musd[rows]).sum(axis=(1, 2))
        + (d.running_pods[rows] * p.npv_run_musd[rows]).sum(axis=(1, 2))
        + _posted_npv_musd(study, p, d)[rows]
    )
    kept = ["candidate", "name", "lat", "lon", "state", "county_fips", "interconnect", "bus_id", "tenure"]
    kept += [] if p.annex is None else ["annex_of"]
    return sites[kept].assign(
        open_quarter=[quarter_label(study.start + int(t)) for t in opened],
        it_mw=it_mw,
        utility_mw=it_mw * p.pue_peak[rows],
        final_utility_mw=sites["final_utility_mw"],
        pue_mean=sites["pue_mean"],
        pue_peak=sites["pue_peak"],
        usd_per_mwh=sites["usd_per_mwh"],
        energization=[quarter_label(int(e)) for e in sites["energization"]],
        grid_checked=sites["grid_checked"].astype(bool),
        clusters=["; ".join(hosted[i]) for i in rows.tolist()],
        npv_cost_musd=cost,
    )


def _posted_npv_musd(study: Study, p: Problem, d: Decisions) -> FloatArray:
    """(I,) present value of what parts that a study may leave out pay and are worth at each candidate."""
    clock, found = clock_of(study), np.zeros(len(p.candidate_id))
    for kind, _, i, t, musd in d.posted:
        if i >= 0:
            found[i] += -musd * clock.end_discount if kind == "credit" else musd * clock.discount(t + 1)[t]
    return found


def _modules(study: Study, p: Problem, d: Decisions) -> pd.DataFrame:
    """Halls that go live; where halls are fitted out in shells, their modules are not whole."""
    modules = d.modules if p.shells is not None else np.rint(d.modules).astype(np.int64)
    frame = _long(study, {"candidate": p.candidate_id}, {"modules": modules}, modules > 0)
    return frame.assign(it_mw=frame["modules"] * p.module_it_mw)


def _deliveries(study: Study, p: Problem, d: Decisions) -> pd.DataFrame:
    counts = {"pods": d.pods, "accelerators": d.pods * p.pod_accelerators[None, :, None]}
    return _long(study, {"candidate": p.candidate_id, "accelerator": p.accelerator}, counts, d.pods > 0)


def _fleet(study: Study, p: Problem, d: Decisions) -> pd.DataFrame:
    size = p.pod_accelerators[None, :, None]
    installed = p.standing_pods(d.pods) * size
    counts = {"installed": installed, "running": d.running_pods * size}
    return _long(study, {"candidate": p.candidate_id, "accelerator": p.accelerator}, counts, installed > 0)


def _leases(study: Study, a: Assembled, p: Problem, d: Decisions) -> pd.DataFrame:
    where = np.argwhere(d.lease_gpus > 0)
    offers = a.leases.iloc[where[:, 0]].reset_index(drop=True)
    frame = offers[["lease", "provider", "accelerator"]].copy()
    frame["quarter"] = np.array(_labels(study), dtype=object)[where[:, 1]]
    frame["gpus"] = d.lease_gpus[tuple(where.T)]
    frame["term_quarters"] = offers["term_quarters"].astype(int)
    per_hour = (
        offers["total_musd"].astype(float) * 1e6 / offers["gpus"].astype(float) / (offers["term_quarters"] * 2190.0)
    )
    level = [start_price_level(row, start) for row, start in zip(offers.itertuples(), where[:, 1], strict=True)]
    frame["usd_per_gpu_h"] = offers["usd_per_gpu_h"].astype(float).fillna(per_hour) * np.array(level, dtype=float)
    frame["kind"] = offers["kind"]
    frame["existing"] = offers["existing"].astype(bool)
    frame["cluster"] = [
        "; ".join(str(p.cluster[k]) for k in np.flatnonzero(d.lease_reserved[:, li, t])) for li, t in where.tolist()
    ]
    return frame


def _power(study: Study, tables: Tables, places: pd.DataFrame, p: Problem, d: Decisions) -> pd.DataFrame:
    """energy_mwh is all that is drawn; co2_t counts the part that comes from the grid."""
    standing = standing_modules(p, d) * p.module_it_mw
    running = np.einsum("igt,g->it", d.running_pods, p.pod_it_mw)
    energy = running * places["pue_mean"].to_numpy(float)[:, None] * study.power.load_factor
    energy = energy * clock_of(study).hours(study.quarters)[None, :]
    rates = catalog.co2_kg_per_mwh(tables, places["state"].tolist())["co2_kg_per_mwh"].to_numpy(float)
    return _long(
        study,
        {"candidate": p.candidate_id},
        {
            "standing_it_mw": standing,
            "running_it_mw": running,
            "running_utility_mw": running * p.pue_peak[:, None],
            "energized_utility_mw": p.energized_mw + sooner_mw(p, d),
            "energy_mwh": energy,
            "co2_t": np.maximum(energy - generated_mwh(p, d), 0.0) * rates[:, None] / 1000.0,
        },
        standing > 0,
    )


def _service(study: Study, a: Assembled, screened: Screened, p: Problem, d: Decisions) -> pd.DataFrame:
    labels = _labels(study)
    rtt = {"campus": a.demand.rtt_ms[screened.rows], "lease": a.demand.lease_rtt_ms}
    names = {"campus": p.candidate_id, "lease": p.lease_id}
    rows = [
        (names[kind][source], p.region[j], labels[t], h100e, float(rtt[kind][source, j]))
        for kind, source, j, t, h100e in d.service
    ]
    return pd.DataFrame(rows, columns=["source", "region", "quarter", study.h100e_column, "rtt_ms"])


def clusters_table(study: Study, a: Assembled, places: pd.DataFrame, p: Problem, d: Decisions) -> pd.DataFrame:
    """One row a training cluster, or one for each of its two campuses: where it stands and what it draws there. MW are
    blank on a lease: the provider's.
    """
    kinds = {kind.name: kind for kind in a.accelerators}
    rows = []
    for k, i, g, pods in d.parts:
        gpus, name = int(pods * p.pod_accelerators[g]), str(p.accelerator[g])
        it_mw = gpus * kinds[name].it_kw / 1000.0
        rows.append((k, p.candidate_id[i], places["tenure"].iloc[i], name, gpus, it_mw, it_mw * float(p.pue_peak[i])))
    for k, (where, li, _) in enumerate(d.host):
        if where == "lease":
            gpus, name = int(p.cluster_lease_gpus[k, li]), str(a.leases["accelerator"].iloc[li])
            rows.append((k, p.lease_id[li], "lease", name, gpus, np.nan, np.nan))
    rows.sort(key=lambda row: row[0])
    frame = pd.DataFrame(rows, columns=["k", "host", "tenure", "accelerator", "gpus", "it_mw", "utility_mw"])
    due = [quarter_label(study.start + int(p.cluster_from[k])) for k in frame["k"]]
    frame.insert(0, "cluster", np.array([p.cluster[k] for k in frame["k"]], dtype=object))
    return frame.drop(columns="k").assign(by=due)


def cash_tables(
    study: Study, a: Assembled, places: pd.DataFrame, p: Problem, d: Decisions
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """`cash` by quarter and item with totals and funding; `after_horizon` obligations; `credits` as present values.

    `cumulative` is what funding has to cover: items that pay nobody are in the total and not in it.
    """
    quarters, items = study.quarters, {}
    purchase, operation, assessed = p.pod_cash_profile
    bought = d.pods * p.pod_price_musd[None, :, None]
    taxed = bought * (1.0 + p.sales_tax)[:, None, :]
    items["accelerators"] = np.einsum("igd,gdt->t", taxed, purchase)
    by_factor = np.einsum("id,if->fd", d.modules, p.module_cash_factor)
    for item, decided, profile in zip(p.module_item, by_factor, p.module_cash_profile, strict=True):
        items[item] = items.get(item, 0.0) + decided @ profile
    items["opening"] = np.zeros(quarters)
    first = opened_in(p, d)
    for i in np.flatnonzero(first < quarters).tolist():
        items["opening"][int(first[i] - p.opening_lag[i])] += p.opening_cash_musd[i, int(first[i])]
    items["energy"] = (d.running_pods * p.npv_run_musd).sum(axis=(0, 1)) / p.discount
    items["accelerator_om"] = np.einsum("igd,gdt->t", bought, operation)
    items["property_tax"] = np.einsum("igd,i,gdt->t", bought, p.property_tax, assessed)
    leased = np.einsum("ls,lst->lt", d.lease_gpus, p.lease_cash_musd)
    items["lease"] = leased[~p.lease_forced].sum(axis=0)
    items["existing_lease"] = leased[p.lease_forced].sum(axis=0)
    items |= _posted_cash(items, d, quarters)
    cash = pd.DataFrame({"quarter": _labels(study), **items})
    cash["total"] = sum(items.values())
    earned = {"revenue"} if p.revenue is not None and not p.revenue.counts_as_funding else set()
    unfunded = sum((items[name] for name in UNFUNDED | earned if name in items), np.zeros(quarters))
    cash["cumulative"] = (cash["total"] - unfunded).cumsum()
    cash["funding_cumulative"] = p.funding_musd
    return cash, _after(study, a, places, d), _credits(study, places, p, d, a)


def _posted_cash(items: dict[str, FloatArray], d: Decisions, quarters: int) -> dict[str, FloatArray]:
    """Items that the ledger prices, added to those that are there already."""
    found: dict[str, FloatArray] = {}
    for kind, item, _, t, musd in d.posted:
        if kind == "cash" and t < quarters:
            column = found.setdefault(item, np.array(items.get(item, np.zeros(quarters)), dtype=float))
            column[t] += musd
    return found


def _after(study: Study, a: Assembled, places: pd.DataFrame, d: Decisions) -> pd.DataFrame:
    """Obligations after the horizon, by quarter: rent, lease, existing_lease (musd)."""
    clock, costs = clock_of(study), module_costs(study, places)
    longest = [cost.profile.shape[1] for cost in costs]
    span = max([*longest, *(study.quarters + int(term) for term in a.leases["term_quarters"])])
    span = max([span, *(t + 1 for kind, _, _, t, _ in d.posted if kind == "cash")])
    due = {"rent": np.zeros(span)}
    for cost in costs:
        paid = (d.modules * cost.musd[:, None]).sum(axis=0) @ cost.profile
        if paid[study.quarters :].any():
            due[cost.item][: len(paid)] += paid
    due["lease"], due["existing_lease"] = np.zeros(span), np.zeros(span)
    for kind, item, _, t, musd in d.posted:
        if kind == "cash" and t >= study.quarters:
            due.setdefault(item, np.zeros(span))[t] += musd
    hours = clock.hours(span)
    for li, start in np.argwhere(d.lease_gpus > 0).tolist():
        row = a.leases.iloc[li]
        name = "existing_lease" if row["existing"] else "lease"
        due[name] += d.lease_gpus[li, start] * bill_musd(row, start, hours)
    frame = pd.DataFrame(
        {
            "quarter": [quarter_label(study.end + n) for n in range(span - study.quarters)],
            **{name: values[study.quarters :] for name, values in due.items()},
        }
    )
    return frame[(frame[list(due)] != 0.0).any(axis=1)].reset_index(drop=True)


def _credits(study: Study, places: pd.DataFrame, p: Problem, d: Decisions, a: Assembled) -> pd.DataFrame:
    """Present values taken off the cost: what stands at the horizon."""
    clock = clock_of(study)
    spent = p.pod_price_musd[None, :, None] * d.pods
    purchase = p.pod_cash_profile[0] @ p.discount
    everything = (d.pods * p.npv_pod_musd).sum()
    kept = (
        (spent * (1.0 + p.sales_tax)[:, None, :] * purchase[None]).sum()
        + (spent * (p.pod_cash_profile[1] @ p.discount)[None]).sum()
        + (spent * p.property_tax[:, None, None] * (p.pod_cash_profile[2] @ p.discount)[None]).sum()
        - everything
    )
    halls = sum(
        float((d.modules * cost.musd[:, None] * (cost.profile.sum(axis=1) * cost.left)[None]).sum())
        for cost in module_costs(study, places)
    )
    opening, first = campus_openings(study, places), opened_in(p, d)
    rows = np.flatnonzero(first < p.quarters)
    opened = first[rows]
    worth = {
        "residual_accelerators": float(kept),
        "residual_halls": halls * clock.end_discount,
        "residual_connection": float(opening.aged_musd[rows, opened].sum()) * clock.end_discount,
        "land_and_deposit": float(opening.kept_musd[rows, opened].sum()) * clock.end_discount,
        "leased_after": _capacity_after(study, a, p, d),
    }
    for kind, item, _, _, musd in d.posted:
        if kind == "credit":
            worth[item] = worth.get(item, 0.0) + musd * clock.end_discount
    return pd.DataFrame({"item": list(worth), "musd": list(worth.values())})


def _capacity_after(study: Study, a: Assembled, p: Problem, d: Decisions) -> float:
    value, clock = study.leases.value_after_horizon_usd_per_gpu_h, clock_of(study)
    total = 0.0
    for li, start in np.argwhere(d.lease_gpus > 0).tolist():
        span = max(study.quarters, start + int(p.lease_term[li]))
        worth: FloatArray = clock.hours(span) * clock.discount(span) * value / 1e6
        total += float(d.lease_gpus[li, start] * worth[study.quarters :].sum())
    return total
