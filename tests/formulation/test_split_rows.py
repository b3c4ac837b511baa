"""Every row of clusters on two campuses, coefficient by coefficient, and a case in which the second campus counts."""

from __future__ import annotations

import numpy as np
import pytest
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem, one_cluster

from siting.formulation.build import build_model
from siting.formulation.split import add_split
from siting.problem import Problem
from siting.problem.split import Split


def two_campuses(km_north: float = 33.3, within_km: float = 50.0) -> Problem:
    """30 pods of 1 MW on campuses of 20 and 15 MW IT; a degree of latitude is some 111 km."""
    split = Split(
        lat=np.array([32.0, 32.0 + km_north / 111.0]), lon=np.array([-97.0, -97.0]), within_km=np.array([within_km])
    )
    caps = np.array([[25.0, 25.0], [18.75, 18.75]])
    return hand_problem(**one_cluster(30), split=split, energized_mw=caps)


@rows_of(add_split, "part_at_first", "part_fits_first", "rest_fits_second", "pair_is_open")
def test_split() -> None:
    """20 pods at most at the first campus, 15 at the second, one at least at each; both open in quarter 0."""
    m = build_model(two_campuses())
    assert list(m.KD) == [(0, 0, 1, 0)]
    key = (0, 0, 1, 0)
    assert rows(m, "part_at_first") == {key: ({"Part0010": -1, "Pair0010": 1}, "<=", 0)}
    assert rows(m, "part_fits_first") == {key: ({"Part0010": 1, "Pair0010": -20}, "<=", 0)}
    assert rows(m, "rest_fits_second") == {key: ({"Part0010": -1, "Pair0010": 15}, "<=", 0)}
    assert rows(m, "pair_is_open") == {
        (0, 0): ({"Pair0010": 1, "Z00": -1}, "<=", 0),
        (0, 1): ({"Pair0010": 1, "Z10": -1}, "<=", 0),
    }
    assert rows(m, "hosted_once") == {0: ({"Pair0010": 1}, "==", 1)}
    assert rows(m, "running_within_installed")[0, 0, 1] == ({"Part0010": 1, "B001": -1}, "<=", 0)
    assert rows(m, "running_within_installed")[1, 0, 1] == ({"Pair0010": 30, "Part0010": -1, "B101": -1}, "<=", 0)


def test_one_part_each() -> None:
    """Openings 10 and 30, modules for 30 pods: 15 to 20 at the first are two modules, 10 to 15 at the other one or
    two: 40 + 15 + 60 + 6 = 121 with 20 and 10.
    """
    found = optimum(two_campuses())
    assert found.value == pytest.approx(121.0)
    assert found.plan.parts == ((0, 0, 0, 20), (0, 1, 0, 10))
    assert found.plan.host == (("split", 0, 0),)


def test_too_far_apart() -> None:
    """55.5 km are more than 50: no campus alone holds it, so there is no plan."""
    assert optimum(two_campuses(km_north=55.5)).value == np.inf
    assert optimum(two_campuses(km_north=55.5, within_km=60.0)).value == pytest.approx(121.0)
    assert optimum(changed(two_campuses(), split=None)).value == np.inf
