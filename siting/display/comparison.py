"""A comparison in a cell: the inputs that differ, the plans side by side, what can be said."""

from __future__ import annotations

from siting.display.frame import framed
from siting.report import html
from siting.whatif.comparison import Comparison


def comparison_html(found: Comparison) -> str:
    """What a notebook shows of a comparison."""
    differ = html.table(found.differing()) if len(found.inputs) else html.paragraph("None.", "quiet")
    said = "".join(html.paragraph(line) for line in found.words)
    return framed(
        f"<h3>{html.text(' and '.join(found.names))}</h3>",
        f'<h4>Inputs that differ</h4><div class="scroll">{differ}</div>',
        f'<h4>Plans</h4><div class="scroll">{html.table(found.shown(), found.names)}</div>',
        f"<h4>What can be said</h4>{said}",
    )
