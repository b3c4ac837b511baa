"""Fault cases of other programs, as questions: infeasible without a word of why, and demand over capacity."""

from __future__ import annotations

from pathlib import Path

import pytest
from question_studies import asked_study, place
from small_studies import H100, small_study

from siting.explanation.infeasible import Explanation, explain
from siting.tables.read import Tables, read_tables
from siting.termination import Termination


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def names(found: Explanation) -> set[str]:
    return {limit.name for limit in found.conflict}


def test_case_1_time_power_and_money_at_one_place(tmp_path: Path, tables: Tables) -> None:
    """100,000 H100 by 2026-Q2 at one place of 60 MW that is energized in 2027-Q1, with 1 GUSD: the minimal set is
    power and size, as 60 MW never hold them; no single change is enough, as date and money are short as well."""
    study = small_study(
        tmp_path,
        "only,32.45,-99.73,own,60,,62,2027-Q1,,\n",
        clusters=[{"name": "first", "gpus": 100_000, "accelerators": [H100], "by": "2026-Q2"}],
        money={
            "discount_rate": "10 %/y",
            "funding": [{"quarter": "2024-Q2", "amount_musd": "1 GUSD", "status": "closed"}],
        },
        grid={"joint": "off"},
    )
    found = explain(study, tables=tables)
    assert found.termination is Termination.INFEASIBLE and found.minimal
    assert names(found) == {"power at only", "size of first"}
    assert all(change.amount is None and change.decided for change in found.changes)
    (only,) = found.violations
    assert only.limit.name == "size of first" and only.share == pytest.approx(1.0)
    assert found.least is not None and found.least.termination is Termination.OPTIMAL


def test_case_12_demand_over_capacity(tmp_path: Path, tables: Tables) -> None:
    """80,000 H100e want 147 MW of IT where 60 MW at the meter reach: power, demand and its date; and so much less of
    demand, or so many MW more, are enough."""
    demand = {"peak_h100e_bf16": 80_000, "first_quarter": "2025-Q4", "regions": 3, "rtt_target_ms": "90 ms"}
    study = small_study(
        tmp_path,
        "a,32.45,-99.73,own,60,,62,2025-Q2,,\n",
        clusters=[],
        inference={**demand, "rtt_basis": "backbone"},
        grid={"joint": "off"},
    )
    found = explain(study, tables=tables)
    assert names(found) == {"power at a", "inference demand", "first quarter of inference"}
    by_limit = {change.limit.name: change for change in found.changes}
    pue = 1.21764
    it_mw = 40.0  # whole modules of 10 MW inside 60 MW at the meter: 60 / 1.218 = 49.3
    most = it_mw / 1.4e-3 * 0.95 * 0.8
    assert by_limit["inference demand"].amount == pytest.approx(80_000 - most, rel=0.02)
    assert by_limit["power at a"].amount == pytest.approx(150 * pue - 60, rel=0.02)


def test_what_keeps_a_place_out_altogether_is_said_not_to_be_looked_at(tmp_path: Path, tables: Tables) -> None:
    """One place gets power a quarter late, another is too small for a first phase: more MW there would do as well, and
    are none of the limits that the set speaks of."""
    rows = (place("late", energization="2025-Q2"), place("small", mw=0.9, where="41.88,-87.63"))
    found = explain(asked_study(tmp_path, *rows), tables=tables)
    assert "energization at late" in names(found) and not any("small" in name for name in found.named)
    assert found.words[-1].endswith("nor what keeps them out: 1 by less MW than a first phase.")


def test_more_power_that_comes_sooner_flows_sooner(tmp_path: Path, tables: Tables) -> None:
    """One place has power too late, the other too few MW as well: with more MW and an earlier date together there is a
    plan at that one, so a set does not leave both of them out."""
    rows = (place("late", energization="2025-Q2"), place("small", mw=1.3, energization="2025-Q2", where="36.2,-96.0"))
    of_small = {"power at small", "energization at small"}
    found = names(explain(asked_study(tmp_path, *rows), tables=tables))
    assert found & of_small and found - of_small == {"energization at late", "date of first", "size of first"}


def test_a_campus_that_opens_before_construction_could_end_is_paid(tmp_path: Path, tables: Tables) -> None:
    """Pods 41.0, halls 20 and opening 5.9 MUSD for 63 MUSD: how long construction takes changes nothing of that."""
    funding = [{"quarter": "2024-Q2", "amount_musd": "63 MUSD", "status": "closed"}]
    money = {"discount_rate": "10 %/y", "funding": funding}
    found = explain(asked_study(tmp_path, place("abilene"), money=money), tables=tables)
    assert "construction time of halls" in found.named
    assert {name.split(" by ")[0] for name in names(found)} == {"date of first", "size of first", "funding"}
