"""Energy by contract: index, tariff, power purchase agreement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from siting.study.assets import repeated_names
from siting.study.states import State
from siting.study.strict import Clash, Rule, Strict
from siting.units import Quarter, Share, Unit, YearlyChange, quarter_label

GRID = "grid"
"""What a plan's supply table calls energy that no contract gives."""


def _year(text: str) -> str:
    if not (len(text) == 4 and text.isdecimal() and text.startswith("2")):
        raise ValueError('expected a calendar year such as "2026"')
    return text


Year = Annotated[str, AfterValidator(_year)]
Price = Annotated[float, Field(gt=0), Unit("USD/MWh")]


class PowerContract(Strict):
    """Energy bought at a price of its own. Colocation has none: the landlord buys its power.

    Prices are of energy at the meter; where a contract names energy alone, `delivery_usd_per_mwh` says what wires cost.
    """

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """What a plan's tables call it."""
    kind: Literal["index", "tariff", "ppa"]
    """index: a price path; tariff: another rate schedule; ppa: MW signed once, at a price, for a term."""
    price_usd_per_mwh: Price | None = None
    """Price in the contract's first quarter; `escalator` from there on. Nominal."""
    prices: dict[Year, Price] = Field(default_factory=dict)
    """Price by calendar year, nominal; every year that the contract may serve or bind. An index has this."""
    escalator: YearlyChange = 0.0
    """Yearly growth of `price_usd_per_mwh`."""
    delivery_usd_per_mwh: Annotated[float, Field(ge=0), Unit("USD/MWh")] = 0.0
    """Added for every MWh taken: transmission, distribution, charges that the price leaves out."""
    share_of: Literal["site", "plan"] = "site"
    """Whether the shares are of each covered site's grid energy, or of that of all covered sites together."""
    min_share: Share = 0.0
    """Least share, in every quarter in which the contract runs."""
    max_share: Share = 1.0
    """Largest share, in every quarter."""
    start: Quarter | None = None
    """First quarter of delivery. None: the study's start."""
    term_years: Annotated[int, Field(ge=1, le=40)] | None = None
    """Length. None: to the horizon's end; a ppa states it, and what it binds to take after the horizon is counted."""
    ppa_mw_max: Annotated[float, Field(gt=0), Unit("MW")] | None = None
    """Most MW that may be signed (nameplate of the plant)."""
    capacity_factor: Share = 1.0
    """Mean over nameplate output of the plant: its shape inside a quarter is not looked at."""
    min_take_share: Share = 0.0
    """Share of the MWh of the signed MW that is paid whether taken or not."""
    resale_usd_per_mwh: Annotated[float, Field(ge=0), Unit("USD/MWh")] = 0.0
    """What a MWh that is paid and not taken is sold for, taken off its price."""
    states: tuple[State, ...] = ()
    """Covered are sites in these states. Empty: everywhere."""
    candidates: tuple[str, ...] = ()
    """Covered are these candidates. Empty: all."""

    @property
    def dated(self) -> bool:
        """Whether the price comes by year."""
        return bool(self.prices)

    def rules(self) -> tuple[Rule, ...]:
        return self._name, self._price, self._shares, self._of_ppa, self._resale

    def _name(self) -> Iterator[Clash]:
        if self.name.strip().casefold() == GRID:
            yield Clash("name", repr(self.name), "another name: it stands for what no contract gives")

    def _price(self) -> Iterator[Clash]:
        if self.kind == "index" and not self.prices:
            yield Clash("prices", "nothing", 'the price path of an index, such as { 2025 = "41 USD/MWh" }')
        elif (self.price_usd_per_mwh is None) == (not self.prices):
            found = "neither" if self.price_usd_per_mwh is None else "both"
            yield Clash("price_usd_per_mwh", found, "exactly one of price_usd_per_mwh and prices")
        if self.prices and self.escalator:
            yield Clash("escalator", f"{self.escalator:.2%}/y", "nothing beside prices by year")

    def _shares(self) -> Iterator[Clash]:
        if self.min_share > self.max_share:
            yield Clash("min_share", f"{self.min_share:.0%}", f"at most max_share, {self.max_share:.0%}")

    def _of_ppa(self) -> Iterator[Clash]:
        if self.kind == "ppa":
            for key in ("ppa_mw_max", "term_years"):
                if getattr(self, key) is None:
                    yield Clash(key, "nothing", "stated for a ppa")
            if self.capacity_factor == 0:
                yield Clash("capacity_factor", "0 %", "above 0 %: a plant that never runs")
            return
        for key in ("ppa_mw_max", "capacity_factor", "min_take_share", "resale_usd_per_mwh"):
            if getattr(self, key) != type(self).model_fields[key].default:
                yield Clash(key, f"{getattr(self, key):g}", f"nothing: it belongs to a ppa, this is kind {self.kind!r}")

    def _resale(self) -> Iterator[Clash]:
        lowest = min([self.price_usd_per_mwh or float("inf"), *self.prices.values()])
        if self.resale_usd_per_mwh > lowest:
            found = f"{self.resale_usd_per_mwh:g} USD/MWh"
            yield Clash("resale_usd_per_mwh", found, f"at most the price, {lowest:g} USD/MWh: no business of its own")


