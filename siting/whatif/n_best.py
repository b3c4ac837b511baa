"""The best plans that differ in their sites: what else one could do, and what it would cost more.

Two plans differ when the sets of campuses that they open differ. A campus is a place with its tenure: a building
bought and refitted and the rented halls beside it are two. Halls of a second cooling class belong to their campus. A
plan that only leases has the empty set. Dates, megawatts and contracts may differ within one set: of each set the
cheapest plan counts.

The study is solved; then again with a row that leaves the set of that plan out (`add_other_sites`), and so on. The
bound of each solve is the bound of all plans with a set that was not found before it: over all candidates where these
have prices (`siting.pricing`), as the bound of a plan is; else over those of the first search. Lines that the first
plan overloaded are limits for all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.aims import aims_of, options_of
from siting.arguments import checked
from siting.assembly import assemble
from siting.errors import Fault, InputError
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.printed import in_width, plural
from siting.problem import IntArray, Problem
from siting.problem.other_sites import OtherSites
from siting.progress import Clock, Listener
from siting.reduction.screen import screen
from siting.run import finished
from siting.seek import Found, seek
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone
from siting.solver.prove import prove
from siting.study import Study
from siting.study.priorities import Priority
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination, relative_gap

ENOUGH = 0.1
"""Gap of each search, as a share of `within`, where the study asks for a smaller one."""
FEW = 16
"""Candidates over which a plan is looked for, where a bound over all comes after it; one more for each known set."""
MOST_PLANS = 100
"""Most plans that are asked for: each takes a search of its own, and leaves out a set more."""
NOT_IN_TIME = "no plan within was found in time"
OTHER = "other plans are cheaper or may be"
"""Why the pass of a plan that is not the first says FEASIBLE: its bound is that of the best plan of all."""

SiteSet = frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class NBest:
    """Plans with different sets of sites, the cheapest first."""

    plans: tuple[Plan, ...]
    """Each read a second time. Each one's own bound is that of the best plan of all: see `bounds_musd` for others."""
    site_sets: tuple[SiteSet, ...]
    """Campuses that each opens, by id of the candidate."""
    bounds_musd: tuple[float, ...]
    """No plan with that set, or with one that is not listed, costs less."""
    unlisted_bound_musd: float
    """No plan with a set that is not listed costs less; infinity: there is none."""
    within: float
    """Share above the best plan's cost up to which plans were looked for."""
    stopped: str
    """Why there are not more: `as many as asked for`, `no other set within`, `no plan within was found in time`."""
    candidates: int
    """Candidates over which the bounds hold."""
    usable: int

    @property
    def value_musd(self) -> float:
        """Cost of the best plan."""
        return float(self.plans[0].npv_cost_musd or 0.0)

    @property
    def frame(self) -> pd.DataFrame:
        """A row a plan: rank, value_musd, bound_musd, above_best (share), order_proved (no dearer than every later one
        listed), states, sites, tenures, opened (ids), leases (new contracts), termination."""
        rows = []
        for n, (plan, known) in enumerate(zip(self.plans, self.site_sets, strict=True)):
            sites, leases = plan.sites[plan.sites["candidate"].isin(known)], plan.leases
            rows.append(
                {
                    "rank": n + 1,
                    "value_musd": float(plan.npv_cost_musd or 0.0),
                    "bound_musd": self.bounds_musd[n],
                    "above_best": relative_gap(float(plan.npv_cost_musd or 0.0) - self.value_musd, self.value_musd),
                    "order_proved": all(self.order_proved(n, later) for later in range(n + 1, len(self.plans))),
                    "states": ", ".join(sorted(set(sites["state"].astype(str)))),
                    "sites": ", ".join(sites["name"].astype(str)),
                    "tenures": ", ".join(sorted(set(sites["tenure"].astype(str)))),
                    "opened": ", ".join(sorted(known)),
                    "leases": ", ".join(sorted(set(leases.loc[~leases["existing"].astype(bool), "lease"]))),
                    "termination": str(plan.termination),
                }
            )
        return pd.DataFrame(rows)

    def order_proved(self, first: int, second: int) -> bool:
        """Whether no plan with the second's sites is cheaper than the first plan: their intervals do not overlap."""
        return float(self.plans[first].npv_cost_musd or 0.0) <= self.bounds_musd[second] + 1e-6

    def __str__(self) -> str:
        """In words, then the table."""
        return "\n".join([*self.words, "", _printed(self.frame)])

    @property
    def words(self) -> tuple[str, ...]:
        """What was found and what is proved, a sentence each."""
        count, share = len(self.plans), f"{self.within:.2%}"
        found = "one plan" if count == 1 else f"{count} plans with different sites"
        said = [f"Found: {found} within {share} of the best, {self.value_musd:,.1f} MUSD."]
        if (gap := self.plans[0].gap) is None or gap > self.within:
            proved = "has no bound" if gap is None else f"is proved to {gap:.2%} only"
            said.append(f"The best is the cheapest that was found: it {proved}.")
        frame = self.frame
        states = sorted({state for named in frame["states"] for state in named.split(", ") if state})
        if count > 1:
            where = f"in {', '.join(states)}" if states else "without a campus"
            said.append(f"They cost up to {frame['above_best'].max():.2%} more than the best and lie {where}.")
        if np.isinf(self.unlisted_bound_musd):
            said.append("No other set of sites has a plan.")
        elif self.stopped == "no other set within":
            said.append(f"Proved: no other set of sites has a plan within {share}.")
        else:
            more = relative_gap(self.unlisted_bound_musd - self.value_musd, self.value_musd)
            above = f", {more:.2%} more than the best here" if self.unlisted_bound_musd > self.value_musd else ""
            least = f"{self.unlisted_bound_musd:,.1f} MUSD{above}"
            said.append(f"Proved: no plan with sites that are not listed costs less than {least}.")
        if self.stopped == NOT_IN_TIME:
            said.append(f"Whether there is another within {share} is open: the search ended before it was known.")
        if open_pairs := list(self._open_pairs()):
            named = ", ".join(f"{a + 1} and {b + 1}" for a, b in open_pairs[:6])
            more_pairs = f" and {len(open_pairs) - 6} more pairs" if len(open_pairs) > 6 else ""
            said.append(f"Order not proved (the gaps overlap): plans {named}{more_pairs}.")
        if self.candidates < self.usable:
            screened = plural(self.candidates, "candidate")
            said.append(f"This holds over the {screened} that passed the screen, of {self.usable:,} usable.")
        return tuple(said)

    def _open_pairs(self) -> Iterator[tuple[int, int]]:
        pairs = itertools.combinations(range(len(self.plans)), 2)
        yield from (pair for pair in pairs if not self.order_proved(*pair))


