"""Answers to the questions after a plan, in a cell: their words first, then their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from siting.display.frame import framed
from siting.explanation.infeasible import Explanation
from siting.report import html
from siting.report.shown import shown
from siting.whatif.decided import Decided
from siting.whatif.n_best import NBest

Columns = Mapping[str, tuple[str, int | None]]
"""Column of a frame: heading with unit, digits after the point (None: text)."""
MOST = 30
"""Most rows of a table; the frame holds all."""
CHANGES: Columns = {
    "limit": ("limit", None),
    "change": ("smallest change that is enough", None),
    "npv_cost_musd": ("cost of a plan then, million USD", 1),
    "bound_musd": ("bound, million USD", 1),
    "hosts": ("hosts", None),
    "proved": ("less is not enough", None),
}
VIOLATED: Columns = {
    "limit": ("limit", None),
    "amount": ("gives way by", 3),
    "unit": ("unit", None),
    "percent": ("of what is stated, %", 2),
}
BEST: Columns = {
    "rank": ("", 0),
    "value_musd": ("cost, million USD", 1),
    "bound_musd": ("bound, million USD", 1),
    "percent": ("above the best, %", 2),
    "sites": ("sites", None),
    "states": ("states", None),
    "tenures": ("tenures", None),
    "leases": ("new leases", None),
}

TRIED: Columns = {
    "name": ("place", None),
    "candidate": ("candidate", None),
    "trials": ("trials that build there", 0),
    "percent": ("of all, %", 0),
}


def explanation_html(found: Explanation) -> str:
    """Why there is no plan, and what is enough for one."""
    changes = found.frame.assign(proved=["proved" if fails else "not proved" for fails in found.frame["smaller_fails"]])
    violated = found.violated.assign(percent=found.violated["share"].astype(float) * 100.0)
    return framed(
        f"<h3>Why is there no plan? {html.text(found.study)}</h3>",
        *sentences(found.words),
        table("Changes, each alone", changes, CHANGES),
        table("Where all limits give way least in sum", violated, VIOLATED),
    )


def n_best_html(found: NBest) -> str:
    """The best plans with different sites."""
    rows = found.frame.assign(percent=found.frame["above_best"].astype(float) * 100.0)
    rows["sites"] = rows["sites"].where(rows["sites"] != "", "none: leases only")
    return framed("<h3>The best plans with different sites</h3>", *sentences(found.words), table("", rows, BEST))


def decided_html(found: Decided) -> str:
    """How often other figures give another place."""
    rows = found.by_place.assign(percent=found.by_place["share"].astype(float) * 100.0)
    head = f"<h3>Is the place decided? {html.text(found.study)}</h3>"
    return framed(head, *sentences(found.words), table("Where the trials build", rows, TRIED))


def sentences(lines: Iterable[str]) -> Iterator[str]:
    """A paragraph each; lines that begin with a dash become a list."""
    listed: list[str] = []
    for line in [*lines, ""]:
        if line.strip().startswith("- "):
            listed.append(line.strip()[2:])
            continue
        if listed:
            yield html.bullets(listed)
            listed = []
        if line.strip():
            yield html.paragraph(line)


def table(title: str, frame: pd.DataFrame, columns: Columns) -> str:
    """Columns under headings in words, those without any text left out; nothing of an empty frame."""
    if not len(frame):
        return ""
    told = {name: head for name, head in columns.items() if name in frame and not _blank(frame[name])}
    item = shown(title, frame.head(MOST), told)
    more = html.paragraph(f"First {MOST} of {len(frame):,} rows.", "note") if len(frame) > MOST else ""
    heading = f"<h4>{html.text(title)}</h4>" if title else ""
    return f"{heading}{html.table(item.frame, item.numeric)}{more}"


def _blank(column: pd.Series) -> bool:
    return bool((column.isna() | (column.astype(str) == "")).all())
