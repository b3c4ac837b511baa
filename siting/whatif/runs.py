"""One run of a sweep, as a row and as a small file: what it was, how it ended, what it chose."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from siting.errors import InputError
from siting.plan import Plan
from siting.run import study_of
from siting.saved import NUMBER, NUMBER_OR_NONE, TEXT, TEXT_OR_NONE, Choice, Entries, Items, Record, read_record
from siting.whatif.apart import JobResult
from siting.whatif.filenames import file_name
from siting.whatif.variation import Variation
from siting.writing import whole

Status = Literal["done", "refused", "unverified", "failed", "killed", "died", "not_run"]
"""done: the search ended; `termination` says how. refused: bad input that only the tables reveal. unverified: the
second reading of the plan found a fault. failed: an error of ours or of the solver. killed: it outlasted the limit of a
run. died: its process ended from outside. not_run: none of these yet."""
LASTING = ("done", "refused", "unverified", "killed")
"""What would end the same way again, and is not run again. What failed may have lacked memory or room on a disk."""
WORDS: Mapping[Status, str] = {
    "done": "done",
    "refused": "refused for bad input",
    "unverified": "with a plan that the verification refused",
    "failed": "failed",
    "killed": "killed at the limit of a run",
    "died": "died",
    "not_run": "not run yet",
}


RECORD = Record(
    {
        **dict.fromkeys(("name", "message", "key", "termination"), TEXT),
        "edits": Entries(),
        "status": Choice(tuple(WORDS)),
        "limit": TEXT_OR_NONE,
        **dict.fromkeys(("limit_s", "seconds", "search_seconds"), NUMBER),
        **dict.fromkeys(("value_musd", "bound_musd", "gap", "bound_all_musd", "gap_all", "gap_asked"), NUMBER_OR_NONE),
        "measures": Entries(NUMBER, blank=True),
        "sites": Items(
            Record(
                {
                    **dict.fromkeys(("candidate", "name", "state", "tenure", "open_quarter"), TEXT),
                    **dict.fromkeys(("it_mw", "utility_mw"), NUMBER),
                }
            )
        ),
        "leases": Items(Record({**dict.fromkeys(("lease", "accelerator", "quarter"), TEXT), "gpus": NUMBER})),
        "clusters": Items(Record(dict.fromkeys(("cluster", "host", "by"), TEXT))),
    }
)
"""What the file of a run holds."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A row of a sweep. Everything in it is plain data; the plan and the study are asked of the sweep."""

    name: str
    edits: Mapping[str, Any]
    status: Status = "not_run"
    message: str = ""
    """Why, when it is not done."""
    key: str = ""
    """Digest of all that the result depends on."""
    limit_s: float = 0.0
    """Outer limit under which it ran."""
    termination: str = ""
    """Of its last pass: optimal, feasible, infeasible, no_plan_found; empty when it is not done."""
    limit: str | None = None
    """Which limit of the search stopped it."""
    value_musd: float | None = None
    """Present value of all cost; None without a plan."""
    bound_musd: float | None = None
    gap: float | None = None
    bound_all_musd: float | None = None
    """Over all usable candidates; None where nothing is proved of all."""
    gap_all: float | None = None
    gap_asked: float | None = None
    measures: Mapping[str, float] | None = None
    """Value of every objective of the study by name with unit, and `carbon_t`; None without a plan."""
    sites: tuple[Mapping[str, Any], ...] = ()
    """candidate, name, state, tenure, open_quarter, it_mw, utility_mw of every opened campus."""
    leases: tuple[Mapping[str, Any], ...] = ()
    """lease, accelerator, quarter, gpus of every contract that the plan signs; existing ones are left out."""
    clusters: tuple[Mapping[str, Any], ...] = ()
    """cluster, host, by of every training cluster."""
    seconds: float = 0.0
    """Wall seconds, with the start of its process."""
    search_seconds: float = 0.0
    """Wall seconds that the plan itself counted."""

    @property
    def file(self) -> str:
        """Name of its record and of its plan's folder."""
        return file_name(self.name)

    @property
    def opens(self) -> tuple[str, ...]:
        """Quarters in which campuses open, earliest first."""
        return tuple(sorted(row["open_quarter"] for row in self.sites))

    @property
    def it_mw(self) -> float | None:
        """Critical IT MW of all campuses; None without a plan."""
        return sum(row["it_mw"] for row in self.sites) if self.found else None

    @property
    def utility_mw(self) -> float | None:
        """MW of all campuses at the meter, at peak; None without a plan."""
        return sum(row["utility_mw"] for row in self.sites) if self.found else None

    @property
    def found(self) -> bool:
        """Whether there is a plan to build."""
        return self.value_musd is not None

    @property
    def choice(self) -> frozenset[tuple[str, ...]]:
        """What is decided first: sites with their tenure, lease contracts, hosts of clusters. Equal for two plans that
        differ in dates and quantities only."""
        return frozenset(
            [
                *(("site", row["candidate"], row["tenure"]) for row in self.sites),
                *(("lease", row["lease"]) for row in self.leases),
                *(("host", row["cluster"], row["host"]) for row in self.clusters),
            ]
        )


