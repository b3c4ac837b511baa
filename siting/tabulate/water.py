"""Water of every campus by quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.tabulate.parts import Parts
from siting.units import quarter_label


def water_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`water`: candidate, quarter, water_m3; rows where something runs."""
    p = parts.p
    if p.water is None or p.water.per_it_mw is None:
        return {}
    m3 = np.einsum("igt,g->it", parts.d.running_pods, p.pod_it_mw) * p.water.per_it_mw
    where = np.argwhere(m3 > 0)
    frame = pd.DataFrame(
        {
            "candidate": p.candidate_id[where[:, 0]],
            "quarter": [quarter_label(parts.study.start + int(t)) for t in where[:, 1]],
            "water_m3": m3[tuple(where.T)],
        }
    )
    return {"water": frame}
