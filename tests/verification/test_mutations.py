"""A plan as the solver gives it: no altered figure of it passes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from test_random_studies import random_study

from siting import run
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify

DECORATION = {
    "sites": "name interconnect bus_id npv_cost_musd",
    "leases": "provider kind",
    "credits": "item",
    "grid_limits": "no_room lp_price_musd_per_mw",
    "candidates": "name lat lon state tenure final_utility_mw screen_cost_musd serve_cost_musd_per_h100e in_model "
    "excluded_by candidate",
}
"""Said beside the decisions for a reader: what was read and what the screen made of it. bus_id is read again for
substations of the grid only (test_verify); these draws stand at places of the planner's file."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module", params=[108])
def solved(request, tables) -> tuple[Plan, Study]:
    """A draw with clusters on colocation and on a lease, and inference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "quick_curve", lambda *_: [])
        study = random_study(request.param)
        return run.solve(study, tables=tables), study


def test_no_altered_cell_passes(solved, tables):
    """First cell of each column that steers a payment or a limit: a number up by a tenth and one, a word changed."""
    plan, study = solved
    assert verify(plan, study, tables).ok
    passed = []
    for table, frame in plan.tables.items():
        for column in frame.columns:
            if not len(frame) or column in DECORATION.get(table, "").split():
                continue
            altered = replace(plan, tables={**plan.tables, table: with_first_altered(frame, column)})
            if verify(altered, study, tables).ok:
                passed.append(f"{table}.{column}")
    assert passed == []


def with_first_altered(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """A copy; in a text column a word, in a flag its opposite, elsewhere the first number that is not blank."""
    values = frame[column].tolist()
    at = next((n for n, value in enumerate(values) if not pd.isna(value)), 0)
    old = values[at]
    if isinstance(old, bool):
        values[at] = not old
    elif isinstance(old, str):
        values[at] = f"{old} altered"
    elif not pd.isna(old):
        values[at] = old * 1.1 + 1 if isinstance(old, float) else old + 1
    else:
        values[at] = 1.0
    return frame.assign(**{column: pd.Series(values, index=frame.index)})
