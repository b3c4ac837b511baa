"""What is proved over all candidates where several aims were pursued one after the other, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.plan import Plan
from siting.report.numbers import listed, money, number, percent


def passes_over_all(plan: Plan) -> str:
    """One sentence for each pass that has a bound over all candidates, and whose word that is."""
    everyone = plan.facts["everyone"]
    stated = {one["objective"]: one for one in everyone["passes"]}
    parts: list[str] = []
    for result in plan.passes:
        if result.objective not in stated:
            continue
        beyond = "less" if result.sense == "minimize" else "more"
        text = f"no plan has {beyond} than {measured(result.objective, plan.pass_bound_all(result))}"
        kept = [NAMES[goal["objective"]] for goal in stated[result.objective]["goals"]]
        if kept:
            text = f"of plans that keep the {listed(kept)} that was reached, {text.replace('no plan', 'none')}"
        parts.append(f"{text}, a gap of {percent(plan.pass_gap_all(result), 2)}")
    missing = [NAMES[r.objective] for r in plan.passes if r.objective in NAMES and r.objective not in stated]
    none = f" For the {listed(missing)} no prices were found in time." if missing else ""
    found = "by the saved prices alone, as siting verify finds again"
    if any(_beyond(one) for one in everyone["passes"]):
        found = "by prices, those of lines that were found among them; siting verify recomputes it without these"
    return f"Over all {number(everyone['candidates'])} usable candidates {'; '.join(parts)}: {found}.{none}"


def _beyond(stated: Mapping[str, Any]) -> bool:
    alone = float(stated["certificate"]["bound"])
    return abs(float(stated["bound"]) - alone) > 1e-6 * max(1.0, abs(alone))


NAMES = {
    "npv_cost_musd": "cost",
    "compute_h100e_quarters": "compute",
    "carbon_t": "carbon",
    "latency_ms": "mean round trip",
    "peak_funding_musd": "peak of funding",
}
"""What a pass aims at, in a word or two."""


def measured(objective: str, value: float | None) -> str:
    """A value of a linear objective with its unit."""
    if value is None:
        return "none"
    if objective.endswith("_musd"):
        return money(value, 3)
    if objective == "compute_h100e_quarters":
        return f"{number(value)} H100e-quarters"
    return f"{number(value)} t" if objective == "carbon_t" else f"{number(value, 2)} ms"
