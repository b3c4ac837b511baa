"""`siting explain`: why there is no plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.edge import EXIT_INFEASIBLE, EXIT_NO_PLAN, print_json

if TYPE_CHECKING:
    from siting.explanation.infeasible import Explanation


def run_explain(path: Path, time_limit_s: float | None, *, as_json: bool) -> int:
    """Explain and print; 0 where there is a plan, 4 where there is none and why is known, 5 where time ended."""
    from siting.cli.told import told
    from siting.explanation.infeasible import explain
    from siting.study import read_study
    from siting.termination import Termination

    study = read_study(path)
    with told(quiet=as_json) as tell:
        found = explain(study, time_limit_s=time_limit_s, progress=tell)
    if as_json:
        print_json(summary(found))
    else:
        _show(found)
    if found.plan is not None:
        return 0
    return EXIT_INFEASIBLE if found.termination is Termination.INFEASIBLE else EXIT_NO_PLAN


def summary(found: Explanation) -> dict[str, Any]:
    """The JSON answer."""
    plan, least = found.plan, found.least
    return {
        "study": found.study,
        "termination": str(found.termination),
        "words": "\n".join(found.words),
        "plan": None if plan is None else {"sites": list(plan.sites), "hosts": list(plan.hosts)},
        "violations": found.violated.to_dict("records"),
        "least_violation_bound": None if least is None else least.bound,
        "conflict": [{"limit": limit.name, "stated_by": list(limit.keys)} for limit in found.conflict],
        "minimal": found.minimal,
        "changes": [
            {**row, "fields": dict(change.edit.fields) if change.edit else {}, "cells": _cells(change)}
            for row, change in zip(found.frame.to_dict("records"), found.changes, strict=True)
        ],
        "limits_named": list(found.named),
        "candidates": found.candidates,
        "candidates_usable": found.of,
        "no_plan_over_all_because": found.proof,
        "shown_in_fractions_of_pods": [limit.name for limit in found.in_fractions],
        "searches": found.searches,
        "seconds": found.seconds,
    }


def _cells(change: Any) -> list[dict[str, str]]:
    """Cells of the file of places that the change edits."""
    names = ("candidate", "column", "value")
    return [] if change.edit is None else [dict(zip(names, cell, strict=True)) for cell in change.edit.cells]


def _show(found: Explanation) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False)
    console.print("\n".join(found.words), markup=False, highlight=False)
    if not found.changes:
        return
    table = Table(title="Limits that cannot hold together", title_justify="left")
    for heading in ("limit", "stated by"):
        table.add_column(heading, overflow="fold")
    for heading in ("changed alone: a plan, NPV, MUSD", "its bound"):
        table.add_column(heading, justify="right")
    for row in found.frame.to_dict("records"):
        table.add_row(row["limit"], row["stated_by"], *(_shown(row[name]) for name in ("npv_cost_musd", "bound_musd")))
    console.print(table)
    if any(change.plan is not None and change.plan.bound_musd is None for change in found.changes):
        console.print("A plan without a bound was found first, whatever it costs.", highlight=False)


def _shown(musd: Any) -> str:
    return "-" if musd is None or musd != musd else f"{musd:,.1f}"
