"""The commands. Exit codes: 0 plan within the gap, 3 larger gap, 4 infeasible, 5 no plan in time, 6 verification
failed, 2 bad input, 1 our fault, 130 Ctrl-C, 143 SIGTERM."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from siting.cli.edge import (
    EXIT_BAD_INPUT,
    EXIT_VERIFICATION,
    guarded,
    json_or_text,
    print_json,
    read_saved,
    refuse_file,
)
from siting.printed import of_all, plural

app = typer.Typer(
    name="siting",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="The shipped tables: list, show, check.", no_args_is_help=True)
app.add_typer(data_app, name="data")

StudyFile = Annotated[Path, typer.Argument(help="Study in TOML, or the name of a shipped one.", show_default=False)]
PlanFolder = Annotated[Path, typer.Argument(help="Folder of a saved plan.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")]


def main() -> None:
    """Entry point of the `siting` command."""
    guarded(app)


def _versions(wanted: bool) -> None:
    if wanted:
        typer.echo(", ".join(f"{name} {version(name)}" for name in ("siting", "highspy", "pyomo")))
        raise typer.Exit


@app.callback()
def everywhere(
    versions: Annotated[
        bool, typer.Option("--version", callback=_versions, is_eager=True, help="Versions of what a plan hangs on.")
    ] = False,
) -> None:
    """Where to put AI compute, with what, owned or leased, and when: a proved plan."""


@app.command()
def solve(
    study: StudyFile,
    out: Annotated[Path | None, typer.Option(help="Folder of the plan. Default: plans/NAME.")] = None,
    gap: Annotated[float | None, typer.Option(min=0.0, max=0.999, help="Relative gap to stop at.")] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.01, help="Seconds for the search.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the solver.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Random seed of the solver.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a plan that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Solve a study; write the plan and its report."""
    from siting.cli.solve import run_solve

    wishes: dict[str, Any] = {
        "search.gap": gap,
        "search.time_limit_s": None if time_limit is None else f"{time_limit} s",
        "search.threads": threads,
        "search.seed": seed,
    }
    given = {key: value for key, value in wishes.items() if value is not None}
    raise typer.Exit(run_solve(study, out, given, force=force, as_json=as_json))


@app.command()
def validate(
    study: StudyFile,
    show: Annotated[bool, typer.Option("--show", help="Every value and where it comes from.")] = False,
    as_json: Json = False,
) -> None:
    """Read and check a study and the figures it needs; solve nothing."""
    from siting.assembly.campus import is_annex
    from siting.run import assemble_only, figures_of
    from siting.study import read_study, show_study

    checked = read_study(study)
    assembled = assemble_only(checked)
    rows = [*show_study(checked), *figures_of(checked, assembled)] if show else []
    usable, read = (int((~is_annex(frame)).sum()) for frame in (assembled.usable, assembled.candidates))
    if as_json:
        answer = {"valid": True, "study": checked.name, "candidates_read": read, "candidates_usable": usable}
        values = {key: {"value": json_or_text(value), "origin": origin} for key, value, origin in rows}
        print_json({**answer, "values": values} if show else answer)
        return
    for key, value, origin in rows:
        typer.echo(f"{key} = {value}    # {origin}")
    typer.echo(f"{study}: valid; {of_all(usable, read, 'candidate')} can be used")


