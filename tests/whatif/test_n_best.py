"""The best plans with different sites, of whole studies."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
from small_studies import ABILENE, small_study

from siting.errors import InputError
from siting.run import solve
from siting.tables.read import Tables, read_tables
from siting.termination import Termination
from siting.whatif.n_best import NBest, n_best
from siting.whatif.regret import no_regret

PLACES = ("abilene", "chicago", "dallas")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> NBest:
    """All plans of three places within 45 % of the best."""
    return n_best(small_study(tmp_path_factory.mktemp("n")), k=8, within=0.45, tables=tables)


def test_plans_are_those_of_every_set_forced_by_rules(ranked: NBest, tables: Tables, tmp_path: Path) -> None:
    """Each of the seven sets of three places, its places forced and the others forbidden, solved as a study of its own:
    the sets within 45 % of the cheapest, in the order of their cost, to the gap of the searches."""
    study, costs = small_study(tmp_path), {}
    for sites in itertools.chain.from_iterable(itertools.combinations(PLACES, n) for n in (1, 2, 3)):
        rules = {
            "rules.forced": [{"candidate": name} for name in sites],
            "rules.forbidden": [name for name in PLACES if name not in sites],
        }
        plan = solve(study.update({**rules, "search.date_curve": False, "search.gap": 1e-4}), tables=tables)
        assert plan.npv_cost_musd is not None
        costs[frozenset(sites)] = plan.npv_cost_musd
    best = min(costs.values())
    near = {sites: cost for sites, cost in costs.items() if cost <= 1.45 * best}
    found = {sites: float(plan.npv_cost_musd) for sites, plan in zip(ranked.site_sets, ranked.plans, strict=True)}
    assert 3 <= len(near) < 7 and found == pytest.approx(near, rel=2e-3)
    for sites, bound in zip(ranked.site_sets, ranked.bounds_musd, strict=True):
        assert bound <= near[sites] + 1e-3
    assert ranked.unlisted_bound_musd > 1.45 * ranked.value_musd
    assert ranked.unlisted_bound_musd <= min(cost for sites, cost in costs.items() if sites not in near) + 1e-3
    assert ranked.stopped == "no other set within"


def test_a_place_that_nobody_needs_makes_another_set(tables: Tables, tmp_path: Path) -> None:
    """Power at the second place comes after the cluster's date: it opens beside the first, or not at all."""
    late = "late,36.15,-95.99,own,60,,62,2027-Q1,,\n"
    ranked = n_best(small_study(tmp_path, ABILENE + late), k=3, within=0.9, tables=tables)
    assert ranked.site_sets == (frozenset({"abilene"}), frozenset({"abilene", "late"}))
    assert ranked.stopped == "no other set within"


def test_every_plan_is_read_a_second_time_and_bounded_as_one_of_all(ranked: NBest) -> None:
    """The second plan is verified, and its own bound is that of the best plan, not of the plans left to it."""
    for plan in ranked.plans:
        assert plan.facts["verification"]["ok"] and plan.bound_musd is not None
        assert plan.bound_musd <= ranked.value_musd
    worst = ranked.plans[-1]
    assert worst.gap is not None and worst.gap > 0.2 and worst.last.limit is not None


def test_words_say_what_is_proved(ranked: NBest) -> None:
    """All plans within the share are there; that the first is no dearer than the second is said exactly where the bound
    of the second is not below it; a bound 1 musd lower leaves that pair open, and the words name it."""
    assert "Proved: no other set of sites has a plan within 45.00%" in str(ranked)
    assert ranked.order_proved(0, 3) and ranked.frame["order_proved"].tolist()[-1]
    lower = tuple(bound - 1.0 * (n == 1) for n, bound in enumerate(ranked.bounds_musd))
    unsure = dataclasses.replace(ranked, bounds_musd=lower)
    assert not unsure.order_proved(0, 1) and "Order not proved (the gaps overlap): plans 1 and 2" in str(unsure)


def test_a_best_plan_that_is_not_proved_is_said_to_be_the_cheapest_found(ranked: NBest) -> None:
    """With a bound 60 % below it the first plan is no best plan: the words say how far it is proved, and only then."""
    first = ranked.plans[0]
    loose = dataclasses.replace(
        first.last, bound=0.4 * ranked.value_musd, termination=Termination.FEASIBLE, limit="time"
    )
    plans = (dataclasses.replace(first, passes=(*first.passes[:-1], loose)), *ranked.plans[1:])
    said = "The best is the cheapest that was found: it is proved to 60.00% only."
    assert said in dataclasses.replace(ranked, plans=plans).words
    assert not any("cheapest that was found" in sentence for sentence in ranked.words)


def test_plans_that_earn_money_are_ranked_too(tables: Tables, tmp_path: Path) -> None:
    """Revenue takes the cost below zero: within 90 % above it lie all sets of sites, not none."""
    inference = {"peak_h100e_bf16": 300, "first_quarter": "2025-Q4", "regions": 2}
    asked = {"rtt_target_ms": "120 ms", "rtt_basis": "backbone"}
    changes = {"inference": {**inference, **asked}, "revenue": {"usd_per_h100e_h": "200 USD/h"}}
    found = n_best(small_study(tmp_path, **changes), k=2, within=0.9, tables=tables)
    assert found.value_musd < 0.0 and len(found.plans) == 2
    assert no_regret({"only": found.plans[0]}, tables=tables).good == ("only",)


def test_halls_of_one_place_rented_and_owned_are_two_plans(tables: Tables, tmp_path: Path) -> None:
    """One place with an own campus and rented halls: two sites, two sets of one, and no third set is asked for."""
    rows = "here,32.45,-99.73,own,150,,62,2025-Q2,,\nhere-rented,32.45,-99.73,colocation,,30,62,2025-Q2,150,\n"
    found = n_best(small_study(tmp_path, rows), k=2, within=0.9, tables=tables)
    assert {tuple(sites) for sites in found.site_sets} == {("here",), ("here-rented",)}
    assert set(found.frame["tenures"]) == {"own", "colocation"} and found.stopped == "as many as asked for"


def test_what_cannot_be_ranked_is_refused_at_once(tables: Tables, tmp_path: Path) -> None:
    """No plan, a share of 0 and an objective beside cost: faults with what was expected, all that are known at once."""
    carbon = small_study(tmp_path, priorities=[{"objective": "carbon"}])
    with pytest.raises(InputError) as caught:
        n_best(carbon, k=0, within=0.0, tables=tables)
    assert [fault.key for fault in caught.value.faults] == ["k", "within", "priorities"]
    with pytest.raises(InputError, match="k: found 5,000; expected 1 to 100 plans"):
        n_best(small_study(tmp_path), k=5000, tables=tables)
    poor = {"discount_rate": "10 %/y", "funding": [{"quarter": "2024-Q2", "amount_musd": "5 MUSD", "status": "closed"}]}
    with pytest.raises(InputError, match="infeasible"):
        n_best(small_study(tmp_path, money=poor), tables=tables)
