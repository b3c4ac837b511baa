"""The result of many runs: a row each, plans and studies at hand, read from a folder at any time.

sweep.json          the study, the variations, the key of each result
runs/NAME.json      one record a run, written when it has ended
plans/NAME/         its plan, as `siting solve` writes one, written before the record
sweep.csv           the table of all runs, written when the sweep ends
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, InputError
from siting.plan import Plan, read_plan
from siting.printed import plural
from siting.saved import TEXT, Entries, Items, Record, read_record
from siting.study import Study
from siting.study.toml import study_from
from siting.whatif.runs import WORDS, Run, read_run, write_json
from siting.whatif.variation import Variation
from siting.writing import whole

HEAD, RECORDS, PLANS, TABLE, LOCK = "sweep.json", "runs", "plans", "sweep.csv", ".lock"
SWEEP_HEAD = Record(
    {
        "study": Entries(),
        "study_file": TEXT,
        "common": Entries(),
        "variations": Items(Record({"name": TEXT, "key": TEXT, "edits": Entries()})),
    }
)
NUMBERS = ("value_musd", "bound_musd", "gap", "bound_all_musd", "gap_all", "it_mw", "utility_mw", "seconds")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """Many runs of one study. Runs that found no plan, were killed or failed are rows like any other."""

    study: Study
    """The study that was varied."""
    folder: Path
    runs: tuple[Run, ...]
    """In the order of the variations."""
    common: Mapping[str, Any]
    """Edits that every run has beside its own: threads of the solver, and what the sweep itself overrides."""

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __getitem__(self, name: str) -> Run:
        """The run of that name. Raises KeyError."""
        return self._by_name[name]

    @functools.cached_property
    def _by_name(self) -> dict[str, Run]:
        return {run.name: run for run in self.runs}

    def study_of(self, name: str) -> Study:
        """The study that the run solved, edits applied. Raises KeyError."""
        return Variation(name=name, edits={**self.common, **self[name].edits}).of(self.study)

    @functools.cached_property
    def plans(self) -> Mapping[str, Plan]:
        """Plan by name of the run, read from its folder when first asked for. Runs that did not end have none."""
        return _Plans(self)

    @functools.cached_property
    def frame(self) -> pd.DataFrame:
        """One row a run: name, a column for each edited key, status, termination, limit, value_musd, bound_musd, gap,
        bound_all_musd and gap_all (over all usable candidates; blank where nothing is proved of all), sites,
        site_count, it_mw, utility_mw, first_open, last_open, leases, leased_gpus, hosts, a column for each other
        objective that was measured (`carbon_t`, ...), seconds, message."""
        keys = list(dict.fromkeys(key for run in self.runs for key in run.edits if key != "name"))
        measures = list(
            dict.fromkeys(name for run in self.runs for name in run.measures or () if name != "npv_cost_musd")
        )
        frame = pd.DataFrame([_row(run, keys, measures) for run in self.runs])
        numbers = [*NUMBERS, *measures]
        frame[numbers] = frame[numbers].astype(float)
        return frame

    def write_table(self) -> Path:
        """`sweep.csv` in the folder, whole; its path."""
        path = self.folder / TABLE
        with whole(path) as stream:
            self.frame.to_csv(stream, index=False)
        return path

    @property
    def words(self) -> tuple[str, ...]:
        """What happened and what was found, line by line."""
        return tuple(_words(self))

    def __str__(self) -> str:
        return "\n".join(self.words)


class _Plans(Mapping[str, Plan]):
    def __init__(self, sweep: Sweep) -> None:
        self._names = [run.name for run in sweep.runs if run.status == "done"]
        self._folders = {run.name: sweep.folder / PLANS / run.file for run in sweep.runs if run.status == "done"}
        self._read: dict[str, Plan] = {}

    def __getitem__(self, name: str) -> Plan:
        if name not in self._read:
            self._read[name] = read_plan(self._folders[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@checked
def read_sweep(folder: str | Path) -> Sweep:
    """The sweep in a folder as far as it has come, also while it runs. Raises InputError when there is none."""
    folder = Path(folder)
    head = read_head(folder)
    if head is None:
        raise InputError([Fault(file=str(folder), key=HEAD, value="nothing", expected="the folder of a sweep")])
    path = head["study_file"]
    study = study_from(head["study"], file=str(folder / HEAD), path=Path(path) if path else None)
    runs = [
        read_run(folder / RECORDS, Variation(name=entry["name"], edits=entry["edits"]), entry["key"])
        for entry in head["variations"]
    ]
    return Sweep(study=study, folder=folder, runs=tuple(runs), common=head["common"])


def read_head(folder: Path) -> dict[str, Any] | None:
    """What `sweep.json` says; None where there is none. Raises InputError when it is broken."""
    path = folder / HEAD
    if not path.exists():
        return None
    return read_record(path, SWEEP_HEAD)


def locked(folder: Path) -> BinaryIO:
    """The folder, kept from other sweeps until the file is closed or this process ends, where the system can do that.

    Raises InputError when another sweep is at work there.
    """
    lock = (folder / LOCK).open("wb")
    try:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        fault = Fault(file=str(folder), key="folder", value="another sweep at work", expected="one sweep at a time")
        raise InputError([fault]) from error
    except (ImportError, OSError):  # Windows, and disks that know no locks: nothing is kept from nobody
        pass
    return lock


def write_head(folder: Path, study: Study, common: Mapping[str, Any], keyed: list[tuple[Variation, str]]) -> None:
    """`sweep.json`, whole."""
    head = {
        "study": study.model_dump(mode="json", exclude_unset=True),
        "study_file": str(study.path.resolve()) if study.path else "",
        "common": dict(common),
        "variations": [{"name": v.name, "file": v.file, "key": key, "edits": dict(v.edits)} for v, key in keyed],
    }
    write_json(folder / HEAD, head)


def _row(run: Run, keys: list[str], measures: list[str]) -> dict[str, Any]:
    return {
        "name": run.name,
        **{key: _cell(run.edits.get(key)) for key in keys},
        "status": run.status,
        "termination": run.termination,
        "limit": run.limit or "",
        "value_musd": run.value_musd,
        "bound_musd": run.bound_musd,
        "gap": run.gap,
        "bound_all_musd": run.bound_all_musd,
        "gap_all": run.gap_all,
        "sites": ", ".join(sorted({row["candidate"] for row in run.sites})),
        "site_count": len(run.sites),
        "it_mw": run.it_mw,
        "utility_mw": run.utility_mw,
        "first_open": run.opens[0] if run.opens else "",
        "last_open": run.opens[-1] if run.opens else "",
        "leases": len(run.leases),
        "leased_gpus": sum(row["gpus"] for row in run.leases),
        "hosts": ", ".join(f"{row['cluster']}: {row['host']}" for row in run.clusters),
        **{name: (run.measures or {}).get(name) for name in measures},
        "seconds": run.seconds,
        "message": run.message,
    }


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, tuple, dict)) else value


def _words(sweep: Sweep) -> Iterator[str]:
    """What happened, then what was found."""
    yield f"{sweep.study.name}: {plural(len(sweep), 'run')} in {sweep.folder}"
    ends = Counter(_end(run) for run in sweep.runs)
    yield "; ".join(f"{count} {what}" for what, count in ends.most_common())
    found = [run for run in sweep.runs if run.value_musd is not None]
    if len(found) == 1:
        yield f"{found[0].name}: {found[0].value_musd:,.1f} MUSD"
    elif found:
        best, worst = (pick(found, key=lambda run: run.value_musd or 0.0) for pick in (min, max))
        yield (
            f"cheapest: {best.name}, {best.value_musd:,.1f} MUSD; dearest: {worst.name}, {worst.value_musd:,.1f} MUSD; "
            f"{plural(len({run.choice for run in found}), 'different choice')} of sites, leases and hosts"
        )
    for run in sweep.runs:
        if run.message:
            yield f"{run.name}: {WORDS[run.status]}: {run.message.splitlines()[0]}"


def _end(run: Run) -> str:
    if run.status != "done":
        return WORDS[run.status]
    if run.termination == "infeasible":
        return "infeasible"
    if not run.found:
        return "without a plan in time"
    if run.termination != "optimal":
        return "with a plan and a larger gap"
    open_elsewhere = run.gap_all is not None and run.gap_asked is not None and run.gap_all > run.gap_asked
    return "proved within the gap among the candidates searched" if open_elsewhere else "proved within the gap"
