"""Many runs: each in a process of its own under an outer limit, written when it ends, taken up where they stopped.

Workers are threads of this process that wait, each with processes of its own (`siting.whatif.apart`), or those of any
`concurrent.futures.Executor`, of Dask too. A worker computes and hands back; this process alone writes the folder.
"""

from __future__ import annotations

import importlib
import pickle
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, not_above_zero, raise_if_any
from siting.places import shipped
from siting.plan import Plan
from siting.study import Study
from siting.whatif.apart import Job, JobResult, close_stems, cores, open_stems, run_apart
from siting.whatif.freshness import data_digest, run_key
from siting.whatif.runs import LASTING, Run, ended, read_run, write_run
from siting.whatif.sweeps import HEAD, LOCK, PLANS, RECORDS, TABLE, Sweep, locked, read_head, write_head
from siting.whatif.variation import THE_SWEEP, Variation, studies_of
from siting.whatif.variations import grid, table
from siting.writing import PROBE, unwritable

SOLVE = "siting.run:solve"
DRAFTS = (PROBE, f".{HEAD}-", f".{TABLE}-")
"""How the names begin of what a sweep that is killed may leave in its folder, before its head is written too."""
BEYOND_S = 120.0
"""Outer limit unless stated: three times the study's own limit (the search; what the report looks into; a presolve that
does not look at the clock) and this for reading, assembling and verifying."""

Wishes: TypeAlias = Iterable[Variation] | Mapping[str, Any] | pd.DataFrame
"""Variations; or choices by key, whose full grid is run; or a table with a row a variation."""


@dataclass(frozen=True, kw_only=True)
class SweepProgress:
    """One message of a sweep: how far it has come, and the run that has just ended."""

    done: int
    """Runs that have ended, the reused ones included."""
    total: int
    reused: int
    """Runs whose results were in the folder already."""
    seconds: float
    """Wall seconds since the sweep began."""
    left_s: float | None = None
    """Wall seconds that the rest takes at the pace so far; None before the first run has ended."""
    run: Run | None = None


SweepListener = Callable[[SweepProgress], None]


@checked
def sweep(study: Study, variations: Wishes, *, folder: str | Path, **options: Any) -> Sweep:
    """Solve the study once for every variation; results go one by one into the folder and are used again from there.

    options, each of `Runner`:
    executor: where the workers are; None: this machine, `workers` runs at a time (None: one a core).
    threads: of the solver in each run. None: as many as the study says, but no more than cores / workers; 1 with an
    executor of yours.
    run_limit_s: wall seconds after which a run is killed and recorded as such. None: three times its study's time limit
    and two minutes.
    overrides: edits that every run has, below its own. The dates curve of the report is switched off in all runs.
    progress: called with a `SweepProgress` when a run has ended.
    solve: the function of (study, tables=...) that makes the plan, as `module:name`.

    Runs that end without a plan, are killed or fail are rows of the result, never exceptions. Raises InputError with
    the faults of all variations before anything is run or written.
    """
    with Runner(study, folder=Path(folder), **options) as runner:
        return runner.run(_variations(study, variations))


def _variations(study: Study, wishes: Wishes) -> list[Variation]:
    if isinstance(wishes, Mapping):
        return grid(wishes, file=f"the sweep of {study.path or study.name}")
    return table(wishes) if isinstance(wishes, pd.DataFrame) else list(wishes)


