"""Multipliers of the limits that candidates share, from the relaxation over the candidates of a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.formulation.service import coverage_classes
from siting.pricing import Multipliers
from siting.pricing.energy import ROWS as CONTRACTS
from siting.pricing.weights import GOAL, PEAK
from siting.problem import BoolArray, FloatArray, IntArray, Problem
from siting.problem.goals import MEASURES
from siting.solver.compile import Matrix

FROM_BELOW = frozenset({"plan_share_at_least", "untaken_is_paid"})
"""Rows whose left side must reach a limit: one more unit of it costs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Service:
    """What serving is worth, units of the objective for one H100e."""

    served: FloatArray
    """(J, T) of the demand of a region."""
    reach: BoolArray | None = None
    """(C, J) regions of coverage classes; of every candidate by itself where latency counts."""
    capacity: FloatArray | None = None
    """(C, T) of their capacity; without it a class is worth what its dearest region is."""


def served_by_sets(row_dual: NDArray[np.float64], sets: BoolArray, quarter: IntArray, quarters: int) -> FloatArray:
    """(J, T) worth of the demand of a region: of all sets of regions (N, J) that it is in, with their duals (N,)."""
    served = np.zeros((sets.shape[1], quarters))
    for t in range(quarters):
        now = quarter == t
        served[:, t] = np.maximum(row_dual[now], 0.0) @ sets[now]
    return served


def served_by_flows(p: Problem, matrix: Matrix, row_dual: NDArray[np.float64]) -> Service:
    """The same from the rows of a model with flows, and the worth of the capacity of its coverage classes."""
    reach, site_class, _ = coverage_classes(p)
    served = np.zeros(p.demand_h100e.shape)
    for at, row in matrix.rows.get("demand_served", {}).items():
        served[at] = max(0.0, float(row_dual[row]))
    capacity = np.tile(served.max(axis=0, initial=0.0), (len(reach), 1))  # where nothing is live: the dearest region
    for at, row in matrix.rows.get("service_within_capacity", {}).items():
        capacity[at] = max(0.0, -float(row_dual[row]))
    if p.rtt_ms is not None:
        of_sites = np.where((site_class >= 0)[:, None], capacity[site_class], 0.0)
        return Service(served=served, reach=p.reach, capacity=of_sites)
    return Service(served=served, reach=reach, capacity=capacity)


def part_rows(p: Problem) -> dict[str, tuple[int, ...]]:
    """Shared rows of parts that a study may leave out, by name, and the shape of their prices."""
    rows: dict[str, tuple[int, ...]] = {}
    if p.debt is not None:
        rows |= {"pledged_once": (p.quarters,), "facility_size": (len(p.debt.name),)}
    if p.contracts is not None:
        rows |= dict.fromkeys(CONTRACTS, (len(p.contracts.contract), p.quarters))
    if p.income_tax is not None:
        rows["taxable_income"] = (p.income_tax.years,)
    if p.goals:
        rows[GOAL] = (len(p.goals),)
    if p.weighs("peak_funding"):
        rows[PEAK] = (p.quarters,)
    return rows


def multipliers_from(p: Problem, matrix: Matrix, row_dual: NDArray[np.float64], service: Service) -> Multipliers:
    """Duals of the shared rows; 0 where the matrix has no such row. Duals of HiGHS are the change of the least value by
    one more unit of the row's limit, of what is minimised: less of the measure where more of it is better."""
    zero = Multipliers.zero(p)

    def read(name: str, into: Any, sign: float) -> Any:
        values = np.array(into, dtype=np.float64)
        for index, row in matrix.rows.get(name, {}).items():
            values[index] = sign * row_dual[row]
        return values

    parts: dict[str, FloatArray] = {}
    for name, shape in part_rows(p).items():
        if name in matrix.rows:
            parts[name] = read(name, np.zeros(shape), 1.0 if name in FROM_BELOW else -1.0)
    if GOAL in parts:
        parts[GOAL] = parts[GOAL] * np.array([MEASURES[goal.objective].sign for goal in p.goals])
    power = np.zeros((len(p.candidate_id), p.quarters))
    for (i, t), row in matrix.rows.get("power_balance", {}).items():
        power[i, t] = -float(p.pue_peak[i]) * row_dual[row]
    for (i, t), row in matrix.rows.get("rest_within_grid", {}).items():  # what exceeds the grid's MW is generated
        power[i, t] -= float(p.mwh_per_it_mw[i, t]) / 1e3 * row_dual[row]
    if p.annex is not None and p.shared is not None:  # halls of both classes draw from one meter
        places = p.shared.groups()
        for (q, t), row in [*matrix.rows.get("place_power", {}).items(), *matrix.rows.get("place_energy", {}).items()]:
            for i in places[q]:
                power[i, t] -= float(p.pue_peak[i]) * row_dual[row]
    return Multipliers(
        power_of=tuple(str(name) for name in p.candidate_id),
        power=power,
        parts=parts,
        served=service.served,
        reach_of=service.reach,
        capacity=service.capacity,
        funding=read("funding", zero.funding, -1.0),
        supply=read("vendor_supply", zero.supply, -1.0),
        host=read("hosted_once", zero.host, 1.0),
        line=read("line_room", zero.line, -1.0),
        island=read("island_spare", zero.island, -1.0),
        sites=sum(-float(row_dual[row]) for row in matrix.rows.get("most_sites", {}).values()),
    ).signed()
