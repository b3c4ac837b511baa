r"""How much of the limits that candidates share a study lacks: a proof over all candidates that it has no plan.

The same problem with costs that are worth nothing today, and limits that may give way: a musd of funding, an
accelerator of a vendor, a MW of a line, each at its share of what is stated, a cluster without a host at 1. A plan
keeps all of them, so it costs nothing here; and for *any* multipliers no plan costs less than the bound over all
candidates in closed form (`siting.pricing`). So a bound above 0 says that there is no plan, whatever the tolerances of
the solver that the multipliers come from (the lemma of Farkas, with modules, openings and hosts whole). How far above 0
it lies is no measure of how far a plan is away.

Nothing is worth anything where the discount rate is near infinity: `discount` and the present energy of a pod are
scaled together, so that nominal payments, which the funding is for, are as they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, hstack

from siting.pricing import Multipliers, bound_over_all
from siting.problem import IntArray, Problem
from siting.solver.compile import Matrix
from siting.solver.everyone import Everyone, price_everyone
from siting.solver.highs import Options

NOTHING = 1e-15
"""Present worth of a musd in the first quarter; later ones are worth less still."""
LEAST = 1e-6
"""Shares of a limit above which a shortage is none of rounding: NOTHING of all payments is far below it."""


def short_of_everyone(p: Problem, rows: IntArray, options: Options, most_rounds: int = 12) -> Everyone | None:
    """Prices of the shared limits with which all candidates of `p` are short of them by most, from a relaxation over
    `rows` on; its bound is the shortage in shares. None where the relaxation has no solution even so, or the time is
    up. `p` has no part without a price."""
    shares = shares_of(p)
    return price_everyone(worth_nothing(p), rows, options, most_rounds, lambda matrix: given_way(matrix, shares))


def shortage(p: Problem, multipliers: Multipliers) -> float:
    """Shares of its limits that every plan over all candidates of `p` lacks at least, by these prices."""
    return bound_over_all(worth_nothing(p), multipliers).least


def worth_nothing(p: Problem) -> Problem:
    """The same decisions and payments, at a discount rate with which no payment has a present value."""
    return replace(
        p,
        objective="npv_cost",
        goals=(),
        watched=("npv_cost",),
        npv_open_musd=np.zeros_like(p.npv_open_musd),
        npv_module_musd=np.zeros_like(p.npv_module_musd),
        npv_pod_musd=np.zeros_like(p.npv_pod_musd),
        npv_lease_musd=np.zeros_like(p.npv_lease_musd),
        npv_run_musd=p.npv_run_musd * NOTHING,
        discount=p.discount * NOTHING,
    )


def shares_of(p: Problem) -> dict[str, float]:
    """What one unit of each shared limit counts, by the name of its rows."""
    shipped = float(p.supply[np.isfinite(p.supply)].max(initial=0.0))
    shares = {
        "funding": 1.0 / max(1.0, float(p.funding_musd[-1])),
        "vendor_supply": 1.0 / max(1.0, shipped),
        "hosted_once": 1.0,
        "most_sites": 1.0,
    }
    if p.grid is not None:
        shares["line_room"] = 1.0 / max(1.0, float(p.grid.room_mw.max(initial=0.0)))
        shares["island_spare"] = 1.0 / max(1.0, float(p.grid.spare_mw.max(initial=0.0)))
    return shares


def given_way(matrix: Matrix, shares: dict[str, float]) -> Matrix:
    """The matrix with a column for each row of these families, which lets it give way at a cost."""
    rows = [(row, share) for family, share in shares.items() for row in matrix.rows.get(family, {}).values()]
    at, cost = np.array([row for row, _ in rows], dtype=np.int64), np.array([share for _, share in rows])
    from_below = np.isfinite(matrix.row_lower[at])  # a cluster is to be hosted; all others are most
    new = csc_array((np.where(from_below, 1.0, -1.0), (at, np.arange(len(at)))), shape=(len(matrix.row_lower), len(at)))
    return replace(
        matrix,
        a=csc_array(hstack([matrix.a, new])),
        cost=np.concatenate([matrix.cost, cost]),
        lower=np.concatenate([matrix.lower, np.zeros(len(at))]),
        upper=np.concatenate([matrix.upper, np.full(len(at), np.inf)]),
        integer=np.concatenate([matrix.integer, np.zeros(len(at), dtype=bool)]),
    )
