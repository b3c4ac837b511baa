"""A plan small enough to work by hand: one own campus, one rented hall, one new lease, one contract that runs.

Four quarters from 2024-Q1: 2,184, 2,184, 2,208 and 2,208 hours, then 2,160 in 2025-Q1. No discounting (0 %/y).
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.geo.distance import geodesic_km
from siting.geo.latency import rtt_p95_ms
from siting.plan import Plan
from siting.study import Study
from siting.study.toml import study_from
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination

SITES = """candidate,name,lat,lon,tenure,utility_mw,usd_per_mwh,energization,rent_usd_per_kw_month
here,Here TX,32.45,-99.73,own,3,50,2024-Q2,
hall,Hall TX,32.78,-96.80,colocation,2,60,2024-Q1,100
"""
LEASE = {"accelerator": "A", "lat": 32.78, "lon": -96.80}
STUDY: dict[str, Any] = {
    "name": "by-hand",
    "start": "2024-Q1",
    "quarters": 4,
    "candidates": {"file": {"path": "sites.csv"}},
    "power": {
        "time_to_power": [{"low_quarters": 0, "mid_quarters": 0, "high_quarters": 0, "note": "assumption"}],
        "ramp": [{"after_quarters": 0, "share": "50 %"}, {"after_quarters": 1, "share": "100 %"}],
        "load_factor": "80 %",
    },
    "halls": {
        "module_it_mw": "1 MW",
        "first_phase_it_mw": "2 MW",
        "construction_quarters": 1,
        "cost_musd_per_it_mw": "10 MUSD/MW",
        "om_usd_per_it_kw_year": "40 USD/kW/y",
        "life_years": 20,
    },
    "connection": {
        "line_km": "1 km",
        "line_musd_per_km": "1 MUSD/km",
        "substation_musd": "3 MUSD",
        "land_acres": "10 acre",
        "land_usd_per_acre": "100000 USD/acre",
        "deposit_musd": "2 MUSD",
    },
    "colocation": {"term_years": 2, "escalator": "4 %/y"},
    "accelerators": [
        {
            "name": "A",
            "price_usd": "40000 USD",
            "price_includes": ["accelerator", "server", "network", "storage"],
            "it_kw": "1 kW",
            "h100e_bf16": 1,
            "pod_accelerators": 100,
            "lead_quarters": 1,
            "supply_per_quarter": 1000,
        }
    ],
    "purchase": {"order_share": "25 %", "om_share": "4 %/y", "residual": "low"},
    "operation": {"availability": "95 %", "peak_utilisation": "80 %"},
    "leases": {
        "existing": [{"name": "old", "gpus": 100, "usd_per_gpu_h": "2 USD/GPU/h", "ends": "2025-Q1", **LEASE}],
        "bilateral": [
            {
                "name": "new",
                "gpus": 400,
                "min_gpus": 100,
                "usd_per_gpu_h": "3 USD/GPU/h",
                "term_quarters": 3,
                "deliver_from": "2024-Q2",
                "prepay": "20 %",
                "single_fabric_gpus": 200,
                **LEASE,
            }
        ],
        "value_after_horizon_usd_per_gpu_h": "1 USD/GPU/h",
    },
    "clusters": [
        {"name": "big", "gpus": 1000, "accelerators": ["A"], "by": "2024-Q3"},
        {"name": "small", "gpus": 200, "accelerators": ["A"], "by": "2024-Q3"},
    ],
    "inference": {
        "peak_h100e_bf16": 70,
        "first_quarter": "2024-Q3",
        "regions": 1,
        "rtt_target_ms": "100 ms",
        "rtt_basis": "user",
    },
    "money": {
        "discount_rate": "0 %/y",
        "funding": [{"quarter": "2024-Q1", "amount_musd": "80 MUSD", "status": "closed"}],
    },
    "taxes": {"sales_tax_exemption_claimed": False, "equipment_life_years": 5},
    "search": {},
}
Q = ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
CASH = {
    # 1,000 x 0.04 musd x 1.0625 (Texas sales tax): a quarter at order, the rest at delivery
    "accelerators": [10.625, 31.875, 0, 0],
    "halls": [20.0, 0, 0, 0],  # 2 MW x 10 musd, the quarter before they go live
    "hall_om": [0, 0.02, 0.02, 0.02],  # 40 / 4 x 2,000 kW
    "rent": [0, 0.3, 0.3, 0.3],  # 100 x 3 months x 1,000 kW
    "opening": [7.0, 0, 0, 0],  # line 1, substation 3, land 1, deposit 2
    "energy": [0, 0.104832, 0.105984, 0.105984],  # 1 MW x 0.8 x PUE 1.2 x hours x 50
    "accelerator_om": [0, 0.4, 0.4, 0.4],  # 4 % / 4 x 40 musd
    "property_tax": [0, 0.195, 0.185, 0.175],  # 2 % / 4 x 40 x (0.975, 0.925, 0.875 left of five years)
    # 200 GPUs x 3 USD: 1.3248, 1.3248 and 1.296 after the horizon; a fifth of the sum first, 80 % of each
    "lease": [0, 0, 0.78912 + 1.05984, 1.05984],
    "existing_lease": [0.4368, 0.4368, 0.4416, 0.4416],  # 100 GPUs x 2 USD x hours
}
TOTAL = [38.0618, 33.331632, 3.301544, 2.502424]
CREDITS = {
    "residual_accelerators": 29.5,  # 40 x 0.7375 at 0.75 years, between 1 and 0.65
    "residual_halls": 19.25 + 3.85 + 1.0 + 2.0,  # 77/80 of 20 and of 4; land and deposit whole
    "value_after_horizon": 0.432 + 0.216,  # 200 and 100 GPUs x 1 USD x 2,160 h
}
NPV = 80.2142 - 56.248
"""77.1974 in the horizon, 3.0168 after it, less 56.248 of credits."""


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The shipped tables with round figures where the arithmetic needs them: PUE 1.2 / 1.25, tax 2 %, 400 kg/MWh."""
    shipped = read_tables()
    cooling, taxes, co2 = shipped.pue_classes.copy(), shipped.state_taxes.copy(), shipped.co2_rates.copy()
    cooling[["mean_min_pue", "mean_max_pue", "peak_min_pue", "peak_max_pue"]] = [1.2, 1.2, 1.25, 1.25]
    texas = taxes["state"] == "TX"
    taxes.loc[texas, ["sales_tax_pct", "property_tax_median_pct"]] = [6.25, 2.0]
    co2["co2_kg_per_mwh"] = 400.0
    return dataclasses.replace(
        shipped,
        pue_classes=cooling,
        state_taxes=taxes,
        co2_rates=co2,
        county_property_taxes=shipped.county_property_taxes.iloc[:0],
    )


