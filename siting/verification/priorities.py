"""What every pass says it reached, held against the plan: each measure again from the tables and the book."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from siting.study import Study
from siting.tables.read import Tables
from siting.units import parse_quarter, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.demand import asked_h100e, regions_of
from siting.verification.parts import Part

SLACK = 2e-6
"""Relative: what one pass leaves to the next for rounding, and as much again."""
LEAST = 1e-3
"""The same in the unit of a measure."""


class Priorities(Part):
    """The measures of all passes."""

    def faults(self) -> Iterator[str]:
        """Passes that are not the study's priorities, measures that are not those of the plan, and a cluster that
        stands at another date.

        The plan itself is one of every pass, so no pass reached less than the plan has, nor proved that there is no
        such plan; and it is no further from it than the tolerance allows, the last pass not at all. Between the two,
        what an earlier pass with a tolerance reached is stated; where prices are saved, the goals of `passes` hang on
        it."""
        yield from self._order()
        yield from self._date()
        yield from self._measures()
        wanted: dict[str, float] = {
            priority.objective: priority.tolerance for priority in self.context.study.priorities
        }
        passes = self.context.plan.passes
        for result in passes:
            name = next((key for key, (unit, _) in MEASURED.items() if unit == result.objective), None)
            if name is None or result.value is None:
                continue
            again, sign = self._again(name), 1.0 if result.sense == "minimize" else -1.0
            rounding = SLACK * abs(result.value) + LEAST
            tolerance = 0.0 if result is passes[-1] else wanted.get(name, 0.0)
            worse = sign * (again - result.value)
            if not -rounding <= worse <= max(rounding, tolerance * abs(result.value) + LEAST):
                yield f"priorities, {result.objective}: the pass reached {result.value:,.6g}, the plan has {again:,.6g}"
            if result.bound is not None and not sign * (again - result.bound) >= -rounding:
                bound = f"{result.bound:,.6g}"
                yield f"priorities, {result.objective}: {bound} is said to be the bound, the plan has {again:,.6g}"

    def _measures(self) -> Iterator[str]:
        stated = self.context.plan.facts.get("measures", {})
        for name, (unit, _) in MEASURED.items():
            said = stated.get(unit)
            if said is not None and not abs(self._again(name) - said) <= SLACK * abs(said) + LEAST:
                yield f"measures, {unit}: the plan says {said:,.6g}, recomputed {self._again(name):,.6g}"

    def _again(self, name: str) -> float:
        return MEASURED[name][1](self)

    def _order(self) -> Iterator[str]:
        """The passes are the priorities in their order, the cost last where it is not named."""
        names = [priority.objective for priority in self.context.study.priorities]
        named = [*names, *([] if "npv_cost" in names else ["npv_cost"])]
        asked = [MEASURED[name][0] if name in MEASURED else "time_to_compute_quarters" for name in named]
        there = [result.objective for result in self.context.plan.passes]
        if there != asked:
            yield f"priorities: the study asks for {', '.join(asked)}; the passes are {', '.join(there)}"

    def _date(self) -> Iterator[str]:
        context, first = self.context, self.context.study.priorities[0]
        found = next((r for r in context.plan.passes if r.objective == "time_to_compute_quarters"), None)
        if first.objective != "time_to_compute":
            return
        if found is None or found.value is None:
            yield "priorities: no pass for time_to_compute"
            return
        study = context.study
        cluster = next(c for c in study.clusters if first.cluster in (None, c.name))
        latest = min(int(found.value) + first.tolerance_quarters, cluster.by - study.start)
        stands = context.plan.tables["clusters"].set_index("cluster").loc[[cluster.name]].to_dict("records")
        row = stands[0]
        by = parse_quarter(str(row["by"])) - study.start
        where = f"cluster {cluster.name}"
        if by != latest:
            yield f"{where}: stands by {row['by']}, time_to_compute allows {quarter_label(study.start + latest)}"
        for t in range(by, cluster.by - study.start):
            if not all(
                self._stands(str(part["host"]), str(part["tenure"]), str(part["accelerator"]), float(part["gpus"]), t)
                for part in stands
            ):
                yield f"{where}, {quarter_label(study.start + t)}: does not run, though it stands by {row['by']}"
                return

    def _stands(self, host: str, tenure: str, accelerator: str, gpus: float, t: int) -> bool:
        read = self.context.read
        if tenure != "lease":
            return read.running.get((host, accelerator), {}).get(t, 0.0) >= gpus - 1e-6
        offer = self.context.offers[host]
        in_force = [n for name, s, n, _ in read.contracts if name == host and s <= t < s + offer.term]
        return max(in_force, default=0.0) >= gpus

    def npv_cost_musd(self) -> float:
        """Present value of the book."""
        rate, book = self.context.study.money.discount_rate, self.context.book
        out = sum(musd * (1.0 + rate) ** (-(t + 0.5) / 4.0) for by_t in book.paid.values() for t, musd in by_t.items())
        return float(out - book.credited_musd)

    def compute_h100e_quarters(self) -> float:
        """H100e that run, own and leased, summed over the quarters."""
        study, tables, read = self.context.study, self.context.tables, self.context.read
        each = {a.name: accelerator_figure(study, tables, a.name, "h100e") for a in study.accelerators}
        own = sum(n * each[name] for (_, name), by_t in read.running.items() for n in by_t.values())
        leased = 0.0
        for lease, start, gpus, _ in read.contracts:
            offer = self.context.offers[lease]
            leased += gpus * each[offer.accelerator] * min(offer.term, study.quarters - start)
        return own + leased

    def carbon_t(self) -> float:
        """CO2 of all energy of the plan."""
        context = self.context
        of_parts = sum(
            part.co2_t(candidate, t)
            for part in context.limits.parts
            for candidate in context.read.modules
            for t in range(context.study.quarters)
        )
        return float(context.plan.tables["power"]["co2_t"].sum()) + of_parts

    def latency_ms(self) -> float:
        """Mean round trip of what is asked for."""
        study, service = self.context.study, self.context.plan.tables["service"]
        return float((service[study.h100e_column] * service["rtt_ms"]).sum()) / _asked_h100e(study, self.context.tables)

    def peak_funding_musd(self) -> float:
        """Largest cumulative spending."""
        spent = peak = 0.0
        for t in range(self.context.study.quarters):
            spent += self.context.book.to_cover(t)
            peak = max(peak, spent)
        return peak


def _asked_h100e(study: Study, tables: Tables) -> float:
    """Demand of all regions, summed over the quarters."""
    towns = regions_of(study, tables).values()
    return sum(asked_h100e(study, town, t) for town in towns for t in range(study.quarters))


MEASURED: dict[str, tuple[str, Callable[[Priorities], float]]] = {
    "npv_cost": ("npv_cost_musd", Priorities.npv_cost_musd),
    "compute": ("compute_h100e_quarters", Priorities.compute_h100e_quarters),
    "carbon": ("carbon_t", Priorities.carbon_t),
    "latency": ("latency_ms", Priorities.latency_ms),
    "peak_funding": ("peak_funding_musd", Priorities.peak_funding_musd),
}
"""Name in a study -> (name with unit in a result, how it is read off the plan)."""
