"""A MADE-UP plan for the report's tests: sizes of a 100,000-GPU question, no figure was computed by a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.plan import Plan
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.termination import PassResult, Termination
from siting.units import quarter_label

H100 = "H100 SXM 80GB"
T = 20


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="session")
def study() -> Study:
    """100,000 H100 on one fabric; rounds of funding partly assumed."""
    return Study.model_validate(
        {
            "name": "fixture",
            "title": "Made-up fixture: 100,000 H100 on one fabric <by> 2025-Q4 & what it costs",
            "assumptions": ["Later funding rounds are hoped for.", "Zürich & <b>Ōsaka</b> stay out of scope."],
            "start": "2024-Q2",
            "prices_on": "2024-05-27",
            "quarters": T,
            "candidates": {"grid": {}},
            "power": {
                "time_to_power": [
                    {"where": ["TX"], "low_quarters": 4, "mid_quarters": 5, "high_quarters": 8, "note": "assumption"},
                    {"low_quarters": 6, "mid_quarters": 10, "high_quarters": 16, "note": "assumption"},
                ],
                "ramp": [{"after_quarters": 0, "utility_mw": "50 MW"}, {"after_quarters": 1, "share": "100 %"}],
            },
            "accelerators": [{"name": H100}],
            "leases": {
                "existing": [
                    {
                        "name": "cloud",
                        "accelerator": H100,
                        "gpus": 16000,
                        "usd_per_gpu_h": "2.50 USD/GPU/h",
                        "ends": "2025-Q4",
                    }
                ],
                "bilateral": [
                    {
                        "name": "servers for 10 GUSD",
                        "accelerator": H100,
                        "gpus": 100000,
                        "total_musd": "10 GUSD",
                        "term_quarters": 16,
                        "deliver_from": "2025-Q3",
                        "single_fabric_gpus": 100000,
                    }
                ],
                "public": {},
            },
            "clusters": [{"name": "gigafactory", "gpus": 100000, "accelerators": [H100], "by": "2025-Q4"}],
            "inference": {
                "peak_h100e_bf16": 5000,
                "first_quarter": "2026-Q1",
                "rtt_target_ms": "60 ms",
                "rtt_basis": "backbone",
            },
            "money": {
                "discount_rate": "10 %/y",
                "funding": [
                    {"quarter": "2024-Q2", "amount_musd": "6 GUSD", "status": "closed", "note": "series B"},
                    {"quarter": "2025-Q2", "amount_musd": "3 GUSD", "status": "assumed", "note": "hoped for"},
                ],
            },
        }
    )


def labels() -> list[str]:
    """Quarters of the horizon."""
    return [quarter_label(2024 * 4 + 1 + t) for t in range(T)]


@pytest.fixture(scope="session")
def plan(study: Study, tables: Tables) -> Plan:
    """One own campus in Texas; everything about it is made up."""
    quarters = labels()
    rng = np.random.default_rng(0)
    substations = tables.grid_substations.sample(4000, random_state=1).reset_index(drop=True)
    candidates = pd.DataFrame(
        {
            "candidate": "sub-" + substations["sub_id"].astype(str),
            "name": substations["name"],
            "lat": substations["lat"],
            "lon": substations["lon"],
            "state": substations["state"],
            "tenure": "own",
            "final_utility_mw": substations["hosting_n1_utility_mw"].clip(upper=500.0),
            "excluded_by": "",
            "screen_cost_musd": rng.uniform(6800, 7400, len(substations)),
            "serve_cost_musd_per_h100e": np.nan,
            "in_model": False,
        }
    )
    candidates.loc[candidates["screen_cost_musd"].nsmallest(120).index, "in_model"] = True
    candidates.loc[0, ["name", "lat", "lon", "state"]] = ["Sítio <Große> & Ōak", 32.45, -99.73, "TX"]
    site = candidates.iloc[0]
    standing = np.where(np.arange(T) >= 5, 150.0, 0.0)
    running = np.where(np.arange(T) >= 6, 140.0, np.where(np.arange(T) == 5, 40.0, 0.0))
    power = pd.DataFrame(
        {
            "candidate": site["candidate"],
            "quarter": quarters,
            "standing_it_mw": standing,
            "running_it_mw": running,
            "running_utility_mw": running * 1.2,
            "energized_utility_mw": np.where(np.arange(T) >= 6, 400.0, np.where(np.arange(T) == 5, 50.0, 0.0)),
            "energy_mwh": running * 1.12 * 0.8 * 2190,
            "co2_t": running * 1.12 * 0.8 * 2190 * 0.38,
        }
    )
    cash = pd.DataFrame({"quarter": quarters})
    t = np.arange(T)
    cash["accelerators"] = np.select([t == 4, t == 5], [1300.0, 3900.0], 0.0)
    cash["halls"] = np.where(t < 5, 351.0, 0.0)
    cash["opening"] = np.where(t == 0, 69.1, 0.0)
    cash["hall_om"] = 0.0
    cash["rent"] = 0.0
    cash["energy"] = running * 1.12 * 0.8 * 2190 * 62.0 / 1e6
    cash["accelerator_om"] = np.where(t >= 5, 36.0, 0.0)
    cash["property_tax"] = np.where(t >= 5, 15.0, 0.0)
    cash["lease"] = 0.0
    cash["existing_lease"] = np.where(t <= 6, 87.6, 0.0)
    cash["total"] = cash.drop(columns="quarter").sum(axis=1)
    cash["cumulative"] = cash["total"].cumsum()
    cash["funding_cumulative"] = np.where(t >= 4, 9000.0, 6000.0)
    regions = tables.regions.head(20)[["region", "lat", "lon", "population"]].assign(peak_h100e_bf16=250.0)
    frames = {
        "sites": pd.DataFrame(
            {
                "candidate": [site["candidate"]],
                "name": [site["name"]],
                "lat": [site["lat"]],
                "lon": [site["lon"]],
                "state": ["TX"],
                "county_fips": ["48441"],
                "interconnect": ["Texas"],
                "bus_id": pd.array([3001234], dtype="Int64"),
                "tenure": ["own"],
                "open_quarter": ["2025-Q3"],
                "it_mw": [150.0],
                "utility_mw": [180.0],
                "final_utility_mw": [400.0],
                "pue_mean": [1.1234567],
                "pue_peak": [1.2],
                "usd_per_mwh": [62.0],
                "energization": ["2025-Q3"],
                "grid_checked": [True],
                "clusters": ["gigafactory"],
                "npv_cost_musd": [5612.3456789],
            }
        ),
        "modules": pd.DataFrame(
            {"candidate": [site["candidate"]], "quarter": ["2025-Q3"], "modules": [15], "it_mw": [150.0]}
        ),
        "deliveries": pd.DataFrame(
            {
                "candidate": [site["candidate"]],
                "accelerator": [H100],
                "quarter": ["2025-Q3"],
                "pods": [391],
                "accelerators": [100096],
            }
        ),
        "fleet": pd.DataFrame(
            {
                "candidate": site["candidate"],
                "accelerator": H100,
                "quarter": quarters[5:],
                "installed": 100096,
                "running": running[5:] / 1.4 * 1000,
            }
        ),
        "leases": pd.DataFrame(
            {
                "lease": ["cloud"],
                "provider": ["cloud"],
                "accelerator": [H100],
                "quarter": ["2024-Q2"],
                "gpus": [16000.0],
                "term_quarters": [7],
                "usd_per_gpu_h": [2.5],
                "kind": ["existing"],
                "existing": [True],
                "cluster": [""],
            }
        ),
        "power": power,
        "service": pd.DataFrame(
            {
                "source": site["candidate"],
                "region": regions["region"].tolist(),
                "quarter": "2026-Q1",
                "h100e_bf16": 250.0,
                "rtt_ms": np.linspace(13.1, 48.2, 20),
            }
        ),
        "cash": cash,
        "after_horizon": pd.DataFrame({"quarter": ["2029-Q2"], "rent": [0.0], "lease": [0.0], "existing_lease": [0.0]}),
        "credits": pd.DataFrame({"item": ["residual_accelerators", "residual_halls"], "musd": [812.0, 702.5]}),
        "clusters": pd.DataFrame(
            {
                "cluster": ["gigafactory"],
                "host": [site["candidate"]],
                "tenure": ["own"],
                "accelerator": [H100],
                "gpus": [100096],
                "it_mw": [140.1344],
                "utility_mw": [168.16128],
                "by": ["2025-Q4"],
            }
        ),
        "regions": regions.reset_index(drop=True),
        "candidates": candidates,
    }
    facts: dict[str, Any] = {
        "candidates_read": 40997,
        "candidates_usable": 35268,
        "candidates_in_model": 120,
        "rounding_musd": 4.6,
        "near_ties": {
            "count": 214,
            "within_share": 0.005,
            "states": ["AR", "LA", "NM", "OK", "TX"],
            "decided": False,
            "chosen": str(site["candidate"]),
            "nothing_built": False,
        },
        "binding": ["money in 2025-Q3", "energized power at Sítio <Große> & Ōak in 2025-Q3"],
        "grid_check": {"status": "failed", "overloads": ["branch 86 at 117 % of its rating"]},
        "reasons": [],
        "money_against_date": [
            _point(-2, "2025-Q2", None, None, "infeasible", ""),
            _point(0, "2025-Q4", 6180.2, 6175.1, "optimal", "campus"),
            _point(2, "2026-Q2", 5920.4, 5911.0, "feasible", "campus"),
            _point(4, "2026-Q4", 5701.9, 5697.3, "optimal", "campus"),
        ],
        "sources": [
            _source(
                "price of H100 SXM 80GB", "48,000 USD", "lease-versus-buy note, case A", "2024-05-01", "medium", False
            ),
            _source(
                "construction, US",
                "11.7 MUSD per MW IT (9.3-15)",
                "Cushman & Wakefield 2025",
                "2025-12-31",
                "high",
                True,
            ),
            _source(
                "PUE, liquid", "direct liquid cooling", "assumption", "2026-08-31", "low (labelled assumption)", True
            ),
        ],
        "verification": {"ok": True, "faults": [], "npv_cost_musd": 6180.2},
    }
    facts["dated_after"] = [row for row in facts["sources"] if row["after_study"]]
    return Plan(
        study=study.model_dump(mode="json"),
        study_digest=study.digest(),
        data_hashes=dict(tables.hashes),
        versions={"python": "3.11.9", "siting": "0.1.0", "highspy": "1.16.0"},
        passes=(
            PassResult(
                objective="npv_cost_musd", termination=Termination.OPTIMAL, value=6180.2, bound=6175.1, seconds=41.0
            ),
        ),
        tables=frames,
        seconds={
            "read": 1.2,
            "assemble": 3.4,
            "reduce": 0.2,
            "build": 6.1,
            "transfer": 0.4,
            "solve": 41.0,
            "verify": 2.2,
        },
        peak_mb=1432.7,
        facts=facts,
    )


@pytest.fixture(scope="session")
def infeasible(plan: Plan) -> Plan:
    """The same question with no plan."""
    kept = {name: plan.tables[name] for name in ("candidates", "regions")}
    facts = {
        **{k: v for k, v in plan.facts.items() if k.startswith("candidates") or k in ("sources", "dated_after")},
        "reasons": ["money: the cheapest way to gigafactory takes 7,250 MUSD by 2025-Q4; funding is 6,000 MUSD"],
        "carries_gpus": 78125,
        "money_against_date": [],
        "binding": [],
    }
    result = PassResult(objective="npv_cost_musd", termination=Termination.INFEASIBLE)
    return replace(plan, tables=kept, facts=facts, passes=(result,))


@pytest.fixture(scope="session")
def leased(plan: Plan) -> Plan:
    """The same question answered by one lease: nothing is built."""
    clusters = plan.tables["clusters"].assign(
        host="servers for 10 GUSD", tenure="lease", gpus=100000, it_mw=np.nan, utility_mw=np.nan
    )
    more = plan.tables["leases"].assign(
        lease="servers for 10 GUSD",
        gpus=100000.0,
        quarter="2025-Q3",
        term_quarters=16,
        usd_per_gpu_h=2.85,
        kind="bilateral",
        existing=False,
        cluster="gigafactory",
    )
    empty = {
        name: plan.tables[name].head(0) for name in ("sites", "modules", "deliveries", "fleet", "power", "service")
    }
    frames = {**plan.tables, **empty, "clusters": clusters, "leases": pd.concat([plan.tables["leases"], more])}
    ties = {"count": 0, "within_share": 0.005, "states": [], "decided": True, "chosen": "", "nothing_built": True}
    return replace(plan, tables=frames, facts={**plan.facts, "near_ties": ties, "grid_check": "not checked"})


def _point(shift: int, by: str, value: float | None, bound: float | None, how: str, host: str) -> dict[str, Any]:
    gap = None if value is None or bound is None else (value - bound) / value
    return {
        "shift_quarters": shift,
        "by": by,
        "termination": how,
        "value_musd": value,
        "bound_musd": bound,
        "gap": gap,
        "hosted_by": host,
    }


def _source(item: str, value: str, source: str, date: str, confidence: str, after: bool) -> dict[str, Any]:
    return {
        "item": item,
        "value": value,
        "source": source,
        "date": date,
        "confidence": confidence,
        "after_study": after,
    }
