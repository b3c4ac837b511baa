"""The smallest single change of a limit that makes a plan possible, found on the study itself.

The elastic matrix gives the amount to begin with. The study edited by it must have a plan, and the study edited by a
little less none; where the amount is not exact, the two are brought together by bisection on the study.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from siting.explanation.conflict import Hint, Judge
from siting.explanation.limits import Edit, NamedLimit, Way
from siting.explanation.question import Question
from siting.explanation.trial import Answer, PlanFound, Trial, trial_of
from siting.solver.budget import Budget
from siting.termination import Termination

STEP = 0.01
"""A quantity is known when so much less of the change is not enough."""
DIGITS = 4
"""Digits of an amount that is said: rounding up by less than STEP."""
WHOLE = 1e-6
"""Part of a count, and of one, that is rounding."""
TRIALS = 24
"""Halvings for one way, at most."""
NEAR = 3.0
"""So few steps from what is not enough, steps are taken one by one."""
FOR_THE_COST = 0.5
"""Share of what is left of the time for the least cost of the plan that a change gives."""
FEW = 6
"""Candidates of the screen among which a quantity is narrowed down in a wide study, before more are looked at."""
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


class _Trials:
    """The study with the change of one way, by amount. In a wide study the candidates are those that the first plan was
    found among, from then on."""

    def __init__(self, q: Question, way: Way, budget: Budget, keep: int) -> None:
        self._q, self._way, self._budget, self._keep = q, way, budget, keep
        self._among: frozenset[str] | None = None
        self._few: frozenset[str] | None = None
        self._of: dict[float, tuple[Trial | None, Answer | None]] = {}

    def enough(self, amount: float) -> bool | None:
        """Whether there is a plan with the change; None where it is not decided. What the study refuses is none."""
        if amount not in self._of:
            self._of[amount] = self._asked(amount, self._among)
        trial, answer = self._of[amount]
        if answer is None or answer.termination is Termination.INFEASIBLE:
            return False
        if answer.plan is None:
            return None
        if trial is not None and self._among is None and self._q.wide and trial.divides:
            self._among, self._few = trial.names(), trial.names(FEW) | frozenset(answer.plan.sites)
        return True

    def enough_for_few(self, amount: float) -> bool | None:
        """The same over the sites of the first plan and a few beside them: "no" is a guess."""
        if amount in self._of or self._few is None:
            return self.enough(amount)
        asked = self._asked(amount, self._few)
        if asked[1] is None or asked[1].plan is None:
            return False
        self._of[amount] = asked
        return True

    def _asked(self, amount: float, among: frozenset[str] | None) -> tuple[Trial | None, Answer | None]:
        trial = trial_of(self._q, self._way.edit(amount), self._keep, among)
        return trial, None if trial is None else trial.answer(Budget(self._budget.left_s / 2.0))

    @property
    def wide(self) -> bool:
        """Whether a few candidates are looked at first."""
        return self._few is not None

    @property
    def undecided(self) -> bool:
        """Whether the time ended one of them."""
        answers = [answer for _, answer in self._of.values() if answer is not None]
        return any(answer.termination is Termination.NO_PLAN_FOUND for answer in answers)

    def plan(self, amount: float) -> PlanFound | None:
        """A plan with the change, of least cost where the time lasts for it."""
        trial, answer = self._of[amount]
        assert trial is not None and answer is not None
        weighed = trial.answer(Budget(FOR_THE_COST * self._budget.left_s), weigh=True)
        return answer.plan if weighed.plan is None else weighed.plan


def _by_way(q: Question, judge: Judge, limit: NamedLimit, way: Way, budget: Budget, keep: int) -> Change:
    hint = judge.smallest(way)
    trials = _Trials(q, way, budget, keep)
    amount, smaller = _smallest(way, hint, trials)
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
            decided=(hint.decided or not way.amount) and not trials.undecided,
        )
    return Change(
        limit=limit,
        words=way.said(amount),
        amount=amount,
        unit=way.unit,
        share=amount / way.one,
        edit=way.edit(amount),
        plan=trials.plan(amount),
        smaller=way.edit(less) if smaller and (less := _less(way, amount)) > 0 and not way.switch else None,
        smaller_fails=smaller,
        decided=smaller,
    )


def _smallest(way: Way, hint: Hint, trials: _Trials) -> tuple[float | None, bool]:
    """The least amount that is enough, and whether a smaller one is known not to be."""
    if way.switch:
        return (hint.amount or 1.0, True) if trials.enough(hint.amount or 1.0) else (None, False)
    low, high = 0.0, None
    for guess in _guesses(way, hint.amount):
        if guess <= low:
            continue
        there = trials.enough(guess)
        if there:
            high = guess
            break
        low = guess if there is False else low
    if high is None:
        return None, False
    start = _start(way, hint.amount)
    if trials.wide:
        likely = hint.below if hint.below < _less(way, high) else low
        if likely > low and trials.enough_for_few(least := _rounded(way, likely)):
            high = least
        high, _ = _bisected(way, max(low, likely), high, start, trials.enough_for_few)
        start = high
    return _bisected(way, low, high, start, trials.enough)


def _bisected(
    way: Way, low: float, high: float, start: float | None, enough: Callable[[float], bool | None]
) -> tuple[float, bool]:
    """The least amount above `low`, which is not enough, up to `high`, which is; and whether a smaller one is known not
    to be. start: an amount that is likely the least."""
    for _ in range(TRIALS):
        smaller = _less(way, high)
        if smaller <= low:
            return high, True
        near = high - low <= NEAR * (high - smaller) or high == start
        guess = smaller if near else _rounded(way, math.sqrt(low * high) if FAR * low > high else (low + high) / 2.0)
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
        return float(math.ceil(amount * (1.0 - WHOLE) - WHOLE))
    unit = 10.0 ** (math.floor(math.log10(amount)) + 1 - DIGITS)
    return float(math.ceil(amount / unit * (1.0 - 1e-9)) * unit)
