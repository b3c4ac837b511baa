"""Faults that users of other planning tools reported, provoked here: each is refused or answered as it should be."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from small_studies import ABILENE, H100, small_study

import siting
from siting.assembly import assemble
from siting.errors import InputError
from siting.formulation.build import build_model
from siting.geo.distance import geodesic_km
from siting.geo.latency import rtt_p95_ms
from siting.plan import Plan
from siting.solver.compile import compile_model
from siting.study import Study, read_study
from siting.tables.read import read_tables
from siting.termination import Termination

QUIET = {"date_curve": False, "threads": 1}
RICH = {"discount_rate": "10 %/y", "funding": [{"quarter": "2024-Q2", "amount_musd": "90 GUSD", "status": "closed"}]}


def solved(folder: Path, rows: str = ABILENE, **changes: Any) -> Plan:
    """The plan of a small study, without the curve of money against date."""
    return siting.solve(small_study(folder, rows, **{"search": QUIET, **changes}))


def inference(peak_h100e: int, rtt_ms: int) -> dict[str, Any]:
    """A demand of the three largest metros from 2026-Q1."""
    asked = {"peak_h100e_bf16": peak_h100e, "first_quarter": "2026-Q1", "regions": 3, "rtt_basis": "backbone"}
    return {"clusters": [], "inference": {**asked, "rtt_target_ms": f"{rtt_ms} ms"}, "money": RICH}


def test_case_1_no_plan_is_explained(tmp_path: Path) -> None:
    """100,000 H100 by 2026-Q2 on one place of 60 MW that has power in 2027: infeasible, with the MW that are short."""
    plan = solved(
        tmp_path,
        "only,32.45,-99.73,own,60,,62,2027-Q1,,\n",
        clusters=[{"name": "big", "gpus": 100_000, "accelerators": [H100], "by": "2026-Q2"}],
    )
    assert plan.passes[-1].termination is Termination.INFEASIBLE
    (reason,) = plan.facts["reasons"]
    assert "140.1 MW IT" in reason and "40.0 MW IT" in reason


def test_case_2_a_contradiction_of_the_data_is_no_infeasibility(tmp_path: Path) -> None:
    """More sites at least than at most, and one that is forced and forbidden: refused at read, both numbers said."""
    with pytest.raises(ValidationError) as caught:
        small_study(tmp_path, rules={"min_sites": 3, "max_sites": 2, "forced": ["dallas"], "forbidden": ["dallas"]})
    assert "3" in str(caught.value) and "max_sites, 2" in str(caught.value)
    assert "dallas" in str(caught.value)


def test_case_4_no_coefficient_is_larger_than_what_it_bounds(tmp_path: Path) -> None:
    """No big M: in every row the binaries of a site carry its own modules or MW, 150 at the most here."""
    p = assemble(small_study(tmp_path), read_tables()).problem
    m = build_model(p)
    binaries = {id(m.Z[key]) for key in m.Z}
    largest = max(
        abs(c)
        for family in (m.modules_within_site, m.first_phase, m.power_balance, m.stay_open)
        for key in family
        for c, v in zip(*_linear(family[key]), strict=True)
        if id(v) in binaries
    )
    assert largest == 150.0
    nonzero = np.abs(compile_model(m).a.data)
    assert nonzero.max() / nonzero[nonzero > 0].min() < 1e8


def _linear(row: Any) -> tuple[list[float], list[Any]]:
    from pyomo.repn import generate_standard_repn

    found = generate_standard_repn(row.body)
    return list(found.linear_coefs), list(found.linear_vars)


def test_case_5_and_6_twins_cost_the_same_and_are_counted(tmp_path: Path) -> None:
    """Two places that differ by name alone: value and bound agree, and the tie is told beside the plan."""
    plan = solved(tmp_path, ABILENE + ABILENE.replace("abilene", "benelia"))
    again = solved(tmp_path, ABILENE + ABILENE.replace("abilene", "benelia"), search={**QUIET, "threads": 2})
    assert plan.passes[-1].gap == pytest.approx(0.0, abs=1e-9)
    assert plan.passes[-1].value == pytest.approx(again.passes[-1].value, rel=1e-9)
    assert plan.sites["candidate"].tolist() == again.sites["candidate"].tolist()


def test_case_7_a_time_limit_is_an_answer(tmp_path: Path) -> None:
    """A tenth of a millisecond: whatever was reached is said with a limit or a proof, never a traceback."""
    final = solved(tmp_path, search={**QUIET, "time_limit_s": "0.0001 s"}).passes[-1]
    assert (final.limit is not None) == (final.termination in (Termination.FEASIBLE, Termination.NO_PLAN_FOUND))


def test_case_9_money_in_the_wrong_unit(tmp_path: Path) -> None:
    """6e9 MUSD are 6,000,000 GUSD: refused, with the number read out."""
    funding = [{"quarter": "2024-Q2", "amount_musd": "6e9 MUSD", "status": "closed"}]
    with pytest.raises(ValidationError, match="6,000,000,000 MUSD: is USD or kUSD meant"):
        small_study(tmp_path, money={**RICH, "funding": funding})


def test_case_11_a_region_that_nobody_reaches(tmp_path: Path) -> None:
    """40 ms from Abilene: New York is named with the nearest candidate and its round trip."""
    with pytest.raises(InputError, match=r"New York.*nearest candidate is abilene at 5\d\.\d ms"):
        solved(tmp_path, **inference(1000, 40))


def test_case_12_more_demand_than_power(tmp_path: Path) -> None:
    """80,000 H100e want 147 MW of IT where 60 MW at the meter reach: infeasible, never 'optimal' for a part."""
    plan = solved(tmp_path, "a,32.45,-99.73,own,60,,62,2025-Q2,,\n", **inference(80_000, 90))
    assert plan.passes[-1].termination is Termination.INFEASIBLE


def test_case_12_a_forced_site_obeys_the_same_arcs(tmp_path: Path) -> None:
    """Seattle is forced and out of reach of all three metros at 55 ms but Los Angeles: it serves that one alone."""
    seattle = "seattle,47.60,-122.33,own,60,,62,2025-Q2,,\n"
    plan = solved(tmp_path, ABILENE + seattle, rules={"forced": ["seattle"]}, **inference(1000, 55))
    assert "seattle" in plan.sites["candidate"].tolist()
    served = plan.tables["service"]
    reached = set(served.loc[served["source"] == "seattle", "region"])
    assert all("Los Angeles" in region for region in reached)
    assert (served["rtt_ms"] <= 55).all()


@pytest.mark.parametrize("blank", ["nan", "NA", "-", "#N/A"])
def test_case_13_a_spelt_blank_is_no_number(tmp_path: Path, blank: str) -> None:
    """A price of `nan` and its cousins: refused by file, row and column; never 0."""
    study = small_study(tmp_path, ABILENE.replace(",62,", f",{blank},"))
    with pytest.raises(InputError, match=r"sites\.csv.*row 2, usd_per_mwh"):
        assemble(study, read_tables())


def test_case_14_misspelt_and_doubled_keys(tmp_path: Path) -> None:
    """`latencey_ms` is unknown, a key given twice is broken TOML, and an override that matches nothing is an error."""
    with pytest.raises(ValidationError, match="latencey_ms"):
        small_study(tmp_path, inference={**inference(1000, 90)["inference"], "latencey_ms": "30 ms"})
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads('name = "a"\nname = "b"\n')
    with pytest.raises(InputError, match="discount"):
        small_study(tmp_path).update({"money.discount": "8 %/y"})


def test_case_18_semicolons_commas_and_a_bom(tmp_path: Path) -> None:
    """`150,5` beside semicolons is 150.5 MW at the meter, whatever marks the file begins with."""
    study = small_study(tmp_path)
    text = "\ufeffcandidate;lat;lon;tenure;utility_mw;usd_per_mwh\nmemphis;35,06;-90,16;own;150,5;60,25\n"
    (tmp_path / "sites.csv").write_text(text, encoding="utf-8")
    frame = assemble(study, read_tables()).candidates
    assert frame["final_utility_mw"].tolist() == [150.5] and frame["usd_per_mwh"].tolist() == [60.25]


def test_case_22_names_that_no_solver_would_take(tmp_path: Path) -> None:
    """Spaces, brackets, a hash and an umlaut in an id: the plan names the place as it was written, and is verified."""
    name = "New Albany [OH] #2 Mäntsälä"
    plan = solved(tmp_path, ABILENE.replace("abilene", name))
    assert plan.sites["candidate"].tolist() == [name]
    assert siting.verify(plan).ok


def test_case_26_degrees_are_no_kilometres() -> None:
    """Dallas to Memphis: 676.8 km, not 7.15 degrees; 20.4 ms by the fitted line."""
    km = float(geodesic_km([32.78], [-96.80], [35.15], [-90.05])[0, 0])
    assert km == pytest.approx(676.8, rel=0.01)
    assert float(rtt_p95_ms(km)) == pytest.approx(20.4, abs=0.1)


@pytest.mark.parametrize("place", ["san-juan,18.45,-66.07", "hagatna,13.47,144.75"])
def test_case_28_territories_have_no_figures(tmp_path: Path, place: str) -> None:
    """Puerto Rico and Guam: refused by their row; no figure of the nearest state stands in."""
    with pytest.raises(InputError, match="row 3, lat, lon"):
        assemble(small_study(tmp_path, ABILENE + f"{place},own,60,,62,,,\n"), read_tables())


def test_case_30_a_campus_across_the_state_line(tmp_path: Path) -> None:
    """Colossus 2 has a Memphis address and stands in Mississippi: price and CO2 are both that state's."""
    rows = "southaven,34.98925,-90.03676,own,60,,,2025-Q2,,\nmemphis,35.15,-90.05,own,60,,,2025-Q2,,\n"
    assembled = assemble(small_study(tmp_path, rows), read_tables())
    frame = assembled.candidates.set_index("candidate")
    assert frame["state"].to_dict() == {"southaven": "MS", "memphis": "TN"}
    assert frame.loc["southaven", "usd_per_mwh"] != frame.loc["memphis", "usd_per_mwh"]
    assert assembled.problem.co2_t_per_mwh[0] != assembled.problem.co2_t_per_mwh[1]


