"""Why not this place? The limits that keep it out; or what it costs to force it in, and what would bring it in."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.arguments import checked
from siting.assembly import Assembled
from siting.assembly.campus import campus_ids
from siting.errors import not_above_zero, raise_if_any
from siting.explanation.bars import Bar, exclusions, filters_against, useless
from siting.explanation.change import FIGURES, Change, changes_of
from siting.explanation.forced import hosting, opened
from siting.explanation.ground import FEW, Difference, Ground, as_asked, ground_over, more
from siting.explanation.place import FILTERED, Spot, all_places, find_place
from siting.plan import Plan
from siting.pricing import Bound, Prices, bound_of, parts_without_price
from siting.pricing.reduced import NEVER
from siting.printed import of_all
from siting.problem import Problem
from siting.progress import Clock, Listener
from siting.reduction.screen import screen
from siting.run import assembled_again
from siting.study import Study
from siting.tables.read import Tables
from siting.units import quarter_label

LATER = 1e9
"""musd that put what may not host a cluster behind what may."""
NO_HOST = "no plan has it there"
NOT_LOOKED_AT = "not looked at, the time was up"


@dataclass(frozen=True, kw_only=True, eq=False)
class WhyNot:
    """The answer for one place. Costs are present musd beyond the best plan; they hold over `candidates`."""

    spot: Spot
    in_plan: bool = False
    limits: tuple[Bar, ...] = ()
    """What it does not meet; where one `excludes`, nothing else is looked at."""
    cost: Difference | None = None
    """Of opening it, a first phase by the end of the horizon at least. None: not looked at, or no plan opens it."""
    hosting: tuple[tuple[str, Difference], ...] = ()
    """Of each cluster standing there."""
    hosting_nothing: tuple[str, ...] = ()
    """Clusters that no plan over `candidates` has there."""
    hosting_open: tuple[str, ...] = ()
    """Clusters of which the time ended before that was looked at."""
    changes: tuple[Change, ...] = ()
    """The smallest change of each of its own figures that brings it in."""
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)
    """figure, unit, here, chosen: its own figures beside those of the plan's largest site."""
    candidates: int = 0
    """Candidates of the searches."""
    low_over_all: float | None = None
    """No plan over all candidates that opens it costs less than so much beyond the plan at hand; None: not known."""
    usable: int = 0
    """All candidates of the study that can be used."""
    improved_musd: float = 0.0
    """So much cheaper than the plan at hand is one that was found on the way."""
    seconds: float = 0.0

    @property
    def excluded(self) -> bool:
        """Whether a limit keeps it out of every plan."""
        return any(bar.excludes for bar in self.limits)

    @property
    def near_tie(self) -> bool:
        """Whether nothing is proved against it: a plan that opens it may cost no more than the best."""
        return self.cost is not None and self.cost.open

    @property
    def frame(self) -> pd.DataFrame:
        """One row a finding: what, unit, value, low, high, note. NaN where there is no number."""
        rows: list[dict[str, Any]] = [
            {"what": bar.limit, "note": f"found {bar.found}; needed {bar.needed}"} for bar in self.limits
        ]
        costs = [] if self.cost is None else [("opening it", self.cost)]
        for what, found in [*costs, *((f"host of {name}", found) for name, found in self.hosting)]:
            rows.append({"what": what, "unit": "MUSD", "value": found.point, "low": found.low, "high": found.high})
        rows += [{"what": f"host of {name}", "note": NO_HOST} for name in self.hosting_nothing]
        rows += [{"what": f"host of {name}", "note": NOT_LOOKED_AT} for name in self.hosting_open]
        for change in self.changes:
            numbers = {"value": change.needed, "low": change.low, "high": change.needed}
            rows.append({"what": change.figure, "unit": change.unit, **numbers, "note": str(change)})
        frame = pd.DataFrame(rows, columns=["what", "unit", "value", "low", "high", "note"])
        frame[["value", "low", "high"]] = frame[["value", "low", "high"]].astype(float)
        return frame.fillna({"unit": "", "note": ""})

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer line by line, without the figures of the place."""
        return tuple(_sentences(self))

    @property
    def words(self) -> tuple[str, ...]:
        """The answer line by line, the figures of the place last."""
        return (*self.sentences, *_figure_lines(self))

    def __str__(self) -> str:
        return "\n".join(self.words)


@checked
def why_not(
    plan: Plan,
    place: str,
    *,
    changes: bool = True,
    candidates: int = FEW,
    time_limit_s: float = 120.0,
    progress: Listener | None = None,
    tables: Tables | None = None,
) -> WhyNot:
    """Why a plan does not open a place.

    place: id or name of a candidate; "lat,lon", for the nearest one; a county by name ("Taylor County, TX") or FIPS
    code, for the best in it. changes: look for the smallest change of each of its figures too. candidates: of the
    screen, in every search, beside the plan's own and the place. time_limit_s: of all searches; what is not reached is
    said.

    Raises InputError for an unknown place, a time limit that is not above 0, a plan without a cost or with other
    tables; SolverError when HiGHS fails.
    """
    raise_if_any(not_above_zero("the question", {"time_limit_s": time_limit_s}))
    began, clock = time.perf_counter(), Clock(progress)
    study, tables, everyone = assembled_again(plan, tables)
    whole = as_asked(plan, study, everyone.problem)
    priced = _priced(plan, everyone.problem)
    rank = _rank(everyone, whole, priced)
    rank[rank.index.isin(plan.sites["candidate"])] = -np.inf  # the place of a county with a site is that site
    spot = find_place(place, study, tables, everyone, rank)
    found = WhyNot(spot=spot, usable=len(everyone.usable))
    if spot.candidate in set(plan.sites["candidate"]) and not spot.outside:
        return replace(found, in_plan=True, seconds=time.perf_counter() - began)
    limits = _limits(study, tables, everyone, whole, spot)
    if spot.candidate is None or any(bar.excludes for bar in limits):
        return replace(found, limits=tuple(limits), seconds=time.perf_counter() - began)
    ground = ground_over(
        plan,
        study,
        tables,
        everyone,
        [spot.candidate],
        candidates=candidates,
        time_limit_s=time_limit_s,
        clock=clock,
    )
    found = replace(
        found,
        limits=tuple(limits),
        figures=_figures(study, everyone, plan, spot.candidate),
        candidates=ground.candidates,
        low_over_all=_low_over_all(plan, everyone, priced, spot.candidate),
    )
    found = _costs(found, ground, spot.candidate, changes)
    return replace(found, seconds=time.perf_counter() - began)


def _costs(found: WhyNot, ground: Ground, candidate: str, changes: bool) -> WhyNot:
    """With the cost of forcing the place in, and the changes that bring it in."""
    p, i = ground.problem, ground.row(candidate)
    ground.clock.say("the place forced open")
    forced = ground.answer(opened(p, i))
    if forced.infeasible:
        none = Bar(
            limit="the limits of the study together",
            found=f"no plan over {ground.candidates} candidates that opens it keeps them all",
            needed="a plan",
        )
        return replace(found, limits=(*found.limits, none))
    base, result = _with(ground, forced), ground.plan.npv_pass
    assert base.base.value_musd is not None and result is not None and result.value is not None
    found = replace(found, cost=more(forced, base.base), improved_musd=max(0.0, result.value - base.base.value_musd))
    able = p.host_candidates()
    hosts, others, nothing, unseen = [], [], [], []
    for k in np.flatnonzero(able[:, p.campus == i].any(axis=(1, 2))).tolist():
        name = str(p.cluster[k])
        if not ground.budget.left_s:
            unseen.append(name)
            continue
        ground.clock.say(f"the place as host of {name}")
        answer = ground.answer(hosting(p, k, i))
        if answer.infeasible:
            nothing.append(name)
        else:
            hosts.append((name, more(answer, base.base)))
            others.append(answer)
    found = replace(found, hosting=tuple(hosts), hosting_nothing=tuple(nothing), hosting_open=tuple(unseen))
    if changes and found.cost is not None and not found.near_tie:
        found = replace(found, changes=tuple(changes_of(base, candidate, forced, others)))
    return found


def _with(ground: Ground, forced: Any) -> Ground:
    """The ground with the plan found for the place among its plans."""
    base = ground.base
    if forced.value_musd is None or base.value_musd is None or forced.value_musd >= base.value_musd:
        return ground
    return replace(ground, base=replace(base, value_musd=forced.value_musd))


def _limits(study: Study, tables: Tables, a: Assembled, p: Problem, spot: Spot) -> list[Bar]:
    if spot.outside:
        return [Bar(limit="place", found=spot.outside, needed="a place in the 48 states or DC")]
    if spot.candidate is None:
        where = f"in {spot.county}" if spot.county else "in the study"
        return [Bar(limit="place", found=f"no candidate and no substation {where}", needed="one")]
    places = all_places(study, tables, a)
    why = str(places.loc[places["candidate"] == spot.candidate, "excluded_by"].iloc[0])
    if why == FILTERED:
        return list(filters_against(study, tables, spot.candidate))
    if why:
        row = a.candidates[a.candidates["candidate"] == spot.candidate].iloc[0]
        return list(exclusions(study, row)) or [Bar(limit=why, found="it applies", needed="that it does not")]
    return useless(study, a, p, int(np.flatnonzero(a.usable["candidate"] == spot.candidate)[0]))


def _priced(plan: Plan, p: Problem) -> Bound | None:
    """All candidates by the plan's saved prices. None where the plan has none."""
    saved = plan.facts.get("everyone", {}).get("certificate")
    if saved is None or parts_without_price(p):
        return None
    prices = Prices.from_lists(saved, len(p.region), p.quarters)
    return bound_of(p if p.grid is None else replace(p, grid=p.grid.without_rows()), prices)


