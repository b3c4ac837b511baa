"""Every payment again, item by item, from the decisions and the places; then the present value."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan

import numpy as np

from siting.items import CASH, UNFUNDED
from siting.study import Study
from siting.study.assets import Accelerator, LeaseContract
from siting.study.finance import Debt
from siting.tables import catalog
from siting.tables.read import Tables
from siting.units import first_day, hours_in
from siting.verification.decisions import Read
from siting.verification.halls import converted_by, first_module, fit_out_share, open_campuses, second_class
from siting.verification.places import Place, Places
from siting.verification.worth import end_worth_musd


@dataclass(kw_only=True)
class Book:
    """Payments by item and quarter number (beyond the horizon too), and present values credited."""

    paid: dict[str, dict[int, float]] = field(default_factory=lambda: {item: {} for item in CASH})
    credited_musd: float = 0.0
    faults: list[str] = field(default_factory=list)
    unfunded: set[str] = field(default_factory=lambda: set(UNFUNDED))
    """Items that count in the value and that no round of funding has to cover."""
    here: str = ""
    """Candidate for which payments are being written; empty for what has no place."""
    by_place: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    """(item, candidate) -> quarter -> musd."""
    buildings: list[tuple[str, int, float]] = field(default_factory=list)
    """Candidate, quarter in which it is put to use, musd of what ages like a building."""
    equipment: list[tuple[str, int, int, float]] = field(default_factory=list)
    """Candidate, order quarter, delivery quarter, musd of accelerators with their sales tax."""
    loans: list[tuple[Debt, int, float]] = field(default_factory=list)
    """Facility, quarter, musd drawn."""

    def pay(self, item: str, quarter: int, musd: float, candidate: str | None = None) -> None:
        self.paid[item][quarter] = self.paid[item].get(quarter, 0.0) + musd
        place = self.by_place.setdefault((item, self.here if candidate is None else candidate), {})
        place[quarter] = place.get(quarter, 0.0) + musd

    def total(self, quarter: int) -> float:
        return sum(self.paid[item].get(quarter, 0.0) for item in CASH)

    def to_cover(self, quarter: int) -> float:
        """What funding has to cover in a quarter."""
        return sum(self.paid[item].get(quarter, 0.0) for item in CASH if item not in self.unfunded)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A lease as the second reading sees it."""

    accelerator: str
    usd_per_gpu_h: float | None
    total_musd: float | None
    contract_gpus: float
    least_gpus: float
    term: int
    first: int
    last: int
    prepay: float
    fabric: int
    billed: float
    existing: bool
    lat: float
    lon: float
    yearly_change: float
    """Of the price, by the quarter in which a contract starts."""

    def price_level(self, start: int) -> float:
        """Price of a contract that starts in a quarter over the price at the study's start."""
        return float((1.0 + self.yearly_change) ** (start / 4.0))


def accelerator_price_musd(study: Study, tables: Tables, item: Accelerator, ordered: int) -> float:
    """musd of one accelerator ordered in a quarter, with network and storage, before tax; NaN when blank."""
    extra = (item.network_usd or 0.0) + (item.storage_usd or 0.0)
    by_then = [dated.price_usd for dated in item.prices if dated.order_from <= study.start + ordered]
    if by_then:
        return (by_then[-1] + extra) / 1e6
    return float(price_today_musd(study, tables, item) * (1.0 + study.purchase.price_escalator) ** (ordered / 4.0))


def price_today_musd(study: Study, tables: Tables, item: Accelerator) -> float:
    """musd of one accelerator on the study's day, with network and storage, before tax; NaN when blank."""
    usd = item.price_usd
    if usd is None:
        usd = catalog.accelerator_price(tables, item.name, study.price_day).value
    return float(usd + (item.network_usd or 0.0) + (item.storage_usd or 0.0)) / 1e6


def accelerator_figure(study: Study, tables: Tables, name: str, what: str) -> float:
    """it_kw, h100e (by the study's basis) or pod_accelerators of an accelerator: the study's, else the catalogue's."""
    item = next(a for a in study.accelerators if a.name == name)
    what = study.h100e_column if what == "h100e" else what
    stated = getattr(item, what)
    if stated is not None:
        return float(stated)
    return float(catalog.accelerator(tables, name)[{"it_kw": "it_kw_with_network"}.get(what, what)])


def life_quarters(item: Accelerator) -> float:
    """Quarters from its delivery in which an accelerator stands; infinity without a stated life."""
    return float("inf") if item.life_years is None else float(round(item.life_years * 4))


