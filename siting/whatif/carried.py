"""Bounds that stay valid when the inputs of a study change, and what they are worth then; the best of them is kept.

*As it was.* Where nothing is looser (`loosened`) and nothing cheaper (`dearer`), a plan of the new problem is one of
the old, and costs at least as much there: the old bound holds.

*The old bound as a cut.* Where nothing is looser, every plan x of the new problem is one of the old: its old cost is
no less than the old bound B, whatever it costs now. The least of the new cost over the linear relaxation of the new
problem and the row old cost(x) >= B is a bound, then: no plan is cheaper. It is at least B plus the least that the
difference of the two costs can be, so a price that rises moves it by about as much as it moves the plan. Where that is
nearly enough, a short search of the same (openings, hosts, contracts and totals whole) closes what is left: the row
lifts every node of it.
Columns that only the new problem has (reservations and flows of service, least contracts, pods that run where nobody
asked before) cost nothing in the old one: the plan without them is still one of it.

*The old multipliers.* Any multipliers give a valid bound in closed form (`bound_of`): those of the certificate
saved with the plan, priced with the new inputs, over all candidates and over those of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csc_array, vstack

from siting.formulation.build import build_model
from siting.plan import Plan
from siting.pricing import Bound, Prices, bound_of, parts_without_price
from siting.problem import IntArray, Problem
from siting.solver.budget import Budget
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.highs import Options, solve_matrix
from siting.solver.regions import with_alike_regions_as_one
from siting.solver.search import totals_of
from siting.whatif.loosened import PRICE_ENERGY, dearer, loosened

WITHOUT_COST = ("R", "F", "Y")
"""Families that cost nothing: a plan of the old problem needs none of the new ones."""
ROOM = 1e-6
"""Relative, by which a bound is taken lower than a solver states it: what it rounds."""
NEARLY = 3.0
"""Times the gap asked for up to which the search with the cut is tried."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Carried:
    """A bound over the candidates at `rows` of the new problem, and how it was come by."""

    bound_musd: float | None
    rule: str
    """as it was | a cut | a cut, searched | multipliers | prices of all candidates; empty without a bound."""
    looser: tuple[str, ...]
    """Why the old bound says nothing by itself: arrays that are looser, or of which nothing is known."""


def carried(
    old: Problem,
    new: Problem,
    bound_musd: float | None,
    certificate: dict[str, Any] | None,
    options: Options,
    value_musd: float | None = None,
) -> Carried:
    """The best bound on the least cost of `new` that follows from what was proved of `old`.

    old, new: over the same candidates, those of the model of the plan or some of them. bound_musd: of `old`, over these
    candidates. certificate: the saved multipliers, if there are. value_musd: of a plan of `new`, which the bound is
    wanted for, to the gap of the options.
    """
    found: list[tuple[float, str]] = []
    if (multiplied := by_multipliers(new, certificate)) is not None:
        found.append((multiplied.least, "multipliers"))
    looser = (*other_sets(old, new),) or loosened(old, new)
    if bound_musd is not None and not looser:
        if dearer(old, new):
            found.append((bound_musd, "as it was"))
        found += by_cut(old, new, bound_musd, options, value_musd)
    best, rule = max(found, default=(None, ""), key=lambda pair: pair[0] if pair[0] is not None else -np.inf)
    return Carried(bound_musd=best, rule=rule, looser=looser)


def other_sets(old: Problem, new: Problem) -> tuple[str, ...]:
    """Index sets that are not those of before."""
    sets = ("candidate_id", "accelerator", "lease_id", "cluster", "region")
    return tuple(name for name in sets if not np.array_equal(getattr(old, name), getattr(new, name)))


def by_multipliers(new: Problem, certificate: dict[str, Any] | None) -> Bound | None:
    """What the saved prices give for the new problem; None where they do not fit it."""
    if certificate is None or parts_without_price(new):
        return None
    try:
        prices = Prices.from_lists(certificate, len(new.region), new.quarters)
        p = replace(new, grid=None if new.grid is None else new.grid.without_rows())
        found = bound_of(p, prices.without_lines())
    except (KeyError, ValueError, IndexError, TypeError, AttributeError):
        return None
    return found if np.isfinite(found.least) else None


def by_cut(
    old: Problem, new: Problem, bound_musd: float, options: Options, value_musd: float | None = None
) -> list[tuple[float, str]]:
    """Bounds by the row old cost >= `bound_musd`: of the relaxation and, where that is nearly enough for `value_musd`,
    of a search. Empty where it is not solved in time, or where the cost of before is not known of a column."""
    merged = with_alike_regions_as_one(new)[0]
    try:
        before, after = (compile_model(build_model(p)) for p in (with_alike_regions_as_one(old)[0], merged))
    except InfeasibleRowError:
        return []
    cost = _old_cost(old, before, after)
    if cost is None:
        return []
    budget = Budget(options.time_limit_s)
    floor = bound_musd - ROOM * max(1.0, abs(bound_musd)) - before.offset
    cut = replace(
        totals_of(merged, after),
        a=csc_array(vstack([after.a, csc_array(cost[None, :])])),
        row_lower=np.append(after.row_lower, floor),
        row_upper=np.append(after.row_upper, np.inf),
    )
    relaxed = solve_matrix(replace(cut, integer=np.zeros_like(cut.integer)), budget.of(options)).bound
    if relaxed is None:
        return []
    found = [(_lower(relaxed), "a cut")]
    if value_musd is not None:
        enough = value_musd - options.gap * abs(value_musd)
        if enough - (NEARLY - 1.0) * options.gap * abs(value_musd) <= found[0][0] < enough:
            searched = solve_matrix(cut, budget.of(options), enough=enough + ROOM * max(1.0, abs(enough))).bound
            found += [] if searched is None else [(_lower(searched), "a cut, searched")]
    return found


def _lower(musd: float) -> float:
    return musd - ROOM * max(1.0, abs(musd))


def _old_cost(old: Problem, before: Matrix, after: Matrix) -> np.ndarray | None:
    """Cost of before of every column of now."""
    free = WITHOUT_COST if any(getattr(old, part) is not None for part in PRICE_ENERGY) else (*WITHOUT_COST, "Q")
    cost = np.zeros(len(after.cost))
    for family, columns in after.columns.items():
        known = before.columns.get(family, {})
        if family in WITHOUT_COST and old.transit is None:  # numbers of a class may stand for another one now
            continue
        for index, column in columns.items():
            if index in known:
                cost[column] = before.cost[known[index]]
            elif family not in free:
                return None
    return cost


def in_model(plan: Plan, p: Problem) -> IntArray:
    """Rising positions in `p` of the candidates that were in the model of a plan, and of their annexes."""
    frame = plan.tables["candidates"]
    names = frame.loc[frame["in_model"].astype(bool), "candidate"].astype(str).to_numpy()
    rows = np.flatnonzero(np.isin(p.candidate_id.astype(str), names)).astype(np.int64)
    return p.whole_campuses(rows)
