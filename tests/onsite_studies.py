"""A campus with little grid power at first, and engines stated in full; tests change single figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_studies import H100, small_study

from siting.study import Study

ENGINE: dict[str, Any] = {
    "name": "engine",
    "unit_utility_mw": "2.5 MW",
    "capex_usd_per_kw": "1000 USD/kW",
    "lead_quarters": 1,
    "heat_rate_mmbtu_per_mwh": "9 MMBtu/MWh",
    "fixed_om_usd_per_kw_year": "20 USD/kW/y",
    "var_om_usd_per_mwh": "10 USD/MWh",
    "co2_kg_per_mmbtu": "53 kg/MMBtu",
    "availability": "95 %",
    "gas_usd_per_mmbtu": "3 USD/MMBtu",
    "max_units_per_site": 14,
}
"""Every figure of a permanent gas unit."""
MEMPHIS = "memphis,35.06,-90.16,own,150,,,2024-Q3,,\n"
RAMP = [
    {"after_quarters": 0, "utility_mw": "8 MW"},
    {"after_quarters": 2, "utility_mw": "50 MW"},
    {"after_quarters": 5, "utility_mw": "150 MW"},
]
"""8 MW at first, 50 two quarters later, 150 five quarters later."""


def onsite_study(folder: Path, *units: dict[str, Any], gpus: int = 12_000, **changes: Any) -> Study:
    """One campus with the ramp above, halls in a quarter, a cluster of H100 in the quarter of the first grid power."""
    tree: dict[str, Any] = {
        "power": {
            "time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}],
            "ramp": RAMP,
        },
        "halls": {"construction_quarters": 1, "cost_musd_per_it_mw": "8 MUSD/MW"},
        "clusters": [{"name": "first", "gpus": gpus, "accelerators": [H100], "by": "2024-Q3"}],
        "onsite": list(units),
    }
    return small_study(folder, rows=MEMPHIS, **{**tree, **changes})