def ended(variation: Variation, key: str, limit_s: float, answer: JobResult, plan: Plan | None) -> Run:
    """The row of a run that has ended."""
    bare = Run(name=variation.name, edits=variation.edits, key=key, limit_s=limit_s, seconds=answer.seconds)
    if plan is None:
        return replace(bare, status=answer.outcome, message=answer.message)  # type: ignore[arg-type]
    found = plan.npv_cost_musd is not None
    own = plan.leases[~plan.leases["existing"].astype(bool)] if found and len(plan.leases) else None
    return replace(
        bare,
        status="done",
        termination=str(plan.termination),
        limit=plan.last.limit,
        value_musd=plan.npv_cost_musd,
        bound_musd=plan.bound_musd,
        gap=plan.gap,
        bound_all_musd=plan.bound_all_musd,
        gap_all=plan.gap_all,
        gap_asked=study_of(plan).search.gap,
        measures=_measures(plan) if found else None,
        sites=_rows(plan.sites, "candidate name state tenure open_quarter it_mw utility_mw") if found else (),
        leases=() if own is None else _rows(own, "lease accelerator quarter gpus"),
        clusters=_rows(plan.tables["clusters"], "cluster host by") if found else (),
        search_seconds=float(sum(plan.seconds.values())),
    )


def write_run(run: Run, folder: Path) -> None:
    """The record of the run in the folder, whole or not at all."""
    write_json(folder / f"{run.file}.json", asdict(run))


def read_run(folder: Path, variation: Variation, key: str) -> Run:
    """The record of that variation; one that is not run yet where there is none, it cannot be read, or it is of another
    key (the study, its files, the tables or the program have changed since)."""
    blank = Run(name=variation.name, edits=variation.edits, key=key)
    try:
        known = read_record(folder / f"{variation.file}.json", RECORD)
    except InputError:
        return blank
    if known["key"] != key or known["name"] != variation.name:
        return blank
    rows = {name: tuple(known[name]) for name in ("sites", "leases", "clusters")}
    return Run(**{**{field.name: known[field.name] for field in fields(Run)}, **rows, "edits": variation.edits})


def write_json(path: Path, content: Any) -> None:
    """A JSON file, whole or not at all, also when the machine stops in between."""
    with whole(path) as stream:
        json.dump(content, stream, indent=1, ensure_ascii=False, allow_nan=False, default=str)


def _rows(frame: Any, columns: str) -> tuple[dict[str, Any], ...]:
    chosen = frame[columns.split()]
    return tuple(
        {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}
        for row in chosen.to_dict("records")
    )


def _measures(plan: Plan) -> dict[str, float]:
    """What the search measured, and the tonnes of grid and units, which the tables hold in any case."""
    power, onsite = plan.tables["power"], plan.tables.get("onsite")
    tonnes = float(power["co2_t"].sum(skipna=False)) + (0.0 if onsite is None else float(onsite["co2_t"].sum()))
    counted = {} if math.isnan(tonnes) else {"carbon_t": tonnes}  # a state without a published rate
    measured = plan.facts.get("measures", {})
    return counted | {name: float(value) for name, value in measured.items() if value is not None}
