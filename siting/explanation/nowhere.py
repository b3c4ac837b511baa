"""How much of a change no place at all does without: a bound of the needed change from a few relaxations.

With prices of the limits that candidates share, the study changed by an amount a is short of them by S(a) over all
candidates (`siting.solver.shortage`): where S(a) > 0 no plan is there, wherever one looks. For fixed prices S falls as
a grows; where it would be nothing the next relaxation is made (Newton's method, from below: each amount on the way is
proved by prices of its own, so that nothing hangs on the shape of S).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from siting.pricing import parts_without_price
from siting.problem import IntArray, Problem
from siting.reduction.screen import screen
from siting.solver.budget import PRICED_A_SECOND, Budget
from siting.solver.everyone import Everyone
from siting.solver.highs import Options
from siting.solver.shortage import LEAST, short_of_everyone, shortage

LIKELY = 40
"""Candidates that pricing begins with."""
STEPS = 4
"""Relaxations for one change, at most."""
SHORT_OF_IT = 2e-3
"""Share of a step that is left out: at its very end nothing is short any more."""
FARTHER = 5e-3
"""Share of the amount below which one more step is not worth a relaxation."""


def proved_short(
    p: Problem, options: Options, budget: Budget, share: float = 1.0, rows: IntArray | None = None
) -> Everyone | None:
    """Prices that show that `p` has no plan over any candidate; None where none were found. share: of the budget. rows:
    candidates to begin with, those that look best unless given."""
    if parts_without_price(p) or budget.left_s * PRICED_A_SECOND < 2 * len(p.candidate_id):
        return None
    rows = screen(p, LIKELY).rows if rows is None else rows
    found = short_of_everyone(p, rows, budget.of(options, share))
    return found if found is not None and found.bound.least > LEAST else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Priced:
    """Studies with a change of some amount, over all candidates."""

    problem_of: Callable[[float], Problem | None]
    """None where the study refuses the change."""
    options: Options

    def short(self, amount: float, budget: Budget, rows: IntArray | None = None) -> Everyone | None:
        """Prices that show that the amount leaves no plan over any candidate; None where none were found."""
        problem = self.problem_of(amount)
        return None if problem is None else proved_short(problem, self.options, budget, rows=rows)

    def most_short(self, low: float, enough: float, whole: bool, budget: Budget) -> float | None:
        """The largest amount found, from `low` on, that leaves no plan over any candidate; None where `low` is not
        shown to. enough: an amount that is."""
        at = math.floor(low) if whole else low
        found = self.short(at, budget)
        looser = None if found is None else self.problem_of(enough)
        if found is None or looser is None:
            return None if found is None else at
        open_ = enough
        for _ in range(STEPS):
            here, there = found.bound.least, shortage(looser, found.multipliers)
            root = at + (1.0 - SHORT_OF_IT) * (enough - at) * here / max(here - there, here)
            further = root if root < open_ else (at + open_) / 2.0
            further = math.floor(further) if whole else further
            if further < (1.0 + FARTHER) * at:
                break
            if (after := self.short(further, budget, found.rows)) is None:
                open_ = further
            else:
                at, found = further, after
        return at
