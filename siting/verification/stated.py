"""What the plan's tables say beside the decisions, again: megawatts, counts, prices, places, round trips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from siting.plan import Plan
from siting.study import Study
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.cash import Offer, accelerator_figure
from siting.verification.decisions import Read
from siting.verification.demand import asked_h100e, regions_of
from siting.verification.halls import first_module, standing
from siting.verification.limits import Limits
from siting.verification.places import Places


def stated_faults(
    plan: Plan, study: Study, tables: Tables, places: Places, offers: dict[str, Offer], read: Read, limits: Limits
) -> Iterator[str]:
    """A fault for every derived figure of the plan's tables that the decisions, study and catalogue do not give."""
    yield from _sites(plan, study, places, read)
    yield from _counts(plan, study, tables)
    yield from _power(plan, study, tables, places, read, limits)
    yield from _leases(plan, study, offers)
    yield from _clusters(plan, study, tables, places)
    yield from _regions(plan, study, tables)
    yield from _round_trips(plan, study, places, offers, limits)


def differs(said: Any, again: float) -> bool:
    """Whether two numbers differ by more than 1e-6, absolute and relative. Both blank is no difference."""
    if pd.isna(said) and pd.isna(again):
        return False
    return not abs(float(said) - again) <= 1e-6 * max(1.0, abs(again))


def _compare(where: str, row: Any, again: dict[str, float | str | bool]) -> Iterator[str]:
    for column, value in again.items():
        said = getattr(row, column)
        wrong = differs(said, value) if isinstance(value, float) else str(said) != str(value)
        if wrong:
            yield f"{where}, {column}: the plan says {said}, recomputed {value}"


def _sites(plan: Plan, study: Study, places: Places, read: Read) -> Iterator[str]:
    sites = plan.tables["sites"]
    built = {c for c in read.modules if first_module(study, read, c) is not None}
    if set(sites["candidate"].astype(str)) != built or sites["candidate"].duplicated().any():
        yield "table sites: not one row for every campus with modules"
    for row in sites.itertuples():
        candidate = str(row.candidate)
        place, opened = places.get(candidate), first_module(study, read, candidate)
        if place is None or opened is None:
            continue
        it_mw = standing(study, read, candidate, study.quarters - 1) * study.halls.module_it_mw
        hosted = sorted(name for name, parts in read.parts.items() if candidate in {host for host, *_ in parts})
        if sorted(name for name in str(row.clusters).split("; ") if name) != hosted:
            yield f"sites, {candidate}, clusters: the plan says {row.clusters!r}, its clusters are {', '.join(hosted)}"
        again: dict[str, float | str | bool] = {
            "state": place.state,
            "county_fips": place.county_fips,
            "tenure": place.tenure,
            "open_quarter": quarter_label(study.start + opened),
            "energization": quarter_label(study.start + place.power_from),
            "it_mw": it_mw,
            "utility_mw": it_mw * place.pue_peak,
            "final_utility_mw": place.final_utility_mw,
            "pue_mean": place.pue_mean,
            "pue_peak": place.pue_peak,
            "usd_per_mwh": place.usd_per_mwh,
            "lat": place.lat,
            "lon": place.lon,
            "grid_checked": bool(pd.notna(row.bus_id)) and study.grid.hosting is None,
        }
        if study.halls.classes:
            again["annex_of"] = place.campus
        if place.bus_id is not None:
            again["bus_id"] = float(place.bus_id)
        yield from _compare(f"sites, {candidate}", row, again)


