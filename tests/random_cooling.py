"""Halls of a second cooling class on a random problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from siting.problem import Problem
from siting.problem.cooling import Annexes
from siting.problem.shared import Shared


def with_cooling(p: Problem, rng: np.random.Generator) -> Problem:
    """The first candidate gets an annex of another PUE, cost and class, of at most two modules; both share its place.

    Each class holds one accelerator that the other does not, or both hold all. Conversions are free, cheap, or there
    are none; works take a quarter or none. Three candidates are too many to list with a fourth.
    """
    count, t = len(p.candidate_id), p.quarters
    if count > 2 or p.annex is not None:
        return p
    wide = p.take(np.r_[np.arange(count), 0])
    ids = wide.candidate_id.copy()
    ids[count] = "c0/other"
    most, first = wide.modules_max.copy(), wide.modules_first.copy()
    pue = wide.pue_peak.copy()
    pue[count] *= float(rng.choice([0.9, 1.15]))
    most[0], most[count], first[count] = min(int(most[0]), 3), min(int(most[0]), 2), 1
    scale = float(rng.choice([0.4, 0.8, 1.2]))
    factor, worth = wide.module_cash_factor.copy(), wide.npv_module_musd.copy()
    factor[count], worth[count] = factor[count] * scale, worth[count] * scale
    free = {name: getattr(wide, name).copy() for name in ("npv_open_musd", "opening_cash_musd")}
    for array in free.values():
        array[count] = 0.0
    main = np.full(count + 1, -1, dtype=np.int64)
    main[count] = 0
    carried = float(rng.uniform(0.7, 1.3)) * most[0] * p.module_it_mw * pue[0]
    inside = np.isin(np.arange(count + 1), [0, count])
    return dataclasses.replace(
        wide,
        candidate_id=ids,
        pue_peak=pue,
        modules_max=most,
        modules_first=first,
        module_cash_factor=factor,
        npv_module_musd=worth,
        shared=Shared(
            place=np.where(inside, 0, -1),
            standing_mw=np.where(inside, carried, most * p.module_it_mw * pue),
            energized_mw=wide.energized_mw.copy(),
        ),
        annex=_annexes(p, main, rng, t),
        **free,
    )


def _annexes(p: Problem, main: np.ndarray, rng: np.random.Generator, t: int) -> Annexes:
    works, price = int(rng.integers(0, 2)), float(rng.choice([0.0, 0.5, 2.0]))
    cash = np.zeros((t, t))
    for done in range(works, t):
        cash[done, done - works] = price
    kinds = len(p.accelerator)
    allowed = np.ones((len(main), kinds), dtype=bool)
    if rng.random() < 0.8:
        other = int(rng.integers(0, kinds))
        allowed[main < 0, other] = kinds > 1 and rng.random() < 0.2
        allowed[main >= 0] = False
        allowed[main >= 0, other] = True
    never = rng.random() < 0.25
    return Annexes(
        main=main,
        allowed=allowed,
        conversion_musd=None if never else cash,
        conversion_left_musd=np.zeros(t) if never else np.where(np.arange(t) >= works, 0.3 * price, 0.0),
        conversion_quarters=works,
    )