@checked
def n_best(
    study: Study,
    k: int = 5,
    within: float = 0.02,
    *,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> NBest:
    """The k cheapest plans that open different sites, none more than a share `within` above the best.

    Each search has the study's time limit, and its gap or a tenth of `within`, whichever is larger. Objectives before
    the cost are not ranked: `time_to_compute` may come first, and its date is kept. Raises InputError for bad input,
    another objective, or a study without a plan; SolverError and VerificationError as `siting.solve` does.
    """
    refuse_unranked(study, k, within)
    clock = Clock(progress)
    tables = with_own_buses(study, tables or read_tables())
    assembled = assemble(study, tables)
    clock.lap("assemble")
    first = seek(study, tables, assembled, clock, Budget(study.search.time_limit_s))
    if first.searched.decisions is None:
        why = str(first.searched.result.termination).replace("_", " ")
        late = first.searched.result.termination is Termination.NO_PLAN_FOUND
        expected = (
            f"a plan within search.time_limit_s, {study.search.time_limit_s:g} s" if late else "a study with a plan"
        )
        raise InputError([Fault(file=str(study.path or study.name), key="the study", value=why, expected=expected)])
    found = [first]
    others = _Others(study, tables, first, within, clock)
    bounds = [float(first.everyone["bound_musd"]) if others.by_prices else _bound(first)]
    stopped, beyond = "as many as asked for", bounds[0]
    while len(found) < k:
        clock.say(f"the best plan with other sites than the {len(found)} known")
        other, proved = others.next([set_of(one) for one in found])
        beyond = max(beyond, proved)  # fewer plans are left each time
        if other is None or float(other.searched.measures["npv_cost"]) > others.most_musd:
            stopped = (
                "no other set within" if beyond >= others.most_musd - 1e-9 * abs(others.most_musd) else NOT_IN_TIME
            )
            break
        found.append(other)
        bounds.append(beyond)
    covered = first.assembled.problem.candidate_id if others.by_prices else first.problem.candidate_id
    said = {"within": within, "stopped": stopped, "candidates": len(covered)}
    return _ranked(study, tables, found, bounds, beyond, clock, **said)


def refuse_unranked(study: Study, k: int, within: float) -> None:
    """Raises InputError for what `n_best` does not rank, without a search."""
    file = str(study.path or study.name)
    faults = []
    if not 1 <= k <= MOST_PLANS:
        faults.append(Fault(file="n_best", key="k", value=f"{k:,}", expected=f"1 to {MOST_PLANS} plans"))
    if not 0.0 < within < 1.0:
        faults.append(Fault(file="n_best", key="within", value=f"{within:g}", expected="a share above 0 and below 1"))
    if (named := [aim.objective for aim in aims_of(study)]) != ["npv_cost"]:
        expected = "npv_cost alone, or after time_to_compute: plans are ranked by cost"
        faults.append(Fault(file=file, key="priorities", value=", ".join(named), expected=expected))
    if faults:
        raise InputError(faults)


def set_of(found: Found) -> SiteSet:
    """Ids of the campuses that are open at the end of the horizon."""
    p, decisions = found.problem, found.searched.decisions
    assert decisions is not None
    standing = decisions.modules.sum(axis=1) > 0
    return frozenset(p.candidate_id[np.unique(p.campus[standing])].tolist())


class _Others:
    """Searches for plans with other sites than those known, one after the other."""

    def __init__(self, study: Study, tables: Tables, first: Found, within: float, clock: Clock) -> None:
        self.study, self.tables, self.first, self.clock = study, tables, first, clock
        best = float(first.searched.measures["npv_cost"])
        self.most_musd = best + within * abs(best)
        self.gap = max(study.search.gap, ENOUGH * within)
        self.everyone: Everyone | None = None
        self.by_prices = "bound_musd" in first.everyone

    def next(self, known: list[SiteSet]) -> tuple[Found | None, float]:
        """The best plan found with a set that is not known, and what none costs less than; infinity: there is none.

        Where candidates have prices: the plan over the few that look best, and a bound over all of them, up to the
        most that a plan may cost to be listed. Else both over those of the first search.
        """
        problem = self._without(known)
        if not self.by_prices:
            return self._searched(problem, self.first.screened.rows)
        budget = Budget(self.study.search.time_limit_s)
        found, _ = self._searched(problem, screen(problem, FEW + len(known)).rows)
        value = self.most_musd
        if found is not None:
            value = min(value, float(found.searched.measures["npv_cost"]))
        options = replace(budget.of(options_of(self.study)), gap=self.gap)
        self.clock.say("a bound over all candidates")
        proof = prove(problem, self.first.screened.rows, value, options, self.everyone)
        if proof is None:
            return found, -np.inf
        self.everyone = proof.everyone
        return found, proof.bound_musd

    def _without(self, known: list[SiteSet]) -> Problem:
        """All candidates, without plans of the known sets."""
        p = self.first.assembled.problem
        at = {name: i for i, name in enumerate(p.candidate_id.tolist())}
        sets = np.zeros((len(known), len(at)), dtype=bool)
        for n, members in enumerate(known):
            sets[n, [at[name] for name in members]] = True
        return replace(p, other_sites=OtherSites(known=sets))

    def _searched(self, problem: Problem, rows: IntArray) -> tuple[Found | None, float]:
        """The same over the candidates at `rows`."""
        study, first = self.study, self.first
        few = replace(
            first.assembled,
            problem=problem.take(rows),
            usable=first.assembled.usable.iloc[rows].reset_index(drop=True),
        )
        wish = {"gap": self.gap, "prove_all": False, "candidates_in_model": len(rows)}
        # the date that a first priority found is in the problem by now
        changes = {"search": study.search.model_copy(update=wish), "priorities": (Priority(objective="npv_cost"),)}
        budget = Budget(study.search.time_limit_s)
        found = seek(study.model_copy(update=changes), self.tables, few, self.clock, budget)
        if len(found.screened.rows) < len(rows):  # no time for all of them: nothing is proved of the rest
            found = replace(found, passes=(replace(found.passes[-1], bound=None),))
        elif found.searched.result.termination is Termination.INFEASIBLE:
            return None, np.inf
        if found.searched.decisions is None:
            return None, _bound(found)
        there = replace(first.screened, rows=rows[found.screened.rows])
        return replace(found, assembled=first.assembled, screened=there), _bound(found)


def _ranked(
    study: Study, tables: Tables, found: list[Found], bounds: list[float], beyond: float, clock: Clock, **said: Any
) -> NBest:
    """Plans of all searches, each read a second time, by rising cost."""
    order = sorted(range(len(found)), key=lambda n: float(found[n].searched.measures["npv_cost"]))
    best = found[0].passes
    plans = []
    for n in order:
        one = found[n] if n == 0 else replace(found[n], passes=(*best[:-1], _among_all(found[n], best[-1], study)))
        plans.append(finished(study, tables, one, clock))
    return NBest(
        plans=tuple(plans),
        site_sets=tuple(set_of(found[n]) for n in order),
        bounds_musd=tuple(bounds[n] for n in order),
        unlisted_bound_musd=beyond,
        usable=len(found[0].assembled.problem.candidate_id),
        **said,
    )


def _among_all(found: Found, best: PassResult, study: Study) -> PassResult:
    """The pass of a plan that is not the first, as one of all plans: with the bound of these."""
    own = found.passes[-1]
    value = float(found.searched.measures["npv_cost"])
    bound = None if best.bound is None else min(best.bound, value)
    whole = replace(own, termination=Termination.FEASIBLE, limit=OTHER, bound=bound, value=value)
    proved = whole.gap is not None and whole.gap <= study.search.gap
    return replace(whole, termination=Termination.OPTIMAL, limit=None) if proved else whole


def _bound(found: Found) -> float:
    bound = found.passes[-1].bound
    return -np.inf if bound is None else float(bound)


def _printed(frame: pd.DataFrame) -> str:
    shown = pd.DataFrame(
        {
            "": frame["rank"],
            "MUSD": frame["value_musd"].map("{:,.1f}".format),
            "bound": frame["bound_musd"].map("{:,.1f}".format),
            "above best": frame["above_best"].map("{:.2%}".format),
            "sites": frame["sites"].where(frame["sites"] != "", "none: leases only"),
            "states": frame["states"],
            "tenures": frame["tenures"],
        }
    )
    return in_width(shown)
