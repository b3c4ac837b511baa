"""What is asked, what it is paid with and what limits it, drawn at random for a small whole study."""

from __future__ import annotations

import random
from typing import Any

from siting.units import parse_quarter, quarter_label

H100 = "H100 SXM 80GB"
START = parse_quarter("2024-Q2")
Tree = dict[str, Any]


def later(r: random.Random, first: int, last: int) -> str:
    """A quarter from `first` to `last` quarters after the start."""
    return quarter_label(START + r.randint(first, last))


def leases(r: random.Random, quarters: int) -> Tree:
    tree: Tree = {
        "price_escalator": r.choice(["0 %/y", "-15 %/y"]),
        "value_after_horizon_usd_per_gpu_h": r.choice(["0 USD/GPU/h", "0.7 USD/GPU/h"]),
    }
    if r.random() < 0.6:
        tree["bilateral"] = [
            {
                "name": "rented",
                "accelerator": H100,
                "gpus": 1024,
                "min_gpus": r.choice([1, 100, 1024]),
                "term_quarters": r.choice([1, 3, 8]),
                "deliver_from": later(r, 0, 3),
                "single_fabric_gpus": r.choice([0, 1024]),
                "prepay": r.choice(["0 %", "30 %"]),
                "usd_per_gpu_h": r.choice(["1.2 USD/GPU/h", "3.5 USD/GPU/h"]),
                "lat": 38.7,
                "lon": -95.0,
                "note": "assumed",
            }
        ]
    if r.random() < 0.3:
        tree["existing"] = [
            {
                "name": "runs",
                "accelerator": H100,
                "gpus": 200,
                "usd_per_gpu_h": "2 USD/GPU/h",
                "ends": later(r, 0, quarters + 2),
                "prepay": r.choice(["0 %", "40 %"]),
                "single_fabric_gpus": 200,
                "lat": 33.0,
                "lon": -97.0,
                "note": "assumed",
            }
        ]
    return tree


def money(r: random.Random, quarters: int) -> Tree:
    rounds = [("2024-Q2", r.choice([40, 80, 200, 900])), (later(r, 1, quarters - 1), 60)]
    tree: Tree = {
        "discount_rate": r.choice(["10 %/y", "0 %/y", "25 %/y"]),
        "funding": [
            {"quarter": quarter, "amount_musd": f"{musd} MUSD", "status": "closed", "note": "example"}
            for quarter, musd in rounds
        ],
        **r.choice([{}, {}, {}, {"lease": False}]),
    }
    if r.random() < 0.3:
        tree["capex_cap_musd"] = f"{r.choice([45, 80, 150])} MUSD"
    if r.random() < 0.3:
        tree["opex_cap_musd_per_year"] = f"{r.choice([4, 12, 30])} MUSD/y"
    if r.random() < 0.3:
        tree["escalators"] = {"hall_om": "4 %/y", "accelerator_om": "6 %/y"}
    return tree


def taxes(r: random.Random) -> Tree:
    tree: Tree = {
        "property_tax_where_blank": "1 %/y",
        "sales_tax_exemption_claimed": r.random() < 0.6,
    }
    if r.random() < 0.4:
        state = r.random() < 0.6
        tree["income"] = {
            "taxable_musd_per_year": r.choice(
                ["500 MUSD/y", "3 MUSD/y", {"2024": "0 MUSD/y", "2025": "12 MUSD/y", "2027": "1 MUSD/y"}]
            ),
            "federal": True,
            "state": state,
            **({"home_state": "IL"} if state else {}),
            **r.choice([{}, {"bonus_share": "0 %"}, {"bonus_share": "100 %"}]),
            **r.choice([{}, {"building_life_years": 10}]),
        }
    return tree


def clusters(r: random.Random, quarters: int, eight: bool) -> list[Tree]:
    first: Tree = {
        "name": "a",
        "gpus": r.choice([200, 512, 1024]),
        "accelerators": [H100],
        "by": later(r, 2, quarters - 1),
    }
    if r.random() < 0.3:
        first["until"] = first["by"]
    if r.random() < 0.3:
        first["split"] = {"campuses": 2, "within_km": r.choice(["50 km", "900 km"])}
    second: Tree = {
        "name": "b",
        f"h100e_{'8bit' if eight else 'bf16'}": r.choice([50, 300]),
        "by": later(r, 2, quarters - 1),
    }
    if r.random() < 0.3:
        second["split"] = {"campuses": 2, "within_km": "900 km"}
    return [first, second] if r.random() < 0.35 else [first]


