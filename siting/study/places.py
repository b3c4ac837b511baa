"""Candidates, layers, power and latency: the geographic half of a study."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from siting.study.assets import one_of
from siting.study.compute import Intercontinental
from siting.study.curtailable import Curtailable
from siting.study.states import Interconnect, State, Where
from siting.study.strict import Clash, Rule, Strict
from siting.study.supply import LargeLoad, PowerContract, contract_names
from siting.units import Quarter, Share, Unit, YearlyChange


class Box(Strict):
    """A rectangle of latitude and longitude, degrees WGS 84."""

    south: Annotated[float, Field(ge=-90, le=90)]
    """Least latitude."""
    north: Annotated[float, Field(ge=-90, le=90)]
    """Largest latitude."""
    west: Annotated[float, Field(ge=-180, le=180)]
    """Least longitude."""
    east: Annotated[float, Field(ge=-180, le=180)]
    """Largest longitude."""

    def rules(self) -> tuple[Rule, ...]:
        return self._south_of_north, self._west_of_east

    def _south_of_north(self) -> Iterator[Clash]:
        if self.south >= self.north:
            yield Clash("south", f"{self.south}", f"less than north, {self.north} (degrees)")

    def _west_of_east(self) -> Iterator[Clash]:
        if self.west >= self.east:
            yield Clash("west", f"{self.west}", f"less than east, {self.east} (degrees)")


class GridCandidates(Strict):
    """Substations of the synthetic grid as candidates for an own campus."""

    states: tuple[State, ...] = ()
    """Two-letter states to keep. Empty: all."""
    exclude_states: tuple[State, ...] = ()
    """Two-letter states to leave out, e.g. one whose power price is blank in the catalogue."""
    interconnects: tuple[Interconnect, ...] = ()
    """Interconnections to keep. Empty: all."""
    boxes: tuple[Box, ...] = ()
    """Keep substations inside any of these boxes. Empty: no box filter."""
    min_utility_mw: Annotated[float, Field(ge=0), Unit("MW")] = 30.0
    """Least hosting capacity at the meter that a candidate must have."""


class FileCandidates(Strict):
    """The planner's own candidates, CSV or GeoJSON, beside the study."""

    path: str
    """File, relative to the study."""
    nearest_bus_within_km: Annotated[float, Field(gt=0), Unit("km")] = 25.0
    """A candidate farther than this from every substation is marked "grid not checked"."""


class ColocationCandidates(Strict):
    """Wholesale colocation halls in the markets of the rent table. How many MW are free is the planner's to state."""

    markets: tuple[str, ...] = ()
    """Markets of the rent table. Empty: all that have a rent and a place on the study's date."""
    available_it_mw: Annotated[float, Field(gt=0), Unit("MW")]
    """Critical IT MW that one market offers to one tenant (no public table has it: state it)."""
    ready: Quarter
    """First quarter in which a hall can be handed over."""


class Candidates(Strict):
    """Where a campus may stand. At least one of grid, file, colocation."""

    grid: GridCandidates | None = None
    """Substations of the shipped synthetic grid."""
    file: FileCandidates | None = None
    """The planner's own places."""
    colocation: ColocationCandidates | None = None
    """Wholesale colocation by market."""
    hosting: Literal["n1", "n0"] = "n1"
    """Which hosting column caps a grid candidate: with (n1) or without (n0) the loss of one line."""
    largest_campus_utility_mw: Annotated[float, Field(gt=0), Unit("MW")] = 500.0
    """No campus contracts more than this at the meter."""
    committed_utility_mw_by_substation: dict[str, Annotated[float, Field(ge=0), Unit("MW")]] = Field(
        default_factory=dict
    )
    """MW at the meter that others already hold, by substation id. Absent: unknown, taken as 0 and printed so."""
    committed_utility_mw_by_county: dict[str, Annotated[float, Field(ge=0), Unit("MW")]] = Field(default_factory=dict)
    """The same by county FIPS: taken off every substation of the county."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._something,)

    def _something(self) -> Iterator[Clash]:
        if self.grid is None and self.file is None and self.colocation is None:
            yield Clash("", "none", "at least one of candidates.grid, candidates.file, candidates.colocation")


class Layer(Strict):
    """A vector file that excludes candidates, requires nearness, or adds a cost to opening."""

    path: str
    """Vector file in any CRS, relative to the study. A file without CRS is refused."""
    rule: Literal["exclude", "require", "add_cost"]
    """exclude: not within `within_km` of any feature; require: within; add_cost: `cost_musd` where within."""
    within_km: Annotated[float, Field(ge=0), Unit("km")] = 0.0
    """Distance to the nearest feature; 0 means inside it."""
    cost_musd: Annotated[float, Field(ge=0), Unit("MUSD")] | None = None
    """Added once to opening a campus (only with add_cost)."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._cost,)

    def _cost(self) -> Iterator[Clash]:
        if (self.rule == "add_cost") != (self.cost_musd is not None):
            found = "nothing" if self.cost_musd is None else f"{self.cost_musd:g} MUSD"
            yield Clash("cost_musd", found, "a cost exactly when rule is add_cost")


