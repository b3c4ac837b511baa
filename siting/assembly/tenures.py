"""What each tenure pays for opening and for halls, when, and what is left of it at the horizon.

Rules: an own campus pays line, substation, land and deposit at signing and builds halls; a retrofit buys a building
and its connection at signing and refits it; a powered shell pays nothing at signing, fits out, and pays rent; rented
colocation halls pay rent only. What a layer adds to opening is paid in every tenure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly.campus import is_annex
from siting.assembly.costs import (
    Clock,
    construction_profile,
    growth,
    rent_profile,
    standing_profile,
    straight_line_left,
)
from siting.problem import FloatArray, IntArray
from siting.study import Study
from siting.study.tenures import BUILT

SMALL_FOR_PHASE = "less MW than a first phase"
SMALL_FOR_SHELLS = "less MW than the shells of a first phase (halls.shell_it_mw)"
"""Reasons in `excluded_by`; the second where the place holds the phase itself."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A tenure in numbers."""

    construction_quarters: int
    """From signing to the first hall; 0 for halls that are handed over ready."""
    first_modules: float
    """Least modules of a first phase; a part of one where halls are fitted out by the megawatt."""
    om_usd_per_it_kw_year: float = 0.0
    hall_life_years: float = 1.0
    """Straight line life of what is built into halls."""
    aging_musd: float = 0.0
    """Paid at signing, loses value on a straight line over `site_life_years` from the opening."""
    site_life_years: float = 1.0
    land_musd: float = 0.0
    """Paid at signing at the level of that quarter, back at cost."""
    deposit_musd: float = 0.0
    """Paid at signing, back as it is."""
    rent_term_quarters: int = 0
    """0: no rent."""
    rent_escalator: float = 0.0


def in_shells(study: Study, tenure: str) -> bool:
    """Whether halls of the tenure are whole shells that are fitted out by the megawatt."""
    return tenure == "own" and study.halls.shell_it_mw is not None


def step_it_mw(study: Study, tenure: str) -> float:
    """Critical IT MW of what a campus of the tenure has whole ones of: shells, or modules."""
    halls = study.halls
    return halls.shell_it_mw if halls.shell_it_mw is not None and in_shells(study, tenure) else halls.module_it_mw


def whole_steps(study: Study, places: pd.DataFrame) -> IntArray:
    """(I,) modules that the final MW of each place carry: of whole shells where halls are shells."""
    step = places["tenure"].map({name: step_it_mw(study, name) for name in set(places["tenure"])}).to_numpy(float)
    steps = np.floor(places["final_utility_mw"].to_numpy(float) / (places["pue_peak"].to_numpy(float) * step) + 1e-9)
    return np.asarray(steps * np.rint(step / study.halls.module_it_mw), dtype=np.int64)


def terms_of(study: Study, tenure: str) -> Terms:
    """Terms of a tenure whose figures are all stated (`blank_terms` finds none)."""
    halls, site, shell, refit = study.halls, study.connection, study.powered_shell, study.retrofit
    if tenure == "own":
        return Terms(
            construction_quarters=halls.construction_quarters,
            first_modules=halls.first_phase_it_mw / halls.module_it_mw
            if in_shells(study, tenure)
            else math.ceil(halls.first_phase_it_mw / halls.module_it_mw - 1e-9),
            om_usd_per_it_kw_year=halls.om_usd_per_it_kw_year,
            hall_life_years=halls.life_years,
            aging_musd=site.line_km * site.line_musd_per_km + site.substation_musd,
            site_life_years=halls.life_years,
            land_musd=site.land_acres * site.land_usd_per_acre / 1e6,
            deposit_musd=site.deposit_musd,
        )
    if tenure == "retrofit":
        return Terms(
            construction_quarters=refit.construction_quarters or 0,
            first_modules=1,
            om_usd_per_it_kw_year=refit.om_usd_per_it_kw_year,
            hall_life_years=refit.life_years,
            aging_musd=(refit.purchase_musd or 0.0) + (refit.connection_musd or 0.0),
            site_life_years=refit.life_years,
        )
    if tenure == "powered_shell":
        return Terms(
            construction_quarters=shell.construction_quarters or 0,
            first_modules=1,
            om_usd_per_it_kw_year=shell.om_usd_per_it_kw_year,
            hall_life_years=float(shell.term_years or 1),
            rent_term_quarters=4 * (shell.term_years or 0),
            rent_escalator=shell.escalator,
        )
    rented = study.colocation
    return Terms(
        construction_quarters=0,
        first_modules=1,
        rent_term_quarters=4 * rented.term_years,
        rent_escalator=rented.escalator,
    )


