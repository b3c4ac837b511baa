"""Where to put AI compute, with what, owned or leased, and when: a proved plan from a mixed-integer model.

import siting
plan = siting.solve(siting.read_study("models/tiny.toml"))
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.curve import money_against_date
    from siting.errors import InputError
    from siting.explanation.exclusion import why_not
    from siting.explanation.infeasible import explain
    from siting.explanation.price import limit_prices
    from siting.plan import Plan, read_plan
    from siting.report import write_report
    from siting.run import solve
    from siting.run import verify_plan as verify
    from siting.study import Study, read_study
    from siting.tables.read import read_tables
    from siting.whatif.comparison import compare
    from siting.whatif.decided import place_decided
    from siting.whatif.n_best import n_best
    from siting.whatif.regret import no_regret
    from siting.whatif.runner import sweep
    from siting.whatif.sweeps import Sweep, read_sweep
    from siting.whatif.variation import Variation
    from siting.whatif.warm import what_if

__all__ = [
    "InputError",
    "Plan",
    "Study",
    "Sweep",
    "Variation",
    "compare",
    "explain",
    "limit_prices",
    "money_against_date",
    "n_best",
    "no_regret",
    "place_decided",
    "read_plan",
    "read_study",
    "read_sweep",
    "read_tables",
    "solve",
    "sweep",
    "verify",
    "what_if",
    "why_not",
    "write_report",
]

_HOME = {
    "InputError": ("siting.errors", "InputError"),
    "Plan": ("siting.plan", "Plan"),
    "Study": ("siting.study", "Study"),
    "Sweep": ("siting.whatif.sweeps", "Sweep"),
    "Variation": ("siting.whatif.variation", "Variation"),
    "explain": ("siting.explanation.infeasible", "explain"),
    "compare": ("siting.whatif.comparison", "compare"),
    "limit_prices": ("siting.explanation.price", "limit_prices"),
    "money_against_date": ("siting.curve", "money_against_date"),
    "n_best": ("siting.whatif.n_best", "n_best"),
    "no_regret": ("siting.whatif.regret", "no_regret"),
    "place_decided": ("siting.whatif.decided", "place_decided"),
    "read_plan": ("siting.plan", "read_plan"),
    "read_study": ("siting.study", "read_study"),
    "read_sweep": ("siting.whatif.sweeps", "read_sweep"),
    "read_tables": ("siting.tables.read", "read_tables"),
    "solve": ("siting.run", "solve"),
    "sweep": ("siting.whatif.runner", "sweep"),
    "verify": ("siting.run", "verify_plan"),
    "what_if": ("siting.whatif.warm", "what_if"),
    "why_not": ("siting.explanation.exclusion", "why_not"),
    "write_report": ("siting.report", "write_report"),
}


def __getattr__(name: str) -> Any:
    """Names are loaded when first used: `import siting` and `siting --help` stay fast."""
    if name not in _HOME:
        raise AttributeError(f"module 'siting' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__


if "IPython" in sys.modules:  # in a notebook answers show themselves as tables and maps
    importlib.import_module("siting.display.registry").register()
