"""Halls of two cooling classes a second time: what they hold, what was converted, that nothing is converted twice."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from siting.study.cooling import HallClass
from siting.tables import catalog
from siting.units import quarter_label
from siting.verification.halls import built_by, converted_by, in_use, second_class
from siting.verification.limits import over
from siting.verification.parts import Part

COLUMNS = ("candidate", "quarter", "modules", "it_mw")


class CoolingPart(Part):
    """Classes of halls and the table `conversions`. Payments are in the book of halls."""

    def faults(self) -> Iterator[str]:
        other = second_class(self.context.study)
        if other is None:
            return
        yield from self._held(other)
        table = self.context.plan.tables.get("conversions")
        if table is None or set(COLUMNS) - set(table.columns):
            yield "table conversions is missing, or lacks columns"
            return
        yield from self._table(table)
        for candidate in self.context.read.converted:
            yield from self._converted(candidate, other)

    def _held(self, other: HallClass) -> Iterator[str]:
        """Every accelerator that was delivered, in halls that cool it."""
        read, places = self.context.read, self.context.places
        for candidate, name in sorted({*read.pods, *read.running}):
            place = places.get(candidate)
            if place is None or name not in {item.name for item in self.context.study.accelerators}:
                continue
            halls = other.holds if place.cooling == other.cooling else {"air": "liquid", "liquid": "air"}[other.holds]
            needs = self._cooled_by(name)
            if needs not in (halls, "any"):
                yield f"halls of {candidate}: they hold accelerators cooled by {halls}, {name} is cooled by {needs}"

    def _cooled_by(self, name: str) -> str:
        item = next(a for a in self.context.study.accelerators if a.name == name)
        return item.cooling or str(catalog.accelerator(self.context.tables, name)["cooling"])

    def _table(self, table: pd.DataFrame) -> Iterator[str]:
        for row in table.itertuples():
            it_mw = float(row.modules) * self.context.study.halls.module_it_mw
            if not abs(float(row.it_mw) - it_mw) <= 1e-6 * max(1.0, it_mw):
                yield f"conversions, {row.candidate}, {row.quarter}: {row.it_mw} MW IT, {it_mw:g} are its modules"

    def _converted(self, candidate: str, other: HallClass) -> Iterator[str]:
        """Halls stand before works begin, and what is converted exists."""
        study, read = self.context.study, self.context.read
        place = self.context.places.get(candidate)
        if place is None or not place.campus:
            yield f"conversions, {candidate}: no halls of the second class of a campus of the study"
            return
        if other.conversion_musd_per_it_mw is None:
            yield f"conversions, {candidate}: the study states no cost, so halls are not converted"
        works = other.conversion_quarters or 0
        for t in range(study.quarters):
            done, stood = converted_by(read, candidate, t), built_by(read, candidate, t - works)
            where = f"conversions, {candidate}, {quarter_label(study.start + t)}"
            if over(done, stood):
                yield f"{where}: {done:g} modules converted, {stood:g} stood when works began"
            if in_use(study, read, candidate, t) < -1e-9:
                yield f"{where}: more modules in works than stand"
