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
from siting.explanation.trial import PlanFound
from siting.explanation.trials import Trials
from siting.progress import Clock
from siting.solver.budget import Budget

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
    nowhere: float | None = None
    """So much of it leaves no plan over any candidate of the study, by prices; None where that is not shown."""

    @property
    def over_all(self) -> bool:
        """Whether it holds over all candidates that no change, or no smaller one, is enough."""
        if self.amount is None:
            return self.decided and self.nowhere is not None
        return self.smaller_fails and self.nowhere is not None and self.nowhere >= (1.0 - STEP) * self.amount


class Smallest:
    """The smallest change of one limit: looked for as long as time is given, gone on with where more is."""

    def __init__(self, q: Question, judge: Judge, limit: NamedLimit, keep: int, clock: Clock) -> None:
        self.limit = limit
        self._ways = [_Sought(q, judge, limit, way, keep, clock) for way in limit.ways]

    @property
    def hopeful(self) -> bool:
        """Whether the elastic matrix does not rule every change of it out."""
        return any(way.hopeful for way in self._ways)

    @property
    def decided(self) -> bool:
        """Whether more time would tell nothing more."""
        return all(way.decided for way in self._ways)

    def seek(self, budget: Budget) -> None:
        """Each way in its share of the time."""
        open_ = [way for way in self._ways if not way.decided]
        for n, way in enumerate(open_):
            way.seek(Budget(budget.left_s / (len(open_) - n)))

    def look_everywhere(self, budget: Budget) -> None:
        """How much of the change that was found is enough nowhere, by prices."""
        found = [way for way in self._ways if way.amount is not None]
        for n, way in enumerate(found):
            way.look_everywhere(Budget(budget.left_s / (len(found) - n)))

    def change(self, budget: Budget) -> Change:
        """The best of the ways: the one that gives way least for its size, with its plan weighed in the time."""
        good = [way for way in self._ways if way.amount is not None]
        if good:
            return min(good, key=lambda way: way.share).change(budget)
        shown = [way.nowhere for way in self._ways if way.nowhere is not None]
        what = "no change of it alone is enough" if self.decided else "no change of it was found in time"
        return Change(
            limit=self.limit,
            words=what,
            amount=None,
            unit="",
            share=math.inf,
            edit=None,
            plan=None,
            smaller=None,
            smaller_fails=False,
            decided=self.decided,
            nowhere=min(shown) if shown and len(shown) == len(self._ways) else None,
        )


class _Sought:
    """The least amount of one way: the elastic matrix hints at it, trials of the study find it."""

    def __init__(self, q: Question, judge: Judge, limit: NamedLimit, way: Way, keep: int, clock: Clock) -> None:
        self._judge, self._limit, self._way = judge, limit, way
        self._trials = Trials(q, way, keep, clock)
        self._hint: Hint | None = None
        self.amount: float | None = None
        """Enough, the least that is known to be."""
        self.smaller_fails = False
        self.decided = False
        self.nowhere: float | None = None
        """So much is not enough over all candidates, by prices."""

    @property
    def hopeful(self) -> bool:
        """Whether the elastic matrix does not rule every amount out."""
        hint = self._hinted()
        return hint.amount is not None or not hint.decided

    def _hinted(self) -> Hint:
        if self._hint is None:
            self._hint = self._judge.smallest(self._way)
        return self._hint

    @property
    def share(self) -> float:
        """The amount over the whole of the quantity."""
        return math.inf if self.amount is None else self.amount / self._way.one

    def seek(self, budget: Budget) -> None:
        """As far as the time lasts."""
        hint = self._hinted()
        self._trials.begin(budget)
        self.amount, self.smaller_fails = self._smallest(hint)
        known = hint.decided or not self._way.amount
        self.decided = self.smaller_fails if self.amount is not None else known and not self._trials.undecided

    def change(self, budget: Budget) -> Change:
        """With the plan of least cost, where the time lasts for it."""
        way, amount, smaller = self._way, self.amount, self.smaller_fails
        assert amount is not None
        return Change(
            limit=self._limit,
            words=way.said(amount),
            amount=amount,
            unit=way.unit,
            share=self.share,
            edit=way.edit(amount),
            plan=self._trials.plan(amount, budget),
            smaller=way.edit(less) if smaller and (less := _less(way, amount)) > 0 and not way.switch else None,
            smaller_fails=smaller,
            decided=smaller,
            nowhere=self.nowhere,
        )

    def _smallest(self, hint: Hint) -> tuple[float | None, bool]:
        """The least amount that is enough, and whether a smaller one is known not to be."""
        way, trials = self._way, self._trials
        if way.switch:
            return (hint.amount or 1.0, True) if trials.enough(hint.amount or 1.0) else (None, False)
        low, high, start = 0.0, None, _start(way, hint.amount)
        guesses = list(_guesses(way, hint.amount))
        if hint.amount is None and hint.decided and trials.of_many and self._none_anywhere(guesses[-1]):
            return None, False
        for guess in guesses:
            if guess <= low:
                continue
            there = trials.enough(guess)
            if there:
                high = guess
                break
            low = guess if there is False else low
        if high is None:
            return None, False
        if trials.wide:
            likely = hint.below if hint.below < _less(way, high) else low
            if likely > low and trials.enough_for_few(least := _rounded(way, likely)):
                high = least
            high, _ = _bisected(way, max(low, likely), high, start, trials.enough_for_few)
            start = high
        return _bisected(way, low, high, start, trials.enough)

    def _none_anywhere(self, most: float) -> bool:
        """Whether not even the largest change that means anything is enough over any candidate, by prices."""
        if math.isfinite(self._way.most) and self._trials.short(most):
            self.nowhere = most
        return self.nowhere is not None

    def look_everywhere(self, budget: Budget) -> None:
        """How much of the amount that was found is enough nowhere: what is a little less, else what prices say."""
        amount, hint = self.amount, self._hint
        if amount is None or hint is None or self._way.switch or (less := _less(self._way, amount)) <= 0.0:
            return
        self._trials.begin(budget)
        if self._trials.short(less):
            self.nowhere = less
        elif (low := min(less, max(hint.below, amount / 2.0))) < less:
            self.nowhere = self._trials.most_short(low, amount)


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
