"""What a running search shows: plan, bound and gap as soon as they are known."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from siting.cli.solve import _teller
from siting.cli.told import told
from siting.progress import Progress

STEPS = (
    Progress(phase="read", seconds=0.4),
    Progress(phase="solve", bound=900.0, seconds=1.0),
    Progress(phase="solve", incumbent=1_000.0, bound=950.0, gap=0.05, seconds=2.0),
    Progress(phase="solve", incumbent=1_000.0, bound=990.0, gap=0.01, seconds=3.0),
    Progress(phase="solve", incumbent=995.0, bound=990.0, gap=0.005, seconds=4.0),
)


def test_a_terminal_gets_one_live_line_a_message():
    """Every message replaces the line: five messages, the last with plan, bound and gap."""
    shown: list[str] = []
    tell = _teller(Console(file=io.StringIO(), force_terminal=True), shown.append, "texas")
    for step in STEPS:
        tell(step)
    assert len(shown) == 5 and shown[0] == "texas: read  0 s"
    assert shown[-1] == "texas: solve  plan 995.0 MUSD  bound 990.0 MUSD  gap 0.500%  4 s"


def test_a_log_gets_a_line_for_each_phase_and_each_better_plan():
    """A bound that rises alone writes nothing: four lines of five messages. Brackets in a name are text, not markup."""
    log = io.StringIO()
    tell = _teller(Console(file=log, width=200), lambda _: None, "tex[bold]as")
    for step in STEPS:
        tell(step)
    lines = log.getvalue().splitlines()
    assert len(lines) == 4 and lines[0].startswith("tex[bold]as: read")
    assert "plan 1,000.0 MUSD" in lines[2] and "plan 995.0 MUSD" in lines[3]


def test_a_question_is_told_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch):
    """Nobody listens where stderr is no terminal, or where all is to be quiet; on a terminal the line is on stderr."""
    with told() as nobody:
        assert nobody is None
    monkeypatch.setenv("FORCE_COLOR", "1")
    with told(quiet=True) as nobody:
        assert nobody is None
    with told() as tell:
        assert tell is not None
        tell(Progress(phase="report", message="which limits", seconds=3.0))
