"""A planner's file with every tenure, from the study to a plan that the second reading accepts, and no altered one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_studies import H100, HEADER, small_study
from verification.test_mutations import with_first_altered

from siting import run
from siting.assembly import assemble
from siting.errors import InputError
from siting.findings import figures_used
from siting.plan import Plan
from siting.report.answer import headline
from siting.report.map import _site_rows
from siting.report.shown import plan_tables
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.units import quarter_label
from siting.verification import verify

ROWS = (
    "field,32.45,-99.73,own,3,,40,2024-Q4,,\n"
    "factory,32.50,-99.80,retrofit,3,,50,2024-Q3,,\n"
    "bare,32.60,-99.70,powered_shell,3,,50,2024-Q3,,\n"
    "hall,32.78,-96.80,colocation,3,,60,2024-Q3,,Dallas-Ft. Worth\n"
)
"""Four places that each hold one cluster of 1,024 H100 (1.43 MW IT in two modules of 1 MW) and no more."""
RETROFIT = {
    "construction_quarters": 2,
    "cost_musd_per_it_mw": "6 MUSD/MW",
    "purchase_musd": "9 MUSD",
    "connection_musd": "3 MUSD",
    "om_usd_per_it_kw_year": "40 USD/kW/y",
    "life_years": 15,
}
SHELL = {
    "construction_quarters": 1,
    "rent_usd_per_kw_month": "50 USD/kW/month",
    "term_years": 5,
    "escalator": "2 %/y",
    "fitout_musd_per_it_mw": "5 MUSD/MW",
    "om_usd_per_it_kw_year": "80 USD/kW/y",
}
WAIT = {"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}


def study_of_all(folder: Path, **changes: Any) -> Study:
    """Four clusters in 2025-Q2 and Q4, one a place, so that every tenure is used."""
    tree = {
        "rows": HEADER + ROWS,
        "halls": {
            "module_it_mw": "1 MW",
            "first_phase_it_mw": "2 MW",
            "construction_quarters": 3,
            "escalator": "4 %/y",
            "om_usd_per_it_kw_year": "20 USD/kW/y",
        },
        "retrofit": RETROFIT,
        "powered_shell": SHELL,
        "clusters": [
            {"name": name, "gpus": 1024, "accelerators": [H100], "by": by}
            for name, by in (("a", "2025-Q2"), ("b", "2025-Q2"), ("c", "2025-Q4"), ("d", "2025-Q4"))
        ],
        **changes,
    }
    return small_study(folder, **{**tree, "rows": tree["rows"].removeprefix(HEADER)})


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def solved(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Study]:
    """The plan of all four tenures."""
    study = study_of_all(tmp_path_factory.mktemp("tenures"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "quick_curve", lambda *_: [])
        return run.solve(study, tables=tables), study


def test_every_tenure_is_used_and_holds(solved: tuple[Plan, Study], tables: Tables) -> None:
    """One cluster a place; the value is proved again; each is named in words."""
    plan, study = solved
    assert verify(plan, study, tables).faults == ()
    assert set(plan.sites["tenure"]) == {"own", "retrofit", "powered_shell", "colocation"}
    assert set(plan.tables["clusters"]["tenure"]) == set(plan.sites["tenure"])
    said = headline(plan, study)
    assert sum(words in said for words in ("refit a building", "powered shell", "own a campus", "colocation")) >= 3


def test_payments_by_hand(solved: tuple[Plan, Study]) -> None:
    """Two MW a place; prices of building grow 4 % a year from 2024-Q2.

    The factory, live in 2025-Q4, is bought for 9 + 3 musd in 2025-Q2, a year after the start. The shell, live in
    2025-Q2, takes rent from then on: 50 x 3 x 2,000 = 0.3 musd, the hall at 130 USD 0.78; five years on the
    shell's lease has ended, and ten years on the hall's. Upkeep of 20, 40 and 80 USD a kW and year; none of the hall.
    """
    plan, _ = solved
    cash, rent = plan.tables["cash"].set_index("quarter"), plan.tables["after_horizon"].set_index("quarter")["rent"]
    assert cash.loc["2025-Q2", "opening"] == pytest.approx(12 * 1.04)
    assert cash.loc["2025-Q2", "rent"] == pytest.approx(0.3 + 0.78)
    assert rent["2030-Q1"] == pytest.approx(0.3 * 1.02**4 + 0.78 * 1.03**4)
    assert rent["2030-Q2"] == pytest.approx(0.78 * 1.03**5)
    assert rent.index[-1] == "2035-Q1"
    assert cash.loc["2025-Q4", "hall_om"] == pytest.approx((20 + 40 + 80) / 4 * 2000 / 1e6)


def test_no_altered_cell_passes(solved: tuple[Plan, Study], tables: Tables) -> None:
    """The first cell of each column of what is built, paid and due after the horizon."""
    plan, study = solved
    passed = []
    for table in ("modules", "power", "cash", "after_horizon", "clusters", "sites"):
        frame = plan.tables[table]
        for column in frame.columns:
            if table == "sites" and column in ("name", "interconnect", "bus_id", "npv_cost_musd"):
                continue
            altered = replace(plan, tables={**plan.tables, table: with_first_altered(frame, column)})
            if verify(altered, study, tables).ok:
                passed.append(f"{table}.{column}")
    assert passed == []


@pytest.mark.parametrize("tenure", ["retrofit", "powered_shell"])
def test_halls_that_stand_before_the_work_is_done_are_refused(
    solved: tuple[Plan, Study], tables: Tables, tenure: str
) -> None:
    """The modules of the site moved to the first quarter."""
    plan, study = solved
    where = plan.sites.set_index("tenure").loc[tenure, "candidate"]
    modules = plan.tables["modules"]
    first = modules["quarter"].where(modules["candidate"] != where, quarter_label(study.start))
    moved = replace(plan, tables={**plan.tables, "modules": modules.assign(quarter=first)})
    assert any(
        f"site {where}: modules live in 2024-Q2, before" in fault for fault in verify(moved, study, tables).faults
    )


@pytest.mark.parametrize("tenure", ["own", "retrofit", "powered_shell", "colocation"])
def test_a_tenure_that_is_switched_off(solved: tuple[Plan, Study], tables: Tables, tmp_path: Path, tenure: str) -> None:
    """Its candidate stays in the frame with the reason, and a plan that uses it is refused."""
    plan, _ = solved
    study = study_of_all(tmp_path).update({f"money.{tenure}": False})
    frame = assemble(study, tables).candidates.set_index("tenure")["excluded_by"]
    assert frame[tenure] == f"money.{tenure} = false" and (frame.drop(tenure) == "").all()
    assert any("switch of the study" in fault for fault in verify(plan, study, tables).faults)


def test_all_blanks_come_at_once(tables: Tables, tmp_path: Path) -> None:
    """Costs of both tenures, the rents of two rows and a row of time to power: one refusal."""
    study = study_of_all(
        tmp_path,
        retrofit={"purchase_musd": "9 MUSD"},
        powered_shell={"term_years": 5},
        power={"time_to_power": [{**WAIT, "where": ["OK"]}]},
        rows=HEADER + ROWS.replace("2024-Q4", "").replace("Dallas-Ft. Worth", ""),
    )
    with pytest.raises(InputError) as caught:
        assemble(study, tables)
    assert sorted(fault.key for fault in caught.value.faults) == [
        "power.time_to_power",
        "powered_shell.construction_quarters",
        "powered_shell.fitout_musd_per_it_mw",
        "retrofit.connection_musd",
        "retrofit.construction_quarters",
        "retrofit.cost_musd_per_it_mw",
        "row 4, rent_usd_per_kw_month",
        "row 5, rent_usd_per_kw_month",
    ]


def test_nothing_is_asked_of_a_study_without_such_places(tables: Tables, tmp_path: Path) -> None:
    """Own places only: no refit, no shell, no figure of either."""
    assembled = assemble(
        study_of_all(tmp_path, retrofit={}, powered_shell={}, rows=HEADER + ROWS.partition("factory")[0]), tables
    )
    assert assembled.problem.module_item == ("halls", "hall_om", "rent")


def test_the_rent_of_the_file_wins(tables: Tables, tmp_path: Path) -> None:
    """70 USD in the row of the shell against 50 of the study; the hall of Dallas takes its market's."""
    study = study_of_all(tmp_path, rows=HEADER + ROWS.replace("2024-Q3,,\nhall", "2024-Q3,70,\nhall"))
    rents = assemble(study, tables).candidates.set_index("candidate")["rent_usd_per_kw_month"]
    assert rents["bare"] == 70.0 and rents["hall"] > 100.0
    assert rents[["field", "factory"]].isna().all()


