"""A study of three places of the planner's own, small enough for arithmetic; tests change it by dotted names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from siting.study import Study

HEADER = "candidate,lat,lon,tenure,utility_mw,it_mw,usd_per_mwh,energization,rent_usd_per_kw_month,market\n"
ABILENE = "abilene,32.45,-99.73,own,150,,62,2025-Q2,,\n"
DALLAS = "dallas,32.78,-96.80,own,100,,,,,\n"
CHICAGO = "chicago,41.88,-87.63,own,60,,,,,\n"
H100 = "H100 SXM 80GB"
PATH = {"2024": "40 USD/MWh", "2025": "41 USD/MWh", "2026": "42 USD/MWh", "2027": "43 USD/MWh"}
INDEX = {"name": "hub", "kind": "index", "prices": PATH, "max_share": "60 %"}
PPA = {
    "name": "wind",
    "kind": "ppa",
    "price_usd_per_mwh": "30 USD/MWh",
    "ppa_mw_max": "2 MW",
    "term_years": 4,
    "capacity_factor": "40 %",
    "min_take_share": "80 %",
    "start": "2025-Q3",
    "resale_usd_per_mwh": "20 USD/MWh",
}


def small_study(folder: Path, rows: str = ABILENE + DALLAS + CHICAGO, **changes: Any) -> Study:
    """Abilene 150 MW, Dallas 100 MW, Chicago 60 MW at the meter; 1,024 H100 by 2025-Q4; 2024-Q2 and 12 quarters.

    `changes` replace top-level tables of the study. Files are looked for in `folder`.
    """
    (folder / "sites.csv").write_text(HEADER + rows)
    tree: dict[str, Any] = {
        "name": "small",
        "start": "2024-Q2",
        "quarters": 12,
        "candidates": {"file": {"path": "sites.csv"}},
        "power": {"time_to_power": [{"low_quarters": 1, "mid_quarters": 2, "high_quarters": 4, "note": "assumption"}]},
        "accelerators": [
            {"name": H100, "price_usd": "40000 USD", "price_includes": ["accelerator", "server", "network", "storage"]}
        ],
        "clusters": [{"name": "first", "gpus": 1024, "accelerators": [H100], "by": "2025-Q4"}],
        "money": {
            "discount_rate": "10 %/y",
            "funding": [{"quarter": "2024-Q2", "amount_musd": "9 GUSD", "status": "closed"}],
        },
        "taxes": {"property_tax_where_blank": "1 %/y"},
    }
    study = Study.model_validate({**tree, **changes})
    study._path = folder / "study.toml"
    return study
