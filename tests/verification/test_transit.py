"""Transit and single sources end to end: the plan pays by km, one source serves a region, altered plans are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyproj import Geod
from small_studies import small_study

from siting import run
from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(autouse=True)
def _no_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])


def asks(folder: Path, **inference: Any) -> Study:
    """New York and Los Angeles ask from 2026-Q1 on; own campuses only."""
    ask = {"peak_h100e_bf16": 9000, "first_quarter": "2026-Q1", "regions": 2, "rtt_basis": "backbone"}
    money = {
        "discount_rate": "10 %/y",
        "lease": False,
        "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
    }
    return small_study(folder, clusters=[], money=money, inference={**ask, "rtt_target_ms": "90 ms", **inference})


def faults(plan: Plan, study: Study, tables: Tables) -> str:
    """What the second reading says of a plan under another study."""
    return "\n".join(verify(replace(plan, study_digest=study.digest()), study, tables).faults)


def test_transit_is_paid_by_the_kilometre(tmp_path: Path, tables: Tables) -> None:
    """0.5 USD for an H100e, an hour and 1,000 km: every row of the service pays its distance; another rate is seen."""
    study = asks(tmp_path, transit_usd_per_h100e_h_per_1000km="0.5 USD/h")
    plan = run.solve(study, tables=tables)
    assert plan.facts["verification"]["ok"]
    service = plan.tables["service"]
    ends = plan.tables["sites"].set_index("candidate"), plan.tables["regions"].set_index("region")
    due = 0.0
    for row in service[service["quarter"] == "2026-Q1"].itertuples():
        source, town = ends[0].loc[row.source], ends[1].loc[row.region]
        _, _, metres = Geod(ellps="WGS84").inv(source.lon, source.lat, town.lon, town.lat)
        due += 0.5 * metres / 1e6 * row.h100e_bf16 * 90 * 24 / 1e6
    assert due > 1.0
    assert plan.tables["cash"].set_index("quarter")["transit"]["2026-Q1"] == pytest.approx(due)
    dearer = study.update({"inference.transit_usd_per_h100e_h_per_1000km": "0.6 USD/h"})
    assert "cash, 2026-Q1, transit" in faults(plan, dearer, tables)
    plan.tables["service"] = service.assign(h100e_bf16=service["h100e_bf16"] * 1.5)
    assert "H100e carried" in faults(plan, study, tables)


def test_a_region_has_one_source(tmp_path: Path, tables: Tables) -> None:
    """The largest share of the demand is New York's, more than what Chicago carries: with one source it comes from one
    campus whole; a plan of two is refused."""
    study = asks(tmp_path, single_source=True)
    plan = run.solve(study, tables=tables)
    service = plan.tables["service"]
    assert plan.facts["verification"]["ok"]
    assert (service.groupby(["region", "quarter"])["source"].nunique() == 1).all()
    moved = service.copy()
    moved.loc[moved.index[0], "h100e_bf16"] /= 2.0
    other = moved.iloc[[0]].assign(source=sorted({"abilene", "dallas", "chicago"} - {moved["source"].iloc[0]})[0])
    plan.tables["service"] = pd.concat([moved, other], ignore_index=True)
    assert "single source, " in faults(plan, study, tables)
