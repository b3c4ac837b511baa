"""What is safe to decide, in a cell: decisions of all good plans, and regret of each plan held in each run."""

from __future__ import annotations

import pandas as pd

from siting.display.answers import Columns, sentences, table
from siting.display.frame import framed
from siting.report import html
from siting.whatif.regret import MOST_RUNS, Regret

PLANS: Columns = {
    "plan": ("plan of", None),
    "holds_in": ("holds in runs", 0),
    "largest_musd": ("largest regret, million USD", 1),
    "low_musd": ("at least", 1),
    "high_musd": ("at most", 1),
    "worst_run": ("in the run", None),
}
DECISIONS: Columns = {
    "kind": ("kind", None),
    "name": ("decision", None),
    "hosts": ("host of", None),
    "status": ("is", None),
    "plans": ("good plans that take it", 0),
    "first_due": ("due from", None),
    "last_due": ("to", None),
    "depends_on": ("where", None),
}


def regret_html(found: Regret) -> str:
    """What is safe to decide, regret by plan, and of every plan in every run where there are few."""
    return framed(
        "<h3>What is safe to decide</h3>",
        *sentences(found.words),
        table("Decisions of the good plans", found.decisions, DECISIONS),
        table("Regret by plan", found.plans, PLANS),
        _all(found) if len(found.names) <= MOST_RUNS else "",
    )


def _all(found: Regret) -> str:
    """Plans (rows) by runs."""
    names = list(enumerate(found.names))
    cells = {f"in {run}": [found.told(n, r) for n, _ in names] for r, run in names}
    frame = pd.DataFrame({"plan of": list(found.names), **cells})
    return f"<h4>Regret of each plan in each run, million USD</h4>{html.table(frame, list(frame)[1:])}"
