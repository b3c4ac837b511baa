"""Which decisions are safe: what all good plans of many runs have in common, what can wait, and what depends on what.

A good plan is one that is proved to lie within a stated share of the best under its own inputs. Its decisions are the
campuses that it opens, with their tenure, the contracts that it signs, and where each cluster stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.assembly.campus import campus_ids
from siting.plan import Plan
from siting.study import Study
from siting.units import parse_quarter, quarter_label
from siting.whatif.first_stage import due_of

EVERY, SOME = "in every good plan", "in some"
COLUMNS = ("kind", "decision", "name", "status", "plans", "share", "first_due", "last_due", "depends_on", "runs")


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


def decisions_of(plan: Plan, study: Study) -> Iterator[Taken]:
    """Decisions of a plan; what stands or runs already is none."""
    standing, due = {entry.candidate for entry in study.rules.existing}, due_of(plan, study)
    for (_, row), campus in zip(plan.sites.iterrows(), campus_ids(plan.sites), strict=True):
        if campus in standing or campus != row["candidate"]:
            continue
        state, tenure, signed = str(row["state"]), str(row["tenure"]), due.sites[campus]
        yield Taken("site", f"{campus}, {tenure}", f"{row['name']}, {state}", signed)
        yield Taken("state", f"{state}, {tenure}", f"with a campus ({tenure.replace('_', ' ')}): {state}", signed)
    new = plan.leases[~plan.leases["existing"].astype(bool)]
    for lease, quarters in new.groupby("lease")["quarter"]:
        yield Taken("lease", str(lease), str(lease), min(map(parse_quarter, quarters)))
    known = {*plan.sites["candidate"].astype(str), *new["lease"].astype(str)}
    for _, row in plan.tables["clusters"].iterrows():
        if (host := str(row["host"])) in known:
            yield Taken("host", f"{row['cluster']} at {host}", f"{row['cluster']} at {host}", due.hosts[row["cluster"]])


def safe_decisions(
    plans: Mapping[str, Plan], studies: Mapping[str, Study], edits: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """A row a decision, those in most plans first. Columns: kind, decision, name, status, plans (count), share,
    first_due and last_due (quarters in which it must be taken, over the plans that have it), depends_on (keys of the
    variations each of which tells the plans that have it from those that do not), runs (names).

    plans, studies: by name of the run, good plans only. edits: of each run, value by key.
    """
    found: dict[tuple[str, str], dict[str, Taken]] = {}
    for run, plan in plans.items():
        for taken in decisions_of(plan, studies[run]):
            by_run = found.setdefault((taken.kind, taken.decision), {})
            by_run[run] = min(by_run.get(run, taken), taken, key=lambda one: one.due)
    rows: list[dict[str, Any]] = []
    for (kind, decision), by_run in found.items():
        dues = [taken.due for taken in by_run.values()]
        rows.append(
            {
                "kind": kind,
                "decision": decision,
                "name": next(iter(by_run.values())).name,
                "status": EVERY if len(by_run) == len(plans) else SOME,
                "plans": len(by_run),
                "share": len(by_run) / len(plans),
                "first_due": quarter_label(min(dues)),
                "last_due": quarter_label(max(dues)),
                "depends_on": "; ".join(_separating(by_run.keys(), {run: edits[run] for run in plans})),
                "runs": ", ".join(by_run),
            }
        )
    rows.sort(key=lambda row: (-row["plans"], row["kind"], row["decision"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _separating(has: Any, edits: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Keys of which no value occurs both with and without the decision, each with its values with it."""
    inside, outside = [run for run in edits if run in has], [run for run in edits if run not in has]
    if not inside or not outside:
        return
    for key in dict.fromkeys(key for edit in edits.values() for key in edit):
        with_it, without = ({_text(edits[run].get(key)) for run in runs} for runs in (inside, outside))
        if not with_it & without:
            yield f"{key} = {' or '.join(sorted(with_it))}"


def _text(value: Any) -> str:
    if value is None:
        return "as in the study"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
