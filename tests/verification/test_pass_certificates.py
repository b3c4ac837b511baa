"""Bounds over all candidates of several passes, recomputed from what the plan states: an altered digit is refused."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_studies import small_study

from siting import assembly
from siting.plan import Plan
from siting.report.answer import bound_covers
from siting.run import solve
from siting.solver import passes
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import certificate, verify

SEARCH = {"candidates_in_model": 1, "date_curve": False}
ASKED: dict[str, list[dict[str, Any]]] = {
    "carbon first": [{"objective": "carbon", "tolerance": "2 %"}, {"objective": "npv_cost"}],
    "peak, then compute, then cost": [
        {"objective": "peak_funding", "tolerance": "10 %"},
        {"objective": "compute", "tolerance": "1 %"},
        {"objective": "npv_cost"},
    ],
    "date, then carbon": [
        {"objective": "time_to_compute", "tolerance_quarters": 1},
        {"objective": "carbon"},
        {"objective": "npv_cost"},
    ],
    "date, then cost": [{"objective": "time_to_compute"}, {"objective": "npv_cost"}],
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module", params=list(ASKED))
def solved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Any:
    """A plan of a study with several priorities, searched over few of three places without leases, and its study."""
    study = small_study(tmp_path_factory.mktemp("study"), search=SEARCH, priorities=ASKED[request.param])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "BEST", 0)  # else all three would be searched
        return solve(study, tables=tables), study


@pytest.fixture
def assembled_once(solved: tuple[Plan, Study], tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arrays of the study, which no altered plan changes, are made once."""
    made = assembly.assemble(solved[1], tables)
    monkeypatch.setattr(assembly, "assemble", lambda study, tables: made)


def test_every_linear_pass_is_proved_over_all_and_found_again(solved: tuple[Plan, Study], tables: Tables) -> None:
    """The bound of each pass is on the right side of what it reached, near it, and found again; so say the words."""
    plan, study = solved
    everyone = plan.facts["everyone"]
    assert verify(plan, study, tables).faults == ()
    assert everyone["candidates"] == 3
    assert "Over all 3 usable candidates" in bound_covers(plan)
    assert plan.bound_all_musd is not None and plan.npv_cost_musd is not None
    assert plan.bound_all_musd <= plan.npv_cost_musd * (1 + 1e-6)
    linear = [result for result in plan.passes if not result.objective.startswith("time")]
    if len(linear) > 1:
        assert [one["objective"] for one in everyone["passes"]] == [result.objective for result in linear]
        for result in linear:
            bound, gap = plan.pass_bound_all(result), plan.pass_gap_all(result)
            assert bound is not None and result.value is not None
            assert gap is not None and gap <= 0.1
            assert bound <= result.value if result.sense == "minimize" else bound >= result.value
    else:
        assert "for the date that was found" in bound_covers(plan)


def test_a_search_over_all_does_no_better_than_the_bounds(
    solved: tuple[Plan, Study], tmp_path: Path, tables: Tables
) -> None:
    """The first linear pass of a search that holds all three places reaches no more than the bound over all."""
    plan, study = solved
    asked = [priority.model_dump(mode="json") for priority in study.priorities]
    whole = solve(small_study(tmp_path, search={"date_curve": False}, priorities=asked), tables=tables)
    at = 1 if plan.passes[0].objective.startswith("time") else 0
    found, stated = whole.passes[at], plan.pass_bound_all(plan.passes[at])
    stated = plan.bound_all_musd if stated is None else stated
    assert found.value is not None and stated is not None
    room = 1e-6 * abs(found.value)
    assert stated <= found.value + room if found.sense == "minimize" else stated >= found.value - room


def changed(plan: Plan, at: tuple[str | int, ...], value: Any) -> Plan:
    """The plan with one leaf of what it says of all candidates altered."""
    facts = copy.deepcopy(dict(plan.facts))
    into = facts["everyone"]
    for key in at[:-1]:
        into = into[key]
    into[at[-1]] = value
    return replace(plan, facts=facts)


