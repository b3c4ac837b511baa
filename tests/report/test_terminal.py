"""The short table in the terminal."""

from __future__ import annotations

from rich.console import Console

from siting.plan import Plan
from siting.report.terminal import terminal_summary
from siting.study import Study


def printed(plan: Plan, study: Study) -> str:
    """What a terminal of 120 columns shows."""
    console = Console(width=120, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as capture:
        console.print(terminal_summary(plan, study))
    return capture.get()


def test_summary_of_a_plan(plan: Plan, study: Study):
    """Site, value, bound, gap, what the bound covers, grid check; names with brackets are no markup."""
    text = printed(plan, study)
    for words in ("Sítio <Große> & Ōak", "6.180 billion USD", "gap 0.08 %", "120 screened candidates only", "failed"):
        assert words in text


def test_markup_in_a_name_stays_text(plan: Plan, study: Study):
    """A site called [red]x[/red] is printed as it is written."""
    from dataclasses import replace

    odd = replace(plan, tables={**plan.tables, "sites": plan.sites.assign(name="[red]x[/red]")})
    assert "[red]x[/red]" in printed(odd, study)


def test_summary_without_a_plan(infeasible: Plan, study: Study):
    """The reason and what the money carries."""
    text = printed(infeasible, study)
    assert "7,250 MUSD" in text
    assert "78,125" in text


def test_summary_of_a_lease(leased: Plan, study: Study):
    """The offer, its start and its price."""
    text = printed(leased, study)
    assert "servers for 10 GUSD" in text
    assert "2.85" in text
