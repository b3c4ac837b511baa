"""Rows of the planner's file that name one place, read again: together they stand and draw within what it carries."""

from __future__ import annotations

import math
from collections.abc import Iterator

from siting.tables.planner_files import read_candidates
from siting.units import hours_in, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.halls import in_shells, open_campuses, other_halls, standing
from siting.verification.limits import over
from siting.verification.parts import Part
from siting.verification.places import Place


class SharedPlaces(Part):
    """What a place carries is the most that one of its usable rows states."""

    def faults(self) -> Iterator[str]:
        for name, rows in self._by_name().items():
            if len(rows) > 1:
                yield from self._standing(name, rows)
                yield from self._running(name, rows)

    def _by_name(self) -> dict[str, dict[str, Place]]:
        """Rows of the file by the place they name, and every campus with halls of two classes; an own place of its
        campus takes these halls in."""
        context, found = self.context, self._from_file()
        places = {row: name for name, rows in found.items() for row in rows}
        for campus in open_campuses(context.study, context.read):
            other = other_halls(context.study, campus)
            here = context.places.get(campus)
            halls = context.places.get(other) if other is not None else None
            if here is not None and halls is not None and other is not None:
                found.setdefault(places.get(campus, campus), {campus: here})[other] = halls
        return found

    def _from_file(self) -> dict[str, dict[str, Place]]:
        context, found = self.context, dict[str, dict[str, Place]]()
        source = context.study.candidates.file
        if source is None:
            return found
        for row in read_candidates(context.study.folder / source.path).itertuples():
            place = context.places.get(str(row.candidate)) if row.place else None
            if place is not None and self._usable(place):
                found.setdefault(str(row.place), {})[str(row.candidate)] = place
        return found

    def _usable(self, place: Place) -> bool:
        halls = self.context.study.halls
        phase = halls.first_phase_it_mw if place.tenure == "own" else halls.module_it_mw
        step = (halls.shell_it_mw or 0.0) if in_shells(self.context.study, place.tenure) else halls.module_it_mw
        steps = math.ceil(phase / step - 1e-9)
        return place.allowed and not over(steps * step * place.pue_peak, place.final_utility_mw)

    def _standing(self, name: str, rows: dict[str, Place]) -> Iterator[str]:
        read, module_mw = self.context.read, self.context.study.halls.module_it_mw
        study = self.context.study
        stands = max(
            sum(standing(study, read, row, t) * module_mw * p.pue_peak for row, p in rows.items())
            for t in range(study.quarters)
        )
        most = max(place.final_utility_mw for place in rows.values())
        if over(stands, most):
            yield f"place {name}: {stands:.3f} MW at the meter stand in {', '.join(rows)}, it carries {most:.3f}"

    def _running(self, name: str, rows: dict[str, Place]) -> Iterator[str]:
        context = self.context
        kw = {
            item.name: accelerator_figure(context.study, context.tables, item.name, "it_kw")
            for item in context.study.accelerators
        }
        for t in range(context.study.quarters):
            drawn = firm = sooner = made_mw = 0.0
            for row, place in rows.items():
                it_kw = sum(context.read.running.get((row, chip), {}).get(t, 0.0) * each for chip, each in kw.items())
                drawn += it_kw / 1e3 * place.pue_peak
                firm += sum(part.firm_mw(row, t) for part in context.limits.parts)
                sooner += sum(part.sooner_mw(row, t) for part in context.limits.parts)
                made_mwh = sum(part.onsite_mwh(row, t) for part in context.limits.parts)
                made_mw += self._as_peak_mw(made_mwh, place, t)
            grid = max(context.limits.energized_mw(place, t) for place in rows.values())
            when = quarter_label(context.study.start + t)
            if over(drawn, grid + firm):
                yield f"place {name}, {when}: {drawn:.3f} MW at the meter drawn, {grid + firm:.3f} flow"
            if firm > sooner and over(drawn - made_mw, grid + sooner):
                bought = f"{drawn - made_mw:.3f} MW at the meter from the grid"
                yield f"place {name}, {when}: {bought} after what is generated, it gives {grid + sooner:.3f}"

    def _as_peak_mw(self, mwh: float, place: Place, t: int) -> float:
        """MW at the meter on the hottest day of a load that takes so many MWh in the quarter."""
        study = self.context.study
        it_mw = mwh / (hours_in(study.start + t) * study.power.load_factor * place.pue_mean)
        return it_mw * place.pue_peak
