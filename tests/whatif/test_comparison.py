"""Plans compared: the inputs that differ, the figures, and what the intervals of bound and value allow one to say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import siting
from siting.cli.compare import run_compare
from siting.display.comparison import comparison_html
from siting.errors import InputError
from siting.plan import Plan
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination
from siting.whatif.comparison import verdict
from siting.whatif.inputs import flat, inputs_that_differ
from siting.whatif.variation import Variation


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def tiny(tables: Tables) -> Plan:
    return siting.solve(read_study("models/tiny.toml").update({"search.date_curve": False}), tables=tables)


def edited(plan: Plan, **edits: object) -> Plan:
    """The plan as one of a study with other fields (two underscores: a dot), not solved again."""
    study = Study.model_validate(dict(plan.study)).update({key.replace("__", "."): v for key, v in edits.items()})
    return replace(plan, study=study.model_dump(mode="json"))


def between(plan: Plan, bound: float | None, value: float) -> Plan:
    """The plan of a study with another price, with such a bound and value."""
    result = PassResult(
        objective="npv_cost_musd", termination=Termination.FEASIBLE, limit="time_limit", bound=bound, value=value
    )
    return replace(edited(plan, accelerators__0__price_usd="50000 USD"), passes=(result,))


def test_inputs_are_compared_in_the_units_of_a_study_file(tiny: Plan) -> None:
    """A later date, a dearer accelerator, another table and another program: four rows, in words and units."""
    other = edited(tiny, clusters__0__by="2026-Q1", accelerators__0__price_usd="50000 USD")
    other = replace(
        other,
        data_hashes={**tiny.data_hashes, "regions.csv": "f" * 64},
        versions={**tiny.versions, "highspy": "9.9"},
    )
    found = inputs_that_differ((tiny, other), ("a", "b"))
    assert found["key"].tolist() == [
        "accelerators.0.price_usd",
        "clusters.0.by",
        "data regions.csv",
        "version highspy",
    ]
    assert found.loc[0, ["a", "b"]].tolist() == ["48000 USD", "50000 USD"]
    assert found.loc[1, ["a", "b"]].tolist() == ["2025-Q4", "2026-Q1"]


def test_keys_of_the_inputs_are_those_of_an_edit(tiny: Plan) -> None:
    """Every key and value that is shown can be given back to the study, which stays the same."""
    study = Study.model_validate(dict(tiny.study))
    for key, value in flat(dict(tiny.study)):
        assert study.update({key: value}).digest() == study.digest(), key


@pytest.mark.parametrize(
    ("bound", "value", "words"),
    [
        (70.0, 75.0, "a costs at least 10.000 MUSD and at most 17.000 less than b"),
        (40.0, 50.0, "b costs at least 8.000 MUSD and at most 20.000 less than a"),
        (57.0, 61.0, "No difference proved: a costs between 3.000 MUSD less and 3.000 MUSD more than b"),
        (57.0, 58.0 - 1e-7, "No difference proved: a costs between 0.000 MUSD less and 3.000 MUSD more than b"),
        (None, 61.0, "No difference proved between a and b: of one of them nothing is proved"),
        (60.0, 60.0 - 1e-7, "No difference proved: a costs between 2.000 MUSD less and 0.000 MUSD more than b"),
    ],
)
def test_a_difference_is_what_the_intervals_exclude(tiny: Plan, bound: float | None, value: float, words: str) -> None:
    """The first lies between 58 and 60: against 70 to 75, 40 to 50, 57 to 61, what is rounding, and no bound at all."""
    first = replace(between(tiny, 58.0, 60.0), study=tiny.study)
    found = verdict(first, between(tiny, bound, value), "a", "b")
    assert found.words == words + "."
    assert found.proved == words.startswith(("a costs", "b costs"))


def test_a_difference_without_an_error_bar_is_one_figure(tiny: Plan) -> None:
    """Both proved to the last digit: by how much one is cheaper is said once, and that they cost the same is said."""
    first = replace(between(tiny, 60.0, 60.0), study=tiny.study)
    assert verdict(first, between(tiny, 52.0, 52.0), "a", "b").words == "b costs 8.000 MUSD less than a, proved."
    assert verdict(first, between(tiny, 60.0, 60.0), "a", "b").words == "a and b cost the same, proved."


def test_a_plan_and_its_what_if_bear_names_of_their_own(tiny: Plan) -> None:
    """The study's name for the plan, that of the change for what answers it."""
    changed = edited(tiny, clusters__0__by="2026-Q1")
    changed = replace(changed, facts={**tiny.facts, "what_if": {"change": "a quarter later", "words": ""}})
    assert siting.compare(tiny, changed).names == ("tiny", "a quarter later")


