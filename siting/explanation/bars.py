"""Which limits keep a place out of every plan: each with the figure found and the figure needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly import Assembled
from siting.assembly.candidates import EQUAL_AREA
from siting.assembly.places import grid_filters, hosting_mw
from siting.assembly.tenures import first_modules, first_phase_it_mw, step_it_mw, terms_of
from siting.formulation.power import idling_may_pay
from siting.printed import plural
from siting.problem import Problem
from siting.study import Study
from siting.study.tenures import BUILT
from siting.tables.planner_files import read_layer
from siting.tables.read import Tables
from siting.units import quarter_label


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A limit that a place does not meet."""

    limit: str
    found: str
    needed: str
    excludes: bool = True
    """False: it bars one use of the place, and others are left."""
    idle: bool = False
    """A plan may open it all the same, for nothing."""

    def __str__(self) -> str:
        return f"{self.limit}: found {self.found}; needed {self.needed}"


def filters_against(study: Study, tables: Tables, candidate: str) -> Iterator[Bar]:
    """Filters of `candidates.grid` that leave a substation out, by its id."""
    subs = tables.stations
    row = subs[subs["sub_id"].astype(int).astype(str) == candidate.split("-", 1)[1]].index[0]
    place = subs.loc[row]
    mw, kind = hosting_mw(study, tables).loc[row], study.candidates.hosting
    shown = {
        "states": str(place["state"]),
        "exclude_states": str(place["state"]),
        "interconnects": str(place["interconnect"]),
        "boxes": f"{place['lat']:.3f}, {place['lon']:.3f}",
        "min_utility_mw": f"{mw:,.1f} MW at the meter, {kind} hosting",
    }
    needs = {"exclude_states": "another state", "boxes": "a place in one of the boxes"}
    for text, keeps in grid_filters(study, tables):
        if not keeps.loc[row]:
            name, _, stated = text.partition(" = ")
            least = f"{stated} at least" if name == "min_utility_mw" else f"one of {stated}"
            yield Bar(limit=f"candidates.grid.{name}", found=shown[name], needed=needs.get(name, least))


def exclusions(study: Study, place: pd.Series) -> Iterator[Bar]:
    """What takes a candidate that was read out of the study. place: its row of the candidates."""
    if place["candidate"] in study.rules.forbidden:
        yield Bar(limit="rules.forbidden", found="the candidate is named there", needed="not named")
    if not getattr(study.money, str(place["tenure"])):
        yield Bar(limit=f"money.{place['tenure']}", found="false", needed="true")
    if pd.isna(place["pue_peak"]):
        yield Bar(
            limit="cooling", found=f"no temperature for county {place['county_fips']}", needed="a county with one"
        )
    else:
        yield from _too_small(study, place)
    yield from _layers(study, place)


def _too_small(study: Study, place: pd.Series) -> Iterator[Bar]:
    """Its MW hold no first phase, or not the whole shells of one."""
    tenure = pd.Series([place["tenure"]])
    phase_it_mw = float(first_modules(study, tenure)[0]) * study.halls.module_it_mw
    built_it_mw = float(first_phase_it_mw(study, tenure)[0])
    final, pue = float(place["final_utility_mw"]), float(place["pue_peak"])
    found = f"{final:,.1f} MW at the meter"
    if final < phase_it_mw * pue - 1e-9:
        needed = f"{phase_it_mw * pue:,.1f} MW for a first phase of {phase_it_mw:g} MW IT"
        yield Bar(limit="first phase", found=found, needed=needed)
    elif final < built_it_mw * pue - 1e-9:
        shell = step_it_mw(study, str(place["tenure"]))
        shells = f"{round(built_it_mw / shell)} of {shell:g} MW IT, as a first phase is in whole shells"
        yield Bar(limit="halls.shell_it_mw", found=found, needed=f"{built_it_mw * pue:,.1f} MW for {shells}")


def _layers(study: Study, place: pd.Series) -> Iterator[Bar]:
    import geopandas as gpd

    point = gpd.GeoSeries(gpd.points_from_xy([place["lon"]], [place["lat"]]), crs="EPSG:4326").to_crs(EQUAL_AREA)
    for number, layer in enumerate(study.layers):
        if layer.rule == "add_cost":
            continue
        shapes = read_layer(study.folder / layer.path).to_crs(EQUAL_AREA).geometry
        km = float(shapes.distance(point.iloc[0]).min()) / 1000.0
        if (km <= layer.within_km) == (layer.rule == "exclude"):
            within = f"within {layer.within_km:g} km of it" if layer.within_km else "inside it"
            needed = within if layer.rule == "require" else f"not {within}"
            yield Bar(limit=f"layers[{number}] {layer.rule} {layer.path}", found=f"{km:,.1f} km from it", needed=needed)


