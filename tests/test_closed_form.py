"""Closed form = model: one place, one cluster, the two worked cases of lease against own (May 2024, November 2026)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from siting.assembly import assemble
from siting.assembly.costs import clock_of
from siting.report.lease_own import levelised_lease_usd_per_gpu_h, own_usd_per_gpu_h
from siting.run import solve
from siting.study import read_study
from siting.tables.read import Tables, read_tables

AVAILABILITY, GPUS = 0.95, 800
CASE_A = {
    "capex_usd": 48_000.0,
    "it_kw": 1.40,
    "pue": 1.2,
    "rent_usd_per_kw_month": 147.5,
    "power_usd_per_mwh": 65.0,
    "load_factor": 0.8,
    "om_share": 0.03,
    "rate": 0.10,
    "residual_share": 0.15,
    "availability": AVAILABILITY,
    "utilisation": 1.0,
    "tax_rate": 0.26,
    "bonus": 0.60,
}
CASE_B = {
    **CASE_A,
    "capex_usd": 60_000.0,
    "it_kw": 2.0,
    "pue": 1.25,
    "rent_usd_per_kw_month": 150.0,
    "power_usd_per_mwh": 70.0,
    "residual_share": 0.20,
    "bonus": 1.0,
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


def _study(folder: Path, tables: Tables, case: dict[str, float], start: str, quarters: int, lease: float | None = None):
    """A colocation hall in Iowa (no tax on servers) that holds the cluster exactly, under the case's own figures.

    Income tax is an input here: the price is the pre-tax equivalent capital of the closed form, its residual inside it.
    The closed form pays at the end of years; the model's rate is the one with the same annuity from mid-quarter flows.
    """
    years = quarters / 4.0
    annuity = (1.0 - (1.0 + case["rate"]) ** -years) / case["rate"]
    cost = own_usd_per_gpu_h(**case, life_years=years)
    yearly = cost * 8760.0 * AVAILABILITY
    energy = 8760.0 * case["it_kw"] * case["pue"] * case["load_factor"] * case["power_usd_per_mwh"] / 1000.0
    yearly -= 12.0 * case["it_kw"] * case["rent_usd_per_kw_month"] + energy + case["om_share"] * case["capex_usd"]
    capital = yearly * annuity

    def same_annuity(rate: float) -> float:
        worth = (1.0 + rate) ** (-np.arange(quarters) / 4.0)
        return float(worth.sum() / 4.0 - annuity)

    rate = brentq(same_annuity, 0.0, 1.0)
    (folder / "site.csv").write_text(
        "candidate,name,lat,lon,tenure,it_mw,rent_usd_per_kw_month,usd_per_mwh,energization\n"
        f"hall,Hall,41.59,-93.62,colocation,{GPUS * case['it_kw'] / 1000 + 0.001},{case['rent_usd_per_kw_month']},"
        f"{case['power_usd_per_mwh']},{start}\n",
        encoding="utf-8",
    )
    offer = (
        "leases.bilateral = [{ name = 'rented', accelerator = 'X', gpus = 800, single_fabric_gpus = 800, "
        f"usd_per_gpu_h = '{lease} USD/GPU/h', term_quarters = {quarters}, deliver_from = '{start}' }}]\n"
        if lease is not None
        else ""
    )
    (folder / "case.toml").write_text(
        f"""
name = "case"
start = "{start}"
quarters = {quarters}
candidates.file = {{ path = "site.csv" }}
power.load_factor = "80 %"
power.time_to_power = [{{ low_quarters = 0, mid_quarters = 0, high_quarters = 0, note = "x" }}]
halls.module_it_mw = "{GPUS * case["it_kw"] / 1000} MW"
colocation = {{ term_years = 1, escalator = "0 %/y" }}
purchase = {{ om_share = "{100 * case["om_share"] * case["capex_usd"] / capital} %/y", residual = "zero" }}
clusters = [{{ name = "c", gpus = {GPUS}, accelerators = ["X"], by = "{start}" }}]
taxes.property_tax_where_blank = "0 %/y"
money.discount_rate = "{100 * rate} %/y"
money.funding = [{{ quarter = "{start}", amount_musd = "1 GUSD", status = "closed" }}]
{offer}
[[accelerators]]
name = "X"
price_usd = "{capital} USD"
price_includes = ["accelerator", "server", "network", "storage"]
it_kw = "{case["it_kw"]} kW"
h100e_bf16 = 1.0
pod_accelerators = 8
lead_quarters = 0
""",
        encoding="utf-8",
    )
    study = read_study(folder / "case.toml")
    mean_pue = float(assemble(study, tables).usable["pue_mean"].iloc[0])
    adder = case["power_usd_per_mwh"] * (case["pue"] / mean_pue - 1.0)
    return study.update({"power.price_adder_usd_per_mwh": f"{adder} USD/MWh"})


def _usd_per_available_gpu_h(plan, study) -> float:
    clock = clock_of(study)
    hours = (clock.hours(study.quarters) * clock.discount(study.quarters)).sum()
    return plan.npv_cost_musd * 1e6 / (GPUS * hours * AVAILABILITY)


@pytest.mark.parametrize(
    ("case", "start", "published"), [(CASE_A, "2024-Q2", 2.02), (CASE_B, "2026-Q4", 2.52)], ids=["A", "B"]
)
def test_the_model_gives_the_cases_cost_per_gpu_hour(case, start, published, tables, tmp_path):
    """100,000 H100 in May 2024: 2.02 USD per available hour; GB200 in November 2026: 2.52; the model within 1 %."""
    study = _study(tmp_path, tables, case, start, 20)
    plan = solve(study, tables=tables)
    assert plan.facts["verification"]["ok"], plan.facts["verification"]["faults"]
    assert _usd_per_available_gpu_h(plan, study) == pytest.approx(published, rel=0.01)
    assert _usd_per_available_gpu_h(plan, study) == pytest.approx(own_usd_per_gpu_h(**case, life_years=5), rel=0.002)


@pytest.mark.parametrize(("quarters", "tenure"), [(15, "lease"), (18, "colocation")])
def test_the_plan_flips_at_the_closed_forms_life(quarters, tenure, tables, tmp_path):
    """Against 2.24 USD buying wins from 4.15 years on: rented for 3.75 years of use, bought for 4.5."""
    study = _study(tmp_path, tables, CASE_A, "2024-Q2", quarters, lease=2.24 * AVAILABILITY)
    assert solve(study, tables=tables).tables["clusters"]["tenure"].tolist() == [tenure]


@pytest.mark.parametrize(("decline", "tenure"), [(0.045, "colocation"), (0.070, "lease")])
def test_the_plan_flips_at_the_closed_forms_price_decline(decline, tenure, tables, tmp_path):
    """d* = 5.7 %/y against 2.24: bought when rents fall by 4.5 % a year, rented when they fall by 7 %."""
    level = levelised_lease_usd_per_gpu_h(2.24, decline, 5, 0.10)
    study = _study(tmp_path, tables, CASE_A, "2024-Q2", 20, lease=level * AVAILABILITY)
    assert solve(study, tables=tables).tables["clusters"]["tenure"].tolist() == [tenure]
