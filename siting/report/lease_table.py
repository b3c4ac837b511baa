"""Lease against own for this study, before tax: what each owned and each leased GPU-hour costs, one assumption moved
at a time. The closed form is `siting.report.lease_own`; its inputs are taken from the study, the plan and the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.assembly.accelerators import Bought, bought_accelerators
from siting.assembly.candidates import construction
from siting.cashflow import crf
from siting.plan import Plan
from siting.report.lease_own import (
    HOURS_PER_YEAR,
    break_even_decline,
    levelised_lease_usd_per_gpu_h,
    own_usd_per_gpu_h,
)
from siting.report.numbers import number
from siting.study import Study
from siting.tables import catalog
from siting.tables.read import Tables

BASE_LIFE_YEARS = 5
"""Life in the base row (cases A and B of the lease-versus-buy note; 10-K filings state 4 to 6)."""
LIVES_YEARS = (3, 4, 5, 6)
UTILISATIONS = (0.6, 0.8, 1.0)
DECLINES = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
"""Yearly fall of the market at which a one-year lease is renewed; negative: it rises."""
PAID_WHEN_USED = frozenset({"on_demand", "spot"})
"""Kinds of public offers that bill used hours; the others are take-or-pay."""
RESIDUALS = ("base", "low", "zero")
COLUMNS = [
    "accelerator",
    "side",
    "offer",
    "varied",
    "setting",
    "life_years",
    "usd_per_available_gpu_h",
    "usd_per_used_gpu_h",
    "break_even_decline",
]


@dataclass(frozen=True)
class LeaseOffer:
    """A price to lease at: of the study, or of the public offers of its day."""

    name: str
    usd_per_gpu_h: float
    used_hours_only: bool = False
    """On demand and spot: billed while used. Otherwise take-or-pay: every hour."""
    admitted: bool = True
    """The plan may take it; else it is what the market of the day asks."""
    public: bool = False
    """A published price, mostly for at most a thousand GPUs; otherwise an offer of the study."""

    def usd_per_used_gpu_h(self, *, utilisation: float, decline: float, years: float, rate: float) -> float:
        """Levelised over the years, USD per hour in which the accelerator works."""
        level = levelised_lease_usd_per_gpu_h(self.usd_per_gpu_h, decline, years, rate)
        return level if self.used_hours_only else level / utilisation


@dataclass(frozen=True, kw_only=True)
class Hall:
    """What a kW of critical IT costs: a rent, or an own hall with its connection and land, by discount rate."""

    yearly_usd_per_kw: float = 0.0
    """Rent, or upkeep of an own hall."""
    built_usd_per_kw: float = 0.0
    """Hall, line and substation, over their life."""
    land_usd_per_kw: float = 0.0
    """Land keeps its value: interest alone."""
    life_years: float = 20.0

    def usd_per_kw_month(self, rate: float) -> float:
        """USD per kW of critical IT and month."""
        annuity = self.built_usd_per_kw * crf(rate, self.life_years) + self.land_usd_per_kw * rate
        return (self.yearly_usd_per_kw + annuity) / 12.0


@dataclass(frozen=True, kw_only=True)
class OwnBasis:
    """What an owned accelerator costs and draws, and where each figure comes from (`words`, for the report)."""

    accelerator: str
    capex_usd: float
    it_kw: float
    pue: float
    hall: Hall
    power_usd_per_mwh: float
    load_factor: float
    om_share: float
    rate: float
    availability: float
    utilisation: float
    residual: str
    """Curve by name, or `own`: that of `residual_points`."""
    words: tuple[str, ...]
    residual_points: tuple[tuple[float, float], ...] = ()
    """(age in years, share of the price as new)."""

    def residual_share(self, tables: Tables, life_years: float, curve: str | None = None) -> float:
        """Share of the price left at the end of a life, by the accelerator's curve, another one, or none (`zero`)."""
        named = curve or self.residual
        if named == "own":
            years, shares = zip(*self.residual_points, strict=True)
            return float(catalog.share_by_age(years, shares, life_years))
        return 0.0 if named == "zero" else float(catalog.residual_share(tables, named, life_years))

    @property
    def rent_usd_per_kw_month(self) -> float:
        """Of the hall, at the study's discount rate."""
        return self.hall.usd_per_kw_month(self.rate)

    def usd_per_gpu_h(
        self, *, life_years: float, utilisation: float, residual_share: float, rate: float | None = None
    ) -> float:
        """USD per owned GPU-hour before income tax; utilisation 1 gives it per available hour. rate None: the study's.

        residual_share: of the price, left at the end of the life. The rate moves the annuity of the accelerator and of
        an own hall alike.
        """
        rate = self.rate if rate is None else rate
        return own_usd_per_gpu_h(
            capex_usd=self.capex_usd,
            it_kw=self.it_kw,
            pue=self.pue,
            rent_usd_per_kw_month=self.hall.usd_per_kw_month(rate),
            power_usd_per_mwh=self.power_usd_per_mwh,
            load_factor=self.load_factor,
            om_share=self.om_share,
            life_years=life_years,
            rate=rate,
            residual_share=residual_share,
            availability=self.availability,
            utilisation=utilisation,
        )


