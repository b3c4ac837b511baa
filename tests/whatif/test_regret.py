"""Plans of many runs under each other's inputs, and what is safe to decide."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from small_studies import ABILENE, DALLAS, H100, small_study
from test_shared_lines import study as on_a_line

from siting.errors import InputError
from siting.plan import Plan
from siting.run import solve
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination
from siting.whatif.regret import Regret, no_regret
from siting.whatif.repriced import reprice_plan

OFFER = {
    "name": "rented",
    "accelerator": H100,
    "gpus": 1024,
    "usd_per_gpu_h": "2.60 USD/GPU/h",
    "term_quarters": 8,
    "deliver_from": "2025-Q1",
    "single_fabric_gpus": 1024,
}
PRICES = ("2.40 USD/GPU/h", "2.60 USD/GPU/h", "9.60 USD/GPU/h")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="module")
def plans(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    """One cluster, one place and one offer at three prices; and a run that has no plan."""
    folder = tmp_path_factory.mktemp("regret")
    search = {"date_curve": False, "gap": 0.0001}
    study = small_study(folder, ABILENE, search=search, leases={"bilateral": [OFFER]})
    made = {price: solve(study.update({"leases.bilateral.0.usd_per_gpu_h": price}), tables=tables) for price in PRICES}
    nothing = PassResult(objective="npv_cost_musd", termination=Termination.INFEASIBLE)
    made["poor"] = dataclasses.replace(made[PRICES[0]], passes=(nothing,))
    return made


@pytest.fixture(scope="module")
def regret(plans: dict[str, Plan], tables: Tables) -> Regret:
    return no_regret(plans, tables=tables)


def test_a_plan_under_its_own_inputs_gives_its_own_value(regret: Regret, plans: dict[str, Plan]) -> None:
    """The diagonal is the plan's value to the gap of its search, and its regret is 0 to that gap."""
    own = np.array([plans[name].npv_cost_musd for name in regret.names])
    np.testing.assert_allclose(np.diag(regret.held_musd), own, rtol=1e-4)
    assert (np.diag(regret.musd) <= 1e-4 * own).all() and (np.diag(regret.low_musd) == 0.0).all()
    assert regret.without == ("poor",)


def test_a_contract_that_gets_dearer_costs_its_price_more(regret: Regret, plans: dict[str, Plan]) -> None:
    """The plan that rents at 2.40 pays 4 times as much at 9.60, where the best plan builds: the difference is its
    regret; the plan that builds costs the same at every rent, so its regret at 2.40 is what building costs more."""
    rent, build = (float(plans[price].npv_cost_musd) for price in (PRICES[0], PRICES[2]))
    assert plans[PRICES[0]].tables["clusters"]["tenure"].tolist() == ["lease"]
    assert plans[PRICES[2]].tables["clusters"]["tenure"].tolist() == ["own"]
    assert regret.musd[0, 2] == pytest.approx(4.0 * rent - build, rel=1e-3)
    assert regret.musd[2, 0] == pytest.approx(build - rent, rel=1e-3)
    for n, r in ((0, 2), (2, 0)):
        assert regret.low_musd[n, r] - 1e-6 <= regret.musd[n, r] <= regret.high_musd[n, r] + 1e-6
        assert regret.high_musd[n, r] - regret.low_musd[n, r] <= 3e-4 * build  # two gaps of 0.01 %


def test_least_regret_is_the_smallest_largest_one(regret: Regret) -> None:
    """Of the rows of the matrix the one whose largest entry is smallest; the words name it with its bar."""
    largest = {name: regret.musd[n].max() for n, name in enumerate(regret.names)}
    assert regret.minimax is not None and largest[regret.minimax] == pytest.approx(min(largest.values()))
    assert f"Least to regret: the plan of {regret.minimax}" in str(regret) and "proved to lie between" in str(regret)
    header = str(regret).splitlines()[-4]
    rows = str(regret).splitlines()[-len(regret.names) :]
    assert header.split() == ["1", "2", "3"]  # however wide, no run is left out
    assert all(row.startswith(f"{n} {name}") for n, (row, name) in enumerate(zip(rows, regret.names, strict=True), 1))


