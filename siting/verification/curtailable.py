"""Curtailable connections, read a second time: sooner, cheaper, and what stops in the curtailed hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.limits import over
from siting.verification.parts import Context, Part
from siting.verification.places import Place
from siting.verification.stated import differs
from siting.verification.supply import bought_mwh

COLUMNS = ("candidate", "quarter", "connection", "stopped_it_mw", "lost_it_mwh", "lost_musd")


class CurtailablePart(Part):
    """Which campuses are curtailable is read from the table `connections`; all else follows."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.terms = context.study.power.curtailable
        self.signed: set[str] = set()
        self.wrong: list[str] = []
        self.again: dict[tuple[str, int], tuple[float, float, float]] = {}
        frame = context.plan.tables.get("connections")
        if self.terms is None:
            return
        if frame is None or set(COLUMNS) - set(frame.columns):
            self.wrong.append(f"table connections: missing, or without some of {', '.join(COLUMNS)}")
            return
        for candidate, rows in frame.groupby("candidate"):
            kinds = set(rows["connection"])
            if len(kinds) > 1 or not kinds <= {"firm", "curtailable"}:
                self.wrong.append(f"connections, {candidate}: {', '.join(sorted(map(str, kinds)))}")
            if kinds == {"curtailable"}:
                self.signed.add(str(candidate))

    def sooner_mw(self, candidate: str, quarter: int) -> float:
        place = self.context.places.get(candidate)
        if self.terms is None or candidate not in self.signed or place is None:
            return 0.0
        sooner = replace(place, power_from=max(0, place.power_from - self.terms.quarters_earlier))
        limits = self.context.limits
        return limits.energized_mw(sooner, quarter) - limits.energized_mw(place, quarter)

    def firm_mw(self, candidate: str, quarter: int) -> float:
        return self.sooner_mw(candidate, quarter)

    def _cover_mw(self, candidate: str, quarter: int) -> float:
        """Firm MW on the campus in curtailed hours: units and batteries."""
        others = [part for part in self.context.limits.parts if part is not self]
        batteries = sum(getattr(part, "firming_mw", lambda *_: 0.0)(candidate, quarter) for part in others)
        return float(sum(part.firm_mw(candidate, quarter) for part in others) + batteries)

    def post(self) -> None:
        for candidate in sorted(self.signed):
            place = self.context.places.get(candidate)
            if place is not None and self.context.read.modules.get(candidate):
                self._opening(candidate, min(t for t, n in self.context.read.modules[candidate].items() if n > 0))
                for t in range(self.context.study.quarters):
                    self._quarter(candidate, place, t)

    def _opening(self, candidate: str, opened: int) -> None:
        """Line and substation at a share of their cost, and as much less of them left at the horizon."""
        assert self.terms is not None
        study, site, book = self.context.study, self.context.study.connection, self.context.book
        begun = opened - study.halls.construction_quarters
        cost = site.line_km * site.line_musd_per_km + site.substation_musd
        cost *= (1.0 + study.halls.escalator) ** (begun / 4.0) * (1.0 - self.terms.connection_cost_share)
        book.pay("opening", begun, -cost, candidate)
        book.buildings.append((candidate, opened, -cost))
        left = max(0.0, 1.0 - (study.quarters - opened) / 4.0 / study.halls.life_years)
        book.credited_musd -= cost * left * (1.0 + study.money.discount_rate) ** (-study.quarters / 4.0)

    def _it_mw(self, candidate: str, t: int) -> tuple[float, float]:
        """Critical IT MW that run, and those of them that serve inference."""
        total = serving = 0.0
        for item in self.context.study.accelerators:
            kw = accelerator_figure(self.context.study, self.context.tables, item.name, "it_kw")
            count = self.context.read.running.get((candidate, item.name), {}).get(t, 0.0)
            total += count * kw / 1e3
            serving += (count - self.context.limits.held(candidate, item.name, t)) * kw / 1e3
        return total, serving

    def _quarter(self, candidate: str, place: Place, t: int) -> None:
        assert self.terms is not None
        study, book = self.context.study, self.context.book
        total, _ = self._it_mw(candidate, t)
        stopped = max(0.0, total - self._cover_mw(candidate, t) / place.pue_peak)
        hours = self.terms.hours_per_year / 8760.0 * hours_in(study.start + t)
        lost = stopped * hours * self.terms.lost_output_usd_per_it_mwh / 1e6
        self.again[candidate, t] = stopped, stopped * hours, lost
        book.credited_musd -= lost * (1.0 + study.money.discount_rate) ** (-(t + 0.5) / 4.0)
        adder = self.terms.price_adder_usd_per_mwh
        if adder:
            book.pay("energy", t, bought_mwh(self.context, candidate, place, t) * adder / 1e6, candidate)

    def faults(self) -> Iterator[str]:
        if self.terms is None:
            return
        yield from self.wrong
        if self.wrong:
            return
        start, read = self.context.study.start, self.context.read
        for candidate in sorted(self.signed):
            place = self.context.places.get(candidate)
            if place is None or place.tenure != "own" or place.existing_it_mw:
                yield f"connections, {candidate}: only an own campus that is yet to open may be curtailable"
                continue
            for t in range(self.context.study.quarters):
                _, serving = self._it_mw(candidate, t)
                if over(serving * place.pue_peak, self._cover_mw(candidate, t)):
                    yield (
                        f"site {candidate}, {quarter_label(start + t)}: inference draws "
                        f"{serving * place.pue_peak:.3f} MW on a curtailable connection, firm are "
                        f"{self._cover_mw(candidate, t):.3f}"
                    )
        due = {
            (candidate, quarter_label(start + t))
            for candidate, modules in read.modules.items()
            for t in range(self.context.study.quarters)
            if any(q <= t and n > 0 for q, n in modules.items())
        }
        frame = self.context.plan.tables["connections"]
        if set(zip(frame["candidate"], frame["quarter"], strict=True)) != due or len(frame) != len(due):
            yield "table connections: not one row for every campus and quarter with halls"
            return
        for row in frame.itertuples():
            known = self.again.get((str(row.candidate), parse_quarter(row.quarter) - start), (0.0, 0.0, 0.0))
            for name, again in zip(COLUMNS[3:], known, strict=True):
                if differs(getattr(row, name), again):
                    yield f"connections, {row.candidate}, {row.quarter}, {name}: the plan says {getattr(row, name)}"
