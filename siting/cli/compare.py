"""`siting compare`: plans and studies side by side, and what their gaps allow one to say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.edge import print_json, read_saved, recomputed
from siting.errors import Fault, InputError, VerificationError, raise_if_any

if TYPE_CHECKING:
    from siting.plan import Plan
    from siting.study import Study
    from siting.whatif.comparison import Comparison


def run_compare(paths: Sequence[Path], *, as_json: bool) -> None:
    """Compare and print. A folder is a saved plan, which is recomputed first, anything else a study, which is solved.
    Plans of other tables or files cannot be recomputed here: that is said, and they are taken as they are. Raises
    InputError, VerificationError with what was altered in any plan."""
    from siting.run import other_inputs
    from siting.study import read_study
    from siting.tables.read import read_tables
    from siting.whatif.comparison import compare

    if len(paths) < 2:
        fault = Fault(file="command line", key="PLANS", value=f"{len(paths)}", expected="two or more")
        raise InputError([fault])
    parts: list[Plan | Study] = []
    faults: list[Fault] = []
    altered: list[str] = []
    tables = read_tables()
    for path in paths:
        try:
            if not path.is_dir():
                parts.append(read_study(path))
                continue
            plan, study = read_saved(path)
            parts.append(plan)
            if others := other_inputs(plan, study, tables):
                named = ", ".join(dict.fromkeys(fault.file for fault in others))
                print(f"{path}: not recomputed, as it was made with others than are here: {named}", file=sys.stderr)
            else:
                altered += recomputed(path, plan, study, tables)
        except InputError as error:
            faults += error.faults
    raise_if_any(list(dict.fromkeys(faults)))
    if altered:
        raise VerificationError("\n".join(dict.fromkeys(altered)))
    names = [path.resolve().name if path.is_dir() else path.stem for path in paths]
    found = compare(parts[0], *parts[1:], names=names, tables=tables)
    if as_json:
        print_json(summary(found))
    else:
        _show(found)


def summary(found: Comparison) -> dict[str, Any]:
    """The JSON answer."""
    return {
        "names": list(found.names),
        "inputs": found.inputs.to_dict("records"),
        "plans": found.plans.to_dict("records"),
        "verdicts": [{**vars(one), "proved": one.proved} for one in found.verdicts],
        "words": "\n".join(found.words),
    }


def _show(found: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for title, frame in (("Inputs that differ", found.differing()), ("Plans", found.shown())):
        if not len(frame):
            console.print(f"{title}: none, the same study, places, tables and programs.")
            continue
        table = Table(title=title, title_justify="left")
        for column in frame.columns:
            table.add_column(str(column), overflow="fold")
        for row in frame.itertuples(index=False):
            table.add_row(*(str(value) for value in row))
        console.print(table, markup=False)
    console.print("\n".join(found.words), markup=False, highlight=False)
