"""Shells of own campuses as arrays: which candidates are built as shells, and what one costs when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.assembly.costs import construction_profile, straight_line_left
from siting.assembly.tenures import in_shells, terms_of
from siting.problem.shells import Shells
from siting.study import Study


def shells_of(study: Study, usable: pd.DataFrame) -> Shells | None:
    """None when halls are whole modules."""
    halls = study.halls
    if halls.shell_it_mw is None or halls.shell_share is None:
        return None
    built = np.array([in_shells(study, tenure) for tenure in usable["tenure"]], dtype=bool)
    per_mw = usable["construction_musd_per_it_mw"].to_numpy(float)
    own = terms_of(study, "own")
    return Shells(
        modules=float(round(halls.shell_it_mw / halls.module_it_mw)),
        built=built,
        cost_musd=np.where(built, per_mw * halls.shell_it_mw * halls.shell_share, 0.0),
        cash_profile=construction_profile(own.construction_quarters, halls.escalator, study.quarters),
        left=straight_line_left(own.hall_life_years, study.quarters),
    )
