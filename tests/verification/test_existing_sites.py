"""A campus that stands at the start: neither opened nor built, kept, extended, powered; altered plans are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_studies import small_study

from siting import run
from siting.errors import InputError
from siting.plan import Plan
from siting.tables.read import Tables, read_tables
from siting.units import quarter_label
from siting.verification import verify

STANDS = {"existing": [{"candidate": "chicago", "it_mw": "10 MW"}]}
HALLS = {"module_it_mw": "10 MW", "first_phase_it_mw": "20 MW", "om_usd_per_it_kw_year": "100 USD/kW/y"}
BUILD = 4
"""Quarters of construction of the study below."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def solved(folder: Path, tables: Tables, **changes: Any) -> Plan:
    """The plan of a study in which Chicago stands with 10 MW IT, less than a first phase of 20."""
    halls = {**HALLS, "construction_quarters": BUILD}
    return run.solve(small_study(folder, **{"rules": STANDS, "halls": halls, **changes}), tables=tables)


def test_it_hosts_and_costs_no_halls(tmp_path: Path, tables: Tables) -> None:
    """1,024 H100 draw 1.4 MW IT and stand in Chicago: neither halls nor an opening is paid; upkeep is, 0.25 MUSD a
    quarter (10 MW at 100 USD/kW/y). A cluster can stand there by 2024-Q4, before new halls or grid power come."""
    plan = solved(tmp_path, tables)
    cash = plan.tables["cash"]
    assert plan.sites["candidate"].tolist() == ["chicago"] and plan.sites["open_quarter"].tolist() == ["2024-Q2"]
    assert cash["halls"].sum() == 0 and cash["opening"].sum() == 0
    assert cash["hall_om"].tolist() == pytest.approx([0.25] * 12)
    credits = plan.tables["credits"].set_index("item")["musd"]
    assert credits[["residual_halls", "residual_connection", "land_and_deposit"]].sum() == 0
    assert plan.facts["verification"]["ok"]
    early = [{"name": "first", "gpus": 1024, "accelerators": ["H100 SXM 80GB"], "by": "2024-Q4"}]
    assert solved(tmp_path, tables, clusters=early).facts["verification"]["ok"]
    none = solved(tmp_path, tables, clusters=early, rules={})
    assert none.npv_cost_musd is None


def test_it_is_extended(tmp_path: Path, tables: Tables) -> None:
    """12,288 H100 draw 17.2 MW IT, one module more, built from its signing on; the halls paid are one module's. Only
    Chicago is admitted."""
    cluster = [{"name": "first", "gpus": 12_288, "accelerators": ["H100 SXM 80GB"], "by": "2026-Q1"}]
    rules = {**STANDS, "forbidden": ["abilene", "dallas"]}
    plan = solved(tmp_path, tables, clusters=cluster, rules=rules)
    modules = plan.tables["modules"].set_index("quarter")["modules"]
    assert modules["2024-Q2"] == 1 and modules.sum() == 2
    assert plan.tables["cash"]["opening"].sum() == 0 and plan.tables["cash"]["halls"].sum() > 0
    assert plan.facts["verification"]["ok"]


def test_altered_plans_are_refused(tmp_path: Path, tables: Tables) -> None:
    """Two modules at the start instead of one; a module more before halls can be built; the campus left out."""
    plan = solved(tmp_path, tables)
    study = run.study_of(plan)
    study._path = tmp_path / "study.toml"
    modules = plan.tables["modules"]
    assert verify(plan, study, tables).ok
    twice = modules.assign(modules=2, it_mw=20.0)
    early = modules.assign(quarter=quarter_label(study.start + BUILD - 1))
    for altered in (twice, early, modules.head(0)):
        found = verify(replace(plan, tables={**plan.tables, "modules": altered}), study, tables).faults
        assert any(fault.startswith("rules: chicago stands with 10 MW IT at the start") for fault in found)


@pytest.mark.parametrize(
    ("existing", "words"),
    [
        ({"candidate": "chikago", "it_mw": "10 MW"}, "the nearest is 'chicago'"),
        ({"candidate": "chicago", "it_mw": "15 MW"}, "expected whole modules of 10 MW"),
        ({"candidate": "chicago", "it_mw": "90 MW"}, "expected at most the final MW"),
    ],
)
def test_what_cannot_stand_is_refused(tmp_path: Path, tables: Tables, existing: dict[str, str], words: str) -> None:
    """An unknown place, half a module, more than the final MW."""
    with pytest.raises(InputError) as refused:
        solved(tmp_path, tables, rules={"existing": [existing]})
    assert words in str(refused.value)


def test_halls_that_are_built_at_once_are_refused(tmp_path: Path, tables: Tables) -> None:
    """With no quarter of construction new halls could not be told from those that stand."""
    with pytest.raises(InputError, match="at least one quarter of construction"):
        solved(tmp_path, tables, halls={**HALLS, "construction_quarters": 0})
