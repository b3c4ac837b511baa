"""Table `onsite`: power units on the campuses by quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import FloatArray, Problem
from siting.solver.decisions import Decisions
from siting.tabulate.parts import Parts
from siting.units import quarter_label

COLUMNS = (
    "candidate", "unit", "quarter", "installed", "left", "active", "firm_mw", "generated_mwh", "fuel_mmbtu", "co2_t",
)  # fmt: skip


def onsite_tables(parts: Parts) -> dict[str, pd.DataFrame]:
    """`onsite`: installed and left are cumulative whole units; a row for every quarter from the first delivery on.

    firm_mw beside the grid in all hours (0 for solar and batteries), generated_mwh at the meter, fuel_mmbtu by higher
    heating value, co2_t of the fuel.
    """
    p, d = parts.p, parts.d
    o = p.onsite
    if o is None:
        return {}
    installed, left = _counts(d, "OnUnits", p), _counts(d, "OnLeft", p)
    installed = np.maximum.accumulate(installed, axis=2)
    over = np.arange(p.quarters) >= o.gone_by[:, :, None]
    left = np.where(over, installed, np.maximum.accumulate(left, axis=2))
    active = installed - left
    rows = []
    for i, u, t in np.argwhere(installed > 0).tolist():
        mwh = 1e3 * d.extra.get("OnGwh", {}).get((i, u, t), 0.0) + 0.0
        firm = max(0.0, active[i, u, t] - o.reserve[u]) * o.unit_mw[u] * bool(o.firm[u])
        rows.append(
            (
                p.candidate_id[i],
                o.unit[u],
                quarter_label(parts.study.start + t),
                int(installed[i, u, t]),
                int(left[i, u, t]),
                int(active[i, u, t]),
                float(firm),
                mwh,
                mwh * float(o.mmbtu_per_mwh[u]),
                mwh * float(o.co2_t_per_mwh[u]),
            )
        )
    return {"onsite": pd.DataFrame(rows, columns=list(COLUMNS))}


def generated_mwh(p: Problem, d: Decisions) -> FloatArray:
    """(I, T) energy that does not come from the grid."""
    found = np.zeros((len(p.candidate_id), p.quarters))
    for (i, _, t), gwh in d.extra.get("OnGwh", {}).items():
        found[i, t] += 1e3 * gwh
    return found


def _counts(d: Decisions, family: str, p: Problem) -> FloatArray:
    """(I, U, T) values of a family, 0 where it has no index."""
    assert p.onsite is not None
    found = np.zeros((len(p.candidate_id), len(p.onsite.unit), p.quarters))
    for (i, u, t), value in d.extra.get(family, {}).items():
        found[i, u, t] = value
    return found
