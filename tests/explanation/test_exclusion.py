"""Why not this place: limits with the figure found and the figure needed, places by any name, changes by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from question_studies import asked_study, place

import siting
from siting import explain, limit_prices, run, why_not
from siting.assembly import assemble
from siting.errors import InputError
from siting.explanation.bars import filters_against
from siting.explanation.change import FIGURES
from siting.explanation.exclusion import _figures
from siting.explanation.place import find_place
from siting.plan import Plan, read_plan
from siting.run import study_of
from siting.tables.read import Tables, read_tables

BESIDE = "32.46,-99.70"
"""In Taylor County, Texas, as Abilene is: the same taxes, climate and construction."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Plan:
    """Abilene is chosen: the same as its neighbour, whose energy costs 30 USD/MWh more. Others are ruled out. The plan
    is read back from its folder."""
    folder = tmp_path_factory.mktemp("study")
    rows = [
        place("abilene"),
        place("dear", usd_per_mwh=90.0, where=BESIDE),
        place("twin", where=BESIDE),
        place("small", mw=0.9, where="41.88,-87.63"),
        place("late", energization="2031-Q1", where="36.15,-95.99"),
        place("tardy", energization="2025-Q2", where="32.78,-96.80"),
        place("barred", where="29.42,-98.49"),
    ]
    study = asked_study(folder, *rows, rules={"forbidden": ["barred"], "existing": []})
    run.solve(study, tables=tables).save(folder / "plan")
    return read_plan(folder / "plan")


@pytest.mark.parametrize(
    ("name", "limit", "found", "needed"),
    [
        ("small", "first phase", "0.9 MW at the meter", "1.2 MW for a first phase of 1 MW IT"),
        ("late", "energization", "2031-Q1", "2025-Q2 at the latest, the end of the horizon"),
        ("tardy", "host of first", "0.0 MW at the meter; so much flows from 2025-Q2 on", "1.8 MW from 2025-Q1 on"),
        ("barred", "rules.forbidden", "the candidate is named there", "not named"),
        ("40.0,-60.0", "place", "km outside the United States", "a place in the 48 states or DC"),
        ("Cook County, IL", "first phase", "0.9 MW at the meter", "1.2 MW for a first phase of 1 MW IT"),
        ("Loving, TX", "place", "no candidate and no substation in Loving, TX", "one"),
    ],
)
def test_limits_are_said_with_both_figures(
    plan: Plan, tables: Tables, name: str, limit: str, found: str, needed: str
) -> None:
    """The place is in no plan; the limit says what it has and what it would need."""
    answer = siting.why_not(plan, name, tables=tables)
    assert answer.excluded and answer.cost is None
    assert [bar.limit for bar in answer.limits] == [limit]
    assert found in answer.limits[0].found and answer.limits[0].needed == needed
    assert limit in str(answer) and answer.frame["what"].tolist() == [limit]
    assert ("No plan of this study has a use for it" in str(answer)) == (name in ("late", "tardy"))


def test_a_place_without_power_in_time_may_still_open_to_be_counted(
    tables: Tables, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two campuses have to open and there are two, one of them without power before the horizon ends: the plan opens
    it, so nothing can be said to keep it out of every plan."""
    folder = tmp_path_factory.mktemp("counted")
    late = place("late", energization="2031-Q1", where="36.15,-95.99")
    study = asked_study(folder, place("abilene"), late, rules={"min_sites": 2})
    both = run.solve(study, tables=tables)
    assert set(both.sites["candidate"]) == {"abilene", "late"}
    answer = siting.why_not(both, "late", tables=tables)
    assert answer.in_plan and not answer.excluded


def test_halls_that_save_tax_may_open_for_nothing_else(
    tables: Tables, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Halls that are written off and worth nearly what they cost at the end pay by the tax that they save, without
    power too: the plan opens both places, and neither is kept out of it."""
    late = place("late", energization="2031-Q1", where="36.15,-95.99")
    taxes = {"property_tax_where_blank": "1 %/y", "income": {"taxable_musd_per_year": "500 MUSD/y", "state": False}}
    funding = [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}]
    money = {"discount_rate": "0 %/y", "funding": funding}
    study = asked_study(tmp_path_factory.mktemp("tax"), place("abilene"), late, taxes=taxes, money=money)
    both = run.solve(study, tables=tables)
    assert set(both.sites["candidate"]) == {"abilene", "late"}
    assert siting.why_not(both, "late", tables=tables).in_plan


def test_what_the_time_left_out_is_said(plan: Plan, tables: Tables) -> None:
    """With no time after the first search: of the cluster standing there it is said that nothing was looked at, and
    that no change was found."""
    answer = siting.why_not(plan, "dear", time_limit_s=0.001, tables=tables)
    assert answer.hosting == () and answer.hosting_open == ("first",)
    assert "With first standing there: not looked at, the time was up." in answer.words
    assert "host of first" in answer.frame["what"].tolist()
    assert not any("with one of these alone" in line for line in answer.words)


def test_dearer_energy_is_named_to_the_dollar(plan: Plan, tables: Tables) -> None:
    """Two places alike but for 30 USD/MWh: 30 less bring the dear one in, and 1 % less than that is proved not to."""
    answer = siting.why_not(plan, f"{BESIDE.replace('32.46', '32.4601')}", changes=False, tables=tables)
    assert answer.spot.km == pytest.approx(0.011, abs=0.001)
    answer = siting.why_not(plan, "dear", tables=tables)
    assert answer.cost is not None and answer.cost.point is not None and answer.cost.low > 0.0
    energy = next(change for change in answer.changes if change.figure == "price of energy")
    assert energy.needed == pytest.approx(30.0, abs=1e-3)
    assert energy.low == pytest.approx(0.99 * 30.0, rel=1e-3)
    assert "price of energy 30.00 USD/MWh less: 60.00 instead of 90.00" in str(answer)
    assert answer.figures.set_index("figure").loc["price of energy", ["here", "chosen"]].tolist() == ["90.00", "60.00"]


