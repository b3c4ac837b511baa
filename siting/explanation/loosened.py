"""Limits of a study, each loosened or tightened by a step: what `siting.explanation.price` tries one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from siting.explanation.change import FIGURES, Figure, changed, hangs_on_power, row_alone
from siting.explanation.ground import Ground
from siting.grid.chosen import study_network
from siting.problem import FloatArray, Problem
from siting.problem.grid_rows import NO_OUTAGE
from siting.units import quarter_label

MW, EARLIER = (
    next(figure for figure in FIGURES if figure.column == name) for name in ("final_utility_mw", "energization")
)
CAPEX, OPEX = "money.capex_cap_musd", "money.opex_cap_musd_per_year"
NO_ROOM = 1e-3
"""Share of the funding below which nothing of it is left, as in `siting.findings`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Limit:
    """One limit and how a step changes it."""

    key: str
    """family:name, as a caller may ask for it."""
    says: str
    """What one unit more is, in words."""
    unit: str
    binds: bool
    """Whether the plan at hand meets it with no room."""
    change: Callable[[float], Problem]
    """The problem with the limit changed by a step."""
    whole: bool = False
    """A count or a date: its step is always 1."""
    tighter: bool = False
    """The step leaves fewer plans, not more."""
    either: bool = False
    """The step may take plans away, or make them dearer, as well as give some."""
    nothing: bool = False
    """The step changes nothing: the price is 0."""


def limits_of(ground: Ground, step: float) -> list[Limit]:
    """Every limit that can be changed by a step, those that bind first within each kind. step: of round trips, ms, that
    decides which regions would be reached from elsewhere."""
    said = [str(text) for text in ground.plan.facts.get("binding", [])]
    kinds = (_places, _dates, _money, _supply, _lines, _regions, _caps, _rules, _own)
    found = []
    for kind in kinds:
        found += sorted(kind(ground, said, step), key=lambda limit: not limit.binds)
    return found