def test_figures_stand_where_they_belong_whichever_plan_has_them(tiny: Plan) -> None:
    """What only the second plan pays stands among what is paid; cost, bounds and gaps end the table, in 80 columns
    also of eight plans. Assumptions are counted, and so are those that one plan alone makes."""
    cash = tiny.tables["cash"].assign(lease=1.0)
    others = [
        replace(
            edited(tiny, assumptions=[*tiny.study["assumptions"], f"Number {n} of a long list of assumptions." * 9]),
            tables={**tiny.tables, "cash": cash},
        )
        for n in range(7)
    ]
    found = siting.compare(tiny, *others)
    figures = found.plans["figure"].tolist()
    assert figures.index("paid for lease") < figures.index("cost, present value")
    assert figures[-1] == "gap, all candidates" and len(set(figures)) == len(figures)
    assert (
        found.differing().set_index("key").loc["assumptions"].tolist() == ["1, 0 of its own"] + ["2, 1 of its own"] * 7
    )
    text = str(found)
    assert max(map(len, text.partition("What can be said")[0].splitlines())) <= 80
    assert "1, 0 of its own" in text and all(name in text for name in found.names)


def test_fields_that_one_plan_does_not_state_are_one_row(tiny: Plan) -> None:
    """A lease that one study lacks has ten fields, which the frame holds one by one and the table as one row; a cluster
    that differs in two fields keeps both, and what differs in the middle of a long text is not cut away."""
    texts = [f"{'a' * 40} {n} {'b' * 40}" for n in range(2)]
    first = edited(tiny, money__funding__0__note=texts[0])
    other = edited(tiny, leases={}, clusters__0__by="2026-Q1", clusters__0__gpus=1024, money__funding__0__note=texts[1])
    found = siting.compare(first, other, names=("a", "b"))
    assert sum(key.startswith("leases.bilateral.0.") for key in found.inputs["key"]) == 10
    assert found.differing().set_index("key").loc["leases.bilateral.0.*"].tolist() == ["10 fields", "-"]
    assert {"clusters.0.by", "clusters.0.gpus"} <= set(found.differing()["key"])
    assert found.differing().set_index("key").loc["money.funding.0.note"].tolist() == texts


def test_figures_that_changed_in_a_file_are_another_input(tiny: Plan) -> None:
    """One study, and places at other prices: nothing but the digest of the problem tells."""
    other = replace(tiny, facts={**tiny.facts, "problem_digest": "0" * 64})
    found = inputs_that_differ((tiny, other), ("a", "b"))
    assert found["key"].tolist() == ["figures in the planner's own files"]
    assert "same study" not in verdict(tiny, other, "a", "b").words


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ({"money__discount_rate": "9 %/y"}, "present values at different discount rates"),
        ({"quarters": 16}, "horizons of different lengths"),
        ({"priorities": [{"objective": "carbon"}]}, "different objectives (npv_cost; carbon)"),
    ],
)
def test_what_is_not_one_kind_of_money_is_not_compared(tiny: Plan, edits: dict[str, object], why: str) -> None:
    """Another rate, another horizon, another objective: no difference is stated, and the reason is."""
    found = verdict(tiny, edited(tiny, **edits), "a", "b")
    assert (found.why_not, found.least_musd, found.proved) == (why, None, False)
    assert why in found.words