def shell_rent_usd_per_kw_month(study: Study) -> float | None:
    """Rent of a powered shell: stated, or the owner's yearly yield on its cost, by month and kW; None when blank."""
    shell = study.powered_shell
    if shell.shell_cost_musd_per_it_mw is not None and shell.yield_share_per_year is not None:
        return shell.shell_cost_musd_per_it_mw * 1e6 / 1e3 * shell.yield_share_per_year / 12.0
    return shell.rent_usd_per_kw_month


def by_tenure(study: Study, tenures: pd.Series) -> dict[str, Terms]:
    """Terms of the tenures that occur."""
    return {tenure: terms_of(study, tenure) for tenure in sorted(set(tenures))}


def first_modules(study: Study, tenures: pd.Series) -> FloatArray:
    """(I,) least modules of a first phase."""
    terms = by_tenure(study, tenures)
    return np.array([terms[tenure].first_modules for tenure in tenures], dtype=float)


def first_phase_it_mw(study: Study, tenures: pd.Series) -> FloatArray:
    """(I,) critical IT MW of the whole modules or shells that a first phase takes."""
    step = tenures.map({name: step_it_mw(study, name) for name in set(tenures)}).to_numpy(float)
    return np.asarray(np.ceil(first_modules(study, tenures) * study.halls.module_it_mw / step - 1e-9) * step)


