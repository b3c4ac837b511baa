"""Limits that the study states by name and that a plan meets with no room: rules, caps, shared places, own limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from siting.geo.distance import geodesic_km
from siting.items import CASH, KIND
from siting.problem import Problem
from siting.study import Study
from siting.units import parse_quarter

TIGHT = 1e-3
"""A cap of which so small a share is left counts as reached."""

Tables = dict[str, pd.DataFrame]


def stated_limits(study: Study, p: Problem, tables: Tables) -> list[str]:
    """In words, of the plan's tables: rules, caps, and places of several candidates."""
    return [*_rules(study, p, tables), *_caps(study, tables), *_yearly_caps(study, tables), *_places(p, tables)]


def own_limits(study: Study, found: Mapping[str, float]) -> list[str]:
    """The planner's own limits without room. found: by name what the plan has of each limit's left side.

    Of MW no room is less than a module of the term with the smallest factor, where no halls are fitted out by the
    megawatt; of other quantities a thousandth.
    """
    binding = []
    for limit in study.limits:
        wanted = limit.expression
        steps = [abs(part.factor) * study.halls.module_it_mw for part in wanted.summands if part.factor]
        steps = steps if study.halls.shell_it_mw is None else []
        room = abs(wanted.bound - found[limit.name])
        tight = TIGHT * max(abs(wanted.bound), 1e-9)
        if room <= tight or (wanted.unit == "MW" and steps and room < min(steps) - 1e-6):
            binding.append(f"limit {limit.name} ({limit.expr}; the plan has {found[limit.name]:,.6g})")
    return binding


def _rules(study: Study, p: Problem, tables: Tables) -> Iterator[str]:
    rules = study.rules
    if p.rules is None:
        return
    campuses = p.candidate_id[p.is_campus].tolist()
    sites = tables["sites"][tables["sites"]["candidate"].isin(campuses)]
    if rules.max_sites == len(sites):
        yield f"rules.max_sites (as many campuses as may open, {len(sites)})"
    if rules.min_sites and rules.min_sites == len(sites):
        yield f"rules.min_sites (no more campuses than must open, {len(sites)})"
    for state in sorted({*sites["state"], *rules.max_per_state}):
        most, here = rules.max_per_state.get(state, rules.per_state_max), int((sites["state"] == state).sum())
        if most == here:
            key = f"rules.max_per_state.{state}" if state in rules.max_per_state else "rules.per_state_max"
            yield f"{key} (as many campuses as may open in {state}, {here})"
    for county, here in sites["county_fips"].value_counts().sort_index().items():
        if rules.max_per_county == here:
            yield f"rules.max_per_county (as many campuses as may open in county {county}, {here})"
    yield from _forced(study, p, sites)
    if rules.min_distance_km is not None and len(sites):
        rows = np.isin(p.candidate_id, sites["candidate"].to_numpy(object))
        lat, lon = p.rules.lat, p.rules.lon
        near = (geodesic_km(lat, lon, lat[rows], lon[rows]) < rules.min_distance_km).any(axis=1) & ~rows
        if near.any():
            yield f"rules.min_distance_km (bars {int(near.sum())} other candidates around the open campuses)"


def _forced(study: Study, p: Problem, sites: pd.DataFrame) -> Iterator[str]:
    """Forced campuses with no more halls than they are forced to have."""
    ids = p.candidate_id.tolist()
    for entry in study.rules.forced:
        site = sites[sites["candidate"] == entry.candidate]
        if entry.candidate not in ids or not len(site):
            continue
        i = ids.index(entry.candidate)
        assert p.rules is not None
        least = float(max(p.rules.forced_modules[i], p.modules_first[i])) * p.module_it_mw
        if float(site["it_mw"].iloc[0]) <= least + 1e-6:
            yield f"rules.forced at {site['name'].iloc[0]} (no more than the {least:g} MW IT that it must have)"


