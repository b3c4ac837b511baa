"""Carbon and water again: energy of what runs, place by place and quarter by quarter, caps and prices by the study."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siting.study.carbon import PRICED
from siting.tables import catalog
from siting.units import first_day, hours_in, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.limits import over
from siting.verification.parts import Part
from siting.verification.places import Place
from siting.verification.stated import differs


class _Energy(Part):
    """IT energy of a campus, shared by both."""

    def it_mwh(self, candidate: str, t: int) -> float:
        """Critical IT MWh drawn in a quarter."""
        study, tables, read = self.context.study, self.context.tables, self.context.read
        kw = sum(
            by_t.get(t, 0.0) * accelerator_figure(study, tables, name, "it_kw")
            for (where, name), by_t in read.running.items()
            if where == candidate and name in {item.name for item in study.accelerators}
        )
        return kw / 1e3 * study.power.load_factor * hours_in(study.start + t)

    def campuses(self) -> Iterator[tuple[str, Place]]:
        """Those with modules."""
        for candidate in self.context.read.modules:
            if (place := self.context.places.get(candidate)) is not None:
                yield candidate, place

    def year(self, t: int) -> int:
        """Calendar year of a quarter."""
        return first_day(self.context.study.start + t).year


class CarbonPart(_Energy):
    """Tonnes of every campus and quarter."""

    def tonnes(self, candidate: str, place: Place, t: int) -> float:
        """Of grid energy, and whatever other parts add."""
        return self._of_grid(candidate, place, t) + self._burnt(candidate, t)

    def _burnt(self, candidate: str, t: int) -> float:
        return sum(part.co2_t(candidate, t) for part in self.context.limits.parts)

    def _of_grid(self, candidate: str, place: Place, t: int) -> float:
        rates = catalog.co2_kg_per_mwh(self.context.tables, [place.state])
        parts = self.context.limits.parts
        bought = self.it_mwh(candidate, t) * place.pue_mean - sum(part.onsite_mwh(candidate, t) for part in parts)
        return bought * float(rates["co2_kg_per_mwh"].iloc[0]) / 1e3

    def post(self) -> None:
        study, wish = self.context.study, self.context.study.carbon
        if not wish.usd_per_t:
            return
        for candidate, place in self.campuses():
            within = place.state in PRICED and not wish.also_where_priced  # the price of its power
            for t in range(study.quarters):
                usd = wish.usd_per_t * (1.0 + wish.escalator) ** (t / 4.0)
                tonnes = self._burnt(candidate, t) if within else self.tonnes(candidate, place, t)
                self.context.book.pay("carbon", t, tonnes * usd / 1e6, candidate)

    def faults(self) -> Iterator[str]:
        study, wish = self.context.study, self.context.study.carbon
        found: dict[int, float] = defaultdict(float)
        for candidate, place in self.campuses() if wish.used else ():
            for t in range(study.quarters):
                found[self.year(t)] += self.tonnes(candidate, place, t)
        for year, tonnes in sorted(found.items()):
            cap = wish.cap_t.get(str(year), wish.cap_t_per_year)
            if cap is not None and over(tonnes, cap):
                yield f"carbon, {year}: {tonnes:,.1f} t, the cap is {cap:,.1f}"


class WaterPart(_Energy):
    """The table `water`, its sums and its price."""

    def _m3(self, candidate: str, t: int) -> float:
        wish, place = self.context.study.water, self.context.places.get(candidate)
        assert wish is not None and place is not None
        return self.it_mwh(candidate, t) * 1e3 * wish.wue_l_per_kwh[place.cooling] / 1e3

    def post(self) -> None:
        wish = self.context.study.water
        for candidate, _ in self.campuses() if wish is not None else ():
            for t in range(self.context.study.quarters):
                usd = wish.usd_per_m3 * (1.0 + wish.escalator) ** (t / 4.0) if wish is not None else 0.0
                self.context.book.pay("water", t, self._m3(candidate, t) * usd / 1e6, candidate)

    def faults(self) -> Iterator[str]:
        study, wish = self.context.study, self.context.study.water
        if wish is None:
            return
        table = self.context.plan.tables.get("water")
        if table is None or {"candidate", "quarter", "water_m3"} - set(table.columns):
            yield "table water is missing, or lacks columns"
            return
        stated = {(str(row.candidate), str(row.quarter)): float(row.water_m3) for row in table.itertuples()}
        if len(stated) < len(table):
            yield "table water: rows repeat the same candidate, quarter"
        found: dict[int, float] = defaultdict(float)
        for candidate, _ in self.campuses():
            for t in range(study.quarters):
                m3, key = self._m3(candidate, t), (candidate, quarter_label(study.start + t))
                found[self.year(t)] += m3
                if differs(stated.pop(key, 0.0), m3):
                    yield f"water, {candidate}, {key[1]}: recomputed {m3:,.3f} m3"
        for candidate, quarter in stated:
            yield f"water, {candidate}, {quarter}: no campus stands there"
        for year, m3 in sorted(found.items()):
            if wish.cap_m3_per_year is not None and over(m3, wish.cap_m3_per_year):
                yield f"water, {year}: {m3:,.1f} m3, the cap is {wish.cap_m3_per_year:,.1f}"
