"""The published instances and optima, in the folder `../shared/benchmarks` beside the repository."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2].parent / "shared" / "benchmarks"
MISSING = f"no folder {FOLDER.parent.name}/{FOLDER.name} beside the repository"
SPOPT = "spopt_sf/SF_network_distance_candidateStore_16_censusTract_205_new.csv"
RADIUS_M = 5000.0


@dataclass(frozen=True, kw_only=True)
class Published:
    """One instance, what is asked of it, and the optimum that was published."""

    name: str
    group: str
    file: Path
    form: str
    problem: str
    optimum: float
    capacity: float | None = None
    p: int | None = None
    radius: float | None = None


def published(folder: Path = FOLDER) -> Iterator[Published]:
    """Everything that the folder has optima for; nothing where there is no folder."""
    if not folder.is_dir():
        return
    capacities = {}
    for row in _rows(folder / "optima.csv"):
        capacity = float(row["capacity"]) if row["capacity"] else None
        capacities[row["instance"]] = capacity
        large = row["instance"][:4] in ("capa", "capb", "capc")
        yield Published(
            name=row["instance"],
            group="capa, capb, capc" if large else "cap41-134",
            file=folder / row["file"],
            form="orlib-cap",
            problem="cflp",
            optimum=float(row["optimum"]),
            capacity=capacity,
        )
    for row in _rows(folder / "location_optima.csv"):
        yield _located(folder, row, capacities)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _located(folder: Path, row: dict[str, str], capacities: dict[str, float | None]) -> Published:
    name, optimum = row["instance"], float(row["optimum"])
    file = row["file"].strip("()").split(",")[0].removeprefix("benchmarks/")
    p = int(row["p"]) if row["p"] else None
    group, form, problem = "", "", ""
    capacity = radius = None
    if name.startswith(("holmberg", "delmaire")):
        group = form = name.split("_")[0]
        problem = "sscflp"
    elif name.endswith("_single_source"):
        capacity = capacities.get(name.removesuffix("_single_source"))
        group, form, problem = "orlib single source", "orlib-cap", "sscflp"
        group += ", large" if capacity is not None else ""
    elif name.endswith("_uncapacitated"):
        group, form, problem, capacity = "orlib uncapacitated", "orlib-cap", "uflp", 1.0
    elif name.startswith("pmed"):
        form, problem = "pmed", name.split("_")[1]
        group = f"pmed {problem}"
    else:
        group, form, problem, file, radius = "san francisco", "spopt-csv", name.split("_")[2], SPOPT, RADIUS_M
    return Published(
        name=name,
        group=group,
        file=folder / file,
        form=form,
        problem=problem,
        optimum=optimum,
        capacity=capacity,
        p=p,
        radius=radius,
    )
