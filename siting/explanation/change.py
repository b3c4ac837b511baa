"""The smallest change of one of a place's own figures with which a plan that opens it costs no more than the best one.

Prices (energy, construction, rent). With the price lower by d, a plan costs c - d r, r the units that it pays for; the
least over all plans that open the place is concave in d. From where a plan at hand ties, or from the largest change on,
d is set to that at which this plan ties with the best one, and searched again (Dinkelbach 1967, Newton's method on a
concave function): each d is enough, and the last one is the smallest. Where funding binds, a plan may not be paid for
at the d at which it ties; d is then bracketed and halved.

MW and quarters change which plans there are: bisection, to 1 % of the change or to one quarter. Where terms of large
loads, units on the campus or curtailable connections hang on the date of power, sooner need not be better: every
quarter is then searched, from the least on. Every step is a search of the whole problem with the place forced open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from siting.explanation.forced import opened
from siting.explanation.ground import Ground, LeastCost
from siting.problem import Problem
from siting.solver.budget import Budget
from siting.solver.decisions import Decisions
from siting.solver.standing import standing_shells
from siting.study import Study

SHARE = 0.01
"""A change is known when 1 % less of it is not enough."""
CLOSE = 1e-6
"""Relative change of an amount that is no change."""
LEFT_S = 1.0
"""With less time no search is begun."""
STEPS = 12
"""Searches for one figure, at most."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure that a place states of itself."""

    name: str
    column: str
    """Of the usable candidates."""
    unit: str
    sign: int
    """-1 where less of it is better for the place."""
    price: bool = False
    """Whether the cost of a plan is linear in it."""
    whole: bool = False

    def most(self, study: Study, place: pd.Series) -> float:
        """Largest change that is looked at: a price of nothing, the largest campus, power at the study's start."""
        now = float(place[self.column])
        if self.column == "final_utility_mw":
            return study.candidates.largest_campus_utility_mw - now
        return now - study.start if self.column == "energization" else now


