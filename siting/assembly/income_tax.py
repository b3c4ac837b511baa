"""Income tax of the study as arrays; every rate and share that is blank is named at once."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from siting.assembly.accelerators import Bought
from siting.assembly.costs import clock_of
from siting.assembly.leases import bill_musd
from siting.assembly.places import study_file
from siting.assembly.tenures import module_costs, openings
from siting.errors import Fault, raise_if_any
from siting.items import KIND
from siting.problem import FloatArray
from siting.problem.income_tax import IncomeTax
from siting.study import Study
from siting.tables import tax as rules
from siting.tables.read import Tables
from siting.units import first_day

YEARS_AFTER = 40
"""Years beyond the horizon over which depreciation and what is carried forward go on; the longest contract has 30."""


def income_tax_of(
    study: Study, tables: Tables, usable: pd.DataFrame, leases: pd.DataFrame, kinds: list[Bought]
) -> IncomeTax | None:
    """None when the study states no income tax. Raises InputError with all rates, shares and incomes that are blank."""
    asked = study.taxes.income
    if asked is None:
        return None
    faults: list[Fault] = []
    first, last = first_day(study.start).year, first_day(study.end - 1).year
    life = rules.building_life_years(tables) if asked.building_life_years is None else asked.building_life_years
    years = last - first + 1 + max(YEARS_AFTER, math.ceil(life) + 1)
    stated = [asked.income_musd(first + y) for y in range(years)]
    if stated[0] is None:
        expected = f"an amount for {first}, when the study starts"
        key = "taxes.income.taxable_musd_per_year"
        faults.append(Fault(file=study_file(study), key=key, value="nothing", expected=expected))
    rates = _rates(study, tables, sorted({*usable["state"].astype(str), asked.home_state}), faults)
    shares = _pod_shares(study, tables, kinds, years, faults)
    raise_if_any(faults)
    distinct = sorted(set(rates.values()))
    position = {state: distinct.index(rate) for state, rate in rates.items()}
    opening = openings(study, usable["tenure"], usable["layer_musd"].to_numpy(float))
    return IncomeTax(
        first_year=first,
        offset=study.start % 4,
        rate=np.array(distinct),
        group=np.array([position[str(state)] for state in usable["state"]], dtype=np.int64),
        home=position[asked.home_state],
        income_musd=np.array([0.0 if musd is None else musd for musd in stated]),
        pod_share=shares,
        opening_basis_musd=opening.cash_musd - opening.kept_musd,
        building_quarters=4.0 * life,
        lease_after_musd=_leases_after(study, leases, years),
        module_after=_modules_after(study, usable, years),
    )


def _rates(study: Study, tables: Tables, states: list[str], faults: list[Fault]) -> dict[str, float]:
    """Rate of each state, federal tax included: f + s (1 - f)."""
    asked = study.taxes.income
    assert asked is not None
    federal = rules.federal_rate(tables).value / 100.0 if asked.federal else 0.0
    found: dict[str, float] = {}
    for state in states:
        own = rules.state_income_tax(tables, state).value / 100.0 if asked.state else 0.0
        found[state] = round(federal + own * (1.0 - federal), 12)
        if not math.isfinite(found[state]):
            expected = "a rate; without it leave the state out of the candidates, or set taxes.income.state = false"
            key = f"state {state}"
            faults.append(Fault(file="state_income_taxes.csv", key=key, value="blank", expected=expected))
    return found


def _pod_shares(study: Study, tables: Tables, kinds: list[Bought], years: int, faults: list[Fault]) -> FloatArray:
    """(G, T, Y) share of a pod's basis deducted in each year, by delivery quarter."""
    asked, ladder = study.taxes.income, rules.macrs_5y(tables)
    assert asked is not None
    shares = np.zeros((len(kinds), study.quarters, years))
    for g, kind in enumerate(kinds):
        blank: list[str] = []
        for t in range(kind.lead_quarters, study.quarters if math.isfinite(kind.price_musd) else 0):
            ordered, placed = first_day(study.start + t - kind.lead_quarters), first_day(study.start + t)
            bonus = rules.bonus_share(tables, ordered, placed) if asked.bonus_share is None else asked.bonus_share
            if not math.isfinite(bonus):
                blank.append(f"{ordered} / {placed}")
            year = (study.start % 4 + t) // 4
            shares[g, t, year : year + len(ladder)] = (1.0 - bonus) * np.array(ladder)
            shares[g, t, year] += bonus
        if blank:
            expected = "a row, or taxes.income.bonus_share stated"
            key = f"{kind.name}: bonus for order / delivery {', '.join(blank)}"
            faults.append(Fault(file="federal_tax.csv", key=key, value="blank", expected=expected))
    return shares


def _leases_after(study: Study, leases: pd.DataFrame, years: int) -> FloatArray:
    """(L, T, Y) bills of one GPU after the horizon."""
    found = np.zeros((len(leases), study.quarters, years))
    for number, row in enumerate(leases.itertuples()):
        for start in range(int(row.first_start), int(row.last_start) + 1):
            due = bill_musd(row, start, clock_of(study).hours(study.quarters + int(row.term_quarters)))
            due[: study.quarters] = 0.0
            found[number, start] = _by_year(study, due, years)
    return found


def _modules_after(study: Study, usable: pd.DataFrame, years: int) -> FloatArray:
    """(F, T, Y) share of each running factor of a module that is paid after the horizon."""
    costs = module_costs(study, usable)
    found = np.zeros((len(costs), study.quarters, years))
    for f, cost in enumerate(costs):
        if KIND[cost.item] == "operating":
            for live in range(study.quarters):
                due = cost.profile[live].copy()
                due[: study.quarters] = 0.0
                found[f, live] = _by_year(study, due, years)
    return found


def _by_year(study: Study, due: FloatArray, years: int) -> FloatArray:
    year = np.minimum((study.start % 4 + np.arange(len(due))) // 4, years - 1)
    return np.asarray(np.bincount(year, weights=due, minlength=years), dtype=float)
