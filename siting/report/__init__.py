"""Plans for people: one HTML page, a short table in the terminal. Import it late: drawing libraries are heavy."""

from siting.report.shown import plan_tables
from siting.report.terminal import terminal_summary
from siting.report.write import write_report

__all__ = ["plan_tables", "terminal_summary", "write_report"]