class LargeLoad(Strict):
    """What a utility asks of a large load, module by module: contracted are halls that stand, from the later of their
    first quarter and the site's energization on, times the share of the final MW that the ramp has reached. Halls that
    stand at the start are contracted from it on. Accelerators may run for nobody where taking energy costs less than
    owing it.
    """

    minimum_take_share: Share = 0.0
    """Share of the energy of fully running contracted MW that is paid, at the grid's price, whether taken or not."""
    term_years: Annotated[int, Field(ge=1, le=40)]
    """Length of a module's contract; what it binds to take after the horizon counts in full."""
    collateral_musd_per_utility_mw: Annotated[float, Field(ge=0), Unit("MUSD/MW")] = 0.0
    """Deposited at a module's signing for its MW at the meter, given back at the horizon. Neither is counted for halls
    that stand at the start (`rules.existing`): that deposit is made already, whatever is decided."""


def contract_quarters(contract: PowerContract, start: int, end: int) -> range:
    """Ordinals of the quarters in which it runs; beyond `end`, the horizon, only a ppa does. start: the study's."""
    first = start if contract.start is None else int(contract.start)
    if contract.term_years is None:
        return range(first, end)
    last = first + 4 * contract.term_years
    return range(first, last if contract.kind == "ppa" else min(last, end))


def contract_names(contracts: Sequence[PowerContract]) -> Iterator[Clash]:
    """Every name once."""
    yield from repeated_names((f"contracts[{n}]", getattr(one, "name", "")) for n, one in enumerate(contracts))


def contract_dates(contracts: Sequence[PowerContract], start: int, end: int) -> Iterator[Clash]:
    """Starts inside the horizon, a price for every year, and shares that leave room for one another."""
    for n, contract in enumerate(contracts):
        runs = contract_quarters(contract, start, end)
        if not start <= runs.start < end:
            inside = f"a quarter of the horizon, {quarter_label(start)} to {quarter_label(end - 1)}"
            yield Clash(f"contracts[{n}].start", quarter_label(runs.start), inside)
            continue
        missing = sorted({str(q // 4) for q in runs} - set(contract.prices)) if contract.dated else []
        if missing:
            years = f"{min(contract.prices)} to {max(contract.prices)}"
            yield Clash(f"contracts[{n}].prices", years, f"a price for {', '.join(missing)} too")
    least = sum(c.min_share for c in contracts if not (c.states or c.candidates))
    if least > 1.0:
        yield Clash("contracts", f"min_share {least:.0%} together", "at most 100 % over the contracts of every site")
