"""Halls, connections, accelerators, leases and training clusters: what a plan is made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from siting.study.compute import Allocation, Split, allotted
from siting.study.cooling import HallClass, Holds, class_clashes
from siting.study.residual import Curve, ResidualPoint, curve_clashes
from siting.study.strict import Clash, Rule, Strict
from siting.units import Quarter, Share, Unit, YearlyChange, YearlyShare, Years, quarter_label

Part = Literal["accelerator", "server", "network", "storage"]


class Halls(Strict):
    """Critical IT space of an own campus, after a first phase: built in whole modules, or as whole shells that are
    fitted out megawatt by megawatt."""

    module_it_mw: Annotated[float, Field(gt=0), Unit("MW")] = 10.0
    """Smallest step in which critical IT is built."""
    first_phase_it_mw: Annotated[float, Field(gt=0), Unit("MW")] = 30.0
    """Least critical IT of an own campus in its first quarter."""
    shell_it_mw: Annotated[float, Field(gt=0), Unit("MW")] | None = None
    """Critical IT that one shell of an own campus can hold, in whole modules. With it, own campuses are built as whole
    shells, as many as the final MW carry, and fitted out by any amount of critical IT up to the shells that stand: no
    step of a module, and a first phase to the megawatt. Halls of other tenures stay in whole modules. None: halls in
    whole modules, shell and fit-out at once. Not beside halls.classes and rules.existing."""
    shell_share: Annotated[float, Field(gt=0, le=1), Unit("%", 0.01)] | None = None
    """Share of the construction cost of an own campus that is its shells, stated with shell_it_mw. A shell is paid
    evenly over the construction quarters before it stands, its fit-out over those before it is live, at once or later;
    each keeps value from its own quarter on. No default: no table tells the two apart."""
    cooling: str = "liquid"
    """Class of the PUE table; its climate tilt makes annual mean and peak PUE per candidate."""
    construction_quarters: Annotated[int, Field(ge=0, le=80)] = 5
    """From signing to the first hall (first AI campuses of 2024-25 took 13 months: costs.csv)."""
    cost_level: Literal["low", "mid", "high"] = "mid"
    """Column of the construction table; a listed market's own row is used within `market_radius_km` of it."""
    market_radius_km: Annotated[float, Field(ge=0), Unit("km")] = 80.0
    """How near a listed market a candidate takes that market's construction cost."""
    cost_musd_per_it_mw: Annotated[float, Field(gt=0), Unit("MUSD/MW")] | None = None
    """The study's own construction cost for all candidates; None: the table."""
    escalator: YearlyChange = 0.0
    """Yearly growth of construction, connection and land cost from the study's start."""
    om_usd_per_it_kw_year: Annotated[float, Field(ge=0), Unit("USD/kW/y")] = 0.0
    """Operation, staff and upkeep of standing halls. Not known publicly; 0 unless stated, and printed so."""
    life_years: Years = 20.0
    """Straight line life of halls and connection for their value at the horizon (assumption)."""
    classes: tuple[HallClass, ...] = ()
    """At most one second cooling class. Empty: halls are of one class and hold every accelerator, whatever cools it."""

    def rules(self) -> tuple[Rule, ...]:
        return self._classes, self._shells

    def _classes(self) -> Iterator[Clash]:
        yield from class_clashes(self)

    def _shells(self) -> Iterator[Clash]:
        if (self.shell_it_mw is None) != (self.shell_share is None):
            blank = "shell_share" if self.shell_share is None else "shell_it_mw"
            yield Clash(blank, "nothing", "both the size of a shell and its share of the cost, or neither")
        elif self.shell_it_mw is not None:
            modules = self.shell_it_mw / self.module_it_mw
            if modules < 1.0 - 1e-9 or abs(modules - round(modules)) > 1e-9:
                expected = f"whole modules of {self.module_it_mw:g} MW"
                yield Clash("shell_it_mw", f"{self.shell_it_mw:g} MW", expected)


class Colocation(Strict):
    """Terms of wholesale colocation, for market candidates and the planner's own. Power is passed through."""

    rent_level: Literal["low", "mid", "high"] = "mid"
    """Which end of the published asking range is used; mid is the mean of low and high."""
    term_years: Annotated[int, Field(ge=1, le=30)] = 10
    """Take-or-pay term of each hall from its hand-over. Rent after the horizon counts in full."""
    escalator: YearlyChange = 0.03
    """Yearly step of the rent from hand-over (3 %/y: costs.csv, rittenhouse)."""


