"""The second reading: a plan worked by hand holds, and every limit broken or number altered is named."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest

from siting.verification import verify
from siting.verification.cash import Bookkeeper, offers_of
from siting.verification.decisions import read_decisions
from siting.verification.places import Places


def faults(plan, study, tables):
    return verify(plan, study, tables).faults


def put(plan, table, row, column, value):
    """One cell of the plan altered."""
    frame = plan.tables[table]
    frame[column] = frame[column].astype(object)
    frame.at[frame.index[row], column] = value


def test_plan_by_hand_holds(make_study, make_plan, tables):
    """Every payment, credit and the value agree with arithmetic on paper."""
    study = make_study()
    checked = verify(make_plan(study), study, tables)
    assert checked.faults == () and checked.ok
    assert checked.npv_cost_musd == pytest.approx(23.9662, abs=1e-9)
    assert checked.largest_cash_difference_musd < 1e-9
    assert checked.grid["status"] == "not_checked" and checked.grid["not_checked"] == ["here", "hall"]
    json.dumps(checked.grid)


def test_present_value_by_hand(make_study, make_plan, tables):
    """At 21 %/y a payment of quarter t weighs 1.21^-((t + 0.5) / 4), a credit of four quarters 1 / 1.21."""
    study = make_study(money__discount_rate="21 %/y")
    keeper = Bookkeeper(study, tables, Places(study, tables), offers_of(study, tables))
    book = keeper.book(read_decisions(make_plan(study), study))
    flows = [38.0618, 33.331632, 3.301544, 2.502424, 0.3 + 1.0368 + 0.432, 0.312, 0.312, 0.312, 0.312]
    paid = sum(musd * 1.21 ** (-(t + 0.5) / 4) for t, musd in enumerate(flows))
    credited = 55.6 / 1.21 + 0.648 * 1.21 ** (-4.5 / 4)
    assert keeper.npv_cost_musd(book) == pytest.approx(paid - credited, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "item", "musd"),
    [
        # prices by order quarter: ordered at t = 0, so no growth; halls built at t = 0 likewise
        ({"purchase__price_escalator": "10 %/y"}, "accelerators", [10.625, 31.875, 0, 0]),
        ({"accelerators__0__lead_quarters": 0}, "accelerators", [0, 42.5, 0, 0]),
        ({"power__escalator": "21 %/y"}, "energy", [0, 0.104832 * 1.21**0.25, 0.105984 * 1.1, 0.105984 * 1.21**0.75]),
        ({"power__price_adder_usd_per_mwh": "50 USD/MWh"}, "energy", [0, 0.209664, 0.211968, 0.211968]),
        ({"taxes__sales_tax_exemption_claimed": True}, "accelerators", [10, 30, 0, 0]),
        ({"halls__construction_quarters": 0}, "halls", [0, 20, 0, 0]),
        # signed in t = 1: line, substation and land grow by 1.21^0.25, the deposit does not
        (
            {"halls__construction_quarters": 0, "halls__escalator": "21 %/y"},
            "opening",
            [0, 5 * 1.21**0.25 + 2, 0, 0],
        ),
        ({"halls__construction_quarters": 0, "halls__escalator": "21 %/y"}, "halls", [0, 20 * 1.21**0.25, 0, 0]),
        # delivered in t = 1 for half a year: kept up and taxed in two quarters
        ({"accelerators__0__life_years": 0.5}, "accelerator_om", [0, 0.4, 0.4, 0]),
        ({"accelerators__0__life_years": 0.5}, "property_tax", [0, 0.195, 0.185, 0]),
        ({"leases__existing__0__prepay": "50 %"}, "existing_lease", [0.2184, 0.2184, 0.2208, 0.2208]),
    ],
)
def test_payment_by_hand(make_study, make_plan, tables, change, item, musd):
    """One figure of the study changes, one item of the cash follows."""
    study = make_study(**change)
    keeper = Bookkeeper(study, tables, Places(study, tables), offers_of(study, tables))
    book = keeper.book(read_decisions(make_plan(study), study))
    assert [book.paid[item].get(t, 0.0) for t in range(4)] == pytest.approx(musd, abs=1e-9)


ALLOTTED = [{"quarter": "2024-Q2", "accelerators": 999}, {"quarter": "2024-Q3", "accelerators": 5000}]
BREAKS = {
    "L1 campus larger than its megawatts": ([("modules", 0, "modules", 3)], {}, "final MW"),
    "L1 first phase too small": ([("modules", 0, "modules", 1)], {}, "first phase"),
    "L1 halls before they can stand": ([("modules", 0, "quarter", "2024-Q1")], {}, "before 2024-Q2"),
    "L1 half a module": ([("modules", 0, "modules", 2.5)], {}, "whole number"),
    "L2 more installed than halls hold": ([("deliveries", 0, "pods", 30)], {}, "halls hold"),
    "L3 more running than installed": ([("fleet", 1, "running", 1001.0)], {}, "are installed"),
    "L3 more drawn than energized": ([], {"power__ramp__0__share": "40 %"}, "are energized"),
    "L3 no delivery inside the lead time": ([("deliveries", 0, "quarter", "2024-Q1")], {}, "lead time"),
    "L3 no delivery before sale": ([], {"accelerators__0__available": "2024-Q3"}, "before it is available"),
    "L3 vendor's supply": ([], {"accelerators__0__supply_per_quarter": 999}, "vendor ships"),
    "L3 vendor's allocation": (
        [],
        {"accelerators__0__supply_per_quarter": None, "accelerators__0__allocation": ALLOTTED},
        "vendor ships 999",
    ),
    "L3 gone at the end of its life": ([], {"accelerators__0__life_years": 0.25}, "deliveries give 0"),
    "L4 cluster without a host": ([("clusters", 0, "cluster", "other")], {}, "has no host"),
    "L4 cluster with two hosts": ([("clusters", 1, "cluster", "big")], {}, "more than one host"),
    "L4 host too small": ([("fleet", 2, "running", 900.0)], {}, "too few A run"),
    "L4 fabric too small": ([], {"leases__bilateral__0__single_fabric_gpus": 199}, "fabric holds"),
    "L4 contract not reserved": ([("leases", 1, "cluster", "")], {}, "no contract of new in force"),
    "L4 contract begins late": ([("leases", 1, "quarter", "2024-Q4")], {}, "no contract of new in force"),
    "L4 wrong type": ([("clusters", 0, "accelerator", "B")], {}, "stands on B"),
    "L5 demand not served": ([("service", 0, "h100e_bf16", 69.0)], {}, "asked"),
    "L5 no demand row": ([("service", 0, "quarter", "2024-Q2")], {}, "0.000 H100e served"),
    "L5 more served than the source can": ([("service", 0, "h100e_bf16", 76.1)], {}, "capacity is 76.000"),
    "L5 less served than arithmetic says": ([], {"accelerators__0__inference_h100e": 0.9}, "capacity is 68.400"),
    "L5 reserved for a cluster": ([("service", 0, "source", "new")], {}, "capacity is 0.000"),
    "L5 too far": ([], {"inference__rtt_target_ms": "20 ms"}, "the target is 20 ms"),
    "L5 unknown source": ([("service", 0, "source", "nowhere")], {}, "the source has no place"),
    "L5 negative service": ([("service", 0, "h100e_bf16", -5.0)], {}, "no amount from 0"),
    "L6 window": ([("leases", 1, "quarter", "2024-Q1")], {}, "outside its window"),
    "L6 too many": ([("leases", 1, "gpus", 401)], {}, "at most 400"),
    "L6 too few": ([("leases", 1, "gpus", 99)], {}, "at least 100"),
    "L6 contract that runs is missing": ([("leases", 0, "gpus", 0)], {}, "existing contract old"),
    "L6 no such lease": ([("leases", 1, "lease", "other")], {}, "no such offer"),
    "L7 more spent than raised": (
        [],
        {"money__funding": [{"quarter": "2024-Q1", "amount_musd": "77 MUSD", "status": "closed"}]},
        "money, 2024-Q4",
    ),
    "L8 own": ([], {"money__own": False}, "site here: ruled out"),
    "L8 colocation": ([], {"money__colocation": False}, "site hall: ruled out"),
    "L8 lease": ([], {"money__lease": False}, "lease new: no such offer"),
    "unknown candidate": ([("modules", 0, "candidate", "nowhere")], {}, "site nowhere: no such candidate"),
    "outside the horizon": ([("modules", 0, "quarter", "2025-Q1")], {}, "outside the horizon"),
    "no quarter": ([("fleet", 0, "quarter", "soon")], {}, "is no quarter"),
    "not a number": ([("fleet", 1, "running", float("nan"))], {}, "no amount from 0"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_limit_is_named(make_study, make_plan, tables, name):
    """The plan that holds, one decision or one figure of the study changed: a fault speaks of that limit."""
    edits, changes, words = BREAKS[name]
    study = make_study(**changes)
    plan = make_plan(study)
    for edit in edits:
        put(plan, *edit)
    found = faults(plan, study, tables)
    assert any(words in fault for fault in found), found


COLUMNS = {
    "sites": "candidate lat lon state county_fips tenure open_quarter it_mw utility_mw final_utility_mw pue_mean "
    "pue_peak usd_per_mwh energization grid_checked clusters",
    "modules": "candidate quarter modules it_mw",
    "deliveries": "candidate accelerator quarter pods accelerators",
    "fleet": "candidate accelerator quarter installed running",
    "leases": "lease accelerator quarter gpus term_quarters usd_per_gpu_h existing cluster",
    "power": "candidate quarter standing_it_mw running_it_mw running_utility_mw energized_utility_mw energy_mwh co2_t",
    "service": "source region quarter rtt_ms",
    "cash": "quarter accelerators halls hall_om rent opening energy accelerator_om property_tax lease existing_lease "
    "total cumulative funding_cumulative",
    "after_horizon": "quarter rent lease existing_lease",
    "credits": "musd",
    "clusters": "cluster host tenure accelerator gpus it_mw utility_mw by",
    "regions": "region lat lon population peak_h100e_bf16",
}
ALTERED = [(table, column) for table, columns in COLUMNS.items() for column in columns.split()]


@pytest.mark.parametrize(("table", "column"), ALTERED, ids=lambda part: part)
def test_altered_cell_is_a_fault(make_study, make_plan, tables, table, column):
    """Add one to a number, or put another word in a cell: no column of decisions or figures is taken on trust."""
    study = make_study()
    plan = make_plan(study)
    found = plan.tables[table][column].iloc[0]
    if isinstance(found, str):
        new = "2024-Q4" if found.startswith("202") else "elsewhere"
    else:
        new = not found if column in ("existing", "grid_checked") else found + 1
    put(plan, table, 0, column, new)
    assert faults(plan, study, tables)


@pytest.mark.parametrize("table", ["cash", "service", "fleet", "power", "after_horizon", "regions", "credits"])
@pytest.mark.parametrize("how", ["blank", "lost", "gone"])
def test_missing_is_a_fault(make_study, make_plan, tables, table, how):
    """A blank number, a lost row and a table that is not there are faults, never skipped."""
    study = make_study()
    plan = make_plan(study)
    number = plan.tables[table].select_dtypes("number").columns[-1]
    if how == "blank":
        put(plan, table, 0, number, float("nan"))
    elif how == "lost":
        plan.tables[table] = plan.tables[table].iloc[1:]
    else:
        del plan.tables[table]
    assert faults(plan, study, tables)


def test_identity_value_and_bound(make_study, make_plan, tables):
    """Another study, another table, another value or a bound above the value are faults."""
    study = make_study()
    plan = make_plan(study)
    other = make_study(title="another")
    assert any("this study is" in f for f in faults(plan, other, tables))
    for hashes in ({}, {**plan.data_hashes, "regions.csv": "0"}, {**plan.data_hashes, "more.csv": "0"}):
        assert any("not the one" in f for f in faults(dataclasses.replace(plan, data_hashes=hashes), study, tables))
    assert any(f.startswith("value:") for f in faults(make_plan(study, value=23.97), study, tables))
    wrong = make_plan(study, value=24.5, bound=24.2)
    assert any(f.startswith("bound:") for f in faults(wrong, study, tables))


def test_shares_nothing_with_the_model():
    """Importing it brings in neither the model nor a solver."""
    code = "import sys, siting.verification; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    closed = ("problem", "assembly", "reduction", "formulation", "solver")
    banned = [f"siting.{name}" for name in closed] + ["pyomo", "highspy"]
    assert not [name for name in loaded for ban in banned if name == ban or name.startswith(f"{ban}.")]