def _rank(a: Assembled, p: Problem, priced: Bound | None) -> pd.Series:
    """By candidate, what orders those of a county: least cost as the host of a cluster, then least cost of opening.
    By reduced cost where the plan has prices, else as the screen has it."""
    if priced is None:
        screened = screen(p, 0)
        host, other = screened.host_cost_musd, screened.serve_cost_musd
    else:
        host = np.where(priced.if_host < NEVER / 2, priced.if_host, np.nan)
        other = np.where(priced.if_open < NEVER / 2, priced.if_open, np.nan)
    cost = np.where(np.isfinite(host), host, np.where(np.isfinite(other), LATER + other, np.inf))
    return pd.Series(cost, index=campus_ids(a.usable).to_numpy()).groupby(level=0).min()


def _low_over_all(plan: Plan, a: Assembled, priced: Bound | None, candidate: str) -> float | None:
    if priced is None or plan.npv_cost_musd is None:
        return None
    extra = float(priced.if_open[np.flatnonzero(a.usable["candidate"] == candidate)[0]])
    return max(0.0, priced.least + extra - plan.npv_cost_musd) if extra < NEVER / 2 else None


def _figures(study: Study, a: Assembled, plan: Plan, candidate: str) -> pd.DataFrame:
    """Own figures of the place beside those of the plan's largest site; energization as a quarter."""
    usable = a.usable.set_index("candidate")
    chosen = None if plan.sites.empty else plan.sites.loc[plan.sites["it_mw"].idxmax(), "candidate"]
    rows = []
    for figure in FIGURES:
        values = [usable.loc[name, figure.column] for name in (candidate, chosen) if name is not None]
        if not np.isfinite(float(values[0])):
            continue
        if figure.column == "energization":
            shown = [quarter_label(int(value)) for value in values]
        else:
            shown = [f"{float(value):,.2f}" if np.isfinite(float(value)) else "none" for value in values]
        unit = "" if figure.column == "energization" else figure.unit
        rows.append((figure.name, unit, shown[0], shown[1] if len(shown) > 1 else ""))
    tax = [f"{100 * float(usable.loc[name, 'property_tax']):.2f}" for name in (candidate, chosen) if name is not None]
    rows.append(("property tax on equipment", "% a year", tax[0], tax[1] if len(tax) > 1 else ""))
    return pd.DataFrame(rows, columns=["figure", "unit", "here", "chosen"])


