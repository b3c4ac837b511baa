"""The first stage of a plan: what it has decided by a quarter, or all that it decides of sites, halls and contracts.

A decision is taken in the quarter in which it must be, under the plan's own study: halls when they are ordered, one
construction time before they stand; a campus with its first halls; a contract when it starts; the host of a cluster
when its halls must be ordered, on rented GPUs when the cluster begins. Up to a quarter all of that stays as it is, also
what was *not* ordered; halls, campuses, contracts and hosts that are due later are decided again, over the candidates
that pass the screen of the run and those of all plans. Halls that were ordered stand when the plan says, where building
has become quicker at the latest then; what is ordered later takes as long as in the run. Dates of power stay those of
the run: they count from the start of the study, whoever opens there.

The seam for a model of two stages: `decided_by` is its first stage, the runs are its scenarios, and `left_open` is what
each scenario may still decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from siting.aims import options_of
from siting.assembly import Assembled, assemble
from siting.assembly.tenures import terms_of
from siting.errors import Fault, InputError
from siting.networks import with_own_buses
from siting.plan import Plan
from siting.problem import Problem
from siting.problem.digest import digest_of
from siting.reduction.screen import screen
from siting.run import other_inputs
from siting.solver.budget import affordable
from siting.solver.held import Held, held_in, site_rows
from siting.solver.repriced import Repriced
from siting.study import Study
from siting.tables.read import Tables
from siting.termination import Termination
from siting.units import parse_quarter
from siting.whatif.repriced import reprice_on_lines, reprice_plan

COLUMNS = {
    "sites": ["candidate", "open_quarter"],
    "modules": ["candidate", "quarter", "modules", "it_mw"],
    "shells": ["candidate", "quarter", "shells", "shell_it_mw"],
    "leases": ["lease", "quarter", "gpus", "cluster"],
    "clusters": ["cluster", "host", "accelerator", "gpus"],
    "connections": ["candidate", "connection"],
}
"""Tables and columns in which a first stage is written. What it costs and where clusters draw is not in it."""
HALLS = ("modules", "shells")
"""Tables of halls by the quarter in which they stand; shells stay from then on."""
SECOND = ("deliveries", "onsite", "conversions")
"""Tables of what is decided again in any case."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """Quarters, ordinals, in which the decisions of a plan must be taken at the latest."""

    ahead: Mapping[str, int]
    """Candidate -> quarters from the order of its halls to the day they stand."""
    sites: Mapping[str, int]
    """Candidate -> signing."""
    hosts: Mapping[str, int]
    """Cluster -> order of its halls, or its own quarter where it stands on rented GPUs."""


def due_of(plan: Plan, study: Study) -> Due:
    """When the decisions of a plan are due under its study. A contract is due when it starts."""
    tenures = dict(zip(plan.sites["candidate"].astype(str), plan.sites["tenure"].astype(str), strict=True))
    ahead = {name: terms_of(study, tenure).construction_quarters for name, tenure in tenures.items()}
    opened = zip(plan.sites["candidate"].astype(str), plan.sites["open_quarter"], strict=True)
    hosts: dict[str, int] = {}
    for row in plan.tables["clusters"].itertuples():
        due, name = parse_quarter(row.by) - ahead.get(str(row.host), 0), str(row.cluster)
        hosts[name] = min(due, hosts.get(name, due))
    return Due(ahead=ahead, sites={name: parse_quarter(q) - ahead[name] for name, q in opened}, hosts=hosts)


def decided_by(plan: Plan, study: Study, until: int) -> Plan:
    """The plan with only what is decided by the end of a quarter, an ordinal, in its tables. study: its own."""
    due, tables = due_of(plan, study), dict(plan.tables)
    tables |= {name: tables[name].iloc[:0] for name in SECOND if name in tables}
    names = plan.sites["candidate"].astype(str)
    signed = {name for name in names if due.sites[name] <= until}
    tables["sites"] = plan.sites[names.isin(signed)]
    leases, clusters = plan.leases, tables["clusters"]
    for name in [name for name in HALLS if name in tables]:
        pairs = zip(tables[name]["candidate"], tables[name]["quarter"], strict=True)
        ordered = np.array([parse_quarter(q) - due.ahead[str(i)] for i, q in pairs], dtype=np.int64)
        tables[name] = tables[name][ordered <= until]
    begun = np.array([parse_quarter(quarter) for quarter in leases["quarter"]], dtype=np.int64) <= until
    tables["leases"] = leases[begun | leases["existing"].to_numpy(bool)]
    if len(clusters):  # a table without rows has no columns either
        tables["clusters"] = clusters[[due.hosts[str(name)] <= until for name in clusters["cluster"]]]
    if "connections" in tables:
        tables["connections"] = tables["connections"][tables["connections"]["candidate"].astype(str).isin(signed)]
    return replace(plan, tables=tables)


def left_open(held: Held, p: Problem, until: int) -> Held:
    """What is held of a plan in which only what is decided by the end of a quarter is left, with everything that is due
    later left open: halls that can still be ordered, contracts that start later, hosts that are not chosen."""
    t = until - held.start + 1
    chosen = {k for k, *_ in (*held.parts, *held.on_lease)}
    return replace(
        held,
        free_halls_from=np.clip(t + p.opening_lag, 0, p.quarters).astype(np.int64),
        free_contracts_from=min(max(t, 0), p.quarters),
        free_hosts=np.array([k not in chosen for k in range(len(p.cluster))], dtype=bool),
        free_connection=held.opened >= p.quarters,
    )


def text_of(plan: Plan) -> str:
    """Two plans with the same text decide the same first."""
    tables = [plan.tables[name].reindex(columns=columns) for name, columns in COLUMNS.items() if name in plan.tables]
    return "\n".join(table.to_csv(index=False) for table in tables)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """Plans by name, what each of them has decided, and until when: None where all is held."""

    plans: Mapping[str, Plan]
    first: Mapping[str, Plan]
    until: int | None

    @property
    def count(self) -> int:
        """Different first stages."""
        return len({text_of(plan) for plan in self.first.values()})

    def held_under(self, run: str, study: Study, tables: Tables) -> tuple[list[Repriced], bool]:
        """Each plan held under the study of one run, in their order, and whether what is proved of them covers all
        candidates. Raises InputError where that is no longer what the run's own plan was made for.

        Plans with one first stage are held once. Any plan that decides the same first is one way to go on from it, as
        long as what it decides later is due later here too: what is found never costs more than that."""
        own = with_own_buses(study, tables)
        assembled, whole = assemble(study, own), dict[str, Repriced]()
        if self.plans[run].facts.get("problem_digest") != digest_of(assembled.problem):
            said = "others than its plan was made with: tables or the planner's own files have changed since"
            unnamed = Fault(file=run, key="figures of the study", value=said, expected="the sweep run again")
            raise InputError(other_inputs(self.plans[run], study, tables) or [unnamed])
        for plan in self.plans.values():
            if (text := text_of(plan)) not in whole:
                whole[text] = reprice_plan(plan, study, tables=own, assembled=assembled)
        if self.until is None:
            return [whole[text_of(plan)] for plan in self.plans.values()], True
        p, everyone = self._around(study, assembled)
        found: dict[str, Repriced] = {}
        for plan in self.first.values():
            if (text := text_of(plan)) not in found:
                held = left_open(held_in(plan, p, int(study.start)), p, self.until)
                again = reprice_on_lines(p, held, "first stage", options_of(study), study, own)
                alike = (
                    other for other in self.plans.values() if text_of(decided_by(other, study, self.until)) == text
                )
                found[text] = reduce(_cheaper, [whole[text_of(other)] for other in alike], again)
        return [found[text_of(plan)] for plan in self.first.values()], everyone

    def _around(self, study: Study, assembled: Assembled) -> tuple[Problem, bool]:
        """The problem over which later decisions are taken, and whether these are all candidates."""
        p = replace(assembled.problem, objective="npv_cost", goals=(), watched=("npv_cost",))
        keep = affordable(p, study.search.candidates_in_model, study.search.time_limit_s)
        parts: Iterable[np.ndarray] = (screen(p, keep).rows, *(site_rows(plan, p) for plan in self.plans.values()))
        rows = reduce(np.union1d, parts).astype(np.int64)
        rows = rows if p.annex is None else p.annex.with_annexes(rows)
        return p.take(rows), len(rows) == len(p.candidate_id)


def stages(plans: Mapping[str, Plan], studies: Mapping[str, Study], until: int | None) -> Stages:
    """The first stages of plans, each under its own study: all that they decide first, or what is due by a quarter."""
    first = plans if until is None else {name: decided_by(plan, studies[name], until) for name, plan in plans.items()}
    return Stages(plans=plans, first=first, until=until)


def _cheaper(found: Repriced, held: Repriced) -> Repriced:
    """What was found from a first stage, or a plan held whole where that is the cheaper way on; the bound of all."""
    value, other = found.result.value, held.result.value
    if other is None or (value is not None and value <= other):
        return found
    bound, limit = found.result.bound, found.result.limit or "gap"
    bound = None if bound is None else min(bound, other)
    return replace(held, result=replace(held.result, termination=Termination.FEASIBLE, limit=limit, bound=bound))