def useless(study: Study, a: Assembled, p: Problem, i: int) -> list[Bar]:
    """Why candidate i of the problem over all usable candidates may not open, or what it may not be used for."""
    place, last = a.usable.iloc[i], quarter_label(study.end - 1)
    # a campus may open for what is counted there, of which halls without power or inference are a part
    counts = idling_may_pay(p) or any(part is not None for part in (p.limits, p.income_tax))
    counts |= p.rules is not None and p.rules.min_sites > 0
    if p.live_from[i] >= p.quarters:
        works = terms_of(study, str(place["tenure"])).construction_quarters
        ready = f"handed over in {quarter_label(int(place['energization']))}"
        what = f"{plural(works, 'quarter')} of construction" if place["tenure"] in BUILT else ready
        return [Bar(limit="construction", found=what, needed=f"halls by {last}, the end of the horizon")]
    if not p.most_power_mw[i].any():
        on = quarter_label(int(place["energization"]))
        needed = f"{last} at the latest, the end of the horizon"
        return [Bar(limit="energization", found=on, needed=needed, excludes=not counts, idle=True)]
    far = _out_of_reach(study, a, p, i)
    hosts = [bar for k in range(len(p.cluster)) for bar in _no_host(study, p, i, k)]
    barred = {bar.limit for bar in hosts}
    idle = len(barred) == len(p.cluster) and (far is not None or not p.demand_h100e.any()) and not counts
    uses = [*([far] if far is not None else []), *hosts]
    return [Bar(limit=bar.limit, found=bar.found, needed=bar.needed, excludes=idle, idle=True) for bar in uses]


def _out_of_reach(study: Study, a: Assembled, p: Problem, i: int) -> Bar | None:
    """Where there is demand and the place reaches none of it."""
    asked = np.flatnonzero(p.demand_h100e.any(axis=1))
    if not len(asked) or p.reach[i, asked].any() or study.inference is None:
        return None
    rtt, target = a.demand.rtt_ms[i], study.inference.rtt_target_ms
    nearest = int(asked[rtt[asked].argmin()])
    what = f"{p.region[nearest]}, the nearest region, at {rtt[nearest]:,.1f} ms"
    return Bar(limit="inference.rtt_target_ms", found=what, needed=f"{target:g} ms ({study.inference.rtt_basis})")


def _no_host(study: Study, p: Problem, i: int, k: int) -> Iterator[Bar]:
    """Why the cluster cannot stand there: halls, dates, power. Nothing where it can, or a part of it can."""
    both = [i, p.annexes[i]] if i in p.annexes else [i]
    if p.host_candidates()[k][both].any() or (p.split is not None and p.part_pods(k)[both].any()):
        return
    kinds = np.flatnonzero(p.cluster_pods[k])
    limit, due = f"host of {p.cluster[k]}", int(p.cluster_from[k])
    if not len(kinds):
        yield Bar(limit=limit, found="no accelerator that it admits can be bought", needed="one of them")
        return
    need = float((p.cluster_pods[k, kinds] * p.pod_it_mw[kinds]).min())
    holds = float(p.modules_max[i] * p.module_it_mw)
    if holds < need - 1e-9:
        needed = f"{need:,.1f} MW IT on one campus ({need * p.pue_peak[i]:,.1f} MW at the meter)"
        kind = "shells" if p.in_shells[i] else "modules"
        yield Bar(limit=limit, found=f"{holds:,.1f} MW IT of whole {kind}", needed=needed)
        return
    when = quarter_label(study.start + due)
    if p.live_from[i] > due:
        found = f"halls from {quarter_label(study.start + int(p.live_from[i]))} on"
        yield Bar(limit=limit, found=found, needed=f"halls by {when}")
    window = p.most_power_mw[i, due : int(p.cluster_until[k]) + 1]
    if len(window) and window.min() < need * p.pue_peak[i] - 1e-9:
        enough = np.flatnonzero(p.most_power_mw[i] >= need * p.pue_peak[i] - 1e-9)
        ready = quarter_label(study.start + int(enough[0])) if len(enough) else "never inside the horizon"
        found = f"{window.min():,.1f} MW at the meter; so much flows from {ready} on" if len(enough) else ready
        yield Bar(limit=limit, found=found, needed=f"{need * p.pue_peak[i]:,.1f} MW from {when} on")
    deliver = int(p.deliver_from[kinds].min())
    if deliver > due:
        found = f"accelerators from {quarter_label(study.start + deliver)} on"
        yield Bar(limit=limit, found=found, needed=f"by {when}")
