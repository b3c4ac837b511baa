"""`siting sweep`: many runs of a study, kept one by one; progress with the time left, a table at the end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from siting.cli.edge import (
    EXIT_BAD_INPUT,
    EXIT_FAULT_OF_OURS,
    EXIT_GAP,
    EXIT_INFEASIBLE,
    EXIT_NO_PLAN,
    EXIT_VERIFICATION,
    print_json,
)
from siting.cli.stop import keep
from siting.errors import Fault, InputError
from siting.whatif.frontiers import frontier
from siting.whatif.runner import SweepProgress, sweep
from siting.whatif.runs import WORDS, Run
from siting.whatif.sweep_file import read_sweep_file, told_in
from siting.whatif.sweeps import Sweep

MOST_ROWS = 60
"""More runs are not printed; the table in the folder has them."""
PATIENCE_S = 20.0
"""Seconds in which a scheduler must answer."""
WORST = (
    ("unverified", EXIT_VERIFICATION),
    ("failed", EXIT_FAULT_OF_OURS),
    ("died", EXIT_FAULT_OF_OURS),
    ("not_run", EXIT_FAULT_OF_OURS),
    ("refused", EXIT_BAD_INPUT),
    ("killed", EXIT_NO_PLAN),
)
"""What the worst status of a sweep makes the exit code."""


def run_sweep(
    path: Path, out: Path | None, *, workers: int | None, scheduler: str | None, limit_s: float | None, as_json: bool
) -> int:
    """Run what is missing, print all; the exit code. Raises InputError before anything is run."""
    asked, study, beside = read_sweep_file(path)
    if scheduler is not None and workers is not None:
        expected = "one of the two: the scheduler has workers of its own"
        raise InputError([Fault(file="command line", key="--workers", value="with --scheduler", expected=expected)])
    folder = out or Path("sweeps") / asked.name
    console = Console(stderr=True)
    with _workers(scheduler) as executor, _progress(console, asked.name) as tell:
        options: dict[str, Any] = {
            "folder": folder,
            "executor": executor,
            "workers": workers,
            "run_limit_s": limit_s or asked.run_limit_s,
            "overrides": asked.overrides,
            "progress": tell,
        }
        keep(f"what has ended is kept in {folder}: the same command goes on", str(folder))
        with told_in(path):
            if asked.frontier is not None:
                wish = asked.frontier
                found = frontier(study, wish.axis, points=wish.points, budget=wish.budget, **options)
            else:
                found = sweep(study, asked.variations(beside), **options)
    if as_json:
        print_json(_summary(asked.name, found))
    else:
        _print(found)
    return exit_code(found)


def exit_code(found: Sweep) -> int:
    """0: every run ended with a plan within its gap or the proof that there is none; else what is worst."""
    statuses = {run.status for run in found}
    for status, code in WORST:
        if status in statuses:
            return code
    ends = {run.termination for run in found}
    if ends == {"infeasible"}:
        return EXIT_INFEASIBLE
    return EXIT_NO_PLAN if "no_plan_found" in ends else EXIT_GAP if "feasible" in ends else 0


@contextlib.contextmanager
def _workers(scheduler: str | None) -> Iterator[Executor | None]:
    """Workers of the Dask scheduler; None: those of this machine. Raises InputError when it cannot be reached."""
    if scheduler is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        expected = "Dask: pip install 'siting[dask]'"
        raise InputError([Fault(file="command line", key="--scheduler", value="no Dask", expected=expected)]) from error
    try:
        client = Client(scheduler, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        why = f"{scheduler}: {error}".strip()
        expected = "the address of a Dask scheduler, e.g. tcp://10.0.0.5:8786"
        raise InputError([Fault(file="command line", key="--scheduler", value=why, expected=expected)]) from error
    with client:
        yield client.get_executor()


@contextlib.contextmanager
def _progress(console: Console, name: str) -> Iterator[Callable[[SweepProgress], None]]:
    """A bar with the time left on a terminal; elsewhere a line for every run that ends."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None, left="")

        def tell(said: SweepProgress) -> None:
            left = "" if said.left_s is None or said.done == said.total else f"about {_time(said.left_s)} left"
            bar.update(task, total=said.total, completed=said.done, left=left)
            words = f"{said.reused} of {said.total} runs were there" if said.run is None else _line(said.run)
            if not console.is_terminal:
                words = "  ".join(filter(None, [f"{said.done}/{said.total}", words, left]))
            elif said.run is None or said.run.status == "done":
                return
            bar.console.print(words, markup=False, highlight=False, soft_wrap=True)

        yield tell


def _line(run: Run) -> str:
    value = "" if run.value_musd is None else f", {run.value_musd:,.1f} MUSD"
    return f"{run.name}: {_outcome(run)}{value} ({run.seconds:.0f} s)"


def _outcome(run: Run) -> str:
    return run.termination.replace("_", " ") if run.status == "done" else WORDS[run.status]


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def _print(found: Sweep) -> None:
    console = Console(markup=False)
    console.print(str(found), markup=False, highlight=False, soft_wrap=True)
    if len(found) <= MOST_ROWS:
        table = Table(title="Cost is the present value; the gap is to the bound", title_justify="left")
        for heading in ("run", "outcome", "MUSD", "gap", "IT MW", "opens", "sites and hosts"):
            table.add_column(heading, justify="right" if heading in ("MUSD", "gap", "IT MW") else "left")
        for run in found:
            places = {site["candidate"] for site in run.sites} | {cluster["host"] for cluster in run.clusters}
            table.add_row(
                run.name,
                _outcome(run),
                "-" if run.value_musd is None else f"{run.value_musd:,.1f}",
                "-" if run.gap is None else f"{run.gap:.2%}",
                "-" if run.it_mw is None else f"{run.it_mw:,.1f}",
                "-" if not run.opens else run.opens[0],
                ", ".join(sorted(places)) or "-",
            )
        console.print(table)
    console.print(f"{found.folder / 'sweep.csv'}", highlight=False, markup=False)


def _summary(name: str, found: Sweep) -> dict[str, Any]:
    """The JSON answer."""
    frame = found.frame.astype(object).where(pd.notna(found.frame), None)
    return {
        "sweep": name,
        "study": found.study.name,
        "folder": str(found.folder),
        "unit": "musd",
        "ended": dict(Counter(run.status for run in found)),
        "runs": frame.to_dict("records"),
    }
