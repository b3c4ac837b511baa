"""Curtailable connections as arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.costs import growth, straight_line_left
from siting.assembly.energized import energized_mw
from siting.problem.curtailable import Curtailable
from siting.study import Study
from siting.units import hours_in


def curtailable_of(study: Study, usable: pd.DataFrame) -> Curtailable | None:
    """Arrays of power.curtailable; None when it is not offered."""
    wish = study.power.curtailable
    if wish is None:
        return None
    names = usable["place"].fillna("").astype(str)
    shares = (names != "") & names.duplicated(keep=False)
    connected = usable["candidate"].isin([entry.candidate for entry in study.rules.existing])
    admitted = ((usable["tenure"] == "own") & ~shares & ~connected).to_numpy(bool)
    quarters, lag = study.quarters, study.halls.construction_quarters
    sooner = energized_mw(study, usable, earlier=wish.quarters_earlier) - energized_mw(study, usable)
    built = study.connection.line_km * study.connection.line_musd_per_km + study.connection.substation_musd
    level, saved = growth(study.halls.escalator, quarters), np.zeros(quarters)
    saved[lag:] = built * (1.0 - wish.connection_cost_share) * level[: quarters - lag] if lag < quarters else 0.0
    left = straight_line_left(study.halls.life_years, quarters)
    hours = np.array([hours_in(study.start + t) for t in range(quarters)])
    return Curtailable(
        admitted=admitted,
        earlier_mw=np.where(admitted[:, None], sooner, 0.0),
        saved_cash_musd=np.where(admitted[:, None], saved[None, :], 0.0),
        saved_back_musd=np.where(admitted[:, None], (saved * left)[None, :], 0.0),
        adder_usd_per_mwh=wish.price_adder_usd_per_mwh,
        lost_musd_per_it_mw=wish.hours_per_year / 8760.0 * hours * wish.lost_output_usd_per_it_mwh / 1e6,
    )
