"""Income tax read again: deductions from the book of payments, what is used of them from the plan's table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from siting.items import KIND, UNFUNDED
from siting.tables import tax as rules
from siting.units import first_day
from siting.verification.finance import DebtPart
from siting.verification.limits import over
from siting.verification.parts import Context, Part
from siting.verification.stated import differs

COLUMNS = {"year", "rate", "deductible_musd", "used_musd", "carried_musd", "saved_musd"}
Deductions = dict[float, dict[int, float]]


class IncomeTaxPart(Part):
    """The plan's table `income_tax`; it posts after every other part, from whose payments it is made."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._found: list[str] = []
        self._rates: dict[str, float] = {}
        self._new: Deductions = defaultdict(lambda: defaultdict(float))

    def post(self) -> None:
        """The tax on revenue less what is saved, in the last quarter of each year."""
        study, book = self.context.study, self.context.book
        asked, table = study.taxes.income, self.context.plan.tables.get("income_tax")
        if asked is None:
            return
        self._deduct()
        if table is None or COLUMNS - set(table.columns):
            self._found.append("table income_tax is missing, or lacks columns")
            return
        revenue: dict[int, float] = defaultdict(float)
        for quarter, musd in book.paid["revenue"].items():
            revenue[self._year(quarter)] -= musd
        used: Deductions = defaultdict(dict)
        for row in table.itertuples():
            rate = round(float(row.rate), 9)
            used[rate][int(row.year)] = float(row.used_musd)
            if float(row.used_musd) < -1e-6:
                self._found.append(f"income tax, {row.year}: {row.used_musd} MUSD used is no amount from 0")
            if differs(row.saved_musd, float(row.rate) * float(row.used_musd)):
                self._found.append(f"income tax, {row.year}: saved {row.saved_musd:.4f} is not rate x used")
            book.pay("income_tax", self._last_quarter(int(row.year)), -float(row.rate) * float(row.used_musd))
        for year, musd in revenue.items():
            book.pay("income_tax", self._last_quarter(year), self._rate(asked.home_state) * musd)
        self._check(used, revenue)

    def faults(self) -> Iterator[str]:
        yield from self._found

    def _check(self, used: Deductions, revenue: dict[int, float]) -> None:
        """Used up to the income, and never before it is deducted."""
        asked = self.context.study.taxes.income
        assert asked is not None
        stated = {
            (int(row.year), round(float(row.rate), 9)): row
            for row in self.context.plan.tables["income_tax"].itertuples()
        }
        years = sorted({year for by_year in (*used.values(), *self._new.values()) for year in by_year})
        for year in years:
            room = (asked.income_musd(year) or 0.0) + revenue.get(year, 0.0)
            if over(whole := sum(by_year.get(year, 0.0) for by_year in used.values()), room):
                self._found.append(f"income tax, {year}: {whole:.3f} MUSD deducted from an income of {room:.3f}")
        for rate in sorted({*used, *self._new}):
            left = 0.0
            for year in range(years[0], years[-1] + 1):
                new, taken = self._new[rate].get(year, 0.0), used.get(rate, {}).get(year, 0.0)
                left += new - taken
                where = f"income tax at {rate:.4%}, {year}"
                if over(0.0, left):
                    self._found.append(f"{where}: {-left:.3f} MUSD used that are not deductible yet")
                row = stated.get((year, rate))
                if row is None and max(abs(new), abs(left)) > 1e-6:
                    self._found.append(f"{where}: no row, {new:.3f} MUSD are deductible")
                elif row is not None and (differs(row.deductible_musd, new) or differs(row.carried_musd, left)):
                    self._found.append(f"{where}: recomputed {new:.6f} MUSD deductible, {left:.6f} carried")

    def _deduct(self) -> None:
        """Deductions of all years by rate, from payments and from what is put to use."""
        study, book = self.context.study, self.context.book
        asked = study.taxes.income
        assert asked is not None
        life = rules.building_life_years(self.context.tables)
        life = life if asked.building_life_years is None else asked.building_life_years
        for (item, candidate), by_quarter in book.by_place.items():
            for quarter, musd in by_quarter.items():
                if item in UNFUNDED:
                    continue
                if KIND[item] in ("operating", "lease"):
                    self._add(candidate, self._year(quarter), musd)
                elif KIND[item] == "capital" and item not in ("accelerators", "halls", "opening", "collateral"):
                    self._straight(candidate, quarter, musd, 4.0 * life)
        for candidate, quarter, musd in book.buildings:
            self._straight(candidate, quarter, musd, 4.0 * life)
        for candidate, ordered, delivered, musd in book.equipment:
            self._equipment(candidate, ordered, delivered, musd)
        for loan, t, drawn in book.loans:
            rate, owed = (1.0 + loan.rate) ** (1.0 / 4.0) - 1.0, drawn
            for later, paid in enumerate(DebtPart.payments(loan, drawn), start=1):
                self._add("", self._year(t + later), owed * rate)
                owed += owed * rate - paid

    def _straight(self, candidate: str, quarter: int, musd: float, life: float) -> None:
        """Quarter by quarter; the last one may be a part of a quarter."""
        for n in range(math.ceil(life)):
            self._add(candidate, self._year(quarter + n), musd * min(1.0, life - n) / life)

    def _equipment(self, candidate: str, ordered: int, delivered: int, musd: float) -> None:
        study, tables = self.context.study, self.context.tables
        asked = study.taxes.income
        assert asked is not None
        days = [first_day(study.start + t) for t in (ordered, delivered)]
        bonus = rules.bonus_share(tables, *days) if asked.bonus_share is None else asked.bonus_share
        year = self._year(delivered)
        self._add(candidate, year, bonus * musd)
        for n, share in enumerate(rules.macrs_5y(tables)):
            self._add(candidate, year + n, (1.0 - bonus) * share * musd)

    def _add(self, candidate: str, year: int, musd: float) -> None:
        asked = self.context.study.taxes.income
        assert asked is not None
        place = self.context.places.get(candidate) if candidate else None
        self._new[round(self._rate(place.state if place else asked.home_state), 9)][year] += musd

    def _rate(self, state: str) -> float:
        asked, tables = self.context.study.taxes.income, self.context.tables
        assert asked is not None
        if state not in self._rates:
            own = rules.state_income_tax(tables, state).value / 100.0 if asked.state else 0.0
            federal = rules.federal_rate(tables).value / 100.0 if asked.federal else 0.0
            self._rates[state] = 1.0 - (1.0 - federal) * (1.0 - own)
        return self._rates[state]

    def _year(self, quarter: int) -> int:
        return first_day(self.context.study.start + quarter).year

    def _last_quarter(self, year: int) -> int:
        return 4 * year + 3 - int(self.context.study.start)
