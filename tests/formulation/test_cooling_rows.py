"""Rows of halls of two cooling classes, number by number."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hand_made import hand_made
from row_tests import rows, rows_of

from siting.formulation.build import build_model
from siting.formulation.cooling import add_cooling
from siting.formulation.shared import add_shared
from siting.problem import Problem
from siting.problem.cooling import Annexes
from siting.problem.shared import Shared


def two_classes(works: int = 1) -> Problem:
    """Candidate 1 is the annex of candidate 0, from quarter 0 on, of at least one module; its halls hold nothing of
    what there is. A conversion costs 3 musd, 1 of which is left; 60 MW may stand, 50 flow."""
    p = hand_made(live_from=np.array([0, 0]), modules_first=np.array([2, 1]), opening_lag=np.array([0, 0]))
    shared = Shared(place=np.array([0, 0]), standing_mw=np.full(2, 60.0), energized_mw=np.full((2, 2), 50.0))
    annex = Annexes(
        main=np.array([-1, 0]),
        allowed=np.array([[True], [False]]),
        conversion_musd=np.array([[0.0, 0.0], [3.0, 0.0]]) if works else 3.0 * np.eye(2),
        conversion_left_musd=np.array([0.0, 1.0]),
        conversion_quarters=works,
    )
    return dataclasses.replace(p, shared=shared, annex=annex)


@rows_of(add_cooling, "annex_with_campus", "conversions_stay", "converted_stood", "converted_within_site")
def test_conversions() -> None:
    """Works of a quarter: what is done in 1 stood in 0. The campus has room for 4 modules."""
    m = build_model(two_classes())
    assert rows(m, "annex_with_campus") == {
        (1, 0): ({"Z10": 1.0, "Z00": -1.0}, "<=", 0.0),
        (1, 1): ({"Z11": 1.0, "Z01": -1.0}, "<=", 0.0),
    }
    assert rows(m, "conversions_stay") == {}
    assert rows(m, "converted_stood") == {(1, 1): ({"Converted11": 1.0, "V10": -1.0}, "<=", 0.0)}
    assert rows(m, "converted_within_site") == {(1, 1): ({"V01": 1.0, "Converted11": 1.0}, "<=", 4.0)}
    at_once = build_model(two_classes(works=0))
    assert rows(at_once, "conversions_stay") == {(1, 1): ({"Converted10": 1.0, "Converted11": -1.0}, "<=", 0.0)}
    assert rows(at_once, "converted_stood")[1, 1] == ({"Converted11": 1.0, "V11": -1.0}, "<=", 0.0)


def test_halls_of_both_classes_elsewhere() -> None:
    """The first phase of 2 modules counts both; only the campus holds chips, of 2 MW each, in its own 10 MW modules and
    those converted; the cluster's 12 MW take two. Conversion: 3 musd in quarter 0, paid as halls."""
    m = build_model(two_classes())
    assert rows(m, "first_phase")[0, 1] == ({"Z01": 2.0, "V01": -1.0, "V11": -1.0}, "<=", 0.0)
    assert rows(m, "first_phase")[1, 1] == ({"Z11": 1.0, "V11": -1.0}, "<=", 0.0)
    held = rows(m, "pods_within_halls")
    assert set(held) == {(0, 0), (0, 1)}
    assert held[0, 1] == ({"B001": 2.0, "V01": -10.0, "Converted11": -10.0}, "<=", 0.0)
    assert rows(m, "host_has_halls") == {(0, 0): ({"W000": 2.0, "V00": -1.0}, "<=", 0.0)}
    paid = [(p.item, p.quarter, p.musd) for p in m.ledger.postings if p.variable is m.Converted[1, 1]]
    assert paid == [("halls", 0, 3.0), ("residual_halls", -1, 1.0)]


@rows_of(add_shared, "place_standing_before")
def test_a_place_in_every_quarter() -> None:
    """12.5 and 15 MW a module: a conversion frees 2.5 MW, so what stands may be more earlier than at the end. Of the 60
    MW of one campus nothing stands before it opens."""
    m = build_model(two_classes())
    converted = {"V01": 12.5, "V11": 15.0, "Converted11": -2.5}
    assert rows(m, "place_standing") == {0: ({**converted, "Z01": -60.0}, "<=", 0.0)}
    assert rows(m, "place_standing_before") == {(0, 0): ({"V00": 12.5, "V10": 15.0, "Z00": -60.0}, "<=", 0.0)}


def test_a_campus_is_kept_with_its_annex() -> None:
    """Positions follow; an annex alone is refused."""
    p = two_classes()
    turned = p.take(np.array([1, 0])).annex
    assert turned is not None and turned.main.tolist() == [1, -1] and turned.of_main == {1: 0}
    assert p.annex is not None and p.annex.with_annexes(np.array([1])).tolist() == [0, 1]
    alone = p.take(np.array([0])).annex
    assert alone is not None and alone.of_main == {}
    with pytest.raises(ValueError, match="campus"):
        p.take(np.array([1]))
