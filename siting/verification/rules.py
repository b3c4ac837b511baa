"""Rules of the plan a second time: one sentence of the study after the other, on the campuses that have modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from pyproj import Geod

from siting.study.rules import Forced
from siting.units import quarter_label
from siting.verification.halls import open_campuses, other_halls
from siting.verification.parts import Part

MW = 1e-6
"""What rounding may leave of a module."""


class RulesPart(Part):
    """Counts, forced and forbidden campuses, distances."""

    def faults(self) -> Iterator[str]:
        rules, places = self.context.study.rules, self.context.places
        opened = open_campuses(self.context.study, self.context.read)
        if len(opened) < rules.min_sites:
            yield f"rules: {len(opened)} campuses are open, at least {rules.min_sites} must be"
        if rules.max_sites is not None and len(opened) > rules.max_sites:
            yield f"rules: {len(opened)} campuses are open, at most {rules.max_sites} may be"
        for candidate in sorted(set(opened) & set(rules.forbidden)):
            yield f"rules: {candidate} is open and forbidden"
        for entry in rules.existing:
            stands = self.context.read.modules.get(entry.candidate, {}).get(0, 0.0)
            if abs(stands * self.context.study.halls.module_it_mw - entry.it_mw) > MW:
                yield f"rules: {entry.candidate} stands with {entry.it_mw:g} MW IT at the start, not so in the plan"
        for wish in rules.forced:
            yield from self._forced(wish)
        known = [(c, place) for c in opened if (place := places.get(c)) is not None]
        for state, count in Counter(place.state for _, place in known).items():
            most = rules.max_per_state.get(state, rules.per_state_max)
            if most is not None and count > most:
                yield f"rules: {count} campuses are open in {state}, at most {most} may be"
        for county, count in Counter(place.county_fips for _, place in known).items():
            if rules.max_per_county is not None and count > rules.max_per_county:
                yield f"rules: {count} campuses are open in county {county}, at most {rules.max_per_county} may be"
        if rules.min_distance_km is not None:
            for (one, here), (other, there) in combinations(known, 2):
                km = Geod(ellps="WGS84").inv(here.lon, here.lat, there.lon, there.lat)[2] / 1000.0
                if km < rules.min_distance_km - 1e-6:
                    yield f"rules: {one} and {other} are {km:.1f} km apart, at least {rules.min_distance_km:g} km"

    def _forced(self, wish: Forced) -> Iterator[str]:
        study = self.context.study
        last = study.end - 1 if wish.by is None else wish.by
        ids = [wish.candidate, other_halls(study, wish.candidate)]
        counts = [(t, n) for name in ids if name for t, n in self.context.read.modules.get(name, {}).items()]
        it_mw = sum(n for t, n in counts if study.start + t <= last) * study.halls.module_it_mw
        enough = it_mw > 0.0 if wish.it_mw is None else it_mw >= wish.it_mw - MW
        if not enough:
            least = "a first phase" if wish.it_mw is None else f"{wish.it_mw:g} MW IT"
            found = f"{it_mw:g} MW IT stand by {quarter_label(last)}"
            yield f"rules: {wish.candidate} is forced: {found}, at least {least} must"
