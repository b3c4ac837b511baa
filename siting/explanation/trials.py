"""The study with the change of one way, by amount: whether there is a plan, over the candidates that are looked at; and
whether prices prove that there is none over all."""

from __future__ import annotations

from siting.aims import options_of
from siting.explanation.limits import Way
from siting.explanation.nowhere import Priced
from siting.explanation.question import Question
from siting.explanation.trial import Answer, PlanFound, Trial, trial_of
from siting.problem import Problem
from siting.progress import Clock
from siting.solver.budget import Budget
from siting.termination import Termination

FEW = 6
"""Candidates of the screen among which a quantity is narrowed down in a wide study, before more are looked at."""
AT_ONCE = 0.5
"""Share of what is left of the time that one trial may take."""


class Trials:
    """Trials of one way. In a wide study the candidates are those that the first plan was found among, from then on."""

    def __init__(self, q: Question, way: Way, keep: int, clock: Clock) -> None:
        self._q, self._way, self._keep, self._clock = q, way, keep, clock
        self._budget = Budget(0.0)
        self._among: frozenset[str] | None = None
        self._few: frozenset[str] | None = None
        self._of: dict[float, tuple[Trial | None, Answer | None]] = {}
        self._not_for_few: set[float] = set()
        self.undecided = False
        """Whether the time ended one of them."""

    def begin(self, budget: Budget) -> None:
        """Go on, in so much time: what was not decided is asked again."""
        self._budget, self.undecided = budget, False

    def enough(self, amount: float) -> bool | None:
        """Whether there is a plan with the change; None where it is not decided. What the study refuses is none."""
        if amount not in self._of:
            asked = self._asked(amount, self._among)
            if asked is None:
                return None
            self._of[amount] = asked
        trial, answer = self._of[amount]
        if answer is None or answer.termination is Termination.INFEASIBLE:
            return False
        assert trial is not None and answer.plan is not None
        if self._among is None and self._q.wide and trial.divides:
            self._among, self._few = trial.names(), trial.names(FEW) | frozenset(answer.plan.sites)
        return True

    def enough_for_few(self, amount: float) -> bool | None:
        """The same over the sites of the first plan and a few beside them: "no" is a guess."""
        if amount in self._of or self._few is None:
            return self.enough(amount)
        asked = None if amount in self._not_for_few else self._asked(amount, self._few)
        if asked is None:
            return False if amount in self._not_for_few else None
        if asked[1] is None or asked[1].plan is None:
            self._not_for_few.add(amount)
            return False
        self._of[amount] = asked
        return True

    def _asked(self, amount: float, among: frozenset[str] | None) -> tuple[Trial | None, Answer | None] | None:
        """The trial and its answer, none where the study refuses it; None where the time ended it."""
        if not self._budget.left_s:
            self.undecided = True
            return None
        self._clock.say(f"is {self._way.said(amount)} enough?")
        trial = trial_of(self._q, self._way.edit(amount), self._keep, among)
        if trial is None:
            return None, None
        answer = trial.answer(Budget(AT_ONCE * self._budget.left_s))
        if answer.termination is Termination.NO_PLAN_FOUND:
            self.undecided = True
            return None
        return trial, answer

    @property
    def of_many(self) -> bool:
        """Whether there are candidates beside those that are looked at."""
        return self._q.wide

    @property
    def wide(self) -> bool:
        """Whether a few candidates are looked at first."""
        return self._few is not None

    def short(self, amount: float) -> bool:
        """Whether prices show that the change leaves no plan over any candidate."""
        self._clock.say(f"is {self._way.said(amount)} enough anywhere?")
        return self._over_all().short(amount, Budget(AT_ONCE * self._budget.left_s)) is not None

    def most_short(self, low: float, enough: float) -> float | None:
        """The largest amount from `low` on of which prices show that; `enough` gives a plan."""
        self._clock.say(f"how much less than {self._way.said(enough)} is enough nowhere?")
        return self._over_all().most_short(low, enough, self._way.whole, self._budget)

    def _over_all(self) -> Priced:
        def problem_of(amount: float) -> Problem | None:
            trial = trial_of(self._q, self._way.edit(amount), self._keep)
            return None if trial is None else trial.assembled.problem

        return Priced(problem_of=problem_of, options=options_of(self._q.study))

    def plan(self, amount: float, budget: Budget) -> PlanFound | None:
        """A plan with the change, of least cost where the time lasts for it."""
        trial, answer = self._of[amount]
        assert trial is not None and answer is not None
        if not budget.left_s:
            return answer.plan
        self._clock.say(f"a plan with {self._way.said(amount)}")
        weighed = trial.answer(budget, weigh=True)
        return answer.plan if weighed.plan is None else weighed.plan
