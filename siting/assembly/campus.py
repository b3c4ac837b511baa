"""Candidates that are halls of a second cooling class on another candidate's campus."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.problem import BoolArray


def is_annex(frame: pd.DataFrame) -> BoolArray:
    """(I,) rows that are such halls; none where the frame does not say (column annex_of)."""
    if "annex_of" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame["annex_of"] != "", dtype=bool)


def campus_ids(frame: pd.DataFrame) -> pd.Series:
    """Id of each row's campus: what the planner names."""
    if "annex_of" not in frame:
        return frame["candidate"]
    return frame["candidate"].mask(is_annex(frame), frame["annex_of"])
