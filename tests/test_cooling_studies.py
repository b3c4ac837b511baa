"""Studies with halls of two cooling classes: what is built, what it costs by hand, what the second reading finds."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_studies import ABILENE, DALLAS, small_study

from siting import solve
from siting.errors import InputError
from siting.plan import Plan
from siting.report.answer import campuses, headline
from siting.run import assemble_only, study_of
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify

PARTS = ["accelerator", "server", "network", "storage"]
AIR: dict[str, Any] = {"cooling": "air", "holds": "air", "cost_musd_per_it_mw": "6 MUSD/MW"}
WORKS: dict[str, Any] = {**AIR, "conversion_musd_per_it_mw": "1 MUSD/MW", "conversion_quarters": 1}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def chip(name: str, cooling: str | None, **more: Any) -> dict[str, Any]:
    """1 kW and 1 H100e each, in blocks of 1,000: a block is 1 MW IT."""
    figures = {"price_usd": "20000 USD", "price_includes": PARTS, "it_kw": "1 kW", "h100e_bf16": 1}
    tail = {} if cooling is None else {"cooling": cooling}
    return {"name": name, **figures, "pod_accelerators": 1000, "lead_quarters": 0, **tail, **more}


def two_classes(folder: Path, second: dict[str, Any] = AIR, rows: str = ABILENE, **changes: Any) -> Study:
    """Modules of 5 MW, a first phase of 10 MW; 5,000 of a chip cooled by air and as many cooled by liquid."""
    halls = {
        "module_it_mw": "5 MW",
        "first_phase_it_mw": "10 MW",
        "construction_quarters": 1,
        "cost_musd_per_it_mw": "9 MUSD/MW",
        "classes": [second],
    }
    tree: dict[str, Any] = {
        "halls": halls,
        "accelerators": [chip("blown", "air"), chip("wet", "liquid")],
        "clusters": [
            {"name": "old", "gpus": 5000, "accelerators": ["blown"], "by": "2025-Q4"},
            {"name": "new", "gpus": 5000, "accelerators": ["wet"], "by": "2025-Q4"},
        ],
    }
    return small_study(folder, rows=rows, **{**tree, **changes})


def broken(plan: Plan, study: Study, tables: Tables, change: Callable[[dict[str, pd.DataFrame]], None]) -> str:
    """Faults of the plan after a change to its tables."""
    frames = {name: frame.copy() for name, frame in plan.tables.items()}
    change(frames)
    return "\n".join(verify(dataclasses.replace(plan, tables=frames), study, tables).faults)


def test_both_kinds_of_halls_are_built(tmp_path: Path, tables: Tables) -> None:
    """One module of each: together they are the first phase of 10 MW, and the campus opens once. Halls cost
    5 x 9 + 5 x 6 = 75 musd."""
    study = two_classes(tmp_path)
    plan = solve(study, tables=tables)
    assert verify(plan, study_of(plan), tables).ok
    built = plan.tables["modules"].set_index("candidate")["modules"].to_dict()
    assert built == {"abilene": 1, "abilene/air": 1}
    sites = plan.sites.set_index("candidate")
    assert sites.loc["abilene/air", "annex_of"] == "abilene" and sites.loc["abilene/air", "name"].endswith(
        ", air halls"
    )
    assert sites.loc["abilene/air", "pue_peak"] > sites.loc["abilene", "pue_peak"]
    hosts = plan.tables["clusters"].set_index("cluster")["host"].to_dict()
    assert hosts == {"old": "abilene/air", "new": "abilene"}
    assert plan.tables["cash"]["halls"].sum() == pytest.approx(75.0)
    assert (plan.tables["cash"]["opening"] > 0).sum() == 1
    assert not len(plan.tables["conversions"])
    whole = campuses(plan)
    assert whole["candidate"].tolist() == ["abilene"] and whole["it_mw"].tolist() == [10.0]
    assert "(10.0 MW IT)" in headline(plan, study)
    assert plan.facts["candidates_usable"] == 1 and plan.tables["candidates"]["candidate"].tolist() == ["abilene"]


def test_halls_of_one_class_hold_everything(tmp_path: Path, tables: Tables) -> None:
    """Without a second class what cools an accelerator is not asked: both chips stand in two modules of 9 musd/MW."""
    one = two_classes(tmp_path).update({"halls.classes": []})
    plan = solve(one, tables=tables)
    assert plan.tables["cash"]["halls"].sum() == pytest.approx(90.0)
    assert "conversions" not in plan.tables and "annex_of" not in plan.sites


def converting(folder: Path, second: dict[str, Any]) -> Study:
    """Two modules of air-cooled chips that are gone before as many liquid-cooled ones are due, on a meter that carries
    two modules and not four."""
    clusters = [
        {"name": "old", "gpus": 10000, "accelerators": ["blown"], "by": "2025-Q2", "until": "2025-Q4"},
        {"name": "new", "gpus": 10000, "accelerators": ["wet"], "by": "2026-Q3"},
    ]
    gone = [chip("blown", "air", life_years=0.75), chip("wet", "liquid")]
    return two_classes(folder, second, rows=ABILENE.replace(",150,", ",18,"), clusters=clusters, accelerators=gone)


def test_a_hall_is_converted(tmp_path: Path, tables: Tables) -> None:
    """18 MW at the meter carry two modules and not three: both air halls become liquid ones for 10 x 1 musd beside
    10 x 6, in works of a quarter in which nothing stands in them. Without conversion no campus holds both clusters."""
    study = converting(tmp_path, WORKS)
    plan = solve(study, tables=tables)
    assert verify(plan, study_of(plan), tables).ok
    done = plan.tables["conversions"]
    assert done["candidate"].unique().tolist() == ["abilene/air"] and done["modules"].sum() == 2
    assert plan.tables["cash"]["halls"].sum() == pytest.approx(60.0 + 10.0)
    sites = plan.sites.set_index("candidate")["it_mw"].to_dict()
    assert sites == {"abilene": 10.0, "abilene/air": 0.0}
    assert solve(converting(tmp_path, AIR), tables=tables).npv_cost_musd is None


def test_a_plan_that_breaks_a_class_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Every rule by itself: what halls hold, the first phase, the opening, the class's cost."""
    study = two_classes(tmp_path)
    plan = solve(study, tables=tables)

    def swap(frames: dict[str, pd.DataFrame]) -> None:
        for name in ("deliveries", "fleet"):
            frames[name]["accelerator"] = frames[name]["accelerator"].map({"blown": "wet", "wet": "blown"})

    assert "blown is cooled by air" in broken(plan, study, tables, swap)

    def no_main(frames: dict[str, pd.DataFrame]) -> None:
        frames["modules"] = frames["modules"][frames["modules"]["candidate"] == "abilene/air"]

    assert "first phase 5 MW IT, at least 10" in broken(plan, study, tables, no_main)

    def no_table(frames: dict[str, pd.DataFrame]) -> None:
        frames.pop("conversions")

    assert "table conversions is missing" in broken(plan, study, tables, no_table)

    def invented(frames: dict[str, pd.DataFrame]) -> None:
        row = {"candidate": ["abilene/air"], "quarter": ["2026-Q4"], "modules": [1], "it_mw": [5.0]}
        frames["conversions"] = pd.DataFrame(row)

    faults = broken(plan, study, tables, invented)
    assert "the study states no cost" in faults
    assert "installed accelerators take 5.000 MW IT, halls hold 0.000" in faults
    dearer = study.update({"halls.classes": [{**AIR, "cost_musd_per_it_mw": "7 MUSD/MW"}]})
    assert "recomputed" in "\n".join(verify(plan, dearer, tables).faults)


