"""Debt against equipment, and what served compute earns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from siting.study.strict import Clash, Rule, Strict
from siting.units import Quarter, Share, Unit, YearlyChange, YearlyShare, quarter_label


class Debt(Strict):
    """A facility that lends against accelerators. What is drawn in a quarter is a share of what is paid for
    accelerators in it, and is paid back from the next quarter on, after the horizon too."""

    name: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """Name in tables and reports."""
    rate: YearlyShare
    """Yearly, effective: (1 + rate)^(1/4) - 1 a quarter."""
    tenor_quarters: Annotated[int, Field(ge=1, le=120)]
    """Quarters over which every draw is paid back."""
    advance_rate: Share
    """Most that is lent of what is paid for accelerators in a quarter. Facilities together lend at most all of it."""
    draw_from: Quarter | None = None
    """First quarter of a draw. None: the study's start."""
    draw_until: Quarter | None = None
    """Last quarter of a draw. None: the horizon's end."""
    max_musd: Annotated[float, Field(gt=0), Unit("MUSD")] | None = None
    """Most that is drawn in all. None: no cap."""
    amortising: Literal["level", "bullet"] = "level"
    """level: equal payments; bullet: interest each quarter, the principal with the last."""

    def rules(self) -> tuple[Rule, ...]:
        return self._window, self._lends

    def _lends(self) -> Iterator[Clash]:
        if self.advance_rate == 0:
            yield Clash("advance_rate", "0 %", "above 0 %: a facility that lends nothing")

    def _window(self) -> Iterator[Clash]:
        if self.draw_from is not None and self.draw_until is not None and self.draw_until < self.draw_from:
            first = quarter_label(self.draw_from)
            yield Clash("draw_until", quarter_label(self.draw_until), f"draw_from, {first}, or later")


class Revenue(Strict):
    """What serving the inference demand earns. The demand is served whatever it earns: with a fixed demand the plan's
    cost changes by a constant, its funding and its tax by the quarter."""

    usd_per_h100e_h: Annotated[float, Field(ge=0), Unit("USD/h")]
    """Per H100e that is served and hour, in the study's first quarter."""
    price_change: YearlyChange = 0.0
    """Yearly change of that price from the study's start."""
    mean_over_peak: Share = 1.0
    """Mean of the demand over its peak: served hours are paid, not the peak that is provided for."""
    counts_as_funding: bool = False
    """True: it pays for later quarters like a round of funding. False: it counts in the value and in the tax only."""
