"""Shells a second time: whole ones that stay, within the site, and no more fit-out than they hold; what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from siting.units import quarter_label
from siting.verification.cash import works_quarters
from siting.verification.halls import built_by, in_shells
from siting.verification.limits import first_live, over
from siting.verification.parts import Part
from siting.verification.places import Place
from siting.verification.stated import differs

COLUMNS = ("candidate", "quarter", "shells", "shell_it_mw", "fitted_it_mw")


class ShellsPart(Part):
    """The table `shells`; the fit-out is in the table of modules and its payments in the book of halls."""

    @property
    def size_mw(self) -> float | None:
        """Critical IT MW that a shell can hold; None where the study has none."""
        return self.context.study.halls.shell_it_mw

    def _standing(self, candidate: str, t: int) -> float:
        return max((n for q, n in self.context.read.shells.get(candidate, {}).items() if q <= t), default=0.0)

    def post(self) -> None:
        """Each shell evenly over the works before it stands, and what is left of it on a straight line."""
        study, book = self.context.study, self.context.book
        if self.size_mw is None:
            return
        end_worth = (1.0 + study.money.discount_rate) ** (-study.quarters / 4.0)
        for candidate in sorted(self.context.read.shells):
            place = self.context.places.get(candidate)
            if place is None or not in_shells(study, place.tenure):
                continue
            works = works_quarters(study, place)
            for t in range(study.quarters):
                new = self._standing(candidate, t) - self._standing(candidate, t - 1)
                today = new * self.size_mw * place.musd_per_it_mw * (study.halls.shell_share or 0.0)
                total = 0.0
                for quarter in (range(t - works, t) if works else [t]) if new else ():
                    part = today / max(works, 1) * (1.0 + study.halls.escalator) ** (quarter / 4.0)
                    book.pay("halls", quarter, part, candidate)
                    total += part
                if new:
                    book.buildings.append((candidate, t, total))
                    left = 1.0 - (study.quarters - t) / (4.0 * study.halls.life_years)
                    book.credited_musd += total * max(0.0, left) * end_worth

    def faults(self) -> Iterator[str]:
        if self.size_mw is None:
            return
        table = self.context.plan.tables.get("shells")
        if table is None or set(COLUMNS) - set(table.columns):
            yield "table shells is missing, or lacks columns"
            return
        stated = {(str(row.candidate), str(row.quarter)): row for row in table.itertuples()}
        for candidate in sorted({*self.context.read.shells, *self.context.read.modules}):
            place = self.context.places.get(candidate)
            if place is None:
                continue  # named by the limits already
            if not in_shells(self.context.study, place.tenure):
                yield from self._whole_modules(candidate, place)
                continue
            for t in range(self.context.study.quarters):
                yield from self._quarter(candidate, place, t)
                label = quarter_label(self.context.study.start + t)
                row, shells = stated.get((candidate, label)), self._standing(candidate, t)
                if (row is not None) != (shells > 0):
                    yield f"shells, {candidate}, {label}: no row, and shells stand"
                elif row is not None:
                    fitted = built_by(self.context.read, candidate, t) * self.context.study.halls.module_it_mw
                    again = {"shells": shells, "shell_it_mw": shells * self.size_mw, "fitted_it_mw": fitted}
                    for name, value in again.items():
                        if differs(getattr(row, name), value):
                            said = getattr(row, name)
                            yield f"shells, {candidate}, {label}, {name}: the plan says {said}, recomputed {value}"

    def _whole_modules(self, candidate: str, place: Place) -> Iterator[str]:
        if candidate in self.context.read.shells:
            yield f"shells, {candidate}: a campus of tenure {place.tenure} has no shells"
        for t, count in self.context.read.modules.get(candidate, {}).items():
            if count != round(count):
                label = quarter_label(self.context.study.start + t)
                yield f"modules at {candidate}, {label}: {count} is not a whole number from 0"

    def _quarter(self, candidate: str, place: Place, t: int) -> Iterator[str]:
        study, shells = self.context.study, self._standing(candidate, t)
        assert self.size_mw is not None
        where = f"shells, {candidate}, {quarter_label(study.start + t)}"
        fitted = built_by(self.context.read, candidate, t) * study.halls.module_it_mw
        if over(fitted, shells * self.size_mw):
            yield f"{where}: {fitted:.3f} MW IT are fitted out, {shells:g} shells hold {shells * self.size_mw:g}"
        if over(shells * self.size_mw * place.pue_peak, place.final_utility_mw):
            at_meter = shells * self.size_mw * place.pue_peak
            yield f"{where}: shells for {at_meter:.3f} MW at the meter, its final MW are {place.final_utility_mw:.3f}"
        if shells > 0 and t < first_live(study, place):
            yield f"{where}: a shell stands before it can be built"
        if shells > 0 and fitted <= 0:
            yield f"{where}: shells stand on a campus that is not open"
