"""Every field of what the plan says of its bound over all candidates, altered one by one: noticed, or said why not."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from small_studies import small_study

from siting import assembly
from siting.plan import Plan
from siting.pricing import Prices, bound_of
from siting.run import solve
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.verification import certificate, verify

NO_CLAIM = ("alone", "crowds", "rounds", "host_groups", "pricing_rounds", "seconds", "relaxed_musd")
"""How the bound was found: the docstring of `siting.verification.certificate` says why these are not recomputed."""
Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> tuple[Plan, Study]:
    """A plan from a search over one of three places, its bound over all a little below its cost."""
    search = {"candidates_in_model": 1, "date_curve": False}
    study = small_study(tmp_path_factory.mktemp("study"), search=search)
    return solve(study, tables=tables), study


def leaves(value: Any, at: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every number and word with its place."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*at, name))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from leaves(part, (*at, n))
    else:
        yield at, value


def put(plan: Plan, at: Path_, value: Any) -> Plan:
    facts = copy.deepcopy(dict(plan.facts))
    into = facts["everyone"]
    for key in at[:-1]:
        into = into[key]
    into[at[-1]] = value
    return replace(plan, facts=facts)


def others(value: Any) -> list[Any]:
    """What a leaf could be changed to."""
    if isinstance(value, str):
        return [value + "x"]
    if isinstance(value, int):
        return [value + 1]
    return [value * 1.0001 + 1e-3, value * 0.9999 - 1e-3, float("nan")]


@pytest.fixture
def assembled_once(solved: tuple[Plan, Study], tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arrays of the study, which no altered plan changes, are made once."""
    made = assembly.assemble(solved[1], tables)
    monkeypatch.setattr(assembly, "assemble", lambda study, tables: made)


