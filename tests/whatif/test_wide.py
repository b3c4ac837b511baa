"""What if, on a study that counts as wide: all candidates are priced under the new inputs before any search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_studies import ABILENE, CHICAGO, DALLAS, small_study

from siting.plan import Plan
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.whatif.warm import what_if
from siting.whatif.wide import sure_enough

DEAR = DALLAS.replace("100,,,,,", "100,,200,2025-Q2,,") + CHICAGO.replace("60,,,,,", "60,,300,2025-Q2,,")
"""Dallas with power at 200 USD/MWh, Chicago at 300."""
SEARCH = {"candidates_in_model": 1, "date_curve": False}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def base(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Abilene is the one candidate in the model, and the plan."""
    plan = solve(small_study(tmp_path_factory.mktemp("base"), ABILENE + DEAR, search=SEARCH), tables=tables)
    assert plan.sites["candidate"].tolist() == ["abilene"]
    return plan


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    """Any study has more flows than a search gets anywhere with."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("siting.seek", "siting.whatif.warm"):
            patch.setattr(f"{module}.is_wide", lambda p, rows: True)
        yield


def agree(found: Plan, other: Study, tables: Tables) -> Plan:
    """The plan of a solve of its own, which costs as much inside the gap and no less than the bound over all."""
    anew = solve(other, tables=tables)
    assert found.npv_cost_musd == pytest.approx(anew.npv_cost_musd, rel=other.search.gap)
    assert anew.npv_cost_musd is not None
    assert found.facts["everyone"]["bound_musd"] <= anew.npv_cost_musd * (1.0 + 1e-6)
    assert found.facts["verification"]["faults"] == []
    return anew


def test_prices_of_all_prove_the_plan_at_hand(base: Plan, tables: Tables, tmp_path: Path) -> None:
    """Abilene costs a little more each year: the plan is the same, as sure over both places, without a search."""
    other = small_study(tmp_path, ABILENE + DEAR, search=SEARCH).update({"money.discount_rate": "10.5 %/y"})
    found = what_if(base, {"money.discount_rate": "10.5 %/y"}, tables=tables)
    assert found.facts["what_if"]["answered_by"] == "same plan", found.facts["what_if"]
    everyone, value = found.facts["everyone"], found.npv_cost_musd
    assert value is not None and value - everyone["bound_musd"] <= sure_enough(base, other.search.gap) * value
    agree(found, other, tables)


def test_a_place_that_became_cheap_is_searched(base: Plan, tables: Tables, tmp_path: Path) -> None:
    """Power at 10 USD/MWh in Dallas, which the plan never looked at: prices of all leave the plan open."""
    other = small_study(tmp_path, ABILENE + DEAR.replace("100,,200,", "100,,10,"), search=SEARCH)
    found = what_if(base, other, tables=tables)
    assert found.facts["what_if"]["answered_by"] == "search"
    assert found.facts["what_if"]["words"].startswith("Searched from the beginning: what was found costs ")
    assert found.facts["what_if"]["held_musd"] > found.npv_cost_musd
    assert found.sites["candidate"].tolist() == ["dallas"]
    agree(found, other, tables)


def test_a_plan_that_no_longer_holds_is_searched_without(base: Plan, tables: Tables, tmp_path: Path) -> None:
    """No power in Abilene before the cluster is due: Dallas it is, dear as it is."""
    other = small_study(tmp_path, ABILENE.replace("2025-Q2", "2030-Q1") + DEAR, search=SEARCH)
    found = what_if(base, other, tables=tables)
    assert found.facts["what_if"]["held_musd"] is None
    assert found.sites["candidate"].tolist() == ["dallas"]
    agree(found, other, tables)
