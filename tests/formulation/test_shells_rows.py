"""Rows of shells, number by number."""

from __future__ import annotations

import dataclasses

import numpy as np
from hand_made import hand_made
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import hand_problem

from siting.formulation.build import build_model
from siting.formulation.shells import add_shells
from siting.formulation.totals import add_totals
from siting.problem import Problem
from siting.problem.shells import Shells


def in_shells(p: Problem, modules: float, musd: float, first: float) -> Problem:
    """Candidate 0 is built as shells of so many modules, paid when they stand; a half of their cost is left."""
    built = np.arange(len(p.candidate_id)) == 0
    shells = Shells(
        modules=modules,
        built=built,
        cost_musd=np.where(built, musd, 0.0),
        cash_profile=np.eye(p.quarters),
        left=np.full(p.quarters, 0.5),
    )
    return dataclasses.replace(p, shells=shells, modules_first=np.where(built, first, p.modules_first))


@rows_of(add_shells, "shells_stay", "fit_out_within_shells", "shells_within_site")
def test_rows_of_shells() -> None:
    """Shells of 2 modules: candidate 0 may have two of them, from quarter 0 on. Candidate 1 has whole modules."""
    m = build_model(in_shells(hand_made(), 2.0, 6.0, 1.5))
    assert rows(m, "shells_stay") == {(0, 1): ({"Shells00": 1.0, "Shells01": -1.0}, "<=", 0.0)}
    assert rows(m, "fit_out_within_shells") == {
        (0, 0): ({"V00": 1.0, "Shells00": -2.0}, "<=", 0.0),
        (0, 1): ({"V01": 1.0, "Shells01": -2.0}, "<=", 0.0),
    }
    assert rows(m, "shells_within_site") == {
        (0, 0): ({"Shells00": 2.0, "Z00": -4.0}, "<=", 0.0),
        (0, 1): ({"Shells01": 2.0, "Z01": -4.0}, "<=", 0.0),
    }
    assert not m.V[0, 0].is_integer() and m.V[1, 1].is_integer() and m.Shells[0, 1].is_integer()


@rows_of(add_totals, "shells_in_total")
def test_rows_of_shells_elsewhere() -> None:
    """A first phase of 15 MW; 12 MW of cluster take 1.2 modules of fit-out; totals of modules and shells apart; each
    shell is paid as halls when it stands, and half of it is left."""
    m = build_model(in_shells(hand_made(), 2.0, 6.0, 1.5))
    assert rows(m, "first_phase")[0, 1] == ({"Z01": 1.5, "V01": -1.0}, "<=", 0.0)
    assert rows(m, "host_has_halls")[0, 0] == ({"W000": 1.2, "V00": -1.0}, "<=", 0.0)
    assert rows(m, "modules_in_total") == {1: ({"M1": 1.0, "V11": -1.0}, "==", 0.0)}
    assert rows(m, "shells_in_total")[1] == ({"AllShells1": 1.0, "Shells01": -1.0}, "==", 0.0)
    posted = [
        (entry.kind, entry.quarter, entry.musd, str(entry.variable))
        for entry in m.ledger.postings
        if "Shells" in str(entry.variable)
    ]
    assert posted == [
        ("cash", 0, 6.0, "Shells[0,0]"),
        ("credit", -1, 3.0, "Shells[0,0]"),
        ("cash", 1, 6.0, "Shells[0,1]"),
        ("credit", -1, 3.0, "Shells[0,1]"),
        ("cash", 1, -6.0, "Shells[0,0]"),
        ("credit", -1, -3.0, "Shells[0,0]"),
    ]


def demanding(h100e: float) -> Problem:
    """One campus, shells of 2 modules at 6 musd, fit-out 5 musd a module of 10 MW; a pod of 1 MW serves 100 H100e."""
    p = hand_problem(1, demand_h100e=np.full((1, 2), h100e))
    return in_shells(p, 2.0, 6.0, 0.5)


def test_fit_out_is_what_is_used_and_shells_are_whole() -> None:
    """25 pods of 1 MW: 2.5 modules of fit-out in two shells. Opening 10 + shells 2 x 6 less half at the end, fit-out
    2.5 x 5, pods 25 x 2, running 25 x 0.1 in each of two quarters = 83.5 without discounting."""
    found = optimum(demanding(2500.0))
    assert found.plan.modules.tolist() == [[2.5, 0.0]]
    assert found.plan.extra["Shells"] == {(0, 0): 2.0, (0, 1): 2.0}
    assert round(found.value, 6) == 10.0 + 2 * 6.0 * 0.5 + 2.5 * 5.0 + 25 * 2.0 + 2 * 2.5


def test_without_the_row_nothing_is_built_around_the_fit_out() -> None:
    """Switched off, the row leaves the two shells of 3 musd each away, and they cost as much again."""
    held, loose = (optimum(demanding(2500.0), off=off) for off in ((), ("fit_out_within_shells",)))
    assert round(held.value - loose.value, 6) == 2 * 6.0 * 0.5
