"""What is decided by a quarter is held, what is due later is decided again: against a list of all plans that agree."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listing import Host, cheapest_by_listing
from question_studies import random_study
from small_studies import ABILENE, DALLAS, H100, small_study
from test_shared_lines import study as on_a_line

from siting.assembly import assemble
from siting.errors import InputError
from siting.plan import Plan
from siting.problem import Problem
from siting.run import solve
from siting.study import Study
from siting.tables.read import read_tables
from siting.units import parse_quarter, quarter_label
from siting.whatif.first_stage import decided_by, due_of, stages
from siting.whatif.regret import no_regret

CHANGES: dict[int, dict[str, dict[str, Any]]] = {
    0: {"as it is": {}, "dear": {"accelerators.0.price_usd": "52000 USD"}, "late": {"clusters.0.by": "2025-Q2"}},
    5: {"as it is": {}, "rich": {"money.funding.0.amount_musd": "90 MUSD"}},
    14: {"as it is": {}, "quick": {"halls.construction_quarters": 1}, "slow": {"halls.construction_quarters": 3}},
}
"""Edits by seed: runs whose plans decide differently. Not all have a plan."""


@cache
def tables():
    """The shipped tables."""
    return read_tables()


def agreeing(plan: Plan, own: Study, run: Study, p: Problem, until: int) -> float:
    """Least cost in the list of the run's plans that have done by `until` what the plan has done by then."""
    ahead, here = own.halls.construction_quarters, run.halls.construction_quarters
    at = {str(name): i for i, name in enumerate(p.candidate_id)}
    ordered = np.zeros((len(at), p.quarters))
    for row in plan.tables["modules"].to_dict("records"):
        live = parse_quarter(row["quarter"])
        if live - ahead <= until:
            if row["candidate"] not in at or live < run.start:
                return np.inf
            if live - run.start < p.quarters:
                ordered[at[row["candidate"]], live - run.start] += row["modules"]
    ordered = ordered.cumsum(axis=1)
    can_add = np.arange(p.quarters) + run.start - here > until
    signed = np.where(np.arange(p.quarters) + run.start <= until, 0.0, np.nan) * np.ones((len(p.lease_id), 1))
    for row in plan.leases[~plan.leases["existing"].astype(bool)].to_dict("records"):
        if parse_quarter(row["quarter"]) <= until:
            li, t = p.lease_id.tolist().index(row["lease"]), parse_quarter(row["quarter"]) - run.start
            signed[li, t] = row["gpus"]
    (cluster,) = plan.tables["clusters"].to_dict("records")
    leased = cluster["tenure"] == "lease"
    chosen = parse_quarter(cluster["by"]) - (0 if leased else ahead) <= until

    def agrees(modules: np.ndarray, hosts: tuple[Host, ...]) -> bool:
        standing = modules.cumsum(axis=1)
        if not np.where(can_add, standing >= ordered, standing == ordered).all():
            return False
        name = p.lease_id[hosts[0].offer] if hosts[0].offer >= 0 else p.candidate_id[hosts[0].site]
        return not chosen or name == cluster["host"]

    return cheapest_by_listing(p, True, agrees=agrees, signed=signed)[0]


@pytest.mark.parametrize("seed", sorted(CHANGES))
def test_every_plan_in_every_run_costs_what_the_list_says(seed: int, tmp_path: Path) -> None:
    """Two places, one cluster, by chance an offer: for every quarter from before the start to the end, what a plan
    costs under another run with its decisions so far held is the least in the list of all plans that agree so far, and
    the bound lies nowhere above it."""
    study = random_study(seed, tmp_path)
    studies = {name: study.update(edits) for name, edits in CHANGES[seed].items()}
    plans = {name: solve(one, tables=tables()) for name, one in studies.items()}
    plans = {name: plan for name, plan in plans.items() if plan.npv_cost_musd is not None}
    assert len(plans) >= 2
    problems = {name: assemble(studies[name], tables()).problem for name in plans}
    seen = set()
    for until in range(study.start - 1, study.start + study.quarters):
        first = stages(plans, studies, until)
        for run in plans:
            answers, _ = first.held_under(run, studies[run], tables())
            for name, found in zip(plans, answers, strict=True):
                true = agreeing(plans[name], studies[name], studies[run], problems[run], until)
                seen.add((name, run, round(true, 4)))
                where = (seed, quarter_label(until), name, run)
                if not np.isfinite(true):
                    assert found.result.value is None and found.result.limit is None, where
                    continue
                assert found.result.value == pytest.approx(true, abs=1e-4), where
                assert found.result.bound is not None and found.result.bound <= true + 1e-4, where
    assert len(seen) > len(plans) ** 2  # it matters when


