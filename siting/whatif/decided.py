"""Is the place decided? The study solved again and again with other figures for what is least known of each place.

Every trial prices all candidates under its own figures (`siting.whatif.figures`), searches the few that look best, and
says where it builds. Counted is how often that is where the plan builds. The spread of the figures is an assumption and
so is the share: it says how far the choice hangs on figures that nobody knows well, not how likely it is.
"""

from __future__ import annotations

import math
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.aims import aims_of, options_of
from siting.arguments import checked
from siting.assembly import Assembled, assemble
from siting.assembly.assemble import with_figures
from siting.assembly.campus import campus_ids
from siting.errors import Fault, InputError, SolverError
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.printed import plural
from siting.progress import Clock, Listener
from siting.reduction.screen import screen
from siting.run import assembled_again, study_of
from siting.solver.passes import run_aims
from siting.study import Study
from siting.study.states import place_name
from siting.tables.read import Tables, read_tables
from siting.termination import Termination
from siting.whatif.apart import Job, close_stems, cores, open_stems, run_apart
from siting.whatif.figures import Spread, other_figures
from siting.whatif.variations import MOST

DECIDED = 0.8
"""Share of the trials from which on the state counts as decided."""
CANDIDATES, GAP, SECONDS = 12, 0.005, 120.0
"""Of the search of one trial: candidates, gap, time limit. On the shipped study 12 candidates give the plan that 120
give, in 5 to 7 s of one thread; the limit is for busy machines."""
PIECES = 2
"""Pieces of the trials for each process: each piece reads and assembles once."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Where one trial builds. Without a plan all are empty."""

    trial: int
    """0: the figures as they are."""
    termination: str
    value_musd: float | None
    bound_musd: float | None
    states: tuple[str, ...]
    sites: tuple[str, ...]
    """Campuses that are opened, by id; those that stand at the start are left out."""
    tenures: tuple[str, ...]
    """Of the campuses that are opened; `lease` where none is."""

    @property
    def found(self) -> bool:
        return self.value_musd is not None


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided:
    """How often other figures give another place."""

    study: str
    states: tuple[str, ...]
    """Where the plan builds; empty where it opens no campus."""
    sites: tuple[str, ...]
    trials: tuple[Trial, ...]
    seed: int
    spread: Spread
    names: Mapping[str, str]
    """Name and state by id, of every campus that is opened in some trial."""

    @property
    def same(self) -> int:
        """Trials that build in just the states of the plan."""
        return sum(trial.found and trial.states == self.states for trial in self.trials)

    @property
    def share(self) -> float:
        """Of all trials, those without a plan among them."""
        return self.same / len(self.trials)

    @property
    def unanswered(self) -> int:
        """Trials that ended at their time limit without a plan, and without a proof that there is none."""
        return sum(trial.termination == Termination.NO_PLAN_FOUND for trial in self.trials)

    @property
    def decided(self) -> bool:
        """Whether the state is the same in at least 80 % of the trials."""
        return self.share >= DECIDED

    @property
    def frame(self) -> pd.DataFrame:
        """A row a trial: trial, termination, value_musd, bound_musd, states, sites, tenures, same."""
        rows = [
            {**asdict(t), **{name: ", ".join(getattr(t, name)) for name in ("states", "sites", "tenures")}}
            for t in self.trials
        ]
        frame = pd.DataFrame(rows)
        frame["same"] = [trial.found and trial.states == self.states for trial in self.trials]
        return frame

    @property
    def by_state(self) -> pd.DataFrame:
        """state ("" for none: leases only), trials, share; the most frequent first."""
        return self._counted("state", (trial.states or ("",) for trial in self.trials if trial.found))

    @property
    def by_place(self) -> pd.DataFrame:
        """candidate, trials, share, name."""
        frame = self._counted("candidate", (trial.sites for trial in self.trials))
        return frame.assign(name=[self.names[name] for name in frame["candidate"]])

    @property
    def by_tenure(self) -> pd.DataFrame:
        """tenure, trials, share."""
        return self._counted("tenure", (trial.tenures for trial in self.trials))

    def _counted(self, what: str, named: Iterable[tuple[str, ...]]) -> pd.DataFrame:
        counts = Counter(name for names in named for name in names)
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return pd.DataFrame([(n, c, c / len(self.trials)) for n, c in rows], columns=[what, "trials", "share"])

    @property
    def words(self) -> tuple[str, ...]:
        """The answer, a sentence each."""
        count, where = len(self.trials), self._where()
        said = [
            f"Place {'decided' if self.decided else 'not decided'} as far as the state: the plan builds {where}, "
            f"and so do {self.same} of {plural(count, 'trial')} with other figures ({self.share:.0%})."
        ]
        others = [
            f"{row.state or 'leases alone'} in {row.share:.0%}"
            for row in self.by_state.itertuples()
            if (row.state,) != (self.states or ("",))
        ]
        if others:
            said.append(f"Elsewhere, in so many of all: {', '.join(others[:8])}.")
        same_site = sum(trial.found and trial.sites == self.sites for trial in self.trials)
        said.append(f"The very same sites: {same_site} of {count}; different sets of sites: {self._sets()}.")
        said.append(f"Tenures: {', '.join(f'{r.tenure} in {r.share:.0%}' for r in self.by_tenure.itertuples())}.")
        if self.unanswered:
            found = f"{self.unanswered} of {plural(count, 'trial')} found no plan in {SECONDS:.0f} s"
            said.append(f"{found}, though there may be one; they count as not the same.")
        if without := sum(not trial.found for trial in self.trials) - self.unanswered:
            said.append(f"{without} of {plural(count, 'trial')} have no plan; they count as not the same.")
        said.append(f"Figures: {self.spread.words}; seed {self.seed}. An assumption, not a measured error.")
        said.append(
            f"Each trial prices all candidates and searches about {CANDIDATES} that look best to a gap of {GAP:.1%}; "
            "lines that several sites overload together are not looked at."
        )
        return tuple(said)

    def _sets(self) -> int:
        return len({trial.sites for trial in self.trials if trial.found})

    def _where(self) -> str:
        return f"in {', '.join(self.states)}" if self.states else "nothing"

    def __str__(self) -> str:
        """In words, then where the trials build."""
        places = self.by_place.head(12)
        table = places.assign(share=places["share"].map("{:.0%}".format)).to_string(index=False) if len(places) else ""
        return "\n".join([*self.words, "", table]).rstrip()

    def as_facts(self) -> dict[str, Any]:
        """What is kept with a plan, as plain values (`Plan.facts["other_figures"]`)."""
        return {
            "trials": len(self.trials),
            "same": self.same,
            "share": self.share,
            "decided": self.decided,
            "states": list(self.states),
            "seed": self.seed,
            "spread": asdict(self.spread),
            "figures": self.spread.words,
            "candidates": CANDIDATES,
            "gap": GAP,
            "without_plan": sum(not trial.found for trial in self.trials) - self.unanswered,
            "not_in_time": self.unanswered,
            "by_state": self.by_state.to_dict("records"),
            "by_place": self.by_place.head(12).to_dict("records"),
            "by_tenure": self.by_tenure.to_dict("records"),
        }

    def kept_with(self, plan: Plan) -> Plan:
        """The plan with this answer in its facts, where report and terminal look for it."""
        return replace(plan, facts={**plan.facts, "other_figures": self.as_facts()})


