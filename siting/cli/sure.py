"""`siting sure`: how sure is it. Of a plan: is its place decided, and what else could be done; the answer is kept with
the plan. Of a sweep: which decisions are safe, and what each plan costs under the inputs of the other runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.edge import print_json, read_verified, recomputed
from siting.cli.stop import keep
from siting.errors import Fault, InputError, VerificationError, raise_if_any
from siting.progress import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from siting.progress import Progress
    from siting.tables.read import Tables
    from siting.whatif.sweeps import Sweep


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for; None: not said."""

    runs: int | None
    seed: int | None
    workers: int | None
    best: int | None
    within: float | None
    decided_until: str | None


OF_A_PLAN, OF_A_SWEEP = ("runs", "seed", "workers", "best"), ("decided_until",)
"""Options that say nothing of the other."""
RUNS, WITHIN = 50, 0.02
"""Where they are left out."""


def run_sure(folder: Path, wishes: Wishes, *, as_json: bool) -> int:
    """Answer, and write it into the folder; the exit code. Raises InputError before anything is searched or written."""
    from siting.whatif.sweeps import HEAD
    from siting.writing import unwritable

    if folder.is_dir():
        raise_if_any(unwritable(folder, "the answer", into=True))
    if (folder / HEAD).exists():  # what tells the folder of a sweep from that of a plan
        _refuse(folder, wishes, OF_A_PLAN, "the folder of a plan: a sweep has runs of its own")
        return _of_sweep(folder, wishes.within or WITHIN, wishes.decided_until, as_json=as_json)
    _refuse(folder, wishes, OF_A_SWEEP, "the folder of a sweep, whose plans are held under each other's inputs")
    if wishes.best is None:
        _refuse(folder, wishes, ("within",), "the folder of a sweep, or --best beside it")
    return _of_plan(folder, wishes, as_json=as_json)


def _refuse(folder: Path, wishes: Wishes, options: Sequence[str], expected: str) -> None:
    """Options that were said and would say nothing."""
    said = {name: getattr(wishes, name) for name in options}
    raise_if_any(
        [
            Fault(file=str(folder), key=f"--{name.replace('_', '-')}", value=str(value), expected=expected)
            for name, value in said.items()
            if value is not None
        ]
    )


def _teller(name: str) -> Callable[[Progress], None]:
    """What happens, a line each, on stderr."""
    from rich.console import Console

    console = Console(stderr=True)

    def tell(progress: Progress) -> None:
        if progress.message:
            console.print(f"{name}: {progress.message}  {progress.seconds:.0f} s", markup=False, highlight=False)

    return tell


def _of_sweep(folder: Path, within: float, decided_until: str | None, *, as_json: bool) -> int:
    from siting.tables.read import read_tables
    from siting.whatif.regret import no_regret
    from siting.whatif.sweeps import read_sweep

    found, tables = read_sweep(folder), read_tables()
    _recomputed(found, tables)
    regret = no_regret(found, within, decided_until=decided_until, progress=_teller(found.study.name), tables=tables)
    written = regret.save(folder)
    keep("the answer is kept with the sweep", str(folder))
    if as_json:
        print_json(
            {
                "words": list(regret.words),
                "least_regret": regret.minimax,
                "decided_until": decided_until,
                "plans": regret.plans.to_dict("records"),
                "decisions": regret.decisions.to_dict("records"),
                "regret": regret.frame.to_dict("records"),
                "folder": str(folder),
            }
        )
        return 0
    print(regret)
    for path in written:
        print(path)
    return 0


def _recomputed(found: Sweep, tables: Tables) -> None:
    """Every plan of the sweep computed again, under the study that the sweep says it is of. Raises VerificationError
    with what differs in any, InputError where tables or files are others by now."""
    from siting.run import other_inputs
    from siting.whatif.sweeps import PLANS

    others, faults = list[Fault](), list[str]()
    expected = "what the sweep was made with; or start it again, and what is old is computed anew"
    clock, names = Clock(_teller(found.study.name)), [run.name for run in found if run.found]
    for count, name in enumerate(names, start=1):
        plan, study, where = found.plans[name], found.study_of(name), found.folder / PLANS / found[name].file
        if found_others := other_inputs(plan, study, tables):
            others += [replace(fault, expected=expected) for fault in found_others]
        else:
            faults += recomputed(where, plan, study, tables)
        if not count % 10 or count == len(names):
            clock.say(f"{count} of {len(names)} plans recomputed")
    raise_if_any(list(dict.fromkeys(others)))
    if faults:
        hint = f"{found.folder}: if nobody altered it, another version of siting made it; start the sweep again"
        raise VerificationError("\n".join([*faults, hint]))


def _of_plan(folder: Path, wishes: Wishes, *, as_json: bool) -> int:
    from siting.report import write_report
    from siting.tables.read import read_tables
    from siting.whatif.decided import place_decided
    from siting.whatif.n_best import n_best, refuse_unranked

    plan, study = read_verified(folder)
    if plan.npv_cost_musd is None:
        fault = Fault(file=str(folder), key="plan", value=str(plan.termination), expected="a plan that was found")
        raise InputError([fault])
    within = wishes.within or WITHIN
    if wishes.best is not None:
        refuse_unranked(study, wishes.best, within)
    tell = _teller(study.name)
    found = place_decided(plan, wishes.runs or RUNS, wishes.seed or 0, workers=wishes.workers, progress=tell)
    plan = found.kept_with(plan)
    plan.save_facts(folder)
    keep(f"how sure its place is is kept with the plan: siting report {folder} tells it", str(folder))
    write_report(plan, study, read_tables(), folder / "report.html")
    others = None if wishes.best is None else n_best(study, wishes.best, within, progress=tell)
    if as_json:
        content: dict[str, Any] = {"place": found.as_facts(), "folder": str(folder)}
        if others is not None:
            content["best"] = {
                "plans": others.frame.to_dict("records"),
                "unlisted_bound_musd": others.unlisted_bound_musd,
                "stopped": others.stopped,
            }
        print_json(content)
        return 0
    print(found)
    if others is not None:
        print(f"\n{others}")
    print(f"{folder / 'report.html'}")
    return 0
