"""Rules of the plan end to end: the plan keeps them, and a plan made without them is refused where they are stated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_studies import small_study

from siting import run
from siting.plan import Plan
from siting.tables.read import Tables, read_tables
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def faults(plan: Plan, folder: Path, tables: Tables, rules: dict[str, Any]) -> list[str]:
    """What the second reading says of a plan made under other rules."""
    study = small_study(folder, rules=rules)
    found = verify(replace(plan, study_digest=study.digest()), study, tables)
    return [fault for fault in found.faults if fault.startswith("rules")]


def test_plans_keep_the_rules(tmp_path: Path, tables: Tables) -> None:
    """Three sites of which Chicago with 20 MW IT by 2025-Q4: open, verified. Without rules one site is enough."""
    forced = [{"candidate": "chicago", "it_mw": "20 MW", "by": "2025-Q4"}]
    plan = run.solve(small_study(tmp_path, rules={"min_sites": 3, "forced": forced}), tables=tables)
    sites = plan.sites.set_index("candidate")
    assert sorted(sites.index) == ["abilene", "chicago", "dallas"]
    assert sites.loc["chicago", "it_mw"] >= 20.0 and sites.loc["chicago", "open_quarter"] <= "2025-Q4"
    assert plan.facts["verification"]["ok"]
    assert len(run.solve(small_study(tmp_path), tables=tables).sites) == 1


def test_limits_move_the_plan(tmp_path: Path, tables: Tables) -> None:
    """Two sites, and opening near Chicago costs 500 MUSD more: both stand in Texas, 277 km apart. At most one a state,
    or 300 km between them: one of them moves to Illinois."""
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [-87.63, 41.88]}}
    (tmp_path / "lake.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    layer = {"path": "lake.geojson", "rule": "add_cost", "within_km": "50 km", "cost_musd": "500 MUSD"}
    two = run.solve(small_study(tmp_path, rules={"min_sites": 2}, layers=[layer]), tables=tables)
    assert sorted(two.sites["state"]) == ["TX", "TX"]
    for limit in ({"per_state_max": 1}, {"max_per_state": {"TX": 1}}, {"min_distance_km": "300 km"}):
        moved = run.solve(small_study(tmp_path, rules={"min_sites": 2, **limit}, layers=[layer]), tables=tables)
        assert sorted(moved.sites["state"]) == ["IL", "TX"]
        assert moved.npv_cost_musd > two.npv_cost_musd + 400.0


def test_plans_of_other_rules_are_refused(tmp_path: Path, tables: Tables) -> None:
    """A plan with one site, and one with all three, under each rule that they break."""
    one = run.solve(small_study(tmp_path, rules={"forced": ["dallas"], "max_sites": 1}), tables=tables)
    more = {"forced": [{"candidate": "dallas", "it_mw": "80 MW", "by": "2025-Q4"}]}
    every = run.solve(small_study(tmp_path, rules={"min_sites": 3}), tables=tables)
    for plan, rules, words in (
        (one, {"min_sites": 2}, "1 campuses are open, at least 2 must be"),
        (one, {"forbidden": ["dallas"]}, "dallas is open and forbidden"),
        (one, {"forced": ["chicago"]}, "chicago is forced: 0 MW IT stand"),
        (one, more, "at least 80 MW IT must"),
        (every, {"max_sites": 2}, "3 campuses are open, at most 2 may be"),
        (every, {"per_state_max": 1}, "2 campuses are open in TX, at most 1 may be"),
        (every, {"max_per_state": {"IL": 0}}, "1 campuses are open in IL, at most 0 may be"),
        (every, {"max_per_county": 0}, "campuses are open in county"),
        (every, {"min_distance_km": "300 km"}, "abilene and dallas are 277.4 km apart, at least 300 km"),
    ):
        assert words in "; ".join(faults(plan, tmp_path, tables, rules)), rules
