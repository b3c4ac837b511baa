"""The smallest single change of a limit that makes a plan possible, found on the study itself.

The elastic matrix gives the amount to begin with. The study edited by it must have a plan, and the study edited by a
little less none; where the amount is not exact, the two are brought together by bisection on the study.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from siting.explanation.conflict import Judge
from siting.explanation.limits import Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.trial import Answer, PlanFound, Trial, trial_of
from siting.solver.budget import Budget
from siting.termination import Termination

STEP = 0.01
"""A quantity is known when so much less of the change is not enough."""
DIGITS = 4
"""Digits of an amount that is said: rounding up by less than STEP."""
TRIALS = 24
"""Halvings for one way, at most."""
NEAR = 3.0
"""So few steps from what is not enough, steps are taken one by one."""
FOR_THE_COST = 0.5
"""Share of what is left of the time for the least cost of the plan that a change gives."""
FAR = 10.0
"""A quantity is not looked for beyond so many times itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What a limit would have to be, all others as they are."""

    limit: NamedLimit
    words: str
    amount: float | None
    """None: no single change of this limit is enough, or none was found."""
    unit: str
    share: float
    """The amount over the whole of the quantity, or years of a date; infinite where there is none."""
    edit: Edit | None
    plan: PlanFound | None
    smaller: Edit | None
    """A change that is smaller by a quarter, or 1 %, and was shown to leave no plan; None where there is none."""
    smaller_fails: bool
    """Whether no smaller change is enough: a quarter or 1 % less was shown not to be, or there is nothing less."""
    decided: bool


def smallest_change(q: Question, judge: Judge, limit: NamedLimit, budget: Budget, keep: int) -> Change:
    """The best of the ways of the limit: the one that gives way least for its size."""
    found = [_by_way(q, judge, limit, way, budget, keep) for way in limit.ways]
    good = [change for change in found if change.amount is not None]
    if good:
        return min(good, key=lambda change: change.share)
    decided = all(change.decided for change in found)
    what = "no change of it alone is enough" if decided else "no change of it was found in time"
    return Change(
        limit=limit,
        words=what,
        amount=None,
        unit="",
        share=math.inf,
        edit=None,
        plan=None,
        smaller=None,
        smaller_fails=False,
        decided=decided,
    )


def _by_way(q: Question, judge: Judge, limit: NamedLimit, way: Way, budget: Budget, keep: int) -> Change:
    hint, decided = judge.smallest(way)
    answers: dict[float, Answer | None] = {}
    enough_of: dict[float, Trial] = {}

    def enough(amount: float) -> bool | None:
        """Whether the study has a plan with the change; None where it is not decided. What it refuses is none."""
        if amount not in answers:
            trial = trial_of(q, way.edit(amount), keep)
            answers[amount] = None if trial is None else trial.answer(Budget(budget.left_s / 2.0))
            if trial is not None and (answer := answers[amount]) is not None and answer.plan is not None:
                enough_of[amount] = trial
        answer = answers[amount]
        if answer is None or answer.termination is Termination.INFEASIBLE:
            return False
        return True if answer.plan is not None else None

    amount, smaller = _bisected(way, hint, enough)
    open_ = any(answer is not None and answer.termination is Termination.NO_PLAN_FOUND for answer in answers.values())
    if amount is None:
        return Change(
            limit=limit,
            words="",
            amount=None,
            unit=way.unit,
            share=math.inf,
            edit=None,
            plan=None,
            smaller=None,
            smaller_fails=False,
            decided=(decided or not way.amount) and not open_,
        )
    answer = answers[amount]
    assert answer is not None
    weighed = enough_of[amount].answer(Budget(FOR_THE_COST * budget.left_s), weigh=True)
    answer = answer if weighed.plan is None else weighed
    return Change(
        limit=limit,
        words=way.said(amount),
        amount=amount,
        unit=way.unit,
        share=amount / way.one,
        edit=way.edit(amount),
        plan=answer.plan,
        smaller=way.edit(less) if smaller and (less := _less(way, amount)) > 0 and not way.switch else None,
        smaller_fails=smaller,
        decided=smaller,
    )


def _bisected(way: Way, hint: float | None, enough: Callable[[float], bool | None]) -> tuple[float | None, bool]:
    """The least amount that is enough, and whether a smaller one is known not to be."""
    if way.switch:
        return (hint or 1.0, True) if enough(hint or 1.0) else (None, False)
    low, high = 0.0, None
    for guess in _guesses(way, hint):
        if guess <= low:
            continue
        if there := enough(guess):
            high = guess
            break
        if there is None:
            return None, False
        low = guess
    if high is None:
        return None, False
    for _ in range(TRIALS):
        smaller = _less(way, high)
        if smaller <= low:
            return high, True
        near = high - low <= NEAR * (high - smaller) or high == _start(way, hint)
        guess = smaller if near else _rounded(way, (low + high) / 2.0)
        if (there := enough(min(guess, smaller))) is None:
            return high, False
        if there:
            high = min(guess, smaller)
        else:
            low = min(guess, smaller)
    return high, False


def _start(way: Way, hint: float | None) -> float | None:
    return None if hint is None else min(_rounded(way, hint), way.most)


def _guesses(way: Way, hint: float | None) -> Iterator[float]:
    """What the matrix hints at, a little more, twice as much, then as much as means anything."""
    far = way.most if math.isfinite(way.most) else FAR * max(way.one, hint or 0.0)
    start = _start(way, hint)
    if start is not None:
        for more in (start, start + 1.0 if way.unit == "quarters" else 1.05 * start, 2.0 * start):
            yield min(_rounded(way, more), far)
    yield _rounded(way, far) if way.whole else far


def _less(way: Way, amount: float) -> float:
    """A change that is smaller by a quarter, by one, or by 1 %."""
    if way.unit == "quarters":
        return amount - 1.0
    if way.whole:
        return float(min(amount - 1.0, math.ceil((1.0 - STEP) * amount)))
    return (1.0 - STEP) * amount


def _rounded(way: Way, amount: float) -> float:
    """Up, to what is said."""
    if amount <= 0.0:
        return 1.0 if way.whole else way.one * 10.0**-DIGITS
    if way.whole:
        return float(math.ceil(amount - 1e-6))
    unit = 10.0 ** (math.floor(math.log10(amount)) + 1 - DIGITS)
    return float(math.ceil(amount / unit * (1.0 - 1e-9)) * unit)
