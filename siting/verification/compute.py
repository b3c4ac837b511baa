"""What the study says of an accelerator over time, read a second time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from siting.geo.distance import geodesic_km
from siting.study import Study
from siting.study.assets import Cluster
from siting.tables.read import Tables
from siting.verification.cash import accelerator_figure
from siting.verification.places import Places


def shipped_at_most(study: Study, name: str, quarter: int) -> float:
    """Accelerators of a type that the vendor may deliver in a quarter (ordinal); infinity without a cap."""
    item = next(a for a in study.accelerators if a.name == name)
    if item.allocation:
        return float(sum(entry.accelerators for entry in item.allocation if entry.quarter == quarter))
    return math.inf if item.supply_per_quarter is None else float(item.supply_per_quarter)


def served_h100e(study: Study, tables: Tables, name: str) -> float:
    """H100e of inference that one accelerator serves at full use."""
    item = next(a for a in study.accelerators if a.name == name)
    if item.inference_h100e is not None:
        return item.inference_h100e
    return accelerator_figure(study, tables, name, "h100e")


def split_faults(
    cluster: Cluster, parts: list[tuple[str, str, str, float]], block: float, places: Places
) -> Iterator[str]:
    """What is wrong with a cluster on several campuses: (host, tenure, accelerator, accelerators) of each."""
    where = f"cluster {cluster.name}"
    hosts = [host for host, *_ in parts]
    if cluster.split is None or len(hosts) > cluster.split.campuses or len(set(hosts)) < len(hosts):
        yield f"{where}: more than one host"
        return
    if len({kind for _, _, kind, _ in parts}) > 1:
        yield f"{where}: stands on several types"
    ends = {host: place for host in hosts if (place := places.get(host)) is not None}
    if len({place.campus or host for host, place in ends.items()}) < len(ends):
        yield f"{where}: stands in halls of two cooling classes on one campus"
    for host, tenure, _, count in parts:
        if tenure == "lease":
            yield f"{where}: {host} is a lease, which holds a cluster whole or not at all"
        if not (count > 0 and abs(count / block - round(count / block)) <= 1e-9):
            yield f"{where}: {count:,.0f} accelerators at {host} are no whole blocks"
    for one, other in itertools.pairwise(ends.values()):
        km = float(geodesic_km([one.lat], [one.lon], [other.lat], [other.lon])[0, 0])
        if not km <= cluster.split.within_km + 1e-6:
            yield f"{where}: its campuses are {km:.1f} km apart, at most {cluster.split.within_km:g}"
