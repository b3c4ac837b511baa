"""How long a what-if takes from the plan at hand (warm), against a solve of its own (cold).

python tests/benchmarks/whatif.py --study tiny|gigafactory|fleet|national --candidates N --time-limit S --only 0,1,2,3

Writes one JSON object: the first plan, then for every change seconds, values and bounds of both, how the warm one was
answered, and the ratio of the seconds, on the clock and of the processor (for a machine that others use, too). Tables
are read before; the curve of dates is left out of both. `--candidates` is the size of the national sample. With
`--out FILE` the object is written after every change.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from instance import Size, sampled, study_of

from siting.plan import Plan
from siting.run import solve
from siting.study import Study, read_study
from siting.tables.read import Tables, read_tables
from siting.units import parse_quarter, quarter_label
from siting.whatif.variation import Variation
from siting.whatif.warm import what_if


def changes(study: Study, plan: Plan) -> Iterator[Variation]:
    """Dearer accelerators, a higher discount rate, less room at the largest site, a cluster that is due later, power
    that comes later, more demand."""
    tree = study.model_dump(mode="json")
    prices = {
        f"accelerators.{n}.price_usd": f"{1.05 * float(kind['price_usd'].split()[0]):.2f} USD"
        for n, kind in enumerate(tree["accelerators"])
    }
    yield Variation(name="accelerators 5 % dearer", edits=prices)
    rate = float(tree["money"]["discount_rate"].split()[0])
    yield Variation(name="discount rate half a point higher", edits={"money.discount_rate": f"{rate + 0.5:g} %/y"})
    sites = plan.sites.sort_values("it_mw")
    site, room = sites["candidate"].iloc[-1], sites["it_mw"].iloc[-1]
    limit = {"name": "less room", "expr": f'sum(it_mw[candidate="{site}"]) <= {room - study.halls.module_it_mw:g} MW'}
    yield Variation(name="one module less at the largest site", edits={"limits": [limit]})
    later = quarter_label(parse_quarter(tree["clusters"][0]["by"]) + 1)
    yield Variation(name="the cluster a quarter later", edits={"clusters.0.by": later})
    waits = tree["power"]["time_to_power"]
    slip = {f"power.time_to_power.{n}.mid_quarters": wait["mid_quarters"] + 1 for n, wait in enumerate(waits)}
    yield Variation(name="power a quarter later everywhere", edits=slip)
    if (inference := tree.get("inference")) and inference.get("peak_h100e_bf16"):
        more = {"inference.peak_h100e_bf16": 1.05 * inference["peak_h100e_bf16"]}
        yield Variation(name="demand 5 % higher", edits=more)


def measure(study: Study, tables: Tables, chosen: list[int], tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The first plan and every chosen change, warm and cold."""
    base, *seconds = timed(lambda: solve(study, tables=tables))
    found: dict[str, Any] = {"study": study.name, "gap_asked": study.search.gap, "first": said(base, *seconds)}
    found |= {"load": list(os.getloadavg()), "changes": []}
    if base.npv_cost_musd is None:
        return found
    for n, variation in enumerate(changes(study, base)):
        if n not in chosen:
            continue
        warm, *warm_s = timed(lambda one=variation: what_if(base, one, tables=tables))
        cold, *cold_s = timed(lambda one=variation: solve(one.of(study), tables=tables))
        how = {key: warm.facts["what_if"].get(key) for key in ("answered_by", "carried_by", "looser", "words")}
        row = {"change": variation.name, **how, "warm": said(warm, *warm_s), "cold": said(cold, *cold_s)}
        found["changes"].append({**row, "warm_over_cold": warm_s[0] / cold_s[0], "of_processor": warm_s[1] / cold_s[1]})
        found["load"] = list(os.getloadavg())
        tell(found)
    return found


def timed(make: Callable[[], Plan]) -> tuple[Plan, float, float]:
    """The plan, wall seconds and seconds of processor."""
    began, used = time.perf_counter(), time.process_time()
    return make(), time.perf_counter() - began, time.process_time() - used


def said(plan: Plan, seconds: float, cpu_s: float) -> dict[str, Any]:
    """What is compared of a plan."""
    everyone = plan.facts.get("everyone", {})
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_s,
        "termination": str(plan.termination),
        "value": plan.npv_cost_musd,
        "bound": plan.bound_musd,
        "gap": plan.gap,
        "bound_all": everyone.get("bound_musd"),
        "sites": sorted(plan.tables["sites"]["candidate"].astype(str)) if "sites" in plan.tables else [],
        "phases": dict(plan.seconds),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", choices=("tiny", "gigafactory", "fleet", "national"), default="tiny")
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--time-limit", type=float, default=300.0)
    parser.add_argument("--only", default="0,1,2,3")
    parser.add_argument("--out", type=Path)
    wish = parser.parse_args()
    tables = read_tables()
    if wish.study == "national":
        size = Size(candidates=wish.candidates, block_mw=10.0, rtt_ms=25.0)
        study = study_of(size, wish.time_limit)
        tables = sampled(study, tables, size)
    else:
        study = read_study(Path(f"models/{wish.study}.toml"))
    study = study.update({"search.date_curve": False, "search.time_limit_s": f"{wish.time_limit:g} s"})

    def tell(found: dict[str, Any]) -> None:
        if wish.out is not None:
            draft = wish.out.with_name(f".{wish.out.name}-{os.getpid()}")
            draft.write_text(json.dumps(found, indent=1), encoding="utf-8")
            draft.replace(wish.out)

    print(json.dumps(measure(study, tables, [int(n) for n in wish.only.split(",")], tell), indent=1))


if __name__ == "__main__":
    main()
