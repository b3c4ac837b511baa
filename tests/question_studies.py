"""Two places of which one is enough, small enough to be listed: what questions to a plan are tried on."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from small_studies import H100, small_study

from siting.study import Study

HALLS = {
    "module_it_mw": "1 MW",
    "first_phase_it_mw": "1 MW",
    "construction_quarters": 2,
    "cost_musd_per_it_mw": "10 MUSD/MW",
}
CONNECTION = {"line_km": "1 km", "substation_musd": "2 MUSD", "land_acres": "10 acre"}
EXACT = {"gap": 0.0, "date_curve": False, "threads": 1}


def place(
    name: str, *, mw: float = 3.0, usd_per_mwh: float = 60.0, energization: str = "", where: str = "32.45,-99.73"
) -> str:
    """A line of the file of places: an own campus near Abilene unless said otherwise."""
    return f"{name},{where},own,{mw:g},,{usd_per_mwh:g},{energization},,\n"


def asked_study(folder: Path, *rows: str, gpus: int = 1024, **changes: Any) -> Study:
    """1,024 H100 (1.4 MW IT) by 2025-Q1 in modules of 1 MW IT; 2024-Q2 and 5 quarters; searched to a gap of 0.

    Halls take two quarters, power two where a line says nothing else; no campus is larger than 4 MW at the meter.
    """
    cluster = {"name": "first", "gpus": gpus, "accelerators": [H100], "by": "2025-Q1"}
    tree = {"quarters": 5, "halls": HALLS, "connection": CONNECTION, "search": EXACT, "clusters": [cluster]}
    tree["candidates"] = {"file": {"path": "sites.csv"}, "largest_campus_utility_mw": "4 MW"}
    return small_study(folder, "".join(rows), **{**tree, **changes})


def random_study(seed: int, folder: Path) -> Study:
    """Two places with prices, MW and dates of their own, and by chance scarce money, an offer, vendors that ship few,
    rules, caps and own limits."""
    r = random.Random(seed)
    rows = [
        place(
            name,
            mw=r.choice([2.0, 2.0, 3.0, 4.0]),
            usd_per_mwh=r.choice([30.0, 60.0, 110.0]),
            energization=r.choice(["2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2"]),
            where=where,
        )
        for name, where in (("west", "32.45,-99.73"), ("north", "41.88,-87.63"))
    ]
    gpus = r.choice([512, 1024])
    kind: dict[str, Any] = {
        "name": H100,
        "price_usd": "40000 USD",
        "price_includes": ["accelerator", "server", "network", "storage"],
        "pod_accelerators": 256,
        "lead_quarters": 0,
    }
    if r.random() < 0.5:
        kind["supply_per_quarter"] = r.choice([256, 512])
    rounds = [("2024-Q2", r.choice([12, 30, 90])), ("2025-Q1", 60)]
    changes: dict[str, Any] = {
        "accelerators": [kind],
        "money": {
            "discount_rate": "10 %/y",
            "funding": [{"quarter": q, "amount_musd": f"{musd} MUSD", "status": "closed"} for q, musd in rounds],
            **r.choice([{}, {"capex_cap_musd": "70 MUSD"}]),
        },
    }
    if r.random() < 0.6:
        offer = {
            "name": "rented",
            "accelerator": H100,
            "gpus": 1024,
            "usd_per_gpu_h": r.choice(["4 USD/GPU/h", "9 USD/GPU/h"]),
            "term_quarters": 2,
            "deliver_from": "2024-Q4",
            "single_fabric_gpus": 1024,
            "note": "assumed",
        }
        changes["leases"] = {"bilateral": [offer]}
    if r.random() < 0.5:
        changes["rules"] = r.choice([{"max_sites": 1}, {"min_sites": 1}, {"per_state_max": 1}])
    if r.random() < 0.5:
        expr = r.choice(["sum(it_mw) <= 2 MW", "sum(it_mw[state=TX]) <= 1 MW", "sum(accelerators) >= 600"])
        changes["limits"] = [{"name": "own", "expr": expr}]
    return asked_study(folder, *rows, gpus=gpus, **changes)