@pytest.mark.usefixtures("assembled_once")
def test_altered_digits_of_every_pass_are_refused(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Bounds, limits of goals, objectives, counts: each is a fault when altered by a ten-thousandth."""
    plan, study = solved
    if "passes" not in plan.facts["everyone"]:
        pytest.skip("the cost alone has tests of its own")
    assert certificate.read_bound(plan, study, tables).faults == ()
    more = changed(plan, ("candidates",), 4)
    assert any("counts 4 candidates" in fault for fault in certificate.read_bound(more, study, tables).faults)
    assert certificate.read_bound(changed(plan, ("bound_musd",), 1.0), study, tables).faults
    for n, stated in enumerate(plan.facts["everyone"]["passes"]):
        leaves: list[tuple[tuple[str | int, ...], float]] = [(("certificate", "bound"), stated["certificate"]["bound"])]
        leaves += [(("goals", g, "limit"), goal["limit"]) for g, goal in enumerate(stated["goals"])]
        for at, value in leaves:
            for factor in (0.9999, 1.0001):
                altered = changed(plan, ("passes", n, *at), value * factor)
                assert certificate.read_bound(altered, study, tables).faults, (stated["objective"], at)
        for at, value in ((("objective",), "cost"), (("pricing_rounds",), -1), (("seconds",), float("nan"))):
            assert certificate.read_bound(changed(plan, ("passes", n, *at), value), study, tables).faults, at
        without = changed(plan, ("passes", n, "goals"), [{"objective": "latency_ms", "limit": 1.0}])
        assert certificate.read_bound(without, study, tables).faults


@pytest.mark.usefixtures("assembled_once")
def test_an_altered_price_of_a_pass_is_found_or_proves_the_same(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Each list of prices of each pass, raised by a thousandth of its largest and one: a fault, or the same bound."""
    plan, study = solved
    noticed = 0
    for n, stated in enumerate(plan.facts["everyone"].get("passes", ())):
        sheets = {**stated["certificate"]["multipliers"], **stated["certificate"]["multipliers"]["parts"]}
        for name, prices in sheets.items():
            inside = ("parts",) if name in stated["certificate"]["multipliers"]["parts"] else ()
            if not isinstance(prices, list) or not prices or name in ("power_of", "reach_of"):
                continue
            dearer = (np.array(prices) * 1.001 + 1.0).tolist()
            altered = changed(plan, ("passes", n, "certificate", "multipliers", *inside, name), dearer)
            found = certificate.read_bound(altered, study, tables)
            noticed += bool(found.faults)
            if not found.faults and stated["objective"] == "npv_cost_musd":
                assert found.recomputed_musd == pytest.approx(stated["certificate"]["bound"], rel=1e-6), name
    assert noticed >= 2 or "passes" not in plan.facts["everyone"]


def test_a_pass_that_reached_less_leaves_other_goals(solved: tuple[Plan, Study], tables: Tables) -> None:
    """A value of the first pass that is altered is no longer what the goals of the later ones come from."""
    plan, study = solved
    everyone = plan.facts["everyone"]
    if "passes" not in everyone:
        pytest.skip("there is one linear pass")
    first = next(result for result in plan.passes if not result.objective.startswith("time"))
    assert first.value is not None
    looser = replace(first, value=first.value * (1.01 if first.sense == "minimize" else 0.99))
    other = tuple(looser if result is first else result for result in plan.passes)
    faults = certificate.read_bound(replace(plan, passes=other), study, tables).faults
    assert any("the passes before it leave" in fault for fault in faults)


@pytest.mark.usefixtures("assembled_once")
def test_passes_that_are_not_the_priorities_are_refused(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Without the first pass, or with the last two the other way round, the plan answers another question."""
    plan, study = solved
    for other in (plan.passes[1:], (*plan.passes[:-2], *reversed(plan.passes[-2:]))):
        faults = verify(replace(plan, passes=other), study, tables).faults
        assert any("the study asks for" in fault for fault in faults), other
