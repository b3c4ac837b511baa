"""Places shared by candidates: the model's least cost is the least over all decisions listed; halves are the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from listing import cheapest_by_listing
from model_optimum import optimum
from random_onsite import with_onsite
from random_shared import with_shared
from tiny_problems import hand_problem, random_problem

from siting.problem import Problem
from siting.problem.shared import Shared


def test_shared_places_agree_with_the_list() -> None:
    """60 problems of two or three candidates: more than a third have a plan, and the shared MW move many of them."""
    plans = moved = 0
    seeds = [seed for seed in range(140) if len(random_problem(seed).candidate_id) > 1][:60]
    assert len(seeds) == 60
    for seed in seeds:
        p = with_shared(random_problem(seed), np.random.default_rng(seed))
        value, listed = optimum(p, whole=False).value, cheapest_by_listing(p)[0]
        assert value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        plans += bool(np.isfinite(value))
        moved += value != pytest.approx(optimum(replace(p, shared=None), whole=False).value, abs=1e-6)
    assert plans >= 20
    assert moved >= 6


def one_place(count: int, **changes: object) -> Problem:
    """`count` candidates of the hand-made problem in one place of 50 MW that opens for nothing; 4,000 H100e asked."""
    free = np.zeros((count, 2))
    same = Shared(
        place=np.zeros(count, dtype=np.int64), standing_mw=np.full(count, 50.0), energized_mw=np.full((count, 2), 50.0)
    )
    p = hand_problem(
        candidates=count, demand_h100e=np.array([[0.0, 4000.0]]), npv_open_musd=free, opening_cash_musd=free
    )
    return replace(p, shared=same if count > 1 else None, **changes)


def test_two_halves_that_share_are_the_whole() -> None:
    """4,000 H100e fill 40 MW IT, 50 at the meter: 4 modules, 40 pods and their energy, 20 + 80 + 4 musd, however they
    are split; one H100e more has no plan, though each half by itself has room."""
    for count in (1, 2, 3):
        assert optimum(one_place(count)).value == pytest.approx(104.0)
        assert optimum(one_place(count, demand_h100e=np.array([[0.0, 4001.0]]))).value == np.inf
    alone = one_place(2, demand_h100e=np.array([[0.0, 4100.0]]))
    assert np.isfinite(optimum(replace(alone, shared=None)).value)


def test_each_row_of_the_place_binds_alone() -> None:
    """40 MW IT asked of a place where less may stand, or less flows: no plan, and one without that row."""
    for row, field in (("place_standing", "standing_mw"), ("place_power", "energized_mw")):
        p = one_place(2)
        assert p.shared is not None
        less = replace(p, shared=replace(p.shared, **{field: getattr(p.shared, field) * 0.9}))
        assert optimum(less).value == np.inf
        assert optimum(less, off=(row,)).value == pytest.approx(104.0)


def test_a_place_holds_when_some_of_its_candidates_are_left_out() -> None:
    """Two of three kept: they still share; one kept: its own limits are all there is."""
    p = one_place(3)
    for rows, rows_of_place in (([0, 2], 1), ([1], 0)):
        kept = p.take(np.array(rows))
        assert kept.shared is not None and len(kept.shared.groups()) == rows_of_place
        assert optimum(kept).value == pytest.approx(104.0)


def test_units_of_one_candidate_and_the_grid_of_all() -> None:
    """60 problems in which candidates of a place have units of their own: as the list says, and in some of them the
    plan would be cheaper if nobody had to generate what the grid of the place does not give."""
    bound = 0
    for seed in [seed for seed in range(140) if len(random_problem(seed).candidate_id) > 1][:60]:
        rng = np.random.default_rng(seed)
        p = with_shared(with_onsite(random_problem(seed), rng), rng)
        assert p.onsite is not None  # fuel dear enough that nobody generates what need not be
        p = replace(p, onsite=replace(p.onsite, fuel_usd_per_mwh=p.onsite.fuel_usd_per_mwh + 100.0))
        value, listed = optimum(p, whole=False).value, cheapest_by_listing(p)[0]
        assert value == pytest.approx(listed, rel=1e-6, abs=1e-6), seed
        bound += value > optimum(p, whole=False, off=("place_energy",)).value + 1e-6
    assert bound >= 4
