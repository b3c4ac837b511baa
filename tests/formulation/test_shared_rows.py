"""Rows of places shared by candidates, number by number."""

from __future__ import annotations

import numpy as np
from hand_made import hand_made
from hand_onsite import hand_onsite
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.shared import add_shared
from siting.problem.shared import Shared


@rows_of(add_shared, "place_standing", "place_power", "place_energy")
def test_shared_places() -> None:
    """60 MW may stand, 30 then 45 flow. A module is 12.5 and 15 MW at the meter; a pod of 2 MW IT draws 2.5 and 3, the
    cluster's six 15 and 18. Candidate 1 has halls, and hosts, from quarter 1 on only.
    """
    shared = Shared(
        place=np.array([0, 0]),
        standing_mw=np.array([60.0, 60.0]),
        energized_mw=np.array([[30.0, 45.0], [30.0, 45.0]]),
    )
    m = build_model(hand_made(shared=shared))
    assert rows(m, "place_standing") == {0: ({"V01": 12.5, "V11": 15.0}, "<=", 60.0)}
    assert rows(m, "place_power") == {
        (0, 0): ({"Q000": 2.5, "W000": 15.0}, "<=", 30.0),
        (0, 1): ({"Q001": 2.5, "Q101": 3.0, "W000": 15.0}, "<=", 45.0),
    }


def test_a_place_of_one_candidate_has_no_row() -> None:
    """Nothing to share."""
    shared = Shared(place=np.array([0, -1]), standing_mw=np.ones(2), energized_mw=np.ones((2, 2)))
    m = build_model(hand_made(shared=shared))
    assert not len(m.place_standing) and not len(m.place_power) and not len(m.place_energy)


def test_what_the_place_gives_not_must_be_generated() -> None:
    """A MW IT takes 2 GWh a quarter and draws 1.25 MW at candidate 0, 1.5 at 1: a GWh generated is 0.625 and 0.75 MW
    less from the grid, of which 30 and then 45 flow. Firm MW alone count in `place_power` only.
    """
    shared = Shared(
        place=np.array([0, 0]),
        standing_mw=np.array([60.0, 60.0]),
        energized_mw=np.array([[30.0, 45.0], [30.0, 45.0]]),
    )
    m = build_model(hand_made(shared=shared, onsite=hand_onsite()))
    made = {"OnGwh000": -0.625, "OnGwh010": -0.625}
    later = {"OnGwh001": -0.625, "OnGwh011": -0.625, "OnGwh101": -0.75}
    assert rows(m, "place_energy") == {
        (0, 0): ({"Q000": 2.5, "W000": 15.0, **made}, "<=", 30.0),
        (0, 1): ({"Q001": 2.5, "Q101": 3.0, "W000": 15.0, **later}, "<=", 45.0),
    }
    assert "OnUnits000" in rows(m, "place_power")[0, 0][0]
