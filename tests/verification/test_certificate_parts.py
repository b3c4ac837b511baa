"""Parts of a study that the bound over all candidates knows: claimed, saved, recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onsite_studies import ENGINE, MEMPHIS, RAMP
from small_studies import H100, INDEX, PPA, small_study

from siting.report.answer import bound_covers
from siting.run import solve
from siting.tables.read import Tables, read_tables
from siting.verification import verify

ONE = {"candidates_in_model": 1, "date_curve": False}
ASKS = {"peak_h100e_bf16": 100, "first_quarter": "2025-Q4", "regions": 1, "rtt_target_ms": "90 ms", "rtt_basis": "user"}
LOANS = [
    {"name": "bank", "rate": "11 %/y", "tenor_quarters": 20, "advance_rate": "70 %"},
    {"name": "fund", "rate": "4 %/y", "tenor_quarters": 6, "advance_rate": "50 %", "max_musd": "20 MUSD"},
]
INCOME = {"taxable_musd_per_year": {"2024": "5 MUSD/y", "2026": "12 MUSD/y"}, "home_state": "IL"}
MONEY = {"discount_rate": "10 %/y", "lease": False}
SHORT = {**MONEY, "funding": [{"quarter": "2024-Q2", "amount_musd": "500 MUSD", "status": "closed"}]}
RICH = {**MONEY, "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}]}
CURTAILABLE = {
    "quarters_earlier": 2,
    "connection_cost_share": "60 %",
    "hours_per_year": 200,
    "lost_output_usd_per_it_mwh": "1500 USD/MWh",
    "price_adder_usd_per_mwh": "-5 USD/MWh",
}
DATES = ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
FIVE = [
    {"name": f"fabric {n}", "gpus": 1024, "accelerators": [H100], "by": by, "until": by} for n, by in enumerate(DATES)
]
PARTS: dict[str, dict[str, Any]] = {
    "five clusters": {"clusters": FIVE, "money": RICH},
    "revenue": {"inference": ASKS, "revenue": {"usd_per_h100e_h": "2 USD/h", "counts_as_funding": True}, "money": RICH},
    "debt": {
        "debt": LOANS,
        "money": SHORT,
        "clusters": [{"name": "first", "gpus": 2048, "accelerators": [H100], "by": "2025-Q4"}],
    },
    "income tax": {
        "inference": ASKS,
        "revenue": {"usd_per_h100e_h": "2 USD/h"},
        "debt": LOANS,
        "taxes": {"property_tax_where_blank": "1 %/y", "income": INCOME},
        "money": RICH,
    },
    "energy contracts": {
        "power": {
            "time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}],
            "contracts": [INDEX, PPA],
        },
        "money": RICH,
    },
    "units on the campus": {
        "rows": MEMPHIS + MEMPHIS.replace("memphis", "second") + MEMPHIS.replace("memphis", "third"),
        "power": {
            "time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}],
            "ramp": RAMP,
        },
        "halls": {"construction_quarters": 1, "cost_musd_per_it_mw": "8 MUSD/MW"},
        "clusters": [{"name": "first", "gpus": 12_000, "accelerators": [H100], "by": "2024-Q3"}],
        "onsite": [ENGINE],
        "money": RICH,
    },
    "curtailable connections": {
        "power": {
            "time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}],
            "curtailable": CURTAILABLE,
        },
        "money": RICH,
    },
    "a campus that stands": {"rules": {"existing": [{"candidate": "chicago", "it_mw": "10 MW"}]}, "money": RICH},
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables()


@pytest.mark.parametrize("part", list(PARTS))
def test_a_bound_over_all_is_claimed_and_found_again(part: str, tmp_path: Path, tables: Tables) -> None:
    """A search over a part of three places: the bound lies within a tenth below the cost, and verifies."""
    study = small_study(tmp_path, search=ONE, **PARTS[part])
    plan = solve(study, tables=tables)
    assert plan.npv_cost_musd is not None
    everyone = plan.facts["everyone"]
    assert everyone["candidates"] == 3
    assert abs(plan.npv_cost_musd) * 0.1 >= plan.npv_cost_musd - everyone["bound_musd"] >= -1e-6
    assert verify(plan, study, tables).ok
    assert "Over all 3 usable candidates" in bound_covers(plan)
