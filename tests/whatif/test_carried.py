"""Bounds that are carried over to changed inputs never lie above the optimum there, found anew by the whole model."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from model_optimum import least_cost
from random_mix import mixed_problem
from tiny_problems import random_problem

from siting.pricing import parts_without_price
from siting.problem import Problem
from siting.problem.limits import CountedSum, LimitRow, OwnLimits
from siting.solver.everyone import price_everyone
from siting.solver.highs import Options
from siting.whatif.carried import by_multipliers, carried
from siting.whatif.loosened import CASH, COSTS, LESS, MORE, NEEDS_LESS, NEEDS_MORE, dearer, loosened

OPTIONS = Options(gap=1e-4, threads=1, time_limit_s=20.0)
CHANGED = (*COSTS, *CASH, *LESS, *MORE, *NEEDS_MORE, *NEEDS_LESS, "pue_peak", "cluster_from", "pod_it_mw")


def changed(p: Problem, rng: np.random.Generator) -> Problem:
    """One to three arrays all larger, all smaller or mixed, by up to a fifth; numbers of quarters by one."""
    found = {}
    for name in rng.choice(CHANGED, size=int(rng.integers(1, 4)), replace=False).tolist():
        value = getattr(p, name)
        if value is None or np.size(value) == 0:
            continue
        low, high = ((0.8, 1.25), (1.0, 1.25), (0.8, 1.0))[int(rng.integers(3))]
        if np.ndim(value) == 0:
            found[name] = type(value)(value * rng.uniform(low, high))
        elif value.dtype == bool:
            found[name] = value & (rng.random(value.shape) < 0.8)
        elif value.dtype.kind == "i":
            step = rng.integers(-1 if low < 1.0 else 0, 2 if high > 1.0 else 1, value.shape)
            least = 1 if name in ("modules_max", "modules_first") else 0
            most = p.quarters - 1 if name in ("cluster_from", "cluster_until") else None
            found[name] = np.clip(np.where(value > 0, value + step, value), least, most)
        else:
            found[name] = value * rng.uniform(low, high, value.shape)
    return replace(p, **found)


def checked(seed: int) -> str:
    """Rule by which a bound was carried over; empty where none applied. Fails where it lies above the optimum."""
    old = replace(mixed_problem(seed), watched=("npv_cost",), goals=(), objective="npv_cost")
    new = changed(old, np.random.default_rng([77, seed]))
    known = least_cost(old)
    if known is None:
        return ""
    found = carried(old, new, known, None, OPTIONS)
    if found.bound_musd is None:
        return ""
    optimum = least_cost(new)
    assert optimum is None or found.bound_musd <= optimum + 1e-5 * max(1.0, abs(optimum)), (found, optimum)
    return found.rule


def test_no_bound_lies_above_the_optimum_of_the_changed_problem() -> None:
    """45 random problems with arrays changed at random: a bound is carried over for 5 of them at least, and is nowhere
    above what the whole model finds."""
    rules = [checked(seed) for seed in range(45)]
    assert sum(map(bool, rules)) >= 5
    assert "a cut" in rules


def test_old_multipliers_give_a_bound_for_every_change() -> None:
    """Multipliers of the relaxation of 40 random problems, priced with arrays changed at random, looser ones too: never
    above what the whole model finds, and with nothing changed what they gave before."""
    priced = 0
    for seed in range(40):
        old = replace(mixed_problem(seed), watched=("npv_cost",), goals=(), objective="npv_cost")
        if parts_without_price(old) or old.crowd is not None:
            continue
        everyone = price_everyone(old, np.arange(len(old.candidate_id)), OPTIONS)
        if everyone is None:
            continue
        saved = everyone.prices.as_lists()
        same, new = by_multipliers(old, saved), changed(old, np.random.default_rng([78, seed]))
        assert same is not None
        if old.grid is None or not len(old.grid.room_mw):
            assert same.least == pytest.approx(everyone.bound.least, rel=1e-9, abs=1e-9)
        found, optimum = by_multipliers(new, saved), least_cost(new)
        if found is not None and optimum is not None:
            priced += 1
            assert found.least <= optimum + 1e-5 * max(1.0, abs(optimum)), seed
    assert priced >= 8


@pytest.mark.parametrize(
    ("name", "factor", "looser"),
    [
        ("funding_musd", 0.9, ()),
        ("funding_musd", 1.1, ("funding_musd",)),
        ("demand_h100e", 1.1, ()),
        ("demand_h100e", 0.9, ("demand_h100e",)),
        ("npv_module_musd", 0.9, ()),
        ("npv_run_musd", 0.9, ("energy paid by quarter",)),
        ("pod_it_mw", 1.1, ("pod_it_mw",)),
    ],
)
def test_what_is_looser_is_named(name: str, factor: float, looser: tuple[str, ...]) -> None:
    """Less money and more demand are tighter; a cost of the objective alone may fall; energy that
    is cheaper leaves money; what has no side of its own must be equal."""
    p = random_problem(4)
    assert p.demand_h100e.size and p.npv_run_musd.size
    assert loosened(p, replace(p, **{name: getattr(p, name) * factor})) == looser


def test_a_new_array_of_a_problem_is_no_limit_until_it_is_said_to_be_one() -> None:
    """Every field of a problem is compared: one that differs and is in no list is named."""
    p = random_problem(4)
    listed = {*COSTS, *CASH, *LESS, *MORE, *NEEDS_MORE, *NEEDS_LESS}
    arrays = {f.name for f in dataclasses.fields(p) if isinstance(getattr(p, f.name), np.ndarray)}
    for name in sorted(arrays - listed - {"usd_per_mwh", "mwh_per_it_mw", "co2_t_per_mwh"}):
        value = getattr(p, name)
        if value.size and value.dtype.kind in "if":
            assert name in loosened(p, replace(p, **{name: value + 1})), name


def test_the_old_bound_holds_as_it_was_where_everything_costs_more() -> None:
    """A price of accelerators that rises by a tenth makes no plan cheaper; one that falls does."""
    p = random_problem(5)
    more = replace(p, npv_pod_musd=p.npv_pod_musd * 1.1)
    assert (p.npv_pod_musd > 0).all()
    assert dearer(p, more) and not dearer(more, p)
    known = least_cost(p)
    assert known is not None
    found = carried(p, more, known, None, OPTIONS)
    assert found.bound_musd is not None and found.bound_musd >= known * (1.0 - 1e-5)


def test_dearer_pods_meet_a_least_capital_spending_sooner() -> None:
    """A limit asks for 20 MUSD of capital at least. Pods at one and a half times the price meet it with fewer of them:
    the optimum falls (77.2 to 74.1, and 22.5 to 21.0), so the old bound must not be taken over."""
    for seed in (39, 48):
        p = random_problem(seed)
        i, g, t, *_ = p.size
        everything = {"sites": np.ones(i, bool), "kinds": np.ones(g, bool), "quarters": np.ones(t, bool)}
        part = CountedSum(factor=1.0, quantity="capex_musd", **everything)
        row = LimitRow(name="least capital", sums=(part,), sense=">=", bound=20.0)
        old = replace(p, limits=OwnLimits(rows=(row,)))
        new = replace(old, pod_price_musd=1.5 * old.pod_price_musd)
        known, optimum = least_cost(old), least_cost(new)
        assert known is not None and optimum is not None and optimum < known - 1.0
        assert loosened(old, new) == ("pod_price_musd",)
        assert carried(old, new, known, None, OPTIONS).bound_musd is None
