"""Power units on the campus: engines, turbines, fuel cells, solar and batteries in whole units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.states import State
from siting.study.strict import Clash, Rule, Strict
from siting.units import Share, Unit, YearlyChange, Years

Usd = Annotated[float, Field(ge=0)]


class OnsiteUnit(Strict):
    """A kind of unit that own campuses may set up behind the meter. What is None comes from the row `unit` of the
    table of on-site units; what is blank there too is refused. MW are at the meter, net of the unit's own use.
    """

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """How the plan calls it."""
    unit: str = ""
    """Row of the table of on-site units. Empty: every figure below is stated."""
    kind: Literal["generator", "solar", "battery"] | None = None
    """generator: energy and firm MW. solar: energy only. battery: firm MW for curtailed hours of a curtailable
    connection only, so much as lasts through the longest one, no energy. None: by `unit`, else generator."""
    fuel: Literal["gas", "none"] = "gas"
    """What a generator burns. Solar and batteries burn nothing."""
    unit_utility_mw: Annotated[float, Field(gt=0), Unit("MW")] | None = None
    """Net MW at the meter of one unit."""
    capex_usd_per_kw: Annotated[Usd, Unit("USD/kW")] | None = None
    """Paid in full at order, `lead_quarters` before delivery. Not for rented units."""
    capex_by_state: bool = False
    """Multiply by what this kind of unit costs in the state against the country (table onsite_location)."""
    battery_hours: Annotated[float, Field(gt=0), Unit("hour")] | None = None
    """Hours at full MW; needed when the cost of a battery comes from the table, where it has two parts, and beside a
    curtailable connection."""
    rent_usd_per_kw_month: Annotated[Usd, Unit("USD/kW/month")] | None = None
    """A rented unit: no capex, so much for each quarter in which it stands."""
    lead_quarters: Annotated[int, Field(ge=0, le=80)] | None = None
    """From order to delivery. From the table: the middle of its months, rounded up to quarters."""
    heat_rate_mmbtu_per_mwh: Annotated[float, Field(gt=0), Unit("MMBtu/MWh")] | None = None
    """Fuel by higher heating value."""
    fixed_om_usd_per_kw_year: Annotated[Usd, Unit("USD/kW/y")] | None = None
    """For each quarter in which a unit stands."""
    var_om_usd_per_mwh: Annotated[Usd, Unit("USD/MWh")] | None = None
    """For each MWh generated."""
    co2_kg_per_mmbtu: Annotated[float, Field(ge=0), Unit("kg/MMBtu")] | None = None
    """Carbon of the fuel."""
    availability: Share | None = None
    """Share of the hours in which a generator can run; bounds energy. No table has it."""
    capacity_factor: Share | None = None
    """Mean over peak output of solar. No table has it."""
    gas_usd_per_mmbtu: Annotated[Usd, Unit("USD/MMBtu")] | None = None
    """None: what power plants of the campus's state paid, newest month not later than the study's day."""
    gas_adder_usd_per_mmbtu: Annotated[float, Unit("USD/MMBtu")] = 0.0
    """Added to the price: transport, small volumes, a firm contract."""
    gas_escalator: YearlyChange = 0.0
    """Yearly growth of price and adder from the study's start."""
    max_units_per_site: Annotated[int, Field(ge=1, le=10_000)]
    """Permit cap: so many are ever set up at one campus."""
    reserve_units: Annotated[int, Field(ge=0, le=1000)] = 0
    """So many standing units count nothing for firm MW: 1 is N+1. A campus has none, or at least these."""
    candidates: tuple[str, ...] = ()
    """Ids of the campuses where it may stand. Empty with `states` empty: every campus but colocation."""
    states: tuple[State, ...] = ()
    """States where it may stand, beside `candidates`."""
    role: Literal["permanent", "bridge"] = "permanent"
    """permanent: stays to the horizon. bridge: may leave, and has left so many quarters after energization."""
    leave_after_grid_quarters: Annotated[int, Field(ge=0, le=80)] | None = None
    """Bridge: none stands from so many quarters after the quarter in which the first grid power flows."""
    resale_share: Share = 0.0
    """Bridge: share of capex paid back in the quarter in which a unit has left; a credit for those that still stand at
    the horizon."""
    life_years: Years = 20.0
    """Straight line life of a permanent unit for its value at the horizon (assumption)."""
    note: str = ""
    """Source."""

    def rules(self) -> tuple[Rule, ...]:
        return self._bought_or_rented, self._bridge, self._reserve, self._no_fuel, self._located, self._runs

    def _runs(self) -> Iterator[Clash]:
        for key in ("availability", "capacity_factor"):
            if getattr(self, key) == 0:
                yield Clash(key, "0 %", "above 0 %: a unit that never runs")

    def _bought_or_rented(self) -> Iterator[Clash]:
        if self.rent_usd_per_kw_month is None:
            return
        if self.capex_usd_per_kw is not None:
            yield Clash("capex_usd_per_kw", "a price beside a rent", "one of the two: a rented unit has no capex")
        if self.resale_share:
            yield Clash("resale_share", f"{self.resale_share:.0%}", "nothing: a rented unit is not sold")

    def _bridge(self) -> Iterator[Clash]:
        after = self.leave_after_grid_quarters
        if self.role == "bridge" and after is None:
            yield Clash("leave_after_grid_quarters", "nothing", "a whole number: when a bridge has left")
        if self.role == "permanent" and after is not None:
            yield Clash("leave_after_grid_quarters", f"{after}", 'nothing, or role = "bridge": permanent units stay')
        if self.role == "permanent" and self.resale_share:
            yield Clash("resale_share", f"{self.resale_share:.0%}", 'nothing, or role = "bridge"')

    def _reserve(self) -> Iterator[Clash]:
        if self.reserve_units >= self.max_units_per_site:
            found = f"{self.reserve_units}"
            yield Clash("reserve_units", found, f"fewer than max_units_per_site, {self.max_units_per_site}")

    def _no_fuel(self) -> Iterator[Clash]:
        if self.fuel == "none":
            for key in ("heat_rate_mmbtu_per_mwh", "gas_usd_per_mmbtu", "co2_kg_per_mmbtu"):
                if self.kind not in ("solar", "battery") and getattr(self, key) is not None:
                    yield Clash(key, f"{getattr(self, key):g}", 'nothing, or fuel = "gas"')
        if self.kind not in ("solar", "battery"):
            return
        if self.reserve_units:
            yield Clash("reserve_units", f"{self.reserve_units}", f"0: {self.kind} is never firm MW for all hours")
        for key in ("heat_rate_mmbtu_per_mwh", "gas_usd_per_mmbtu", "availability"):
            if getattr(self, key) is not None:
                yield Clash(key, f"{getattr(self, key):g}", f"nothing: {self.kind} burns no gas")

    def _located(self) -> Iterator[Clash]:
        if self.capex_by_state and not self.unit:
            yield Clash("capex_by_state", "true", "`unit`: the multiplier goes by the kind of a row of the table")