def lease_versus_own(plan: Plan, study: Study, tables: Tables) -> pd.DataFrame:
    """Long table: a row an accelerator, side (own | lease) and assumption moved (varied, setting).

    usd_per_available_gpu_h counts hours in which the accelerator may work, usd_per_used_gpu_h those in which it does.
    break_even_decline (share a year, NaN where none): lease rows in their base setting. Before income, sales and
    property tax. Columns are there when no accelerator has a price.
    """
    rows = [row for basis in own_bases(plan, study, tables) for row in _rows(basis, study, tables)]
    return pd.DataFrame(rows, columns=COLUMNS)


def own_bases(plan: Plan, study: Study, tables: Tables) -> list[OwnBasis]:
    """The owned side's inputs, for each accelerator of the plan's clusters that can be bought (else of the study).

    None when the study leaves no hour in which an accelerator works.
    """
    if not study.operation.availability * study.operation.peak_utilisation > 0:
        return []
    kinds = [kind for kind in bought_accelerators(study, tables) if np.isfinite(kind.price_musd)]
    wanted = [name for cluster in study.clusters for name in cluster.accelerators]
    chosen = set(plan.tables["clusters"]["accelerator"]) if "clusters" in plan.tables else set()
    ranked = sorted(kinds, key=lambda kind: (kind.name not in chosen, kind.name not in wanted))
    return [_basis(kind, plan, study, tables) for kind in ranked[:3]]


def _basis(kind: Bought, plan: Plan, study: Study, tables: Tables) -> OwnBasis:
    sites = plan.tables.get("sites", pd.DataFrame())
    hall, rent_words = _hall(kind, sites, study, tables)
    power, power_words = _power(plan, sites, study, tables)
    wish = next(item for item in study.accelerators if item.name == kind.name)
    cooling = tables.pue_classes[tables.pue_classes["cooling"] == study.halls.cooling].iloc[0]
    pue = float(np.average(sites["pue_mean"], weights=sites["it_mw"])) if len(sites) else float(cooling["mean_ref_pue"])
    return OwnBasis(
        accelerator=kind.name,
        capex_usd=kind.price_musd * 1e6,
        it_kw=kind.it_kw,
        pue=pue,
        hall=hall,
        power_usd_per_mwh=power,
        load_factor=study.power.load_factor,
        om_share=study.purchase.om_share,
        rate=study.money.discount_rate,
        availability=study.operation.availability,
        utilisation=study.operation.peak_utilisation,
        residual="own" if wish.residual_points else wish.residual or study.purchase.residual,
        residual_points=tuple((point.age_years, point.share) for point in wish.residual_points),
        words=(
            f"{number(kind.price_musd * 1e6)} USD per accelerator with network and storage ({kind.origin})",
            f"{number(kind.it_kw, 2)} kW of critical IT each, annual mean PUE {number(pue, 2)}",
            rent_words,
            power_words,
            f"upkeep {study.purchase.om_share * 100:.3g} % of the price a year; discount rate "
            f"{study.money.discount_rate * 100:.3g} %/y; available {study.operation.availability * 100:.3g} % of hours",
        ),
    )