def offers_of(study: Study, tables: Tables) -> dict[str, Offer]:
    """Contracts and offers by the name they have in a plan."""
    found: dict[str, Offer] = {}
    for lease in study.leases.existing:
        assert lease.ends is not None
        found[lease.name] = _written(
            lease, term=lease.ends - study.start + 1, first=0, last=0, least=0.0, existing=True, yearly_change=0.0
        )
    if not study.money.lease:
        return found
    for lease in study.leases.bilateral:
        assert lease.term_quarters is not None and lease.deliver_from is not None
        last = min(lease.start_until if lease.start_until is not None else study.end - 1, study.end - 1) - study.start
        least = float(lease.min_gpus if lease.min_gpus is not None else lease.gpus)
        found[lease.name] = _written(
            lease,
            term=lease.term_quarters,
            first=lease.deliver_from - study.start,
            last=last,
            least=least,
            existing=False,
            yearly_change=study.leases.price_escalator,
        )
    if study.leases.public is not None:
        wish = study.leases.public
        names = wish.accelerators or tuple(a.name for a in study.accelerators)
        for row in catalog.lease_offers_on(tables, study.price_day, wish.kinds, names).itertuples():
            if isnan(row.term_months):
                continue
            name = f"public:{row.provider}|{row.region}|{row.accelerator}|{int(row.term_months)}|{row.kind}"
            if name in found and (found[name].usd_per_gpu_h or 0.0) <= row.usd_per_gpu_h:
                continue
            on_demand = row.kind in ("on_demand", "spot")
            found[name] = Offer(
                accelerator=row.accelerator,
                usd_per_gpu_h=float(row.usd_per_gpu_h),
                total_musd=None,
                contract_gpus=1024.0 if isnan(row.max_gpus) else float(row.max_gpus),
                least_gpus=0.0 if isnan(row.min_gpus) else float(row.min_gpus),
                term=max(1, round(row.term_months / 3)),
                first=0,
                last=study.quarters - 1,
                prepay=0.0,
                fabric=0,
                billed=study.operation.billed_share_on_demand if on_demand else 1.0,
                existing=False,
                lat=float(row.lat),
                lon=float(row.lon),
                yearly_change=study.leases.price_escalator,
            )
    return found


def _written(
    lease: LeaseContract, *, term: int, first: int, last: int, least: float, existing: bool, yearly_change: float
) -> Offer:
    return Offer(
        accelerator=lease.accelerator,
        usd_per_gpu_h=lease.usd_per_gpu_h,
        total_musd=lease.total_musd,
        contract_gpus=float(lease.gpus),
        least_gpus=least,
        term=term,
        first=first,
        last=last,
        prepay=lease.prepay,
        fabric=lease.single_fabric_gpus,
        billed=1.0,
        existing=existing,
        lat=np.nan if lease.lat is None else lease.lat,
        lon=np.nan if lease.lon is None else lease.lon,
        yearly_change=yearly_change,
    )


def works_quarters(study: Study, place: Place) -> int:
    """Quarters of building, refit or fit-out from signing to the first hall; none where halls are handed over."""
    works = {
        "own": study.halls.construction_quarters,
        "retrofit": study.retrofit.construction_quarters,
        "powered_shell": study.powered_shell.construction_quarters,
    }
    return works.get(place.tenure) or 0