@pytest.mark.usefixtures("assembled_once")
def test_every_field_is_recomputed_or_the_docstring_says_why_not(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Leaf by leaf: a fault, or the same bound from the altered prices, or a field of which no claim is made."""
    plan, study = solved
    assert certificate.read_bound(plan, study, tables).faults == ()
    true = plan.facts["everyone"]["certificate"]["musd"]
    noticed = same = 0
    for at, value in leaves(plan.facts["everyone"]):
        for other in others(value):
            altered = certificate.read_bound(put(plan, at, other), study, tables)
            if altered.faults:
                noticed += 1
            elif at[1:2] in (("multipliers",), ("by_place",)):
                assert altered.recomputed_musd == pytest.approx(true, rel=certificate.CLOSE), at
                same += 1
            else:
                assert at[0] in (*NO_CLAIM, "bound_musd"), at
    assert noticed >= 10
    assert same >= 1


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> tuple[Plan, Study]:
    """The same with regions to serve, and its bound from prices of nothing for all plans and from those that were found
    by place of the cluster."""
    search = {"candidates_in_model": 1, "date_curve": False}
    asks = {"peak_h100e_bf16": 100, "first_quarter": "2025-Q4", "regions": 1, "rtt_target_ms": "90 ms"}
    money = {"discount_rate": "10 %/y", "lease": False}
    money["funding"] = [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}]
    path = tmp_path_factory.mktemp("apart")
    study = small_study(path, search=search, inference={**asks, "rtt_basis": "user"}, money=money)
    plan, problem = solve(study, tables=tables), assembly.assemble(study, tables).problem
    facts = copy.deepcopy(dict(plan.facts))
    everyone = facts["everyone"]
    stated = everyone["certificate"]
    nothing = copy.deepcopy(stated["multipliers"])
    nothing |= {"power_of": [], "power": [], "reach_of": [], "capacity": [], "parts": {}}
    nothing |= {name: [[0.0] * len(one) for one in nothing[name]] for name in ("served", "supply")}
    nothing |= {name: [0.0] * len(nothing[name]) for name in ("funding", "host")}
    everyone["certificate"] = {**stated, "multipliers": nothing, "by_place": [stated["multipliers"]]}
    found = bound_of(problem, Prices.from_lists(everyone["certificate"], len(problem.region), problem.quarters))
    everyone["too_dear"] = int((found.least + found.if_open >= plan.npv_cost_musd).sum())
    return replace(plan, facts=facts), study


def test_prices_by_place_are_recomputed(
    apart: tuple[Plan, Study], tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As saved they give the bound; one that is altered is noticed or gives the same, and none may be missing."""
    plan, study = apart
    made = assembly.assemble(study, tables)
    monkeypatch.setattr(assembly, "assemble", lambda study, tables: made)
    assert certificate.read_bound(plan, study, tables).faults == ()
    true = plan.facts["everyone"]["certificate"]["musd"]
    noticed = 0
    for at, value in leaves(plan.facts["everyone"]["certificate"]["by_place"], ("certificate", "by_place")):
        for other in others(value):
            altered = certificate.read_bound(put(plan, at, other), study, tables)
            noticed += bool(altered.faults)
            assert altered.faults or altered.recomputed_musd == pytest.approx(true, rel=certificate.CLOSE), at
    assert noticed >= 5
    missing = certificate.read_bound(put(plan, ("certificate", "by_place"), []), study, tables)
    assert any("its multipliers give" in fault for fault in missing.faults)
    twice = plan.facts["everyone"]["certificate"]["by_place"] * 2
    assert certificate.read_bound(put(plan, ("certificate", "by_place"), twice), study, tables).faults == ()


@pytest.mark.parametrize("name", NO_CLAIM)
def test_what_is_not_recomputed_is_named(name: str) -> None:
    """The docstring names it."""
    assert f"`{name}`" in str(certificate.__doc__)


@pytest.mark.usefixtures("assembled_once")
@pytest.mark.parametrize("name", ["too_dear", *NO_CLAIM[:5]])
@pytest.mark.parametrize("value", [-1, 1.5, "many", None])
def test_nonsense_is_noticed(solved: tuple[Plan, Study], tables: Tables, name: str, value: Any) -> None:
    """Counts are whole and not below zero."""
    plan, study = solved
    assert certificate.read_bound(put(plan, (name,), value), study, tables).faults


@pytest.mark.usefixtures("assembled_once")
def test_a_missing_field_is_noticed(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Any of them, of the certificate's too; but what a plan that took no search has none of."""
    plan, study = solved
    everyone = plan.facts["everyone"]
    for at in [(name,) for name in everyone] + [("certificate", name) for name in everyone["certificate"]]:
        facts = copy.deepcopy(dict(plan.facts))
        part = facts["everyone"] if len(at) == 1 else facts["everyone"]["certificate"]
        part.pop(at[-1])
        if at[-1] in certificate.AMOUNTS:
            continue
        if at != ("bound_musd",) or "certificate" in facts["everyone"]:
            assert certificate.read_bound(replace(plan, facts=facts), study, tables).faults, at


def test_a_bound_between_what_is_recomputed_and_the_cost(solved: tuple[Plan, Study], tables: Tables) -> None:
    """Above the bound of the last pass it is a fault; up to there it is the solver's word, and the recomputed bound is
    given beside it whatever the plan states."""
    plan, study = solved
    everyone = plan.facts["everyone"]
    stated, cost = everyone["certificate"]["musd"], plan.npv_cost_musd
    assert plan.bound_musd is not None and cost is not None
    assert stated <= everyone["bound_musd"] <= plan.bound_musd <= cost
    lower = replace(plan, passes=(replace(plan.passes[-1], bound=stated - 1.0),))
    assert any("above the bound of the search" in fault for fault in verify(lower, study, tables).faults)
    highest = replace(plan, passes=(replace(plan.passes[-1], bound=cost),))
    checked = verify(put(highest, ("bound_musd",), cost), study, tables)
    assert checked.faults == ()
    assert checked.bound_over_all_musd == pytest.approx(stated, rel=1e-9)