class Connection(Strict):
    """What opening an own campus costs besides its halls. Shares no item with the construction row."""

    line_km: Annotated[float, Field(ge=0), Unit("km")] = 2.0
    """Length of the line from the substation to the campus (assumption)."""
    line_musd_per_km: Annotated[float, Field(ge=0), Unit("MUSD/km")] = 1.43
    """230 kV, 400 MW class: middle of 0.97-1.89 (connection_costs.csv)."""
    substation_musd: Annotated[float, Field(ge=0), Unit("MUSD")] = 11.63
    """New 230 kV substation: middle of 5.73-17.53 (connection_costs.csv)."""
    land_acres: Annotated[float, Field(ge=0), Unit("acre")] = 224.0
    """Average data-centre parcel (connection_costs.csv)."""
    land_usd_per_acre: Annotated[float, Field(ge=0), Unit("USD/acre")] = 244_000.0
    """US average of data-centre land (connection_costs.csv); returns at cost at the horizon."""
    deposit_musd: Annotated[float, Field(ge=0), Unit("MUSD")] = 0.0
    """Paid at signing, returned at the horizon."""


class DatedPrice(Strict):
    """A price from an order date on."""

    order_from: Quarter
    """First quarter of order at this price; it holds until the next one."""
    price_usd: Annotated[float, Field(gt=0), Unit("USD")]
    """Per accelerator, with the parts named in `price_includes`, in money of that quarter: no escalator on top."""


class Accelerator(Strict):
    """An accelerator the plan may buy; what is None comes from the catalogue on the study's date."""

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Name in the catalogue, or a new one with every figure below stated."""
    price_usd: Annotated[float, Field(gt=0), Unit("USD")] | None = None
    """Per accelerator, with the parts named in `price_includes`, before sales tax."""
    price_includes: tuple[Part, ...] | None = None
    """Parts within the price; with price_usd it must be stated."""
    prices: tuple[DatedPrice, ...] = ()
    """Prices by order quarter; before the first of them price_usd with `purchase.price_escalator`."""
    network_usd: Annotated[float, Field(ge=0), Unit("USD")] | None = None
    """Network share per accelerator; refused when the price includes it already."""
    storage_usd: Annotated[float, Field(ge=0), Unit("USD")] | None = None
    """Storage share per accelerator; refused when the price includes it already."""
    it_kw: Annotated[float, Field(gt=0), Unit("kW")] | None = None
    """Critical IT power per accelerator with its share of network and storage."""
    cooling: Holds | Literal["any"] | None = None
    """What cools it, where halls are of two classes (`halls.classes`). None: the catalogue's."""
    h100e_bf16: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Dense BF16 throughput over that of an H100 SXM."""
    h100e_8bit: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """The same of dense 8-bit throughput; where compute_basis is 8bit."""
    pod_accelerators: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Smallest block bought and powered together."""
    available: Quarter | None = None
    """First quarter of delivery."""
    lead_quarters: Annotated[int, Field(ge=0, le=80)] = 1
    """From order to delivery."""
    supply_per_quarter: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    """Most accelerators the vendor delivers to this buyer in a quarter. None: no cap."""
    allocation: tuple[Allocation, ...] = ()
    """The same quarter by quarter; a quarter that is not named brings none. Empty: `supply_per_quarter`."""
    life_years: Annotated[float, Field(ge=0.25, le=100)] | None = None
    """Years from delivery after which it is gone: no capacity, power, upkeep, tax or value; others may be bought in its
    place. None: it stands to the horizon."""
    inference_h100e: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """H100e of inference that one accelerator serves at full use: serving is bound by memory, not by dense
    arithmetic. None: its H100e."""
    residual: Curve | None = None
    """Curve of its value by age at the horizon. None, and no `residual_points`: that of all, `purchase.residual`."""
    residual_points: tuple[ResidualPoint, ...] = ()
    """Its own curve in place of one by name, from age 0 on: linear between points; beyond the last the yearly ratio of
    the last step goes on. Age and discount as `purchase` says."""

    def rules(self) -> tuple[Rule, ...]:
        return self._supply, self._life, self._price_path, self._residual

    def _residual(self) -> Iterator[Clash]:
        yield from curve_clashes(self.residual, self.residual_points)

    def _life(self) -> Iterator[Clash]:
        if self.life_years is not None and abs(4.0 * self.life_years - round(4.0 * self.life_years)) > 1e-9:
            yield Clash("life_years", f"{self.life_years:g}", "whole quarters: a multiple of 0.25 years")

    def _supply(self) -> Iterator[Clash]:
        yield from allotted(self.allocation, self.supply_per_quarter)

    def _price_path(self) -> Iterator[Clash]:
        if self.prices and self.price_usd is None:
            yield Clash("price_usd", "nothing", "the price before the first of `prices`")
        for n, (one, next_one) in enumerate(pairwise(self.prices), start=1):
            if next_one.order_from <= one.order_from:
                after = f"a quarter after {quarter_label(one.order_from)}"
                yield Clash(f"prices[{n}].order_from", quarter_label(next_one.order_from), after)