def test_ramp_and_date_of_the_planner_hold_for_both(tables: Tables, tmp_path: Path) -> None:
    """Half of 3 MW from 2024-Q3, all two quarters later, for the factory and the shell; the hall has all at once."""
    power = {
        "time_to_power": [WAIT],
        "ramp": [{"after_quarters": 0, "share": "50 %"}, {"after_quarters": 2, "share": "100 %"}],
    }
    p = assemble(study_of_all(tmp_path, power=power), tables).problem
    mw = dict(zip(p.candidate_id, p.energized_mw[:, :5].tolist(), strict=True))
    assert mw["factory"] == mw["bare"] == [0, 1.5, 1.5, 3, 3]
    assert mw["hall"] == [0, 3, 3, 3, 3]


def test_construction_rows_are_cited_for_own_halls_only(solved: tuple[Plan, Study], tables: Tables) -> None:
    """A refit is the study's own figure: no market row stands behind it."""
    plan, study = solved
    assembled = assemble(study, tables)
    retrofit = plan.sites[plan.sites["tenure"] == "retrofit"]
    items = [row["item"] for row in figures_used(study, tables, assembled, retrofit)]
    assert not any(item.startswith("construction") for item in items)


RAMPS = HEADER.replace("\n", ",ramp\n") + "".join(
    row.removesuffix("\n") + end
    for row, end in zip(ROWS.splitlines(True), (",\n", ",0:1;2:2.5\n", ",1:2.4;3:9\n", ",\n"), strict=True)
)
"""Factory: 1 MW at the meter at once, 2.5 after two quarters. Shell: nothing for a quarter, 2.4, then all of its 3."""


