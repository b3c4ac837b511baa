"""Small studies without a plan, each with a conflict that was planted: limits that cannot hold together, known by
arithmetic, and their own way of letting a limit go (edits of the study's tree and of its places)."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siting.study import Study
from siting.units import parse_quarter, quarter_label

Tree = dict[str, Any]
H100 = "H100 SXM 80GB"
KW = 1.4
"""IT of one H100 with its share of network and storage, kW: stated in the studies."""
START = "2024-Q1"
HEADER = "candidate,lat,lon,tenure,utility_mw,energization\n"
PLACES = {"abilene": (32.45, -99.73), "dallas": (32.78, -96.80), "tulsa": (36.15, -95.99), "chicago": (41.88, -87.63)}
NEWARK = (40.73, -74.17)
SIZE, DATE, DEMAND, SERVICE = "size of first", "date of first", "inference demand", "first quarter of inference"


@dataclass
class Planted:
    """A study as tree and places; the minimal sets that it holds (`funding` stands for that of any quarter)."""

    name: str
    tree: Tree
    places: list[Tree]
    sets: list[frozenset[str]]

    def study(self, folder: Path) -> Study:
        """Its files written to `folder`."""
        lines = [",".join(str(place.get(name, "")) for name in HEADER.strip().split(",")) for place in self.places]
        (folder / "sites.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        study = Study.model_validate(self.tree)
        study._path = folder / "study.toml"
        return study

    def without(self, name: str) -> Planted:
        """The same study with a limit let go."""
        other = copy.deepcopy(self)
        _let_go(other, name)
        return other

    def funded_after(self, quarter: str) -> Planted:
        """The same study with money enough from the next quarter on."""
        other, then = copy.deepcopy(self), parse_quarter(quarter) + 1
        if then < parse_quarter(START) + other.tree["quarters"]:
            more = {"quarter": quarter_label(then), "amount_musd": "90 GUSD", "status": "assumed"}
            other.tree["money"]["funding"].append(more)
        return other


def planted(seed: int) -> Planted:
    """The study of the seed: the kinds of conflict in turn, figures at random."""
    kind = KINDS[seed % len(KINDS)]
    found = kind(random.Random(seed))
    if seed % 3 == 1 and "clusters" in found.tree:  # the same question asked of a pass before that for the cost
        found.tree["priorities"] = [{"objective": "time_to_compute"}]
    elif seed % 3 == 2:
        found.tree["priorities"] = [{"objective": "carbon", "tolerance": "1 %"}]
    return found


def collapsed(names: frozenset[str]) -> frozenset[str]:
    """Funding of any quarter as `funding`."""
    return frozenset("funding" if name.startswith("funding by") else name for name in names)


def _base(r: random.Random, mw: list[float], energized: list[str] | None = None) -> tuple[Tree, list[Tree]]:
    """Places of so many MW; halls at once, pods at once, money enough."""
    names = r.sample(sorted(PLACES), len(mw))
    dates = energized or [START] * len(mw)
    places = [
        {
            "candidate": name,
            "lat": PLACES[name][0],
            "lon": PLACES[name][1],
            "tenure": "own",
            "utility_mw": size,
            "energization": date,
        }
        for name, size, date in zip(names, mw, dates, strict=True)
    ]
    tree: Tree = {
        "name": "planted",
        "start": START,
        "quarters": r.randint(6, 10),
        "candidates": {"file": {"path": "sites.csv"}},
        "grid": {"joint": "off"},
        "search": {"threads": 1, "time_limit_s": "60 s", "date_curve": False},
        "power": {"time_to_power": [{"low_quarters": 0, "mid_quarters": 0, "high_quarters": 0, "note": "assumption"}]},
        "halls": {"module_it_mw": "1 MW", "first_phase_it_mw": "1 MW", "construction_quarters": 0},
        "accelerators": [
            {
                "name": H100,
                "price_usd": "40000 USD",
                "price_includes": ["accelerator", "server", "network", "storage"],
                "lead_quarters": 0,
                "it_kw": f"{KW} kW",
                "pod_accelerators": 8,
            }
        ],
        "money": {
            "discount_rate": "10 %/y",
            "funding": [{"quarter": START, "amount_musd": "90 GUSD", "status": "closed"}],
        },
        "taxes": {"property_tax_where_blank": "1 %/y"},
    }
    return tree, places


def _cluster(tree: Tree, it_mw: float, by: int) -> None:
    """A cluster of so many MW IT, due `by` quarters after the start."""
    gpus = int(it_mw * 1000 / KW)
    tree["clusters"] = [{"name": "first", "gpus": gpus, "accelerators": [H100], "by": _quarter(by)}]


def _inference(tree: Tree, it_mw: float, ms: float, first: int = 0, regions: int = 1) -> None:
    """Demand that so many MW IT serve."""
    tree["inference"] = {
        "peak_h100e_bf16": it_mw * 1000 / KW * 0.95 * 0.8,
        "first_quarter": _quarter(first),
        "regions": regions,
        "rtt_target_ms": f"{ms} ms",
        "rtt_basis": "backbone",
    }


def _quarter(t: int) -> str:
    return quarter_label(parse_quarter(START) + t)


def _power(places: list[Tree]) -> set[str]:
    return {f"power at {place['candidate']}" for place in places}


def _energization(places: list[Tree]) -> set[str]:
    return {f"energization at {place['candidate']}" for place in places}


def size_against_power(r: random.Random) -> Planted:
    """No place carries the cluster."""
    tree, places = _base(r, [r.uniform(8, 14) for _ in range(r.choice([2, 3, 4]))])
    _cluster(tree, r.uniform(17, 22), r.randint(1, 4))
    return Planted("size against power", tree, places, [frozenset({*_power(places), SIZE})])


def date_against_energization(r: random.Random) -> Planted:
    """No place has power by the date."""
    by = r.randint(1, 3)
    dates = [_quarter(by + r.randint(1, 3)) for _ in range(r.choice([2, 3]))]
    tree, places = _base(r, [20.0] * len(dates), dates)
    tree["quarters"] = 9
    _cluster(tree, 5.0, by)
    return Planted("date against energization", tree, places, [frozenset({*_energization(places), DATE, SIZE})])


def date_against_construction(r: random.Random) -> Planted:
    """Halls take longer than the cluster may wait."""
    tree, places = _base(r, [20.0, 25.0])
    takes = r.randint(3, 5)
    tree["halls"]["construction_quarters"] = takes
    _cluster(tree, 5.0, takes - r.randint(1, 2))
    return Planted("construction", tree, places, [frozenset({"construction time of halls", DATE, SIZE})])


def date_against_delivery(r: random.Random) -> Planted:
    """Accelerators come too late: by their lead time or by the first delivery to anyone."""
    tree, places = _base(r, [20.0, 25.0])
    late = r.randint(3, 5)
    if r.random() < 0.5:
        tree["accelerators"][0]["lead_quarters"] = late
    else:
        tree["accelerators"][0]["available"] = _quarter(late)
    _cluster(tree, 5.0, late - r.randint(1, 2))
    return Planted("delivery", tree, places, [frozenset({f"delivery of {H100}", DATE, SIZE})])


def supply_against_date(r: random.Random) -> Planted:
    """The vendor ships too few by the date, so many a quarter or as allotted."""
    tree, places = _base(r, [20.0, 25.0])
    by = r.randint(1, 3)
    tree["quarters"] = 10  # enough for 5,000 in the end
    _cluster(tree, 7.0, by)
    each = r.randrange(600, 1100, 8)
    if r.random() < 0.5:
        tree["accelerators"][0]["supply_per_quarter"] = each
    else:
        tree["accelerators"][0]["allocation"] = [
            {"quarter": _quarter(t), "accelerators": each} for t in range(tree["quarters"])
        ]
    return Planted("vendor", tree, places, [frozenset({f"vendor supply of {H100}", DATE, SIZE})])


def funding_against_cluster(r: random.Random) -> Planted:
    """5,000 H100 cost 200 MUSD, and less has come in by the date; more may come later."""
    tree, places = _base(r, [20.0, 25.0])
    by = r.randint(1, 3)
    _cluster(tree, 7.0, by)
    tree["money"]["funding"] = [{"quarter": START, "amount_musd": f"{r.randint(60, 180)} MUSD", "status": "closed"}]
    if r.random() < 0.5:
        late = {"quarter": _quarter(by + r.randint(1, 2)), "amount_musd": "900 MUSD", "status": "assumed"}
        tree["money"]["funding"].append(late)
        return Planted("funding, later rounds", tree, places, [frozenset({"funding", DATE, SIZE})])
    return Planted("funding", tree, places, [frozenset({"funding", SIZE}), frozenset({"funding", DATE, SIZE})])


def round_trip_against_power(r: random.Random) -> Planted:
    """New York is near a small place and beyond the target of a large one."""
    tree, places = _base(r, [r.uniform(40, 60)])
    places.append(
        {"candidate": "newark", "lat": NEWARK[0], "lon": NEWARK[1], "tenure": "own", "utility_mw": r.uniform(8, 12)}
    )
    places[-1]["energization"] = START
    _inference(tree, r.uniform(14, 18), r.uniform(14, 20), r.randint(0, 2))
    found = {"power at newark", "latency of New York NY", DEMAND, SERVICE}
    return Planted("round trip", tree, places, [frozenset(found)])


def own_limits_against_each_other(r: random.Random) -> Planted:
    """At least so many MW, and at most fewer."""
    tree, places = _base(r, [30.0, 40.0, 30.0])
    _cluster(tree, 4.0, 2)
    least = r.randint(20, 40)
    tree["limits"] = [
        {"name": "large", "expr": f"sum(it_mw) >= {least} MW"},
        {"name": "small", "expr": f"sum(it_mw[state=TX]) + sum(it_mw[state=OK|IL]) <= {least - r.randint(5, 12)} MW"},
    ]
    return Planted("own limits", tree, places, [frozenset({"own limit large", "own limit small"})])


def carbon_against_demand(r: random.Random) -> Planted:
    """A year of 10 MW is tens of thousands of tonnes anywhere."""
    tree, places = _base(r, [30.0, 40.0])
    tree["quarters"] = 8
    _inference(tree, 10.0, 90.0, 2)
    tree["carbon"] = {"cap_t": {"2025": f"{r.randint(1000, 8000)} t"}}
    return Planted("carbon", tree, places, [frozenset({"carbon cap of 2025", DEMAND, SERVICE})])


def cap_against_cluster(r: random.Random) -> Planted:
    """The accelerators alone cost more than the cap."""
    tree, places = _base(r, [20.0, 25.0, 30.0])
    _cluster(tree, 7.0, 2)
    tree["money"]["capex_cap_musd"] = f"{r.randint(80, 190)} MUSD"
    return Planted("capex cap", tree, places, [frozenset({"capex cap", SIZE})])


def power_and_fabric(r: random.Random) -> Planted:
    """Neither place carries the cluster, and the lease that is large enough is on no such fabric."""
    tree, places = _base(r, [r.uniform(8, 14), r.uniform(8, 14)])
    _cluster(tree, 20.0, 2)
    tree["leases"] = {"bilateral": [_lease(fabric=r.randint(6000, 10_000))]}
    return Planted("fabric", tree, places, [frozenset({*_power(places), "fabric of the lease big", SIZE})])


def power_and_lease_date(r: random.Random) -> Planted:
    """Power comes after the date everywhere, and so does the lease."""
    by = r.randint(1, 2)
    tree, places = _base(r, [30.0, 30.0], [_quarter(by + r.randint(1, 3)), _quarter(by + 2)])
    _cluster(tree, 20.0, by)
    tree["leases"] = {"bilateral": [_lease(start=by + r.randint(1, 2))]}
    found = {*_energization(places), "delivery of the lease big", DATE, SIZE}
    return Planted("lease date", tree, places, [frozenset(found)])


def forbidden_place(r: random.Random) -> Planted:
    """The one place that is large enough is forbidden."""
    tree, places = _base(r, [r.uniform(8, 14), 60.0])
    _cluster(tree, 20.0, 2)
    tree["rules"] = {"forbidden": [places[1]["candidate"]]}
    found = {f"power at {places[0]['candidate']}", f"{places[1]['candidate']} forbidden", SIZE}
    return Planted("forbidden", tree, places, [frozenset(found)])


def one_site_against_demand(r: random.Random) -> Planted:
    """Two places carry the demand together, and one site is all there may be."""
    tree, places = _base(r, [r.uniform(11, 13), r.uniform(11, 13)])
    _inference(tree, r.uniform(13, 16), 90.0)
    tree["rules"] = {"max_sites": 1}
    return Planted("sites", tree, places, [frozenset({*_power(places), "most sites", DEMAND, SERVICE})])


def loss_against_small_place(r: random.Random) -> Planted:
    """After the loss of the large place the small one does not carry what must survive."""
    tree, places = _base(r, [60.0, r.uniform(5, 8)])
    _inference(tree, r.uniform(14, 18), 90.0)
    tree["inference"]["survive_share"] = f"{r.randint(70, 95)} %"
    found = {f"power at {places[1]['candidate']}", "survival of a loss", DEMAND, SERVICE}
    return Planted("survival", tree, places, [frozenset(found)])


def no_lease(r: random.Random) -> Planted:
    """A lease would hold the cluster, and the study takes none."""
    tree, places = _base(r, [r.uniform(8, 14)])
    _cluster(tree, 20.0, 2)
    tree["leases"] = {"bilateral": [_lease()]}
    tree["money"]["lease"] = False
    return Planted("no lease", tree, places, [frozenset({*_power(places), "no lease", SIZE})])


KINDS: tuple[Callable[[random.Random], Planted], ...] = (
    size_against_power,
    date_against_energization,
    date_against_construction,
    date_against_delivery,
    supply_against_date,
    funding_against_cluster,
    round_trip_against_power,
    own_limits_against_each_other,
    carbon_against_demand,
    cap_against_cluster,
    power_and_fabric,
    power_and_lease_date,
    forbidden_place,
    one_site_against_demand,
    loss_against_small_place,
    no_lease,
)


def _lease(fabric: int = 20_000, start: int = 0) -> Tree:
    return {
        "name": "big",
        "accelerator": H100,
        "gpus": 20_000,
        "min_gpus": 1,
        "usd_per_gpu_h": "2 USD/GPU/h",
        "term_quarters": 40,
        "deliver_from": _quarter(start),
        "single_fabric_gpus": fabric,
    }


def _let_go(p: Planted, name: str) -> None:
    tree, last = p.tree, _quarter(p.tree["quarters"] - 1)
    at = next((place for place in p.places if name.endswith(f" at {place['candidate']}")), None)
    if name.startswith("power at"):
        assert at is not None
        at["utility_mw"] = 400
    elif name.startswith("energization at"):
        assert at is not None
        at["energization"] = START
    elif name == SIZE:
        tree["clusters"][0]["gpus"] = 1
        tree.setdefault("leases", {})["existing"] = [_one_gpu(last)]
    elif name == DATE:
        tree["clusters"][0]["by"] = last
    elif name == DEMAND:
        tree["inference"]["peak_h100e_bf16"] = 0.0
    elif name == SERVICE:
        tree["inference"]["first_quarter"] = last
        tree["inference"]["peak_h100e_bf16"] = 0.0  # there is no later quarter to begin in
    elif name.startswith("funding"):
        tree["money"]["funding"][0]["amount_musd"] = "90 GUSD"
    elif name.startswith("own limit"):
        tree["limits"] = [limit for limit in tree["limits"] if name != f"own limit {limit['name']}"]
    else:
        _let_go_by_key(tree, name)


def _one_gpu(last: str) -> Tree:
    """Where a cluster of one can stand, whatever else is late: its size is let go when it is as good as none."""
    return {
        "name": "one",
        "accelerator": H100,
        "gpus": 8,
        "usd_per_gpu_h": "0 USD/GPU/h",
        "ends": last,
        "single_fabric_gpus": 8,
    }


def _let_go_by_key(tree: Tree, name: str) -> None:
    chip = tree["accelerators"][0]
    if name.startswith("construction"):
        tree["halls"]["construction_quarters"] = 0
    elif name.startswith("delivery of H100"):
        chip["lead_quarters"] = 0
        chip.pop("available", None)
    elif name.startswith("vendor"):
        chip.pop("supply_per_quarter", None)
        chip.pop("allocation", None)
    elif name.startswith("latency"):
        tree["inference"]["rtt_target_ms"] = "500 ms"
    elif name.startswith("carbon"):
        tree["carbon"] = {}
    elif name == "capex cap":
        tree["money"].pop("capex_cap_musd")
    elif name.startswith("fabric"):
        tree["leases"]["bilateral"][0]["single_fabric_gpus"] = 20_000
    elif name.startswith("size of the lease"):
        tree["leases"]["bilateral"][0]["gpus"] = 200_000
    elif name.startswith("delivery of the lease"):
        tree["leases"]["bilateral"][0]["deliver_from"] = START
    elif name.endswith("forbidden") or name == "most sites":
        tree["rules"] = {}
    elif name == "survival of a loss":
        tree["inference"]["survive_share"] = "0 %"
    elif name == "no lease":
        tree["money"]["lease"] = True
    else:
        raise KeyError(name)
