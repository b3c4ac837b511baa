"""Carbon and water of a study as arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.costs import clock_of, growth
from siting.problem.yearly import Yearly
from siting.study import Study
from siting.study.carbon import PRICED


def needs_co2(study: Study) -> bool:
    """Whether a plan of the study depends on carbon, so that a blank rate cannot stand."""
    weighed = any(priority.objective == "carbon" for priority in study.priorities)
    limited = any(part.quantity == "co2_t" for limit in study.limits for part in limit.expression.summands)
    return study.carbon.used or weighed or limited


def carbon_of(study: Study, usable: pd.DataFrame) -> Yearly | None:
    """Caps and prices of carbon; None when the study has neither."""
    wish = study.carbon
    if not wish.used:
        return None
    years = _years(study)
    caps = {} if wish.cap_t_per_year is None else dict.fromkeys(years.tolist(), wish.cap_t_per_year)
    caps |= {int(year): tonnes for year, tonnes in wish.cap_t.items()}
    paid = np.ones(len(usable)) if wish.also_where_priced else (~usable["state"].isin(PRICED)).to_numpy(float)
    price = wish.usd_per_t * growth(wish.escalator, study.quarters)
    return Yearly(
        item="carbon",
        year=years,
        cap=caps,
        usd_per_unit=paid[:, None] * price[None, :],
        fuel_usd_per_unit=price,  # no power price holds it
    )


def water_of(study: Study, usable: pd.DataFrame) -> Yearly | None:
    """Water of running accelerators, its cap and its price; None when the study does not speak of water."""
    wish = study.water
    if wish is None:
        return None
    years, quarters = _years(study), study.quarters
    caps = {} if wish.cap_m3_per_year is None else dict.fromkeys(years.tolist(), wish.cap_m3_per_year)
    it_mwh = study.power.load_factor * clock_of(study).hours(quarters)
    cooled = usable["cooling"] if "cooling" in usable else pd.Series(study.halls.cooling, index=usable.index)
    litres = cooled.map(wish.wue_l_per_kwh).to_numpy(float)[:, None]
    here = np.ones((len(usable), 1))
    return Yearly(
        item="water",
        year=years,
        cap=caps,
        usd_per_unit=here * wish.usd_per_m3 * growth(wish.escalator, quarters)[None, :],
        per_it_mw=litres * it_mwh[None, :],
    )


def _years(study: Study) -> np.ndarray:
    return np.arange(study.start, study.end) // 4
