"""Carbon and water: caps by calendar year, prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Unit, YearlyChange

Year = Annotated[str, Field(pattern=r"^2\d{3}$")]

PRICED = frozenset(["CA", "WA", "CT", "DE", "MA", "MD", "ME", "NH", "NJ", "NY", "RI", "VT"])
"""States whose power price holds a price of carbon already: California, Washington, and the members of RGGI in
2024-25 (rggi.org). The power prices of the catalogue are average revenues, with whatever the generators pay inside."""


class Carbon(Strict):
    """CO2 of the energy of own and colocated campuses, at the average rate of the state's plants. Leases are not
    counted: the provider's. Caps hold for the quarters of the year that lie in the horizon, not in proportion to them.
    """

    cap_t: dict[Year, Annotated[float, Field(ge=0), Unit("t")]] = Field(default_factory=dict)
    """Most tonnes in a calendar year, by year: `{ 2026 = "100000 t" }`."""
    cap_t_per_year: Annotated[float, Field(ge=0), Unit("t")] | None = None
    """Most tonnes in every other calendar year. None: no cap."""
    usd_per_t: Annotated[float, Field(ge=0), Unit("USD/t")] = 0.0
    """Price of a tonne in the study's first quarter, paid beside the price of power."""
    escalator: YearlyChange = 0.0
    """Yearly change of that price."""
    also_where_priced: bool | None = None
    """Whether the price is paid too for energy from the grid of CA, WA and the RGGI states, whose power price holds one
    already. What is burnt on a campus pays it everywhere. No default: stated where `usd_per_t` is."""

    def rules(self) -> tuple[Rule, ...]:
        return (self._twice,)

    @property
    def used(self) -> bool:
        """Whether anything is capped or priced."""
        return bool(self.cap_t) or self.cap_t_per_year is not None or self.usd_per_t > 0

    def _twice(self) -> Iterator[Clash]:
        if self.usd_per_t > 0 and self.also_where_priced is None:
            states = ", ".join(sorted(PRICED))
            yield Clash("also_where_priced", "nothing", f"true or false: the power price of {states} holds one already")


class Water(Strict):
    """Water used by cooling at the campus. No public table gives litres by technology and climate: the study states
    them."""

    wue_l_per_kwh: dict[str, Annotated[float, Field(ge=0, le=20), Unit("l/kWh")]]
    """Litres per kWh of IT energy, by the cooling of `halls.cooling`."""
    cap_m3_per_year: Annotated[float, Field(ge=0), Unit("m3")] | None = None
    """Most cubic metres in a calendar year over all campuses. None: no cap."""
    usd_per_m3: Annotated[float, Field(ge=0), Unit("USD/m3")] = 0.0
    """Price, in the study's first quarter."""
    escalator: YearlyChange = 0.0
    """Yearly change of that price."""