@checked
def place_decided(
    of: Study | Plan,
    runs: int = 50,
    seed: int = 0,
    *,
    spread: Spread | None = None,
    workers: int | None = None,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> Decided:
    """How often the study builds in the same states under other figures of MW, price and date of power.

    of: a plan, with whose states the trials are compared; or a study, then with a trial of its figures as they are.
    workers: processes of one thread each; None: one a core. 1: in this process. The trials are the same however many
    there are. Objectives are those of the study; a first priority `time_to_compute` is left out, its cluster stands by
    its latest date. Raises InputError for bad input or a plan that has none, SolverError when a process fails.
    """
    study = study_of(of) if isinstance(of, Plan) else of
    spread = spread or Spread()
    _refuse(of, study, runs, seed, spread, workers)
    if isinstance(of, Plan):
        assembled_again(of, tables)  # refuses a plan of other figures: trials would be compared with what it is not
    clock = Clock(progress)
    wanted = list(range(1, runs + 1)) if isinstance(of, Plan) else list(range(runs + 1))
    count = min(workers or cores(), len(wanted))
    found: list[Trial] = []
    names: dict[str, str] = {}
    for trials, named in _all(study, wanted, seed, spread, count, tables):
        found += trials
        names |= named
        clock.say(f"{len(found)} of {len(wanted)} trials with other figures")
    found.sort(key=lambda trial: trial.trial)
    if isinstance(of, Plan):
        states, sites = _built(of, study)
    elif not found[0].found:
        file, expected = str(study.path or study.name), "a study with a plan to compare the trials with"
        raise InputError([Fault(file=file, key="the study", value="no plan", expected=expected)])
    else:
        states, sites = found[0].states, found[0].sites
        found = found[1:]
    return Decided(
        study=study.name,
        states=states,
        sites=sites,
        trials=tuple(found),
        seed=seed,
        spread=spread,
        names=names,
    )


def _refuse(of: Study | Plan, study: Study, runs: int, seed: int, spread: Spread, workers: int | None) -> None:
    numbers = {
        "runs": (runs, 1 <= runs <= MOST, f"1 to {MOST:,}"),
        "seed": (seed, seed >= 0, "0 or more"),
        "workers": (workers, workers is None or workers >= 1, "at least 1"),
        "spread.hosting": (spread.hosting, 0.0 <= spread.hosting < 1.0, "a share below 1"),
        "spread.price": (spread.price, 0.0 <= spread.price < 1.0, "a share below 1"),
        "spread.lead_quarters": (spread.lead_quarters, spread.lead_quarters >= 0, "0 or more"),
    }
    faults = [
        Fault(file="place_decided", key=key, value=str(value), expected=expected)
        for key, (value, fine, expected) in numbers.items()
        if not fine
    ]
    if isinstance(of, Plan) and of.npv_cost_musd is None:
        faults.append(Fault(file=study.name, key="plan", value=str(of.termination), expected="a plan that was found"))
    if faults:
        raise InputError(faults)


def _built(plan: Plan, study: Study) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States and ids of the campuses that a plan opens."""
    standing = [entry.candidate for entry in study.rules.existing]
    new = plan.sites[~campus_ids(plan.sites).isin(standing)]
    return tuple(sorted(set(new["state"].astype(str)))), tuple(sorted(set(campus_ids(new).astype(str))))


Piece = tuple[list[Trial], dict[str, str]]


def _all(
    study: Study, wanted: list[int], seed: int, spread: Spread, count: int, tables: Tables | None
) -> Iterator[Piece]:
    """Pieces of the trials as they are ready."""
    if count <= 1:
        tables = with_own_buses(study, tables or read_tables())
        assembled = assemble(study, tables)
        for trial in wanted:
            yield _trials(study, tables, assembled, [trial], seed, spread)
        return
    study._path = study.path.resolve() if study.path else None  # another process may stand in another folder
    parts = [part.tolist() for part in np.array_split(wanted, min(PIECES * count, len(wanted)))]
    open_stems()
    with ThreadPoolExecutor(count, thread_name_prefix="siting-sure") as pool:
        jobs = [
            Job(
                work=pickle.dumps((__name__, "trials_apart", (study, part, seed, spread))),
                limit_s=60.0 + 3.0 * SECONDS * len(part),
                threads=1,
            )
            for part in parts
        ]
        try:
            for future in as_completed([pool.submit(run_apart, job) for job in jobs]):
                answer = future.result()
                if answer.outcome != "plan":
                    raise SolverError(f"trials with other figures: {answer.message}")
                piece: Piece = pickle.loads(answer.plan)
                yield piece
        except BaseException:  # Ctrl-C, say: what is at work is ended, and what waits is not begun
            close_stems()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def trials_apart(work: tuple[Study, list[int], int, Spread], *, tables: Tables) -> Piece:
    """Some of the trials, in a process of their own."""
    study, trials, seed, spread = work
    tables = with_own_buses(study, tables)
    return _trials(study, tables, assemble(study, tables), trials, seed, spread)


def _trials(study: Study, tables: Tables, assembled: Assembled, trials: list[int], seed: int, spread: Spread) -> Piece:
    found: list[Trial] = []
    names: dict[str, str] = {}
    standing = {entry.candidate for entry in study.rules.existing}
    options = replace(options_of(study), gap=max(GAP, study.search.gap), time_limit_s=SECONDS, threads=1)
    for trial in trials:
        usable = assembled.usable
        if trial:
            usable = other_figures(study, usable, spread, seed, trial)
        p = with_figures(study, tables, assembled, usable).problem
        rows = screen(p, CANDIDATES).rows
        passes, searched = run_aims(p.take(rows), aims_of(study), options)
        opened = pd.DataFrame(columns=usable.columns)
        if searched.decisions is not None:
            opened = usable.iloc[rows[searched.decisions.modules.sum(axis=1) > 0]]
        ids = campus_ids(opened).astype(str)
        opened = opened[~ids.isin(standing)]
        cost = next((result for result in passes if result.objective == "npv_cost_musd"), passes[-1])
        found.append(
            Trial(
                trial=trial,
                termination=str(searched.result.termination),
                value_musd=searched.measures.get("npv_cost") if searched.decisions is not None else None,
                bound_musd=cost.bound if cost.bound is None or math.isfinite(cost.bound) else None,
                states=tuple(sorted(set(opened["state"].astype(str)))),
                sites=tuple(sorted(set(ids[opened.index]))),
                tenures=tuple(sorted(set(opened["tenure"].astype(str))))
                or (("lease",) if searched.decisions is not None else ()),
            )
        )
        names |= {str(row["candidate"]): place_name(row["name"], row["state"]) for _, row in opened.iterrows()}
    return found, names
