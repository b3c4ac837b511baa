"""Plans compared: first how their inputs differ, then the plans side by side, then what their gaps allow one to say.

The least cost of a study lies between the bound and the value of its plan. Of two studies A and B the least costs
differ by no more than these intervals allow: A - B lies between bound A - value B and value A - bound B. Where that
excludes zero, one costs less, by at least so much; else no difference is proved. Present values of other days, rates or
horizons and costs under other objectives are not compared at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from siting.arguments import checked
from siting.errors import Fault, raise_if_any
from siting.plan import Plan
from siting.printed import in_width
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination
from siting.whatif.inputs import asked_alike, inputs_that_differ, shortened
from siting.whatif.side_by_side import side_by_side
from siting.whatif.variation import Variation
from siting.whatif.warm import what_if

SAME_MONEY = {
    "start": "present values of different days",
    "quarters": "horizons of different lengths",
    "money.discount_rate": "present values at different discount rates",
}
"""Fields of a study that must be equal for two costs to be one kind of money, and what they are where it is not."""
CLOSE = 1e-6
"""Relative difference that is rounding."""
HALF_A_DIGIT = 0.0005
"""musd: what is less apart reads the same in words."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What can be said of the costs of two plans' studies."""

    first: str
    second: str
    why_not: str = ""
    """Why they are not compared; empty when they are."""
    least_musd: float | None = None
    """The least cost of the first less that of the second is at least this; None where they are not compared."""
    most_musd: float | None = None
    """... and at most this."""
    over: str = ""
    """For what that holds, in words; empty: over all candidates."""
    words: str = ""
    sites: tuple[str, ...] = ()
    """Why sites of one are not in the other, a sentence each."""

    @property
    def proved(self) -> bool:
        """Whether one is proved to cost less than the other."""
        return (self.least_musd or 0.0) > 0.0 or (self.most_musd or 0.0) < 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two plans or more. `print` gives the inputs that differ, the plans, and what can be said, last."""

    names: tuple[str, ...]
    inputs: pd.DataFrame
    """key and a column a plan: fields, tables and programs that differ, in the units of a study file."""
    plans: pd.DataFrame
    """figure, unit and a column a plan."""
    verdicts: tuple[Verdict, ...]
    """One for every pair, in the order of the plans."""

    @property
    def words(self) -> tuple[str, ...]:
        """All that can be said, line by line."""
        return tuple(line for one in self.verdicts for line in (one.words, *one.sites))

    @property
    def frame(self) -> pd.DataFrame:
        """The plans side by side: figure, unit and a column a plan."""
        return self.plans

    def __str__(self) -> str:
        differ = in_width(self.differing()) if len(self.inputs) else "None: the same study, tables and programs."
        shown = self.shown()
        shown["figure"] += shown.pop("unit").map(lambda unit: unit and f", {unit}")
        said = "\n".join(self.words)
        return f"Inputs that differ\n{differ}\n\nPlans\n{in_width(shown)}\n\nWhat can be said\n{said}"

    def differing(self) -> pd.DataFrame:
        """`inputs` for people: the planner's assumptions counted, long text cut in its middle."""
        return shortened(self.inputs)

    def shown(self) -> pd.DataFrame:
        """`plans` as text."""
        share = self.plans["figure"].str.startswith("gap")
        return self.plans.assign(
            **{
                name: [_shown(value, part) for value, part in zip(self.plans[name], share, strict=True)]
                for name in self.names
            }
        )


@checked
def compare(
    first: Plan | Study,
    *others: Plan | Study | Variation,
    names: Sequence[str] = (),
    tables: Tables | None = None,
) -> Comparison:
    """Plans side by side. A study is solved; a variation is answered from the first plan (`what_if`).

    names: of all of them; by default those of the studies and variations, of a what-if that of its change. Raises
    InputError for bad input, fewer than two and names that do not fit, and whatever solving raises.
    """
    count = 1 + len(others)
    faults = []
    if not others:
        faults.append(Fault(file="compare", key="others", value="none", expected="something to compare the first with"))
    if names and len(names) != count:
        expected = f"{count}, one for each that is compared"
        faults.append(Fault(file="compare", key="names", value=f"{len(names)}", expected=expected))
    raise_if_any(faults)
    tables = tables or read_tables()
    base = _planned(first, None, tables)
    plans = [base, *(_planned(other, base, tables) for other in others)]
    own = [_name(part) for part in (first, *others)]
    called = _distinct(list(names) or own)
    return Comparison(
        names=tuple(called),
        inputs=inputs_that_differ(plans, called),
        plans=side_by_side(plans, called),
        verdicts=tuple(
            verdict(plans[a], plans[b], called[a], called[b]) for a, b in combinations(range(len(plans)), 2)
        ),
    )


def _planned(part: Plan | Study | Variation, base: Plan | None, tables: Tables) -> Plan:
    if isinstance(part, Plan):
        return part
    if isinstance(part, Variation):
        assert base is not None
        return what_if(base, part, tables=tables)
    return solve(part, tables=tables)


def _name(part: Plan | Study | Variation) -> str:
    if not isinstance(part, Plan):
        return part.name
    return str(part.facts.get("what_if", {}).get("change") or part.study.get("name", "plan"))


def _distinct(names: list[str]) -> list[str]:
    """The same names, those that come again with a number; none is that of a column beside them."""
    found: list[str] = []
    for name in names:
        n, called = 1, name
        while called in (*found, "key", "figure", "unit"):
            n += 1
            called = f"{name} ({n})"
        found.append(called)
    return found


