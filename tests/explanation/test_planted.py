"""Studies without a plan whose conflict was planted; `tests/benchmarks/planted.py` looks at 64 of them, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_conflicts import KINDS, collapsed, planted
from planted_oracle import holds, is_minimal

from siting.explanation.infeasible import Explanation, explain
from siting.tables.read import Tables, read_tables
from siting.termination import Termination


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def explained(seed: int, folder: Path, tables: Tables) -> Explanation:
    found = explain(planted(seed).study(folder), tables=tables)
    assert found.termination is Termination.INFEASIBLE and found.minimal
    return found


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_the_minimal_set_is_the_planted_one(seed: int, tmp_path: Path, tables: Tables) -> None:
    """One study of each kind: the limits named are those that were planted, and some change of one is enough."""
    found = explained(seed, tmp_path, tables)
    assert collapsed(frozenset(limit.name for limit in found.conflict)) in planted(seed).sets
    assert any(change.amount is not None for change in found.changes)
    assert all(change.decided and change.smaller_fails for change in found.changes if change.amount is not None)


@pytest.mark.parametrize("seed", [17, 22, 26])
def test_a_change_is_enough_and_a_smaller_one_is_not(seed: int, tmp_path: Path, tables: Tables) -> None:
    """Dates, a round trip, power and a fabric: applied to the study's own file the change gives a plan; one that is
    smaller by a quarter or 1 % gives none."""
    tried = 0
    for change in explained(seed, tmp_path, tables).changes:
        if change.edit is not None:
            assert holds(planted(seed), change.edit, tmp_path, tables), change.words
            if change.smaller is not None:
                assert not holds(planted(seed), change.smaller, tmp_path, tables), change.words
                tried += 1
    assert tried >= 2


@pytest.mark.parametrize("seed", [7, 12])
def test_planted_sets_are_minimal_by_trying_every_subset(seed: int, tmp_path: Path, tables: Tables) -> None:
    """By an oracle of the tests, which edits the study's fields itself: the set alone has no plan, and every part of it
    has one."""
    found = explained(seed, tmp_path, tables)
    for names in planted(seed).sets:
        assert is_minimal(planted(seed), names, found.named, tmp_path, tables)
