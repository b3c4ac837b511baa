"""The same instances given to HiGHS as they stand: the textbook model with an arc a pair, nothing reduced."""

from __future__ import annotations

import time

import highspy
import numpy as np
from location_files import Instance
from location_problems import Answer
from scipy.sparse import csc_array


def direct(
    instance: Instance, *, time_limit: float, p: int | None = None, single_source: bool = False, threads: int = 1
) -> Answer:
    """min f y + c x; sum_i x_ij = 1; sum_j d_j x_ij <= capacity_i y_i; x_ij <= y_i; sum y <= p where p is given;
    sum_i capacity_i y_i >= all demand where sites have capacities.

    Relative gap 1e-6, as in the runs it is compared with. Large costs are divided so that they fit HiGHS's tolerances.
    """
    began = time.perf_counter()
    m, n = instance.cost.shape
    pairs = np.argwhere(np.isfinite(instance.cost))
    site, customer = pairs[:, 0], pairs[:, 1]
    x = m + np.arange(len(pairs))
    ones = np.ones(len(pairs))
    blocks = [(customer, x, ones)]
    low, high = [np.ones(n)], [np.ones(n)]
    count = n
    if np.isfinite(instance.capacity).all():
        every = np.arange(m)
        blocks += [(count + site, x, instance.demand[customer]), (count + every, every, -instance.capacity)]
        blocks.append((np.full(m, count + m), every, instance.capacity))
        low += [np.full(m, -np.inf), np.array([instance.demand.sum()])]
        high += [np.zeros(m), np.array([np.inf])]
        count += m + 1
    rows = count + np.arange(len(pairs))
    blocks += [(rows, x, ones), (rows, site, -ones)]
    low.append(np.full(len(pairs), -np.inf))
    high.append(np.zeros(len(pairs)))
    count += len(pairs)
    if p is not None:
        blocks.append((np.full(m, count), np.arange(m), np.ones(m)))
        low.append(np.array([0.0]))
        high.append(np.array([float(p)]))
        count += 1
    row, column, entry = (np.concatenate(part) for part in zip(*blocks, strict=True))
    matrix = csc_array((entry, (row, column)), shape=(count, m + len(pairs)))
    cost = np.concatenate([instance.fixed, instance.cost[site, customer]])
    largest = max(float(np.abs(cost).max()), 1e-9)
    scale = largest / 1e3 if largest > 1e5 else 1.0
    limits = np.concatenate(low), np.concatenate(high)
    value, bound = _run(matrix, cost / scale, *limits, m, single_source, time_limit, threads)
    value, bound = (None if v is None else v * scale for v in (value, bound))
    gap = None if value is None or bound is None else abs(value - bound) / max(abs(value), 1e-9)
    return Answer(value=value, bound=bound, gap=gap, seconds=time.perf_counter() - began)


def _run(
    matrix: csc_array,
    cost: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    sites: int,
    whole: bool,
    time_limit: float,
    threads: int,
) -> tuple[float | None, float | None]:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), np.ones(len(cost))
    lp.row_lower_, lp.row_upper_ = np.clip(low, -highspy.kHighsInf, None), np.clip(high, None, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole or column < sites else kinds.kContinuous for column in range(len(cost))]
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()
    settings = {"output_flag": False, "threads": threads, "time_limit": time_limit, "mip_rel_gap": 1e-6}
    for name, setting in settings.items():
        solver.setOptionValue(name, setting)
    solver.passModel(lp)
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return (float(info.objective_function_value) if found else None), float(info.mip_dual_bound)