class TimeToPower(Strict):
    """Quarters from the study's start to grid power, a labelled assumption: no public table gives it for loads."""

    where: tuple[Where, ...] = ()
    """States or interconnections this row speaks of. Empty: everywhere else (must be the last row)."""
    low_quarters: Annotated[int, Field(ge=0, le=400)]
    """If all goes well."""
    mid_quarters: Annotated[int, Field(ge=0, le=400)]
    """As a rule."""
    high_quarters: Annotated[int, Field(ge=0, le=400)]
    """If it goes badly."""
    note: str
    """Why these numbers: source, or the word assumption."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._ordered,)

    def _ordered(self) -> Iterator[Clash]:
        low, mid, high = self.low_quarters, self.mid_quarters, self.high_quarters
        if not low <= mid <= high:
            yield Clash("", f"{low}, {mid}, {high}", "low_quarters <= mid_quarters <= high_quarters")


class RampStep(Strict):
    """From so many quarters after energization, so much grid power: a share of the final MW or MW at the meter."""

    after_quarters: Annotated[int, Field(ge=0, le=400)]
    """Quarters after energization."""
    share: Share | None = None
    """Share of the final MW; this or the next."""
    utility_mw: Annotated[float, Field(ge=0), Unit("MW")] | None = None
    """MW at the meter."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._one,)

    def _one(self) -> Iterator[Clash]:
        if (self.share is None) == (self.utility_mw is None):
            found = "neither" if self.share is None else "both"
            yield Clash("", found, "exactly one of share and utility_mw")


class Power(Strict):
    """Grid power: when it flows, how it ramps, what it costs."""

    time_to_power: tuple[TimeToPower, ...]
    """First row that matches a candidate's state or interconnection counts. Never taken from generator queues."""
    case: Literal["low", "mid", "high"] = "mid"
    """Which column of the table this study uses."""
    ramp: tuple[RampStep, ...] = (RampStep.model_validate({"after_quarters": 0, "share": "100 %"}),)
    """Energized MW after energization, by steps; never above the site's final MW. Default: all at once."""
    price_column: Literal["industrial", "commercial", "energy_only"] = "industrial"
    """Which average revenue of the power price table is billed (it holds demand charges already); energy_only: none,
    but `usd_per_mwh` here or in a row of the planner's file."""
    usd_per_mwh: Annotated[float, Field(gt=0), Unit("USD/MWh")] | None = None
    """Price of energy alone, where price_column is energy_only."""
    demand_charge_usd_per_kw_month: Annotated[float, Field(ge=0), Unit("USD/kW/month")] = 0.0
    """Paid for the largest draw from the grid of each quarter, beside a price of energy alone. Grows with it."""
    curtailable: Curtailable | None = None
    """What own campuses may sign in place of a firm connection. None: all are firm."""
    large_load: LargeLoad | None = None
    """Minimum take, collateral and term of own, refitted and powered-shell sites. None: none is asked."""
    price_adder_usd_per_mwh: Annotated[float, Unit("USD/MWh")] = 0.0
    """Added to every price, e.g. a premium for large loads."""
    escalator: YearlyChange = 0.0
    """Yearly growth of the power price from the study's start."""
    load_factor: Share = 0.8
    """Mean over peak draw of running accelerators; bills energy, never sizes power (0.8: lease_versus_buy.md)."""
    contracts: tuple[PowerContract, ...] = ()
    """Energy bought at another price than the grid's; what no contract gives is bought at that. Empty: all is."""

    def rules(self) -> tuple[Rule, ...]:
        return self._table, self._order, self._steps, self._contracts, self._energy_only

    def _energy_only(self) -> Iterator[Clash]:
        alone = self.price_column == "energy_only"
        if alone != (self.usd_per_mwh is not None):
            found = "nothing" if self.usd_per_mwh is None else f"{self.usd_per_mwh:g} USD/MWh"
            yield Clash("usd_per_mwh", found, "a price of energy exactly when price_column is energy_only")
        if self.demand_charge_usd_per_kw_month and not alone:
            found = f"{self.demand_charge_usd_per_kw_month:g} USD/kW/month"
            expected = f"price_column energy_only: the average revenue {self.price_column} holds demand charges already"
            yield Clash("demand_charge_usd_per_kw_month", found, expected)

    def _contracts(self) -> Iterator[Clash]:
        yield from contract_names(self.contracts)

    def _table(self) -> Iterator[Clash]:
        if not self.time_to_power:
            yield Clash("time_to_power", "nothing", "at least one row")

    def _order(self) -> Iterator[Clash]:
        for n, row in enumerate(self.time_to_power[:-1]):
            if getattr(row, "where", None) == ():
                yield Clash(
                    f"time_to_power[{n}].where", "nothing", "states or interconnections: only the last row is for all"
                )

    def _steps(self) -> Iterator[Clash]:
        steps = [step.after_quarters for step in self.ramp]
        if not steps or steps != sorted(set(steps)):
            yield Clash("ramp", f"after_quarters {steps}", "steps in rising order of after_quarters")
        for key, unit, scale in (("share", "%", 100.0), ("utility_mw", "MW", 1.0)):
            stated = [(n, size) for n, step in enumerate(self.ramp) if (size := getattr(step, key)) is not None]
            for (_, before), (n, size) in pairwise(stated):
                if size < before:
                    least = f"{before * scale:g} {unit} or more, as in the step before: power that flows stays"
                    yield Clash(f"ramp[{n}].{key}", f"{size * scale:g} {unit}", least)


