"""The plan in the terminal: the answer and the sites, as one rich renderable."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.plan import Plan
from siting.report.answer import bound_covers, grid_status, headline, new_leases
from siting.report.numbers import in_words, megawatts, money, number, percent
from siting.report.place import place_decided
from siting.study import Study

LIMIT = 12
"""Most rows of a table; the report holds the rest."""


def terminal_summary(plan: Plan, study: Study) -> RenderableType:
    """Headline, sites and leases, value, bound and gap, and what the bound covers. Names are text, never markup."""
    parts: list[RenderableType] = [Text(headline(plan, study), style="bold")]
    if plan.npv_cost_musd is None:
        parts += [Text(f"- {reason}") for reason in plan.facts.get("reasons", [])]
        if (carries := plan.facts.get("carries_gpus")) is not None:
            parts.append(Text(f"- the money would carry at least {number(carries)} accelerators"))
        return Group(*parts)
    if len(plan.sites):
        parts.append(_sites(plan))
    if len(new_leases(plan)):
        parts.append(_leases(plan))
    searched = "bound, searched" if "bound_musd" in plan.facts.get("everyone", {}) else "bound"
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, text in (
        ("cost, NPV", money(plan.npv_cost_musd, 3)),
        (searched, f"{money(plan.bound_musd, 3)}, gap {percent(plan.gap, 2)}"),
        ("bound covers", bound_covers(plan)),
        ("place", place_decided(plan)[1]),
        ("grid check", grid_status(plan)),
        ("time, memory", f"{sum(plan.seconds.values()):,.0f} s, {plan.peak_mb:,.0f} MB"),
    ):
        style = "red" if text.startswith(("failed", "Place not decided")) else ""
        facts.add_row(Text(label, style="dim"), Text(text, style=style))
    return Group(*parts, facts)


def _sites(plan: Plan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Sites", title_justify="left")
    for heading in ("name", "state", "tenure", "first halls", "power from (assumed)"):
        table.add_column(heading)
    for heading in ("IT", "at the meter"):
        table.add_column(heading, justify="right")
    for _, site in plan.sites.head(LIMIT).iterrows():
        words = [site["name"], site["state"], in_words(site["tenure"]), site["open_quarter"], site["energization"]]
        cells = [*map(str, words), megawatts(site["it_mw"]), megawatts(site["utility_mw"])]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _leases(plan: Plan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="New leases", title_justify="left")
    for heading in ("offer", "accelerator", "from"):
        table.add_column(heading)
    for heading in ("quarters", "GPUs", "USD/GPU/h"):
        table.add_column(heading, justify="right")
    for _, lease in new_leases(plan).head(LIMIT).iterrows():
        words = [str(lease[name]) for name in ("offer", "accelerator", "quarter")]
        figures = [number(lease["term_quarters"]), number(lease["gpus"]), number(lease["usd_per_gpu_h"], 2)]
        table.add_row(*(Text(cell) for cell in (*words, *figures)))
    return table
