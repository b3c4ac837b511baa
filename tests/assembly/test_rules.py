"""Rules of the plan on a small study: what is refused, what is excluded, what the arrays hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import small_study

from siting.assembly import assemble
from siting.assembly.rule_reasons import rule_reasons
from siting.errors import InputError
from siting.findings import simple_reasons
from siting.study.toml import study_from
from siting.tables.read import Tables, read_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


def test_an_unknown_id_is_refused_with_the_nearest(tmp_path: Path, tables: Tables) -> None:
    """abilen and chikago are nobody; both are named at once, each with its neighbour."""
    study = small_study(tmp_path, rules={"forced": ["abilen"], "forbidden": ["chikago"]})
    with pytest.raises(InputError) as refused:
        assemble(study, tables)
    text = str(refused.value)
    assert "rules.forced[0].candidate: found 'abilen'" in text and "the nearest is 'abilene'" in text
    assert "rules.forbidden[0]: found 'chikago'" in text and "the nearest is 'chicago'" in text


def test_forced_and_forbidden_at_once_is_refused_at_read(tmp_path: Path) -> None:
    """One id in both lists contradicts itself whatever the tables say."""
    tree = small_study(tmp_path).model_dump(mode="json", exclude_unset=True)
    tree["rules"] = {"forced": ["abilene", "dallas"], "forbidden": ["dallas"], "min_sites": 3, "max_sites": 1}
    with pytest.raises(InputError) as refused:
        study_from(tree, file="s.toml")
    assert {f.key for f in refused.value.faults} == {"rules.min_sites", "rules.forced", "rules.forced[1]"}
    assert "a candidate that is not forbidden as well" in str(refused.value)


def test_a_forced_site_that_cannot_be_used_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Own campuses are switched off, and one is forced."""
    money = {
        "discount_rate": "10 %/y",
        "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
        "own": False,
    }
    with pytest.raises(InputError, match=r"'dallas', which is ruled out by money\.own = false"):
        assemble(small_study(tmp_path, rules={"forced": ["dallas"]}, money=money), tables)


def test_arrays_hold_whole_modules_and_groups(tmp_path: Path, tables: Tables) -> None:
    """65 MW IT are 7 modules of 10; the two sites in Texas share a limit of one, Illinois one of two, no county has."""
    rules: dict[str, Any] = {
        "forced": [{"candidate": "dallas", "it_mw": "65 MW", "by": "2026-Q1"}],
        "forbidden": ["chicago"],
        "max_per_state": {"TX": 1},
        "per_state_max": 2,
        "min_distance_km": "80 km",
    }
    assembled = assemble(small_study(tmp_path, rules=rules, halls={"module_it_mw": "10 MW"}), tables)
    found = assembled.problem.rules
    assert found is not None
    assert assembled.problem.candidate_id.tolist() == ["abilene", "dallas"]
    assert found.forced_modules.tolist() == [0, 7] and found.forced_by.tolist() == [11, 7]
    assert found.group.tolist() == [[0, 0], [-1, -1]] and found.group_most.tolist() == [1]
    assert found.min_distance_km == 80.0 and found.max_sites is None
    assert assembled.problem.always_kept.tolist() == [False, True]
    kept = found.take_candidates(np.array([1]))
    assert kept.forced_modules.tolist() == [7] and kept.group.tolist() == [[0], [-1]] and kept.lat.tolist() == [32.78]


def test_no_rule_no_block(tmp_path: Path, tables: Tables) -> None:
    """The problem of a study without rules is the one it always was."""
    assert assemble(small_study(tmp_path), tables).problem.rules is None


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"forced": [{"candidate": "dallas", "it_mw": "90 MW"}]}, "dallas is forced with 90 MW IT"),
        ({"forced": [{"candidate": "dallas", "by": "2024-Q3"}]}, "halls there can stand from 2025-Q3 on"),
        ({"forced": ["abilene", "dallas"], "max_per_state": {"TX": 1}}, "abilene, dallas are forced in TX; at most 1"),
        ({"forced": ["abilene", "dallas"], "min_distance_km": "300 km"}, "are forced and 277 km apart"),
        ({"min_sites": 4}, "min_sites is 4; 3 candidates can open"),
        ({"min_sites": 3, "per_state_max": 1}, "min_sites is 3; the limits by state or county leave 2"),
    ],
)
def test_reasons_of_rules(tmp_path: Path, tables: Tables, rules: dict[str, Any], reason: str) -> None:
    """Each rule that leaves no plan by itself says so, once."""
    study = small_study(tmp_path, rules=rules)
    (found,) = rule_reasons(study, assemble(study, tables))
    assert found.startswith("rules: ") and reason in found


def test_forbidden_hosts_are_named(tmp_path: Path, tables: Tables) -> None:
    """64,000 H100 draw 89.6 MW IT: Abilene's 150 MW at the meter hold them, and Abilene is forbidden."""
    cluster = {"name": "first", "gpus": 64_000, "accelerators": ["H100 SXM 80GB"], "by": "2025-Q4"}
    study = small_study(tmp_path, rules={"forbidden": ["abilene"]}, clusters=[cluster])
    found = simple_reasons(study, assemble(study, tables))
    assert any("rules: abilene would hold" in text and "is forbidden" in text for text in found), found
