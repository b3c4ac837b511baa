"""`siting solve`: progress on stderr, a short table at the end, the plan's folder written whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.edge import EXIT_GAP, EXIT_INFEASIBLE, EXIT_NO_PLAN, print_json
from siting.cli.stop import keep
from siting.errors import Fault, InputError, raise_if_any
from siting.writing import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from siting.plan import Plan
    from siting.progress import Progress
    from siting.study import Study


def run_solve(path: Path, out: Path | None, changes: dict[str, Any], *, force: bool, as_json: bool) -> int:
    """Solve and write; the exit code. Raises InputError before anything is written."""
    from rich.console import Console

    from siting.report import terminal_summary, write_report
    from siting.run import solve
    from siting.study import read_study
    from siting.tables.read import read_tables

    study = _changed(read_study(path), changes)
    folder = out or Path("plans") / study.name
    raise_if_any(unwritable(folder, "--out", into=False))
    _refuse_existing(folder, force)
    console = Console(stderr=True)
    with console.status(f"{study.name}: reading") as status:
        plan = solve(study, progress=_teller(console, status.update, study.name))
    plan.save(folder)
    keep(f"the plan is kept: siting report {folder} writes its page", str(folder))
    write_report(plan, study, read_tables(), folder / "report.html")
    code = exit_code(plan, study.search.gap)
    if as_json:
        print_json(summary(plan, folder))
    else:
        Console().print(terminal_summary(plan, study))
        Console().print(f"{folder / 'report.html'}", highlight=False)
    return code


def _changed(study: Study, changes: dict[str, Any]) -> Study:
    """The study with the options of the command line."""
    try:
        return study.update(changes, file="command line")
    except InputError as error:
        raise InputError([replace(fault, key=_option(fault.key)) for fault in error.faults]) from error


def _option(key: str) -> str:
    return "--" + key.removeprefix("search.").removesuffix("_s").replace("_", "-")


def _refuse_existing(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not force:
        fault = Fault(file=str(folder), key="--out", value="a folder that exists", expected="another --out, or --force")
        raise InputError([fault])
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "plan.json").exists()):
        fault = Fault(
            file=str(folder), key="--out", value="something that is no plan", expected="a plan's folder to replace"
        )
        raise InputError([fault])
    if Path.cwd().is_relative_to(folder.resolve()):
        fault = Fault(file=str(folder), key="--out", value="where you stand", expected="a folder that can be replaced")
        raise InputError([fault])


def _teller(console: Console, update: Callable[[str], None], name: str) -> Callable[[Progress], None]:
    """Progress as one live line on a terminal; elsewhere a line for each phase and each better plan."""
    seen: set[str] = set()

    def tell(progress: Progress) -> None:
        known = [f"{name}: {progress.phase}", progress.message]
        if progress.incumbent is not None:
            known.append(f"plan {progress.incumbent:,.1f} MUSD")
        if progress.bound is not None:
            known.append(f"bound {progress.bound:,.1f} MUSD")
        if progress.gap is not None:
            known.append(f"gap {progress.gap:.3%}")
        line = "  ".join([*filter(None, known), f"{progress.seconds:.0f} s"])
        if console.is_terminal:
            update(line)
        elif (step := f"{progress.phase} {progress.message} {progress.incumbent}") not in seen:
            seen.add(step)
            console.print(line, markup=False, highlight=False)

    return tell


def exit_code(plan: Plan, gap: float) -> int:
    """What the shell is told."""
    from siting.termination import Termination

    if plan.termination is Termination.INFEASIBLE:
        return EXIT_INFEASIBLE
    if plan.termination is Termination.NO_PLAN_FOUND:
        return EXIT_NO_PLAN
    of_passes = [plan.pass_gap_all(result) for result in plan.passes]
    over_all = [known for known in (plan.gap_all, *of_passes) if known is not None]
    last = plan.gap if not over_all else max(over_all)
    return 0 if all(known is not None and known <= gap for known in (plan.largest_gap, last)) else EXIT_GAP


def summary(plan: Plan, folder: Path) -> dict[str, Any]:
    """The JSON answer."""
    facts = plan.facts
    columns = ["candidate", "name", "lat", "lon", "state", "tenure", "open_quarter", "it_mw", "utility_mw", "clusters"]
    found, everyone = plan.npv_cost_musd is not None, facts.get("everyone", {})
    return {
        "study": plan.study["name"],
        "termination": str(plan.termination),
        "limit": plan.last.limit,
        "value": plan.npv_cost_musd,
        "bound": plan.bound_musd,
        "gap": plan.gap,
        "unit": "musd",
        "seconds": sum(plan.seconds.values()),
        "seconds_by_phase": dict(plan.seconds),
        "peak_mb": plan.peak_mb,
        "candidates_read": facts["candidates_read"],
        "candidates_in_model": facts["candidates_in_model"],
        "bound_all": plan.bound_all_musd,
        "bound_all_recomputed": _stated_musd(everyone),
        "gap_all": plan.gap_all,
        "near_ties": facts.get("near_ties"),
        "sites": plan.sites[columns].to_dict("records") if found else [],
        "leases": plan.leases.to_dict("records") if found else [],
        "clusters": plan.tables["clusters"].to_dict("records") if found else [],
        "passes": [
            {
                "objective": result.objective,
                "termination": str(result.termination),
                "limit": result.limit,
                "value": result.value,
                "bound": result.bound,
                "gap": result.gap,
                "bound_all": plan.pass_bound_all(result),
                "gap_all": plan.pass_gap_all(result),
                "seconds": result.seconds,
            }
            for result in plan.passes
        ],
        "binding": facts.get("binding", []),
        "grid_check": facts.get("grid_check"),
        "verification": facts.get("verification"),
        "reasons": facts.get("reasons", []),
        "carries_gpus": facts.get("carries_gpus"),
        "money_against_date": facts.get("money_against_date", []),
        "folder": str(folder),
    }


def _stated_musd(everyone: Mapping[str, Any]) -> float | None:
    """What the saved prices alone prove of the cost; None where none are saved for it."""
    if "certificate" in everyone:
        return float(everyone["certificate"]["musd"])
    found = (one for one in everyone.get("passes", ()) if one["objective"] == "npv_cost_musd")
    return next((float(one["certificate"]["bound"]) for one in found), None)