def test_a_twin_is_a_near_tie(plan: Plan, tables: Tables) -> None:
    """A place with the same figures costs nothing more: not proved worse, and no change is asked for."""
    other = ({"abilene", "twin"} - set(plan.sites["candidate"])).pop()
    answer = siting.why_not(plan, other, tables=tables)
    assert answer.near_tie and answer.changes == ()
    assert answer.cost is not None and answer.cost.point == pytest.approx(0.0, abs=1e-6)
    assert "not proved worse" in str(answer)


def test_a_county_stands_for_its_site_and_a_site_is_in_the_plan(plan: Plan, tables: Tables) -> None:
    """Taylor County by name or code: the plan's own site there, of three that can be used."""
    for name in ("Taylor County, TX", "48441"):
        answer = siting.why_not(plan, name, tables=tables)
        assert answer.in_plan and answer.spot.usable == 3
        assert "The plan opens it." in str(answer)


@pytest.mark.parametrize("name", ["nowhere", "Tailor, TX", "95,10"])
def test_unknown_places_are_refused(plan: Plan, tables: Tables, name: str) -> None:
    """No candidate, county or point of that name: said with what was expected."""
    with pytest.raises(InputError, match="place: found"):
        siting.why_not(plan, name, tables=tables)


def test_a_plan_of_other_tables_is_refused(plan: Plan, tables: Tables) -> None:
    """Prices that have changed since would be taken for the place's own."""
    other = Plan(**{**plan.__dict__, "data_hashes": {**plan.data_hashes, "power_prices.csv": "0" * 64}})
    with pytest.raises(InputError, match=r"power_prices\.csv"):
        siting.why_not(other, "dear", tables=tables)


def test_a_plan_of_other_figures_is_refused(plan: Plan, tables: Tables) -> None:
    """The planner's own file has changed since the plan was saved: old and new costs would be mixed."""
    other = Plan(**{**plan.__dict__, "facts": {**plan.facts, "problem_digest": "0" * 64}})
    for asked in (
        lambda: siting.why_not(other, "dear", tables=tables),
        lambda: siting.limit_prices(other, tables=tables),
        lambda: siting.place_decided(other, runs=1, tables=tables),
    ):
        with pytest.raises(InputError, match="figures of the study"):
            asked()


def test_filters_of_the_grid_are_said_with_both_figures(tables: Tables) -> None:
    """A substation that the study's filters leave out: its state and its hosting MW against what the filters ask."""
    study = siting.read_study("models/gigafactory.toml").update({"candidates.grid.states": ["TX"]})
    subs = tables.grid_substations
    row = subs[(subs["state"] == "OK") & (subs["hosting_n1_utility_mw"] < 40)].iloc[0]
    bars = list(filters_against(study, tables, f"sub-{row['sub_id']}"))
    assert [(bar.limit, bar.needed) for bar in bars] == [
        ("candidates.grid.states", "one of ['TX']"),
        ("candidates.grid.min_utility_mw", "40 MW at least"),
    ]
    assert bars[0].found == "OK"
    assert bars[1].found.startswith(f"{row['hosting_n1_utility_mw']:,.1f} MW at the meter")


def test_a_figure_that_the_chosen_site_does_not_have_is_none() -> None:
    """A hall is rented and the plan's own campus is not: no rent is said of it, instead of a number that is none."""
    usable = pd.DataFrame({"candidate": ["hall", "own"], **{figure.column: 1.0 for figure in FIGURES}})
    usable["rent_usd_per_kw_month"], usable["property_tax"] = [130.0, np.nan], 0.01
    sites = pd.DataFrame({"candidate": ["own"], "it_mw": [3.0]})
    a, plan = SimpleNamespace(usable=usable), SimpleNamespace(sites=sites)
    found = _figures(None, a, plan, "hall").set_index("figure")  # type: ignore[arg-type]
    assert found.loc["rent", ["here", "chosen"]].tolist() == ["130.00", "none"]


@pytest.mark.parametrize(("name", "fips"), [("Baltimore city, MD", "24510"), ("baltimore county, MD", "24005")])
def test_a_county_is_not_the_city_of_its_name(plan: Plan, tables: Tables, name: str, fips: str) -> None:
    study, none = study_of(plan), pd.Series(dtype=float)
    assembled = assemble(study, tables)
    spots = [find_place(asked, study, tables, assembled, none) for asked in (name, fips)]
    assert spots[0] == replace(spots[1], asked=name)
    with pytest.raises(InputError, match="24005 or 24510"):
        why_not(plan, "Baltimore, MD", tables=tables)


def test_the_nearest_candidate_to_a_point_outside_is_not_said_to_be_in_no_plan(plan: Plan, tables: Tables) -> None:
    words = str(why_not(plan, "21.3,-157.8", tables=tables))
    assert "There is no place of this study" in words and "in no plan" not in words


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_time_limit_is_a_number_of_seconds(plan: Plan, tables: Tables, seconds: float) -> None:
    with pytest.raises(InputError, match=r"step(.|\n)*time_limit_s"):
        limit_prices(plan, step=0.0, time_limit_s=seconds, tables=tables)
    with pytest.raises(InputError, match="time_limit_s"):
        why_not(plan, "small", time_limit_s=seconds, tables=tables)
    with pytest.raises(InputError, match="time_limit_s"):
        explain(study_of(plan), time_limit_s=seconds, tables=tables)
