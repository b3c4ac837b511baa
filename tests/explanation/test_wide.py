"""Studies of many places: no plan is proved over all of them by prices, and a smallest change is known to 1 %."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from question_studies import asked_study, place

from siting.assembly import assemble
from siting.explanation.conflict import Judge
from siting.explanation.infeasible import Explanation, explain, judge_of
from siting.explanation.nowhere import Priced
from siting.explanation.question import NAMED, question_of
from siting.explanation.words import in_words
from siting.solver.budget import Budget
from siting.solver.highs import Options
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import Termination

PLACES = NAMED + 4


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def poor_study(folder: Path, musd: float) -> Study:
    """34 places whose energy costs 30 to 63 USD/MWh, of which the cheapest are the rest in all else."""
    rows = [place(f"p{n}", usd_per_mwh=30.0 + n) for n in range(PLACES)]
    money = {
        "discount_rate": "10 %/y",
        "funding": [{"quarter": "2024-Q2", "amount_musd": f"{musd} MUSD", "status": "closed"}],
    }
    return asked_study(folder, *rows, money=money, grid={"joint": "off"})


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> tuple[Study, Explanation]:
    study = poor_study(tmp_path_factory.mktemp("poor"), 40.0)
    return study, explain(study, tables=tables)


def has_plan(study: Study, tables: Tables) -> bool:
    found = explain(study, tables=tables)
    assert found.termination is not Termination.NO_PLAN_FOUND
    return found.plan is not None


def test_no_plan_is_proved_over_all_places(poor: tuple[Study, Explanation]) -> None:
    """40 MUSD do not buy what the cluster takes: said of all 34 places, not only of those that were searched."""
    _, found = poor
    assert found.termination is Termination.INFEASIBLE and found.minimal
    assert "prices" in found.proof and found.looked is Termination.INFEASIBLE and found.candidates < found.of == PLACES
    assert "no plan over any of its 34 candidates" in str(found)


def test_what_money_is_missing_is_known_to_one_per_cent(poor: tuple[Study, Explanation], tables: Tables) -> None:
    """The smallest change of the funding gives a plan of the study over all places; 1 % less of it gives none."""
    study, found = poor
    (money,) = [change for change in found.changes if change.limit.name.startswith("funding")]
    assert money.amount is not None and money.smaller_fails and money.edit is not None and money.smaller is not None
    assert has_plan(study.update(dict(money.edit.fields)), tables)
    assert not has_plan(study.update(dict(money.smaller.fields)), tables)
    assert "less may be enough" not in str(found)


def test_that_less_is_not_enough_is_shown_over_all_places(poor: tuple[Study, Explanation], tables: Tables) -> None:
    """By prices: of the change of each limit, and of the date, of which none is enough. The words count all places."""
    study, found = poor
    assert all(change.over_all for change in found.changes)
    assert "holds over all 34 candidates: no other change, or no smaller one, of date of first" in str(found)
    (money,) = [change for change in found.changes if change.limit.name.startswith("funding")]
    p = assemble(study, tables).problem
    priced = Priced(
        problem_of=lambda musd: replace(p, funding_musd=p.funding_musd + musd), options=Options(time_limit_s=30.0)
    )
    assert money.amount is not None
    assert priced.short(money.amount, Budget(60.0)) is None
    most = priced.most_short(10.0, money.amount, False, Budget(60.0))
    assert most is not None and 0.95 * money.amount < most < money.amount


def test_less_than_what_is_searched_may_be_all_that_prices_show(poor: tuple[Study, Explanation]) -> None:
    """Half of the change shown to be enough nowhere: the words say so much and no more."""
    _, found = poor
    changes = [replace(change, nowhere=change.nowhere and change.nowhere / 2.0) for change in found.changes]
    text = in_words(replace(found, changes=tuple(changes)))
    assert "the change is more than this over all 34 candidates: 253.5 accelerators for size of first" in text


def test_without_prices_the_answer_is_of_the_places_searched(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pricing proves nothing, candidates are searched as before."""
    monkeypatch.setattr("siting.explanation.infeasible.proved_short", lambda *_: None)
    found = explain(poor_study(tmp_path, 40.0), tables=tables)
    assert found.termination is Termination.INFEASIBLE and not found.proof
    assert found.candidates < found.of and "over any of its" not in str(found)


def test_a_change_of_a_wide_study_does_not_hang_on_the_time(tmp_path: Path, tables: Tables) -> None:
    """Twice and half the time give the same amount to its digit."""
    study = poor_study(tmp_path, 40.0)
    amounts = [
        [change.amount for change in explain(study, tables=tables, time_limit_s=seconds).changes]
        for seconds in (60.0, 240.0)
    ]
    assert amounts[0] == amounts[1]


def test_each_limit_of_the_set_has_a_whole_plan_without_it(
    poor: tuple[Study, Explanation], tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pods are fractions while the set is looked for. A whole plan is then found without each limit; where none is,
    the answer names the limit."""
    _, found = poor
    assert not found.in_fractions and "fractions of pods" not in str(found)
    monkeypatch.setattr("siting.explanation.conflict.Judge.has_whole_plan", lambda *_: False)
    blind = explain(poor_study(tmp_path, 40.0), tables=tables)
    without = [change.limit.name for change in blind.changes if change.plan is None]
    assert without and [limit.name for limit in blind.in_fractions] == without
    assert f"fractions of pods only: {', '.join(without)}" in str(blind)


def test_a_plan_in_whole_pods_is_whole(tmp_path: Path, tables: Tables) -> None:
    """Without the limit of funding the elastic matrix has a plan with whole pods where that is asked, though its own
    columns for them are not."""
    study = poor_study(tmp_path, 40.0)
    judge = judge_of(question_of(study, tables, assemble(study, tables), None), Budget(60.0))
    assert not judge._e.whole
    free = judge._released([limit for limit in judge.limits if not limit.name.startswith("funding")])
    x = judge._e.solve(free, Options(), whole=True).x
    assert x is not None
    pods = [x[column] for family in ("B", "X") for column in judge._e.variables(family).values()]
    assert pods == pytest.approx([round(value) for value in pods], abs=1e-6)


def test_a_cluster_without_a_host_needs_no_search(tmp_path: Path, tables: Tables) -> None:
    """Due in the study's first quarter, before any hall stands: no place of all 34 holds it, and that is said."""
    study = poor_study(tmp_path, 4000.0).update({"clusters.0.by": "2024-Q2"})
    found = explain(study, tables=tables)
    assert found.termination is Termination.INFEASIBLE and found.looked is Termination.INFEASIBLE
    assert "over any of its 34 candidates; none of them, and no lease, can stand first in time" in str(found)


def test_a_set_that_was_not_made_minimal_is_still_a_conflict(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no search for a plan without one limit ends, the set is what the relaxation left: too large maybe, which is
    said, and proved to leave no plan."""
    study = poor_study(tmp_path, 40.0)
    judge = judge_of(question_of(study, tables, assemble(study, tables), None), Budget(60.0))
    whole, real = len(judge.limits), Judge.has_plan
    monkeypatch.setattr(Judge, "has_plan", lambda self, some: real(self, some) if len(some) in (0, whole) else None)
    found = judge.minimal(())
    assert found is not None and not found.decided and found.members
    monkeypatch.undo()
    assert judge.has_plan(found.members) is False
    text = in_words(replace(explain(study, tables=tables), minimal=False, conflict=found.members))
    assert "cannot hold together, but may be larger than need be" in text