def _sentences(found: WhyNot) -> list[str]:
    spot = found.spot
    lines = [_which(spot)]
    if found.in_plan:
        return [*lines, "The plan opens it."]
    if found.excluded:
        here = spot.candidate and not spot.outside  # the nearest candidate to a point outside may well be in a plan
        idle = all(bar.idle for bar in found.limits)
        none = "No plan of this study has a use for it:" if idle else "It is in no plan of this study:"
        lines.append(none if here else "There is no place of this study:")
        return [*lines, *(f"- {bar}" for bar in found.limits)]
    lines += [f"It cannot serve every use: {bar}." for bar in found.limits]
    if found.cost is not None:
        lines.append(_cost_words("A plan that opens it", found.cost))
        lines += [_cost_words(f"With {name} standing there the plan", cost) for name, cost in found.hosting]
        lines += [f"With {name} standing there: {NO_HOST}." for name in found.hosting_nothing]
        lines += [f"With {name} standing there: {NOT_LOOKED_AT}." for name in found.hosting_open]
        over = f"These differences hold over {of_all(found.candidates, found.usable, 'candidate')}"
        if found.low_over_all:
            over += f"; over all of them opening it costs {found.low_over_all:,.1f} MUSD more at least"
        lines.append(f"{over}.")
    if found.improved_musd > 1e-3:
        lines.append(f"A plan {found.improved_musd:,.1f} MUSD cheaper than the one at hand was found on the way.")
    if found.near_tie:
        lines.append("It is a near tie: not proved worse than the plan at hand.")
    elif found.changes:
        enough = [f"- {change}" for change in found.changes if change.needed is not None]
        others = [f"- {change}" for change in found.changes if change.needed is None]
        same = "plan that opens it would cost no more than the best one"
        if enough:
            lines += [f"A {same} with one of these alone:", *enough]
        if others:
            lines += ["Of its other figures:" if enough else f"No change was found with which a {same}:", *others]
    return lines


