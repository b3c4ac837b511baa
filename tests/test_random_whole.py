"""Small whole studies with every part switched on at random: each plan passes its second reading.

`siting.solve` refuses a plan of which the second reading says otherwise, so that a plan is the proof.
"""

from __future__ import annotations

import pytest
from random_whole import whole_study

from siting import run
from siting.tables.read import Tables, read_tables

PLANNED = [
    1001,
    1003,
    1005,
    1006,
    1007,
    1008,
    1009,
    1010,
    1012,
    1013,
    1014,
    1016,
    1017,
    1018,
    1024,
    1025,
    1026,
    1028,
    1029,
    1030,
    1031,
    1032,
    1033,
    1035,
    1037,
    1038,
    1044,
    1045,
    1047,
    1048,
    1054,
    1055,
    1057,
    1058,
    1059,
    1060,
    1061,
    1062,
    1066,
    1071,
    1075,
    1076,
    1079,
    1080,
]
"""Draws that have a plan, solved in about half a second each."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.mark.parametrize("seed", PLANNED)
def test_plan_of_a_random_whole_study_holds(seed, tables, tmp_path):
    """Limits, payments and value agree with the second reading, and the bound does not lie above the value."""
    plan = run.solve(whole_study(seed, tmp_path), tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    assert plan.facts["verification"]["npv_cost_musd"] == pytest.approx(plan.npv_cost_musd, rel=1e-6, abs=1e-6)
    assert plan.bound_musd is not None and plan.bound_musd <= plan.npv_cost_musd + 1e-6
