"""A curtailable connection: sooner and cheaper, cut off for some hours a year."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from siting.study.strict import Strict
from siting.units import Share, Unit


class Curtailable(Strict):
    """What an own campus may sign in place of a firm connection, for good; one that shares its
    place or stands at the start may not.

    In the hours of curtailment the grid gives nothing. Inference runs on units on the campus and batteries alone, in
    every hour; what training they do not carry stops for these hours and is priced. The bill is not lowered for them.
    """

    quarters_earlier: Annotated[int, Field(ge=0, le=80)] = 0
    """Power flows so many quarters sooner, by the same ramp."""
    connection_cost_share: Share = 1.0
    """Line and substation cost this share of those of a firm connection."""
    hours_per_year: Annotated[float, Field(gt=0, le=8760)]
    """Most hours of a year that are curtailed, counted in full, evenly over its quarters."""
    longest_hours: Annotated[float, Field(gt=0, le=8760), Unit("hour")] | None = None
    """Longest single curtailment. Needed where a battery may stand by: of its MW, so much is firm as its hours
    last through this, MW x min(1, battery_hours / longest_hours)."""
    price_adder_usd_per_mwh: Annotated[float, Unit("USD/MWh")] = 0.0
    """Added to every MWh from the grid; a rebate is below zero."""
    lost_output_usd_per_it_mwh: Annotated[float, Field(ge=0), Unit("USD/MWh")]
    """What a stopped MW of critical IT would have earned in an hour: a cost in the value, never a payment."""