FIGURES = (
    Figure(name="price of energy", column="usd_per_mwh", unit="USD/MWh", sign=-1, price=True),
    Figure(name="energization", column="energization", unit="quarters", sign=-1, whole=True),
    Figure(name="hosting", column="final_utility_mw", unit="MW", sign=1),
    Figure(name="construction", column="construction_musd_per_it_mw", unit="MUSD/MW", sign=-1, price=True),
    Figure(name="rent", column="rent_usd_per_kw_month", unit="USD/kW/month", sign=-1, price=True),
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is known of the smallest change of one figure alone."""

    figure: str
    unit: str
    now: float
    """The figure as it is; of energization, quarters from the study's start."""
    sign: int
    needed: float | None
    """With this change a plan that opens the place costs no more than the best plan at hand. None: none found."""
    low: float
    """No smaller change is enough: proved."""
    most: float
    """Largest change that was looked at."""
    complete: bool = True
    """False: the time was up before the smallest was found, or before the largest was decided."""
    alone: str = ""
    """Words where others share the place and stay as they are."""

    def __str__(self) -> str:
        digits = 0 if self.unit == "quarters" else 3 if self.unit == "MUSD/MW" else 2
        figure = f"{self.figure}{self.alone}"
        if self.needed is None and not self.complete:
            return f"{figure}: not decided in the time"
        if self.needed is None:
            end = f"{self.now + self.sign * self.most:,.{digits}f} {self.unit}"
            most = "power from the start on" if self.unit == "quarters" else end
            return f"{figure}: no change of it alone is enough, not even {most}"
        less = {"quarters": "earlier", "MW": "more"}.get(self.unit, "less")
        after = self.now + self.sign * self.needed
        instead = "" if self.unit == "quarters" else f": {after:,.{digits}f} instead of {self.now:,.{digits}f}"
        text = f"{figure} {self.needed:,.{digits}f} {self.unit} {less}{instead}"
        step = 1.0 if self.unit == "quarters" else SHARE * self.needed
        if self.needed - self.low > step + 1e-9:
            text += (
                f"; proved: {self.low:,.{digits}f} is not enough" if self.low else "; no proof that less is not enough"
            )
        return text if self.complete else f"{text}; the time was up: a smaller change may do"


def changes_of(ground: Ground, candidate: str, forced: LeastCost, others: Sequence[LeastCost] = ()) -> list[Change]:
    """The smallest change of every figure that the place states, of a plan that opens it; each has an equal part of the
    time. forced: without a change; others: more plans that open it, to begin from."""
    found = []
    rows = _rows(ground.few.usable, candidate)
    place = ground.few.usable.iloc[rows[0]]
    stated = [figure for figure in FIGURES if np.isfinite(float(place[figure.column]))]
    stated = [figure for figure in stated if figure.column != "energization" or not _stands(place)]
    for n, figure in enumerate(stated):
        ground.clock.say(f"smallest change: {figure.name}")
        part = replace(ground, budget=Budget(ground.budget.left_s / (len(stated) - n)))
        found.append(_smallest(part, candidate, figure, place, forced, others))
    return found


def changed(usable: pd.DataFrame, candidate: str, figure: Figure, amount: float) -> pd.DataFrame:
    """The candidates with a figure of one of them, and of its halls of the other cooling class, changed by so much."""
    rows = _rows(usable, candidate)
    frame = usable.copy()
    at = frame.columns.get_loc(figure.column)
    frame.iloc[rows, at] = frame.iloc[rows, at].astype(float) + figure.sign * amount
    if figure.column == "energization":  # a date that the planner states is the date
        frame["own_energization"] = frame["own_energization"].astype(float)
        stated = frame.columns.get_loc("own_energization")
        frame.iloc[rows, stated] = frame.iloc[rows, stated] - amount
    return frame


def _smallest(
    ground: Ground, candidate: str, figure: Figure, place: pd.Series, forced: LeastCost, others: Sequence[LeastCost]
) -> Change:
    rows = _rows(ground.few.usable, candidate)
    problems: dict[float, Problem] = {0.0: ground.problem}

    def answer(amount: float) -> LeastCost:
        problems[amount] = ground.with_figures(changed(ground.few.usable, candidate, figure, amount))
        return ground.answer(opened(problems[amount], ground.row(candidate)))

    def rate(amount: float, d: Decisions) -> float:
        saved = _own_musd(ground.problem, d, rows) - _own_musd(problems[amount], d, rows)
        return saved / amount

    most = figure.most(ground.study, place)
    search = Search(base=ground.base, gap=ground.options.gap, left=lambda: ground.budget.left_s > LEFT_S)
    search.note(0.0, forced)
    if most > 1e-9:
        if figure.price:
            problems[most] = ground.with_figures(changed(ground.few.usable, candidate, figure, most))
            known = [
                (plan.value_musd - search.musd) / each
                for plan in (forced, *others)
                if plan.value_musd is not None and plan.decisions is not None
                if (each := rate(most, plan.decisions)) > 0.0
            ]
            begin = min([most, *(amount for amount in known if amount > 0.0)])
            search.by_price(answer, rate, begin)
            if search.enough is None and begin < most:  # what was known could not be paid for at that price
                search.by_price(answer, rate, most)
        elif figure.whole and hangs_on_power(ground.problem):
            search.by_steps(answer, most)
        else:
            search.by_halving(answer, most, 1.0 if figure.whole else None)
    return Change(
        figure=figure.name,
        unit=figure.unit,
        now=float(place[figure.column]) - (ground.study.start if figure.column == "energization" else 0.0),
        sign=figure.sign,
        needed=search.enough,
        low=search.low,
        most=max(most, 0.0),
        complete=search.complete,
        alone="" if figure.price else row_alone(ground.problem, ground.row(candidate)),
    )


def row_alone(p: Problem, i: int) -> str:
    """Words for a change of MW or dates of candidate i, where it shares its place with others: they stay as they are.
    Halls of two cooling classes of a campus change together."""
    if p.shared is None or p.shared.place[i] < 0:
        return ""
    others = set(p.campus[p.shared.place == p.shared.place[i]].tolist()) - {i}
    names = ", ".join(str(p.candidate_id[other]) for other in sorted(others))
    return f" (its row alone, not {names} at the same place)" if others else ""


def hangs_on_power(p: Problem) -> bool:
    """Whether something begins or ends with power, so that power that comes sooner may cost."""
    return any(part is not None for part in (p.large_load, p.onsite, p.curtailable))


class Search:
    """Smallest amount at which a least cost is no more than `base`; the cost falls with the amount, but for
    `by_steps`."""

    def __init__(self, base: LeastCost, gap: float, left: Callable[[], bool]) -> None:
        assert base.value_musd is not None
        self.musd, self._left = base.value_musd, left
        self._room = max(1e-6, gap * abs(base.value_musd))
        self.enough: float | None = None
        self.low, self._short, self.complete = 0.0, 0.0, True

    def note(self, amount: float, answer: LeastCost) -> bool:
        """Whether the amount is enough, as far as the search can tell: a plan ties inside the gap."""
        if answer.bound_musd is not None and answer.bound_musd > self.musd + 1e-6:
            self.low = max(self.low, amount)
        tied = answer.value_musd is not None and answer.value_musd <= self.musd + (self._room if amount else 1e-6)
        if tied:
            self.enough = amount if self.enough is None else min(self.enough, amount)
        else:
            self._short = max(self._short, amount)
        return tied

    def by_price(
        self, answer: Callable[[float], LeastCost], rate: Callable[[float, Decisions], float], most: float
    ) -> None:
        """From the largest amount on, each time to where the plan at hand ties."""
        amount = most
        for _ in range(STEPS):
            found = self._tried(answer, amount)
            if found is None or self.enough is None:
                return
            each = 0.0
            if amount == self.enough and found.value_musd is not None and found.decisions is not None:
                each = rate(amount, found.decisions)
            after = amount - (self.musd - found.value_musd) / each if each > 0 and found.value_musd else self._short
            if after >= (1 - CLOSE) * self.enough:
                below = self.enough - max(SHARE * self.enough, 2.0 * self._room / each)
                if below > self.low and self._left():
                    self.note(below, answer(below))  # the proof that less is not enough
                return
            if self.enough - self._short <= SHARE * self.enough:
                return
            amount = after if after > self._short else self._middle()

    def by_halving(self, answer: Callable[[float], LeastCost], most: float, step: float | None) -> None:
        """step: amounts come in wholes of it; None: to 1 % of the amount."""
        amount = most
        while self._tried(answer, amount) is not None and self.enough is not None:
            wide = self.enough - self._short
            if wide <= (step + 1e-9 if step else SHARE * self.enough):
                return
            amount = self._middle()
            if step:
                amount = self._short + max(1.0, np.floor((amount - self._short) / step)) * step

    def by_steps(self, answer: Callable[[float], LeastCost], most: float) -> None:
        """The largest amount, to have one, and then every whole one from 1 on: the cost may rise and fall."""
        if self._tried(answer, most) is None:
            return
        hopeless, proved = self.low >= most, 0.0
        for amount in np.arange(1.0, most).tolist():
            if not self._left():
                self.complete = False
                break
            self.low = 0.0
            if self.note(amount, answer(amount)):
                break
            hopeless &= self.low == amount
            proved = amount if self.low == amount and proved == amount - 1.0 else proved
        else:
            self.complete = self.enough is not None or hopeless
        self.low = most if self.enough is None and self.complete else proved

    def _middle(self) -> float:
        assert self.enough is not None
        return 0.5 * (self._short + self.enough)

    def _tried(self, answer: Callable[[float], LeastCost], amount: float) -> LeastCost | None:
        found = answer(amount) if self._left() else None
        tied = found is not None and self.note(amount, found)
        self.complete = found is not None and (tied or self.enough is not None or self.low >= amount)
        return found


def _own_musd(p: Problem, d: Decisions, rows: list[int]) -> float:
    """Present value of what halls and energy cost at the candidates at `rows`."""
    halls = float((d.modules[rows] * p.npv_module_musd[rows]).sum())
    if p.shells is not None:
        halls += float((np.diff(standing_shells(p, d)[rows], axis=1, prepend=0) * p.npv_shell_musd[rows]).sum())
    return halls + float((d.running_pods[rows] * p.npv_run_musd[rows]).sum())


def _rows(usable: pd.DataFrame, candidate: str) -> list[int]:
    """Positions of a campus, first, and of its halls of the other cooling class."""
    annex = usable["annex_of"] == candidate
    return [*np.flatnonzero(usable["candidate"] == candidate).tolist(), *np.flatnonzero(annex).tolist()]


def _stands(place: pd.Series) -> bool:
    """Whether power has flowed since before the study."""
    return bool(place["own_energization"] < place["energization"])