def test_what_is_due_by_a_quarter(tmp_path: Path) -> None:
    """Halls that stand in 2025-Q4 after 5 quarters are ordered in 2024-Q3: before that nothing is decided, from then on
    site, halls and host. A contract from 2025-Q1 on is signed then; the cluster on it is placed when it begins."""
    offer = {"name": "rented", "accelerator": H100, "gpus": 1024, "usd_per_gpu_h": "2.10 USD/GPU/h"}
    offer |= {"term_quarters": 8, "deliver_from": "2025-Q1", "single_fabric_gpus": 1024}
    study = small_study(tmp_path, ABILENE, search={"date_curve": False})
    plan = solve(study, tables=tables())
    ordered = parse_quarter("2024-Q3")
    assert due_of(plan, study).sites == {"abilene": ordered} and due_of(plan, study).hosts == {"first": ordered}
    for until, sites in ((ordered - 1, 0), (ordered, 1)):
        first = decided_by(plan, study, until)
        assert [len(first.tables[name]) for name in ("sites", "modules", "clusters")] == [sites] * 3
    study = small_study(tmp_path, search={"date_curve": False}, leases={"bilateral": [offer]})
    plan = solve(study, tables=tables())
    signed, begins = parse_quarter(plan.leases["quarter"].iloc[0]), parse_quarter("2025-Q4")
    assert due_of(plan, study).hosts == {"first": begins}
    found = [decided_by(plan, study, until) for until in (signed - 1, signed, begins)]
    assert [len(one.leases) for one in found] == [0, 1, 1]
    assert [len(one.tables["clusters"]) for one in found] == [0, int(signed == begins), 1]


def test_who_may_wait_regrets_less(tmp_path: Path) -> None:
    """Two dates: the plan for the later one does not hold the earlier date. While its halls are not ordered it costs
    nothing to have planned so; then it does not hold. Later stages never cost less; the words name the quarter."""
    study = small_study(tmp_path, ABILENE + DALLAS, search={"date_curve": False, "gap": 0.0})
    studies = {"soon": study, "late": study.update({"clusters.0.by": "2026-Q2"})}
    plans = {name: solve(one, tables=tables()) for name, one in studies.items()}
    due = [due_of(plans[name], studies[name]).sites for name in studies]
    (soon,), (late,) = (set(one.values()) for one in due)
    assert soon < late
    before, between, after = (
        no_regret(plans, decided_until=quarter_label(q), tables=tables()) for q in (soon - 1, soon, late)
    )
    whole = no_regret(plans, tables=tables())
    assert before.stages == 1 and np.allclose(before.musd, 0.0, atol=1e-4) and not before.lost
    assert between.stages == 2 and set(between.lost) == {("late", "soon")}
    assert between.lost.keys() == whole.lost.keys()
    for earlier, later in ((before, between), (between, after), (after, whole)):
        known = np.isfinite(later.held_musd)
        assert (earlier.held_musd[known] <= later.held_musd[known] + 1e-4).all()
    assert f"what is due by the end of {quarter_label(soon)}" in str(between) and "that differ" in str(between)
    assert "those of later years too" in str(whole)


def test_lines_become_limits_of_what_is_decided_later(tmp_path: Path) -> None:
    """Made without lines, under a run that looks at them: held whole the plan overloads the line, and does not hold;
    while halls are still to be ordered others are, for as much as a plan made so, and the line keeps its rating."""
    for name in ("blind", "seeing"):
        (tmp_path / name).mkdir()
    studies = {"blind": on_a_line(tmp_path / "blind", joint="off"), "seeing": on_a_line(tmp_path / "seeing")}
    plans = {name: solve(one, tables=tables()) for name, one in studies.items()}
    whole, _ = stages(plans, studies, None).held_under("seeing", studies["seeing"], tables())
    assert whole[0].result.value is None and "branch row 1" in whole[0].lost[0]
    start = studies["seeing"].start
    open_still, _ = stages(plans, studies, start - 1).held_under("seeing", studies["seeing"], tables())
    assert open_still[0].result.value == pytest.approx(plans["seeing"].npv_cost_musd, rel=2e-4)
    late, _ = stages(plans, studies, start + 11).held_under("seeing", studies["seeing"], tables())
    assert late[0].result.value is None and "branch row 1" in late[0].lost[0]


def test_a_quarter_that_is_none_is_refused(tmp_path: Path) -> None:
    """`2026` is no quarter."""
    with pytest.raises(InputError) as caught:
        no_regret({}, decided_until="2026")
    assert [fault.key for fault in caught.value.faults] == ["decided_until", "runs"]
    assert 'a quarter such as "2026-Q2"' in str(caught.value)
