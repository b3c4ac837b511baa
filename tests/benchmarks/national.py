"""How long a nation takes: a bound over every candidate, a plan, a proof, and peers on the same instance.

python tests/benchmarks/national.py --candidates N --block-mw B --rtt-ms R --time-limit S --json

Writes one JSON object (or, without --json, one line a figure). `bound` holds for all N candidates, `value` is that of a
plan that the verifier accepted with the same tables. Seconds and peak memory are of each phase apart. The limit is for
everything from reading to verifying. Peers follow in the same run, each with the same limit: plain Pyomo with HiGHS,
and where they are installed (`pip install 'siting[benchmarks]'`) linopy with HiGHS, and SCIP; all of them unless
`--peer` says which, and none by themselves beyond 1,000 candidates, where the whole model takes gigabytes.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from typing import Any

import numpy as np
from instance import Size, sampled, study_of
from peers import NAMES, run_peer
from phases import Laps, Phases

from siting.assembly import Assembled, assemble
from siting.memory import peak_mb
from siting.plan import Plan
from siting.pricing.service import reach_classes
from siting.problem import Problem
from siting.reduction.screen import Screened, cheapest_by_region, screen
from siting.solver.decisions import Decisions
from siting.solver.everyone import Everyone, price_everyone
from siting.solver.highs import Options
from siting.solver.start import Start
from siting.solver.wide import LIKELY, search_wide
from siting.study import Study
from siting.tables.read import Tables, read_tables
from siting.tabulate import plan_tables
from siting.termination import PassResult, Termination
from siting.verification import verify

MOST_FOR_PEERS = 1_000
"""Candidates up to which peers run unasked."""
VERIFYING = 0.1
"""Share of the limit that is kept for verifying."""


def measure(size: Size, time_limit_s: float, gap: float, bound_only: bool, peers: list[str]) -> dict[str, Any]:
    """One run: what is printed."""
    phases = Phases()
    study = study_of(size, time_limit_s)
    with phases.phase("read"):
        tables = read_tables()
    with phases.phase("sample"):
        tables = sampled(study, tables, size)
    with phases.phase("assemble"):
        assembled = assemble(study, tables)
    p = assembled.problem

    def options(share: float) -> Options:
        left = (1.0 - VERIFYING) * time_limit_s - phases.seconds
        return Options(gap=gap, time_limit_s=max(0.5, share * left), threads=1, seed=size.seed)

    found: dict[str, Any] = {"bound": None, "relaxed": None, "value": None, "gap_all": None, "gap_shortlist": None}
    if bound_only:
        with phases.phase("reduce"):
            rows = cheapest_by_region(p, LIKELY)
        with phases.phase("price"):
            everyone = price_everyone(p, rows, options(1.0))
        if everyone is not None:
            found |= _proved(everyone)
    else:
        with phases.phase("reduce"):
            screened = screen(p, 0)
        found |= _planned(study, tables, assembled, screened, phases, options(1.0))
    result = {
        "candidates": len(p.candidate_id),
        "classes": len(reach_classes(p)[0]),
        "price_groups": _price_groups(p),
        **found,
        "phases": phases.found,
        "seconds": phases.seconds,
        "peak_mb": max(phases.peak_mb, peak_mb()),
        "load": list(os.getloadavg()),
    }
    ours = sum(phases.found[name]["seconds"] for name in ("reduce", "price") if name in phases.found)
    for name in peers:
        peer = run_peer(name, p, time_limit_s, gap)
        if "root_seconds" in peer:
            peer["bound_time_ratio"] = peer["root_seconds"] / ours
        result.setdefault("peers", {})[name] = peer
    return result


def _price_groups(p: Problem) -> int:
    """Candidates that differ in what they reach, pay or draw per MW: as many prices as there can be."""
    rows = [p.reach, p.pue_peak[:, None], p.usd_per_mwh, p.npv_module_musd, p.sales_tax, p.property_tax[:, None]]
    return len(np.unique(np.hstack([np.asarray(part, dtype=float).round(9) for part in rows]), axis=0))


def _proved(everyone: Everyone) -> dict[str, Any]:
    """The bound over all candidates: `priced` by common prices, `bound` with those by place of the cluster too."""
    return {
        "bound": everyone.least,
        "priced": everyone.bound.least,
        "relaxed": everyone.relaxed,
        "rounds": everyone.rounds,
        "host_groups": 0 if everyone.by_host is None else everyone.by_host.groups,
    }


def _planned(
    study: Study, tables: Tables, assembled: Assembled, screened: Screened, phases: Phases, options: Options
) -> dict[str, Any]:
    """Plans over few sites, each verified as it is found, and what the best is proved to be among all."""
    p = assembled.problem
    found: dict[str, Any] = {"verified": None, "shortlist_bound": None, "plans": []}
    laps = Laps(phases)

    def take(start: Start) -> None:
        """Verified, and kept if nothing is wrong and it is the cheapest so far."""
        value, decisions, at = start.value, start.decisions, start.rows
        plan = _plan(study, tables, assembled, replace(screened, rows=at), value, decisions)
        faults = verify(plan, study, tables).faults
        laps.lap("verify")
        if faults:
            found.update(verified=False, faults=list(faults)[:5])
        elif found.get("value") is None or value < found["value"]:
            found.setdefault("first_plan_seconds", phases.seconds)
            found.setdefault("first_value", value)
            found["plans"].append({"seconds": phases.seconds, "value": value})
            sites = int((decisions.modules.sum(axis=1) > 0).sum())
            found.update(verified=True, value=value, sites=sites, shortlist=len(at))

    wide = search_wide(p, options, found_one=take, lap=laps.lap)
    if wide is None:
        return found
    found |= _proved(wide.everyone)
    value, bound = found.get("value"), wide.everyone.least
    if value is None:
        return found
    shortlist_bound = wide.plans[-1].searched.result.bound
    if shortlist_bound is not None:
        found |= {"shortlist_bound": shortlist_bound, "gap_shortlist": max(0.0, value - shortlist_bound) / value}
    return {**found, "gap_all": max(0.0, value - bound) / value}


def _plan(
    study: Study, tables: Tables, assembled: Assembled, screened: Screened, value: float, decisions: Decisions
) -> Plan:
    """The plan with all of its tables, as far as the verifier reads it."""
    problem = assembled.problem.take(screened.rows)
    result = PassResult(
        objective="npv_cost_musd", termination=Termination.FEASIBLE, limit="time_limit", bound=None, value=value
    )
    return Plan(
        study=study.model_dump(mode="json"),
        study_digest=study.digest(),
        data_hashes=tables.hashes,
        versions={},
        passes=(result,),
        tables=plan_tables(study, tables, assembled, screened, problem, decisions),
        facts={"npv_cost_musd": value},
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--candidates", type=int, required=True, help="so many usable candidates; all if there are less"
    )
    parser.add_argument("--block-mw", type=float, default=10.0, help="IT MW of one module")
    parser.add_argument("--rtt-ms", type=float, default=25.0, help="round trip target")
    parser.add_argument("--sites", type=int, help="at most so many sites")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds from reading to verifying")
    parser.add_argument("--gap", type=float, default=0.005, help="gap asked for")
    parser.add_argument("--seed", type=int, default=0, help="of the sample and of the solver")
    parser.add_argument("--bound-only", action="store_true", help="no search for a plan")
    parser.add_argument(
        "--peer", action="append", choices=("none", *NAMES), help="peers in the same run; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args()


def main() -> None:
    wish = _arguments()
    size = Size(
        candidates=wish.candidates, block_mw=wish.block_mw, rtt_ms=wish.rtt_ms, sites=wish.sites, seed=wish.seed
    )
    usual = NAMES if wish.candidates <= MOST_FOR_PEERS else ()
    peers = [name for name in wish.peer or usual if name != "none"]
    found = measure(size, wish.time_limit, wish.gap, wish.bound_only, peers)
    print(json.dumps(found) if wish.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
