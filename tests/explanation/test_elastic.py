"""The elastic matrix, with every limit in force, is the model of the study."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_conflicts import planted
from planted_oracle import has_plan
from random_whole import whole_study

from siting.assembly import assemble
from siting.errors import InputError
from siting.explanation.changes import Smallest
from siting.explanation.conflict import Judge
from siting.explanation.infeasible import explain, judge_of
from siting.explanation.question import question_of
from siting.explanation.trial import Answer
from siting.solver.budget import Budget
from siting.solver.highs import Outcome
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def judge(study: Study, tables: Tables) -> Judge:
    return judge_of(question_of(study, tables, assemble(study, tables), None), Budget(60.0))


@pytest.mark.parametrize("seed", range(16))
def test_it_has_a_plan_where_the_study_has_one(seed: int, tmp_path: Path, tables: Tables) -> None:
    """Random studies with every part switched on at random, lines left out: both have a plan, or neither has."""
    study = whole_study(seed, tmp_path).update({"grid.joint": "off"})
    try:
        there = has_plan(study, tables)
    except InputError:
        pytest.skip("the study is refused")
    found = judge(study, tables)
    assert found.has_plan(found.limits) is there


def test_a_limit_let_go_is_a_plan_more(tmp_path: Path, tables: Tables) -> None:
    """Two own limits that contradict: each alone has a plan, and the least violation is what lies between them."""
    study = planted(7).study(tmp_path)
    found = judge(study, tables)
    assert found.has_plan(found.limits) is False
    for name in ("own limit large", "own limit small"):
        assert found.has_plan([limit for limit in found.limits if limit.name != name]) is True
    large, small = (limit.expression.bound for limit in study.limits)
    (only,) = found.least().violations
    assert only.limit.name == "own limit large"
    assert only.amount == pytest.approx(large - small)


def test_what_is_not_decided_is_not_said(tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no search on the elastic matrix ends, nothing is called a conflict and nothing explained."""
    open_ = Outcome(
        termination=Termination.NO_PLAN_FOUND, limit="time_limit", x=None, value=None, bound=None, nodes=0, seconds=0.0
    )
    monkeypatch.setattr("siting.explanation.elastic.solve_matrix", lambda *_: open_)
    found = explain(planted(7).study(tmp_path), tables=tables)
    assert found.termination is Termination.NO_PLAN_FOUND
    assert not found.minimal and not found.conflict and not found.changes
    assert "not decided in time" in str(found)


def test_a_study_with_a_plan_says_so(tmp_path: Path, tables: Tables) -> None:
    """Nothing is explained where there is a plan, in a study of few places or of the shipped ones."""
    found = explain(read_study("models/tiny.toml"), tables=tables)
    assert found.termination is Termination.FEASIBLE and found.plan is not None and found.plan.hosts
    assert "there is a plan" in str(found) and found.frame.empty


def test_a_plan_that_the_first_look_missed_is_told(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the candidates that are looked at for the reason have a plan after all, that is the answer: no conflict."""
    none = Answer(termination=Termination.INFEASIBLE, plan=None, candidates=1)
    monkeypatch.setattr("siting.explanation.infeasible._answer", lambda *_: none)
    study = planted(7).without("own limit small").study(tmp_path)
    found = explain(study, tables=tables)
    assert found.termination is Termination.FEASIBLE and found.plan is not None and not found.conflict


def test_a_limit_that_is_over_ends_the_searches(tmp_path: Path, tables: Tables) -> None:
    """A hundredth of a second: no second is given to each search that is left, and nothing is said that is not known.
    What is looked at is told."""
    told: list[str] = []
    study = planted(7).study(tmp_path)
    found = explain(study, tables=tables, time_limit_s=0.01, progress=lambda said: told.append(said.message))
    assert found.termination is Termination.NO_PLAN_FOUND and not found.conflict
    assert "not decided in time" in str(found) and told == ["whether there is a plan, over 3 candidates"]
    late = judge_of(question_of(study, tables, assemble(study, tables), None), Budget(0.0))
    assert late.has_plan(late.limits) is None and late.least().bound == 0.0 and late.searches == 0


def test_changes_share_what_time_is_left(tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first change decides nothing in what it is given: the others are found, and it has what they leave."""
    given: dict[str, list[float]] = {}
    real = Smallest.seek

    def seek(self: Smallest, budget: Budget) -> None:
        given.setdefault(self.limit.name, []).append(budget.limit_s)
        if self.limit.name != next(iter(given)):
            real(self, budget)

    monkeypatch.setattr(Smallest, "seek", seek)
    found = explain(planted(7).study(tmp_path), tables=tables, time_limit_s=60.0)
    first, *others = found.changes
    assert not first.decided and first.amount is None and "in time" in first.words
    assert others and all(change.decided for change in others)
    turns = given[first.limit.name]
    assert len(turns) == 2 and turns[0] < 60.0 / len(found.changes) and turns[1] > turns[0]
