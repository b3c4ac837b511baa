"""The report: one HTML file that holds everything it shows and asks nothing of the network."""

from __future__ import annotations

from pathlib import Path

from siting.plan import Plan
from siting.report import html, sections
from siting.report.lease_section import lease_or_own
from siting.report.passes import passes_section
from siting.study import Study
from siting.tables.read import Tables
from siting.writing import whole


def write_report(plan: Plan, study: Study, tables: Tables, path: Path) -> None:
    """Write the report of a plan, or of the proof that there is none, to `path`, whole (UTF-8; the folder must exist).

    Everything that came from the study or the tables is escaped. Raises OSError when the file cannot be written.
    """
    page = report_html(plan, study, tables)
    with whole(path) as stream:
        stream.write(page)


def report_html(plan: Plan, study: Study, tables: Tables) -> str:
    """The page as text, in the order in which a planner asks."""
    parts = [
        sections.front(plan, study),
        sections.decided(plan, study),
        passes_section(plan, study),
        sections.map_frame(plan),
        sections.megawatts_from_chips(plan, study, tables),
        sections.against_date(plan),
        sections.over_time(plan, study),
        lease_or_own(plan, study, tables),
        sections.time_to_power(plan, study),
        sections.sources(plan),
        sections.assumptions(plan, study),
        sections.all_tables(plan),
        sections.making(plan, study),
    ]
    return html.page(study.title or study.name, "\n".join(part for part in parts if part), sections.live_charts(plan))