def _hall(kind: Bought, sites: pd.DataFrame, study: Study, tables: Tables) -> tuple[Hall, str]:
    """The colocation rent, or an own hall with its connection: at the price of the plan's own sites, by MW; without one
    at that of the country."""
    colocation = study.candidates.colocation
    rented = colocation is not None and (
        not study.money.own or (len(sites) and (sites["tenure"] == "colocation").all())
    )
    if rented and colocation is not None:
        rents = catalog.colocation_rents_on(tables, study.price_day)
        rents = rents[rents["tenure"] == "wholesale"]
        if colocation.markets:
            rents = rents[rents["market"].isin(colocation.markets)]
        rent = float(rents[f"usd_per_kw_month_{study.colocation.rent_level}"].median())
        told = f"hall rent {number(rent, 1)} USD per kW IT and month (median of the markets admitted)"
        return Hall(yearly_usd_per_kw=12.0 * rent), told
    halls, site, rate = study.halls, study.connection, study.money.discount_rate
    built, where = sites[sites["tenure"] == "own"] if len(sites) else sites, ""
    if len(built):
        each, _ = construction(study, tables, built)
        musd_per_mw, where = float(np.average(each, weights=built["it_mw"])), " at the plan's sites"
    else:
        picked = catalog.construction_musd_per_it_mw(tables, "US", halls.cost_level)
        musd_per_mw = halls.cost_musd_per_it_mw or picked.value
    needs = [c.gpus * kind.it_kw / 1000.0 for c in study.clusters if c.gpus]
    it_mw = float(sites["it_mw"].mean()) if len(sites) else max([*needs, halls.first_phase_it_mw])
    line = site.line_km * site.line_musd_per_km + site.substation_musd
    land = site.land_acres * site.land_usd_per_acre / 1e6
    hall = Hall(
        yearly_usd_per_kw=halls.om_usd_per_it_kw_year,
        built_usd_per_kw=(musd_per_mw + line / it_mw) * 1000.0,
        land_usd_per_kw=land / it_mw * 1000.0,
        life_years=halls.life_years,
    )
    return hall, (
        f"own hall {number(musd_per_mw, 1)} million USD per MW IT{where}, and line, substation and land of a "
        f"{number(it_mw)} MW campus, over {halls.life_years:g} years: "
        f"{number(hall.usd_per_kw_month(rate), 1)} USD per kW IT and month"
    )


def _power(plan: Plan, sites: pd.DataFrame, study: Study, tables: Tables) -> tuple[float, str]:
    """USD/MWh by MW of the plan's sites, each at its own price, and in words; without sites that of the candidates'
    states."""
    column = study.power.price_column
    if len(sites):
        power, where = float(np.average(sites["usd_per_mwh"], weights=sites["it_mw"])), "at the plan's sites"
    elif column == "energy_only":
        assert study.power.usd_per_mwh is not None  # a rule of the study
        power, where = study.power.usd_per_mwh + study.power.price_adder_usd_per_mwh, "stated"
    else:
        places = plan.tables.get("candidates", pd.DataFrame({"state": [], "in_model": []}))
        inside = places[places["in_model"].astype(bool)] if len(places) else places
        states = sorted(set(inside["state"])) or sorted(set(tables.power_prices["state"]))
        prices = catalog.power_price_usd_per_mwh(tables, states, study.price_day, column)
        power, where = float(prices["usd_per_mwh"].median()), "median of states"
        power += study.power.price_adder_usd_per_mwh
    if column == "energy_only":
        charge = study.power.demand_charge_usd_per_kw_month * 1e3 / (8760.0 / 12.0 * study.power.load_factor)
        return (
            power + charge,
            f"power {number(power + charge, 1)} USD/MWh ({where}, {number(charge, 1)} of it demand charge)",
        )
    return power, f"power {number(power, 1)} USD/MWh ({where}, demand charges within)"


