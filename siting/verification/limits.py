"""Every limit again on the decisions, one place and one quarter at a time, in the words of the study."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from siting.study import Study
from siting.study.assets import Cluster
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import parse_quarter, quarter_label
from siting.verification.cash import Offer, accelerator_figure, life_quarters, works_quarters
from siting.verification.compute import served_h100e, shipped_at_most, split_faults
from siting.verification.decisions import Read
from siting.verification.demand import RoundTrips, asked_h100e, regions_of
from siting.verification.halls import built_by, first_module, in_use, other_halls, standing
from siting.verification.parts import Part
from siting.verification.places import Place, Places

SLACK = 1e-6
"""Relative, and absolute on MW and H100e: what a solver's tolerance may leave."""


def over(found: float, allowed: float) -> bool:
    """Whether found exceeds allowed by more than the slack. A number that is missing on either side exceeds."""
    return not found <= allowed + SLACK * max(1.0, abs(allowed))


def first_live(study: Study, place: Place) -> int:
    """First quarter in which a hall may stand: after the work that the planner does, or when it is handed over."""
    if place.tenure == "colocation":
        return place.power_from
    return works_quarters(study, place)


class Limits:
    """Collects faults. Quarters are numbers from the study's start."""

    def __init__(self, study: Study, tables: Tables, places: Places, offers: dict[str, Offer], read: Read) -> None:
        self._study, self._tables, self._places, self._offers, self._read = study, tables, places, offers, read
        self.parts: list[Part] = []
        """Parts of the study that may add MW to what is energized."""
        self._held = self._held_by_clusters()
        self._regions = regions_of(study, tables)
        self._trips = RoundTrips(study, tables, places, offers)

    def faults(self) -> Iterator[str]:
        """Every limit of the study that the decisions break."""
        yield from self._known_names()
        for candidate in self._campuses():
            place = self._places.get(candidate)
            if place is not None:
                yield from self._site(candidate, place)
        yield from self._deliveries()
        yield from self._clusters()
        yield from self._contracts()
        yield from self._inference()

    def _label(self, t: int) -> str:
        return quarter_label(self._study.start + t)

    def _campuses(self) -> list[str]:
        read = self._read
        return sorted({*read.modules, *(c for c, _ in read.pods), *(c for c, _ in read.running)})

    def _known_names(self) -> Iterator[str]:
        bought = {a.name for a in self._study.accelerators}
        for candidate in self._campuses():
            place = self._places.get(candidate)
            if place is None:
                yield f"site {candidate}: no such candidate in the study"
            elif not place.allowed:
                yield f"site {candidate}: ruled out by a filter, a layer or a switch of the study"
        for _, name in {*self._read.pods, *self._read.running}:
            if name not in bought:
                yield f"accelerator {name}: not in the study"
        for lease, *_ in self._read.contracts:
            if lease not in self._offers:
                yield f"lease {lease}: no such offer or contract in the study"

    def _standing(self, candidate: str, name: str, t: int) -> float:
        """Pods that are delivered and not yet at the end of their life."""
        item = next(a for a in self._study.accelerators if a.name == name)
        pods = self._read.pods.get((candidate, name), {})
        return sum(count for quarter, count in pods.items() if quarter <= t < quarter + life_quarters(item))

    def _site(self, candidate: str, place: Place) -> Iterator[str]:
        study, halls = self._study, self._study.halls
        modules = self._read.modules.get(candidate, {})
        live = sorted(t for t, count in modules.items() if count > 0)
        opened = first_module(study, self._read, candidate)  # halls of a second class count in the first phase
        if opened is None:
            yield f"site {candidate}: has accelerators and no modules"
            return
        first = first_live(study, place)
        came = [t for t in live if t > 0 or not place.existing_it_mw]
        if came and came[0] < first:
            yield f"site {candidate}: modules live in {self._label(came[0])}, before {self._label(first)}"
        own = place.tenure == "own" and not place.campus
        least = place.existing_it_mw or halls.first_phase_it_mw if own else halls.module_it_mw
        ids = [candidate, other_halls(study, candidate)]
        phase = sum(built_by(self._read, name, opened) for name in ids if name) * halls.module_it_mw
        if over(least, phase):
            yield f"site {candidate}: first phase {phase:g} MW IT, at least {least:g}"
        most = max(standing(study, self._read, candidate, t) for t in range(study.quarters))
        at_meter = most * halls.module_it_mw * place.pue_peak
        if over(at_meter, place.final_utility_mw):
            final = place.final_utility_mw
            yield f"site {candidate}: {at_meter:.3f} MW at the meter stand, its final MW are {final:.3f}"
        kinds = [item.name for item in study.accelerators]
        kw = {name: accelerator_figure(study, self._tables, name, "it_kw") for name in kinds}
        size = {name: accelerator_figure(study, self._tables, name, "pod_accelerators") for name in kinds}
        for t in range(study.quarters):
            installed = {n: self._standing(candidate, n, t) * size[n] for n in kinds}
            running = {n: self._read.running.get((candidate, n), {}).get(t, 0.0) for n in kinds}
            yield from self._quarter(candidate, place, t, installed, running, kw)

    def _quarter(
        self,
        candidate: str,
        place: Place,
        t: int,
        installed: dict[str, float],
        running: dict[str, float],
        kw: dict[str, float],
    ) -> Iterator[str]:
        where = f"site {candidate}, {self._label(t)}"
        halls_mw = in_use(self._study, self._read, candidate, t) * self._study.halls.module_it_mw
        draw_mw = sum(installed[n] * kw[n] for n in kw) / 1e3
        if over(draw_mw, halls_mw):
            yield f"{where}: installed accelerators take {draw_mw:.3f} MW IT, halls hold {halls_mw:.3f}"
        for name in kw:
            shown = self._read.installed.get((candidate, name), {}).get(t, 0.0)
            if not abs(shown - installed[name]) <= SLACK:
                yield f"{where}: fleet says {shown:,.0f} {name} installed, deliveries give {installed[name]:,.0f}"
            if over(running[name], installed[name]):
                yield f"{where}: {running[name]:,.1f} {name} run, {installed[name]:,.0f} are installed"
            if over(self._held.get((candidate, name, t), 0.0), running[name]):
                yield f"{where}: clusters hold more {name} than run"
        meter = sum(running[n] * kw[n] for n in kw) / 1e3 * place.pue_peak
        energized = self.energized_mw(place, t) + sum(part.firm_mw(candidate, t) for part in self.parts)
        if over(meter, energized):
            yield f"{where}: running accelerators draw {meter:.3f} MW at the meter, {energized:.3f} are energized"

    def held(self, host: str, name: str, t: int) -> float:
        """Accelerators that clusters hold at a campus or a lease."""
        return self._held.get((host, name, t), 0.0)

    def energized_mw(self, place: Place, t: int) -> float:
        """Utility MW that flow in a quarter."""
        return max(self._flowing_mw(place, t), place.existing_it_mw * place.pue_peak)

    def _flowing_mw(self, place: Place, t: int) -> float:
        age = t - place.power_from + place.flowed_before
        if age < 0:
            return 0.0
        if place.tenure == "colocation":
            return place.final_utility_mw
        if place.ramp:
            reached = [mw for after, mw in place.ramp if after <= age]
            return min(reached[-1], place.final_utility_mw) if reached else 0.0
        flowing = 0.0
        for step in self._study.power.ramp:
            if age >= step.after_quarters:
                wanted = step.utility_mw if step.share is None else step.share * place.final_utility_mw
                flowing = min(wanted or 0.0, place.final_utility_mw)
        return flowing

    def _deliveries(self) -> Iterator[str]:
        arrivals: dict[tuple[str, int], float] = defaultdict(float)
        for (candidate, name), pods in self._read.pods.items():
            item = next((a for a in self._study.accelerators if a.name == name), None)
            if item is None:
                continue
            available = self._available(name)
            for t, count in pods.items():
                if t < item.lead_quarters:
                    yield f"{name} at {candidate}: delivered in {self._label(t)}, inside the lead time"
                if available is not None and self._study.start + t < available:
                    yield f"{name} at {candidate}: delivered in {self._label(t)}, before it is available"
                arrivals[name, t] += count * accelerator_figure(self._study, self._tables, name, "pod_accelerators")
        for (name, t), count in arrivals.items():
            cap = shipped_at_most(self._study, name, self._study.start + t)
            if over(count, cap):
                yield f"{name}, {self._label(t)}: {count:,.0f} delivered, the vendor ships {cap:,.0f}"

    def _available(self, name: str) -> int | None:
        item = next(a for a in self._study.accelerators if a.name == name)
        if item.available is not None:
            return int(item.available)
        try:
            text = catalog.accelerator(self._tables, name)["available"]
        except KeyError:
            return None
        return parse_quarter(str(text)) if isinstance(text, str) and text else None

    def _window(self, cluster: Cluster) -> range:
        last = self._study.end - 1 if cluster.until is None else min(cluster.until, self._study.end - 1)
        return range(cluster.by - self._study.start, last - self._study.start + 1)

    def _needs(self, cluster: Cluster, name: str, block: float) -> float:
        """Accelerators of a type that the cluster takes, in whole blocks."""
        if cluster.gpus is not None:
            count = float(cluster.gpus)
        else:
            assert cluster.h100e is not None
            count = math.ceil(cluster.h100e / accelerator_figure(self._study, self._tables, name, "h100e") - 1e-9)
        return math.ceil(count / block - 1e-9) * block

    def _held_by_clusters(self) -> dict[tuple[str, str, int], float]:
        """Accelerators that clusters hold: (campus, accelerator, quarter) and (lease, accelerator, quarter)."""
        held: dict[tuple[str, str, int], float] = defaultdict(float)
        known = {a.name for a in self._study.accelerators}
        for cluster in self._study.clusters:
            host, tenure, name, _ = self._read.hosts.get(cluster.name, ("", "", "", 0.0))
            if name not in known:
                continue
            block = (
                1.0 if tenure == "lease" else accelerator_figure(self._study, self._tables, name, "pod_accelerators")
            )
            parts = self._read.parts[cluster.name]
            for t in self._window(cluster):
                if len(parts) == 1:
                    held[host, name, t] += self._needs(cluster, name, block)
                for campus, _, kind, gpus in parts if len(parts) > 1 else ():
                    held[campus, kind, t] += gpus
        return held

    def _clusters(self) -> Iterator[str]:
        wanted = {cluster.name for cluster in self._study.clusters}
        for name in sorted(set(self._read.hosts) - wanted):
            yield f"cluster {name}: not in the study"
        for cluster in self._study.clusters:
            if cluster.name not in self._read.hosts:
                yield f"cluster {cluster.name}: has no host"
                continue
            host, tenure, name, gpus = self._read.hosts[cluster.name]
            if cluster.accelerators and name not in cluster.accelerators:
                yield f"cluster {cluster.name}: stands on {name}, admitted are {', '.join(cluster.accelerators)}"
                continue
            if name not in {a.name for a in self._study.accelerators}:
                yield f"cluster {cluster.name}: stands on {name}, which is not in the study"
                continue
            if tenure == "lease":
                yield from self._leased_cluster(cluster, host, name, gpus)
                continue
            block = accelerator_figure(self._study, self._tables, name, "pod_accelerators")
            parts = self._read.parts[cluster.name]
            gpus = sum(part[3] for part in parts)
            if not abs(gpus - self._needs(cluster, name, block)) <= SLACK:
                needed = self._needs(cluster, name, block)
                yield f"cluster {cluster.name}: {gpus:,.0f} accelerators, it takes {needed:,.0f}"
            if len(parts) > 1:
                yield from split_faults(cluster, parts, block, self._places)
            for host, tenure, _, _ in parts:
                yield from self._campus_of(cluster, host, tenure, name)

    def _campus_of(self, cluster: Cluster, host: str, tenure: str, name: str) -> Iterator[str]:
        place = self._places.get(host)
        if place is None or place.tenure != tenure:
            yield f"cluster {cluster.name}: its host {host} is no {tenure} campus of the study"
        for t in self._window(cluster):
            if over(self._held[host, name, t], self._read.running.get((host, name), {}).get(t, 0.0)):
                yield f"cluster {cluster.name}, {self._label(t)}: too few {name} run at {host}"
                break

    def _leased_cluster(self, cluster: Cluster, host: str, name: str, gpus: float) -> Iterator[str]:
        offer = self._offers.get(host)
        needed = self._needs(cluster, name, 1.0)
        if offer is None or offer.accelerator != name:
            yield f"cluster {cluster.name}: its host {host} is no lease of {name} in the study"
            return
        if not abs(gpus - needed) <= SLACK:
            yield f"cluster {cluster.name}: {gpus:,.0f} GPUs, it takes {needed:,.0f}"
        if over(needed, offer.fabric):
            yield f"cluster {cluster.name}: {needed:,.0f} GPUs on {host}, whose fabric holds {offer.fabric:,}"
        reserved = [(s, n) for lease, s, n, names in self._read.contracts if lease == host and cluster.name in names]
        for t in self._window(cluster):
            if not any(s <= t < s + offer.term and n >= needed for s, n in reserved):
                yield f"cluster {cluster.name}, {self._label(t)}: no contract of {host} in force that holds it whole"
                break

    def _contracts(self) -> Iterator[str]:
        active: dict[tuple[str, int], float] = defaultdict(float)
        for lease, start, gpus, names in self._read.contracts:
            offer = self._offers.get(lease)
            if offer is None:
                continue
            where = f"lease {lease}, start {self._label(start)}"
            if not offer.first <= start <= offer.last:
                yield f"{where}: outside its window"
            if over(offer.least_gpus, gpus):
                yield f"{where}: {gpus:,.0f} GPUs, at least {offer.least_gpus:,.0f}"
            held = sum(
                self._needs(cluster, offer.accelerator, 1.0)
                for cluster in self._study.clusters
                if cluster.name in names
            )
            if over(held, gpus):
                yield f"{where}: {held:,.0f} GPUs reserved for clusters, {gpus:,.0f} under contract"
            for t in range(start, min(start + offer.term, self._study.quarters)):
                active[lease, t] += gpus
        for (lease, t), gpus in active.items():
            if over(gpus, self._offers[lease].contract_gpus):
                most = self._offers[lease].contract_gpus
                yield f"lease {lease}, {self._label(t)}: {gpus:,.0f} GPUs, at most {most:,.0f}"
        for name, offer in self._offers.items():
            found = active.get((name, 0), 0.0)
            if offer.existing and abs(found - offer.contract_gpus) > SLACK:
                yield f"existing contract {name}: {found:,.0f} GPUs in the plan, {offer.contract_gpus:,.0f} run"

    def _active_gpus(self, lease: str, t: int) -> float:
        term = self._offers[lease].term
        return sum(gpus for name, start, gpus, _ in self._read.contracts if name == lease and start <= t < start + term)

    def _inference(self) -> Iterator[str]:
        ask = self._study.inference
        if ask is None:
            if self._read.service:
                yield "service: the study asks for no inference"
            return
        served: dict[tuple[str, int], float] = defaultdict(float)
        given: dict[tuple[str, int], float] = defaultdict(float)
        arcs: set[tuple[str, str]] = set()
        for source, region, t, h100e in self._read.service:
            served[region, t] += h100e
            given[source, t] += h100e
            arcs.add((source, region))
        yield from self._arcs(sorted(arcs))
        for name, town in self._regions.items():
            for t in range(self._study.quarters):
                due, found = asked_h100e(self._study, town, t), served[name, t]
                if over(due, found):
                    yield f"region {name}, {self._label(t)}: {found:.3f} H100e served, {due:.3f} asked"
        for (source, t), h100e in given.items():
            able = self.able_h100e(source, t)
            if over(h100e, able):
                yield f"{source}, {self._label(t)}: serves {h100e:.3f} H100e, its capacity is {able:.3f}"

    def able_h100e(self, source: str, t: int) -> float:
        """H100e that a campus or a lease can serve beside its clusters."""
        use = self._study.operation.availability * self._study.operation.peak_utilisation
        if source in self._offers:
            name = self._offers[source].accelerator
            free = self._active_gpus(source, t) - self._held.get((source, name, t), 0.0)
            return use * free * served_h100e(self._study, self._tables, name)
        total = 0.0
        for item in self._study.accelerators:
            free = self._read.running.get((source, item.name), {}).get(t, 0.0) - self._held.get(
                (source, item.name, t), 0.0
            )
            total += free * served_h100e(self._study, self._tables, item.name)
        return use * total

    def _arcs(self, arcs: list[tuple[str, str]]) -> Iterator[str]:
        for source, region in arcs:
            if region not in self._regions:
                yield f"service {source} - {region}: no such region in the study"
                continue
            rtt = self.round_trip_ms(source, region)
            if rtt is None:
                yield f"service {source} - {region}: the source has no place"
            elif over(rtt, target := self._regions[region].target_ms):
                yield f"service {source} - {region}: round trip {rtt:.2f} ms, the target is {target:g} ms"

    def round_trip_ms(self, source: str, region: str) -> float | None:
        """p95 from a campus or a lease to a region; None when either end has no place."""
        return self._trips.ms(source, region)
