"""A what-if where many sites serve many regions (`is_wide`): prices of all candidates before any search.

What takes long there is to find out how good a plan is among all candidates. So all are priced under the new inputs
first: by the relaxation over the plan's sites and the cheapest of each region, then by the strong one, then by place of
the cluster, up to what proves the plan at hand. Where that makes it as sure as it was, or as is asked for, it is the
answer: 30 s on the national study (1,000 candidates). Else the study is searched as one of its own: a plan that does
not hold, or is far off, was no help there. From the sites of the old plan and those that prices open, 5 % less demand
ended 1.3 % dearer, and power a quarter later took 281 s instead of 116.

Tried without gain: to begin the strong relaxation with the candidates that the saved prices call likeliest. It takes as
many rounds and is larger, and with more candidates in a relaxation, open there in small parts, prices are lower (at a
discount rate half a point higher 17,923 musd from 96 candidates, 17,931 from 80): the closed form opens them whole.
"""

from __future__ import annotations

import numpy as np

from siting.plan import Plan
from siting.problem import IntArray, Problem
from siting.reduction.screen import cheapest_by_region
from siting.solver.budget import Budget
from siting.solver.everyone import Everyone, price_everyone, price_strongly
from siting.solver.highs import Options
from siting.solver.hosts import price_by_host
from siting.solver.wide import LIKELY, PRICED
from siting.termination import relative_gap

FAR, NEARLY = 0.02, 0.003
"""Share of the aim that the first prices, and the strong ones, may lack: on national studies the strong ones add 1 %
and those by place of the cluster 0.06 %, and a plan that is further off is not proved by them."""


def priced_now(p: Problem, sites: IntArray, aim_musd: float, options: Options) -> Everyone | None:
    """Prices of all candidates of `p` for a plan over `sites`, as good as `aim_musd` if time and prices allow; None
    where that is far off, or no relaxation is solved in time. `p` has no part that is without a price."""
    budget = Budget(options.time_limit_s)
    rows = np.union1d(sites, cheapest_by_region(p, LIKELY)).astype(np.int64)
    weakly = price_everyone(p, rows, budget.of(options, PRICED))
    if weakly is None or aim_musd - weakly.least > FAR * abs(aim_musd):
        return None
    everyone = price_strongly(p, weakly, budget.of(options), rows=sites)
    if aim_musd - everyone.least > NEARLY * abs(aim_musd):
        return everyone
    return price_by_host(p, everyone, aim_musd, budget.of(options))


def sure_enough(before: Plan, gap: float) -> float:
    """Gap over all candidates with which a plan is as sure as is asked for, or as the plan before was."""
    was, then = before.npv_cost_musd, before.facts.get("everyone", {}).get("bound_musd")
    known = 0.0 if was is None or then is None else relative_gap(was - float(then), was)
    return max(gap, known)