class Bookkeeper:
    """Writes the book of a plan."""

    def __init__(self, study: Study, tables: Tables, places: Places, offers: dict[str, Offer]) -> None:
        self._study, self._tables, self._places, self._offers = study, tables, places, offers
        self._end_worth = (1.0 + study.money.discount_rate) ** (-study.quarters / 4.0)

    def book(self, read: Read) -> Book:
        """All payments and credits of the decisions."""
        book = Book()
        for campus in open_campuses(self._study, read):
            place, first = self._places.get(campus), first_module(self._study, read, campus)
            if place is not None and first is not None and not place.existing_it_mw:
                book.here = campus
                self._opening(book, place, first)
        for candidate, by_quarter in read.modules.items():
            if (place := self._places.get(candidate)) is not None:
                book.here = candidate
                self._halls(book, place, by_quarter)
        for candidate in read.converted:
            if (place := self._places.get(candidate)) is not None:
                self._conversions(book, place, candidate, read)
        for (candidate, name), by_quarter in read.pods.items():
            if (place := self._places.get(candidate)) is not None:
                book.here = candidate
                self._pods(book, place, name, by_quarter)
        for (candidate, name), by_quarter in read.running.items():
            if (place := self._places.get(candidate)) is not None:
                book.here = candidate
                self._energy(book, place, name, by_quarter)
        book.here = ""
        for lease, start, gpus, _ in read.contracts:
            if (offer := self._offers.get(lease)) is not None:
                self._contract(book, offer, start, gpus)
        return book

    def worth(self, quarter: int) -> float:
        """Present value of one musd paid in a quarter."""
        return float((1.0 + self._study.money.discount_rate) ** (-(quarter + 0.5) / 4.0))

    def npv_cost_musd(self, book: Book) -> float:
        """Present value of all payments less credits."""
        out = sum(musd * self.worth(q) for item in CASH for q, musd in book.paid[item].items())
        return out - book.credited_musd

    def _grown(self, change: float, quarter: int) -> float:
        return float((1.0 + change) ** (quarter / 4.0))

    def _opening(self, book: Book, place: Place, first: int) -> None:
        signed = first - works_quarters(self._study, place)
        ages, at_cost = self._signed_musd(place, self._grown(self._study.halls.escalator, signed))
        book.pay("opening", signed, ages + at_cost + place.layer_musd)
        book.buildings.append((book.here, first, ages + place.layer_musd))
        book.credited_musd += self._end_worth * (ages * self._life_left(first, place) + at_cost)

    def _conversions(self, book: Book, place: Place, candidate: str, read: Read) -> None:
        """Paid evenly over the works, at the prices of each quarter; keeps value on a straight line as own halls do."""
        study, other = self._study, second_class(self._study)
        if other is None or other.conversion_musd_per_it_mw is None or not place.campus:
            return  # named by the limits of halls
        works = other.conversion_quarters or 0
        for t in range(study.quarters):
            modules = converted_by(read, candidate, t) - converted_by(read, candidate, t - 1)
            musd = modules * study.halls.module_it_mw * other.conversion_musd_per_it_mw
            left = max(0.0, 1.0 - (study.quarters - t) / (4.0 * study.halls.life_years))
            for quarter in (range(t - works, t) if works else [t]) if modules else ():
                part = musd / max(works, 1) * self._grown(study.halls.escalator, quarter)
                book.pay("halls", quarter, part)
                book.credited_musd += part * left * self._end_worth

    def _upkeep(self, place: Place) -> float:
        """USD per critical IT kW and year of halls that the planner builds or fits out."""
        other = second_class(self._study)
        if place.campus and other is not None and other.om_usd_per_it_kw_year is not None:
            return other.om_usd_per_it_kw_year
        return {
            "own": self._study.halls.om_usd_per_it_kw_year,
            "retrofit": self._study.retrofit.om_usd_per_it_kw_year,
            "powered_shell": self._study.powered_shell.om_usd_per_it_kw_year,
        }[place.tenure]

    def _halls(self, book: Book, place: Place, modules: dict[int, float]) -> None:
        study, halls = self._study, self._study.halls
        for t in sorted(t for t, count in modules.items() if count > 0):
            mw = modules[t] * halls.module_it_mw
            if place.tenure in ("own", "retrofit"):
                self._built_halls(book, place, t, mw, self._upkeep(place))
            elif place.tenure == "powered_shell":
                shell = study.powered_shell
                self._built_halls(book, place, t, mw, self._upkeep(place))
                self._rented_halls(book, place, t, mw, shell.term_years or 0, shell.escalator)
            else:
                self._rented_halls(book, place, t, mw, study.colocation.term_years, study.colocation.escalator)

    def _signed_musd(self, place: Place, price_level: float) -> tuple[float, float]:
        """What is paid at signing beside layers: what loses value with the years, and what comes back at cost."""
        if place.tenure == "own":
            site = self._study.connection
            wires = (site.line_km * site.line_musd_per_km + site.substation_musd) * price_level
            return wires, site.land_acres * site.land_usd_per_acre / 1e6 * price_level + site.deposit_musd
        if place.tenure == "retrofit":
            bought = self._study.retrofit
            return ((bought.purchase_musd or 0.0) + (bought.connection_musd or 0.0)) * price_level, 0.0
        return 0.0, 0.0

    def _life_left(self, t: int, place: Place) -> float:
        """Straight line share left at the horizon; what is built into a rented shell lasts as long as its lease."""
        years = {
            "own": self._study.halls.life_years,
            "retrofit": self._study.retrofit.life_years,
            "powered_shell": self._study.powered_shell.term_years or 0,
        }.get(place.tenure)
        return max(0.0, 1.0 - (self._study.quarters - t) / (4.0 * years)) if years else 0.0

    def _built_halls(self, book: Book, place: Place, t: int, mw: float, om_usd_per_it_kw_year: float) -> None:
        lead, total = works_quarters(self._study, place), 0.0
        already = t == 0 and place.existing_it_mw > 0
        per_mw = place.musd_per_it_mw * fit_out_share(self._study, place.tenure)
        for quarter in [] if already else range(t - lead, t) if lead else [t]:
            slice_musd = per_mw * mw / max(lead, 1) * self._grown(self._study.halls.escalator, quarter)
            book.pay("halls", quarter, slice_musd)
            total += slice_musd
        book.buildings.append((book.here, t, total))
        book.credited_musd += total * self._life_left(t, place) * self._end_worth
        for quarter in range(t, self._study.quarters):
            level = self._grown(self._study.money.escalators.hall_om, quarter)
            book.pay("hall_om", quarter, om_usd_per_it_kw_year / 4.0 * mw * 1e3 / 1e6 * level)

    def _rented_halls(self, book: Book, place: Place, t: int, mw: float, years: int, escalator: float) -> None:
        for quarter in range(t, max(self._study.quarters, t + 4 * years)):
            step = (1.0 + escalator) ** ((quarter - t) // 4)
            book.pay("rent", quarter, place.rent_usd_per_kw_month * 3.0 * mw * 1e3 * step / 1e6)

    def _pods(self, book: Book, place: Place, name: str, pods: dict[int, float]) -> None:
        study = self._study
        item = next((a for a in study.accelerators if a.name == name), None)
        if item is None:
            return
        size = accelerator_figure(study, self._tables, name, "pod_accelerators")
        buy, last = study.purchase, study.quarters
        for t, count in pods.items():
            ordered = t - item.lead_quarters
            price = accelerator_price_musd(study, self._tables, item, ordered) * count * size
            taxed = price * (1.0 + self._places.sales_tax(place.state, first_day(study.start + t)))
            book.equipment.append((book.here, ordered, t, taxed))
            book.pay("accelerators", ordered, buy.order_share * taxed)
            book.pay("accelerators", t, (1.0 - buy.order_share) * taxed)
            gone = t + life_quarters(item)
            for quarter in range(t, int(min(last, gone))):
                age = (quarter - t + 0.5) / 4.0
                level = self._grown(study.money.escalators.accelerator_om, quarter - t)
                book.pay("accelerator_om", quarter, buy.om_share / 4.0 * price * level)
                assessed = max(0.0, 1.0 - age / study.taxes.equipment_life_years)
                book.pay("property_tax", quarter, place.property_tax / 4.0 * price * assessed)
            if gone > last:
                today = price_today_musd(study, self._tables, item) * count * size
                book.credited_musd += end_worth_musd(study, self._tables, item, t, price, today) * self._end_worth

    def _energy(self, book: Book, place: Place, name: str, running: dict[int, float]) -> None:
        study = self._study
        if name not in {a.name for a in study.accelerators}:
            return
        kw = accelerator_figure(study, self._tables, name, "it_kw")
        for t, count in running.items():
            mwh = count * kw / 1e3 * study.power.load_factor * place.pue_mean * hours_in(study.start + t)
            book.pay("energy", t, mwh * place.usd_per_mwh * self._grown(study.power.escalator, t) / 1e6)

    def _contract(self, book: Book, offer: Offer, start: int, gpus: float) -> None:
        study = self._study
        item = "existing_lease" if offer.existing else "lease"
        quarters = range(start, start + offer.term)
        if offer.usd_per_gpu_h is not None:
            bills = {t: gpus * offer.usd_per_gpu_h * hours_in(study.start + t) * offer.billed / 1e6 for t in quarters}
        else:
            assert offer.total_musd is not None
            bills = dict.fromkeys(quarters, offer.total_musd / offer.term * gpus / offer.contract_gpus)
        bills = {t: musd * offer.price_level(start) for t, musd in bills.items()}
        if not offer.existing:
            book.pay(item, start, offer.prepay * sum(bills.values()))
        for t, musd in bills.items():
            book.pay(item, t, (1.0 - offer.prepay) * musd)
            if t >= study.quarters:
                hourly = study.leases.value_after_horizon_usd_per_gpu_h
                book.credited_musd += gpus * hourly * hours_in(study.start + t) / 1e6 * self.worth(t)
