"""`siting curve`: what an earlier or a later date costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from siting.cli.edge import print_json, refuse_file
from siting.cli.stop import keep
from siting.curve import money_against_date
from siting.study import read_study
from siting.writing import whole


def run_curve(study: Path, shifts: Sequence[int], out: Path | None, *, as_json: bool) -> None:
    """Print the curve, and write it whole when a file is named. Raises InputError."""
    if out is not None:
        refuse_file(out)
    points = money_against_date(read_study(study), shifts)
    if out is not None:
        with whole(out) as stream:
            points.to_csv(stream, index=False)
        keep(f"the curve is kept in {out}")
    rows = points.astype(object).where(points.notna(), None).to_dict("records")
    if as_json:
        print_json({"study": str(study), "unit": "musd", "points": rows})
        return
    table = Table(title="Money against date", title_justify="left")
    for heading in ("clusters run by", "moved, quarters", "cost, NPV, MUSD", "bound", "gap", "hosted by", "outcome"):
        table.add_column(heading, justify="left" if heading in ("hosted by", "outcome") else "right")
    for row in rows:
        table.add_row(
            str(row["by"]),
            f"{row['shift_quarters']:+d}",
            *(_shown(row[name]) for name in ("value_musd", "bound_musd")),
            "-" if pd.isna(row["gap"]) else f"{row['gap']:.2%}",
            str(row["hosted_by"]) or "-",
            str(row["termination"]).replace("_", " "),
        )
    Console().print(table)


def _shown(musd: float | None) -> str:
    return "-" if musd is None else f"{musd:,.1f}"
