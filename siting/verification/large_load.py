"""Terms of a large load and the demand charge, read a second time: module by module, quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator

from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.parts import Context, Part
from siting.verification.places import Place
from siting.verification.stated import differs
from siting.verification.supply import bought_mwh, grid_usd_per_mwh, load_mwh

COLUMNS = ("candidate", "quarter", "contracted_it_mw", "owed_mwh", "short_mwh", "musd")


class LargeLoad(Part):
    """Minimum take and collateral of every site that is not colocation."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.terms = context.study.power.large_load
        self.rows: dict[tuple[str, int], tuple[float, float, float, float]] = {}

    def post(self) -> None:
        study, terms = self.context.study, self.terms
        if terms is None:
            return
        for candidate, modules in sorted(self.context.read.modules.items()):
            place = self.context.places.get(candidate)
            if place is None or place.tenure == "colocation":
                continue
            for live, count in modules.items():
                if live == 0 and place.existing_it_mw > 0:
                    continue  # secured before the study's start
                self._secure(place, live, count * study.halls.module_it_mw)
            last = study.quarters
            if modules:
                last = max(last, max(*modules, place.power_from) + 4 * terms.term_years)
            for t in range(last):
                self._quarter(candidate, place, modules, t)

    def _secure(self, place: Place, live: int, it_mw: float) -> None:
        assert self.terms is not None
        study = self.context.study
        build = {
            "own": study.halls.construction_quarters,
            "retrofit": study.retrofit.construction_quarters,
            "powered_shell": study.powered_shell.construction_quarters,
        }[place.tenure]
        musd = self.terms.collateral_musd_per_utility_mw * it_mw * place.pue_peak
        self.context.book.pay("collateral", max(0, live - int(build or 0)), musd)
        self.context.book.credited_musd += musd * (1.0 + study.money.discount_rate) ** (-study.quarters / 4.0)

    def _quarter(self, candidate: str, place: Place, modules: dict[int, float], t: int) -> None:
        assert self.terms is not None
        study = self.context.study
        it_mw = 0.0
        for live, count in modules.items():
            begin = max(live, place.power_from)
            if begin <= t < begin + 4 * self.terms.term_years:
                it_mw += count * study.halls.module_it_mw
        it_mw *= self.context.limits.energized_mw(place, t) / place.final_utility_mw
        full = it_mw * study.power.load_factor * place.pue_mean * hours_in(study.start + t)
        owed = self.terms.minimum_take_share * full
        taken = bought_mwh(self.context, candidate, place, t) if t < study.quarters else 0.0
        short = max(0.0, owed - taken)
        musd = short * grid_usd_per_mwh(self.context, place, t) / 1e6
        if owed > 0:
            self.context.book.pay("minimum_take", t, musd, candidate)
            self.rows[candidate, t] = it_mw, owed, short, musd

    def faults(self) -> Iterator[str]:
        """Where the table `large_load` says something else."""
        if self.terms is None:
            return
        frame = self.context.plan.tables.get("large_load")
        if frame is None or set(COLUMNS) - set(frame.columns):
            yield f"table large_load: missing, or without some of {', '.join(COLUMNS)}"
            return
        start = self.context.study.start
        try:
            stated = {(str(row.candidate), parse_quarter(row.quarter) - start): row for row in frame.itertuples()}
        except ValueError as error:
            yield f"table large_load: {error}"
            return
        if len(stated) < len(frame):
            yield "table large_load: rows repeat"
        for candidate, t in sorted(set(stated) ^ set(self.rows)):
            yield f"large_load, {candidate}, {quarter_label(start + t)}: a row too many, or none where energy is owed"
        for key in sorted(set(stated) & set(self.rows)):
            row = stated[key]
            for name, again in zip(COLUMNS[2:], self.rows[key], strict=True):
                if differs(getattr(row, name), again):
                    yield f"large_load, {key[0]}, {row.quarter}, {name}: the plan says {getattr(row, name)}, is {again}"


class DemandCharge(Part):
    """Paid for the largest draw from the grid of each quarter and site, three months at a time."""

    def post(self) -> None:
        power, context = self.context.study.power, self.context
        if not power.demand_charge_usd_per_kw_month:
            return
        for candidate in sorted({c for c, _ in context.read.running}):
            place = context.places.get(candidate)
            for t in range(context.study.quarters) if place is not None else ():
                assert place is not None
                running = load_mwh(context, candidate, place, t)
                if running > 0:
                    kw = self._peak_kw(candidate, t, place) * bought_mwh(context, candidate, place, t) / running
                    price = power.demand_charge_usd_per_kw_month * (1.0 + power.escalator) ** (t / 4.0)
                    context.book.pay("demand_charge", t, 3.0 * price * kw / 1e6, candidate)

    def _peak_kw(self, candidate: str, t: int, place: Place) -> float:
        """kW at the meter of what runs, all at once and on the hottest day."""
        hours = hours_in(self.context.study.start + t) * self.context.study.power.load_factor
        it_mw = load_mwh(self.context, candidate, place, t) / place.pue_mean / hours
        return it_mw * place.pue_peak * 1e3
