"""Grid power by candidate and quarter: nothing before energization, then the steps of a ramp."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import FloatArray
from siting.study import Study
from siting.study.tenures import BUILT


def energized_mw(study: Study, usable: pd.DataFrame, span: int | None = None, earlier: int = 0) -> FloatArray:
    """(I, span) utility MW: 0 before energization, then the ramp's step, never above the final MW.

    The ramp of a candidate's own row, else that of the study; colocation has none. Where power has flowed since before
    the study, the ramp is as far as it has come by then. Columns: final_utility_mw, energization (ordinal, not before
    the study), own_energization (as stated, or blank), tenure, own_ramp (steps, or blank). span: quarters, None: the
    horizon. earlier: quarters by which power flows sooner.
    """
    final = usable["final_utility_mw"].to_numpy(float)[:, None]
    stated = usable["own_energization"].to_numpy(float) - study.start
    begins = np.maximum(usable["energization"].to_numpy(float) - study.start - earlier, 0.0)
    begins = np.where(stated < 0, stated, begins)
    age = np.arange(span or study.quarters)[None, :] - begins[:, None]
    built = usable["tenure"].isin(BUILT).to_numpy()
    flowing = np.where(built[:, None] | (age < 0), 0.0, final)
    for step in study.power.ramp:
        level = final * step.share if step.share is not None else np.full_like(final, step.utility_mw)
        flowing = np.where(built[:, None] & (age >= step.after_quarters), np.minimum(level, final), flowing)
    for i, steps in enumerate(usable["own_ramp"]):
        if built[i] and isinstance(steps, list) and steps:
            flowing[i] = 0.0
            for after, mw in steps:
                flowing[i] = np.where(age[i] >= after, min(mw, final[i, 0]), flowing[i])
    return flowing