def _caps(study: Study, tables: Tables) -> Iterator[str]:
    cash, money = tables["cash"], study.money
    if money.capex_cap_musd is not None:
        spent = float(cash[[item for item in CASH if KIND[item] == "capital" and item in cash]].to_numpy().sum())
        if spent >= money.capex_cap_musd * (1.0 - TIGHT):
            yield f"money.capex_cap_musd ({money.capex_cap_musd:,.1f} MUSD)"
    if money.opex_cap_musd_per_year is not None:
        running = cash[[item for item in CASH if KIND[item] in ("operating", "lease") and item in cash]].sum(axis=1)
        cap, by_year = money.opex_cap_musd_per_year, running.groupby(_years(cash["quarter"])).sum()
        if full := [str(year) for year, musd in by_year.items() if musd >= cap * (1.0 - TIGHT)]:
            yield f"money.opex_cap_musd_per_year ({cap:,.1f} MUSD/y) in {', '.join(full)}"


def _yearly_caps(study: Study, tables: Tables) -> Iterator[str]:
    """Carbon of the grid and of units on the campuses, and water, by calendar year."""
    carbon, water = study.carbon, study.water
    if carbon.cap_t or carbon.cap_t_per_year is not None:
        used: Counter[int] = Counter()
        for name in ("power", "onsite"):
            if "co2_t" in tables.get(name, ()):
                for quarter, tonnes in tables[name][["quarter", "co2_t"]].itertuples(index=False):
                    used[parse_quarter(quarter) // 4] += tonnes
        for year, tonnes in used.items():
            cap = carbon.cap_t.get(str(year), carbon.cap_t_per_year)
            if cap is not None and tonnes >= cap * (1.0 - TIGHT):
                yield f"carbon cap of {year} ({cap:,.0f} t)"
    if water is not None and water.cap_m3_per_year is not None and "water" in tables:
        rows = tables["water"]
        for year, m3 in rows["water_m3"].groupby(_years(rows["quarter"])).sum().items():
            if m3 >= water.cap_m3_per_year * (1.0 - TIGHT):
                yield f"water.cap_m3_per_year in {year} ({water.cap_m3_per_year:,.0f} m3)"


def _places(p: Problem, tables: Tables) -> Iterator[str]:
    """Places on which two candidates or more stand and that hold no further module, or give all the power they have."""
    if p.shared is None:
        return
    sites = tables["sites"].set_index("candidate")["utility_mw"]
    power = tables["power"]
    for group in p.shared.groups():
        ids = [str(p.candidate_id[i]) for i in group]
        here = sites[sites.index.isin(ids)]
        if len(here) < 2:
            continue
        name = f"the place that {', '.join(ids)} share"
        step = float(np.where(p.in_shells[group], 0.0, p.pue_peak[group] * p.module_it_mw).min())
        if here.sum() > p.shared.standing_mw[group[0]] - step + 1e-6:
            yield f"final MW of {name} (no room for another module)"
        runs = power[power["candidate"].isin(ids)].groupby("quarter", sort=False)["running_utility_mw"].sum()
        flows = dict(zip(tables["cash"]["quarter"], p.shared.energized_mw[group[0]], strict=True))
        firm = _firm_mw(tables, ids)
        full = [str(q) for q, mw in runs.items() if mw > 0 and mw >= (flows[q] + firm.get(str(q), 0.0)) * (1 - 1e-6)]
        if full:
            yield f"energized power of {name} in {', '.join(full)}"


def _firm_mw(tables: Tables, ids: list[str]) -> dict[str, float]:
    if "onsite" not in tables:
        return {}
    rows = tables["onsite"][tables["onsite"]["candidate"].isin(ids)]
    return {str(quarter): float(mw) for quarter, mw in rows.groupby("quarter")["firm_mw"].sum().items()}


def _years(quarters: pd.Series) -> pd.Series:
    return quarters.map(lambda label: parse_quarter(label) // 4)
