"""Halls of two cooling classes: when a campus opens, what stands of each class, what was converted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import IntArray, Problem
from siting.solver.decisions import Decisions
from siting.solver.standing import converted_modules
from siting.tabulate.parts import Parts
from siting.units import quarter_label


def opened_in(p: Problem, d: Decisions) -> IntArray:
    """(I,) quarter of the first module, of a campus of either class; T where none stands."""
    live = d.modules > 0
    for campus, annex in p.annexes.items():
        live[campus] |= live[annex]
    return np.where(live.any(axis=1), live.argmax(axis=1), p.quarters).astype(np.int64)


def conversions_table(parts: Parts) -> dict[str, pd.DataFrame]:
    """`conversions`: candidate (the annex), quarter from which they are halls of the campus's own class, modules,
    it_mw.
    """
    p, study = parts.p, parts.study
    if p.annex is None:
        return {}
    done = np.diff(converted_modules(p, parts.d), axis=1, prepend=0)
    where = np.argwhere(done > 0)
    modules = done[tuple(where.T)]
    frame = pd.DataFrame(
        {
            "candidate": p.candidate_id[where[:, 0]],
            "quarter": np.array([quarter_label(study.start + int(t)) for t in where[:, 1]], dtype=object),
            "modules": modules,
            "it_mw": modules * p.module_it_mw,
        }
    )
    return {"conversions": frame}
