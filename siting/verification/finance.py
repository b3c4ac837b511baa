"""Loans and revenue, read again: what each draw owes quarter by quarter, and what the served demand earns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siting.study.finance import Debt
from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.demand import asked_h100e, regions_of
from siting.verification.limits import over
from siting.verification.parts import Context, Part
from siting.verification.stated import differs


class DebtPart(Part):
    """The plan's table `debt` against the facilities of the study."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._known = {item.name: item for item in context.study.debt}
        self._draws: list[tuple[Debt, int, float]] = []
        self._found: list[str] = []

    def post(self) -> None:
        """What is drawn comes in; it is owed with interest until the last payment."""
        study, book, table = self.context.study, self.context.book, self.context.plan.tables.get("debt")
        if not study.debt:
            return
        if table is None or {"debt", "quarter", "drawn_musd", "paid_back_musd", "last_payment"} - set(table.columns):
            self._found.append("table debt is missing, or lacks columns")
            return
        for row in table.itertuples():
            item = self._known.get(str(row.debt))
            try:
                t = parse_quarter(str(row.quarter)) - study.start
            except ValueError:
                item = None
            if item is None:
                self._found.append(f"debt {row.debt}, {row.quarter}: no such facility or quarter")
                continue
            drawn = float(row.drawn_musd)
            self._draws.append((item, t, drawn))
            book.loans.append((item, t, drawn))
            book.pay("debt_drawn", t, -drawn)
            back = 0.0
            for later, musd in enumerate(self.payments(item, drawn), start=1):
                book.pay("debt_service", t + later, musd)
                back += musd
            last = quarter_label(study.start + t + item.tenor_quarters)
            if differs(row.paid_back_musd, back) or str(row.last_payment) != last:
                self._found.append(
                    f"debt {item.name}, {row.quarter}: recomputed {back:.6f} MUSD paid back until {last}"
                )

    @staticmethod
    def payments(item: Debt, drawn: float) -> list[float]:
        """Payments of one draw; the last one leaves nothing owed."""
        interest = (1.0 + item.rate) ** (1.0 / 4.0) - 1.0
        weights = sum((1.0 + interest) ** -n for n in range(1, item.tenor_quarters + 1))
        owed, paid = drawn, []
        for n in range(1, item.tenor_quarters + 1):
            due = drawn / weights if item.amortising == "level" else owed * interest
            if n == item.tenor_quarters:
                due = owed * (1.0 + interest)
            paid.append(due)
            owed = owed * (1.0 + interest) - due
        return paid

    def faults(self) -> Iterator[str]:
        yield from self._found
        study, equipment = self.context.study, self.context.book.paid["accelerators"]
        by_facility: dict[tuple[str, int], float] = defaultdict(float)
        for item, t, drawn in self._draws:
            by_facility[item.name, t] += drawn
            when = study.start + t
            first = study.start if item.draw_from is None else item.draw_from
            last = study.end - 1 if item.draw_until is None else min(item.draw_until, study.end - 1)
            if not (first <= when <= last and drawn >= 0.0):
                yield f"debt {item.name}: {drawn:.3f} MUSD drawn in {quarter_label(when)}, outside what it allows"
        for (name, t), drawn in by_facility.items():
            most = self._known[name].advance_rate * equipment.get(t, 0.0)
            if over(drawn, most):
                where = f"debt {name}, {quarter_label(study.start + t)}"
                yield f"{where}: {drawn:.3f} MUSD drawn, it lends {most:.3f} on the equipment paid then"
        for t in sorted({t for _, t in by_facility}):
            together = sum(drawn for (_, other), drawn in by_facility.items() if other == t)
            if over(together, equipment.get(t, 0.0)):
                yield f"debt, {quarter_label(study.start + t)}: {together:.3f} MUSD drawn on equipment paid less"
        for name, item in self._known.items():
            whole = sum(drawn for (other, _), drawn in by_facility.items() if other == name)
            if item.max_musd is not None and over(whole, item.max_musd):
                yield f"debt {name}: {whole:.3f} MUSD drawn in all, at most {item.max_musd:.3f}"


class RevenuePart(Part):
    """What is served up to the demand, by the hour."""

    def post(self) -> None:
        study, read = self.context.study, self.context.read
        earns, ask = study.revenue, study.inference
        if earns is None or ask is None:
            return
        if not earns.counts_as_funding:
            self.context.book.unfunded.add("revenue")
        known = regions_of(study, self.context.tables)
        served: dict[tuple[str, int], float] = defaultdict(float)
        for _, region, t, h100e in read.service:
            served[region, t] += h100e
        for (region, t), h100e in served.items():
            if region not in known:
                continue
            paid_for = min(h100e, asked_h100e(study, known[region], t)) * earns.mean_over_peak
            price = earns.usd_per_h100e_h * (1.0 + earns.price_change) ** (t / 4.0)
            self.context.book.pay("revenue", t, -paid_for * hours_in(study.start + t) * price / 1e6)
