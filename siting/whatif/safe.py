"""Which decisions are safe: what all good plans of many runs have in common, what can wait, and what depends on what.

A good plan is one that is proved to lie within a stated share of the best under its own inputs. Its decisions are the
campuses that it opens, with their tenure, the contracts that it signs, and where each cluster stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.assembly.campus import campus_ids
from siting.plan import Plan
from siting.study import Study
from siting.study.states import place_name
from siting.units import parse_quarter, quarter_label
from siting.whatif.depends import depends_on
from siting.whatif.first_stage import due_of

EVERY, SOME = "in every good plan", "in some"
COLUMNS = (
    "kind",
    "decision",
    "name",
    "hosts",
    "status",
    "plans",
    "share",
    "first_due",
    "last_due",
    "depends_on",
    "runs",
)


@dataclass(frozen=True)
class Taken:
    """One decision of one plan."""

    kind: str
    """site | state | lease | host; a state is in common where near ties are not."""
    decision: str
    """Id of the candidate and tenure; state and tenure; name of the offer; cluster and host."""
    name: str
    due: int
    """Quarter, an ordinal, in which it must be taken: `first_stage.due_of`; a lease when it starts."""
    of: tuple[str, str] | None = None
    """Kind and decision that it is a part of: a site of its state, a host of its site or lease."""


def decisions_of(plan: Plan, study: Study) -> Iterator[Taken]:
    """Decisions of a plan; what stands or runs already is none."""
    standing, due = {entry.candidate for entry in study.rules.existing}, due_of(plan, study)
    host_of: dict[str, tuple[str, str]] = {}
    for (_, row), campus in zip(plan.sites.iterrows(), campus_ids(plan.sites), strict=True):
        state, tenure = str(row["state"]), str(row["tenure"])
        host_of[str(row["candidate"])] = ("site", f"{campus}, {tenure}")
        if campus in standing or campus != row["candidate"]:
            continue
        signed, told, where = due.sites[campus], tenure.replace("_", " "), ("state", f"{state}, {tenure}")
        yield Taken("site", f"{campus}, {tenure}", f"{place_name(row['name'], state)} ({told})", signed, where)
        yield Taken(*where, f"{state} (some campus, {told})", signed)
    new = plan.leases[~plan.leases["existing"].astype(bool)]
    for lease, quarters in new.groupby("lease")["quarter"]:
        host_of[str(lease)] = ("lease", str(lease))
        yield Taken("lease", str(lease), str(lease), min(map(parse_quarter, quarters)))
    for _, row in plan.tables["clusters"].iterrows():
        if (host := str(row["host"])) in host_of:
            told = f"{row['cluster']} at {host}"
            yield Taken("host", told, told, due.hosts[row["cluster"]], host_of[host])


def safe_decisions(
    plans: Mapping[str, Plan], studies: Mapping[str, Study], edits: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """A row a decision, those in most plans first. Columns: kind, decision, name, hosts (clusters that stand there in
    all plans that take it), status, plans (count), share, first_due and last_due (quarters in which it must be taken,
    over the plans that have it), depends_on (`depends.depends_on`), runs (names).

    One choice is one row: a host is told with its site or lease where the same plans have both, and a state only where
    plans that open different sites have it in common.

    plans, studies: by name of the run, good plans only. edits: of each run, value by key.
    """
    found: dict[tuple[str, str], dict[str, Taken]] = {}
    for run, plan in plans.items():
        for taken in decisions_of(plan, studies[run]):
            by_run = found.setdefault((taken.kind, taken.decision), {})
            by_run[run] = min(by_run.get(run, taken), taken, key=lambda one: one.due)
    hosts, told = _told_with(found)
    rows: list[dict[str, Any]] = []
    for (kind, decision), by_run in found.items():
        if (kind, decision) in told:
            continue
        dues = [taken.due for taken in by_run.values()]
        rows.append(
            {
                "kind": kind,
                "decision": decision,
                "name": next(iter(by_run.values())).name,
                "hosts": ", ".join(hosts.get((kind, decision), [])),
                "status": EVERY if len(by_run) == len(plans) else SOME,
                "plans": len(by_run),
                "share": len(by_run) / len(plans),
                "first_due": quarter_label(min(dues)),
                "last_due": quarter_label(max(dues)),
                "depends_on": depends_on(by_run.keys(), {run: edits[run] for run in plans}),
                "runs": ", ".join(by_run),
            }
        )
    rows.sort(key=lambda row: (-row["plans"], row["kind"], row["decision"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


Key = tuple[str, str]


def _told_with(found: Mapping[Key, Mapping[str, Taken]]) -> tuple[dict[Key, list[str]], set[Key]]:
    """Clusters by the site or lease that hosts them wherever it is taken, and the decisions that need no row: those
    hosts, and states that one site stands for."""
    hosts, told = dict[Key, list[str]](), set[Key]()
    for key, by_run in found.items():
        of = next(iter(by_run.values())).of
        if of is None or of not in found or found[of].keys() != by_run.keys():
            continue
        if key[0] == "host":
            hosts.setdefault(of, []).append(key[1].removesuffix(f" at {_id(of)}"))
            told.add(key)
        else:
            told.add(of)
    return hosts, told


def _id(of: Key) -> str:
    """Candidate or offer, as a host is named."""
    return of[1].rpartition(", ")[0] if of[0] == "site" else of[1]
