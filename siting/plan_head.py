"""What `plan.json` holds, kind by kind: one that was cut off or edited is refused before anything is read from it."""

from __future__ import annotations

from siting.saved import (
    ANYTHING,
    COUNT,
    FLAG,
    NUMBER,
    NUMBER_OR_NONE,
    TEXT,
    TEXT_OR_NONE,
    Choice,
    Entries,
    Figures,
    Items,
    Kind,
    Record,
)
from siting.termination import Termination

_PASS = Record(
    {
        "objective": TEXT,
        "termination": Choice(tuple(str(one) for one in Termination)),
        "limit": TEXT_OR_NONE,
        "bound": NUMBER_OR_NONE,
        "value": NUMBER_OR_NONE,
        "seconds": NUMBER,
        "sense": Choice(("minimize", "maximize")),
    }
)
_MULTIPLIERS = Record(
    {
        **dict.fromkeys(("served", "funding", "supply", "host", "line", "island", "power", "capacity"), Figures()),
        "sites": NUMBER,
        "power_of": Items(TEXT),
        "reach_of": Items(Items(COUNT)),
        "parts": Entries(Figures()),
    }
)
_PRICES: dict[str, Kind] = {"multipliers": _MULTIPLIERS, "by_place": Items(_MULTIPLIERS)}
_GOAL = Record({"objective": TEXT, "limit": NUMBER})
_PASS_OVER_ALL = Record(
    {
        "objective": TEXT,
        "bound": NUMBER,
        "goals": Items(_GOAL),
        "certificate": Record({"bound": NUMBER, **_PRICES}),
        "pricing_rounds": COUNT,
        "seconds": NUMBER,
    }
)
_OVER_ALL = Record(
    {},
    {
        "bound_musd": NUMBER_OR_NONE,
        "candidates": COUNT,
        "certificate": Record({"musd": NUMBER, **_PRICES}),
        "passes": Items(_PASS_OVER_ALL),
        "relaxed_musd": NUMBER,
        "priced_musd": NUMBER,
        "seconds": NUMBER,
    },
)
_FIGURE = Record(
    {**dict.fromkeys(("item", "value", "source", "date", "confidence"), TEXT), "after_study": FLAG},
)
_DATE = Record(
    {
        "shift_quarters": COUNT,
        **dict.fromkeys(("by", "hosted_by"), TEXT),
        "termination": Choice(tuple(str(one) for one in Termination)),
        **dict.fromkeys(("value_musd", "bound_musd", "gap"), NUMBER_OR_NONE),
    }
)
_FACTS = Record(
    {},
    {
        "study_file": TEXT,
        **dict.fromkeys(("candidates_read", "candidates_usable", "candidates_in_model"), COUNT),
        **dict.fromkeys(("rounding_musd", "carries_gpus"), NUMBER_OR_NONE),
        **dict.fromkeys(("reasons", "binding", "own_power_dates"), Items(TEXT)),
        **dict.fromkeys(("near_ties", "grid", "grid_check", "network", "what_if", "other_figures"), Entries()),
        "model": Entries(NUMBER),
        "measures": Entries(NUMBER_OR_NONE),
        "npv_cost_musd": NUMBER,
        "problem_digest": TEXT,
        "own_files": Entries(TEXT),
        **dict.fromkeys(("sources", "dated_after"), Items(_FIGURE)),
        "money_against_date": Items(_DATE),
        "verification": Record({"ok": FLAG, "faults": Items(TEXT), "npv_cost_musd": NUMBER}),
        "everyone": _OVER_ALL,
    },
)
PLAN_HEAD = Record(
    {
        "study": Entries(ANYTHING),
        "study_digest": TEXT,
        "data_hashes": Entries(TEXT),
        "versions": Entries(TEXT),
        "passes": Items(_PASS, least=1),
        "seconds": Entries(NUMBER),
        "peak_mb": NUMBER,
        "facts": _FACTS,
        "tables": Entries(Entries(TEXT)),
    }
)
