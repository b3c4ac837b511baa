"""Who serves a region, how many do, and what it costs to carry, read again row by row of the service."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from siting.geo.distance import geodesic_km
from siting.units import hours_in, quarter_label
from siting.verification.demand import Region, asked_h100e, regions_of
from siting.verification.halls import campus_of
from siting.verification.limits import over
from siting.verification.parts import Part


class TransitPart(Part):
    """By the distance between the source and the region, for every H100e and hour."""

    def post(self) -> None:
        """Service of unknown sources or regions pays nothing here: it is a fault elsewhere."""
        ask, study = self.context.study.inference, self.context.study
        if ask is None or not ask.transit_usd_per_h100e_h_per_1000km:
            return
        regions = regions_of(study, self.context.tables)
        for source, name, t, h100e in self.context.read.service:
            if name in regions and not math.isnan(km := self._km(source, regions[name])):
                usd = ask.transit_usd_per_h100e_h_per_1000km * km / 1e3 * h100e * hours_in(study.start + t)
                self.context.book.pay("transit", t, usd / 1e6)

    def _km(self, source: str, region: Region) -> float:
        end = self.context.places.get(source) or self.context.offers.get(source)
        if end is None or math.isnan(end.lat):
            return math.nan
        return float(geodesic_km([end.lat], [end.lon], [region.lat], [region.lon])[0, 0])

    def faults(self) -> Iterator[str]:
        """More is carried than is asked."""
        ask, study = self.context.study.inference, self.context.study
        if ask is None or not ask.transit_usd_per_h100e_h_per_1000km:
            return
        found: dict[tuple[str, int], float] = defaultdict(float)
        for _, name, t, h100e in self.context.read.service:
            found[name, t] += h100e
        regions = regions_of(study, self.context.tables)
        for (name, t), h100e in found.items():
            if name in regions and over(h100e, due := asked_h100e(study, regions[name], t)):
                yield f"transit, {name}, {quarter_label(study.start + t)}: {h100e:.3f} H100e carried, {due:.3f} asked"


class SingleSourcePart(Part):
    """Each region from one campus or lease in a quarter."""

    def faults(self) -> Iterator[str]:
        study = self.context.study
        if study.inference is None or not study.inference.single_source:
            return
        sources: dict[tuple[str, int], set[str]] = defaultdict(set)
        for source, name, t, h100e in self.context.read.service:
            if h100e > 0.0:
                sources[name, t].add(campus_of(study, source))
        for (name, t), found in sorted(sources.items()):
            if len(found) > 1:
                yield f"single source, {name}, {quarter_label(study.start + t)}: served from {', '.join(sorted(found))}"
