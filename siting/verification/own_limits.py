"""The planner's own limits, each sum evaluated on the tables of the plan with filters looked up place by place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from siting.items import CASH, KIND
from siting.study.expressions import CASH_KINDS, QUANTITIES, Summand
from siting.units import parse_quarter, quarter_label
from siting.verification.cash import accelerator_figure, life_quarters
from siting.verification.halls import campus_of, standing
from siting.verification.limits import over
from siting.verification.parts import Part
from siting.verification.places import Place


class OwnLimitsPart(Part):
    """Every limit of the study's list."""

    def found(self) -> dict[str, float]:
        """Left side of every limit, by its name."""
        return {
            limit.name: sum(part.factor * self._sum(part) for part in limit.expression.summands)
            for limit in self.context.study.limits
        }

    def faults(self) -> Iterator[str]:
        amounts = self.found()
        for limit in self.context.study.limits:
            wanted, found = limit.expression, amounts[limit.name]
            low, high = over(wanted.bound, found), over(found, wanted.bound)
            if (low and wanted.sense != "<=") or (high and wanted.sense != ">="):
                compared = f"{wanted.sense} {wanted.bound:,.6g} {wanted.unit}".rstrip()
                yield f"limit {limit.name}: the plan has {found:,.6g}, the study says {compared}"

    def _sum(self, part: Summand) -> float:
        if QUANTITIES[part.quantity].kind == "cash":
            return self._cash(part)
        counts: Callable[[Summand], Iterator[tuple[str, float]]] = {
            "it_mw": self._halls,
            "utility_mw": self._halls,
            "sites": self._sites,
            "accelerators": self._installed,
            "h100e": self._installed,
            "energy_mwh": self._flow,
            "co2_t": self._flow,
            "water_m3": self._flow,
        }[part.quantity]
        chosen = dict(part.filters)
        chosen.pop("accelerator", None)
        return sum(amount for candidate, amount in counts(part) if self._admits(candidate, chosen))

    def _admits(self, candidate: str, chosen: dict[str, tuple[str, ...]]) -> bool:
        place = self.context.places.get(candidate)
        if place is None:
            return False  # named by the limits of sites already
        return all(_figure(place, candidate, key) in values for key, values in chosen.items())

    def _stands_at(self, part: Summand) -> int:
        """Ordinal of the quarter a stock is asked for."""
        return self.context.study.end - 1 if part.quarters is None else part.quarters[0]

    def _halls(self, part: Summand) -> Iterator[tuple[str, float]]:
        study, read = self.context.study, self.context.read
        for candidate in read.modules:
            place = self.context.places.get(candidate)
            if place is not None:
                it_mw = standing(study, read, candidate, self._stands_at(part) - study.start) * study.halls.module_it_mw
                yield candidate, it_mw * (place.pue_peak if part.quantity == "utility_mw" else 1.0)

    def _sites(self, part: Summand) -> Iterator[tuple[str, float]]:
        for row in self.context.plan.tables["sites"].itertuples():
            campus = campus_of(self.context.study, str(row.candidate)) == str(row.candidate)
            if campus and parse_quarter(str(row.open_quarter)) <= self._stands_at(part):
                yield str(row.candidate), 1.0

    def _installed(self, part: Summand) -> Iterator[tuple[str, float]]:
        study, tables = self.context.study, self.context.tables
        kinds = dict(part.filters).get("accelerator", tuple(item.name for item in study.accelerators))
        at = self._stands_at(part)
        for row in self.context.plan.tables["deliveries"].itertuples():
            if str(row.accelerator) not in kinds:
                continue
            item = next(a for a in study.accelerators if a.name == str(row.accelerator))
            came = parse_quarter(str(row.quarter))
            each = accelerator_figure(study, tables, item.name, "h100e") if part.quantity == "h100e" else 1.0
            if came <= at < came + life_quarters(item):
                yield str(row.candidate), float(row.accelerators) * each

    def _flow(self, part: Summand) -> Iterator[tuple[str, float]]:
        study = self.context.study
        for row in self.context.plan.tables["water" if part.quantity == "water_m3" else "power"].itertuples():
            if _asked(part, parse_quarter(str(row.quarter))):
                yield str(row.candidate), float(getattr(row, part.quantity))
        if part.quantity == "co2_t":
            for candidate in self.context.read.modules:
                for t in range(study.quarters):
                    if _asked(part, study.start + t):
                        yield candidate, sum(p.co2_t(candidate, t) for p in self.context.limits.parts)

    def _cash(self, part: Summand) -> float:
        total = 0.0
        for row in self.context.plan.tables["cash"].to_dict("records"):
            if _asked(part, parse_quarter(str(row["quarter"]))):
                wanted = [item for item in CASH if KIND[item] in CASH_KINDS[part.quantity]]
                total += sum(float(row[item]) for item in wanted if item in row)
        return total


def _figure(place: Place, candidate: str, key: str) -> str:
    return {
        "candidate": place.campus or candidate,
        "state": place.state,
        "county": place.county_fips,
        "interconnect": place.interconnect,
        "tenure": place.tenure,
    }[key]


def _asked(part: Summand, quarter: int) -> bool:
    """Whether a sum over time counts the quarter."""
    in_years = part.years is None or int(quarter_label(quarter)[:4]) in part.years
    return in_years and (part.quarters is None or quarter in part.quarters)
