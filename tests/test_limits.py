"""Limits of 1 s and 10 s on models that need longer: a bound and what was found so far, in time, whatever phase they
hit.

The limit is for everything from the reduction to the proof over all candidates. CPU seconds of one thread stand for
seconds: others on the machine do not count, and they are never more.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from instance import Size, sampled, study_of

from siting.plan import Plan
from siting.progress import Progress
from siting.run import solve
from siting.solver import budget
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination

BEFORE, AFTER = {"read", "assemble"}, {"report", "verify"}
OVERRUN_SHARE, OVERRUN_S = 0.1, 2.0


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def timed(study: Study, tables: Tables) -> tuple[Plan, float]:
    """The plan and the CPU seconds from the end of assembling to the end of the last phase of the search."""
    laps: list[tuple[str, float]] = []

    def listen(progress: Progress) -> None:
        if not progress.message:
            laps.append((progress.phase, time.process_time()))

    plan = solve(study, tables=tables, progress=listen)
    began = max(at for phase, at in laps if phase in BEFORE)
    return plan, max((at for phase, at in laps if phase not in BEFORE | AFTER), default=began) - began


def kept(plan: Plan, spent_s: float, limit_s: float) -> None:
    """In time, with a bound, and what was found lies on the right side of it."""
    last = plan.passes[-1]
    assert spent_s <= (1.0 + OVERRUN_SHARE) * limit_s + OVERRUN_S
    assert last.bound is not None
    assert last.termination in (Termination.FEASIBLE, Termination.NO_PLAN_FOUND)
    assert last.limit
    if plan.npv_cost_musd is not None:
        assert last.bound <= plan.npv_cost_musd
        assert plan.facts["verification"]["ok"]


@pytest.mark.parametrize("limit_s", [1.0, 10.0])
def test_a_sample_of_the_nation(tables: Tables, limit_s: float) -> None:
    """400 substations of which 300 may be in the model: it alone takes seconds to build."""
    size = Size(candidates=400, block_mw=10.0, rtt_ms=25.0)
    search = {"search.candidates_in_model": 300, "search.threads": 1, "search.gap": 1e-4, "search.date_curve": False}
    study = study_of(size, limit_s).update(search)
    kept(*timed(study, sampled(study, tables, size)), limit_s)


@pytest.mark.parametrize("limit_s", [1.0, 10.0])
def test_one_cluster_over_all_substations(tables: Tables, limit_s: float) -> None:
    """The shipped study over all substations, at a gap that it does not reach: in 10 s, where most of them were its
    own, it has a plan."""
    path = Path(__file__).parents[1] / "models" / "gigafactory.toml"
    changes = {"search.time_limit_s": f"{limit_s:g} s", "search.threads": 1, "search.gap": 1e-7}
    study = read_study(path).update({**changes, "search.date_curve": False})
    plan, spent_s = timed(study, tables)
    kept(plan, spent_s, limit_s)
    assert spent_s < 6.0 or plan.npv_cost_musd is not None


def test_a_limit_is_for_all_priorities_together(tables: Tables) -> None:
    """Four priorities, the first of them a date, at 2 s for all."""
    path = Path(__file__).parents[1] / "models" / "gigafactory.toml"
    wished = [
        {"objective": "time_to_compute", "tolerance_quarters": 1},
        {"objective": "carbon", "tolerance": "20 %"},
        {"objective": "peak_funding", "tolerance": "20 %"},
        {"objective": "npv_cost"},
    ]
    changes = {"search.time_limit_s": "2 s", "search.threads": 1, "search.gap": 1e-7, "search.date_curve": False}
    plan, spent_s = timed(read_study(path).update({**changes, "priorities": wished}), tables)
    assert spent_s <= (1.0 + OVERRUN_SHARE) * 2.0 + OVERRUN_S
    assert plan.passes[0].objective == "time_to_compute_quarters"


def test_too_short_a_limit_never_says_infeasible(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second for a study that has plans, and none over a candidate or four: where there is no time to build a model
    with more, it is not denied that there are plans."""
    monkeypatch.setattr(budget, "LEAST_CANDIDATES", 1)
    monkeypatch.setattr(budget, "COLUMNS_A_SECOND", 1)
    monkeypatch.setattr(budget, "BUILT_A_SECOND", 100)
    path = Path(__file__).parents[1] / "models" / "fleet.toml"
    study = read_study(path).update({"search.time_limit_s": "1 s", "search.threads": 1, "search.date_curve": False})
    plan, spent_s = timed(study, tables)
    assert plan.termination is Termination.NO_PLAN_FOUND and plan.last.limit == "time_limit"
    assert spent_s <= (1.0 + OVERRUN_SHARE) * 1.0 + OVERRUN_S
