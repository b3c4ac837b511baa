"""Rows of the rules of the plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyomo.environ as pyo
import pytest
from model_optimum import optimum
from row_tests import rows, rows_of
from tiny_problems import changed, hand_problem

from siting.formulation.rules import add_rules, cliques_of
from siting.formulation.sites import add_sites
from siting.problem import Problem
from siting.problem.rules import SiteRules

NONE = SiteRules(
    min_sites=0,
    max_sites=None,
    forced_modules=np.zeros(3, dtype=np.int64),
    forced_by=np.ones(3, dtype=np.int64),
    existing_modules=np.zeros(3, dtype=np.int64),
    extended_from=np.zeros(3, dtype=np.int64),
    group=np.full((2, 3), -1),
    group_most=np.zeros(0, dtype=np.int64),
    lat=np.array([30.0, 30.0, 40.0]),
    lon=np.array([-100.0, -100.5, -100.0]),
    min_distance_km=None,
)


def model(**rules: object) -> pyo.ConcreteModel:
    """Three candidates, two quarters."""
    p = changed(hand_problem(candidates=3), rules=dataclasses.replace(NONE, **rules))
    m = pyo.ConcreteModel()
    add_sites(m, p)
    add_rules(m, p)
    return m


@rows_of(add_rules, "fewest_sites", "most_sites")
def test_sites_are_counted_in_the_last_quarter():
    """At least one and at most two of three campuses are open in quarter 1, the last."""
    m = model(min_sites=1, max_sites=2)
    everyone = {"Z01": 1.0, "Z11": 1.0, "Z21": 1.0}
    assert rows(m, "most_sites") == {None: (everyone, "<=", 2.0)}
    assert rows(m, "fewest_sites") == {None: (dict.fromkeys(everyone, -1.0), "<=", -1.0)}


@rows_of(add_rules, "most_in_group")
def test_only_groups_with_more_members_than_allowed_get_a_row():
    """Candidates 0 and 1 share a state with one site allowed; a county that holds 2 of its 2 is left out."""
    m = model(group=np.array([[0, 0, -1], [1, -1, 1]]), group_most=np.array([1, 2]))
    assert rows(m, "most_in_group") == {0: ({"Z01": 1.0, "Z11": 1.0}, "<=", 1.0)}


@rows_of(add_rules, "forced_site")
def test_a_forced_site_has_its_modules_by_its_quarter():
    """Three modules at candidate 2 by quarter 0."""
    m = model(forced_modules=np.array([0, 0, 3]), forced_by=np.array([1, 1, 0]))
    assert rows(m, "forced_site") == {2: ({"V20": -1.0}, "<=", -3.0)}


@rows_of(add_rules, "existing_site")
def test_an_existing_site_stands_from_the_start():
    """Two modules at candidate 1 from quarter 0; more from quarter 1 on."""
    m = model(existing_modules=np.array([0, 2, 0]), extended_from=np.array([0, 1, 0]))
    assert rows(m, "existing_site") == {(1, 0): ({"V10": 1.0}, "==", 2.0), (1, 1): ({"V11": -1.0}, "<=", -2.0)}


@rows_of(add_rules, "far_apart")
def test_neighbours_exclude_one_another():
    """Half a degree of longitude at 30 degrees north is 48 km: nearer than 100 km; candidate 2 is far away."""
    m = model(min_distance_km=100.0)
    assert rows(m, "far_apart") == {0: ({"Z01": 1.0, "Z11": 1.0}, "<=", 1.0)}


def test_without_rules_no_row_is_written():
    """A study that states none has the model it always had."""
    m, p = pyo.ConcreteModel(), hand_problem()
    add_sites(m, p)
    before = len(list(m.component_objects()))
    add_rules(m, p)
    assert len(list(m.component_objects())) == before


@pytest.mark.parametrize("seed", range(5))
def test_cliques_cover_every_pair_and_no_other(seed):
    """40 places on a square: the pairs inside the cliques are the pairs that are near, and there are fewer cliques."""
    at = np.random.default_rng(seed).random((40, 2))
    near = (np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) < 0.3) & ~np.eye(40, dtype=bool)
    cliques = cliques_of(near)
    covered = np.zeros_like(near)
    for clique in cliques:
        covered[np.ix_(clique, clique)] = True
    assert (covered & ~np.eye(40, dtype=bool) == near).all()
    assert len(cliques) < near.sum() / 4


def test_a_forced_site_that_can_never_stand_has_no_plan():
    """Halls live from quarter 1 on cannot stand in quarter 0."""
    p: Problem = changed(hand_problem(candidates=3), live_from=np.ones(3, dtype=np.int64))
    p = changed(p, rules=dataclasses.replace(NONE, forced_modules=np.array([1, 0, 0]), forced_by=np.zeros(3, int)))
    assert optimum(p).value == np.inf