@pytest.fixture(scope="session")
def make_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Study]:
    folder = tmp_path_factory.mktemp("study")
    (folder / "sites.csv").write_text(SITES, encoding="utf-8")
    study = study_from(copy.deepcopy(STUDY), file="by-hand.toml", path=folder / "by-hand.toml")
    return lambda **changes: study.update({key.replace("__", "."): value for key, value in changes.items()})


def frames(tables: Tables) -> dict[str, pd.DataFrame]:
    """The plan's tables, written out."""
    town = tables.regions.sort_values("population", ascending=False).iloc[0]
    km = geodesic_km([32.78], [-96.80], [town["lat"]], [town["lon"]])
    rtt = float(rtt_p95_ms(km, basis="user", access_adder_ms=10.0)[0, 0])
    site = {"state": "TX", "interconnect": "Texas", "bus_id": pd.NA, "pue_mean": 1.2, "pue_peak": 1.25}
    site |= {"grid_checked": False, "npv_cost_musd": 0.0, "open_quarter": "2024-Q2"}
    one = {
        "candidate": "here",
        "name": "Here TX",
        "lat": 32.45,
        "lon": -99.73,
        "county_fips": "48441",
        "tenure": "own",
        "usd_per_mwh": 50.0,
    }
    two = {
        "candidate": "hall",
        "name": "Hall TX",
        "lat": 32.78,
        "lon": -96.8,
        "county_fips": "48113",
        "usd_per_mwh": 60.0,
    }
    one |= {"it_mw": 2.0, "utility_mw": 2.5, "final_utility_mw": 3.0, "energization": "2024-Q2", "clusters": "big"}
    two |= {"it_mw": 1.0, "utility_mw": 1.25, "final_utility_mw": 2.0, "energization": "2024-Q1", "clusters": ""}
    cash = pd.DataFrame({"quarter": Q, **CASH, "total": TOTAL})
    cash["cumulative"], cash["funding_cumulative"] = np.cumsum(TOTAL), 80.0
    energy = [0.96 * 2184, 0.96 * 2208, 0.96 * 2208]
    power = pd.DataFrame({"candidate": "here", "quarter": Q[1:], "standing_it_mw": 2.0, "running_it_mw": 1.0})
    power = power.assign(running_utility_mw=1.25, energized_utility_mw=[1.5, 3.0, 3.0], energy_mwh=energy)
    rented = pd.DataFrame({"candidate": "hall", "quarter": Q[1:], "standing_it_mw": 1.0, "running_it_mw": 0.0})
    rented = rented.assign(running_utility_mw=0.0, energized_utility_mw=2.0, energy_mwh=0.0)
    power = pd.concat([power, rented], ignore_index=True)
    lease = {"accelerator": "A", "kind": "bilateral"}
    old = {"lease": "old", "provider": "old", "quarter": Q[0], "gpus": 100, "term_quarters": 5, "usd_per_gpu_h": 2.0}
    new = {"lease": "new", "provider": "new", "quarter": Q[2], "gpus": 200, "term_quarters": 3, "usd_per_gpu_h": 3.0}
    after = pd.DataFrame(
        {
            "quarter": ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1"],
            "rent": [0.3, 0.312, 0.312, 0.312, 0.312],  # eight quarters in all, a step of 4 % after four
            "lease": [1.0368, 0, 0, 0, 0],
            "existing_lease": [0.432, 0, 0, 0, 0],
        }
    )
    columns = "candidate name lat lon state tenure final_utility_mw screen_cost_musd in_model excluded_by"
    host = {"cluster": ["big", "small"], "host": ["here", "new"], "tenure": ["own", "lease"], "accelerator": "A"}
    return {
        "sites": pd.DataFrame([{**site, **one}, {**site, **two, "tenure": "colocation"}]),
        "modules": pd.DataFrame(
            {"candidate": ["here", "hall"], "quarter": Q[1], "modules": [2, 1], "it_mw": [2.0, 1.0]}
        ),
        "deliveries": pd.DataFrame(
            [{"candidate": "here", "accelerator": "A", "quarter": Q[1], "pods": 10, "accelerators": 1000}]
        ),
        "fleet": pd.DataFrame(
            {"candidate": "here", "accelerator": "A", "quarter": Q[1:], "installed": 1000, "running": 1000.0}
        ),
        "leases": pd.DataFrame(
            [{**lease, **old, "existing": True, "cluster": ""}, {**lease, **new, "existing": False, "cluster": "small"}]
        ),
        "power": power.assign(co2_t=power["energy_mwh"] * 0.4),
        "service": pd.DataFrame(
            {"source": "old", "region": town["region"], "quarter": Q[2:], "h100e_bf16": 70.0, "rtt_ms": rtt}
        ),
        "cash": cash,
        "after_horizon": after,
        "credits": pd.DataFrame({"item": list(CREDITS), "musd": list(CREDITS.values())}),
        "clusters": pd.DataFrame(
            {**host, "gpus": [1000, 200], "it_mw": [1.0, np.nan], "utility_mw": [1.25, np.nan], "by": Q[2]}
        ),
        "regions": pd.DataFrame([{**town[["region", "lat", "lon", "population"]].to_dict(), "peak_h100e_bf16": 70.0}]),
        "candidates": pd.DataFrame(columns=columns.split()),
    }


@pytest.fixture
def make_plan(tables: Tables) -> Callable[..., Plan]:
    """make_plan(study, value=..., bound=...): the hand-made plan, its frames free to be changed."""

    def make(study: Study, value: float = NPV, bound: float | None = None) -> Plan:
        result = PassResult(objective="npv_cost_musd", termination=Termination.OPTIMAL, value=value, bound=bound)
        return Plan(
            study=study.model_dump(mode="json"),
            study_digest=study.digest(),
            data_hashes=dict(tables.hashes),
            versions={},
            passes=(result,),
            tables=frames(tables),
        )

    return make