def ramped(folder: Path, **changes: Any) -> Study:
    """The study over the rows with ramps of their own."""
    study = study_of_all(folder, **changes)
    (folder / "sites.csv").write_text(RAMPS)
    return study


def test_a_ramp_of_ones_own_wins(tables: Tables, tmp_path: Path) -> None:
    """Energized in 2024-Q3; rows without a ramp follow the study's, and no step lifts a place above its final MW."""
    p = assemble(ramped(tmp_path), tables).problem
    mw = dict(zip(p.candidate_id, p.energized_mw[:, :6].tolist(), strict=True))
    assert mw["factory"] == [0, 1, 1, 2.5, 2.5, 2.5]
    assert mw["bare"] == [0, 0, 2.4, 2.4, 3, 3]
    assert mw["field"] == [0, 0, 3, 3, 3, 3]


def test_a_plan_with_ramps_holds_and_one_that_runs_ahead_does_not(tables: Tables, tmp_path: Path) -> None:
    """The same decisions under a ramp that gives the factory 1 MW for ever are refused there and nowhere else."""
    study = ramped(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "quick_curve", lambda *_: [])
        plan = run.solve(study, tables=tables)
    assert verify(plan, study, tables).faults == ()
    (tmp_path / "sites.csv").write_text(RAMPS.replace("0:1;2:2.5", "0:1"))
    faults = [fault for fault in verify(plan, study, tables).faults if "are energized" in fault]
    assert faults and all(fault.startswith("site factory") for fault in faults)


SHARED = HEADER.replace("\n", ",place\n") + "".join(
    row.removesuffix("\n") + end
    for row, end in zip(ROWS.splitlines(True), (",\n", ",works\n", ",works\n", ",\n"), strict=True)
)
"""The factory and the shell are two ways to use one place of 3 MW."""


def sharing(folder: Path, mw: int, clusters: int) -> Study:
    """The first so many clusters; the place carries `mw` as its factory row says."""
    study = study_of_all(folder)
    text = SHARED.replace("factory,32.50,-99.80,retrofit,3", f"factory,32.50,-99.80,retrofit,{mw}")
    (folder / "sites.csv").write_text(text)
    return study.update({"clusters": study.model_dump(mode="json", exclude_unset=True)["clusters"][:clusters]})


def test_two_tenures_of_one_place_share_its_mw(solved: tuple[Plan, Study], tables: Tables, tmp_path: Path) -> None:
    """3 MW carry one cluster (2.4 MW in two modules) and not two; 5 MW of the factory's row carry both again.

    Four clusters have no room where three places are left; a plan made without the column is refused with it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "quick_curve", lambda *_: [])
        three = run.solve(sharing(tmp_path, 3, 3), tables=tables)
        four = run.solve(sharing(tmp_path, 3, 4), tables=tables)
        study = sharing(tmp_path, 5, 4)
        wide = run.solve(study, tables=tables)
    assert three.facts["verification"]["faults"] == []
    assert len({"factory", "bare"} & set(three.sites["candidate"])) == 1
    assert four.npv_cost_musd is None
    assert verify(wide, study, tables).faults == ()
    apart = sharing(tmp_path, 3, 4)
    faults = [fault for fault in verify(solved[0], apart, tables).faults if fault.startswith("place works")]
    assert any("stand in factory, bare, it carries 3.000" in fault for fault in faults)
    assert any("drawn, 3.000 flow" in fault for fault in faults)


def test_page_and_map_name_the_tenures(solved: tuple[Plan, Study]) -> None:
    """In words, in the table of sites and on the map: never by the key of the study."""
    plan, _ = solved
    notes = _site_rows(plan.sites)["note"].tolist()
    assert [note.partition(",")[0] for note in notes] == ["own", "retrofit", "powered shell", "colocation"]
    sites = next(table for table in plan_tables(plan) if table.title == "Sites")
    assert sites.frame["tenure"].tolist() == ["own", "retrofit", "powered shell", "colocation"]
