"""Running pods inside installed pods and energized megawatts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from siting.formulation.fleet import standing_pods
from siting.formulation.training import pods_held, running_pods
from siting.problem import Problem


def add_power(m: pyo.ConcreteModel, p: Problem) -> None:
    r"""Q_igt >= 0: pods of g at i that run in t beside those of clusters, for inference or for nobody
    (`idling_may_pay`). h_igt = pods that clusters hold (`pods_held`).

    Q_igt + h_igt <= B_igt - B_ig,t-L;    PUE_i sum_g e_g (Q_igt + h_igt) <= E_it Z_it

    PUE_i the peak, E_it energized utility MW (0 before energization). Halls may stand and pods may be in store
    before power. Families before this one may add firm MW to the right hand side of (i, t): `m.extra_supply`, terms
    (MW for one unit, variable).
    """
    kinds = range(len(p.accelerator))
    serves = set(np.flatnonzero(p.reach.any(axis=1)).tolist())
    asked = set(np.argwhere(p.demand_h100e > 0)[:, 1].tolist())
    idle = idling_may_pay(p)
    m.S = pyo.Set(
        dimen=3,
        initialize=[
            (i, g, t) for i, g, t in m.P if p.most_power_mw[i, t] > 0 and (idle or (i in serves and t in asked))
        ],
    )
    m.Q = pyo.Var(m.S, domain=pyo.NonNegativeReals)
    hosts = {(i, g) for _, i, g in m.HW} | set(m.held_parts)

    def running(i: int, g: int, t: int) -> Any:
        own = m.Q[i, g, t] if (i, g, t) in m.S else 0.0
        return own + pods_held(m, p, i, g, t)

    m.run = pyo.Set(dimen=3, initialize=[key for key in m.P if key in m.S or (key[0], key[1]) in hosts])

    @m.Constraint(m.run)
    def running_within_installed(m: pyo.ConcreteModel, i: int, g: int, t: int) -> object:
        draw = running(i, g, t)
        return pyo.Constraint.Skip if isinstance(draw, (int, float)) else draw <= standing_pods(m, p, i, g, t)

    @m.Constraint(m.A)
    def power_balance(m: pyo.ConcreteModel, i: int, t: int) -> object:
        draws = [(g, running(i, g, t)) for g in kinds if (i, g, t) in m.run]
        terms = [
            float(p.pue_peak[i] * p.pod_it_mw[g]) * draw for g, draw in draws if not isinstance(draw, (int, float))
        ]
        if not terms:
            return pyo.Constraint.Skip
        extra = sum(mw * variable for mw, variable in m.extra_supply.get((i, t), []))
        return sum(terms) <= float(p.energized_mw[i, t]) * m.Z[i, t] + extra


def idling_may_pay(p: Problem) -> bool:
    """Whether a plan may gain by pods that run for nobody. They always may; where it cannot pay they have no column.

    A priority for compute or a limit counts what runs; energy is worth more than its price where it has a price below
    zero, where it makes room for a share of a cheap contract elsewhere, and where it is owed to the grid all the same
    and a contract or a rebate makes taking it cheaper than owing it.
    """
    if p.weighs("compute") or (p.limits is not None and p.limits.ask_for_running):
        return True
    adder = 0.0 if p.curtailable is None else p.curtailable.adder_usd_per_mwh
    if bool((p.usd_per_mwh + min(adder, 0.0) < 0).any()):
        return True
    if p.contracts is not None and bool((p.contracts.of_plan & (p.contracts.max_share < 1.0)).any()):
        return True
    return p.large_load is not None and (p.contracts is not None or adder < 0)


def running_it_mw(m: pyo.ConcreteModel, p: Problem) -> dict[tuple[int, int], list[tuple[float, Any]]]:
    """(i, t) -> (critical IT MW for one unit, variable) of everything that runs there; used by energy and carbon."""
    found: dict[tuple[int, int], list[tuple[float, Any]]] = {}
    for i, g, t, pods, variable in running_pods(m, p):
        found.setdefault((i, t), []).append((pods * float(p.pod_it_mw[g]), variable))
    return found
