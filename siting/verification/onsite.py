"""Power units on the campus, a second time: what may stand where and when, what it can give, what it costs.

Read from the study, the tables and the plan's table `onsite` alone; units are followed one campus at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.study.onsite import OnsiteUnit
from siting.tables.energy import gas_usd_per_mmbtu, onsite_capex_multiplier, onsite_unit
from siting.units import hours_in, parse_quarter, quarter_label
from siting.verification.cash import accelerator_figure
from siting.verification.limits import SLACK, over
from siting.verification.parts import Context, Part
from siting.verification.places import Place

COLUMNS = ("candidate", "unit", "quarter", "installed", "left", "active", "firm_mw", "generated_mwh", "fuel_mmbtu",
           "co2_t")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Known:
    """One kind of unit: the study's figures, blanks filled from the table."""

    wish: OnsiteUnit
    kind: str
    table_kind: str
    mw: float
    usd_per_kw: float
    lead: int
    mmbtu_per_mwh: float
    fixed_usd_per_kw_year: float
    usd_per_mwh: float
    kg_per_mmbtu: float
    share_of_hours: float


class OnsitePart(Part):
    """Units by (campus, unit): quarter -> what the row of the table says."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._known = {wish.name: self._figures(wish) for wish in context.study.onsite}
        self._rows: dict[tuple[str, str], dict[int, Any]] = defaultdict(dict)
        self._unread: list[str] = []
        frame = context.plan.tables.get("onsite")
        if frame is None:
            if self._known:
                self._unread.append("table onsite is missing")
            return
        if lost := [name for name in COLUMNS if name not in frame.columns]:
            self._unread.append(f"table onsite lacks {', '.join(lost)}")
            return
        for row in frame.itertuples():
            self._read(row)

    def _read(self, row: Any) -> None:
        where = f"onsite, {row.candidate}, {row.unit}, {row.quarter}"
        try:
            t = parse_quarter(str(row.quarter)) - self.context.study.start
        except ValueError:
            t = -1
        numbers = [float(getattr(row, name)) for name in COLUMNS[3:]]
        if not 0 <= t < self.context.study.quarters:
            self._unread.append(f"{where}: outside the horizon")
        elif str(row.unit) not in self._known:
            self._unread.append(f"{where}: no such unit in the study")
        elif not all(math.isfinite(n) and n >= -SLACK for n in numbers):
            self._unread.append(f"{where}: a number is missing or below zero")
        elif any(n != round(n) for n in numbers[:3]):
            self._unread.append(f"{where}: units are not whole")
        elif t in self._rows[str(row.candidate), str(row.unit)]:
            self._unread.append(f"{where}: the row is there twice")
        else:
            self._rows[str(row.candidate), str(row.unit)][t] = row

    def _figures(self, wish: OnsiteUnit) -> Known:
        table = onsite_unit(self.context.tables, wish.unit) if wish.unit else pd.Series(dtype=object)
        known = str(table.get("kind", ""))
        kind = wish.kind or {"solar": "solar", "battery": "battery"}.get(known, "generator")

        def first(*values: float | None) -> float:
            return next((float(v) for v in values if v is not None and not math.isnan(v)), 0.0)

        def cell(column: str) -> float:
            return float(table.get(column, math.nan))

        burns = kind == "generator" and wish.fuel == "gas"
        by_table = cell("capex_usd_per_kw")
        if kind == "battery":
            by_table += cell("capex_usd_per_kwh") * (wish.battery_hours or 0.0)
        price = 0.0 if wish.rent_usd_per_kw_month is not None else first(wish.capex_usd_per_kw, by_table)
        upkeep = first(
            wish.fixed_om_usd_per_kw_year,
            cell("fixed_om_usd_per_kw_year"),
            cell("fixed_om_share_of_capex_per_year") * price,
        )
        by_mwh = first(wish.var_om_usd_per_mwh, cell("var_om_usd_per_mwh") if kind == "generator" else 0.0)
        hours = {"generator": wish.availability, "solar": wish.capacity_factor}.get(kind) or 0.0
        return Known(
            wish=wish,
            kind=kind,
            table_kind=known,
            mw=first(wish.unit_utility_mw, cell("unit_mw")),
            usd_per_kw=price,
            lead=math.ceil(first(wish.lead_quarters, cell("lead_months_mid") / 3.0) - 1e-9),
            mmbtu_per_mwh=first(wish.heat_rate_mmbtu_per_mwh, cell("heat_rate_mmbtu_per_mwh_hhv")) if burns else 0.0,
            fixed_usd_per_kw_year=upkeep,
            usd_per_mwh=by_mwh,
            kg_per_mmbtu=first(wish.co2_kg_per_mmbtu, cell("co2_kg_per_mmbtu")) if burns else 0.0,
            share_of_hours=hours,
        )

    def _counts(self, key: tuple[str, str], t: int) -> tuple[float, float]:
        """(installed, left) by the end of a quarter; what is not in the table is as before, at first nothing."""
        row = self._rows[key].get(t)
        if row is not None:
            return float(row.installed), float(row.left)
        return (0.0, 0.0) if t <= 0 else self._counts(key, t - 1)

    def _capex_musd(self, known: Known, place: Place) -> float:
        level = 1.0
        if known.wish.capex_by_state:
            level = onsite_capex_multiplier(self.context.tables, known.table_kind, place.state)
        return known.usd_per_kw * known.mw * 1e3 * level / 1e6

    def post(self) -> None:
        """Capex a lead before each delivery, resale as they leave, standing cost by quarter, fuel by MWh."""
        for key in list(self._rows):
            place, known = self.context.places.get(key[0]), self._known[key[1]]
            if place is not None:
                self.context.book.here = key[0]
                self._post_units(key, place, known)
                for t, row in self._rows[key].items():
                    self._post_energy(place, known, t, float(row.generated_mwh))
        self.context.book.here = ""

    def _post_units(self, key: tuple[str, str], place: Place, known: Known) -> None:
        book, quarters, wish = self.context.book, self.context.study.quarters, known.wish
        rate = self.context.study.money.discount_rate
        at_end = (1.0 + rate) ** (-quarters / 4.0)
        capex, before = self._capex_musd(known, place), (0.0, 0.0)
        for t in range(quarters):
            installed, left = self._counts(key, t)
            book.pay("onsite", t - known.lead, (installed - before[0]) * capex)
            book.pay("onsite", t, -(left - before[1]) * capex * wish.resale_share)
            if wish.role == "permanent":
                worth = max(0.0, 1.0 - (quarters - t) / 4.0 / wish.life_years)
                book.credited_musd += (installed - before[0]) * capex * worth * at_end
            kw = (installed - left) * known.mw * 1e3
            book.pay("onsite_rent", t, kw * (wish.rent_usd_per_kw_month or 0.0) * 3.0 / 1e6)
            book.pay("onsite_om", t, kw * known.fixed_usd_per_kw_year / 4.0 / 1e6)
            before = installed, left
        if wish.role == "bridge":
            book.credited_musd += (before[0] - before[1]) * capex * wish.resale_share * at_end

    def _post_energy(self, place: Place, known: Known, t: int, mwh: float) -> None:
        study, wish, book = self.context.study, known.wish, self.context.book
        grid = place.usd_per_mwh * (1.0 + study.power.escalator) ** (t / 4.0)
        book.pay("energy", t, -mwh * grid / 1e6)
        book.pay("onsite_om", t, mwh * known.usd_per_mwh / 1e6)
        if known.mmbtu_per_mwh:
            gas = wish.gas_usd_per_mmbtu
            if gas is None:
                gas = gas_usd_per_mmbtu(self.context.tables, place.state, study.price_day).value
            gas = (gas + wish.gas_adder_usd_per_mmbtu) * (1.0 + wish.gas_escalator) ** (t / 4.0)
            book.pay("onsite_fuel", t, mwh * known.mmbtu_per_mwh * gas / 1e6)

    def firm_mw(self, candidate: str, quarter: int) -> float:
        total = 0.0
        for (where, name), rows in self._rows.items():
            known = self._known[name]
            if where == candidate and known.kind == "generator" and quarter in rows:
                total += max(0.0, float(rows[quarter].active) - known.wish.reserve_units) * known.mw
        return total

    def firming_mw(self, candidate: str, quarter: int) -> float:
        """MW of batteries that stand, firm in curtailed hours only: their MWh spread over the longest curtailment."""
        terms = self.context.study.power.curtailable
        longest = None if terms is None else terms.longest_hours
        if longest is None:
            return 0.0
        total = 0.0
        for (where, name), rows in self._rows.items():
            known = self._known[name]
            if where == candidate and known.kind == "battery" and quarter in rows:
                mwh = known.mw * (known.wish.battery_hours or 0.0)
                total += float(rows[quarter].active) * min(known.mw, mwh / longest)
        return total

    def co2_t(self, candidate: str, quarter: int) -> float:
        return sum(
            float(rows[quarter].co2_t)
            for (where, _), rows in self._rows.items()
            if where == candidate and quarter in rows
        )

    def onsite_mwh(self, candidate: str, quarter: int) -> float:
        return sum(
            float(rows[quarter].generated_mwh)
            for (where, _), rows in self._rows.items()
            if where == candidate and quarter in rows
        )

    def faults(self) -> Iterator[str]:
        """Admission, lead, permit, reserve, bridge, energy of units and of the campus; figures of every row."""
        yield from self._unread
        for key in list(self._rows):
            place, known = self.context.places.get(key[0]), self._known[key[1]]
            if place is None:
                yield f"onsite {key[0]}: no such candidate in the study"
                continue
            yield from self._admission(key, place, known)
            for t in range(self.context.study.quarters):
                yield from self._standing(key, place, known, t)
        for candidate in sorted({where for where, _ in self._rows}):
            place = self.context.places.get(candidate)
            if place is not None:
                yield from self._campus(candidate, place)

    def _admission(self, key: tuple[str, str], place: Place, known: Known) -> Iterator[str]:
        wish = known.wish
        named = key[0] in wish.candidates or place.state in wish.states
        if place.campus or place.tenure == "colocation" or not (named or not (wish.candidates or wish.states)):
            yield f"onsite {key[0]}: {key[1]} is not admitted there"
        most = max(float(row.installed) for row in self._rows[key].values())
        if most > wish.max_units_per_site:
            yield f"onsite {key[0]}: {most:g} {key[1]} set up, at most {wish.max_units_per_site}"

    def _standing(self, key: tuple[str, str], place: Place, known: Known, t: int) -> Iterator[str]:
        wish, study = known.wish, self.context.study
        where = f"onsite {key[0]}, {key[1]}, {quarter_label(study.start + t)}"
        (installed, left), (had, gone) = self._counts(key, t), self._counts(key, t - 1) if t else (0.0, 0.0)
        active = installed - left
        if installed < had or left < gone:
            yield f"{where}: fewer delivered or left than before"
        if installed > had:
            if t < known.lead:
                yield f"{where}: delivered inside the lead of {known.lead} quarters"
            if not any(q <= t and n > 0 for q, n in self.context.read.modules.get(key[0], {}).items()):
                yield f"{where}: delivered before a hall is open"
        if left > installed or (left and wish.role == "permanent"):
            yield f"{where}: {left:g} left, {installed:g} were delivered and the role is {wish.role}"
        grace = wish.leave_after_grid_quarters
        if grace is not None and active and t >= place.power_from + grace:
            yield f"{where}: {active:g} stand though the bridge is over"
        if 0 < active < wish.reserve_units:
            yield f"{where}: {active:g} stand, fewer than the reserve of {wish.reserve_units}"
        row = self._rows[key].get(t)
        if row is None:
            if installed:
                yield f"{where}: no row"
            return
        mwh = float(row.generated_mwh)
        able = active * known.mw * known.share_of_hours * hours_in(study.start + t)
        if over(mwh, able):
            yield f"{where}: {mwh:,.1f} MWh generated, {able:,.1f} are possible"
        firm = max(0.0, active - wish.reserve_units) * known.mw if known.kind == "generator" else 0.0
        fuel = mwh * known.mmbtu_per_mwh
        again = {"active": active, "firm_mw": firm, "fuel_mmbtu": fuel, "co2_t": fuel * known.kg_per_mmbtu / 1e3}
        for column, value in again.items():
            if not abs(float(getattr(row, column)) - value) <= SLACK * max(1.0, abs(value)):
                yield f"{where}, {column}: the plan says {getattr(row, column)}, recomputed {value}"

    def _campus(self, candidate: str, place: Place) -> Iterator[str]:
        """What is generated is drawn there; what the grid cannot give in the shape of the load is generated."""
        study, tables, read = self.context.study, self.context.tables, self.context.read
        kw = {item.name: accelerator_figure(study, tables, item.name, "it_kw") for item in study.accelerators}
        for t in range(study.quarters):
            peak = sum(read.running.get((candidate, name), {}).get(t, 0.0) * each for name, each in kw.items()) / 1e3
            mean = study.power.load_factor * place.pue_mean * hours_in(study.start + t)
            made, where = self.onsite_mwh(candidate, t), f"onsite {candidate}, {quarter_label(study.start + t)}"
            if over(made, peak * mean):
                yield f"{where}: {made:,.1f} MWh generated, {peak * mean:,.1f} are drawn"
            flows = self.context.limits.energized_mw(place, t) + sum(
                part.firm_mw(candidate, t) for part in self.context.limits.parts if part is not self
            )
            grid = flows / place.pue_peak * mean
            if over(peak * mean - made, grid):
                yield f"{where}: {peak * mean - made:,.1f} MWh from the grid, it gives {grid:,.1f} at this load"
