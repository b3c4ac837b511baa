"""Which limits: the least total violation, and a minimal set that no plan keeps together.

The set is found by deletion: limits are let go, many at a time, and stay so while there is still no plan; first where
nothing need be whole, which is quick, then as it is. What is left
cannot hold together whatever becomes of all others, and without any one of it there is a plan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from siting.explanation.elastic import Elastic, total
from siting.explanation.limits import NamedLimit, Way
from siting.explanation.of_network import Lines
from siting.problem import FloatArray
from siting.progress import Clock
from siting.solver.budget import Budget
from siting.solver.highs import Options, Outcome
from siting.termination import Termination

SEARCHES = 40
"""About so many searches for a plan are made: each has its part of the time."""
FOR_THE_LEAST, FOR_THE_LEAST_OF_MANY = 0.2, 0.05
"""Share of the time for the least violation; with many candidates a single change is soon less than what it finds."""
A_SECOND = 1.0
"""Least seconds of a search while there are so many."""
ROUNDS = 12
"""Searches until a plan overloads no line that is no limit yet."""
CLOSE = 0.005
"""Least violations are known when their bound is no farther away: less than what a change is known to."""
NEGLIGIBLE = 1e-6
"""Violation, in normalised units, that is rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Violation:
    """How far one limit gives way where all of them give way least in sum."""

    limit: NamedLimit
    amount: float
    unit: str
    share: float
    """Of the whole of the quantity, or years of a date."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Least:
    """The elastic pass."""

    violations: tuple[Violation, ...]
    termination: Termination
    bound: float | None
    """No plan breaks the limits by less in sum, in normalised units."""
    first: tuple[NamedLimit, ...] = ()
    """Limits that give way; where the least is not known, of that where nothing need be whole: this does not hang on
    the time."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conflict:
    """Limits that cannot hold together."""

    members: tuple[NamedLimit, ...]
    decided: bool
    """Whether every search of it ended: else members may be there that need not be. They cannot hold together either
    way, as only what was proved to leave no plan was let go."""


NOT_ASKED = Outcome(
    termination=Termination.NO_PLAN_FOUND, limit="time_limit", x=None, value=None, bound=None, nodes=0, seconds=0.0
)
"""What is known of a search for which no time is left."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What the elastic matrix says of the least amount of one way."""

    amount: float | None
    """With it there is a plan; None: none was found."""
    decided: bool
    """Whether it is the least, or no amount is enough."""
    below: float = 0.0
    """Less than this is not enough even where nothing need be whole."""