class Inference(Strict):
    """Peak inference demand by metro region and the round trip its users accept."""

    peak_h100e_bf16: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Peak demand of all regions together in the first quarter of service, H100e by dense BF16, split by population."""
    peak_h100e_8bit: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """The same by dense 8-bit arithmetic, where compute_basis is 8bit. One of the two."""
    first_quarter: Quarter
    """First quarter in which the demand must be served."""
    growth: YearlyChange = 0.0
    """Yearly growth of the peak from that quarter on."""
    growth_by_region: dict[str, YearlyChange] = Field(default_factory=dict)
    """The same for single regions, by name (metros as `New York NY`); the others follow `growth`."""
    regions: Annotated[int, Field(ge=1)] = 20
    """So many largest US metros are the demand regions."""
    rtt_target_ms: Annotated[float, Field(gt=0), Unit("ms")]
    """Largest round trip p95."""
    rtt_basis: Literal["backbone", "user"]
    """backbone: between cloud backbones; user: plus the access adder below."""
    access_adder_ms: Annotated[float, Field(ge=0), Unit("ms")] = 10.0
    """Last mile of a user, added when rtt_basis is user."""
    intercontinental: tuple[Intercontinental, ...] = ()
    """Demand on other continents, from places within 300 km of a measured end only."""
    survive_share: Share = 0.0
    """Share of every region's demand that can still be served, re-routed, after the loss of any one campus or any
    one lease region with all contracts that stand in it. What stands by for it runs."""
    transit_usd_per_h100e_h_per_1000km: Annotated[float, Field(ge=0), Unit("USD/h")] = 0.0
    """Carrying service: USD for every H100e of the peak, hour and 1,000 km as the crow flies from a campus or lease to
    the region; the same in every quarter, taxed at home. Above 0, candidates at different distances are kept apart, so
    the model grows with them; the choice of candidates for it (search.candidates_in_model) does not weigh it."""
    single_source: bool = False
    """True: each region is served whole from one campus or lease, which may change from quarter to quarter."""
    rtt_table: str | None = None
    """The planner's own RTT (candidate, region, rtt_ms), relative to the study; it wins over the fitted line."""

    @property
    def peak_h100e(self) -> float:
        """The peak by the study's basis."""
        stated = self.peak_h100e_bf16 if self.peak_h100e_bf16 is not None else self.peak_h100e_8bit
        assert stated is not None
        return stated

    def rules(self) -> tuple[Rule, ...]:
        return self._peak, self._twice

    def _peak(self) -> Iterator[Clash]:
        yield from one_of(peak_h100e_bf16=self.peak_h100e_bf16, peak_h100e_8bit=self.peak_h100e_8bit)

    def _twice(self) -> Iterator[Clash]:
        names = [getattr(entry, "region", "") for entry in self.intercontinental]
        for n, name in enumerate(names):
            if name and name in names[:n]:
                yield Clash(f"intercontinental[{n}].region", repr(name), "every region once")
