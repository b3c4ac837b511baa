"""Ways to come by a hall beside own build and colocation: an existing building refitted, a powered shell leased.

Neither has a published cost that could stand for a planner's own building, so every figure that a plan would pay has
no default here: a study with such candidates that leaves one blank is refused with the list of all blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Unit, YearlyChange, YearlyShare, Years

Tenure = Literal["own", "retrofit", "powered_shell", "colocation"]
TENURES: tuple[Tenure, ...] = ("own", "retrofit", "powered_shell", "colocation")
"""How a campus may be held."""
BUILT: tuple[Tenure, ...] = ("own", "retrofit", "powered_shell")
"""Tenures in which the planner builds or fits out halls and waits for grid power with a ramp of its own."""


class Retrofit(Strict):
    """An existing building that the planner buys and refits. Halls come in whole modules from the first one on."""

    construction_quarters: Annotated[int, Field(ge=0, le=80)] | None = None
    """From signing to the first hall."""
    cost_musd_per_it_mw: Annotated[float, Field(gt=0), Unit("MUSD/MW")] | None = None
    """Refit of one critical IT MW, paid evenly over the quarters of construction; grows with halls.escalator."""
    purchase_musd: Annotated[float, Field(ge=0), Unit("MUSD")] | None = None
    """Building and its land, paid at signing; grows with halls.escalator."""
    connection_musd: Annotated[float, Field(ge=0), Unit("MUSD")] | None = None
    """Work on the grid connection, paid at signing in place of a line and a substation."""
    om_usd_per_it_kw_year: Annotated[float, Field(ge=0), Unit("USD/kW/y")] = 0.0
    """Operation, staff and upkeep of standing halls; 0 unless stated, as with own halls."""
    life_years: Years = 20.0
    """Straight line life of building, connection and refit for their value at the horizon (assumption, as halls)."""

    def blanks(self) -> list[str]:
        """Fields that a candidate of this tenure needs and that are not stated."""
        needed = ("construction_quarters", "cost_musd_per_it_mw", "purchase_musd", "connection_musd")
        return [name for name in needed if getattr(self, name) is None]


class PoweredShell(Strict):
    """A building with power that is leased bare; the tenant fits it out. Power is paid by the tenant."""

    construction_quarters: Annotated[int, Field(ge=0, le=80)] | None = None
    """From signing to the first hall."""
    rent_usd_per_kw_month: Annotated[float, Field(gt=0), Unit("USD/kW/month")] | None = None
    """Rent of the bare shell per critical IT kW, due from the live quarter of a hall. A rent in the file of
    candidates wins."""
    shell_cost_musd_per_it_mw: Annotated[float, Field(gt=0), Unit("MUSD/MW")] | None = None
    """Or what the shell cost its owner ..."""
    yield_share_per_year: YearlyShare | None = None
    """... and the yearly yield the owner takes on it: the rent is their product."""
    term_years: Annotated[int, Field(ge=1, le=50)] | None = None
    """Take-or-pay term of each hall from its live quarter. Rent after the horizon counts in full."""
    escalator: YearlyChange = 0.0
    """Yearly step of the rent from the live quarter."""
    fitout_musd_per_it_mw: Annotated[float, Field(ge=0), Unit("MUSD/MW")] | None = None
    """What the tenant builds into one critical IT MW, paid evenly over the quarters of construction; grows with
    halls.escalator and loses its value on a straight line over the term."""
    om_usd_per_it_kw_year: Annotated[float, Field(ge=0), Unit("USD/kW/y")] = 0.0
    """Operation, staff and upkeep of standing halls; 0 unless stated, as with own halls."""

    def rules(self) -> tuple[Rule, ...]:
        return self._pair, self._one_rent

    def _pair(self) -> Iterator[Clash]:
        if (self.shell_cost_musd_per_it_mw is None) != (self.yield_share_per_year is None):
            missing = "yield_share_per_year" if self.yield_share_per_year is None else "shell_cost_musd_per_it_mw"
            yield Clash(missing, "nothing", "shell_cost_musd_per_it_mw and yield_share_per_year together")

    def _one_rent(self) -> Iterator[Clash]:
        if self.rent_usd_per_kw_month is not None and self.shell_cost_musd_per_it_mw is not None:
            yield Clash("", "both", "exactly one of rent_usd_per_kw_month and shell_cost_musd_per_it_mw with its yield")

    def blanks(self) -> list[str]:
        """Fields that a candidate of this tenure needs and that are not stated; the rent apart, which may stand in
        the file of candidates."""
        needed = ("construction_quarters", "term_years", "fitout_musd_per_it_mw")
        return [name for name in needed if getattr(self, name) is None]