def test_decisions_depend_on_the_key_that_separates_them(regret: Regret) -> None:
    """The offer is signed and hosts the cluster at two prices, the campus is opened at the third: both depend on the
    price; nothing is in every good plan."""
    frame = regret.decisions.set_index(["kind", "decision"])
    rented, built = frame.loc[("lease", "rented")], frame.loc[("site", "abilene, own")]
    key = "leases.bilateral.0.usd_per_gpu_h"
    assert rented["plans"] + built["plans"] == 3
    assert built["depends_on"] == f"{key} >= 9.6 USD/GPU/h (not <= 2.6 USD/GPU/h)"
    assert rented["depends_on"] == f"{key} <= 2.6 USD/GPU/h (not >= 9.6 USD/GPU/h)"
    assert built["hosts"] == rented["hosts"] == "first" and len(frame) == 2  # no row a host or state: one choice each
    assert set(frame["status"]) == {"in some"} and "No site, contract or host is in every good plan" in str(regret)
    halls = built["first_due"]  # 5 quarters of construction before the first halls
    assert halls < "2025" and rented["first_due"] >= "2025-Q1"
    told = (
        f"In 2 of 3 good plans: lease rented, host of first (can wait until {rented['first_due']}); where {key} <= 2.6"
    )
    assert told in str(regret)


def test_what_all_plans_share_is_safe_and_what_does_not_hold_is_said(tables: Tables, tmp_path: Path) -> None:
    """Abilene alone, due in 2025-Q4 or two quarters later: both open it, which is in every good plan, signed in either
    quarter. The later plan does not hold the earlier date, and says why; the earlier one holds both dates."""
    study = small_study(tmp_path, ABILENE + DALLAS, search={"date_curve": False}, rules={"forbidden": ["dallas"]})
    later = study.update({"clusters.0.by": "2026-Q2"})
    found = no_regret({"soon": solve(study, tables=tables), "later": solve(later, tables=tables)}, tables=tables)
    row = found.decisions.set_index("kind").loc["site"]
    assert (row["decision"], row["status"], row["depends_on"]) == ("abilene, own", "in every good plan", "")
    assert row["first_due"] < row["last_due"]
    assert row["hosts"] == "first" and len(found.decisions) == 1  # the site stands for its state and its host
    assert ("later", "soon") in found.lost and np.isnan(found.musd[1, 0]) and found.minimax == "soon"
    assert "The plan of later does not hold in soon" in str(found)
    written = found.save(tmp_path)
    assert [path.name for path in written] == ["regret.csv", "decisions.csv"] and all(p.exists() for p in written)


def test_plans_that_fail_alike_are_told_together_and_many_runs_in_few_columns(regret: Regret) -> None:
    """Two plans that do not hold in the same runs for the same reason are one sentence, names with commas in it apart.
    Of 30 runs the table holds the largest regret of each plan, in 80 letters."""
    a, b, c = regret.names
    found = dataclasses.replace(
        regret, lost={(a, b): "too late", (a, c): "too late", (b, b): "too late", (b, c): "too late"}
    )
    assert f"The plans of {a}; {b} do not hold in 2 runs: {b}; {c} (too late)." in found.words
    n, names = 30, tuple(f"run {n}, late" for n in range(30))
    arrays = {name: np.full((n, n), 70.0) for name in ("held_musd", "held_bound_musd")}
    arrays |= {"best_musd": np.full(n, 60.0), "bound_musd": np.full(n, 60.0)}
    many = dataclasses.replace(regret, names=names, bound_over=("all candidates",) * n, **arrays)
    table = str(many).partition("Largest regret of each plan, MUSD\n")[2].splitlines()
    assert len(table) == 31 and max(map(len, table)) <= 80 and table[1].split()[-4:] == ["10.0", "run", "0,", "late"]


def test_plans_without_proof_are_not_good(plans: dict[str, Plan], tables: Tables) -> None:
    """A plan 5 % above its bound is not within 2 %: it is held like the others, its decisions are not counted."""
    plan = plans[PRICES[2]]
    loose = dataclasses.replace(plan.last, bound=0.95 * float(plan.npv_cost_musd))
    found = no_regret({"loose": dataclasses.replace(plan, passes=(loose,), facts={**plan.facts, "everyone": {}})})
    assert found.good == () and not len(found.decisions) and found.high_musd[0, 0] > 0.04 * found.best_musd[0]
    assert "Not among them, for want of proof: loose" in str(found)