def _places(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """Hosting MW and date of power of every site."""
    usable = ground.few.usable
    sites = ground.plan.sites
    p = ground.problem
    terms = hangs_on_power(p)
    campuses = usable[(usable["annex_of"] == "") & usable["candidate"].isin(sites["candidate"])]

    def figure(name: str, which: Figure, amount: float) -> Problem:
        return ground.with_figures(changed(usable, name, which, amount))

    for row in campuses.itertuples():
        name, at = str(row.candidate), str(row.name)
        alone = row_alone(p, ground.row(name))
        power = _said(said, f"energized power at {at} in", f"energized power and units on the campus at {at} in")
        full = _said(said, f"final MW at {at} (")
        shared = any(" share" in text and name in text for text in said)
        yield Limit(
            key=f"power:{name}",
            says=f"one more MW of hosting at {at}{alone}",
            unit="MW",
            binds=power or full or shared,
            change=partial(figure, name, MW),
            either=terms,
        )
        if float(row.energization) > ground.study.start:
            yield Limit(
                key=f"energization:{name}",
                says=f"power one quarter earlier at {at}{alone}",
                unit="quarter",
                binds=power or _said(said, f"time to power at {at}:"),
                change=partial(figure, name, EARLIER),
                whole=True,
                either=terms,
            )


def _dates(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """Each cluster a quarter later, and a quarter earlier."""
    p = ground.problem
    for k, name in enumerate(p.cluster):
        for shift in (1, -1):
            moved = p.cluster_from.copy()
            moved[k] += shift
            if 0 <= moved[k] <= p.cluster_until[k]:
                yield Limit(
                    key=f"{'later' if shift > 0 else 'earlier'}:{name}",
                    says=f"{name} due one quarter {'later' if shift > 0 else 'earlier'}",
                    unit="quarter",
                    binds=True,
                    change=partial(_same, replace(p, cluster_from=moved)),
                    whole=True,
                    tighter=shift < 0,
                )


def _money(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    cash = ground.plan.tables["cash"]
    room = cash["funding_cumulative"] - cash["cumulative"]
    tight = (room <= NO_ROOM * cash["funding_cumulative"].clip(lower=1.0)).tolist()
    p = ground.problem
    for t in range(p.quarters):
        quarter = quarter_label(ground.study.start + t)
        later = (np.arange(p.quarters) >= t).astype(float)
        yield Limit(
            key=f"money:{quarter}",
            says=f"one more MUSD in {quarter}",
            unit="MUSD",
            binds=tight[t],
            change=partial(_added, p, "funding_musd", later),
        )


def _supply(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    p, shipped = ground.problem, ground.plan.tables["deliveries"]
    sent = shipped.groupby(["accelerator", "quarter"])["accelerators"].sum()
    for g, t in np.argwhere(np.isfinite(p.supply)).tolist():
        name, quarter = str(p.accelerator[g]), quarter_label(ground.study.start + t)
        one = np.zeros_like(p.supply)
        one[g, t] = 1.0
        got = float(sent.get((name, quarter), 0.0))
        yield Limit(
            key=f"supply:{name}:{quarter}",
            says=f"one more {name} shipped in {quarter}",
            unit="accelerator",
            binds=got > p.supply[g, t] - p.pod_accelerators[g] + 1e-6,
            change=partial(_added, p, "supply", one),
        )


def _lines(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """Lines that plans overloaded on the way here, and islands that the sites of the plan stand on."""
    p, rows = ground.problem, ground.plan.tables.get("grid_limits", pd.DataFrame())
    if p.grid is None or rows.empty:
        return
    grid, chosen = p.grid, study_network(ground.study, ground.tables.data_dir)

    def more(array: str, at: int, mw: float) -> Problem:
        wider = getattr(grid, array).copy()
        wider[at] += mw
        return replace(p, grid=replace(grid, **{array: wider}))

    for r, branch in enumerate(grid.branch_id.tolist()):
        outage = int(grid.outage_id[r])
        name = chosen.line(branch) + ("" if outage == NO_OUTAGE else f" after the loss of {chosen.line(outage)}")
        change = partial(more, "room_mw", r)
        yield Limit(key=f"line:{name}", says=f"one more MW on {name}", unit="MW", binds=True, change=change)
    full = set(rows.loc[rows["no_room"], "name"])
    for n, island in enumerate(grid.island_name):
        name = f"spare generation of {island}"
        if name in set(rows["name"]):
            change = partial(more, "spare_mw", n)
            yield Limit(key=f"line:{name}", says=f"one more MW of {name}", unit="MW", binds=name in full, change=change)


def _regions(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """A round trip longer by the step, for each region alone. It binds where somebody would reach the region by it."""
    p, demand, ask = ground.problem, ground.few.demand, ground.study.inference
    if ask is None:
        return
    others = {entry.region: entry.rtt_target_ms for entry in ask.intercontinental}
    for j in np.flatnonzero(p.demand_h100e.any(axis=1)).tolist():
        name = str(p.region[j])
        most = others.get(name, ask.rtt_target_ms) + step + 1e-9
        reach, leases = p.reach.copy(), p.lease_reach.copy()
        reach[:, j] |= demand.rtt_ms[:, j] <= most
        leases[:, j] |= demand.lease_rtt_ms[:, j] <= most
        same = np.array_equal(reach, p.reach) and np.array_equal(leases, p.lease_reach)
        wider = replace(p, reach=reach, lease_reach=leases)
        yield Limit(
            key=f"rtt:{name}",
            says=f"one more ms of round trip to {name}",
            unit="ms",
            binds=not same,
            change=partial(_same, wider),
            nothing=same,
        )


def _caps(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """Caps on capital, running costs, carbon and water."""
    p, caps = ground.problem, ground.problem.caps

    def cap(field: str, musd: float) -> Problem:
        assert caps is not None
        return replace(p, caps=replace(caps, **{field: getattr(caps, field) + musd}))

    def year_cap(flow: str, year: int, units: float) -> Problem:
        block = getattr(p, flow)
        return replace(p, **{flow: replace(block, cap={**block.cap, year: block.cap[year] + units})})

    for field, key, unit in (("capital_musd", CAPEX, "MUSD"), ("operating_musd", OPEX, "MUSD a year")):
        if caps is not None and np.isfinite(getattr(caps, field)):
            says, binds = f"one more {unit} of {key}", _said(said, key)
            yield Limit(key=key, says=says, unit=unit, binds=binds, change=partial(cap, field))
    for flow, unit, text in (("carbon", "t", "carbon cap of {}"), ("water", "m3", "water.cap_m3_per_year in {}")):
        block = getattr(p, flow)
        for year in sorted(block.cap) if block is not None else ():
            says, binds = f"one more {unit} of {flow} in {year}", _said(said, f"{text.format(year)} (")
            change = partial(year_cap, flow, year)
            yield Limit(key=f"{flow}:{year}", says=says, unit=unit, binds=binds, change=change)


def _rules(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """Counts of sites, one more or one less; the least distance, a km less."""
    p = ground.problem
    if (rules := p.rules) is None:
        return

    def count(key: str, says: str, binds: bool, **change: Any) -> Limit:
        found = replace(p, rules=replace(rules, **change))
        return Limit(key=key, says=says, unit="campus", binds=binds, change=partial(_same, found), whole=True)

    if rules.max_sites is not None:
        most = rules.max_sites + 1
        yield count("rules.max_sites", "one more campus in all", _said(said, "rules.max_sites"), max_sites=most)
    if rules.min_sites:
        least, binds = rules.min_sites - 1, _said(said, "rules.min_sites")
        yield count("rules.min_sites", "one campus less that must open", binds, min_sites=least)
    for kind, column in enumerate(("state", "county_fips")):
        for n in np.unique(rules.group[kind][rules.group[kind] >= 0]).tolist() if len(rules.group) > kind else ():
            where = str(ground.few.usable[column].iloc[int(np.flatnonzero(rules.group[kind] == n)[0])])
            wider = rules.group_most.copy()
            wider[n] += 1
            texts = [f"rules.max_per_state.{where}", f"rules.per_state_max (as many campuses as may open in {where},"]
            if column != "state":
                texts = [f"rules.max_per_county (as many campuses as may open in county {where},"]
            yield count(f"rules:{where}", f"one more campus in {where}", _said(said, *texts), group_most=wider)
    for i in np.flatnonzero(rules.forced_modules).tolist():
        name, fewer = str(ground.few.usable["name"].iloc[i]), rules.forced_modules.copy()
        fewer[i] = max(fewer[i] - 1, 0)
        binds = _said(said, f"rules.forced at {name} (")
        yield count(
            f"rules.forced:{p.candidate_id[i]}", f"one module less forced at {name}", binds, forced_modules=fewer
        )
    if (km := rules.min_distance_km) is not None and km > 1.0:
        yield Limit(
            key="rules.min_distance_km",
            says="one km less between campuses",
            unit="km",
            binds=_said(said, "rules.min_distance_km"),
            change=lambda less: replace(p, rules=replace(rules, min_distance_km=max(km - less, 1e-6))),
        )


def _own(ground: Ground, said: Sequence[str], step: float) -> Iterator[Limit]:
    """The planner's own limits, one unit looser."""
    p = ground.problem
    if (own := p.limits) is None:
        return

    def looser(n: int, more: float) -> Problem:
        row = own.rows[n]
        changed_row = replace(row, bound=row.bound + (more if row.sense == "<=" else -more))
        return replace(p, limits=replace(own, rows=(*own.rows[:n], changed_row, *own.rows[n + 1 :])))

    for n, (row, stated) in enumerate(zip(own.rows, ground.study.limits, strict=True)):
        if row.sense != "=":
            unit = stated.expression.unit or "unit"
            says = f"one {unit} {'more' if row.sense == '<=' else 'less'} in limit {row.name}"
            binds = _said(said, f"limit {row.name} (")
            yield Limit(key=f"limit:{row.name}", says=says, unit=unit, binds=binds, change=partial(looser, n))


def _same(p: Problem, _: float) -> Problem:
    """The problem of a step that is always the same."""
    return p


def _added(p: Problem, array: str, unit: FloatArray, step: float) -> Problem:
    """The problem with so many units added to an array of it."""
    return replace(p, **{array: getattr(p, array) + step * unit})


def _said(said: Sequence[str], *begins: str) -> bool:
    """Whether the plan names a limit as binding in words that begin so."""
    return any(text.startswith(begins) for text in said)