def _rows(basis: OwnBasis, study: Study, tables: Tables) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []

    def own(varied: str, setting: str, life: int, used: float, residual: str) -> None:
        share = basis.residual_share(tables, life, residual)
        available = basis.usd_per_gpu_h(life_years=life, utilisation=1.0, residual_share=share)
        rows.append(
            (basis.accelerator, "own", "", varied, setting, life, available, available / used, np.nan),
        )

    usual = (BASE_LIFE_YEARS, basis.utilisation, basis.residual)
    own("base", f"{BASE_LIFE_YEARS} years, {basis.utilisation * 100:.3g} % used, residual {basis.residual}", *usual)
    for residual in RESIDUALS:
        own("residual", residual, BASE_LIFE_YEARS, basis.utilisation, residual)
    for life in LIVES_YEARS:
        own("life", f"{life} years", life, basis.utilisation, basis.residual)
    for used in UTILISATIONS:
        own("utilisation", f"{used * 100:.0f} %", BASE_LIFE_YEARS, used, basis.residual)
    share = basis.residual_share(tables, BASE_LIFE_YEARS)
    owned = basis.usd_per_gpu_h(life_years=BASE_LIFE_YEARS, utilisation=1.0, residual_share=share)
    for offer in lease_offers(basis.accelerator, study, tables):
        rivals = owned / basis.utilisation if offer.used_hours_only else owned
        turn = break_even_decline(rivals, offer.usd_per_gpu_h, BASE_LIFE_YEARS, basis.rate)
        same = ("base", f"price stays, {basis.utilisation * 100:.3g} % used")
        for varied, setting, decline, used in (
            (*same, 0.0, basis.utilisation),
            *(("price path", f"{-d * 100:+.0f} %/y" if d else "0 %/y", d, basis.utilisation) for d in DECLINES),
            *(("utilisation", f"{used * 100:.0f} %", 0.0, used) for used in UTILISATIONS),
        ):
            level = offer.usd_per_used_gpu_h(utilisation=used, decline=decline, years=BASE_LIFE_YEARS, rate=basis.rate)
            even = turn if varied == "base" and turn is not None else np.nan
            told = (basis.accelerator, "lease", offer.name, varied, setting, BASE_LIFE_YEARS)
            rows.append((*told, level * used, level, even))
    return rows


def lease_offers(accelerator: str, study: Study, tables: Tables) -> list[LeaseOffer]:
    """Lease offers of an accelerator: the study's, then lowest and median of the public ones of the day.

    Public kinds: those the study admits; when it admits none, reserved ones, as a measure of the market.
    """
    found = [
        LeaseOffer(lease.name, _usd_per_gpu_h(lease.usd_per_gpu_h, lease.total_musd, lease.gpus, lease.term_quarters))
        for lease in study.leases.bilateral
        if lease.accelerator == accelerator
    ]
    public = study.leases.public
    kinds: tuple[str, ...] = public.kinds if public is not None else ("reserved",)
    admitted = public is not None and (not public.accelerators or accelerator in public.accelerators)
    for used_hours_only in (False, True):
        some = tuple(kind for kind in kinds if (kind in PAID_WHEN_USED) == used_hours_only)
        found += public_offers(accelerator, some, study, tables, admitted=admitted)
    return found


def public_offers(
    accelerator: str, kinds: tuple[str, ...], study: Study, tables: Tables, *, admitted: bool
) -> list[LeaseOffer]:
    """Lowest of the public offers of some kinds on the study's day, and their median when there are more than two."""
    prices = catalog.lease_offers_on(tables, study.price_day, kinds, (accelerator,))["usd_per_gpu_h"]
    if not len(prices):
        return []
    used_hours_only = set(kinds) <= PAID_WHEN_USED
    many = f"{len(prices)} public {' or '.join(kinds).replace('_', ' ')} offer{'s' if len(prices) > 1 else ''}"
    if used_hours_only:
        many += ", paid while used"
    found = [LeaseOffer(f"lowest of {many}", float(prices.min()), used_hours_only, admitted, public=True)]
    if len(prices) > 2:
        found.append(LeaseOffer(f"median of {many}", float(prices.median()), used_hours_only, admitted, public=True))
    return found


def _usd_per_gpu_h(price: float | None, total_musd: float | None, gpus: int, quarters: int | None) -> float:
    """The hourly price of an offer, also of one that states the whole contract."""
    if price is not None:
        return price
    return (total_musd or 0.0) * 1e6 / (gpus * (quarters or 1) * HOURS_PER_YEAR / 4.0)