@app.command()
def curve(
    study: StudyFile,
    earlier: Annotated[int, typer.Option(min=0, max=80, help="Quarters by which the date is moved forward.")] = 4,
    later: Annotated[int, typer.Option(min=0, max=80, help="Quarters by which it is moved back.")] = 4,
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Money against date: solve the study again for every quarter around the clusters' date."""
    from siting.cli.curve import run_curve

    run_curve(study, range(-earlier, later + 1), out, as_json=as_json)


@app.command()
def explain(
    study: StudyFile,
    time_limit: Annotated[float | None, typer.Option(min=0.01, help="Seconds. Default: the study's.")] = None,
    as_json: Json = False,
) -> None:
    """Why there is no plan: limits that cannot hold together, and the smallest change of each that is enough."""
    from siting.cli.explain import run_explain

    raise typer.Exit(run_explain(study, time_limit, as_json=as_json))


@app.command()
def compare(
    plans: Annotated[list[Path], typer.Argument(help="Folders of saved plans, or studies, which are solved.")],
    as_json: Json = False,
) -> None:
    """Plans side by side: how their inputs differ, what they build and cost, what their gaps allow one to say."""
    from siting.cli.compare import run_compare

    run_compare(plans, as_json=as_json)


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="Sweep in TOML, or the name of a shipped one.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder of the results. Default: sweeps/NAME.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time on this machine.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler whose workers run, tcp://HOST:PORT.")] = None,
    limit: Annotated[float | None, typer.Option(min=0.01, help="Seconds after which a run is killed.")] = None,
    as_json: Json = False,
) -> None:
    """Many runs of one study; results are kept one by one, and the same command goes on where it stopped."""
    from siting.cli.sweep import run_sweep

    raise typer.Exit(run_sweep(file, out, workers=workers, scheduler=scheduler, limit_s=limit, as_json=as_json))


@app.command()
def verify(plan: PlanFolder, as_json: Json = False) -> None:
    """Recompute every limit and every cash flow of a plan from its study and the tables, without the model."""
    from siting.cli.solve import exit_code
    from siting.run import verify_plan

    found, study = read_saved(plan)
    if found.npv_cost_musd is None:
        if as_json:
            print_json({"ok": None, "faults": [], "value": None, "grid_check": None})
        typer.echo(f"{plan}: {found.termination}: there is no plan to recompute", err=True)
        raise typer.Exit(exit_code(found, study.search.gap))
    checked = verify_plan(found)
    if as_json:
        print_json(
            {
                "ok": checked.ok,
                "faults": list(checked.faults),
                "value": checked.npv_cost_musd,
                "grid_check": checked.grid,
                "bound_all_recomputed": checked.bound_over_all_musd,
            }
        )
    else:
        for fault in checked.faults:
            typer.echo(fault, err=True)
        verdict = "holds" if checked.ok else f"fails: {plural(len(checked.faults), 'fault')}"
        bound = checked.bound_over_all_musd
        over_all = "" if bound is None else f", bound over all candidates {bound:,.3f} MUSD"
        typer.echo(f"{plan}: {verdict}; cost recomputed {checked.npv_cost_musd:,.3f} MUSD{over_all}")
    raise typer.Exit(0 if checked.ok else EXIT_VERIFICATION)


@app.command()
def report(
    plan: PlanFolder,
    out: Annotated[Path | None, typer.Option(help="HTML file. Default: report.html in the plan's folder.")] = None,
) -> None:
    """Write the HTML report of a saved plan."""
    from siting.report import write_report
    from siting.tables.read import read_tables

    target = out or plan / "report.html"
    found, study = read_saved(plan)
    refuse_file(target)
    write_report(found, study, read_tables(), target)
    typer.echo(f"{target} written")


@app.command("why-not")
def why_not(
    plan: PlanFolder,
    place: Annotated[
        str, typer.Argument(help="Id or name of a candidate, LAT,LON, or a county: 'Taylor, TX' or its FIPS code.")
    ],
    changes: Annotated[
        bool, typer.Option(help="Look for the smallest change of its figures that brings it in.")
    ] = True,
    time_limit: Annotated[float, typer.Option(min=1.0, help="Seconds for all searches.")] = 120.0,
    as_json: Json = False,
) -> None:
    """Why a plan does not open a place: what excludes it, or what forcing it in costs and what would bring it in."""
    from siting.cli.questions import run_why_not

    run_why_not(plan, place, changes=changes, time_limit_s=time_limit, as_json=as_json)


