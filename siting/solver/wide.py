"""The search where many sites serve many regions: prices of all candidates first, then plans over few of them.

1. Prices of all by the relaxation without service flows, then by the strong one. As soon as the first strong one is
   solved, a hurried plan over what is open in it: the rounds that make its prices good take longer than that plan.
2. A plan over the sites that are open in the last strong relaxation.
3. Where that leaves the gap open: prices for the places of the cluster apart (`hosts`), for a better bound.
4. Better plans: more sites, then finer, until the gap over all candidates is closed or the time is up.

Tried and left out: branching on how many sites are open, and on modules of all sites together by quarter, with the
strong relaxation at each child. On 1,000 candidates, where it is 17,991 musd and the plan 18,082: at most 8 sites
17,993, 9 or more 17,991; 9 in all and at most 5 by the seventh quarter 17,998, 6 or more 17,992; at most 5 modules in
the third quarter 17,997, 6 or more 17,994; all twelve totals of modules rounded up 18,007. Each child takes as long as
prices for a group of places, which raise it to 18,001.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from siting.problem import FloatArray, IntArray, Problem
from siting.reduction.screen import cheapest_by_region
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone, price_everyone, price_strongly
from siting.solver.highs import Options, Watcher
from siting.solver.hosts import price_by_host
from siting.solver.start import SHARES, Start, first_plan, plan_over_open_sites

LIKELY, PRICED = 8, 0.4
"""Hosts that pricing begins with; share of the time that is left for each kind of pricing."""
HURRY, BY_HOST = 0.25, 0.5
"""Share of the time that is left for the first plan, and for places of the cluster apart."""
ROUGH, FINE = 0.005, 5.0
"""Gap at which the first search over open sites is good enough; times as fine as is asked for are the last ones, as
what is left open there is left open over all."""
STEPS = ((SHARES[0], 0.25), (SHARES[0], 0.5), (SHARES[1], 1.0))
"""Part of a site that must be open, and the share of the time that is left, for each search."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wide:
    """What was found."""

    everyone: Everyone
    plans: tuple[Start, ...]
    """Each cheaper than the one before; empty when none is found in time."""


def search_wide(
    p: Problem,
    options: Options,
    watch: Watcher | None = None,
    found_one: Callable[[Start], None] = lambda start: None,
    lap: Callable[[str], None] = lambda phase: None,
) -> Wide | None:
    """Plans over few candidates of `p`, and a bound over all; None where no relaxation is solved in time.

    found_one: told of every plan as soon as it is there. lap: told of the phase that ends: price, start, strengthen,
    hosts.
    """
    budget, plans = Budget(options.time_limit_s), list[Start]()
    weakly = price_everyone(p, cheapest_by_region(p, LIKELY), budget.of(options, PRICED))
    lap("price")
    if weakly is None:
        return None

    def take(plan: Start | None) -> None:
        lap("start")
        if plan is not None and (not plans or plan.value < plans[-1].value):
            plans.append(plan)
            found_one(plan)

    def look(rows: IntArray, opened: FloatArray) -> None:
        if not plans:
            lap("strengthen")
            take(first_plan(p, weakly, rows, opened, budget.of(options, HURRY), watch))

    everyone = price_strongly(p, weakly, budget.of(options, PRICED), look=look)
    lap("strengthen")
    for number, (share, part) in enumerate(STEPS):
        if not budget.left_s or (plans and _closed(plans[-1], everyone, options)):
            break
        gap = max(ROUGH, options.gap) if number == 0 else options.gap / FINE
        take(plan_over_open_sites(p, everyone, share, budget.of(replace(options, gap=gap), part), watch))
        if number == 0 and plans:
            aim = (1.0 - options.gap) * plans[-1].value
            everyone = price_by_host(p, everyone, aim, budget.of(options, BY_HOST))
            lap("hosts")
    return Wide(everyone=everyone, plans=tuple(plans))


def _closed(plan: Start, everyone: Everyone, options: Options) -> bool:
    return plan.value - everyone.least <= options.gap * abs(plan.value)
