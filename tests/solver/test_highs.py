"""HiGHS behind one function: statuses, limits, starts, threads and a silent stdout."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest
from scipy.sparse import csc_array

from siting.errors import SolverError
from siting.solver import highs
from siting.solver.compile import Matrix
from siting.solver.highs import Bounded, Options, _accepted, _new_highs, solve_matrix
from siting.termination import Termination


def knapsack(items: int = 3, room: float = 5.0, seed: int | None = None) -> Matrix:
    """min -value x, weight x <= room, x binary. Three items: values 4, 3, 2, weights 4, 3, 2; room 5 takes the last
    two for 5. With a seed: `items` of values close to their weights, hard to prove.
    """
    weight = np.arange(items + 1.0, 1.0, -1.0)
    value = weight.copy()
    if seed is not None:
        r = np.random.default_rng(seed)
        weight = r.integers(1000, 2000, (20, items)).astype(float)
        value = weight.sum(axis=0) / 20.0 + r.uniform(0, 50, items)
        room = 0.4 * 1500.0 * items
    a = np.atleast_2d(weight)
    return Matrix(
        cost=-value,
        offset=0.0,
        a=csc_array(a),
        row_lower=np.full(len(a), -np.inf),
        row_upper=np.full(len(a), room),
        lower=np.zeros(items),
        upper=np.ones(items),
        integer=np.ones(items, dtype=bool),
        columns={"x": {n: n for n in range(items)}},
    )


def test_small_optimum_is_exact() -> None:
    """Items of 3 and 2 fill the room of 5: value -5, the bound is no better, all else empty."""
    found = solve_matrix(knapsack(), Options(gap=0.0, threads=1))
    assert (found.termination, found.limit) == (Termination.OPTIMAL, None)
    assert found.value == pytest.approx(-5.0)
    assert found.bound == pytest.approx(-5.0)
    assert found.x == pytest.approx([0.0, 1.0, 1.0])


def test_ctrl_c_is_no_error_of_the_solver() -> None:
    """Pressed while HiGHS tells how far it is: it stops, and what is raised is Ctrl-C and not a fault of ours."""
    before = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        options = Options(gap=0.0, threads=1, time_limit_s=60.0)
        solve_matrix(knapsack(60, seed=1), options, watch=lambda *_: signal.raise_signal(signal.SIGINT))
    assert time.perf_counter() - before < 30.0


def test_linear_problem_has_its_value_as_bound() -> None:
    """Every item is worth its weight, so a room of 5 holds 5 without whole numbers too."""
    whole = knapsack()
    found = solve_matrix(replace(whole, integer=np.zeros(3, dtype=bool)), Options(threads=1))
    assert found.value == found.bound == pytest.approx(-5.0)
    assert found.nodes == 0


@pytest.mark.parametrize("integer", [True, False])
def test_no_plan_is_infeasible_and_not_an_error(integer: bool) -> None:
    """All three items weigh 9; a room of at least 10 cannot be filled."""
    p = knapsack()
    p = replace(p, row_lower=np.array([10.0]), row_upper=np.array([np.inf]), integer=np.full(3, integer))
    found = solve_matrix(p, Options(threads=1))
    assert found.termination == Termination.INFEASIBLE
    assert (found.x, found.value, found.bound, found.limit) == (None, None, None, None)


def test_unbounded_raises() -> None:
    """A column without an upper bound that earns something for ever is no outcome anybody planned for."""
    p = knapsack()
    free = replace(p, upper=np.full(3, np.inf), row_upper=np.array([np.inf]), integer=np.zeros(3, dtype=bool))
    with pytest.raises(SolverError):
        solve_matrix(free, Options(threads=1))


@pytest.mark.parametrize("limit_s", [0.0, 1e-3, 0.2])
def test_time_limit_gives_a_result(limit_s: float) -> None:
    """A hard knapsack of 60 items stopped at once: feasible or nothing found, and the limit has a name."""
    found = solve_matrix(knapsack(60, seed=1), Options(gap=0.0, threads=1, time_limit_s=limit_s))
    assert found.termination in (Termination.FEASIBLE, Termination.NO_PLAN_FOUND)
    assert found.limit == "time_limit"
    assert (found.x is None) == (found.value is None) == (found.termination == Termination.NO_PLAN_FOUND)
    if found.value is not None and found.bound is not None:
        assert found.bound <= found.value


def test_start_is_taken() -> None:
    """A search content with a gap of 50 % keeps its start, found in a second, and finds a worse plan without one."""
    p = knapsack(60, seed=1)
    known = solve_matrix(p, Options(gap=0.0, threads=1, time_limit_s=1.0))
    assert known.x is not None and known.value is not None
    again = solve_matrix(p, Options(gap=0.5, threads=1, time_limit_s=5.0), start=known.x)
    without = solve_matrix(p, Options(gap=0.5, threads=1, time_limit_s=5.0))
    assert again.value is not None and without.value is not None
    assert again.value <= known.value + 1e-6 < without.value


def test_misspelt_option_raises() -> None:
    """HiGHS answers a misspelt option with a status; so does one out of range."""
    solver = _new_highs()
    solver.setOptionValue("output_flag", False)
    with pytest.raises(SolverError, match="mip_rel_gapp"):
        _accepted(solver.setOptionValue("mip_rel_gapp", 0.1), "option mip_rel_gapp")
    with pytest.raises(SolverError):
        solve_matrix(knapsack(), Options(gap=-1.0))


def test_warning_is_an_error_unless_a_run_may_warn() -> None:
    """A warning of `run` (a limit) is a result; of anything else it is a fault."""
    _accepted(highspy.HighsStatus.kWarning, "run", warning_allowed=True)
    with pytest.raises(SolverError):
        _accepted(highspy.HighsStatus.kWarning, "the start")
    with pytest.raises(SolverError):
        _accepted(highspy.HighsStatus.kError, "run", warning_allowed=True)


def test_entries_that_are_next_to_nothing_are_left_out() -> None:
    """HiGHS drops entries up to 1e-9 and warns, which is a fault elsewhere: the knapsack with two such is solved."""
    p = knapsack()
    dusty = replace(p, a=csc_array(np.vstack([p.a.toarray(), [1e-12, 0.0, -1e-9]])))
    dusty = replace(dusty, row_lower=np.full(2, -np.inf), row_upper=np.array([5.0, 1.0]))
    assert solve_matrix(dusty, Options(gap=0.0, threads=1)).value == pytest.approx(-5.0)


def test_thread_count_may_change_inside_a_process() -> None:
    """1, 2, 1 and 2 threads one after the other: the scheduler of the run before does not get in the way."""
    values = [solve_matrix(knapsack(), Options(gap=0.0, threads=n)).value for n in (1, 2, 1, 2)]
    assert values == pytest.approx([-5.0] * 4)


def test_watcher_hears_of_a_long_run() -> None:
    """A second of search tells incumbent, bound and seconds at least once, the bound never above the incumbent."""
    heard: list[tuple[float | None, float | None, float]] = []
    options = Options(gap=0.0, threads=1, time_limit_s=1.5)
    solve_matrix(knapsack(60, seed=1), options, watch=lambda *event: heard.append(event))
    assert heard
    for incumbent, bound, seconds in heard:
        assert seconds >= 0
        assert incumbent is None or bound is None or bound <= incumbent + 1e-6


def test_stdout_stays_empty() -> None:
    """Two solves in a fresh process write nothing: stdout belongs to the user's JSON."""
    script = (
        "import sys, numpy as np; from scipy.sparse import csc_array\n"
        "from siting.solver.compile import Matrix; from siting.solver.highs import Options, solve_matrix\n"
        "one = np.ones(1)\n"
        "m = Matrix(cost=one, offset=0.0, a=csc_array(np.ones((1, 1))), row_lower=one, row_upper=2 * one,\n"
        "    lower=0 * one, upper=3 * one, integer=np.array([True]), columns={})\n"
        "assert [solve_matrix(m, Options(threads=n)).value for n in (1, 2)] == [1.0, 1.0]\n"
        "sys.stderr.write('ended')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr.endswith("ended")


def test_a_value_that_is_not_that_of_its_point_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with a start that states -6 for a point worth -5 is made again without the start."""
    starts: list[bool] = []
    right = highs._run

    def wrong(matrix: Matrix, options: Options, start: object, watch: object, **more: Any) -> highs.Outcome | None:
        starts.append(start is not None)
        found = right(matrix, options, None, None, **more)
        return replace(found, value=-6.0, bound=-6.0) if start is not None and found is not None else found

    monkeypatch.setattr(highs, "_run", wrong)
    found = solve_matrix(knapsack(), Options(gap=0.0, threads=1), start=np.zeros(3))
    assert starts == [True, False]
    assert found.value == found.bound == pytest.approx(-5.0)


@pytest.mark.parametrize("integer", [False, True])
def test_a_run_that_knows_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch, integer: bool) -> None:
    """A linear problem of 28,000 columns has met its limit of time with the status "Unknown": no point, no bound, and a
    limit that says so; who asked goes on without."""
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda solver: highspy.HighsModelStatus.kUnknown)
    matrix = replace(knapsack(), integer=np.full(3, integer))
    found = solve_matrix(matrix, Options(threads=1))
    assert (found.termination, found.limit) == (Termination.NO_PLAN_FOUND, "rounding")
    assert found.x is found.value is found.bound is found.row_dual is None


def test_a_search_stops_at_a_bound_that_is_enough() -> None:
    """Sixty items that are hard to prove, and a bound a little worse than the relaxation's: the root is enough."""
    matrix = knapsack(60, seed=1)
    relaxed = solve_matrix(replace(matrix, integer=np.zeros_like(matrix.integer)), Options(threads=1)).value
    assert relaxed is not None
    found = solve_matrix(matrix, Options(gap=0.0, threads=1, time_limit_s=20.0), enough=relaxed - 1.0)
    assert found.limit == "interrupt"
    assert found.bound is not None and found.bound >= relaxed - 1.0


def test_a_linear_problem_is_solved_again_with_other_bounds_and_costs() -> None:
    """Fractions of the three items: room 5 holds 5 of value; without the first two 2; with room for nothing less than
    there must be, no point; and back again."""
    whole = knapsack()
    linear, ones, none = Bounded(whole, Options()), np.ones(3), np.zeros(3)
    asked = [(ones, whole.cost, -5.0), (np.array([0.0, 0.0, 1.0]), whole.cost, -2.0), (ones, none, 0.0)]
    for upper, cost, least in asked:
        found = linear.least(upper, cost, 10.0)
        assert found is not None and found[0] == pytest.approx(least) and found[1] is not None
        assert (found[1] <= upper + 1e-9).all()
    due = Bounded(replace(whole, row_lower=np.array([4.5])), Options())
    assert due.least(np.array([1.0, 0.0, 0.0]), none, 10.0) == (np.inf, None)
    again = due.least(ones, whole.cost, 10.0)
    assert again is not None and again[0] == pytest.approx(-5.0)


def test_an_interior_point_method_that_stands_still_begins_again_without_presolve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The relaxation of the knapsack of three is worth 5: room for 5 of items as dear as they weigh. A run that stands
    still after 2 of 60 s is followed by one without presolve in the other 58; one that is out of time by none."""
    whole, seen = highs._interior, list[tuple[str, float]]()
    spent_s = 2.0

    def first_stands_still(matrix: Matrix, options: Options, presolve: str) -> highs.Outcome | None:
        seen.append((presolve, options.time_limit_s))
        found = whole(matrix, options, presolve)
        if presolve == "off" or found is None:
            return found
        stands = {"termination": Termination.NO_PLAN_FOUND, "limit": highs.STALLED, "seconds": spent_s}
        return replace(found, **stands, x=None, value=None, row_dual=None)

    monkeypatch.setattr(highs, "_interior", first_stands_still)
    found = highs.solve_interior(knapsack(), Options(threads=1, time_limit_s=60.0))
    assert found is not None and found.value == pytest.approx(-5.0, abs=1e-6) and found.row_dual is not None
    assert seen == [("choose", 60.0), ("off", 58.0)]
    spent_s = 60.0
    late = highs.solve_interior(knapsack(), Options(threads=1, time_limit_s=60.0))
    assert late is not None and late.row_dual is None
    assert len(seen) == 3


def test_a_run_that_fails_on_its_way_begins_again() -> None:
    """HiGHS fails from the basis of the run before: the same problem from no basis has its optimum; what fails even so
    is an error."""
    linear = Bounded(knapsack(), Options())
    real, runs = linear._solver, [highspy.HighsStatus.kError]

    class Failing:
        def run(self) -> Any:
            return runs.pop() if runs else real.run()

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    linear._solver = Failing()  # type: ignore[assignment]
    found = linear.least(np.ones(3), -np.array([4.0, 3.0, 2.0]), 10.0)
    assert found is not None and found[0] == pytest.approx(-5.0) and not runs
    runs += [highspy.HighsStatus.kError] * 2
    with pytest.raises(SolverError):
        linear.least(np.ones(3), -np.array([4.0, 3.0, 2.0]), 10.0)