class Judge:
    """Asks the elastic matrix for plans, within a budget."""

    def __init__(
        self,
        e: Elastic,
        limits: Sequence[NamedLimit],
        lines: Lines | None,
        budget: Budget,
        options: Options,
        clock: Clock | None = None,
    ) -> None:
        self.limits = (*limits, *([] if lines is None else [lines.limit]))
        self._e, self._lines, self._budget, self._options = e, lines, budget, options
        self._clock = clock or Clock(None)
        self.searches = 0

    def _part(self, share: float) -> Budget:
        """A share of what is left, a second where that is less, never more than there is."""
        left = self._budget.left_s
        return Budget(min(max(A_SECOND, share * left), left))

    def least(self) -> Least:
        """The least sum of violations over all limits, each in its own unit of one."""
        self._clock.say("the least that gives way in sum")
        cost: dict[int, float] = {}
        free: set[int] = set()
        for limit in self.limits:
            for way in limit.ways:
                amount = way.amount or tuple((column, way.one) for column in limit.release)
                free |= {*(column for column, _ in amount), *way.also}
                for column, weight in amount:
                    cost[column] = max(cost.get(column, 0.0), weight / way.one)
        relaxed, point = self._relaxed(free, cost) or (0.0, None)
        found = self._cheapest(free, FOR_THE_LEAST if self._e.whole else FOR_THE_LEAST_OF_MANY, cost)
        seen = () if found.x is None else tuple(_violations(self.limits, found.x))
        optimal = found.termination is Termination.OPTIMAL
        first = seen if optimal or point is None else tuple(_violations(self.limits, point))
        return Least(
            violations=seen,
            termination=found.termination,
            bound=found.bound if math.isinf(relaxed) else max(relaxed, found.bound or 0.0),
            first=tuple(violation.limit for violation in first),
        )

    def minimal(self, first: Iterable[NamedLimit]) -> Conflict | None:
        """A minimal set, from the limits of `first` where they are enough; no member, and not decided, where it is not
        even known that there is no plan. None: no plan without any limit."""
        if self.has_plan(self.limits) is not False:
            return Conflict(members=(), decided=False)
        if (there := self.has_plan(())) is not True:
            return None if there is False else Conflict(members=(), decided=False)
        wanted = {limit.name for limit in first}
        last = [limit for limit in self.limits if limit.name in wanted]
        open_ = [*reversed([limit for limit in self.limits if limit.name not in wanted]), *reversed(last)]
        self._clock.say(f"which of {len(open_)} limits cannot hold together")
        size = max(1, len(open_) - len(last))
        if self._relaxed_plan(open_) is False:  # what fractions of everything cannot keep is enough, and quick to find
            open_, _ = _deleted(open_, size, self._relaxed_plan)
            size = 1
        self._clock.say(f"which of {len(open_)} limits cannot hold together")
        kept, decided = _deleted(open_, size, self.has_plan)
        if decided:
            decided = self.has_plan(kept) is False
        return Conflict(members=tuple(limit for limit in self.limits if limit in kept), decided=decided)

    def _relaxed_plan(self, in_force: Iterable[NamedLimit]) -> bool | None:
        """As `has_plan` where nothing need be whole: "no" holds for whole plans too."""
        found = self._relaxed(self._released(in_force))
        return None if found is None else found[1] is not None

    def _relaxed(
        self, free: set[int], cost: Mapping[int, float] | None = None
    ) -> tuple[float, FloatArray | None] | None:
        part = self._part(2.0 / SEARCHES)
        if not part.limit_s:
            return None
        self.searches += 1
        return self._e.relaxed(free, part.of(self._options), cost)

    def has_plan(self, in_force: Iterable[NamedLimit]) -> bool | None:
        """Whether there is a plan with only these limits; None where no search decided it."""
        found = self._solve(self._released(in_force), 2.0 / SEARCHES)
        if found.x is not None:
            return True
        return False if found.termination is Termination.INFEASIBLE else None

    def has_whole_plan(self, in_force: Iterable[NamedLimit], seconds: float) -> bool:
        """Whether a plan in whole pods and GPUs is found with only these limits, on lines that are limits so far."""
        self.searches += 1
        options = Budget(seconds).of(self._options)
        return self._e.solve(self._released(in_force), options, whole=True).x is not None

    def _released(self, in_force: Iterable[NamedLimit]) -> set[int]:
        """Columns that are free where only these limits hold."""
        names = {limit.name for limit in in_force}
        return {column for limit in self.limits if limit.name not in names for column in limit.release}

    def smallest(self, way: Way) -> Hint:
        """Least amount of the one way that makes a plan possible with all other limits in force. Of a quantity among
        many candidates only what the relaxation says: the study itself is quicker to tell more."""
        if not way.amount:
            return Hint(amount=None, decided=False)
        free = {*(column for column, _ in way.amount), *way.also}
        cost = {column: weight / way.one for column, weight in way.amount}
        relaxed, _ = self._relaxed(free, cost) or (0.0, None)
        if relaxed == math.inf:
            return Hint(amount=None, decided=True)
        below = relaxed * way.one
        if not self._e.whole and way.unit != "quarters":
            return Hint(amount=None, decided=False, below=below)
        found = self._cheapest(free, 2.0 / SEARCHES, cost)
        if found.x is None:
            return Hint(amount=None, decided=found.termination is Termination.INFEASIBLE, below=below)
        decided = found.termination is Termination.OPTIMAL
        return Hint(amount=total(way.amount, found.x), decided=decided, below=below)

    def _cheapest(self, free: set[int], share: float, cost: Mapping[int, float]) -> Outcome:
        """The least cost; where the search for it does not end, halving: is there any plan that costs no more?"""
        part = self._part(share)
        found = self._solve(free, part.left_s / 2.0 / max(self._budget.left_s, 1.0), cost)
        low = 0.0 if found.bound is None else found.bound
        while found.limit is not None and part.left_s > 0.0:
            high = None if found.value is None else found.value
            if high is not None and high - low <= CLOSE * high:
                break
            share_left = part.left_s / 3.0 / max(self._budget.left_s, 1.0)
            most = None if high is None else (low + high) / 2.0
            better = self._solve(free, share_left, cost if most is not None else None, most)
            if better.x is not None:
                value = float(sum(weight * better.x[column] for column, weight in cost.items()))
                found = replace(found, x=better.x, value=value, termination=Termination.FEASIBLE)
            elif better.termination is Termination.INFEASIBLE and most is not None:
                low = most
            else:
                break
        return found if found.limit is None else replace(found, bound=low)

    def _solve(
        self, free: set[int], share: float, cost: Mapping[int, float] | None = None, most: float | None = None
    ) -> Outcome:
        """One search; again while its plan overloads lines that were no limits yet, and lines are limits."""
        part = self._part(share)
        for _ in range(ROUNDS):
            if not part.left_s:
                return NOT_ASKED
            found = self._e.solve(free, part.of(replace(self._options, gap=1e-6)), cost, most)
            self.searches += 1
            lines = self._lines
            looked_at = lines is not None and (lines.column not in free or cost is not None)
            if found.x is None or lines is None or not looked_at or not lines.broken(found.x):
                return found
        return replace(found, termination=Termination.NO_PLAN_FOUND, limit="grid_rounds", x=None, value=None)


def _deleted(
    limits: Sequence[NamedLimit], size: int, has_plan: Callable[[list[NamedLimit]], bool | None]
) -> tuple[list[NamedLimit], bool]:
    """Limits without which there is a plan, one by one: chunks are let go, `size` at first, and stay so while there is
    still none. And whether every search was decided."""
    kept: list[NamedLimit] = []
    open_, decided = list(limits), True
    while open_:
        chunk, rest = open_[:size], open_[size:]
        there = has_plan([*kept, *rest])
        if there is False:
            open_ = rest
            size = min(2 * size, max(1, len(open_) // 2))
        elif len(chunk) == 1:
            decided &= there is True
            kept += chunk
            open_ = rest
        else:
            size = max(1, len(chunk) // 2)
    return kept, decided


def _violations(limits: Iterable[NamedLimit], x: FloatArray) -> Iterator[Violation]:
    for limit in limits:
        for way in limit.ways:
            amount = total(way.amount or [(column, way.one) for column in limit.release], x)
            amount = float(round(amount)) if way.whole and way.amount else amount
            if amount / way.one > NEGLIGIBLE:
                yield Violation(limit=limit, amount=amount, unit=way.unit, share=amount / way.one)
