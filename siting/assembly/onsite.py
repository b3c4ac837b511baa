"""Power units on the campus: figures from the study, else from the table, and their arrays over the candidates."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly.campus import is_annex
from siting.assembly.costs import clock_of, growth, straight_line_left
from siting.assembly.places import study_file
from siting.errors import Fault, raise_if_any
from siting.problem import BoolArray, FloatArray
from siting.problem.onsite import Onsite
from siting.study import Study
from siting.study.onsite import OnsiteUnit
from siting.tables.energy import gas_usd_per_mmbtu, onsite_capex_multiplier, onsite_unit
from siting.tables.read import Tables

COLUMNS = {
    "unit_utility_mw": "unit_mw",
    "heat_rate_mmbtu_per_mwh": "heat_rate_mmbtu_per_mwh_hhv",
    "var_om_usd_per_mwh": "var_om_usd_per_mwh",
    "co2_kg_per_mmbtu": "co2_kg_per_mmbtu",
}
"""Field of the study -> column of the table, where one stands for the other as it is."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One kind of unit with every figure; 0 where its kind has none."""

    wish: OnsiteUnit
    kind: str
    """generator, solar or battery."""
    table_kind: str
    """Kind by the table, for the cost by state; "" without a row."""
    unit_mw: float
    capex_usd_per_kw: float
    lead_quarters: int
    heat_rate: float
    fixed_om: float
    var_om: float
    co2_kg_per_mmbtu: float
    output: float
    """Share of the hours at full MW that energy may take."""


def onsite_figures(study: Study, tables: Tables) -> list[Figures]:
    """Every unit of the study, in its order. Raises InputError with every unknown row and every blank at once."""
    faults: list[Fault] = []
    found = [_figures(study, tables, f"onsite[{n}]", wish, faults) for n, wish in enumerate(study.onsite)]
    raise_if_any(faults)
    return found


def _figures(study: Study, tables: Tables, key: str, wish: OnsiteUnit, faults: list[Fault]) -> Figures:
    row: pd.Series | None = None
    if wish.unit:
        try:
            row = onsite_unit(tables, wish.unit)
        except KeyError:
            known = tables.onsite_units["unit"].tolist()
            near = difflib.get_close_matches(wish.unit, known, n=1, cutoff=0.4)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            expected = f"a row of onsite_units.csv: {', '.join(known)}{hint}"
            faults.append(Fault(file=study_file(study), key=f"{key}.unit", value=repr(wish.unit), expected=expected))
    table_kind = "" if row is None else str(row["kind"])
    kind = wish.kind or (table_kind if table_kind in ("solar", "battery") else "generator")
    burns = kind == "generator" and wish.fuel == "gas"

    def figure(field: str, from_table: float | None, needed: bool = True) -> float:
        stated = getattr(wish, field)
        value = stated if stated is not None else from_table
        if value is not None and math.isfinite(value):
            return float(value)
        if needed:
            where = f"blank for {wish.unit!r} in onsite_units.csv" if row is not None else "nothing"
            where_to = f"{key}.{field}"
            faults.append(Fault(file=study_file(study), key=where_to, value=where, expected="a figure in the study"))
        return 0.0

    def cell(column: str) -> float | None:
        return None if row is None else float(row[column])

    rented = wish.rent_usd_per_kw_month is not None
    capex = 0.0 if rented else figure("capex_usd_per_kw", _capex(wish, kind, row))
    curtailable = study.power.curtailable if kind == "battery" else None
    by_mwh = kind == "battery" and row is not None and wish.capex_usd_per_kw is None and not rented
    if by_mwh or curtailable is not None:
        figure("battery_hours", None)
    if curtailable is not None and curtailable.longest_hours is None:
        expected = f"the longest single curtailment in hours, as {key} is a battery"
        faults.append(
            Fault(file=study_file(study), key="power.curtailable.longest_hours", value="nothing", expected=expected)
        )
    months, share = cell("lead_months_mid"), cell("fixed_om_share_of_capex_per_year")
    fixed = cell("fixed_om_usd_per_kw_year")
    if (fixed is None or not math.isfinite(fixed)) and share is not None and not rented:
        fixed = share * capex
    lead = None if months is None or not math.isfinite(months) else math.ceil(months / 3.0 - 1e-9)
    plain = {name: cell(column) for name, column in COLUMNS.items()}
    output = {"generator": "availability", "solar": "capacity_factor"}.get(kind)
    return Figures(
        wish=wish,
        kind=kind,
        table_kind=table_kind,
        unit_mw=figure("unit_utility_mw", plain["unit_utility_mw"]),
        capex_usd_per_kw=capex,
        lead_quarters=int(figure("lead_quarters", lead)),
        heat_rate=figure("heat_rate_mmbtu_per_mwh", plain["heat_rate_mmbtu_per_mwh"]) if burns else 0.0,
        fixed_om=figure("fixed_om_usd_per_kw_year", fixed),
        var_om=figure("var_om_usd_per_mwh", plain["var_om_usd_per_mwh"]) if kind == "generator" else _or_zero(wish),
        co2_kg_per_mmbtu=figure("co2_kg_per_mmbtu", plain["co2_kg_per_mmbtu"]) if burns else 0.0,
        output=figure(output, None) if output else 0.0,
    )


def _or_zero(wish: OnsiteUnit) -> float:
    """Variable O&M of what has no moving parts, unless stated."""
    return wish.var_om_usd_per_mwh or 0.0


def _capex(wish: OnsiteUnit, kind: str, row: pd.Series | None) -> float | None:
    """USD/kW of the table; a battery's has a part by MW and a part by MWh."""
    if row is None:
        return None
    per_kw = float(row["capex_usd_per_kw"])
    return per_kw + (wish.battery_hours or 0.0) * float(row["capex_usd_per_kwh"]) if kind == "battery" else per_kw


