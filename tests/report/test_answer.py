"""The answer in words: each sentence that a planner must find, and none that the plan does not bear out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from siting.plan import Plan
from siting.report.answer import answer, bound_covers, grid_check, grid_status, headline
from siting.report.place import place_decided
from siting.report.sections import decided
from siting.study import Study
from siting.termination import PassResult, Termination


def with_facts(plan: Plan, **facts: Any) -> Plan:
    """The plan with facts changed."""
    return replace(plan, facts={**plan.facts, **facts})


def test_answer_names_place_size_tenure_date_cost_and_proof(plan: Plan, study: Study):
    """One owned campus of 150 MW IT in Texas, 2025-Q3, 6.18 billion USD, gap (6180.2 - 6175.1) / 6180.2 = 0.08 %."""
    assert "build and own a campus at Sítio <Große> & Ōak, TX (150 MW IT)" in headline(plan, study).replace(
        "Build", "build"
    )
    lines = dict(answer(plan, study))
    assert "400 MW contracted at the meter" in lines["Where"]
    assert "100,096 H100 SXM 80GB on one fabric" in lines["What"]
    assert "owned campus" in lines["Lease or own"]
    assert "no new lease is signed" in lines["Lease or own"]
    assert "16,000" in lines["Lease or own"]
    assert "2025-Q3" in lines["In service"]
    assert "assumption" in lines["In service"]
    assert "6.18 billion USD in present value" in lines["Cost"]
    assert "0.08 %" in lines["How good"]
    assert "holds for the 120 screened candidates only" in lines["How good"]
    assert "Money in 2025-Q3" in lines["What limits it"]


def test_money_line_says_whether_assumed_rounds_are_needed(plan: Plan, study: Study):
    """By 2025-Q3 7.6 billion USD are spent, 6 are closed; with 10 closed the assumed round is not needed."""
    assert "needs the assumed rounds from 2025-Q3 on" in dict(answer(plan, study))["Money"]
    rich = study.update({"money.funding.0.amount_musd": "10 GUSD"})
    assert "stays within the closed rounds" in dict(answer(plan, rich))["Money"]


def test_place_is_not_decided_when_near_ties_span_states(plan: Plan):
    """214 candidates in five states: not decided; one candidate in one state: decided."""
    decided, sentence = place_decided(plan)
    assert not decided
    assert sentence.startswith("Place not decided: 214 candidates of 35,268 cost within 0.5 %")
    assert "5 states" in sentence
    alone = {
        "count": 1,
        "within_share": 0.005,
        "states": ["TX"],
        "decided": True,
        "chosen": "x",
        "nothing_built": False,
    }
    assert place_decided(with_facts(plan, near_ties=alone)) == (
        True,
        "Place decided: no other of 35,268 candidates comes within 0.5 % of the best plan.",
    )
    one_state = {**alone, "count": 7}
    decided, sentence = place_decided(with_facts(plan, near_ties=one_state))
    assert decided
    assert (
        "7 candidates of 35,268 cost within 0.5 % of the best plan, all in TX. Which of them is not decided" in sentence
    )


def test_grid_check_is_read_as_text_or_as_a_finding(plan: Plan, leased: Plan):
    """Failed names the line; passed and not checked say so; with nothing built there is nothing to check."""
    assert "branch 86 at 117 %" in grid_check(plan)
    assert grid_status(with_facts(plan, grid_check="passed")) == "passed"
    assert grid_status(with_facts(plan, grid_check="failed")) == "failed"
    assert grid_status(with_facts(plan, grid_check="not_checked")) == "not checked"
    assert grid_status(with_facts(plan, grid_check={"status": "passed"})) == "passed"
    line = {"branch_id": 86, "loading": 1.17}
    assert "branch id 86, loading 1.2" in grid_check(with_facts(plan, grid_check={"status": "failed", "lines": [line]}))
    assert "nothing is built" in grid_check(leased)


def test_bound_over_all_candidates_says_all(plan: Plan):
    """When every usable candidate is in the model the word screened does not appear."""
    assert (
        bound_covers(with_facts(plan, candidates_in_model=35268)) == "The bound holds for all 35,268 usable candidates."
    )


def test_a_closed_gap_reads_as_the_best(plan: Plan, study: Study):
    """Value and bound equal: none is better; the word "at most" is not needed."""
    result = PassResult(objective="npv_cost_musd", termination=Termination.OPTIMAL, value=60.0, bound=60.0)
    assert "none of them is better: gap 0.00 %" in dict(answer(replace(plan, passes=(result,)), study))["How good"]


def test_no_plan_says_why_and_what_the_money_carries(infeasible: Plan, study: Study):
    """Infeasible: the reason by arithmetic and 78,125 GPUs; stopped: not a proof."""
    assert "No plan over the 120 of 35,268 candidates" in headline(infeasible, study)
    everyone = {**infeasible.facts, "candidates_in_model": 35268}
    assert "limits contradict each other" in headline(replace(infeasible, facts=everyone), study)
    assert "siting explain says which" in headline(infeasible, study)
    lines = answer(infeasible, study)
    assert lines[0] == (
        "Why",
        "Money: the cheapest way to gigafactory takes 7,250 MUSD by 2025-Q4; funding is 6,000 MUSD.",
    )
    assert "At least 78,125 H100 SXM 80GB" in dict(lines)["What it would carry"]
    result = PassResult(objective="npv_cost_musd", termination=Termination.NO_PLAN_FOUND, limit="time limit")
    assert "does not prove" in headline(replace(infeasible, passes=(result,)), study)


def test_lease_is_named_by_its_offer(leased: Plan, study: Study):
    """A bilateral lease reads by its own name, with start, term and price."""
    assert headline(leased, study).startswith("Lease 100,000 H100 SXM 80GB under “servers for 10 GUSD”")
    lines = dict(answer(leased, study))
    assert lines["Where"] == "No campus is opened."
    assert "from 2025-Q3 for 16 quarters at 2.85 USD per GPU-hour" in lines["Lease or own"]


def test_failed_verification_is_said(plan: Plan, study: Study):
    """A plan that verification rejects says which limit."""
    broken = with_facts(plan, verification={"ok": False, "faults": ["L3 at sub-1 in 2025-Q3"]})
    assert dict(answer(broken, study))["Verified"] == "failed: L3 at sub-1 in 2025-Q3"


OTHER_FIGURES = {
    "trials": 50,
    "same": 46,
    "share": 0.92,
    "decided": True,
    "states": ["TX"],
    "seed": 3,
    "figures": "hosting MW +-30%",
    "candidates": 12,
    "gap": 0.005,
    "without_plan": 1,
    "not_in_time": 2,
    "by_place": [{"candidate": "sub-1", "trials": 41, "share": 0.82, "name": "Here <1>, TX"}],
    "by_state": [{"state": "TX", "trials": 47, "share": 0.94}, {"state": "OK", "trials": 3, "share": 0.06}],
}


def test_other_figures_can_undo_a_place_that_costs_decide(plan: Plan):
    """One place within 0.5 %, and 46 of 50 trials in the same state: decided, and both are said with seed and spread;
    20 of 50: not decided, which comes first; where costs do not decide, trials cannot."""
    near = {"count": 1, "within_share": 0.005, "states": ["TX"], "decided": True, "chosen": "x", "nothing_built": False}
    decided, sentence = place_decided(with_facts(plan, near_ties=near, other_figures=OTHER_FIGURES))
    assert decided and sentence.startswith("Place decided: no other of 35,268")
    assert "builds in TX alone in 46 of 50 trials (92 %)" in sentence
    assert "others, in so many of all: OK (6 %); 1 have no plan; 2 found none in time" in sentence
    assert "(hosting MW +-30%; seed 3: assumptions, not measured errors)" in sentence
    few = {**OTHER_FIGURES, "same": 20, "share": 0.4, "decided": False}
    decided, sentence = place_decided(with_facts(plan, near_ties=near, other_figures=few))
    assert not decided and sentence.startswith("Place not decided: with other figures")
    assert "At the figures as they stand: Place decided: no other" in sentence
    assert not place_decided(with_facts(plan, other_figures=OTHER_FIGURES))[0]


def test_the_page_lists_where_trials_build(plan: Plan, study: Study):
    """Places of the trials with their share, escaped; without trials the page says how to make them."""
    page = decided(with_facts(plan, other_figures=OTHER_FIGURES), study)
    assert "Here &lt;1&gt;, TX" in page and "82\u00a0%" in page and "siting sure" not in page
    assert "siting sure PLAN" in decided(plan, study)
