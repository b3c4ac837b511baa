"""Table of connections: which campus is curtailable, what it stops."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import FloatArray, Problem
from siting.solver.decisions import Decisions
from siting.tabulate.parts import Parts
from siting.units import hours_in, quarter_label

COLUMNS = ["candidate", "quarter", "connection", "stopped_it_mw", "lost_it_mwh", "lost_musd"]


def sooner_mw(p: Problem, d: Decisions) -> FloatArray:
    """(I, T) utility MW that curtailable connections give beyond firm ones."""
    sooner = np.zeros((len(p.candidate_id), p.quarters))
    for i, signed in d.extra.get("Curtailable", {}).items():
        if signed > 0.5 and p.curtailable is not None:
            sooner[i] = p.curtailable.earlier_mw[i]
    return sooner


def connections_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`connections`: candidate, quarter with halls, connection (firm or curtailable), stopped_it_mw, lost_it_mwh,
    lost_musd (value of the quarter, not a payment).
    """
    p, d, wish = parts.p, parts.d, parts.study.power.curtailable
    if p.curtailable is None or wish is None:
        return {}
    signed = {i for i, value in d.extra.get("Curtailable", {}).items() if value > 0.5}
    rows = []
    for i, t in np.argwhere(d.modules.cumsum(axis=1) > 0).tolist():
        stopped = max(d.extra.get("StoppedMw", {}).get((i, t), 0.0), 0.0) / float(p.pue_peak[i]) if i in signed else 0.0
        lost = stopped * float(p.curtailable.lost_musd_per_it_mw[t])
        hours = wish.hours_per_year / 8760.0 * hours_in(parts.study.start + t)
        name = "curtailable" if i in signed else "firm"
        label = quarter_label(parts.study.start + t)
        rows.append((p.candidate_id[i], label, name, stopped, stopped * hours, lost))
    return {"connections": pd.DataFrame(rows, columns=COLUMNS)}