def test_a_study_without_a_plan_says_so(tiny: Plan) -> None:
    """Infeasible and out of time are two things."""
    ended = PassResult(objective="npv_cost_musd", termination=Termination.NO_PLAN_FOUND, limit="time_limit")
    none = PassResult(objective="npv_cost_musd", termination=Termination.INFEASIBLE)
    assert "none is possible" in verdict(tiny, replace(tiny, passes=(none,)), "a", "b").words
    assert "is not known" in verdict(tiny, replace(tiny, passes=(ended,)), "a", "b").words


def test_sites_that_differ_have_reasons(tiny: Plan) -> None:
    """The site is excluded in the second study; the other one does not pass the first one's screen."""
    site = str(tiny.sites["candidate"].iloc[0])
    candidates = tiny.tables["candidates"].copy()
    others = candidates.loc[candidates["candidate"] != site, "candidate"].tolist()
    candidates.loc[candidates["candidate"] == site, "excluded_by"] = "rules.exclude_states"
    sites = tiny.sites.assign(candidate=others[0])
    second = replace(tiny, tables={**tiny.tables, "candidates": candidates, "sites": sites})
    said = verdict(tiny, second, "a", "b").sites
    assert said[0] == f"{site} is in a and not in b: excluded there by rules.exclude_states."
    assert said[1].startswith(f"{others[0]} is in b and not in a: it was searched there and not chosen")


def test_a_variation_is_answered_from_the_first_plan(tiny: Plan, tables: Tables) -> None:
    """Accelerators 5 % dearer: 2,048 x 2,400 USD more for sure, less what 12 % of a price is still worth."""
    dearer = Variation(name="5 % dearer", edits={"accelerators.0.price_usd": "50400 USD"})
    found = siting.compare(tiny, dearer, tables=tables)
    assert found.names == ("tiny", "5 % dearer")
    assert found.inputs["key"].tolist() == ["accelerators.0.price_usd"]
    one = found.verdicts[0]
    assert one.proved and one.most_musd is not None
    costs = found.plans.set_index("figure").loc["cost, present value", list(found.names)]
    assert -one.most_musd == pytest.approx(costs["5 % dearer"] - costs["tiny"], rel=1e-3)
    text = str(found)
    assert text.index("Inputs that differ") < text.index("Plans") < text.index("What can be said") < text.index("costs")


def test_the_command_compares_folders(tiny: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two saved plans of one study: nothing differs, they cost the same; one alone is refused."""
    for name in ("one", "two"):
        tiny.save(tmp_path / name)
    run_compare([tmp_path / "one", tmp_path / "two"], as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["names"], found["inputs"]) == (["one", "two"], [])
    assert found["words"] == "one and two are the same study, and their plans cost the same."
    run_compare([tmp_path / "one", tmp_path / "two"], as_json=False)
    assert "the same study" in capsys.readouterr().out
    with pytest.raises(InputError):
        run_compare([tmp_path / "one"], as_json=True)


def test_plans_side_by_side_hold_what_their_tables_hold(tiny: Plan, tables: Tables) -> None:
    """MW, accelerators and energy paid are the sums of the plan's own tables; two plans of one name are told apart."""
    found = siting.compare(tiny, tiny, tables=tables)
    assert found.names == ("tiny", "tiny (2)")
    figures = found.plans.set_index("figure")["tiny"]
    assert figures["critical IT"] == tiny.sites["it_mw"].sum()
    assert figures["accelerators bought"] == 2048
    assert figures["paid for energy"] == pytest.approx(tiny.tables["cash"]["energy"].sum())
    assert pd.isna(figures["gap, all candidates"]) or figures["gap, all candidates"] <= 1e-3


def test_a_notebook_shows_the_three_parts(tiny: Plan, tables: Tables) -> None:
    """Inputs, plans, what can be said, in that order; what a study says is escaped."""
    found = comparison_html(siting.compare(tiny, tiny, names=("a<b", "other"), tables=tables))
    assert found.index("Inputs that differ") < found.index("Plans") < found.index("What can be said")
    assert "a&lt;b" in found and "a<b" not in found
