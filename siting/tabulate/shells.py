"""Shells that stand and what of them is fitted out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.solver.standing import standing_modules, standing_shells
from siting.tabulate.parts import Parts
from siting.units import quarter_label


def shells_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`shells`: candidate, quarter, shells that stand then, shell_it_mw that they can hold, fitted_it_mw that is live
    in them; one row for every quarter from the first shell on.
    """
    p, study = parts.p, parts.study
    if p.shells is None:
        return {}
    standing, fitted = standing_shells(p, parts.d), standing_modules(p, parts.d) * p.module_it_mw
    where = np.argwhere(standing > 0)
    shells = standing[tuple(where.T)]
    frame = pd.DataFrame(
        {
            "candidate": p.candidate_id[where[:, 0]],
            "quarter": np.array([quarter_label(study.start + int(t)) for t in where[:, 1]], dtype=object),
            "shells": shells,
            "shell_it_mw": shells * p.shells.modules * p.module_it_mw,
            "fitted_it_mw": fitted[tuple(where.T)],
        }
    )
    return {"shells": frame}