def _figure_lines(found: WhyNot) -> list[str]:
    if found.figures.empty:
        return []
    lines = ["Its figures, and those of the plan's largest site:"]
    for row in found.figures.itertuples():
        lines.append(
            f"- {row.figure}: {row.here} {row.unit}".rstrip() + (f"; {row.chosen} there" if row.chosen else "")
        )
    return lines


def _which(spot: Spot) -> str:
    name = "" if spot.candidate is None else spot.candidate + (f" ({spot.name})" if spot.name != spot.candidate else "")
    if spot.km is not None:
        return f"Why not {spot.asked}? The nearest candidate is {name}, {spot.km:,.1f} km away."
    if spot.county and spot.candidate is not None:
        what = (
            f"of {spot.usable:,} candidates that can be used"
            if spot.usable
            else "the one with most MW, as none can be used"
        )
        return f"Why not {spot.county}? The best there is {name}, {what} ({spot.there:,} places in all)."
    return f"Why not {name or spot.asked}?"


def _cost_words(subject: str, cost: Difference) -> str:
    if cost.point is None:
        return f"{subject} costs {cost.low:,.1f} MUSD more at least; none was found in the time."
    high = "" if math.isinf(cost.high) else f" to {cost.high:,.1f}"
    return f"{subject} costs {cost.point:,.1f} MUSD more (proved: {cost.low:,.1f}{high})."