class Purchase(Strict):
    """How accelerators are paid, kept and taxed."""

    order_share: Share = 0.25
    """Paid at order; the rest at delivery."""
    price_escalator: YearlyChange = 0.0
    """Yearly change of accelerator prices from the study's start (by order date)."""
    om_share: YearlyShare = 0.03
    """Yearly operation and maintenance as a share of the price (lease_versus_buy.md)."""
    residual: Curve = "low"
    """Curve of value by age at the horizon, for accelerators that state none; never a source of funding."""
    residual_age: Literal["delivery", "generation"] = "delivery"
    """Age by which the curve is read. generation: years since the type was first delivered to anyone (catalogue, else
    `available`), however new the single accelerator; of the price paid or today's, whichever is lower."""
    bulk_discount: Share = 0.0
    """Taken off the curve: a whole fleet sold at once brings less than its list price."""


class Operation(Strict):
    """From installed to useful."""

    availability: Share = 0.95
    """Share of time an accelerator is usable."""
    peak_utilisation: Share = 0.8
    """Share of an available accelerator that serves at the inference peak."""
    billed_share_on_demand: Share = 1.0
    """Share of hours billed by on-demand leases; take-or-pay bills all."""


class PublicLeases(Strict):
    """Dated public offers: per provider, region, accelerator, term and kind the newest not later than the study."""

    kinds: tuple[Literal["on_demand", "reserved", "spot", "capacity_block"], ...] = ("reserved",)
    """Kinds admitted."""
    accelerators: tuple[str, ...] = ()
    """Accelerators admitted. Empty: all of the study's."""


class LeaseContract(Strict):
    """A lease written in the study: a bilateral offer, or a contract that exists."""

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Name in tables and reports."""
    accelerator: str
    """One of the study's accelerators."""
    gpus: Annotated[int, Field(ge=1, le=1_000_000_000)]
    """Existing: GPUs under contract. Bilateral: most that can be leased."""
    min_gpus: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Least that can be leased; None: all or nothing (= gpus)."""
    usd_per_gpu_h: Annotated[float, Field(ge=0), Unit("USD/GPU/h")] | None = None
    """Price; take-or-pay for all hours."""
    total_musd: Annotated[float, Field(gt=0), Unit("MUSD")] | None = None
    """Price of the whole contract for `gpus` over the term, paid evenly by quarter. One of the two."""
    term_quarters: Annotated[int, Field(ge=1, le=120)] | None = None
    """Term of a bilateral offer."""
    deliver_from: Quarter | None = None
    """First quarter in which a bilateral contract may start."""
    start_until: Quarter | None = None
    """Last quarter in which it may start. None: the horizon's end."""
    ends: Quarter | None = None
    """Last quarter of an existing contract."""
    prepay: Share = 0.0
    """Share of the contract paid in its first quarter."""
    single_fabric_gpus: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    """GPUs on one fabric: a training cluster up to this size can stand on it."""
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Degrees WGS 84."""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Place; blank gives no inference arcs."""
    region: str = ""
    """Lease region: contracts and offers of one name (public ones: provider and region, `AWS us-east-1`) or of one
    place are lost together (`inference.survive_share`). Empty: by the place alone."""
    note: str = ""
    """Source, or the word assumed."""

    def rules(self) -> tuple[Rule, ...]:
        return self._price, self._place, self._least, self._window

    def _price(self) -> Iterator[Clash]:
        yield from one_of(usd_per_gpu_h=self.usd_per_gpu_h, total_musd=self.total_musd)

    def _place(self) -> Iterator[Clash]:
        if (self.lat is None) != (self.lon is None):
            yield Clash("lat" if self.lat is None else "lon", "nothing", "both lat and lon, or neither")

    def _least(self) -> Iterator[Clash]:
        if self.min_gpus is not None and self.min_gpus > self.gpus:
            yield Clash("min_gpus", f"{self.min_gpus}", f"at most gpus, {self.gpus}")

    def _window(self) -> Iterator[Clash]:
        first, last = self.deliver_from, self.start_until
        if first is not None and last is not None and last < first:
            yield Clash("start_until", quarter_label(last), f"deliver_from, {quarter_label(first)}, or later")