def live_from(study: Study, usable: pd.DataFrame) -> IntArray:
    """(I,) first quarter in which a hall can stand: after construction, before power if need be; halls that are
    handed over ready, when they are."""
    terms = by_tenure(study, usable["tenure"])
    wait = usable["tenure"].map({tenure: term.construction_quarters for tenure, term in terms.items()})
    handed_over = usable["energization"].astype(float) - study.start
    first = np.where(usable["tenure"].isin(BUILT), wait.astype(float), handed_over)
    return np.asarray(np.minimum(first, study.quarters), dtype=np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class ModuleCost:
    """One factor of a module's cost, shared by every candidate that pays it."""

    item: str
    musd: FloatArray
    """(I,) for one module; 0 where the factor is not paid."""
    profile: FloatArray
    """(T, T or more) share paid in [live quarter, payment quarter], beyond the horizon too."""
    left: FloatArray
    """(T,) share of what was paid that is left at the horizon, by live quarter."""

    def worth(self, clock: Clock) -> FloatArray:
        """(T,) present value of one musd of the factor by live quarter."""
        paid = self.profile @ clock.discount(self.profile.shape[1])
        return np.asarray(paid - self.profile.sum(axis=1) * self.left * clock.end_discount)


def module_costs(study: Study, usable: pd.DataFrame) -> list[ModuleCost]:
    """Factors of a module's cost: own halls, upkeep, colocation rent, then those of the tenures that occur."""
    quarters, module_kw = study.quarters, study.halls.module_it_mw * 1000.0
    tenure, nothing = usable["tenure"], np.zeros(study.quarters)
    terms = {**{name: terms_of(study, name) for name in ("own", "colocation")}, **by_tenure(study, tenure)}
    upkeep = tenure.map({name: term.om_usd_per_it_kw_year for name, term in terms.items()}).to_numpy(float)
    found: list[ModuleCost] = []
    for name, term in terms.items():
        here = (tenure == name).to_numpy()
        if name in BUILT:
            musd = usable["construction_musd_per_it_mw"].to_numpy(float) * study.halls.module_it_mw
            if in_shells(study, name):  # a module is fit-out; `shells_of` has the rest
                musd = musd * (1.0 - (study.halls.shell_share or 0.0))
            profile = construction_profile(term.construction_quarters, study.halls.escalator, quarters)
            left = straight_line_left(term.hall_life_years, quarters)
            found.append(ModuleCost(item="halls", musd=np.where(here, musd, 0.0), profile=profile, left=left))
        if term.rent_term_quarters:
            musd = usable["rent_usd_per_kw_month"].to_numpy(float) * 3.0 * module_kw / 1e6
            profile = rent_profile(term.rent_term_quarters, term.rent_escalator, quarters)
            found.append(ModuleCost(item="rent", musd=np.where(here, musd, 0.0), profile=profile, left=nothing))
    if study.halls.classes and study.halls.classes[0].om_usd_per_it_kw_year is not None:
        upkeep = np.where(is_annex(usable), study.halls.classes[0].om_usd_per_it_kw_year, upkeep)
    standing = ModuleCost(
        item="hall_om",
        musd=upkeep / 4.0 * module_kw / 1e6,
        profile=standing_profile(quarters, study.money.escalators.hall_om),
        left=nothing,
    )
    return [found[0], standing, *found[1:]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Openings:
    """What opening costs, by candidate and quarter of the opening (I, T), and what is left of it at the horizon."""

    cash_musd: FloatArray
    """Paid at signing."""
    lag: IntArray
    """(I,) quarters from signing to the opening."""
    aged_musd: FloatArray
    """Left of the connection and of a bought building."""
    kept_musd: FloatArray
    """Land and deposit, back at cost."""

    def npv_musd(self, clock: Clock) -> FloatArray:
        """(I, T) present value of opening in t; 0 where signing would lie before the study."""
        signed = np.arange(clock.quarters)[None, :] - self.lag[:, None]
        paid = self.cash_musd * clock.discount(clock.quarters)[np.maximum(signed, 0)]
        return np.asarray(paid - (self.aged_musd + self.kept_musd) * clock.end_discount)


def campus_openings(study: Study, places: pd.DataFrame) -> Openings:
    """Costs of opening by candidate: halls of a second cooling class open with their campus, for nothing."""
    found, annex = openings(study, places["tenure"], places["layer_musd"].to_numpy(float)), is_annex(places)
    for array in (found.cash_musd, found.aged_musd, found.kept_musd):
        array[annex] = 0.0
    return found


def openings(study: Study, tenures: pd.Series, layer_musd: FloatArray) -> Openings:
    """Costs of opening. layer_musd (I,): added by layers, never returned."""
    quarters = study.quarters
    level = growth(study.halls.escalator, quarters)
    cash, aged, kept = (np.zeros((len(tenures), quarters)) for _ in range(3))
    lag = np.zeros(len(tenures), dtype=np.int64)
    for name, term in by_tenure(study, tenures).items():
        rows = np.flatnonzero(tenures == name)
        lag[rows] = term.construction_quarters
        left = straight_line_left(term.site_life_years, quarters)
        for opening in range(term.construction_quarters, quarters):
            grown = level[opening - term.construction_quarters]
            paid = (term.aging_musd + term.land_musd) * grown + term.deposit_musd
            cash[rows, opening] = paid + layer_musd[rows]
            aged[rows, opening] = term.aging_musd * grown * left[opening]
            kept[rows, opening] = term.land_musd * grown + term.deposit_musd
    return Openings(cash_musd=cash, lag=lag, aged_musd=aged, kept_musd=kept)
