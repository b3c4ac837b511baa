"""Why a place is not in a plan and what limits cost, in a cell: the words first, then the numbers."""

from __future__ import annotations

from siting.display.answers import Columns, sentences, table
from siting.display.frame import framed
from siting.explanation.exclusion import WhyNot
from siting.explanation.price import LimitPrices
from siting.report import html

FIGURES: Columns = {
    "figure": ("its own figures", None),
    "unit": ("unit", None),
    "here": ("here", None),
    "chosen": ("at the plan's largest site", None),
}
PRICES: Columns = {
    "says": ("limit", None),
    "step": ("step", 1),
    "unit": ("unit", None),
    "musd": ("million USD a unit", 3),
    "low": ("proved from", 3),
    "high": ("to", 3),
    "lp_musd": ("relaxation", 3),
}


def why_not_html(found: WhyNot) -> str:
    """Why a plan does not open a place."""
    first, *rest = found.sentences
    return framed(f"<h3>{html.text(first)}</h3>", *sentences(rest), table("", found.figures, FIGURES))


def limit_prices_html(found: LimitPrices) -> str:
    """What one more unit of each limit saves."""
    return framed("<h3>What do limits cost?</h3>", *sentences(found.words), table("", found.frame, PRICES))
