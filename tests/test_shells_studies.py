"""Studies whose own campuses are shells with a fit-out by the megawatt: what is built, what it costs by hand, what the
second reading finds, what is refused."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from random_whole import study_of as study_of_tree
from random_whole import whole_tree
from small_studies import ABILENE, small_study
from study.test_bad_input import faults

import siting
from siting import solve
from siting.assembly import assemble
from siting.explanation.bars import exclusions
from siting.plan import Plan
from siting.report.answer import answer
from siting.run import study_of
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import verify
from siting.whatif.repriced import reprice_plan

CHIP = {
    "name": "chip",
    "price_usd": "20000 USD",
    "price_includes": ["accelerator", "server", "network", "storage"],
    "it_kw": "1 kW",
    "h100e_bf16": 1,
    "pod_accelerators": 1000,
    "lead_quarters": 0,
}
"""1 kW each, in blocks of 1,000: a block is 1 MW IT."""
SHELLS = {"shell_it_mw": "30 MW", "shell_share": "40 %"}
"""Both figures are examples, no published ones."""
SOON = {"name": "soon", "gpus": 33000, "accelerators": ["chip"], "by": "2025-Q4"}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def shells(folder: Path, rows: str = ABILENE, more: dict[str, Any] = SHELLS, **changes: Any) -> Study:
    """10 MUSD/MW, a quarter of construction, a first phase of 10 MW; 33 MW of chips by 2025-Q4, 20 more by 2026-Q2."""
    halls = {
        "module_it_mw": "10 MW",
        "first_phase_it_mw": "10 MW",
        "construction_quarters": 1,
        "cost_musd_per_it_mw": "10 MUSD/MW",
        **more,
    }
    clusters = [
        SOON,
        {"name": "later", "gpus": 20000, "accelerators": ["chip"], "by": "2026-Q2"},
    ]
    return small_study(folder, rows=rows, **{"halls": halls, "accelerators": [CHIP], "clusters": clusters, **changes})


def broken(plan: Plan, study: Study, tables: Tables, change: Callable[[dict[str, pd.DataFrame]], None]) -> str:
    """Faults of the plan after a change to its tables."""
    frames = {name: frame.copy() for name, frame in plan.tables.items()}
    change(frames)
    return "\n".join(verify(dataclasses.replace(plan, tables=frames), study, tables).faults)


def test_shells_are_whole_and_the_fit_out_is_not(tmp_path: Path, tables: Tables) -> None:
    """Two shells of 30 MW at 4 musd/MW hold 33 MW and then 53, each fitted out at 6 musd/MW a quarter before it is
    live: 240 + 198 in 2025-Q3, 120 in 2026-Q1. At the horizon, five and three quarters of 80 are gone."""
    study = shells(tmp_path)
    plan = solve(study, tables=tables)
    assert verify(plan, study_of(plan), tables).ok
    live = plan.tables["modules"].set_index("quarter")["it_mw"]
    assert live.to_dict() == pytest.approx({"2025-Q4": 33.0, "2026-Q2": 20.0})
    standing = plan.tables["shells"].set_index("quarter")
    assert standing.index[0] == "2025-Q4" and standing["shells"].tolist() == [2] * 6
    assert standing["shell_it_mw"].unique().tolist() == [60.0]
    assert standing["fitted_it_mw"].tolist() == pytest.approx([33.0, 33.0, 53.0, 53.0, 53.0, 53.0])
    paid = plan.tables["cash"].set_index("quarter")["halls"]
    assert paid[paid > 0].to_dict() == pytest.approx({"2025-Q3": 438.0, "2026-Q1": 120.0})
    left = plan.tables["credits"].set_index("item")["musd"]["residual_halls"]
    assert left == pytest.approx((438.0 * (1 - 6 / 80) + 120.0 * (1 - 4 / 80)) * 1.1**-3.0)
    assert plan.sites["it_mw"].tolist() == pytest.approx([53.0])
    assert "53.0 MW of critical IT in 2 shells of 30.0 MW" in str(answer(plan, study))


def test_explanations_count_whole_shells(tmp_path: Path, tables: Tables) -> None:
    """45 MW at the meter carry one shell, which holds no cluster of 33 MW: what is enough is the power of a second."""
    short = shells(tmp_path, rows=ABILENE.replace(",150,", ",45,"), clusters=[SOON])
    plan = solve(short, tables=tables)
    assert plan.npv_cost_musd is None
    assert "the largest candidate, abilene, holds 30.0 MW IT" in str(plan.facts["reasons"])
    told = str(siting.explain(short, tables=tables))
    (tmp_path / "other").mkdir()
    pue_peak = solve(shells(tmp_path / "other", clusters=[SOON]), tables=tables).sites["pue_peak"].iloc[0]
    (enough,) = re.findall(r"- ([0-9.]+) MW at the meter of abilene instead of 45", told)
    assert float(enough) == pytest.approx(60.0 * pue_peak, abs=0.02)


def test_a_shell_that_is_too_large_for_every_place_is_named(tmp_path: Path, tables: Tables) -> None:
    """33 MW at the meter hold 27 MW IT: a first phase of 10, no shell of 30. The place is left out for the shell, and
    one of 20 MW is enough for a cluster of 20."""
    small, offer = ABILENE.replace(",150,", ",33,"), {
        "name": "rented", "accelerator": "chip", "gpus": 1000, "usd_per_gpu_h": "2 USD/GPU/h", "term_quarters": 4,
        "deliver_from": "2024-Q3",
    }  # fmt: skip
    study = shells(
        tmp_path, small, quarters=7, clusters=[dict(SOON, gpus=20000)], leases={"bilateral": [offer]},
        grid={"joint": "off"},
    )  # fmt: skip
    (place,) = assemble(study, tables).candidates.to_dict("records")
    assert place["excluded_by"] == "less MW than the shells of a first phase (halls.shell_it_mw)"
    (bar,) = exclusions(study, pd.Series(place))
    assert bar.limit == "halls.shell_it_mw" and "for 1 of 30 MW IT" in bar.needed
    changes = {change.limit.keys: change for change in siting.explain(study, tables=tables).changes}
    assert changes["halls.shell_it_mw",].words == "shells of 20 MW IT instead of 30 MW"
    (power,) = [change for keys, change in changes.items() if "utility_mw" in keys[0]]
    assert power.amount == pytest.approx(30.0 * place["pue_peak"] - 33.0, abs=0.02)


def test_whole_modules_of_the_same_size_cost_no_less(tmp_path: Path, tables: Tables) -> None:
    """Shells of 30 MW at no more than modules of 30 MW: what is not fitted out is not paid. Shells that are nearly the
    whole cost are nearly as dear; shells that cost nearly nothing beat modules of 10 MW too."""

    def value(more: dict[str, Any]) -> float:
        found = solve(shells(tmp_path, more=more, search={"gap": 1e-6, "date_curve": False}), tables=tables)
        assert found.npv_cost_musd is not None
        return found.npv_cost_musd

    tens, thirties = value({}), value({"module_it_mw": "30 MW"})
    part, nearly = (value({"shell_it_mw": "30 MW", "shell_share": share}) for share in ("40 %", "99.999 %"))
    least = value({"shell_it_mw": "30 MW", "shell_share": "0.001 %"})
    assert least < part < nearly <= thirties * (1.0 + 2e-6)
    assert nearly == pytest.approx(thirties, rel=1e-4)
    assert least <= min(tens, thirties)


def test_other_tenures_stay_in_whole_modules(tmp_path: Path, tables: Tables) -> None:
    """A retrofit of 60 MW beside an own place that can hold nothing: 33 and 53 MW take four and six modules of 10."""
    rows = ABILENE.replace(",150,", ",1,") + "works,36.15,-95.99,retrofit,90,,62,2025-Q2,,\n"
    retrofit = {
        "construction_quarters": 1,
        "cost_musd_per_it_mw": "5 MUSD/MW",
        "purchase_musd": "3 MUSD",
        "connection_musd": "0 MUSD",
    }
    study = shells(tmp_path, rows=rows, retrofit=retrofit)
    plan = solve(study, tables=tables)
    assert verify(plan, study_of(plan), tables).ok
    assert plan.tables["modules"]["modules"].tolist() == [4, 2]
    assert not len(plan.tables["shells"])

    def halved(frames: dict[str, pd.DataFrame]) -> None:
        frames["modules"].loc[0, ["modules", "it_mw"]] = [4.5, 45.0]

    assert "4.5 is not a whole number" in broken(plan, study, tables, halved)


def test_a_forced_campus_is_fitted_out_to_the_megawatt(tmp_path: Path, tables: Tables) -> None:
    """47 MW by 2025-Q3 are 47, not 50; without MW, a forced campus has its first phase of 12.5."""
    study = shells(tmp_path, rules={"forced": [{"candidate": "abilene", "it_mw": "57 MW", "by": "2025-Q3"}]})
    plan = solve(study, tables=tables)
    assert verify(plan, study_of(plan), tables).ok
    assert plan.tables["modules"]["it_mw"].tolist() == pytest.approx([57.0])
    small = shells(
        tmp_path,
        more={**SHELLS, "first_phase_it_mw": "12.5 MW"},
        clusters=[{"name": "soon", "gpus": 1000, "accelerators": ["chip"], "by": "2025-Q4"}],
        rules={"forced": ["abilene"]},
    )
    assert solve(small, tables=tables).tables["modules"]["it_mw"].tolist() == pytest.approx([12.5])


def test_a_plan_that_breaks_a_shell_is_refused(tmp_path: Path, tables: Tables) -> None:
    """Half a shell, more fit-out than the shells hold, a shell that goes, costs and counts that are not so."""
    study = shells(tmp_path)
    plan = solve(study, tables=tables)
    assert not broken(plan, study, tables, lambda frames: None)

    def half(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"]["shells"] = 1.5
        frames["shells"]["shell_it_mw"] = 45.0

    def one(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"]["shells"] = 1
        frames["shells"]["shell_it_mw"] = 30.0

    def ten(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"]["shells"] = 10
        frames["shells"]["shell_it_mw"] = 300.0

    def gone(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"] = frames["shells"].iloc[:-1]

    def fewer(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"].loc[5, ["shells", "shell_it_mw"]] = [1, 30.0]

    def early(frames: dict[str, pd.DataFrame]) -> None:
        first = frames["shells"].iloc[[0]].assign(quarter="2024-Q2", fitted_it_mw=0.0)
        frames["shells"] = pd.concat([first, frames["shells"]], ignore_index=True)

    def less(frames: dict[str, pd.DataFrame]) -> None:
        frames["modules"].loc[1, ["modules", "it_mw"]] = [1.9, 19.0]

    def cheaper(frames: dict[str, pd.DataFrame]) -> None:
        frames["cash"].loc[frames["cash"]["halls"] == 438.0, "halls"] = 430.0

    def said(frames: dict[str, pd.DataFrame]) -> None:
        frames["shells"].loc[0, "fitted_it_mw"] = 34.0

    assert "1.5 is not a whole number" in broken(plan, study, tables, half)
    assert "53.000 MW IT are fitted out, 1 shells hold 30" in broken(plan, study, tables, one)
    assert "its final MW are 150.000" in broken(plan, study, tables, ten)
    assert "no row, and shells stand" in broken(plan, study, tables, gone)
    assert "shells, abilene, 2027-Q1, shells: the plan says 1" in broken(plan, study, tables, fewer)
    assert "a shell stands before it can be built" in broken(plan, study, tables, early)
    assert "installed accelerators take 53.000 MW IT, halls hold 52.000" in broken(plan, study, tables, less)
    assert "halls" in broken(plan, study, tables, cheaper)
    assert "fitted_it_mw: the plan says 34.0, recomputed 33" in broken(plan, study, tables, said)
    assert "table shells is missing" in broken(plan, study, tables, lambda frames: frames.pop("shells"))


def test_a_plan_in_shells_is_held_under_other_inputs(tmp_path: Path, tables: Tables) -> None:
    """At 12 musd/MW the same shells and fit-out cost what the best plan costs; in modules of 5 MW they cost the same to
    the digit, as no module is a step; in shells of 20 MW, or without shells, they have no place."""
    study = shells(tmp_path, search={"gap": 1e-6, "date_curve": False})
    plan = solve(study, tables=tables)
    dearer = study.update({"halls.cost_musd_per_it_mw": "12 MUSD/MW"})
    assert reprice_plan(plan, dearer, tables=tables).result.value == pytest.approx(
        solve(dearer, tables=tables).npv_cost_musd, rel=1e-6
    )
    finer = study.update({"halls.module_it_mw": "5 MW"})
    assert reprice_plan(plan, finer, tables=tables).result.value == pytest.approx(plan.npv_cost_musd, rel=1e-9)
    assert solve(finer, tables=tables).npv_cost_musd == pytest.approx(plan.npv_cost_musd, rel=1e-6)
    no_shells: dict[str, Any] = {"halls.shell_it_mw": None, "halls.shell_share": None}
    for other in (study.update({"halls.shell_it_mw": "20 MW"}), study.update(no_shells)):
        held = reprice_plan(plan, other, tables=tables)
        assert held.result.value is None
        assert "halls are no shells here, or shells of another size" in held.lost
    modules = solve(study.update(no_shells), tables=tables)
    assert "halls are shells here, and whole modules in the plan" in reprice_plan(modules, study, tables=tables).lost


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"halls.shell_it_mw": "30 MW"}, "halls.shell_share", "both the size of a shell and its share"),
        ({"halls.shell_share": "35 %"}, "halls.shell_it_mw", "both the size of a shell and its share"),
        ({"halls.shell_it_mw": "25 MW", "halls.shell_share": "35 %"}, "halls.shell_it_mw", "whole modules of 10 MW"),
        ({"halls.shell_it_mw": "5 MW", "halls.shell_share": "35 %"}, "halls.shell_it_mw", "whole modules of 10 MW"),
        ({"halls.shell_it_mw": "30 MW", "halls.shell_share": "0 %"}, "halls.shell_share", "above 0"),
        (
            {
                "halls.shell_it_mw": "30 MW",
                "halls.shell_share": "35 %",
                "rules": {"existing": [{"candidate": "a", "it_mw": "10 MW"}]},
            },
            "halls.shell_it_mw",
            "do not go together",
        ),
        (
            {
                "halls.shell_it_mw": "30 MW",
                "halls.shell_share": "35 %",
                "halls.classes": [{"cooling": "air", "holds": "air", "cost_musd_per_it_mw": "6 MUSD/MW"}],
            },
            "halls.shell_it_mw",
            "do not go together",
        ),
    ],
)
def test_shells_that_make_no_sense_are_refused(changes: dict[str, Any], key: str, words: str) -> None:
    """One fault each, that names the field."""
    ((found, _, expected),) = faults(changes)
    assert found == key
    assert words in expected


@pytest.mark.parametrize("seed", [1005, 1013, 1021, 1031, 1033, 1045, 1054, 1058])
def test_plan_of_a_random_whole_study_in_shells_holds(seed: int, tables: Tables, tmp_path: Path) -> None:
    """Studies with every part at random, own campuses as shells of one to four modules: the second reading agrees."""
    tree, rows = whole_tree(seed)
    module_mw = float(tree["halls"]["module_it_mw"].removesuffix(" MW"))
    share = ("5 %", "35 %", "80 %", "100 %")[seed // 4 % 4]
    tree["halls"] |= {"shell_it_mw": f"{module_mw * (1 + seed % 4)} MW", "shell_share": share}
    plan = solve(study_of_tree(tree, rows, tmp_path), tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    assert plan.facts["verification"]["npv_cost_musd"] == pytest.approx(plan.npv_cost_musd, rel=1e-6, abs=1e-6)
    assert plan.bound_musd is not None and plan.bound_musd <= plan.npv_cost_musd + 1e-6
