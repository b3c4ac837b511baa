"""Studies drawn at random from all that a study can say: each plan passes its second reading.

Everything varies at once: own, colocation and leased, existing contracts that end in the first quarter or outlive the
horizon, prepayment, public offers, least contracts, terms of one quarter, ramps, vendors that ship few, two
accelerators, two clusters with and without an end, regions, escalators up and down, no construction time.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from siting import run
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables

H100 = "H100 SXM 80GB"
PLANNED = [1, 5, 17, 20, 22, 23, 24, 25, 28, 30, 37, 44, 46, 49, 54, 64, 70, 89, 93, 101, 105, 108, 116, 119, 121, 128]
"""Draws that have a plan, and are solved in about a second."""


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.mark.parametrize("seed", PLANNED)
def test_plan_of_a_random_study_holds(seed, tables, monkeypatch):
    """Limits, payments and value agree with the second reading, and the bound does not lie above the value."""
    monkeypatch.setattr(run, "quick_curve", lambda *_: [])
    plan = run.solve(random_study(seed), tables=tables)
    assert plan.npv_cost_musd is not None, plan.facts["reasons"]
    assert plan.facts["verification"]["faults"] == []
    assert plan.facts["verification"]["npv_cost_musd"] == pytest.approx(plan.npv_cost_musd, rel=1e-6, abs=1e-6)
    assert plan.bound_musd is not None and plan.bound_musd <= plan.npv_cost_musd
    assert plan.gap is not None and 0.0 <= plan.gap <= 0.01


def random_study(seed: int) -> Study:
    """A shipped study with almost every value drawn again."""
    r = random.Random(seed)
    small = r.random() < 0.6
    base = read_study("models/tiny.toml" if small else "models/template.toml")
    size = 2048 if small else 16384
    quarters = r.choice([8, 12, 13, 17, 20])
    asks = r.choice(["clusters", "clusters", "inference", "both", "both"])
    changes: dict[str, Any] = {
        "quarters": quarters,
        "search.candidates_in_model": r.choice([4, 8]),
        "search.gap": 0.01,
        "search.threads": 1,
        "search.seed": seed,
        "clusters": clusters(r, size, quarters) if asks != "inference" else [],
        "inference": inference(r, size) if asks != "clusters" else None,
        "accelerators": accelerators(r, size),
        "leases": leases(r, size),
        "operation": {"billed_share_on_demand": r.choice(["100 %", "60 %"])},
        "money": money(r, small),
        **building(r, small),
    }
    if not small:
        ready = {"ready": r.choice(["2024-Q1", "2025-Q3", "2026-Q1"]), "available_it_mw": r.choice(["3 MW", "35 MW"])}
        changes["candidates.colocation"] = ready
    return base.update(changes)


def clusters(r: random.Random, size: int, quarters: int) -> list[dict[str, Any]]:
    dates = ["2025-Q2", "2025-Q4"] if quarters < 10 else ["2025-Q4", "2026-Q1", "2026-Q4"]
    first = {"name": "a", "gpus": int(size * r.choice([0.1, 0.5, 1])), "accelerators": [H100], "by": r.choice(dates)}
    if r.random() < 0.5:
        first["until"] = "2026-Q1" if quarters < 10 else "2027-Q1"
    second = {"name": "b", "h100e_bf16": size * r.choice([0.01, 0.3]), "by": r.choice(dates)}
    return [first, second] if r.random() < 0.5 else [first]


def inference(r: random.Random, size: int) -> dict[str, Any]:
    return {
        "peak_h100e_bf16": r.choice([0, 3, size // 20, size // 7]),
        "first_quarter": r.choice(["2025-Q2", "2025-Q3", "2026-Q1"]),
        "growth": r.choice(["0 %/y", "40 %/y", "-20 %/y"]),
        "regions": r.choice([1, 5, 20]),
        "rtt_target_ms": r.choice(["70 ms", "90 ms", "120 ms"]),
        "rtt_basis": r.choice(["user", "backbone"]),
    }


def accelerators(r: random.Random, size: int) -> list[dict[str, Any]]:
    first = {
        "name": H100,
        "price_usd": "48000 USD",
        "price_includes": ["accelerator", "server", "network", "storage"],
        "lead_quarters": r.choice([0, 1, 2]),
        "pod_accelerators": r.choice([256, 100, 512]),
    }
    if r.random() < 0.4:
        first["supply_per_quarter"] = r.choice([size // 3, size * 2])
    other = {
        "name": "another chip",
        "price_usd": "60000 USD",
        "price_includes": ["accelerator", "server"],
        "network_usd": "2000 USD",
        "storage_usd": "0 USD",
        "it_kw": "2.1 kW",
        "h100e_bf16": 2.5,
        "pod_accelerators": 72,
        "available": "2025-Q1",
        "lead_quarters": 2,
    }
    return [first, other] if r.random() < 0.5 else [first]


def leases(r: random.Random, size: int) -> dict[str, Any]:
    offer = {
        "name": "rented",
        "accelerator": H100,
        "gpus": size,
        "min_gpus": r.choice([1, 8, 100, size]),
        "term_quarters": r.choice([1, 3, 8, 12]),
        "deliver_from": r.choice(["2024-Q4", "2025-Q2"]),
        "single_fabric_gpus": r.choice([0, size]),
        "prepay": r.choice(["0 %", "30 %"]),
        "note": "assumed",
        **r.choice([{"total_musd": f"{size * 0.03:g} MUSD"}, {"usd_per_gpu_h": "1.2 USD/GPU/h"}]),
        **r.choice([{}, {"lat": 40.7, "lon": -95.0}]),
        **r.choice([{}, {}, {"start_until": "2025-Q4"}]),
    }
    few = {
        "name": "one server",
        "accelerator": H100,
        "gpus": 8,
        "usd_per_gpu_h": "1 USD/GPU/h",
        "term_quarters": 2,
        "deliver_from": "2024-Q2",
        "lat": 39.0,
        "lon": -95.0,
        "note": "assumed",
    }
    runs = {
        "name": "runs",
        "accelerator": H100,
        "gpus": 500,
        "usd_per_gpu_h": "2 USD/GPU/h",
        "ends": r.choice(["2024-Q2", "2025-Q3", "2030-Q1"]),
        "prepay": r.choice(["0 %", "40 %"]),
        "single_fabric_gpus": r.choice([0, 500]),
        "lat": 33.0,
        "lon": -97.0,
        "note": "assumed",
    }
    public = {"kinds": r.choice([["on_demand"], ["reserved", "on_demand"], ["spot", "capacity_block"]])}
    return {
        "bilateral": r.choice([[offer], [offer, few], [few]]),
        "existing": r.choice([[], [runs]]),
        "public": r.choice([None, public]),
        "value_after_horizon_usd_per_gpu_h": r.choice(["0 USD/GPU/h", "0.7 USD/GPU/h"]),
    }


def money(r: random.Random, small: bool) -> dict[str, Any]:
    first = r.choice([130, 250, 900] if small else [900, 2500, 6000])
    rounds = [("2024-Q2", first, "closed"), ("2025-Q1", 200, "assumed")]
    return {
        "discount_rate": r.choice(["10 %/y", "0 %/y", "25 %/y"]),
        "funding": [
            {"quarter": quarter, "amount_musd": f"{musd} MUSD", "status": status, "note": "example"}
            for quarter, musd, status in rounds
        ],
        **r.choice([{}, {}, {"lease": False}, {"own": False}, {"colocation": False}]),
    }


def building(r: random.Random, small: bool) -> dict[str, Any]:
    ramps = [
        [{"after_quarters": 0, "share": "100 %"}],
        [{"after_quarters": 1, "share": "50 %"}],
        [
            {"after_quarters": 0, "share": "20 %"},
            {"after_quarters": 2, "utility_mw": "4 MW" if small else "40 MW"},
            {"after_quarters": 5, "share": "100 %"},
        ],
    ]
    changes = ["0 %/y", "5 %/y", "-10 %/y"]
    return {
        "power.ramp": r.choice(ramps),
        "power.case": r.choice(["low", "mid", "high"]),
        "power.escalator": r.choice(changes),
        "power.price_adder_usd_per_mwh": r.choice(["0 USD/MWh", "12 USD/MWh"]),
        "purchase": {
            "price_escalator": r.choice(changes),
            "residual": r.choice(["low", "base", "zero"]),
            "order_share": r.choice(["0 %", "25 %", "100 %"]),
        },
        "halls.escalator": r.choice(changes),
        "halls.construction_quarters": r.choice([0, 1, 3, 5]),
        "halls.om_usd_per_it_kw_year": r.choice(["0 USD/kW/y", "120 USD/kW/y"]),
        "halls.life_years": r.choice([1, 20]),
        "connection.deposit_musd": r.choice(["0 MUSD", "7 MUSD"]),
        "colocation": {"rent_level": r.choice(["low", "high"]), "term_years": r.choice([1, 3, 10])},
        "taxes.sales_tax_exemption_claimed": r.choice([True, True, False]),
    }