def verdict(a: Plan, b: Plan, first: str, second: str) -> Verdict:
    """What the bounds of two plans allow one to say."""
    missing = [(plan, name) for plan, name in ((a, first), (b, second)) if plan.npv_cost_musd is None]
    if missing:
        return Verdict(first=first, second=second, why_not="no plan", words=" ".join(_no_plan(*one) for one in missing))
    if why_not := _not_comparable(a, b):
        words = f"{first} and {second} are not compared in money: {why_not}."
        return Verdict(first=first, second=second, why_not=why_not, words=words, sites=_site_words(a, b, first, second))
    bounds, over = [plan.bound_all_musd for plan in (a, b)], ""
    if None in bounds:
        bounds, over = [a.bound_musd, b.bound_musd], "among the candidates in each model"
    if len(a.passes) > 1:
        over = f"{over}, given what each reached in the objectives before".removeprefix(", ")
    alike = asked_alike(inputs_that_differ((a, b), ("a", "b")))
    values = (float(a.npv_cost_musd or 0.0), float(b.npv_cost_musd or 0.0))
    rounding = CLOSE * max(map(abs, values))
    least = None if bounds[0] is None else _unless_small(bounds[0] - values[1], rounding)
    most = None if bounds[1] is None else _unless_small(values[0] - bounds[1], rounding)
    return Verdict(
        first=first,
        second=second,
        least_musd=least,
        most_musd=most,
        over=over,
        words=_same(values, first, second) if alike else _words(least, most, first, second, over),
        sites=_site_words(a, b, first, second),
    )


def _unless_small(musd: float, rounding: float) -> float:
    return 0.0 if abs(musd) <= rounding else musd


def _no_plan(plan: Plan, name: str) -> str:
    if plan.termination is Termination.INFEASIBLE:
        return f"{name} has no plan: none is possible among the candidates that were searched."
    return (
        f"{name} has no plan: the search ended at a limit ({plan.last.limit}), and whether there is one is not known."
    )


def _not_comparable(a: Plan, b: Plan) -> str:
    """Why the costs of two plans are not one kind of money; empty where they are."""
    aims = [[entry["objective"] for entry in plan.study.get("priorities", ())] for plan in (a, b)]
    if aims[0] != aims[1]:
        return f"different objectives ({', then '.join(aims[0])}; {', then '.join(aims[1])})"
    found = [what for key, what in SAME_MONEY.items() if _field(a.study, key) != _field(b.study, key)]
    return "; ".join(found)


def _field(study: Mapping[str, Any], key: str) -> Any:
    part: Any = study
    for name in key.split("."):
        part = part.get(name) if isinstance(part, Mapping) else None
    return part


def _same(values: tuple[float, float], first: str, second: str) -> str:
    """Of one study searched twice the plans themselves may be compared."""
    off = values[0] - values[1]
    if abs(off) <= CLOSE * max(map(abs, values)):
        return f"{first} and {second} are the same study, and their plans cost the same."
    less, more = (first, second) if off < 0 else (second, first)
    return f"{first} and {second} are the same study; the plan of {less} costs {abs(off):,.3f} MUSD less than {more}'s."


def _words(least: float | None, most: float | None, first: str, second: str, over: str) -> str:
    among = f", {over}" if over else ""
    if least is not None and most is not None and most - least < HALF_A_DIGIT:
        if least == most == 0.0:
            return f"{first} and {second} cost the same, proved{among}."
        less, more = (first, second) if most < 0 else (second, first)
        return f"{less} costs {abs(most):,.3f} MUSD less than {more}, proved{among}."
    if most is not None and most < 0:
        up_to = "" if least is None else f" and at most {-least:,.3f}"
        return f"{first} costs at least {-most:,.3f} MUSD{up_to} less than {second}{among}."
    if least is not None and least > 0:
        up_to = "" if most is None else f" and at most {most:,.3f}"
        return f"{second} costs at least {least:,.3f} MUSD{up_to} less than {first}{among}."
    if least is None or most is None:
        return f"No difference proved between {first} and {second}: of one of them nothing is proved."
    low, high = max(-least, 0.0) + 0.0, max(most, 0.0)
    return (
        f"No difference proved: {first} costs between {low:,.3f} MUSD less and {high:,.3f} MUSD more than "
        f"{second}{among}."
    )


def _site_words(a: Plan, b: Plan, first: str, second: str) -> tuple[str, ...]:
    """Why a site of one plan is not in the other, as far as the other plan's table of candidates says it."""
    lines = []
    for here, there, name, other in ((a, b, first, second), (b, a, second, first)):
        opened = set(there.sites["candidate"].astype(str))
        for candidate in here.sites["candidate"].astype(str):
            if candidate not in opened:
                lines.append(f"{candidate} is in {name} and not in {other}: {_why(candidate, here, there)}.")
    return tuple(lines)


def _why(candidate: str, here: Plan, there: Plan) -> str:
    rows = [plan.tables["candidates"].set_index("candidate").reindex([candidate]).iloc[0] for plan in (here, there)]
    if pd.isna(rows[1]["in_model"]):
        return "it is no candidate there"
    if rows[1]["excluded_by"]:
        return f"excluded there by {rows[1]['excluded_by']}"
    costs = [float(row["screen_cost_musd"]) for row in rows]
    by_itself = ""
    if not any(map(pd.isna, costs)) and abs(costs[0] - costs[1]) > CLOSE * abs(costs[0]):
        by_itself = f"; as the only host it costs {costs[0]:,.1f} MUSD here and {costs[1]:,.1f} there"
    return ("it was searched there and not chosen" if rows[1]["in_model"] else "it did not pass the screen") + by_itself


def _shown(value: Any, share: bool) -> str:
    if value is None or value == "" or (isinstance(value, float) and pd.isna(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.2%}" if share else f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
