"""What a plan costs when the inputs turn out to be those of another run, and which decisions are safe to take now.

Every plan is held under the inputs of every other run: the sites that open when, halls by quarter, hosts of clusters
and lease contracts stay (`siting.solver.held`, first stage); pods, service, energy and units on the campus are decided
again. Its regret in a run is what it then costs less what the best plan of that run costs.

    regret(a, r) = cost of a's first stage under r - least cost under r,   inside   [held bound - best value known of r,
                                                                                    held value - bound of r]

never below 0. Where the first stage cannot be held at all there is no cost; what is lost is said.

Decision: by default the first stage is everything that a plan decides of sites, hosts and contracts, also for later
years, since only the planner knows when the inputs will be known. No regret is then larger: whoever may decide again
what is due later loses no more. With `decided_until` a quarter is stated, and only what is due by its end is held
(`siting.whatif.first_stage`, which is also where a model of two stages would begin).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, InputError
from siting.plan import Plan
from siting.printed import in_width, plural
from siting.problem import FloatArray
from siting.progress import Clock, Listener
from siting.run import study_of
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import relative_gap
from siting.units import parse_quarter, quarter_label
from siting.whatif.first_stage import stages
from siting.whatif.inputs import flat
from siting.whatif.safe import EVERY, safe_decisions
from siting.whatif.sweeps import Sweep
from siting.writing import whole

MOST_CHOICES = 12
"""Choices that are told in words; the table has all."""
MOST_LOST = 6
"""Groups of plans of which it is told where they do not hold; the table has all."""
MOST_RUNS = 12
"""Most runs of which the regret of every plan in every run is shown."""
OVER_ALL, SEARCHED = "all candidates", "the candidates searched"


@dataclass(frozen=True, kw_only=True, eq=False)
class Regret:
    """Plans against runs. Arrays are (plans, runs), in the order of `names`: each run has one plan."""

    names: tuple[str, ...]
    """Runs that have a plan."""
    held_musd: FloatArray
    """Cost of the plan held under the inputs of the run; NaN where it does not hold, or none was found in time."""
    held_bound_musd: FloatArray
    """No way to go on from its first stage costs less; NaN where it does not hold."""
    best_musd: FloatArray
    """(runs,) least cost known of the run: its own plan, or another one held there that is cheaper."""
    bound_musd: FloatArray
    """(runs,) no plan of the run costs less; -inf where nothing is proved."""
    bound_over: tuple[str, ...]
    """What each of these bounds covers: `all candidates`, or those searched."""
    lost: Mapping[tuple[str, str], str]
    """(plan, run) -> why it does not hold."""
    unknown: tuple[tuple[str, str], ...]
    """(plan, run) of which no way to go on was found in time, and none was ruled out."""
    start: str
    """First quarter of the runs, the earliest of them."""
    within: float
    good: tuple[str, ...]
    """Runs whose plan is proved within that share of the best."""
    without: tuple[str, ...]
    """Runs that have no plan."""
    decisions: pd.DataFrame
    """Of the good plans, see `safe_decisions`."""
    until: int | None = None
    """Quarter, an ordinal, up to whose end decisions are held; None: all of the first stage, of later years too."""
    stages: int = 0
    """Different first stages of the plans: each is held once in a run."""
    held_over: tuple[str, ...] = ()
    """What `held_bound_musd` covers in each run, where later decisions are left open; empty where none are."""

    @property
    def musd(self) -> FloatArray:
        """Regret as far as it is known, never below 0; NaN where the plan does not hold."""
        return np.maximum(self.held_musd - self.best_musd[None, :], 0.0)

    @property
    def low_musd(self) -> FloatArray:
        """It is not less than this."""
        return np.maximum(self.held_bound_musd - self.best_musd[None, :], 0.0)

    @property
    def high_musd(self) -> FloatArray:
        """It is not more than this."""
        return np.maximum(self.held_musd - self.bound_musd[None, :], 0.0)

    @property
    def plans(self) -> pd.DataFrame:
        """A row a plan: plan, holds_in (runs), largest_musd, low_musd, high_musd, worst_run, share (of the best of that
        run); plans that hold everywhere first, the smallest largest regret first. NaN where it holds in no run."""
        rows = []
        for n, name in enumerate(self.names):
            holds = np.isfinite(self.held_musd[n])
            worst = int(np.nanargmax(self.musd[n])) if holds.any() else None
            rows.append(
                {
                    "plan": name,
                    "holds_in": int(holds.sum()),
                    "largest_musd": np.nan if worst is None else self.musd[n, worst],
                    "low_musd": np.nan if worst is None else np.nanmax(self.low_musd[n]),
                    "high_musd": np.nan if worst is None else np.nanmax(self.high_musd[n]),
                    "worst_run": "" if worst is None else self.names[worst],
                    "share": np.nan if worst is None else self.musd[n, worst] / abs(self.best_musd[worst]),
                }
            )
        frame = pd.DataFrame(rows)
        return frame.sort_values(
            ["holds_in", "largest_musd"], ascending=[False, True], kind="stable", ignore_index=True
        )

    @property
    def minimax(self) -> str | None:
        """The plan with the smallest largest regret, of those that hold in every run; None where none does."""
        frame = self.plans
        return str(frame["plan"].iloc[0]) if frame["holds_in"].iloc[0] == len(self.names) else None

    @property
    def frame(self) -> pd.DataFrame:
        """A row a plan and run: plan, run, held_musd, held_bound_musd, best_musd, bound_musd, regret_musd, low_musd,
        high_musd, lost."""
        rows = []
        for n, plan in enumerate(self.names):
            for r, run in enumerate(self.names):
                rows.append(
                    {
                        "plan": plan,
                        "run": run,
                        "held_musd": self.held_musd[n, r],
                        "held_bound_musd": self.held_bound_musd[n, r],
                        "best_musd": self.best_musd[r],
                        "bound_musd": self.bound_musd[r],
                        "regret_musd": self.musd[n, r],
                        "low_musd": self.low_musd[n, r],
                        "high_musd": self.high_musd[n, r],
                        "lost": self.lost.get((plan, run), ""),
                    }
                )
        return pd.DataFrame(rows)

    def save(self, folder: Path) -> list[Path]:
        """`regret.csv` and `decisions.csv` in the folder, each whole; their paths."""
        written = []
        for name, frame in (("regret.csv", self.frame), ("decisions.csv", self.decisions)):
            with whole(folder / name) as stream:
                frame.to_csv(stream, index=False)
            written.append(folder / name)
        return written

    @property
    def words(self) -> tuple[str, ...]:
        """The answer, a sentence each."""
        return (*self._about(), *self._decided(), *self._regrets())

    def _about(self) -> Iterator[str]:
        share = f"{self.within:.1%}"
        yield (
            f"{plural(len(self.names), 'run')} with a plan, {len(self.good)} of these proved within {share} of the "
            "best under its own inputs: the good plans."
        )
        if left := [name for name in self.names if name not in self.good]:
            yield f"Not among them, for want of proof: {_listed(left)}."
        if self.without:
            yield f"Without a plan, and left out: {_listed(self.without)}."

    def _decided(self) -> Iterator[str]:
        every = self.decisions[self.decisions["status"] == EVERY]
        for row in every.itertuples():
            when = row.first_due if row.first_due == row.last_due else f"{row.first_due} to {row.last_due} by run"
            yield f"In every good plan: {_choice(row)}, to be taken in {when}."
        if self.good and not len(every):
            yield "No site, contract or host is in every good plan."
        rest = self.decisions[self.decisions["status"] != EVERY]
        for together in [group for _, group in rest.groupby("runs", sort=False)][:MOST_CHOICES]:
            first = together.iloc[0]
            told = "; ".join(f"{_choice(row)} ({self._when(row)})" for row in together.itertuples())
            why = f"where {first['depends_on']}" if first["depends_on"] else "no single key tells where"
            yield f"In {first['plans']} of {len(self.good)} good plans: {told}; {why}."

    def _when(self, row: Any) -> str:
        return f"can wait until {row.first_due}" if row.first_due > self.start else "due at once where it is taken"

    def _regrets(self) -> Iterator[str]:
        if self.until is None:
            what = "sites and their dates, halls, hosts and contracts, those of later years too"
        else:
            what = (
                f"what is due by the end of {quarter_label(self.until)} (halls when they are ordered, sites with their "
                "first halls, contracts when they start, hosts with their halls or on the day of the cluster), "
                f"of which the {len(self.names)} plans have {self.stages} that differ"
            )
        yield f"Held in each run: {what}; the rest is decided again. Lines are looked at where the run asks for that."
        frame = self.plans
        if (name := self.minimax) is not None:
            best = frame.iloc[0]
            yield (
                f"Least to regret: the plan of {name}: at most {best['largest_musd']:,.1f} MUSD ({best['share']:.2%}) "
                f"over the best known, in {best['worst_run']}; {self._bar(best)}."
            )
        else:
            yield f"No plan {'is known to hold' if self.unknown else 'holds'} in every run."
        alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for plan in dict.fromkeys(plan for plan, _ in self.lost):
            runs = tuple(run for held, run in self.lost if held == plan)
            alike.setdefault((runs, self.lost[plan, runs[0]]), []).append(plan)
        groups = list(alike.items())
        for (runs, why), plans in groups[:MOST_LOST]:
            who = f"The plan of {plans[0]} does" if len(plans) == 1 else f"The plans of {_listed(plans)} do"
            yield f"{who} not hold in {'' if len(runs) == 1 else f'{len(runs)} runs: '}{_listed(runs, 3)} ({why})."
        if more := sum(len(plans) for _, plans in groups[MOST_LOST:]):
            yield f"{plural(more, 'more plan')} {'does' if more == 1 else 'do'} not hold in some run."
        if self.unknown:
            pairs = [f"{plan} in {run}" for plan, run in self.unknown]
            yield f"Not known in time: {_listed(pairs)}."
        if SEARCHED in self.held_over:
            yield "What is due later is decided over candidates that pass the screen and those of all plans."
        if SEARCHED in self.bound_over:
            few = [name for name, over in zip(self.names, self.bound_over, strict=True) if over == SEARCHED]
            yield f"The bound covers only the candidates that were searched in: {_listed(few)}."

    def _bar(self, row: Any) -> str:
        """How far the largest regret may lie from what is known of it, and what of that is proved."""
        among = "as far as the candidates that were searched go"
        low, high = f"at least {row['low_musd']:,.1f}", f"at most {row['high_musd']:,.1f}"
        low_proved, high_proved = (SEARCHED not in over for over in (self.held_over, self.bound_over))
        if not np.isfinite(row["high_musd"]):
            return f"{low}{'' if low_proved else f', {among}'}; how much more is not known, as a run has no bound"
        if low_proved and high_proved:
            return f"proved to lie between {row['low_musd']:,.1f} and {row['high_musd']:,.1f}"
        if low_proved or high_proved:
            proved, other = (low, high) if low_proved else (high, low)
            return f"proved to be {proved}, and {other} {among}"
        return f"{low} and {high} {among}"

    def told(self, plan: int, run: int) -> str:
        """Regret of the plan in the run, MUSD, both by position; in words where there is none."""
        if np.isfinite(self.musd[plan, run]):
            return f"{self.musd[plan, run]:,.1f}"
        return "not known" if (self.names[plan], self.names[run]) in self.unknown else "does not hold"

    def __str__(self) -> str:
        """In words, then regret by plan (rows) and run, MUSD: of many runs the largest alone."""
        each = list(enumerate(self.names))
        if len(each) > MOST_RUNS:
            columns = {"plan": "plan of", "holds_in": "holds in", "largest_musd": "largest", "worst_run": "in"}
            plans = self.plans[list(columns)].rename(columns=columns)
            shown = plans.assign(largest=plans["largest"].map("{:,.1f}".format).replace("nan", "-"))
            return "\n".join([*self.words, "", "Largest regret of each plan, MUSD", in_width(shown)])
        cells = {f"{r + 1}": [self.told(n, r) for n, _ in each] for r, _ in each}
        shown = pd.DataFrame({"": [f"{n + 1} {name}" for n, name in each], **cells})
        what = "Regret, MUSD: plan of the row under the inputs of the run of that number"
        return "\n".join([*self.words, "", what, in_width(shown)])


@checked
def no_regret(
    of: Sweep | Mapping[str, Plan],
    within: float = 0.02,
    *,
    decided_until: str | None = None,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> Regret:
    """Every plan of a sweep, or of plans by name, under the inputs of every other run.

    within: share of the best up to which a plan counts as good. decided_until: a quarter such as "2026-Q2", up to whose
    end decisions are held; None: all of sites, halls, hosts and contracts. Each first stage is held under the study of
    each run, to that study's gap and time limit. Raises InputError where no run has a plan, a study aims at more than
    the cost, or for bad input.
    """
    plans, studies, edits, without = _runs(of)
    faults = [] if 0.0 < within < 1.0 else [_fault("within", f"{within:g}", "a share above 0 and below 1")]
    until = None
    if decided_until is not None:
        try:
            until = parse_quarter(decided_until)
        except ValueError:
            faults.append(_fault("decided_until", f"{decided_until!r}", 'a quarter such as "2026-Q2"'))
        else:
            first_day = min((int(study.start) for study in studies.values()), default=until)
            end = max((study.end for study in studies.values()), default=until + 1)
            if not first_day - 1 <= until < end:
                inside = f"{quarter_label(first_day - 1)} (nothing yet) to {quarter_label(end - 1)}"
                faults.append(_fault("decided_until", decided_until, inside))
    if not plans:
        faults.append(_fault("runs", "none with a plan", "at least one"))
    for name, study in studies.items():
        if (named := [priority.objective for priority in study.priorities]) != ["npv_cost"]:
            faults.append(Fault(file=name, key="priorities", value=", ".join(named), expected="npv_cost alone"))
    if faults:
        raise InputError(faults)
    clock, tables = Clock(progress), tables or read_tables()
    names = list(plans)
    held, bound = (np.full((len(names), len(names)), np.nan) for _ in range(2))
    lost: dict[tuple[str, str], str] = {}
    unknown, over, first = [], [], stages(plans, studies, until)
    for r, run in enumerate(names):
        answers, everyone = first.held_under(run, studies[run], tables)
        over.append(OVER_ALL if everyone else SEARCHED)
        for n, answer in enumerate(answers):
            result = answer.result
            if result.value is not None:
                held[n, r], bound[n, r] = result.value, -np.inf if result.bound is None else result.bound
            elif result.limit is None:
                lost[names[n], run] = "; ".join(answer.lost[:3]) or "its decisions leave no plan that keeps all limits"
            else:
                unknown.append((names[n], run))
        clock.say(f"{r + 1} of {len(names)} runs")
    own = np.array([float(plan.npv_cost_musd or 0.0) for plan in plans.values()])
    best = np.fmin(own, np.nanmin(np.vstack([held, own]), axis=0))
    proved = [_bound_of(plan) for plan in plans.values()]
    least = np.minimum([musd for musd, _ in proved], best)
    good = [name for name, value, (musd, _) in zip(names, own, proved, strict=True) if _within(value, musd, within)]
    some = {name: plans[name] for name in good}
    return Regret(
        names=tuple(names),
        held_musd=held,
        held_bound_musd=bound,
        best_musd=best,
        bound_musd=least,
        bound_over=tuple(over for _, over in proved),
        lost=lost,
        unknown=tuple(unknown),
        start=quarter_label(min(study.start for study in studies.values())),
        within=within,
        good=tuple(good),
        without=tuple(without),
        decisions=safe_decisions(some, studies, edits),
        until=until,
        stages=first.count,
        held_over=() if until is None else tuple(over),
    )


Runs = tuple[dict[str, Plan], dict[str, Study], dict[str, Mapping[str, Any]], list[str]]


def _runs(of: Sweep | Mapping[str, Plan]) -> Runs:
    """Plans, studies and edits by name of the runs that have a plan; names of the others."""
    if isinstance(of, Sweep):
        names = [run.name for run in of if run.found]
        plans = {name: of.plans[name] for name in names}
        studies = {name: of.study_of(name) for name in names}
        return plans, studies, {name: of[name].edits for name in names}, [run.name for run in of if not run.found]
    plans = {name: plan for name, plan in of.items() if plan.npv_cost_musd is not None}
    studies = {name: study_of(plan) for name, plan in plans.items()}
    return plans, studies, _differences(studies), [name for name in of if name not in plans]


def _differences(studies: Mapping[str, Study]) -> dict[str, Mapping[str, Any]]:
    """Fields by dotted key in which the studies are not all alike; entries of lists by number."""
    told = {name: dict(flat(study.model_dump(mode="json"))) for name, study in studies.items()}
    keys = dict.fromkeys(key for fields in told.values() for key in fields)
    apart = [key for key in keys if key != "name" and len({repr(fields.get(key)) for fields in told.values()}) > 1]
    return {name: {key: fields.get(key) for key in apart} for name, fields in told.items()}


def _within(value: float, least: float, share: float) -> bool:
    """Whether a cost, which revenue can take below zero, is proved to be within a share of the least there can be."""
    return relative_gap(value - least, value) <= share


def _bound_of(plan: Plan) -> tuple[float, str]:
    """What no plan under its inputs costs less than, and over which candidates; -inf where nothing is proved."""
    if plan.bound_all_musd is not None:
        return plan.bound_all_musd, OVER_ALL
    return -np.inf if plan.bound_musd is None else plan.bound_musd, SEARCHED


def _fault(key: str, value: str, expected: str) -> Fault:
    return Fault(file="no_regret", key=key, value=value, expected=expected)


def _choice(row: Any) -> str:
    return f"{row.kind} {row.name}" + (f", host of {row.hosts}" if row.hosts else "")


def _listed(names: Any, most: int = 8) -> str:
    names = list(names)  # of runs, which may hold commas
    return "; ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