class Leases(Strict):
    """Accelerators rented from others."""

    public: PublicLeases | None = None
    """Admit dated public offers; a blank maximum means 1,024 GPUs (an assumption, labelled)."""
    existing: tuple[LeaseContract, ...] = ()
    """Contracts that run at the start: paid and usable until they end."""
    bilateral: tuple[LeaseContract, ...] = ()
    """Offers made to this planner."""
    price_escalator: YearlyChange = 0.0
    """Yearly change of the prices of public and bilateral offers by the quarter in which a contract starts; a contract
    keeps its price over its term."""
    value_after_horizon_usd_per_gpu_h: Annotated[float, Field(ge=0), Unit("USD/GPU/h")] = 0.0
    """Credit for leased capacity that outlives the horizon; its payments count in full."""

    def rules(self) -> tuple[Rule, ...]:
        return self._existing, self._bilateral, self._names

    def _existing(self) -> Iterator[Clash]:
        for n, lease in enumerate(self.existing):
            if getattr(lease, "ends", 0) is None:
                yield Clash(f"existing[{n}].ends", "nothing", "the last quarter of an existing contract")
            if getattr(lease, "total_musd", None) is not None:
                yield Clash(f"existing[{n}].total_musd", f"{lease.total_musd:g} MUSD", "usd_per_gpu_h instead")

    def _bilateral(self) -> Iterator[Clash]:
        for n, lease in enumerate(self.bilateral):
            if getattr(lease, "term_quarters", 0) is None:
                yield Clash(f"bilateral[{n}].term_quarters", "nothing", "the term of the offer")
            if getattr(lease, "deliver_from", 0) is None:
                yield Clash(f"bilateral[{n}].deliver_from", "nothing", "the first quarter in which it may start")

    def _names(self) -> Iterator[Clash]:
        named = [(f"existing[{n}]", lease) for n, lease in enumerate(self.existing)]
        named += [(f"bilateral[{n}]", lease) for n, lease in enumerate(self.bilateral)]
        yield from repeated_names((key, getattr(lease, "name", "")) for key, lease in named)


class Cluster(Strict):
    """A training cluster on one fabric: one own campus, one colocation campus, or one lease that holds it whole."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^;]*[^;\s][^;]*$")]
    """Name in tables and reports; several stand in one cell with ; between them, so none has one."""
    gpus: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Accelerators of one of the named types."""
    accelerators: tuple[str, ...] = ()
    """Types it may stand on; empty: all of the study's (only with a size in H100e)."""
    h100e_bf16: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Or so many H100-equivalents by dense BF16, of one type."""
    h100e_8bit: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Or so many by dense 8-bit arithmetic, where compute_basis is 8bit."""
    split: Split | None = None
    """It may stand on two campuses near one another instead of one. None: on one."""
    by: Quarter
    """It runs from this quarter on."""
    until: Quarter | None = None
    """Last quarter it is needed. None: to the horizon."""

    @property
    def h100e(self) -> float | None:
        """Its size by the study's basis; None where it counts accelerators."""
        return self.h100e_bf16 if self.h100e_bf16 is not None else self.h100e_8bit

    def rules(self) -> tuple[Rule, ...]:
        return self._size, self._types, self._span

    def _size(self) -> Iterator[Clash]:
        yield from one_of(gpus=self.gpus, h100e_bf16=self.h100e_bf16, h100e_8bit=self.h100e_8bit)

    def _types(self) -> Iterator[Clash]:
        if self.gpus is not None and not self.accelerators:
            yield Clash("accelerators", "nothing", "the types that `gpus` counts: a count means nothing without them")

    def _span(self) -> Iterator[Clash]:
        if self.until is not None and self.until < self.by:
            yield Clash("until", quarter_label(self.until), f"`by`, {quarter_label(self.by)}, or later")


def one_of(**values: object) -> Iterator[Clash]:
    """Exactly one of some fields is due."""
    stated = [name for name, value in values.items() if value is not None]
    if len(stated) != 1:
        *names, last = values
        found = " and ".join(stated) if stated else "none of them"
        yield Clash("", found, f"exactly one of {', '.join(names)} and {last}")


def repeated_names(named: Iterable[tuple[str, str]]) -> Iterator[Clash]:
    """Names that say the same to a reader: spaces around, case and the spelling of accents do not count."""
    first: dict[str, str] = {}
    for key, name in named:
        folded = unicodedata.normalize("NFC", name.strip()).casefold()
        if folded and folded in first:
            yield Clash(f"{key}.name", repr(name), f"a name of its own: {first[folded]} has it")
        first.setdefault(folded, key)
