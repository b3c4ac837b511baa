"""Which function shows which type in a notebook, and how IPython learns of it.

Every type shows itself in words by `str`; the functions named here draw its HTML. A new answer is one more line.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

SHOWN = {
    "siting.study.root.Study": "siting.display.study.study_html",
    "siting.plan.Plan": "siting.display.plan.plan_html",
    "siting.explanation.infeasible.Explanation": "siting.display.answers.explanation_html",
    "siting.whatif.regret.Regret": "siting.display.regret.regret_html",
    "siting.whatif.decided.Decided": "siting.display.answers.decided_html",
    "siting.explanation.exclusion.WhyNot": "siting.display.questions.why_not_html",
    "siting.explanation.price.LimitPrices": "siting.display.questions.limit_prices_html",
    "siting.whatif.n_best.NBest": "siting.display.answers.n_best_html",
    "siting.whatif.sweeps.Sweep": "siting.display.sweep.sweep_html",
    "siting.whatif.comparison.Comparison": "siting.display.comparison.comparison_html",
}
"""Type: function that takes one of it and gives HTML. Both are imported when the first is shown."""


def register() -> None:
    """Tell IPython, where it runs; without it nothing happens and nothing is imported."""
    running = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = running() if running is not None else None
    if shell is None:
        return
    formatters = shell.display_formatter.formatters
    for shown, function in SHOWN.items():
        module, _, name = shown.rpartition(".")
        formatters["text/html"].for_type_by_name(module, name, _late(function))
        formatters["text/plain"].for_type_by_name(module, name, _in_words)


def _late(function: str) -> Callable[[Any], str]:
    """The function, looked up when it is first called."""
    module, _, name = function.rpartition(".")

    def html(thing: Any) -> str:
        return str(getattr(importlib.import_module(module), name)(thing))

    return html


def _in_words(thing: Any, printer: Any, cycle: bool) -> None:
    printer.text(str(thing))