def onsite_block(study: Study, tables: Tables, units: list[Figures], candidates: pd.DataFrame) -> Onsite | None:
    """Arrays over the usable of the candidates; None without units.

    Raises InputError: a state without a price of gas where gas is burnt.
    """
    if not units:
        return None
    clock, quarters = clock_of(study), study.quarters
    faults: list[Fault] = []
    usable = candidates[candidates["excluded_by"] == ""].reset_index(drop=True)
    admitted = np.column_stack([_admitted(unit.wish, usable) for unit in units])
    gas = _gas(study, tables, units, usable, admitted, faults)
    raise_if_any(faults)
    kw = np.array([unit.unit_mw for unit in units]) * 1e3
    capex = np.column_stack([_capex_musd(tables, unit, usable) for unit in units])
    bridge = np.array([unit.wish.role == "bridge" for unit in units])
    left = np.stack([straight_line_left(unit.wish.life_years, quarters) for unit in units])
    prices = np.stack([growth(unit.wish.gas_escalator, quarters) for unit in units])
    heat = np.array([unit.heat_rate for unit in units])
    grid_from = usable["energization"].to_numpy(float)[:, None] - study.start
    grace = np.array([unit.wish.leave_after_grid_quarters or 0 for unit in units])
    rent = np.array([unit.wish.rent_usd_per_kw_month or 0.0 for unit in units])
    output = np.array([unit.output * unit.unit_mw for unit in units])
    return Onsite(
        unit=np.array([unit.wish.name for unit in units], dtype=object),
        unit_mw=kw / 1e3,
        lead=np.array([unit.lead_quarters for unit in units], dtype=np.int64),
        most=np.array([unit.wish.max_units_per_site for unit in units], dtype=np.int64),
        reserve=np.array([unit.wish.reserve_units for unit in units], dtype=np.int64),
        firm=np.array([unit.kind == "generator" for unit in units]),
        firming_mw=np.array([_firming_mw(study, unit) for unit in units]),
        may_leave=bridge,
        admitted=admitted,
        gone_by=np.where(bridge, np.clip(grid_from + grace, 0, quarters), quarters).astype(np.int64),
        capex_musd=capex,
        resale_musd=capex * np.array([unit.wish.resale_share for unit in units]),
        residual_musd=capex[:, :, None] * left[None] * ~bridge[None, :, None],
        rent_musd=rent * 3.0 * kw / 1e6,
        fixed_om_musd=np.array([unit.fixed_om for unit in units]) / 4.0 * kw / 1e6,
        most_mwh=output[:, None] * clock.hours(quarters)[None, :],
        mmbtu_per_mwh=heat,
        fuel_usd_per_mwh=heat[None, :, None] * gas[:, :, None] * prices[None],
        var_om_usd_per_mwh=np.array([unit.var_om for unit in units]),
        co2_t_per_mwh=heat * np.array([unit.co2_kg_per_mmbtu for unit in units]) / 1e3,
    )


def _firming_mw(study: Study, unit: Figures) -> float:
    """MW of one battery that last through the longest curtailment; 0 for other kinds and without curtailment."""
    terms, hours = study.power.curtailable, unit.wish.battery_hours
    if unit.kind != "battery" or terms is None or terms.longest_hours is None or hours is None:
        return 0.0
    return unit.unit_mw * min(1.0, hours / terms.longest_hours)


def _admitted(wish: OnsiteUnit, usable: pd.DataFrame) -> BoolArray:
    """(I,) campuses where the unit may stand: never colocation, whose power is the landlord's. They feed
    halls of the campus's own cooling class."""
    anywhere = not wish.candidates and not wish.states
    named = usable["candidate"].isin(wish.candidates) | usable["state"].isin(wish.states) | anywhere
    found: BoolArray = (named & (usable["tenure"] != "colocation")).to_numpy(dtype=bool) & ~is_annex(usable)
    return found


def _capex_musd(tables: Tables, unit: Figures, usable: pd.DataFrame) -> FloatArray:
    """(I,) musd of one unit."""
    level = np.ones(len(usable))
    if unit.wish.capex_by_state:
        states = {state: onsite_capex_multiplier(tables, unit.table_kind, state) for state in usable["state"].unique()}
        level = usable["state"].map(states).to_numpy(float)
    return unit.capex_usd_per_kw * unit.unit_mw * 1e3 / 1e6 * level


def _gas(
    study: Study,
    tables: Tables,
    units: list[Figures],
    usable: pd.DataFrame,
    admitted: BoolArray,
    faults: list[Fault],
) -> FloatArray:
    """(I, U) USD/MMBtu at the study's start, adder included; 0 for what burns nothing. Blanks go to `faults`."""
    price = np.zeros(admitted.shape)
    for n, unit in enumerate(units):
        wish, key = unit.wish, f"onsite[{n}]"
        if not unit.heat_rate:
            continue
        if wish.gas_usd_per_mmbtu is not None:
            price[:, n] = wish.gas_usd_per_mmbtu + wish.gas_adder_usd_per_mmbtu
            continue
        states = usable["state"].to_numpy(object)
        for state in sorted(set(states[admitted[:, n]])):
            picked = gas_usd_per_mmbtu(tables, state, study.price_day).value
            if not math.isfinite(picked):
                expected = f"{key}.gas_usd_per_mmbtu stated, or {key}.states without {state}"
                where = f"{state}, not later than {study.price_day}"
                faults.append(Fault(file="gas_prices.csv", key=where, value="blank", expected=expected))
            price[states == state, n] = picked + wish.gas_adder_usd_per_mmbtu
    return price