def test_case_32_leap_quarters_have_more_hours(tmp_path: Path) -> None:
    """2028-Q1 has 91 days: a lease is billed for 2,184 h in it, not for 2,190."""
    lease = {"name": "l", "accelerator": H100, "gpus": 1024, "usd_per_gpu_h": "2.00 USD/GPU/h"}
    lease |= {"term_quarters": 1, "deliver_from": "2028-Q1", "single_fabric_gpus": 1024}
    plan = solved(
        tmp_path,
        quarters=16,
        leases={"bilateral": [lease]},
        clusters=[{"name": "c", "gpus": 1024, "accelerators": [H100], "by": "2028-Q1", "until": "2028-Q1"}],
    )
    assert plan.tables["cash"].set_index("quarter").loc["2028-Q1", "lease"] == pytest.approx(1024 * 2 * 2184 / 1e6)


def test_case_33_megawatts_say_where(tmp_path: Path) -> None:
    """`power_mw = 340` is at the racks or at the meter: nobody knows, so the file is refused."""
    study = small_study(tmp_path)
    (tmp_path / "sites.csv").write_text("candidate,lat,lon,tenure,power_mw\na,32.45,-99.73,own,340\n")
    with pytest.raises(InputError, match=r"power_mw.*utility_mw or it_mw"):
        assemble(study, read_tables())


