"""A plan in a cell: the answer in a sentence, how good it is, sites, clusters, new leases, the map."""

from __future__ import annotations

import pandas as pd

from siting.display.frame import framed
from siting.display.maps import places_picture
from siting.plan import Plan
from siting.report import answer, html
from siting.report.numbers import money, percent
from siting.report.place import place_decided
from siting.report.shown import HEADINGS, shown
from siting.run import study_of

SITES = "name state tenure open_quarter energization it_mw utility_mw clusters"
CLUSTERS = "cluster host tenure accelerator gpus by"
LEASES = "offer accelerator quarter gpus term_quarters usd_per_gpu_h"
MOST = 12
"""Most rows of a table; the plan's tables hold all."""


def plan_html(plan: Plan) -> str:
    """What a notebook shows of a plan, or of the proof that there is none."""
    study = study_of(plan)
    head = [f"<h3>{html.text(study.title or study.name)}</h3>", html.paragraph(answer.headline(plan, study))]
    if plan.npv_cost_musd is None:
        why = html.bullets([str(reason) for reason in plan.facts.get("reasons", [])])
        return framed(*head, why, _map(plan))
    return framed(
        *head,
        html.lines(_facts(plan)),
        _rows("Sites", plan.sites, SITES),
        _rows("Clusters", plan.tables["clusters"], CLUSTERS),
        _rows("New leases", answer.new_leases(plan), LEASES),
        _map(plan),
    )


def _facts(plan: Plan) -> list[tuple[str, str]]:
    """Cost, bound and what it covers, whether the data decide the place, what binds, how a change was answered."""
    facts = [
        ("Cost, NPV", money(plan.npv_cost_musd, 3)),
        ("Bound", f"{money(plan.bound_musd, 3)}, gap {percent(plan.gap, 2)}. {answer.bound_covers(plan)}"),
        ("Place", place_decided(plan)[1]),
        ("Grid check", answer.grid_status(plan)),
    ]
    if binding := plan.facts.get("binding"):
        facts.append(("Limited by", "; ".join(map(str, binding[:4]))))
    if changed := plan.facts.get("what_if"):
        facts.append(("What if", str(changed["words"])))
    return facts


def _rows(title: str, frame: pd.DataFrame, columns: str) -> str:
    if not len(frame):
        return ""
    headings = {**HEADINGS, "offer": ("offer", None), "quarter": ("from", None)}
    told = [name for name in columns.split() if not (frame[name].astype(str) == "").all()]
    item = shown(title, frame.head(MOST), {name: headings[name] for name in told})
    more = html.paragraph(f"First {MOST} of {len(frame):,}.", "note") if len(frame) > MOST else ""
    return f"<h4>{html.text(title)}</h4>{html.table(item.frame, item.numeric)}{more}"


def _map(plan: Plan) -> str:
    return places_picture(plan.tables, plan.facts.get("network") or {}) if "candidates" in plan.tables else ""
