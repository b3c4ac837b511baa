"""Rows that leave out plans with known sites."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem

from siting.formulation.other_sites import add_other_sites
from siting.formulation.sites import add_sites
from siting.problem.other_sites import OtherSites


def model(*sets: list[bool], **changes: object) -> pyo.ConcreteModel:
    """Three candidates, two quarters."""
    p = changed(hand_problem(candidates=3), other_sites=OtherSites(known=np.array(sets)), **changes)
    m = pyo.ConcreteModel()
    add_sites(m, p)
    add_other_sites(m, p)
    return m


@rows_of(add_other_sites, "other_sites")
def test_a_plan_must_differ_from_each_known_set_in_one_campus():
    """Known: {0, 2} and nothing. (1 - Z0) + Z1 + (1 - Z2) >= 1, that is Z0 - Z1 + Z2 <= 1; and Z0 + Z1 + Z2 >= 1; all
    in quarter 1, the last."""
    found = rows(model([True, False, True], [False, False, False]), "other_sites")
    assert found == {
        0: ({"Z01": 1.0, "Z11": -1.0, "Z21": 1.0}, "<=", 1.0),
        1: ({"Z01": -1.0, "Z11": -1.0, "Z21": -1.0}, "<=", -1.0),
    }


def test_a_set_with_a_campus_that_can_never_open_has_no_row():
    """Candidate 2 is live from quarter 2 on, after the horizon: no plan has the set {2}, the set {0} keeps its row."""
    m = model([False, False, True], [True, False, False], live_from=np.array([0, 0, 2]))
    assert rows(m, "other_sites") == {1: ({"Z01": 1.0, "Z11": -1.0}, "<=", 0.0)}


def test_a_set_goes_with_a_campus_that_is_not_kept():
    """Of {0, 2} and {1}, over the candidates 0 and 1 alone, only {1} can be a plan's set."""
    block = OtherSites(known=np.array([[True, False, True], [False, True, False]]))
    assert block.take_candidates(np.array([0, 1])).known.tolist() == [[False, True]]
