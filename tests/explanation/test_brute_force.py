"""Answers to questions about a plan agree with a list of all plans of small random studies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from listing import cheapest_by_listing
from question_studies import random_study
from random_whole import whole_study

from siting import run
from siting.errors import InputError
from siting.explanation.change import FIGURES, changed
from siting.explanation.exclusion import why_not
from siting.explanation.ground import Ground, ground_of
from siting.explanation.loosened import limits_of
from siting.explanation.price import limit_prices
from siting.plan import Plan
from siting.problem import Problem
from siting.tables.read import read_tables

SEEDS = (0, 5, 14)
"""Draws that have a plan: own campuses at one place, or a lease; seed 5 lacks the money to own."""


@cache
def tables():
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Plan]:
    """The plans of the studies, by seed."""
    folder: Path = tmp_path_factory.mktemp("studies")
    found = {}
    for seed in SEEDS:
        (folder / str(seed)).mkdir()
        found[seed] = run.solve(random_study(seed, folder / str(seed)), tables=tables())
    return found


def least(p: Problem, with_site: int | None = None) -> float:
    """Least cost of the list, pods and GPUs whole; infinity where it is empty."""
    return cheapest_by_listing(p, True, with_site=with_site)[0]


def test_forcing_a_place_in_costs_what_the_list_says(plans: dict[int, Plan]) -> None:
    """The best listed plan with the place less the best of all lies inside what is proved, and is the point."""
    asked = 0
    for plan in plans.values():
        for name in sorted({"west", "north"} - set(plan.sites["candidate"])):
            found = why_not(plan, name, changes=False, tables=tables())
            ground = ground_of(plan, [name], tables=tables())
            true = least(ground.problem, ground.row(name)) - least(ground.problem)
            asked += 1
            assert found.cost is not None and found.cost.point == pytest.approx(true, abs=1e-4)
            assert found.cost.low - 1e-4 <= true <= found.cost.high + 1e-4
    assert asked == 4


def test_the_smallest_change_brings_the_place_in_and_less_does_not(plans: dict[int, Plan]) -> None:
    """With the change a listed plan that opens the place costs no more than the best one before it; with 1 % less, or a
    quarter less, none does. A figure of which no change does: not with the largest either."""
    brought, hopeless = 0, 0
    found = why_not(plans[5], "west", tables=tables())
    ground = ground_of(plans[5], ["west"], tables=tables())
    best = least(ground.problem)
    for change in found.changes:
        assert change.complete
        if change.needed is None:
            hopeless += 1
            assert _with(ground, "west", change.figure, change.most) > best + 1e-6
            continue
        brought += 1
        assert _with(ground, "west", change.figure, change.needed) <= best + 1e-4
        fewer = change.needed - 1 if change.unit == "quarters" else 0.99 * change.needed
        assert _with(ground, "west", change.figure, fewer) > best
    assert brought and hopeless


def _with(ground: Ground, name: str, figure: str, amount: float) -> float:
    """Least cost of the plans that open the place with its figure changed."""
    which = next(known for known in FIGURES if known.name == figure)
    p = ground.with_figures(changed(ground.few.usable, name, which, amount))
    return least(p, ground.row(name))


@pytest.mark.parametrize(
    ("seed", "names", "step"),
    [(0, (), 1.0), (14, (), 0.5), (5, ("money",), 30.0)],
)
def test_prices_are_the_differences_of_lists(
    plans: dict[int, Plan], seed: int, names: tuple[str, ...], step: float
) -> None:
    """Every limit of a study (or all money), loosened or tightened: the price is the difference of two lists over the
    step, and inside what is proved. Some limit has one."""
    plan = plans[seed]
    ground = ground_of(plan, tables=tables())
    limits = {limit.key: limit for limit in limits_of(ground, step)}
    found = limit_prices(plan, names or list(limits), step=step, tables=tables())
    best, prices = least(ground.problem), []
    for price in found.prices:
        limit = limits[price.key]
        other = least(limit.change(price.step))
        if price.no_plan:
            assert other == np.inf
            continue
        assert price.price is not None
        true = (other - best if limit.tighter else best - other) / price.step
        assert price.price.point == pytest.approx(true, abs=1e-4), price.key
        assert price.price.low - 1e-4 <= true <= price.price.high + 1e-4, price.key
        prices.append(true)
    assert max(prices) > 1e-3


def test_power_a_quarter_sooner_may_cost(tmp_path: Path) -> None:
    """A campus with terms of a large load: with power one quarter sooner the terms begin sooner, and the least cost
    found by the whole model rises from 69.236 to 69.262. The price says so; it is no saving of nothing."""
    plan = run.solve(whole_study(44, tmp_path), tables=tables())
    (price,) = limit_prices(plan, ["energization:p1"], tables=tables()).prices
    assert price.price is not None and price.price.point is not None
    assert price.price.low <= price.price.point <= price.price.high < -0.02
    assert price.lp_musd is not None and price.lp_musd < 0.0
    with pytest.raises(InputError, match="step: found 2; expected 1"):
        limit_prices(plan, ["energization:p1"], step=2.0, tables=tables())
    assert "costs 0.026 MUSD" in str(price)