def inference(r: random.Random, quarters: int, eight: bool) -> Tree:
    basis = "8bit" if eight else "bf16"
    tree: Tree = {
        f"peak_h100e_{basis}": r.choice([3, 150, 400]),
        "first_quarter": later(r, 2, quarters - 1),
        "growth": r.choice(["0 %/y", "40 %/y", "-20 %/y"]),
        "regions": r.choice([1, 2, 4]),
        "rtt_target_ms": r.choice(["70 ms", "120 ms"]),
        "rtt_basis": r.choice(["user", "backbone"]),
    }
    if r.random() < 0.25:
        tree["growth_by_region"] = {"New York NY": "60 %/y"}
    if r.random() < 0.35:
        tree["survive_share"] = r.choice(["40 %", "100 %"])
    if r.random() < 0.25:
        tree["intercontinental"] = [{"region": "West Europe", f"peak_h100e_{basis}": 60, "rtt_target_ms": "160 ms"}]
    apart = random.Random(str(tree))  # of its own, so that what is drawn after it stays
    if apart.random() < 0.3:
        tree["transit_usd_per_h100e_h_per_1000km"] = "0.8 USD/h"
    if apart.random() < 0.3:
        tree["single_source"] = True
    return tree


def rules(r: random.Random, study: Tree, ids: list[str], quarters: int) -> Tree:
    tree: Tree = {}
    if r.random() < 0.3:
        tree["max_sites"] = r.choice([1, 2])
    if r.random() < 0.2:
        tree["min_sites"] = r.choice([1, 2])
        tree["max_sites"] = max(2, tree.get("max_sites", 2))
    if r.random() < 0.3:
        forced: Tree = {"candidate": r.choice(ids)}
        if r.random() < 0.6:
            forced |= {"it_mw": "1 MW", "by": later(r, 3, quarters - 1)}
        tree["forced"] = [forced]
    if r.random() < 0.4:
        building = {"o": "halls", "r": "retrofit"}
        builds = {letter: study[part]["construction_quarters"] for letter, part in building.items()}
        steady = [name for name in ids if builds.get(name[0])]
        if steady:
            tree["existing"] = [{"candidate": r.choice(steady), "it_mw": "1 MW"}]
    if r.random() < 0.2:
        used = {entry["candidate"] for key in ("forced", "existing") for entry in tree.get(key, [])}
        tree["forbidden"] = [name for name in ids if name not in used][:1]
    if r.random() < 0.2:
        tree["max_per_state"] = {"TX": 1}
    if r.random() < 0.2:
        tree["per_state_max"] = 1
    if r.random() < 0.2:
        tree["max_per_county"] = 1
    if r.random() < 0.2:
        tree["min_distance_km"] = r.choice(["50 km", "800 km"])
    return tree


def limits(r: random.Random, ids: list[str]) -> list[Tree]:
    said = [
        "sum(it_mw[state=TX]) <= 1 MW",
        "sum(utility_mw) <= 4 MW",
        "sum(sites[tenure=own]) >= 1",
        "sum(sites[tenure=own]) <= 1",
        "sum(energy_mwh[year=2025]) <= 9000 MWh",
        "sum(co2_t) <= 6000 t",
        "sum(water_m3[state=TX]) <= 5000 m3",
        "sum(capex_musd[year=2024]) <= 30 MUSD",
        "sum(spend_musd) <= 90 MUSD",
        "sum(accelerators) >= 300",
        f"sum(h100e[candidate={ids[0]}]) - 0.5*sum(h100e[candidate={ids[1]}]) <= 100",
        f"sum(it_mw[candidate={ids[1]}] @2025-Q1) <= 1 MW",
    ]
    return [{"name": f"limit {n}", "expr": expr} for n, expr in enumerate(r.sample(said, r.choice([1, 1, 2])))]


def carbon(r: random.Random) -> Tree:
    tree: Tree = {"also_where_priced": r.random() < 0.5}
    if r.random() < 0.6:
        tree |= {"usd_per_t": "60 USD/t", "escalator": r.choice(["0 %/y", "5 %/y"])}
    if r.random() < 0.5:
        tree["cap_t"] = {"2025": f"{r.choice([3000, 8000])} t"}
    if r.random() < 0.3:
        tree["cap_t_per_year"] = "9000 t"
    return tree


def debts(r: random.Random, quarters: int) -> list[Tree]:
    first: Tree = {
        "name": "bank",
        "rate": r.choice(["5 %/y", "12 %/y"]),
        "tenor_quarters": r.choice([1, 4, 16]),
        "advance_rate": r.choice(["20 %", "50 %", "80 %"]),
        "amortising": r.choice(["level", "bullet"]),
    }
    if r.random() < 0.4:
        first["max_musd"] = "9 MUSD"
    if r.random() < 0.3:
        first["draw_from"] = later(r, 0, 3)
        first["draw_until"] = later(r, 3, quarters - 1)
    second = {"name": "vendor", "rate": "8 %/y", "tenor_quarters": 6, "advance_rate": "40 %"}
    return [first, second] if r.random() < 0.3 else [first]


def priorities(r: random.Random, tree: Tree) -> list[Tree]:
    goals = ["npv_cost", "compute", "carbon", "peak_funding"]
    if "inference" in tree:
        goals.append("latency")
    chosen = [{"objective": name, "tolerance": r.choice(["0 %", "10 %"])} for name in r.sample(goals, 2)]
    if len(tree.get("clusters", [])) == 1 and r.random() < 0.4:
        chosen.insert(0, {"objective": "time_to_compute", "tolerance_quarters": r.choice([0, 1])})
    return chosen