@pytest.mark.parametrize(("basis", "per_chip", "millions"), [("bf16", 4.043, 1.94), ("8bit", 8.843, 4.25)])
def test_case_34_h100e_say_by_which_arithmetic(tmp_path: Path, basis: str, per_chip: float, millions: float) -> None:
    """481,021 Rubin are 1.94 million H100e by dense BF16 and 4.25 by 8 bit: the study says which, and no other field
    is taken."""
    rubin = {"name": "Rubin", "price_usd": "80000 USD", "it_kw": "3.483 kW", "pod_accelerators": 72}
    rubin |= {"price_includes": ["accelerator", "server", "network", "storage"], f"h100e_{basis}": per_chip}
    clusters = [{"name": "c", f"h100e_{basis}": 481_021 * per_chip, "by": "2026-Q1"}]
    study = small_study(tmp_path, compute_basis=basis, accelerators=[rubin], clusters=clusters)
    assert study.h100e_column == f"h100e_{basis}"
    assert study.clusters[0].h100e == pytest.approx(millions * 1e6, rel=0.005)
    other = "8bit" if basis == "bf16" else "bf16"
    with pytest.raises(ValidationError, match=f"h100e_{basis}"):
        small_study(tmp_path, compute_basis=other, accelerators=[rubin], clusters=clusters)


def test_a_contract_that_is_paid_is_in_the_plan(tmp_path: Path) -> None:
    """35,000 GPUs at no price that no cluster needs: nothing is decided about them, and the plan still lists them."""
    paid = {"name": "paid", "accelerator": H100, "gpus": 35_000, "usd_per_gpu_h": "0 USD/GPU/h", "ends": "2026-Q1"}
    plan = solved(tmp_path, leases={"existing": [paid]})
    assert plan.tables["leases"].set_index("lease").loc["paid", "gpus"] == 35_000


def test_the_study_is_frozen_between_runs(tmp_path: Path) -> None:
    """Case 24: a cell that is run twice gives the same plan, and no field can be set in place."""
    study = small_study(tmp_path, ABILENE, search=QUIET)
    first, second = siting.solve(study), siting.solve(study)
    assert first.study_digest == second.study_digest
    assert first.passes[-1].value == second.passes[-1].value
    with pytest.raises(ValidationError):
        study.quarters = 3  # type: ignore[misc]


def test_the_shipped_studies_are_read() -> None:
    """Every study beside the program reads without a fault."""
    folder = Path(__file__).parents[2] / "models"
    studies = [read_study(path) for path in sorted(folder.glob("*.toml"))]
    assert len(studies) >= 5 and all(isinstance(study, Study) for study in studies)