def test_a_conversion_that_is_moved_is_refused(tmp_path: Path, tables: Tables) -> None:
    """A quarter earlier the works would be where the air-cooled cluster still stands; twice as many never stood."""
    study = converting(tmp_path, WORKS)
    plan = solve(study, tables=tables)
    assert plan.tables["conversions"]["quarter"].tolist()

    def early(frames: dict[str, pd.DataFrame]) -> None:
        frames["conversions"]["quarter"] = "2025-Q4"

    assert "halls hold 0.000" in broken(plan, study, tables, early)

    def twice(frames: dict[str, pd.DataFrame]) -> None:
        frames["conversions"]["modules"] *= 2
        frames["conversions"]["it_mw"] *= 2

    assert "stood when works began" in broken(plan, study, tables, twice)


def test_rules_count_campuses(tmp_path: Path, tables: Tables) -> None:
    """One site at most, 10 MW forced at Abilene, a limit on its MW: both kinds of halls are one campus."""
    study = two_classes(
        tmp_path,
        rows=ABILENE + DALLAS,
        rules={"max_sites": 1, "min_distance_km": "5 km", "forced": [{"candidate": "abilene", "it_mw": "10 MW"}]},
        limits=[
            {"name": "mw", "expr": "sum(it_mw[candidate=abilene]) = 10 MW"},
            {"name": "n", "expr": "sum(sites) <= 1"},
        ],
    )
    plan = solve(study, tables=tables)
    assert plan.npv_cost_musd is not None and verify(plan, study_of(plan), tables).ok
    assert len(plan.sites) == 2 and len(campuses(plan)) == 1


def test_what_cools_an_accelerator_must_be_known(tmp_path: Path) -> None:
    """All blanks at once, and only where halls are of two classes; an unknown class and a repeated one."""
    blank = [chip("a", None), chip("b", None)]
    clusters = [{"name": "k", "gpus": 1000, "accelerators": ["a"], "by": "2025-Q4"}]
    study = two_classes(tmp_path, accelerators=blank, clusters=clusters)
    with pytest.raises(InputError) as refused:
        assemble_only(study)
    assert [fault.key for fault in refused.value.faults] == ["accelerators[0].cooling", "accelerators[1].cooling"]
    assemble_only(study.update({"halls.classes": []}))
    with pytest.raises(InputError, match="ponds"):
        assemble_only(two_classes(tmp_path, {**AIR, "cooling": "ponds"}))
    tree = copy.deepcopy(study.model_dump(mode="json", exclude_unset=True))
    for wrong, said in (
        ([AIR, AIR], "at most one class"),
        ([{**AIR, "cooling": "liquid"}], "another class than halls.cooling"),
        ([{**AIR, "conversion_quarters": 2}], "conversion_musd_per_it_mw"),
        ([{"cooling": "air", "holds": "air"}], "cost_musd_per_it_mw"),
    ):
        with pytest.raises(Exception, match=said):
            Study.model_validate({**tree, "halls": {**tree["halls"], "classes": wrong}})
