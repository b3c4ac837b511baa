"""What was aimed at, in which order, and how far each aim was proved."""

from __future__ import annotations

import pandas as pd

from siting.plan import Plan
from siting.report import html
from siting.report.numbers import percent
from siting.report.over_all import measured
from siting.report.shown import shown
from siting.study import Study
from siting.termination import PassResult
from siting.units import quarter_label

WORDS = {
    "time_to_compute_quarters": "the earliest quarter in which the cluster stands",
    "npv_cost_musd": "the least present value of all cost",
    "compute_h100e_quarters": "the most H100-equivalent quarters",
    "carbon_t": "the least carbon",
    "latency_ms": "the shortest mean round trip",
    "peak_funding_musd": "the least money needed at any time",
}
"""Objectives in words."""


def passes_line(plan: Plan, study: Study) -> str:
    """One sentence for the front page; empty when cost alone was asked for."""
    if len(plan.passes) < 2:
        return ""
    parts = [
        f"{WORDS.get(result.objective, result.objective)} ({figure(result, result.value, study)}, "
        + ("proved" if (result.gap or 0.0) < 5e-5 and result.bound is not None else f"bound {_bound(result, study)}")
        + ")"
        for result in plan.passes
    ]
    text = "; then, keeping that within its tolerance, ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def passes_section(plan: Plan, study: Study) -> str:
    """A row a pass: value, bound, gap, tolerance, how it ended; and what the plan has of it after all passes."""
    if len(plan.passes) < 2:
        return ""
    kept = plan.facts.get("measures") or {}
    rows = []
    for result in plan.passes:
        priority = next((p for p in study.priorities if result.objective.startswith(p.objective)), None)
        tolerance = "" if priority is None else percent(priority.tolerance, 1)
        if priority is not None and priority.objective == "time_to_compute":
            tolerance = f"{priority.tolerance_quarters} quarters"
        final = kept.get(result.objective)
        rows.append(
            {
                "aim": WORDS.get(result.objective, result.objective),
                "value": figure(result, result.value, study),
                "bound": _bound(result, study),
                "gap": percent(result.gap, 2),
                "bound, all": figure(result, plan.pass_bound_all(result), study),
                "gap, all": percent(plan.pass_gap_all(result), 2),
                "tolerance": tolerance,
                "in the plan": "" if final is None else figure(result, float(final), study),
                "ended": str(result.termination).replace("_", " ") + (f" ({result.limit})" if result.limit else ""),
            }
        )
    frame = pd.DataFrame(rows)
    if not plan.facts.get("everyone", {}).get("passes"):
        frame = frame.drop(columns=["bound, all", "gap, all"])
    printed = shown("", frame, {column: (column, None) for column in frame})
    lead = "Each aim was searched by itself, the ones above it kept within their tolerance; each has its own bound."
    if "bound, all" in frame:
        lead += (
            " The bound of the search is over the candidates that entered the model, the one over all holds for every "
            "usable candidate; both for plans that keep what the aims above it reached."
        )
    return html.section("What was aimed at, in order", html.paragraph(lead), html.table(printed.frame))


def figure(result: PassResult, value: float | None, study: Study) -> str:
    """A value of an objective with its unit, in words."""
    if value is None:
        return "none"
    if result.objective == "time_to_compute_quarters":
        return quarter_label(study.start + int(value))
    return measured(result.objective, value)


def _bound(result: PassResult, study: Study) -> str:
    return figure(result, result.bound, study)
