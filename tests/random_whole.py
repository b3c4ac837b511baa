"""Small whole studies with every part of a study switched on at random: two to four places of the planner's own."""

from __future__ import annotations

import random
from pathlib import Path

from random_terms import (
    H100,
    START,
    Tree,
    carbon,
    clusters,
    debts,
    inference,
    later,
    leases,
    limits,
    money,
    priorities,
    rules,
    taxes,
)

from siting.study import Study
from siting.units import quarter_label

HEADER = "candidate,lat,lon,tenure,utility_mw,usd_per_mwh,energization,rent_usd_per_kw_month,market,place,ramp\n"
POINTS = [(32.45, -99.73), (32.46, -99.60), (36.15, -95.99), (41.88, -87.63), (39.0, -77.5)]
"""Two beside one another in Texas, then Oklahoma, Illinois, Virginia; degrees."""
CHIP = "another chip"


def whole_study(seed: int, folder: Path) -> Study:
    """The study of this seed, its file of places written to `folder`."""
    tree, rows = whole_tree(seed)
    return study_of(tree, rows, folder)


def study_of(tree: Tree, rows: list[str], folder: Path) -> Study:
    """The study of such fields and lines of the file."""
    (folder / "sites.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    study = Study.model_validate(tree)
    study._path = folder / "study.toml"
    return study


def whole_tree(seed: int) -> tuple[Tree, list[str]]:
    """Fields of the study and the lines of its file of places."""
    r = random.Random(seed)
    quarters = r.choice([5, 6, 8, 9])
    eight = r.random() < 0.2
    rows, ids = places(r)
    tree: Tree = {
        "name": "small",
        "start": "2024-Q2",
        "quarters": quarters,
        "compute_basis": "8bit" if eight else "bf16",
        "candidates": {"file": {"path": "sites.csv"}},
        "search": {"gap": 1e-4, "date_curve": False, "threads": 1, "time_limit_s": "20 s"},
        "power": power(r, quarters, ids),
        "halls": halls(r),
        "retrofit": {
            "cost_musd_per_it_mw": r.choice(["6 MUSD/MW", "2 MUSD/MW"]),
            "purchase_musd": "4 MUSD",
            "connection_musd": r.choice(["0 MUSD", "3 MUSD"]),
            "om_usd_per_it_kw_year": "40 USD/kW/y",
            "life_years": r.choice([0.5, 15]),
        },
        "powered_shell": {
            "construction_quarters": r.choice([0, 1]),
            "rent_usd_per_kw_month": "50 USD/kW/month",
            "term_years": r.choice([1, 5]),
            "escalator": r.choice(["0 %/y", "2 %/y"]),
            "fitout_musd_per_it_mw": "5 MUSD/MW",
            "om_usd_per_it_kw_year": "80 USD/kW/y",
        },
        "colocation": {"rent_level": "low", "term_years": r.choice([1, 3])},
        "connection": {
            "line_km": "1 km",
            "substation_musd": "2 MUSD",
            "land_acres": "10 acre",
            "deposit_musd": r.choice(["0 MUSD", "1 MUSD"]),
        },
        "accelerators": accelerators(r, quarters, eight),
        "purchase": {
            "order_share": r.choice(["0 %", "25 %", "100 %"]),
            "price_escalator": r.choice(["0 %/y", "-20 %/y", "10 %/y"]),
            "residual": r.choice(["low", "base", "zero"]),
            "bulk_discount": r.choice(["0 %", "15 %"]),
            "residual_age": r.choice(["delivery", "delivery", "generation"]),
        },
        "leases": leases(r, quarters),
        "money": money(r, quarters),
        "taxes": taxes(r),
    }
    for part in ("halls", "retrofit"):
        tree[part]["construction_quarters"] = r.choice([0, 1, 2, 3])
    asks = r.choice(["clusters", "inference", "both", "both"])
    if asks != "inference":
        tree["clusters"] = clusters(r, quarters, eight)
    if asks != "clusters":
        tree["inference"] = inference(r, quarters, eight)
        if r.random() < 0.4:
            tree["revenue"] = {
                "usd_per_h100e_h": "3 USD/h",
                "price_change": r.choice(["0 %/y", "-20 %/y"]),
                "mean_over_peak": r.choice(["100 %", "60 %"]),
                "counts_as_funding": r.random() < 0.5,
            }
    if r.random() < 0.5:
        tree["onsite"] = onsite(r, ids)
    if r.random() < 0.5:
        tree["rules"] = rules(r, tree, ids, quarters)
    if r.random() < 0.5:
        tree["limits"] = limits(r, ids)
    if r.random() < 0.4:
        tree["carbon"] = carbon(r)
    if r.random() < 0.3 or any("water" in limit["expr"] for limit in tree.get("limits", [])):
        tree["water"] = {
            "wue_l_per_kwh": {tree["halls"]["cooling"]: "1.5 l/kWh"},
            **({"cap_m3_per_year": f"{r.choice([8000, 20000])} m3"} if r.random() < 0.5 else {}),
            **({"usd_per_m3": "20 USD/m3", "escalator": "5 %/y"} if r.random() < 0.6 else {}),
        }
    if r.random() < 0.4:
        tree["debt"] = debts(r, quarters)
    if r.random() < 0.25:
        tree["priorities"] = priorities(r, tree)
    return tree, rows


def places(r: random.Random) -> tuple[list[str], list[str]]:
    count = r.choice([2, 3, 3, 4])
    rows, ids, shared = [], [], r.random() < 0.3
    points = r.sample(POINTS, count)
    shared &= set(points[:2]) == set(POINTS[:2])  # one place is no farther across
    for n, (lat, lon) in enumerate(points):
        tenure = r.choice(["own", "own", "own", "retrofit", "powered_shell", "colocation"])
        mw, price = r.choice([2.5, 3, 4.3, 6, 9]), r.choice(["", "40", "95"])
        energization = r.choice(["", "", quarter_label(START + r.randint(0, 3))])
        rent = "70" if tenure == "colocation" else r.choice(["", "45"]) if tenure == "powered_shell" else ""
        ramp = r.choice(["", "", '"0:1.5;2:9"', '"1:3"']) if tenure != "colocation" else ""
        ids.append(f"{tenure[0]}{n}")
        place = "yard" if shared and n < 2 else ""
        rows.append(f"{ids[-1]},{lat},{lon},{tenure},{mw},{price},{energization},{rent},,{place},{ramp}\n")
    return rows, ids


def halls(r: random.Random) -> Tree:
    return {
        "module_it_mw": r.choice(["0.5 MW", "1 MW"]),
        "first_phase_it_mw": r.choice(["0.5 MW", "1 MW", "2 MW"]),
        "cooling": r.choice(["liquid", "air"]),
        "escalator": r.choice(["0 %/y", "5 %/y"]),
        "om_usd_per_it_kw_year": r.choice(["0 USD/kW/y", "120 USD/kW/y"]),
        "life_years": r.choice([1, 20]),
    }


def power(r: random.Random, quarters: int, ids: list[str]) -> Tree:
    ramp = [{"after_quarters": 0, "share": "40 %"}, {"after_quarters": 2, "share": "100 %"}]
    tree: Tree = {
        "time_to_power": [{"low_quarters": 0, "mid_quarters": 1, "high_quarters": 3, "note": "assumption"}],
        "case": r.choice(["low", "mid", "mid", "high"]),
        "escalator": r.choice(["0 %/y", "5 %/y"]),
        "load_factor": r.choice(["80 %", "100 %"]),
        "price_adder_usd_per_mwh": r.choice(["0 USD/MWh", "7 USD/MWh"]),
        **({"ramp": ramp} if r.random() < 0.3 else {}),
    }
    if r.random() < 0.35:
        tree |= {"price_column": "energy_only", "usd_per_mwh": "45 USD/MWh"}
        tree["demand_charge_usd_per_kw_month"] = r.choice(["12 USD/kW/month", "0 USD/kW/month"])
    if r.random() < 0.4:
        tree["curtailable"] = {
            "quarters_earlier": r.choice([0, 1, 2]),
            "connection_cost_share": r.choice(["100 %", "20 %"]),
            "hours_per_year": r.choice([40, 400]),
            "longest_hours": "2 hour" if quarters % 2 else "10 hour",  # drawn, it would change what every seed draws
            "price_adder_usd_per_mwh": r.choice(["0 USD/MWh", "4 USD/MWh", "-6 USD/MWh"]),
            "lost_output_usd_per_it_mwh": r.choice(["0 USD/MWh", "500 USD/MWh"]),
        }
    if r.random() < 0.35:
        tree["large_load"] = {
            "minimum_take_share": r.choice(["0 %", "60 %", "100 %"]),
            "term_years": r.choice([1, 3]),
            "collateral_musd_per_utility_mw": r.choice(["0 MUSD/MW", "0.5 MUSD/MW"]),
        }
    if r.random() < 0.5:
        metered = [name for name in ids if name[0] != "c"]
        covered = {"candidates": [r.choice(metered)]} if metered and r.random() < 0.3 else {}
        index = {
            "name": "hub",
            "kind": "index",
            "prices": {"2024": "30 USD/MWh", "2025": "55 USD/MWh", "2026": "20 USD/MWh"},
            "delivery_usd_per_mwh": r.choice(["0 USD/MWh", "8 USD/MWh"]),
            "share_of": r.choice(["site", "plan"]),
            "max_share": r.choice(["60 %", "100 %"]),
            "min_share": r.choice(["0 %", "20 %"]),
            **covered,
        }
        tariff = {
            "name": "rate",
            "kind": "tariff",
            "price_usd_per_mwh": "35 USD/MWh",
            "escalator": "3 %/y",
            "start": later(r, 0, quarters - 1),
            "max_share": "30 %",
            **({"term_years": 1} if r.random() < 0.5 else {}),
        }
        ppa = {
            "name": "wind",
            "kind": "ppa",
            "price_usd_per_mwh": r.choice(["25 USD/MWh", "60 USD/MWh"]),
            "ppa_mw_max": "2 MW",
            "term_years": r.choice([1, 3]),
            "capacity_factor": "40 %",
            "min_take_share": r.choice(["0 %", "80 %"]),
            "min_share": r.choice(["0 %", "0 %", "10 %"]),
            "share_of": r.choice(["site", "plan"]),
            "start": later(r, 0, quarters - 1),
            "resale_usd_per_mwh": r.choice(["0 USD/MWh", "20 USD/MWh"]),
        }
        tree["contracts"] = r.sample([index, tariff, ppa], r.choice([1, 2, 3])) if metered else []
    return tree


def accelerators(r: random.Random, quarters: int, eight: bool) -> list[Tree]:
    first: Tree = {
        "name": H100,
        "price_usd": "40000 USD",
        "price_includes": ["accelerator", "server", "network", "storage"],
        "lead_quarters": r.choice([0, 1, 2]),
        "pod_accelerators": r.choice([64, 100, 256]),
        **({"h100e_8bit": r.choice([1.0, 0.8])} if eight else {}),
        **({"inference_h100e": r.choice([0.5, 1.5])} if r.random() < 0.3 else {}),
        **({"life_years": r.choice([0.5, 1.0, 1.25])} if r.random() < 0.25 else {}),
    }
    kind = r.random()
    if kind < 0.3:
        first["supply_per_quarter"] = r.choice([400, 900])
    elif kind < 0.55:
        dates = sorted(r.sample(range(quarters), min(quarters, 3)))
        first["allocation"] = [
            {"quarter": quarter_label(START + t), "accelerators": r.choice([300, 700])} for t in dates
        ]
    if r.random() < 0.3:
        first["prices"] = [{"order_from": later(r, 1, quarters - 1), "price_usd": r.choice(["25000 USD", "50000 USD"])}]
    other: Tree = {
        "name": CHIP,
        "price_usd": "90000 USD",
        "price_includes": ["accelerator", "server"],
        "network_usd": "2000 USD",
        "storage_usd": "500 USD",
        "it_kw": "2.1 kW",
        f"h100e_{'8bit' if eight else 'bf16'}": 2.5,
        "pod_accelerators": 72,
        "available": later(r, 0, 3),
        "lead_quarters": r.choice([0, 2]),
        **({"life_years": 0.75} if r.random() < 0.2 else {}),
    }
    return [first, other] if r.random() < 0.4 else [first]


def onsite(r: random.Random, ids: list[str]) -> list[Tree]:
    bridge = r.random() < 0.4
    engine: Tree = {
        "name": "engine",
        "unit_utility_mw": r.choice(["0.8 MW", "2.5 MW"]),
        "lead_quarters": r.choice([0, 1]),
        "heat_rate_mmbtu_per_mwh": "9 MMBtu/MWh",
        "fixed_om_usd_per_kw_year": "20 USD/kW/y",
        "var_om_usd_per_mwh": "3 USD/MWh",
        "co2_kg_per_mmbtu": "53 kg/MMBtu",
        "availability": r.choice(["95 %", "100 %", "50 %"]),
        "max_units_per_site": r.choice([2, 5]),
        "reserve_units": r.choice([0, 0, 1]),
        "gas_escalator": r.choice(["0 %/y", "4 %/y"]),
        **r.choice([{"gas_usd_per_mmbtu": "3 USD/MMBtu"}, {"gas_usd_per_mmbtu": "3 USD/MMBtu"}, {}]),
    }
    rented = r.random() < 0.4
    engine |= {"rent_usd_per_kw_month": "20 USD/kW/month"} if rented else {"capex_usd_per_kw": "1000 USD/kW"}
    if bridge:
        engine |= {"role": "bridge", "leave_after_grid_quarters": r.choice([0, 2])}
        if not rented:
            engine["resale_share"] = r.choice(["0 %", "50 %"])
    if r.random() < 0.3:
        engine["candidates"] = [r.choice(ids)]
    solar: Tree = {
        "name": "sun",
        "kind": "solar",
        "fuel": "none",
        "unit_utility_mw": "1 MW",
        "capex_usd_per_kw": "300 USD/kW",
        "lead_quarters": 1,
        "fixed_om_usd_per_kw_year": "5 USD/kW/y",
        "var_om_usd_per_mwh": "0 USD/MWh",
        "capacity_factor": "25 %",
        "max_units_per_site": 3,
    }
    battery: Tree = {
        "name": "cells",
        "kind": "battery",
        "battery_hours": "4 hour",
        "fuel": "none",
        "unit_utility_mw": "0.7 MW",
        "capex_usd_per_kw": "500 USD/kW",
        "lead_quarters": 1,
        "fixed_om_usd_per_kw_year": "5 USD/kW/y",
        "var_om_usd_per_mwh": "0 USD/MWh",
        "max_units_per_site": 4,
    }
    return r.choice([[engine], [engine], [engine, solar], [solar], [engine, battery], [battery]])
