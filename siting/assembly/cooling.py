"""Halls of a second cooling class: an annex for every campus that is built, and what it may hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.campus import is_annex
from siting.assembly.costs import construction_profile, straight_line_left
from siting.assembly.places import study_file
from siting.errors import Fault, raise_if_any
from siting.geo.cooling import pue
from siting.problem import FloatArray
from siting.problem.cooling import Annexes
from siting.study import Study
from siting.study.tenures import BUILT
from siting.tables.read import Tables


def unknown_cooling(study: Study, tables: Tables) -> list[Fault]:
    """Classes that the PUE table does not have."""
    known = tables.pue_classes["cooling"].astype(str).tolist()
    named = [("halls.cooling", study.halls.cooling)]
    named += [(f"halls.classes[{n}].cooling", second.cooling) for n, second in enumerate(study.halls.classes)]
    return [
        Fault(file=study_file(study), key=key, value=repr(name), expected=f"one of {', '.join(known)}")
        for key, name in named
        if name not in known
    ]


def pue_of(tables: Tables, cooling: str, county_fips: pd.Series) -> tuple[FloatArray, FloatArray]:
    """(I,) mean and peak PUE of a class in the climate of each county; NaN where it is blank."""
    months = [f"t{month:02d}_c" for month in range(1, 13)]
    temperature = tables.county_temperature.set_index("county_fips")[months].reindex(county_fips)
    return pue(temperature.to_numpy(float), tables.pue_classes.set_index("cooling").loc[cooling])


def with_annexes(study: Study, tables: Tables, frame: pd.DataFrame) -> pd.DataFrame:
    """The candidates with columns annex_of (id of the campus, "" for a campus) and cooling (class of its halls), and
    an annex below for every built campus that can be used and whose MW carry a module. A campus and its annex are one
    place.

    Raises InputError for ids of candidates that end as those of annexes do.
    """
    frame = frame.assign(annex_of="", cooling=study.halls.cooling)
    for second in study.halls.classes:
        end = f"/{second.cooling}"
        raise_if_any(
            [
                Fault(file=study_file(study), key="candidates", value=repr(name), expected=f"an id without {end}")
                for name in frame.loc[frame["candidate"].str.endswith(end), "candidate"]
            ]
        )
        mean, peak = pue_of(tables, second.cooling, frame["county_fips"])
        carries = frame["final_utility_mw"].to_numpy(float) >= study.halls.module_it_mw * peak - 1e-9
        rows = (frame["excluded_by"] == "").to_numpy() & frame["tenure"].isin(BUILT).to_numpy() & carries
        alone = frame["place"].fillna("").astype(str) == ""
        frame["place"] = frame["place"].mask(rows & alone, "campus " + frame["candidate"])
        here = frame[rows]
        annexes = here.assign(
            annex_of=here["candidate"],
            candidate=here["candidate"] + end,
            name=here["name"] + f", {second.holds} halls",
            cooling=second.cooling,
            pue_mean=mean[rows],
            pue_peak=peak[rows],
            construction_musd_per_it_mw=second.cost_musd_per_it_mw,
            construction_market="",
            layer_musd=0.0,
        )
        frame = pd.concat([frame, annexes], ignore_index=True)
    return frame


def annexes_of(study: Study, usable: pd.DataFrame, cooled_by: list[str]) -> Annexes | None:
    """None when halls are of one class. cooled_by (G,): air, liquid or any, of each accelerator."""
    if not study.halls.classes:
        return None
    second, halls = study.halls.classes[0], study.halls
    at = {name: n for n, name in enumerate(usable["candidate"])}
    annex = is_annex(usable)
    other = "liquid" if second.holds == "air" else "air"
    kinds = np.array(cooled_by, dtype=object)
    by_class = {True: np.isin(kinds, [second.holds, "any"]), False: np.isin(kinds, [other, "any"])}
    works, musd = second.conversion_quarters or 0, second.conversion_musd_per_it_mw
    profile = construction_profile(works, halls.escalator, study.quarters)
    cost = profile * (musd or 0.0) * halls.module_it_mw
    return Annexes(
        main=np.array([at[name] if name else -1 for name in usable["annex_of"]], dtype=np.int64),
        allowed=np.array([by_class[bool(row)] for row in annex], dtype=bool).reshape(len(usable), len(kinds)),
        conversion_musd=None if musd is None else cost,
        conversion_left_musd=cost.sum(axis=1) * straight_line_left(halls.life_years, study.quarters),
        conversion_quarters=works,
    )
