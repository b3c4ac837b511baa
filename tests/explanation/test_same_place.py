"""Two tenures at one place, in questions to a plan."""

from __future__ import annotations

import pytest
from listing import cheapest_by_listing
from question_studies import asked_study

from siting import run
from siting.explanation.exclusion import why_not
from siting.explanation.ground import ground_of
from siting.explanation.loosened import limits_of
from siting.explanation.price import limit_prices
from siting.plan import Plan
from siting.tables.read import Tables, read_tables

HEADER = "candidate,lat,lon,tenure,utility_mw,usd_per_mwh,energization,place,rent_usd_per_kw_month\n"
ROWS = "built,32.45,-99.73,own,3,30,2024-Q4,west,\nrented,32.45,-99.73,colocation,3,60,2024-Q4,west,180\n"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Plan:
    """An own campus and a colocation market that share 3 MW at the meter."""
    folder = tmp_path_factory.mktemp("place")
    study = asked_study(folder)
    (folder / "sites.csv").write_text(HEADER + ROWS)
    return run.solve(study, tables=tables)


def test_a_change_of_one_row_says_that_the_other_stays(plan: Plan, tables: Tables) -> None:
    """MW and dates are of the row that is named; the words name the row that keeps its own."""
    (opened,) = set(plan.sites["candidate"])
    (other,) = {"built", "rented"} - {opened}
    power = limit_prices(plan, ["power", "energization"], tables=tables).prices
    assert power and all(f"(its row alone, not {other} at the same place)" in str(price) for price in power)
    found = why_not(plan, other, tables=tables)
    about = {change.figure: str(change) for change in found.changes}
    assert f"(its row alone, not {opened} at the same place)" in about["hosting"]
    assert "row alone" not in about["price of energy"]


def test_prices_at_a_shared_place_are_the_differences_of_lists(plan: Plan, tables: Tables) -> None:
    """Each limit of the study loosened by itself: the price is the difference of the cheapest of all listed plans."""
    ground = ground_of(plan, tables=tables)
    assert ground.problem.shared is not None
    best = cheapest_by_listing(ground.problem, True)[0]
    limits = {limit.key: limit for limit in limits_of(ground, 1.5)}
    for price in limit_prices(plan, ["power", "energization", "later"], step=1.5, tables=tables).prices:
        assert price.price is not None and price.price.point is not None
        true = (best - cheapest_by_listing(limits[price.key].change(price.step), True)[0]) / price.step
        assert price.price.low - 1e-4 <= true <= price.price.high + 1e-4, price.key
        assert price.price.point == pytest.approx(true, abs=1e-4), price.key
