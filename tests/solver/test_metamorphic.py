"""What must hold between a problem and a changed one: a wider limit never makes the best plan dearer, and a change of
units changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from model_optimum import optimum
from tiny_problems import random_problem

from siting.problem import CANDIDATE_ARRAYS, Problem

SEEDS = range(40)


def _more_money(p: Problem) -> Problem:
    return replace(p, funding_musd=p.funding_musd + 15.0)


def _money_sooner(p: Problem) -> Problem:
    return replace(p, funding_musd=np.full_like(p.funding_musd, p.funding_musd.max()))


def _power_sooner(p: Problem) -> Problem:
    """Every quarter has the MW of the next; the last keeps its own, which is the largest."""
    return replace(p, energized_mw=np.hstack([p.energized_mw[:, 1:], p.energized_mw[:, -1:]]))


def _wider_latency(p: Problem) -> Problem:
    return replace(p, reach=np.ones_like(p.reach), lease_reach=np.ones_like(p.lease_reach))


def _one_more_candidate(p: Problem) -> Problem:
    """A copy of the first candidate that opens at half the cost."""
    more = p.take(np.r_[np.arange(len(p.candidate_id)), 0])
    half = np.where(np.arange(len(more.candidate_id)) == len(p.candidate_id), 0.5, 1.0)[:, None]
    return replace(more, npv_open_musd=half * more.npv_open_musd, opening_cash_musd=half * more.opening_cash_musd)


def _less_demand(p: Problem) -> Problem:
    return replace(p, demand_h100e=0.8 * p.demand_h100e)


def _later_clusters_end(p: Problem) -> Problem:
    """A cluster that ends with its first quarter asks less."""
    return replace(p, cluster_until=p.cluster_from.copy())


def _more_supply(p: Problem) -> Problem:
    return replace(p, supply=p.supply + 2.0)


EASIER: tuple[Callable[[Problem], Problem], ...] = (
    _more_money,
    _money_sooner,
    _power_sooner,
    _wider_latency,
    _one_more_candidate,
    _less_demand,
    _later_clusters_end,
    _more_supply,
)


@pytest.mark.parametrize("change", EASIER, ids=lambda change: change.__name__.strip("_"))
def test_an_easier_problem_never_costs_more(change: Callable[[Problem], Problem]) -> None:
    """Over 40 random problems; one without a plan costs infinity. Some become cheaper, or the test says nothing."""
    cheaper = 0
    for seed in SEEDS:
        p = random_problem(seed)
        before, after = optimum(p).value, optimum(change(p)).value
        assert after <= before + 1e-6 * max(1.0, abs(before)) or after == before, f"seed {seed}: {before} -> {after}"
        cheaper += after < before - 1e-6
    assert cheaper > 0


MONEY = ("_musd", "_cash_factor")


def in_other_units(p: Problem, factor: float) -> Problem:
    """Every amount of money in a unit that is `factor` times smaller; profiles, rates and physical units stay."""
    names = [field.name for field in fields(p) if field.name.endswith(MONEY) or field.name == "usd_per_mwh"]
    return replace(p, **{name: getattr(p, name) * factor for name in names})


@pytest.mark.parametrize("seed", range(25))
def test_money_in_other_units_changes_nothing(seed: int) -> None:
    """In hundredths of a million the same plan costs a hundred times the number."""
    p = random_problem(seed)
    plain, scaled = optimum(p), optimum(in_other_units(p, 100.0))
    if plain.decisions is None:
        assert scaled.decisions is None
        return
    assert scaled.value == pytest.approx(100.0 * plain.value, rel=1e-6)


@pytest.mark.parametrize("seed", range(25))
def test_the_order_of_the_candidates_changes_nothing(seed: int) -> None:
    """Reversed, the same optimum."""
    p = random_problem(seed)
    turned = p.take(np.arange(len(p.candidate_id))[::-1].copy())
    assert set(CANDIDATE_ARRAYS) <= {field.name for field in fields(p)}
    a, b = optimum(p).value, optimum(turned).value
    assert a == b or a == pytest.approx(b, rel=1e-6)