def test_what_is_not_known_is_not_said_to_fail(regret: Regret) -> None:
    """A pair without an answer in time reads "not known" in the table, and no plan is said to hold nowhere."""
    held = regret.held_musd.copy()
    held[:, 1] = np.nan
    names = regret.names
    found = dataclasses.replace(regret, held_musd=held, unknown=tuple((name, names[1]) for name in names))
    assert "does not hold" not in str(found) and str(found).count("not known ") >= 2
    assert "No plan is known to hold in every run." in found.words
    lost = dataclasses.replace(regret, held_musd=held, lost={(name, names[1]): "no money" for name in names})
    assert "No plan holds in every run." in lost.words and lost.told(0, 1) == "does not hold"


def test_a_bound_over_the_searched_candidates_proves_no_upper_end(regret: Regret) -> None:
    """With one run of which only the searched candidates have a bound, what was proved over all is the lower end."""
    assert "proved to lie between" in str(regret)
    found = dataclasses.replace(regret, bound_over=(*regret.bound_over[:-1], "the candidates searched"))
    assert "proved to lie between" not in str(found)
    assert "proved to be at least" in str(found) and "as far as the candidates that were searched go" in str(found)


def test_lines_are_looked_at_in_plans_that_are_held(tables: Tables, tmp_path: Path) -> None:
    """Made where the line carries 300 MW, the plan draws about 107 MW behind it: where it carries 100 MW, 10 of them
    taken, it does not hold, and the line is named; where nobody asks for lines it holds. What was made for 100 MW holds
    in all."""
    folders = {"wide": tmp_path / "wide", "narrow": tmp_path / "narrow", "blind": tmp_path / "blind"}
    for folder in folders.values():
        folder.mkdir()
    studies = {"wide": on_a_line(folders["wide"], 300.0), "narrow": on_a_line(folders["narrow"], 100.0)}
    studies["blind"] = on_a_line(folders["blind"], 100.0, joint="off")
    wide, narrow = (solve(studies[name], tables=tables) for name in ("wide", "narrow"))
    for run, holds in (("wide", True), ("blind", True), ("narrow", False)):
        found = reprice_plan(wide, studies[run], tables=tables)
        assert (found.result.value is not None) is holds, (run, found.lost)
    assert found.result.termination is Termination.INFEASIBLE
    (said,) = found.lost
    assert re.fullmatch(r"branch row 1 \(10-20\): 1\d\.\d MW over its rating with all sites together", said), said
    for run in folders:
        assert reprice_plan(narrow, studies[run], tables=tables).result.value is not None


def test_nothing_to_compare_is_refused(plans: dict[str, Plan], tables: Tables) -> None:
    """No run with a plan and a share of 0: two faults at once."""
    with pytest.raises(InputError) as caught:
        no_regret({"poor": plans["poor"]}, within=0.0, tables=tables)
    assert [fault.key for fault in caught.value.faults] == ["within", "runs"]


def test_a_quarter_outside_the_horizon_is_refused(plans: dict[str, Plan], tables: Tables) -> None:
    """The day before the first quarter means that nothing is decided; years before or after are slips."""
    for quarter in ("2020-Q1", "2040-Q1", ""):
        with pytest.raises(InputError, match="decided_until"):
            no_regret(plans, decided_until=quarter, tables=tables)


def test_plans_of_other_figures_are_not_compared(plans: dict[str, Plan], tables: Tables) -> None:
    """The planner's file has changed since: what was proved is no longer true of it."""
    other = {
        name: dataclasses.replace(plan, facts={**plan.facts, "problem_digest": "0" * 64})
        for name, plan in plans.items()
    }
    with pytest.raises(InputError, match="the sweep run again"):
        no_regret(other, tables=tables)
    named = {
        name: dataclasses.replace(plan, facts={**plan.facts, "own_files": {"sites.csv": "1" * 64}})
        for name, plan in other.items()
    }
    with pytest.raises(InputError, match=r"sites\.csv: SHA-256: found"):
        no_regret(named, tables=tables)