@app.command()
def price(
    plan: PlanFolder,
    limits: Annotated[
        list[str] | None,
        typer.Argument(help="Limits by key or kind: money:2025-Q1, power, rtt, later. None: those that bind."),
    ] = None,
    step: Annotated[float, typer.Option(help="Units at once, where the limit is no count and no date.")] = 1.0,
    time_limit: Annotated[float, typer.Option(min=1.0, help="Seconds for all searches.")] = 300.0,
    as_json: Json = False,
) -> None:
    """What one more unit of each limit saves, whole modules and contracts counted, with the error bar of the gap."""
    from siting.cli.questions import run_price

    run_price(plan, limits or [], step=step, time_limit_s=time_limit, as_json=as_json)


@app.command()
def sure(
    folder: Annotated[Path, typer.Argument(help="Folder of a saved plan, or of a sweep.", show_default=False)],
    runs: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Of a plan: trials with other figures. Default: 50.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of a plan: seed of the figures. Default: 0.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Of a plan: processes for the trials. Default: one a core.")
    ] = None,
    best: Annotated[
        int | None, typer.Option(min=2, max=100, help="Of a plan: also the so many best plans with other sites.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(min=1e-6, max=0.999, help="Of a sweep, or with --best: share up to which a plan is a good one."),
    ] = None,
    decided_until: Annotated[
        str | None,
        typer.Option(help="Of a sweep: hold only what is due by the end of this quarter, e.g. 2026-Q2. Default: all."),
    ] = None,
    as_json: Json = False,
) -> None:
    """How sure: of a plan, whether its place is decided; of a sweep, which decisions are safe. Kept in the folder."""
    from siting.cli.sure import Wishes, run_sure

    wishes = Wishes(runs, seed, workers, best, within, decided_until)
    raise typer.Exit(run_sure(folder, wishes, as_json=as_json))


@app.command()
def new(name: Annotated[str, typer.Argument(help="Name of the study: small letters, digits, hyphens.")]) -> None:
    """Write a commented study to start from: NAME.toml here."""
    from siting.new import write_new

    typer.echo(f"{write_new(name, Path())} written; next: siting solve {name}.toml")


@app.command()
def fields(
    under: Annotated[str, typer.Argument(help="Only keys that begin with this, e.g. power.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Every field that a study may state: what it takes, its default and what it means; `sweep.`: those of a sweep."""
    from dataclasses import asdict

    from siting.errors import Fault, InputError
    from siting.study.manual import manual

    found = manual(under)
    if under.startswith("sweep"):
        from siting.whatif.sweep_file import SweepFile

        found = manual(under, schema=SweepFile, prefix="sweep.")
    if not found:
        raise InputError([Fault(file="study", key=under, value="no such field", expected="the begin of a key")])
    if as_json:
        print_json({"fields": [asdict(entry) for entry in found]})
        return
    for entry in found:
        default = f" [{entry.default}]" if entry.default else ""
        typer.echo(f"{entry.key}: {entry.takes}{default}\n    {entry.meaning}")


@data_app.command("list")
def data_list() -> None:
    """The shipped tables with licence and date."""
    from siting.tables.read import read_tables

    sources = read_tables().sources
    for row in sources.itertuples():
        typer.echo(f"{row.file:34} {row.licence!s:44.44} {row.date!s:12.12} {row.source!s:.80}")


@data_app.command("show")
def data_show(
    table: Annotated[str, typer.Argument(help="Name, e.g. lease_offers.")],
    rows: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 40,
) -> None:
    """Print a table."""
    from siting.cli.edge import show_table

    raise typer.Exit(show_table(table, rows))


@data_app.command("check")
def data_check() -> None:
    """Hashes and sanity of every shipped table."""
    from siting.tables.checks import check_tables
    from siting.tables.read import read_tables

    faults = check_tables(read_tables())
    for fault in faults:
        typer.echo(str(fault), err=True)
    typer.echo(plural(len(faults), "fault") if faults else "all tables as shipped")
    raise typer.Exit(EXIT_BAD_INPUT if faults else 0)