class Runner:
    """A folder and the workers that fill it; `run` may be called again with more variations."""

    @checked
    def __init__(
        self,
        study: Study,
        *,
        folder: Path,
        executor: Executor | None = None,
        workers: int | None = None,
        threads: int | None = None,
        run_limit_s: float | None = None,
        overrides: Mapping[str, Any] | None = None,
        progress: SweepListener | None = None,
        solve: str = SOLVE,
    ) -> None:
        count = cores()
        self._workers = workers or count
        most = max(1, count // self._workers) if executor is None else 1
        self._threads = threads or min(study.search.threads, most)
        self._study, self._folder = study, folder
        self.common = {"search.threads": self._threads, "search.date_curve": False, **(overrides or {})}
        self._run_limit_s, self._progress, self._solve = run_limit_s, progress, solve
        self._executor, self._own = executor, executor is None
        self._began = time.perf_counter()
        _refuse(folder, {"workers": workers, "threads": threads, "run_limit_s": run_limit_s}, solve)
        self._lock: BinaryIO | None = None

    def __enter__(self) -> Runner:
        open_stems()
        if self._own:
            self._executor = ThreadPoolExecutor(self._workers, thread_name_prefix="siting-sweep")
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if self._own and self._executor is not None:
            if error is not None:  # Ctrl-C, say: what is at work is ended; else the next sweep finds everything loaded
                close_stems()
            self._executor.shutdown(wait=True, cancel_futures=True)
        if self._lock is not None:
            self._lock.close()

    def run(self, variations: Sequence[Variation]) -> Sweep:
        """Results of all the variations; computed are those that are not in the folder. Raises InputError."""
        studies = studies_of(self._study, [self._full(variation) for variation in variations])
        data = data_digest(shipped("data"))
        keys = [run_key(study, data, self._solve) for study in studies]
        self._prepare()
        write_head(self._folder, self._study, self.common, list(zip(variations, keys, strict=True)))
        for part in (RECORDS, PLANS):  # below the head: a folder without one holds nothing yet
            (self._folder / part).mkdir(exist_ok=True)
        limits = [self._limit_of(study) for study in studies]
        runs = {
            variation.name: read_run(self._folder / RECORDS, variation, key)
            for variation, key in zip(variations, keys, strict=True)
        }
        todo = [n for n, v in enumerate(variations) if not self._lasts(runs[v.name], limits[n])]
        reused, began = len(variations) - len(todo), time.perf_counter()
        self._tell(reused, len(variations), reused, began, None)
        work = {self._submit(studies[n], limits[n]): (variations[n], keys[n], limits[n]) for n in todo}
        try:
            for count, future in enumerate(as_completed(work), start=1):
                run = self._keep(*work[future], _answer(future), data)
                runs[run.name] = run
                self._tell(reused + count, len(variations), reused, began, run)
        except BaseException:
            for future in work:
                future.cancel()
            raise
        found = Sweep(
            study=self._study,
            folder=self._folder,
            runs=tuple(runs[variation.name] for variation in variations),
            common=self.common,
        )
        found.write_table()
        return found

    def _prepare(self) -> None:
        """Make the folder, hold it against other sweeps, and remove what one that was killed had half written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = locked(self._folder)
            hidden = [path for part in (RECORDS, PLANS) for path in (self._folder / part).glob(".*")]
            for draft in (*hidden, *(path for path in self._folder.iterdir() if path.name.startswith(DRAFTS))):
                shutil.rmtree(draft, ignore_errors=True) if draft.is_dir() else draft.unlink(missing_ok=True)

    def _lasts(self, run: Run, limit_s: float) -> bool:
        """Whether a result need not be computed again: a killed run gets another chance under a longer limit."""
        if run.status == "done":
            return (self._folder / PLANS / run.file / "plan.json").exists()
        return run.status in LASTING and not (run.status == "killed" and run.limit_s < limit_s)

    def _full(self, variation: Variation) -> Variation:
        return Variation(name=variation.name, edits={**self.common, **variation.edits})

    def _limit_of(self, study: Study) -> float:
        return self._run_limit_s or 3 * study.search.time_limit_s + BEYOND_S

    def _submit(self, study: Study, limit_s: float) -> Future[JobResult]:
        assert self._executor is not None
        module, _, function = self._solve.partition(":")
        study._path = study.path.resolve() if study.path else None  # a worker may stand in another folder
        job = Job(work=pickle.dumps((module, function, study)), limit_s=limit_s, threads=self._threads)
        try:
            return self._executor.submit(run_apart, job)
        except (BrokenExecutor, RuntimeError) as error:  # it broke while jobs were handed in, or is shut down
            lost: Future[JobResult] = Future()
            lost.set_exception(BrokenExecutor(str(error)))
            return lost

    def _keep(self, variation: Variation, key: str, limit_s: float, answer: JobResult | str, data: str) -> Run:
        """Write what came back: the plan first, then the record that says it is there."""
        if isinstance(answer, str):
            return Run(name=variation.name, edits=variation.edits, key=key, limit_s=limit_s, message=answer)
        if answer.plan and answer.data != data:
            answer = JobResult(outcome="died", message="its worker has other tables than this machine")
        plan: Plan | None = pickle.loads(answer.plan) if answer.plan else None
        run = ended(variation, key, limit_s, answer, plan)
        if plan is not None:
            plan.save(self._folder / PLANS / run.file)
        write_run(run, self._folder / RECORDS)
        return run

    def _tell(self, done: int, total: int, reused: int, began: float, run: Run | None) -> None:
        if self._progress is None:
            return
        now = time.perf_counter()
        ours = done - reused
        left_s = (now - began) / ours * (total - done) if ours else None
        seconds = now - self._began
        self._progress(SweepProgress(done=done, total=total, reused=reused, seconds=seconds, left_s=left_s, run=run))


def _answer(future: Future[JobResult]) -> JobResult | str:
    """What the worker said; in words why it was not run."""
    try:
        return future.result()
    except CancelledError:
        return "it was cancelled"
    except BrokenExecutor:
        return "the executor broke before the run ended; start the sweep again for the rest"
    except Exception as error:  # what an executor says when a worker is lost for good, of Dask: KilledWorker
        return JobResult(outcome="died", message=f"its worker was lost: {type(error).__name__}: {error}")


def _refuse(folder: Path, above_zero: Mapping[str, float | None], solve: str) -> None:
    """Nothing is run where the results could not be kept."""
    faults = not_above_zero(THE_SWEEP, above_zero)
    if not _importable(solve):
        faults.append(Fault(file=THE_SWEEP, key="solve", value=repr(solve), expected="`module:name` of a function"))
    if no_place := unwritable(folder, "folder", into=True):
        faults += no_place
    elif (
        folder.is_dir()
        and read_head(folder) is None
        and not all(path.name.startswith((LOCK, *DRAFTS)) for path in folder.iterdir())
    ):
        expected = "an empty folder, or that of a sweep"
        faults.append(Fault(file=str(folder), key="folder", value="something that is no sweep", expected=expected))
    raise_if_any(faults)


def _importable(solve: str) -> bool:
    """Whether a worker that finds what this process finds will have the function."""
    module, _, function = solve.partition(":")
    try:
        return callable(getattr(importlib.import_module(module), function))
    except (ImportError, AttributeError, ValueError):
        return False
