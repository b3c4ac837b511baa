"""Other figures for what is least known of each place: hosting megawatts, power price, date of power; drawn by seed.

Decision: an error is drawn where the figure is. Hosting MW are worked out bus by bus, so every place has an error of
its own. A price or a wait that a table gives for a state is wrong by the same amount in the whole state; one that the
planner's file states for a place is wrong there alone. With errors drawn apart for each of 30,000 substations every
state has some that are lucky in all respects, and the errors of a state's table would never show. `alone=True` draws
so all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.arguments import checked_fields
from siting.assembly.campus import campus_ids
from siting.problem import FloatArray
from siting.study import Study


@checked_fields
@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far figures may be off either way; drawn evenly. Assumptions, not measured errors."""

    hosting: float = 0.3
    """Share of the megawatts."""
    price: float = 0.1
    """Share of the power price."""
    lead_quarters: int = 4
    """Whole quarters that power may come sooner or later; never before the start."""
    alone: bool = False
    """Every place has errors of its own, also of what a table gives by state."""

    @property
    def words(self) -> str:
        """In one phrase."""
        where = "place by place" if self.alone else "by place, and by state where a table gives them so"
        return (
            f"hosting MW +-{self.hosting:.0%}, power price +-{self.price:.0%}, "
            f"power up to {self.lead_quarters} quarters sooner or later, drawn evenly {where}"
        )


def other_figures(study: Study, usable: pd.DataFrame, spread: Spread, seed: int, trial: int) -> pd.DataFrame:
    """The usable candidates with other figures: the same for one seed and trial, whatever else is drawn.

    Halls of a second cooling class and candidates of one `place` have the errors of their campus and place. A campus
    that stands, or whose power flows since before the start, keeps its date; MW never fall below what stands.
    """
    draw = np.random.default_rng([seed, trial])
    place = campus_ids(usable)
    named = place.map(usable.set_index("candidate")["place"]).fillna("").astype(str)
    place = place.mask(named != "", "place " + named)
    state = "state " + usable["state"].astype(str)
    none = pd.Series(spread.alone, index=usable.index)
    priced_by = state.mask(usable["own_usd_per_mwh"].notna() | none, place)
    dated_by = state.mask(usable["own_energization"].notna() | none, place)
    hosting = 1.0 + _drawn(place, draw.uniform, -spread.hosting, spread.hosting)
    price = 1.0 + _drawn(priced_by, draw.uniform, -spread.price, spread.price)
    lead = np.rint(_drawn(dated_by, draw.integers, -spread.lead_quarters, spread.lead_quarters + 1))
    standing = {entry.candidate: entry.it_mw for entry in study.rules.existing}
    stands_mw = usable["candidate"].map(standing).fillna(0.0) * usable["pue_peak"]
    most_mw = np.maximum(usable["final_utility_mw"], study.candidates.largest_campus_utility_mw)
    flows = (usable["own_energization"] < study.start) | (stands_mw > 0.0)
    when = (usable["energization"] + lead).clip(lower=study.start)
    return usable.assign(
        final_utility_mw=np.clip(usable["final_utility_mw"] * hosting, stands_mw, most_mw),
        usd_per_mwh=usable["usd_per_mwh"] * price,
        energization=usable["energization"].where(flows, when),
    )


def _drawn(by: pd.Series, draw: object, low: float, high: float) -> FloatArray:
    """(I,) one draw for each of the groups, in the order of their names."""
    names, member = np.unique(by.to_numpy(str), return_inverse=True)
    drawn: FloatArray = draw(low, high, len(names))[member.reshape(-1)]  # type: ignore[operator]
    return drawn
