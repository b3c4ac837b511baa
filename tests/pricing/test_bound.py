"""Bounds in closed form lie below every optimum, whatever the multipliers, and reach the relaxation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_prices import drawn, mixed
from tiny_problems import hand_problem, random_problem

from siting.formulation.build import build_model
from siting.pricing import Multipliers, bound_over_all
from siting.problem import Problem
from siting.solver.compile import InfeasibleRowError, Matrix, compile_model
from siting.solver.highs import Options, solve_matrix
from siting.solver.relaxation import relaxation, strong_relaxation

SEEDS, CHUNKS = 240, 8
NO_SETS = np.zeros((0, 0), dtype=bool), np.zeros(0, dtype=np.int64)


def compiled(p: Problem) -> Matrix | None:
    """The whole model; None where a row can never hold."""
    try:
        return compile_model(build_model(p))
    except InfeasibleRowError:
        return None


def optimum(matrix: Matrix) -> float | None:
    """Least cost, modules and openings whole; None without a plan."""
    return solve_matrix(matrix, Options(gap=1e-9, threads=1)).value


def relaxed(p: Problem) -> tuple[float, Multipliers] | None:
    found = relaxation(p, Options(threads=1))
    return None if found is None else (found.least, found.multipliers)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_multipliers_give_more_than_the_optimum(chunk: int) -> None:
    """240 random problems: multipliers of the relaxation, and drawn ones, alone and mixed with these."""
    seen = strongly = 0
    for seed in range(chunk, SEEDS, CHUNKS):
        p = random_problem(seed)
        matrix = compiled(p)
        best = None if matrix is None else optimum(matrix)
        if best is None:
            continue
        seen += 1
        found = relaxed(p)
        assert found is not None
        room = 1e-6 * max(1.0, abs(best))
        assert found[0] <= best + room
        strong = strong_relaxation(p, Options(threads=1))
        if strong is not None:
            strongly += 1
            assert strong.least <= best + 1e-5 * max(1.0, abs(best)), seed
            assert bound_over_all(p, strong.multipliers).least <= best + room, seed
        for n in range(3):
            any_at_all = drawn(p, 100 * seed + n)
            for y in (found[1], any_at_all, mixed(any_at_all, found[1], 0.3)):
                assert bound_over_all(p, y).least <= best + room, (seed, n)
    assert seen >= 8
    assert strongly >= 0.9 * seen


def test_what_opening_a_candidate_costs_is_no_more_than_it_does() -> None:
    """The bound and the reduced cost of a candidate lie below the best plan that opens it."""
    seen = 0
    for seed in range(80):
        p = random_problem(seed)
        matrix, found = compiled(p), relaxed(p)
        if matrix is None or found is None or optimum(matrix) is None:
            continue
        bound = bound_over_all(p, found[1])
        for i in range(len(p.candidate_id)):
            column = matrix.columns.get("Z", {}).get((i, p.quarters - 1))
            if column is None or bound.if_open[i] > 1e11:
                continue
            lower = matrix.lower.copy()
            lower[column] = 1.0
            forced = optimum(replace(matrix, lower=lower))
            if forced is not None:
                seen += 1
                assert bound.least + bound.if_open[i] <= forced + 1e-6 * max(1.0, abs(forced)), (seed, i)
    assert seen >= 40


def test_with_one_cluster_the_bound_reaches_the_relaxation() -> None:
    """Multipliers of the relaxation give its value back, to 1e-6, in at least nine of ten problems."""
    reached, seen = 0, 0
    for seed in range(160):
        p = random_problem(seed)
        found = relaxed(p) if len(p.cluster) == 1 else None
        if found is None:
            continue
        seen += 1
        bound = bound_over_all(p, found[1]).least
        reached += bound >= found[0] - 1e-6 * max(1.0, abs(found[0]))
    assert seen >= 40
    assert reached >= 0.9 * seen


def test_a_bound_by_hand() -> None:
    """100 H100e at a worth of 1 musd in the second quarter: 100 of demand, less what the candidates gain.

    Candidate 0: open 10; a module of 10 MW 5, ten pods of 1 MW at 2 and 0.1 each, that serve 1,000 H100e: four
    modules gain 4 x (1,000 - 5 - 20 - 1) - 10 = 3,886. Candidate 1 opens at 30: 3,866.
    """
    p = hand_problem(demand_h100e=np.array([[0.0, 100.0]]))
    y = replace(Multipliers.zero(p), served=np.array([[0.0, 1.0]]))
    assert bound_over_all(p, y).least == pytest.approx(100.0 - 3886.0 - 3866.0)


def test_what_a_region_demands_tells_what_being_open_is_worth() -> None:
    """The same with capacity at 0.01: a MW of it no longer pays, and serving the region whole is worth 100 x 0.99.

    Candidate 0: open 10 and the first phase of one module; a module of 10 MW 5, its pods 2 and 0.1 a MW for 100 x 0.01
    that they serve: no pod pays. 10 + 5 - 99 = -84, and candidate 1 opens at 30: -64. 100 - 84 - 64 is less than
    nothing served at all: the demand is worth at most what it costs to open.
    """
    p = hand_problem(demand_h100e=np.array([[0.0, 100.0]]))
    y = replace(
        Multipliers.zero(p),
        served=np.array([[0.0, 1.0]]),
        reach_of=np.array([[True]]),
        capacity=np.array([[0.0, 0.01]]),
    )
    assert bound_over_all(p, y).least == pytest.approx(100.0 - 84.0 - 64.0)


def test_nothing_priced_is_what_costs_alone_say() -> None:
    """With multipliers of nothing, nothing is worth opening: the bound is 0."""
    p = hand_problem(demand_h100e=np.array([[50.0, 100.0]]))
    assert bound_over_all(p, Multipliers.zero(p)).least == 0.0


def test_a_price_for_a_vendor_without_a_cap_is_refused() -> None:
    """An infinite supply has no price: infinity times it would be a bound of nothing."""
    p = hand_problem()
    y = replace(Multipliers.zero(p), supply=np.ones((1, 2)))
    with pytest.raises(ValueError, match="without a cap"):
        bound_over_all(p, y)


def test_prices_of_hosts_are_one_for_each_cluster() -> None:
    """One for a cluster that is not there would be a bound out of nothing; nor are lists of lists prices."""
    none, one = hand_problem(), random_problem(12)
    assert len(none.cluster) == 0 and len(one.cluster) == 1
    for p, host in ((none, [1e4]), (one, []), (one, [1.0, 1.0]), (one, [[-1e3] * len(one.candidate_id)])):
        with pytest.raises(ValueError, match="prices of hosts"):
            bound_over_all(p, replace(Multipliers.zero(p), host=np.array(host)))


@pytest.mark.parametrize("musd", [-1e17, -1e12, -6e11, 1e12, 1e17])
def test_no_price_of_a_host_is_so_large_that_the_bound_passes_the_optimum(musd: float) -> None:
    """With one cluster its price cancels: what is left is rounding."""
    p = random_problem(12)
    host = replace(Multipliers.zero(p), host=np.array([musd]))
    assert bound_over_all(p, host).least == pytest.approx(bound_over_all(p, Multipliers.zero(p)).least, rel=1e-6)


def test_multipliers_survive_a_file() -> None:
    """Lists and back give the same bound."""
    p = random_problem(3)
    y = drawn(p, 5)
    again = Multipliers.from_lists(y.as_lists(), len(p.region), p.quarters)
    assert bound_over_all(p, again).least == pytest.approx(bound_over_all(p, y).least, abs=1e-9)
