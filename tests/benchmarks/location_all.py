"""All published location instances, beside HiGHS on the direct model in the same run:
`python tests/benchmarks/location_all.py [--groups holmberg,delmaire] [--time-limit 120] [--json]`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from location_files import Instance, read_instance, uncapacitated
from location_peer import direct
from location_problems import Answer, solved, with_nobody
from location_published import FOLDER, MISSING, Published, published

from siting.solver.highs import Options

PROVED = 1e-5
"""Relative distance of value and bound from the published optimum, which is rounded."""


def main() -> None:
    """A row an instance, then sums of the groups."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the instances")
    parser.add_argument("--groups", default="", help="names of groups, separated by semicolons; all without")
    parser.add_argument("--names", default="", help="names of instances, separated by commas; all without")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each instance and solver")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without HiGHS on the direct model")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    groups = {name.strip() for name in asked.groups.split(";") if name.strip()}
    names = {name.strip() for name in asked.names.split(",") if name.strip()}
    chosen = [
        e for e in published(asked.folder) if (not groups or e.group in groups) and (not names or e.name in names)
    ]
    if not chosen:
        print(MISSING if not asked.folder.is_dir() else "no such instance")
        return
    rows = []
    for entry in chosen:
        rows.append(_compared(entry, asked.time_limit, asked.threads, asked.alone))
        print(json.dumps(rows[-1]) if asked.json else _line(rows[-1]), flush=True)
    for total in _sums(rows):
        print(json.dumps(total) if asked.json else _sum_line(total))


def _compared(entry: Published, limit: float, threads: int, alone: bool) -> dict[str, Any]:
    instance = read_instance(entry.file, entry.form, entry.capacity)
    options = Options(gap=1e-6, time_limit_s=limit, threads=threads)
    ours = solved(instance, entry.problem, options, p=entry.p, radius=entry.radius)
    peer = None if alone else _peer(instance, entry, limit, threads)
    return {
        "name": entry.name,
        "group": entry.group,
        "problem": entry.problem,
        "optimum": entry.optimum,
        **_figures("", ours, entry.optimum),
        **({} if peer is None else _figures("direct_", peer, entry.optimum)),
    }


def _figures(prefix: str, answer: Answer, optimum: float) -> dict[str, Any]:
    proved = answer.value is not None and answer.bound is not None
    if proved:
        assert answer.value is not None and answer.bound is not None
        slack = PROVED * abs(optimum)
        proved = abs(answer.value - optimum) <= slack and abs(answer.bound - optimum) <= slack
    figures = {"value": answer.value, "bound": answer.bound, "seconds": answer.seconds, "proved": proved}
    return {f"{prefix}{name}": figure for name, figure in figures.items()}


def _peer(instance: Instance, entry: Published, limit: float, threads: int) -> Answer | None:
    """HiGHS on the direct model; None for problems that are searches over it."""
    match entry.problem:
        case "cflp":
            return direct(instance, time_limit=limit, threads=threads)
        case "sscflp":
            return direct(instance, time_limit=limit, single_source=True, threads=threads)
        case "uflp":
            return direct(uncapacitated(instance), time_limit=limit, threads=threads)
        case "pmedian":
            return direct(instance, time_limit=limit, p=entry.p or instance.p, threads=threads)
        case "mclp":
            assert instance.distance is not None and entry.p is not None
            near = np.where(instance.distance <= (entry.radius or 0.0), 0.0, np.nan)
            cover = with_nobody(replace(instance, cost=near))
            found = direct(cover, time_limit=limit, p=entry.p + 1, threads=threads)
            everyone = float(instance.demand.sum())
            value, bound = (None if v is None else everyone - v for v in (found.value, found.bound))
            return Answer(value=value, bound=bound, gap=found.gap, seconds=found.seconds)
    return None


def _line(row: dict[str, Any]) -> str:
    ours = f"{row['seconds']:8.2f} s {'proved' if row['proved'] else 'OPEN  '} {row['value']} >= {row['bound']}"
    peer = ""
    if "direct_seconds" in row:
        peer = f" | direct {row['direct_seconds']:8.2f} s {'proved' if row['direct_proved'] else 'OPEN'}"
    return f"{row['name']:28s} {row['optimum']:14.3f} {ours}{peer}"


def _sums(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for group in dict.fromkeys(row["group"] for row in rows):
        inside = [row for row in rows if row["group"] == group]
        compared = [row for row in inside if "direct_seconds" in row]
        yield {
            "group": group,
            "files": len(inside),
            "seconds": sum(row["seconds"] for row in inside),
            "open": sum(not row["proved"] for row in inside),
            "direct_files": len(compared),
            "direct_seconds": sum(row["direct_seconds"] for row in compared),
            "direct_open": sum(not row["direct_proved"] for row in compared),
        }


def _sum_line(total: dict[str, Any]) -> str:
    line = f"{total['group']:28s} {total['files']:3d} files {total['seconds']:9.2f} s, {total['open']} open"
    if total["direct_files"]:
        ratio = total["direct_seconds"] / max(total["seconds"], 1e-9)
        line += f" | direct {total['direct_seconds']:9.2f} s, {total['direct_open']} open | {ratio:.2f} x"
    return line


if __name__ == "__main__":
    main()