def _counts(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    bought = {item.name for item in study.accelerators}
    for row in plan.tables["modules"].itertuples():
        again: dict[str, float | str | bool] = {"it_mw": float(row.modules) * study.halls.module_it_mw}
        yield from _compare(f"modules, {row.candidate}, {row.quarter}", row, again)
    for row in plan.tables["deliveries"].itertuples():
        if row.accelerator in bought:
            pod = accelerator_figure(study, tables, row.accelerator, "pod_accelerators")
            where = f"deliveries, {row.candidate}, {row.quarter}"
            yield from _compare(where, row, {"accelerators": float(row.pods) * pod})


def _power(plan: Plan, study: Study, tables: Tables, places: Places, read: Read, limits: Limits) -> Iterator[str]:
    frame = plan.tables["power"]
    stated = {(str(r.candidate), str(r.quarter)): r for r in frame.itertuples()}
    if len(stated) < len(frame):
        yield "table power: rows repeat the same candidate, quarter"
    due: set[tuple[str, str]] = set()
    kw = {item.name: accelerator_figure(study, tables, item.name, "it_kw") for item in study.accelerators}
    for candidate in read.modules:
        place = places.get(candidate)
        if place is None:
            continue
        kg = float(catalog.co2_kg_per_mwh(tables, [place.state])["co2_kg_per_mwh"].iloc[0])
        for t in range(study.quarters):
            it_mw = standing(study, read, candidate, t) * study.halls.module_it_mw
            if it_mw <= 0:
                continue
            key = (candidate, quarter_label(study.start + t))
            due.add(key)
            if key not in stated:
                yield f"power, {candidate}, {key[1]}: no row"
                continue
            running = sum(read.running.get((candidate, name), {}).get(t, 0.0) * kw[name] for name in kw) / 1e3
            mwh = running * study.power.load_factor * place.pue_mean * hours_in(study.start + t)
            again: dict[str, float | str | bool] = {
                "standing_it_mw": it_mw,
                "running_it_mw": running,
                "running_utility_mw": running * place.pue_peak,
                "energized_utility_mw": limits.energized_mw(place, t)
                + sum(part.sooner_mw(candidate, t) for part in limits.parts),
                "energy_mwh": mwh,
                "co2_t": (mwh - sum(part.onsite_mwh(candidate, t) for part in limits.parts)) * kg / 1e3,
            }
            yield from _compare(f"power, {candidate}, {key[1]}", stated[key], again)
    for candidate, quarter in sorted(set(stated) - due):
        yield f"power, {candidate}, {quarter}: no halls stand there then"


def _leases(plan: Plan, study: Study, offers: dict[str, Offer]) -> Iterator[str]:
    for row in plan.tables["leases"].itertuples():
        offer = offers.get(str(row.lease))
        if offer is None:
            continue  # named by the limits already
        again: dict[str, float | str | bool] = {
            "accelerator": offer.accelerator,
            "term_quarters": float(offer.term),
            "existing": offer.existing,
        }
        if offer.usd_per_gpu_h is not None:
            per_hour = offer.usd_per_gpu_h
        else:  # by the mean quarter of 2,190 hours
            assert offer.total_musd is not None
            per_hour = offer.total_musd * 1e6 / offer.contract_gpus / (offer.term * 2190.0)
        try:
            again["usd_per_gpu_h"] = per_hour * offer.price_level(parse_quarter(str(row.quarter)) - study.start)
        except ValueError:
            continue  # no quarter: named when the decisions were read
        yield from _compare(f"leases, {row.lease}, {row.quarter}", row, again)


def _clusters(plan: Plan, study: Study, tables: Tables, places: Places) -> Iterator[str]:
    wanted = {cluster.name: cluster for cluster in study.clusters}
    reserved = {
        (str(row.lease), name) for row in plan.tables["leases"].itertuples() for name in str(row.cluster).split("; ")
    }
    hosts = {(str(row.host), str(row.cluster)) for row in plan.tables["clusters"].itertuples()}
    for lease, name in sorted(reserved - hosts):
        if name:
            yield f"lease {lease}: reserved for {name}, which does not stand on it"
    for row in plan.tables["clusters"].itertuples():
        cluster, place = wanted.get(str(row.cluster)), places.get(str(row.host))
        if cluster is None or row.accelerator not in {item.name for item in study.accelerators}:
            continue
        again: dict[str, float | str | bool] = {}
        if study.priorities[0].objective != "time_to_compute":  # else it may stand earlier: held to the pass
            again["by"] = quarter_label(cluster.by)
        if row.tenure != "lease" and place is not None:
            it_mw = float(row.gpus) * accelerator_figure(study, tables, row.accelerator, "it_kw") / 1e3
            again |= {"it_mw": it_mw, "utility_mw": it_mw * place.pue_peak}
        yield from _compare(f"clusters, {row.cluster}", row, again)


def _regions(plan: Plan, study: Study, tables: Tables) -> Iterator[str]:
    ask, frame = study.inference, plan.tables["regions"]
    if ask is None:
        if len(frame):
            yield "table regions: the study asks for no inference"
        return
    known = regions_of(study, tables)
    if set(frame["region"].astype(str)) != set(known) or len(frame) != len(known):
        yield f"table regions: not the {ask.regions} largest and those on other continents"
        return
    for row in frame.itertuples():
        region = known[str(row.region)]
        peak = max(asked_h100e(study, region, t) for t in range(study.quarters))
        again: dict[str, float | str | bool] = {
            "lat": region.lat,
            "lon": region.lon,
            f"peak_{study.h100e_column}": peak,
        }
        yield from _compare(f"regions, {row.region}", row, again)
        people = region.population  # blank on another continent
        if not (row.population == people or (pd.isna(row.population) and pd.isna(people))):
            yield f"regions, {row.region}, population: the plan says {row.population}, recomputed {people:.0f}"


def _round_trips(plan: Plan, study: Study, places: Places, offers: dict[str, Offer], limits: Limits) -> Iterator[str]:
    if study.inference is None:
        return
    for row in plan.tables["service"].drop_duplicates(["source", "region"]).itertuples():
        rtt_ms = limits.round_trip_ms(str(row.source), str(row.region))
        if rtt_ms is not None:  # None: named by the limits already
            yield from _compare(f"service, {row.source} - {row.region}", row, {"rtt_ms": rtt_ms})
